// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_IDEMPOTENCY_H
#define MEDINA_MONEY_IDEMPOTENCY_H

#include "base/crypto.h"
#include "base/id.h"
#include "store/store.h"

// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the answer to a call is stored in
// the transaction that did what it says; the same key and request gets those bytes again. A refusal
// is not stored: nothing happened, and asking again is safe. Parts of store jobs.

enum { IDEMPOTENCY_KEY = 255 }; // bytes

struct idempotency_key {
    struct str caller;          // account id, or what else tells callers apart
    struct str route;           // "POST /v1/payments"
    struct str key;             // the header field's value
    struct crypto_hash request; // crypto_sha256 of the whole body
};

// ERR_INVALID unless the key is 1 to IDEMPOTENCY_KEY printable ASCII characters.
int idempotency_check(const struct idempotency_key *key, struct err *err);

enum idempotency_state {
    IDEMPOTENCY_NEW,
    IDEMPOTENCY_REPLAY,    // answer it as before
    IDEMPOTENCY_IN_FLIGHT, // 409: the first call has no answer yet
    IDEMPOTENCY_MISMATCH,  // 422: the key was used for another request
};

struct idempotency_found {
    enum idempotency_state state;
    int status;        // with REPLAY
    struct buf *body;  // filled with REPLAY; the caller's
    struct id payment; // of the first call
};

int idempotency_look(struct store_db *db, const struct idempotency_key *key,
                     struct idempotency_found *out, struct err *err);

struct idempotency_note {
    const struct idempotency_key *key;
    const struct id *payment;
    int64_t now;
    int status; // 0: in flight
    struct str body;
};
int idempotency_start(struct store_db *db, const struct idempotency_note *note, struct err *err);

// Answers the call in flight that belongs to the payment.
int idempotency_finish(struct store_db *db, const struct id *payment, int status, struct str body,
                       struct err *err);

// Forgets the call in flight that belongs to the payment: nothing came of it.
int idempotency_drop(struct store_db *db, const struct id *payment, struct err *err);

// Deletes up to limit answers made before then; returns how many.
int idempotency_sweep(struct store_db *db, int64_t before, int64_t limit, struct err *err);

#endif
