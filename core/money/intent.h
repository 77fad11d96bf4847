// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_INTENT_H
#define MEDINA_MONEY_INTENT_H

#include "base/id.h"
#include "store/store.h"

// What the host is about to ask a provider, committed before it asks. Whoever holds the claim may
// call the provider; a claim ends by its time, or when the host that held it is dead and another
// starts. An intent that was claimed a second time begins by looking how things stand.
enum intent_kind { INTENT_OPEN, INTENT_CAPTURE, INTENT_CANCEL, INTENT_REFUND };
enum intent_end { INTENT_DONE, INTENT_FAILED };

struct intent {
    struct id id; // also the provider's idempotency key
    struct id payment;
    enum intent_kind kind;
    int64_t line; // of a refund
    int64_t amount;
    char reason[32]; // why it is cancelled or refunded: a stable word
    bool claimed;    // somebody is at it
    bool fresh;      // just begun by us: the provider has not been asked yet
};

struct intent_claim {
    const struct id *incarnation;
    int64_t now, until;
};

// Parts of jobs. Row counts or negative codes: 0 rows says that somebody else was faster.
int intent_begin(struct store_db *db, const struct intent *intent, const struct intent_claim *claim,
                 struct err *err);
int intent_take(struct store_db *db, const struct id *id, const struct intent_claim *claim,
                struct err *err);
int intent_finish(struct store_db *db, const struct id *id, enum intent_end end, int64_t now,
                  struct err *err);
int intent_release(struct store_db *db, const struct id *id, struct err *err);

// 1: *out is a pending intent of the payment, one that is not claimed if there is any; 0: none.
int intent_find(struct store_db *db, const struct id *payment, int64_t now, struct intent *out,
                struct err *err);

// Ends the claims of other incarnations and makes their payments due.
int intent_recover(struct store_db *db, const struct intent_claim *claim, struct err *err);

#endif
