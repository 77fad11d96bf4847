// SPDX-License-Identifier: Apache-2.0
#include "money/intent.h"

static const char *const kinds[] = {"open", "capture", "cancel", "refund"};

STORE_SQL(intent_insert, "INSERT INTO payment_intent (id, payment, kind, line, amount, reason, "
                         "incarnation, claimed_until, state, made) "
                         "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9) "
                         "ON CONFLICT DO NOTHING");
STORE_SQL(intent_claim_it, "UPDATE payment_intent SET incarnation = $2, claimed_until = $3 "
                           "WHERE id = $1 AND state = 'pending' AND claimed_until <= $4");
STORE_SQL(intent_end_it, "UPDATE payment_intent SET state = $2, ended = $3 "
                         "WHERE id = $1 AND state = 'pending'");
STORE_SQL(intent_unclaim, "UPDATE payment_intent SET claimed_until = 0 "
                          "WHERE id = $1 AND state = 'pending'");
STORE_SQL(intent_pending,
          "SELECT id, kind, line, amount, reason, claimed_until FROM payment_intent "
          "WHERE payment = $1 AND state = 'pending' "
          "ORDER BY CASE WHEN claimed_until <= $2 THEN 0 ELSE 1 END, id LIMIT 1");
STORE_SQL(intent_unclaim_dead, "UPDATE payment_intent SET claimed_until = 0 "
                               "WHERE state = 'pending' AND incarnation <> $1");
STORE_SQL(intent_make_due, "UPDATE payment SET next_check = $1 WHERE id IN "
                           "(SELECT payment FROM payment_intent WHERE state = 'pending')");

int intent_begin(struct store_db *db, const struct intent *intent, const struct intent_claim *claim,
                 struct err *err)
{
    return store_exec(db, intent_insert,
                      BIND(bind_text(id_str(&intent->id)), bind_text(id_str(&intent->payment)),
                           bind_string(kinds[intent->kind]),
                           intent->line ? bind_int(intent->line) : bind_null(),
                           bind_int(intent->amount), bind_string(intent->reason),
                           bind_text(id_str(claim->incarnation)), bind_int(claim->until),
                           bind_int(claim->now)),
                      err);
}

int intent_take(struct store_db *db, const struct id *id, const struct intent_claim *claim,
                struct err *err)
{
    return store_exec(db, intent_claim_it,
                      BIND(bind_text(id_str(id)), bind_text(id_str(claim->incarnation)),
                           bind_int(claim->until), bind_int(claim->now)),
                      err);
}

int intent_finish(struct store_db *db, const struct id *id, enum intent_end end, int64_t now,
                  struct err *err)
{
    return store_exec(db, intent_end_it,
                      BIND(bind_text(id_str(id)),
                           bind_string(end == INTENT_DONE ? "done" : "failed"), bind_int(now)),
                      err);
}

int intent_release(struct store_db *db, const struct id *id, struct err *err)
{
    return store_exec(db, intent_unclaim, BIND(bind_text(id_str(id))), err);
}

int intent_find(struct store_db *db, const struct id *payment, int64_t now, struct intent *out,
                struct err *err)
{
    struct store_cursor row;
    int found =
        store_one(db, intent_pending, BIND(bind_text(id_str(payment)), bind_int(now)), &row, err);
    if (found <= 0)
        return found;
    *out = (struct intent){.payment = *payment};
    out->id = id_from(cursor_text(&row, 0));
    struct str kind = cursor_text(&row, 1);
    for (int i = 0; i < 4; i++)
        if (str_is(kind, kinds[i]))
            out->kind = (enum intent_kind)i;
    out->line = cursor_int(&row, 2);
    out->amount = cursor_int(&row, 3);
    cursor_copy(&row, 4, out->reason, sizeof out->reason);
    out->claimed = cursor_int(&row, 5) > now;
    cursor_finish(&row);
    return 1;
}

int intent_recover(struct store_db *db, const struct intent_claim *claim, struct err *err)
{
    int status =
        store_exec(db, intent_unclaim_dead, BIND(bind_text(id_str(claim->incarnation))), err);
    return status < 0 ? status : store_exec(db, intent_make_due, BIND(bind_int(claim->now)), err);
}
