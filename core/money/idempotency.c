// SPDX-License-Identifier: Apache-2.0
#include "money/idempotency.h"

STORE_SQL(idempotency_find,
          "SELECT request, status, answer, payment FROM idempotency WHERE scope = $1");
STORE_SQL(idempotency_insert,
          "INSERT INTO idempotency (scope, request, status, answer, payment, made) "
          "VALUES ($1, $2, $3, $4, $5, $6)");
STORE_SQL(idempotency_answer, "UPDATE idempotency SET status = $2, answer = $3 "
                              "WHERE payment = $1 AND status IS NULL");
STORE_SQL(idempotency_forget, "DELETE FROM idempotency WHERE payment = $1 AND status IS NULL");
STORE_SQL(idempotency_old, "DELETE FROM idempotency WHERE made < $1 AND number IN "
                           "(SELECT number FROM idempotency ORDER BY number LIMIT $2)");

int idempotency_check(const struct idempotency_key *key, struct err *err)
{
    struct str text = key->key;
    bool ok = text.size >= 1 && text.size <= IDEMPOTENCY_KEY && key->caller.size && key->route.size;
    for (size_t i = 0; ok && i < text.size; i++)
        ok = text.data[i] > ' ' && text.data[i] <= '~';
    if (!ok)
        return err_set(err, ERR_INVALID, "an idempotency key is 1 to %d printable ASCII characters",
                       IDEMPOTENCY_KEY);
    return 0;
}

enum { SCOPE = 16 };

// One short text of three: half of a hash is plenty to tell calls apart, keeps the index small and
// names nobody. Not a secret, so the hash has no key.
static struct crypto_hash scope_of(const struct idempotency_key *key)
{
    static const struct crypto_key none;
    struct str parts[] = {key->caller, key->route, key->key};
    return crypto_keyed_hash(&none, parts, 3);
}

int idempotency_look(struct store_db *db, const struct idempotency_key *key,
                     struct idempotency_found *out, struct err *err)
{
    struct store_cursor row;
    struct crypto_hash scope = scope_of(key);
    out->state = IDEMPOTENCY_NEW;
    buf_clear(out->body);
    int found = store_one(db, idempotency_find, BIND(bind_bytes(scope.bytes, SCOPE)), &row, err);
    if (found <= 0)
        return found;
    out->payment = id_from(cursor_text(&row, 3));
    if (!str_equal(cursor_bytes(&row, 0), crypto_hash_str(&key->request))) {
        out->state = IDEMPOTENCY_MISMATCH;
    } else if (cursor_null(&row, 1)) {
        out->state = IDEMPOTENCY_IN_FLIGHT;
    } else {
        out->state = IDEMPOTENCY_REPLAY;
        out->status = (int)cursor_int(&row, 1);
        buf_append_str(out->body, cursor_bytes(&row, 2));
    }
    cursor_finish(&row);
    return 0;
}

int idempotency_start(struct store_db *db, const struct idempotency_note *note, struct err *err)
{
    struct crypto_hash scope = scope_of(note->key);
    bool answered = note->status != 0;
    return store_exec(db, idempotency_insert,
                      BIND(bind_bytes(scope.bytes, SCOPE),
                           bind_bytes(note->key->request.bytes, sizeof note->key->request.bytes),
                           answered ? bind_int(note->status) : bind_null(),
                           answered ? bind_bytes(note->body.data, note->body.size) : bind_null(),
                           note->payment ? bind_text(id_str(note->payment)) : bind_null(),
                           bind_int(note->now)),
                      err);
}

int idempotency_finish(struct store_db *db, const struct id *payment, int status, struct str body,
                       struct err *err)
{
    return store_exec(db, idempotency_answer,
                      BIND(bind_text(id_str(payment)), bind_int(status),
                           bind_bytes(body.data, body.size)),
                      err);
}

int idempotency_drop(struct store_db *db, const struct id *payment, struct err *err)
{
    return store_exec(db, idempotency_forget, BIND(bind_text(id_str(payment))), err);
}

int idempotency_sweep(struct store_db *db, int64_t before, int64_t limit, struct err *err)
{
    return store_exec(db, idempotency_old, BIND(bind_int(before), bind_int(limit)), err);
}
