// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_ORDER_H
#define MEDINA_MONEY_ORDER_H

#include "money/money_internal.h"

// What paying from a wallet and paying on a provider's page have in common.

// Checks the order and writes it as a payment that is not in the store yet; it borrows the order's
// texts. ERR_INVALID names what is wrong.
int order_build(struct money *money, const char *provider, const struct money_order *order,
                struct arena *arena, struct payment **out, struct err *err);

// Parts of jobs. 1: the call was answered before and *answer has that; 0: it is new; ERR_CONFLICT
// with answer->refusal otherwise.
int order_check_key(struct store_db *db, const struct idempotency_key *key,
                    struct money_answer *answer, struct err *err);

// Whether another payment has an item: then ERR_CONFLICT with the refusal filled. Only reads, so
// that a refusal costs nothing; the index behind it refuses all the same.
int order_check_items(struct store_db *db, const struct payment *payment,
                      struct money_answer *answer, struct err *err);

#endif
