// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_PURCHASE_H
#define MEDINA_HOST_PURCHASE_H

#include "host/gate.h"
#include "host/problem.h"
#include "money/pay.h"

// Paying for items of agencies, as any front asks for it: has every item quoted anew, then pays
// from the wallet or opens the card provider's page.

struct purchase_item {
    struct str instance;
    struct str item;
    int64_t amount; // that the citizen saw or chose, minor units: nothing is paid when the agency
                    // asks for another; 0: whatever it asks for
};

struct purchase {
    struct gate *gate;
    struct auth *auth;
    struct money *money;
    struct activity_actor by;
    const struct id *payer; // NULL: anonymous; by card only
    const char *provider;   // the card provider, NULL: from the wallet
    const char *currency;
    const char *language;
    struct idempotency_key key;
    const struct purchase_item *items;
    size_t count;
    struct str return_url, cancel_url; // {payment} stands for its id
    // As in money_order: part of the job that pays, from the wallet and at once.
    int (*also)(void *context, struct store_db *db, const struct payment *payment, struct err *err);
    void *also_context;
    struct arena *arena;
};

// Inside a task. 0 and the answer (the caller's: buf_finish(&answer->body)), or -1 and the problem;
// then nothing was charged. A key that was used before brings the first answer back.
int purchase_make(const struct purchase *purchase, struct money_answer *answer,
                  struct problem *problem);

// Why the money room did nothing, as a problem; returns -1.
int purchase_refuse(const struct money_answer *answer, const struct err *err,
                    struct problem *problem);

#endif
