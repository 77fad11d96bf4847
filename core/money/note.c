// SPDX-License-Identifier: Apache-2.0
// What the payer's activity says of a payment, and what becomes of a payer whose account is
// deleted.
#include "money/money_internal.h"
#include "money/person.h"
#include "money/top_up.h"

static struct activity_note note_of(const struct payment *payment, const char *kind, int64_t amount,
                                    int64_t now)
{
    struct str instance = payment->lines[0].instance;
    for (size_t i = 1; i < payment->count; i++)
        if (!str_equal(payment->lines[i].instance, instance))
            instance = STR("");
    // The wallet is no agency.
    bool agency = !top_up_is(&payment->lines[0]);
    return (struct activity_note){.account = &payment->payer,
                                  .kind = kind,
                                  .instance = agency ? instance.data : "",
                                  .payment = payment->id.text,
                                  .amount = amount,
                                  .currency = payment->currency,
                                  .made = now};
}

int money_note_paid(struct store_db *db, const struct payment *payment,
                    const struct activity_actor *by, int64_t now, struct err *err)
{
    bool top_up = top_up_is(&payment->lines[0]);
    struct activity_note note =
        note_of(payment, top_up ? "wallet.topped-up" : "payment.made", payment->captured, now);
    note.actor = *by;
    return payment->payer.text[0] ? activity_put(db, &note, err) : 0;
}

int money_note_released(struct store_db *db, const struct payment *payment, const char *reason,
                        int64_t now, struct err *err)
{
    bool cancelled = strcmp(reason, "cancelled") == 0;
    struct activity_note note =
        note_of(payment, cancelled ? "payment.cancelled" : "payment.failed", payment->total, now);
    note.actor.by = cancelled ? ACTIVITY_CITIZEN : ACTIVITY_CITY;
    return payment->payer.text[0] ? activity_put(db, &note, err) : 0;
}

int money_note_refunded(struct store_db *db, const struct payment *payment,
                        const struct money_returned *returned, struct err *err)
{
    struct activity_note note =
        note_of(payment, "payment.refunded", returned->amount, returned->now);
    bool refused = strcmp(returned->reason, "agency-refused") == 0;
    note.actor.by = refused ? ACTIVITY_AGENCY : ACTIVITY_OPERATOR;
    // What was redeemed was noted when it was asked for.
    if (!payment->payer.text[0] || strcmp(returned->reason, "redeemed") == 0)
        return 0;
    return activity_put(db, &note, err);
}

// ---- an account that is deleted ----

STORE_SQL(person_open, "SELECT count(*) FROM payment WHERE payer = $1 "
                       "AND (state IN ('created', 'authorized') OR refunding > 0)");
STORE_SQL(person_customers, "DELETE FROM provider_customer WHERE account = $1");
STORE_SQL(person_devices, "UPDATE payment SET device = NULL WHERE payer = $1");
STORE_SQL(person_references, "UPDATE payment_line SET reference = '' WHERE payment IN "
                             "(SELECT id FROM payment WHERE payer = $1) AND reference <> ''");

int person_look(struct store_db *db, const struct id *account, const char *currency,
                struct person *out, struct err *err)
{
    struct store_cursor row;
    int status = store_one(db, person_open, BIND(bind_text(id_str(account))), &row, err);
    if (status <= 0)
        return status;
    *out = (struct person){.open = cursor_int(&row, 0)};
    cursor_finish(&row);
    return ledger_balance(db, (struct ledger_party){LEDGER_WALLET, account->text}, currency,
                          &out->balance, err);
}

int person_erase(struct store_db *db, const struct id *account, struct err *err)
{
    const struct store_sql *steps[] = {person_customers, person_devices, person_references};
    int status = 0;
    for (size_t i = 0; status >= 0 && i < sizeof steps / sizeof *steps; i++)
        status = store_exec(db, steps[i], BIND(bind_text(id_str(account))), err);
    return status;
}

// ---- the term for payments is over ----

STORE_SQL(person_over, "SELECT id FROM account_deleted WHERE at < $1 ORDER BY at LIMIT 1");
STORE_SQL(person_nobody, "UPDATE payment SET payer = NULL WHERE id IN "
                         "(SELECT id FROM payment WHERE payer = $1 ORDER BY id LIMIT $2)");
STORE_SQL(person_forget, "DELETE FROM account_deleted WHERE id = $1");

int person_sweep(struct store_db *db, int64_t before, int64_t limit, struct err *err)
{
    struct store_cursor row;
    struct id account;
    int status = store_one(db, person_over, BIND(bind_int(before)), &row, err);
    if (status <= 0)
        return status;
    account = id_from(cursor_text(&row, 0));
    cursor_finish(&row);
    struct store_value id = bind_text(id_str(&account));
    int rows = store_exec(db, person_nobody, BIND(id, bind_int(limit)), err);
    if (rows < 0 || rows == limit)
        return rows < 0 ? rows : 1;
    status = store_exec(db, person_forget, BIND(id), err);
    return status < 0 ? status : 1;
}
