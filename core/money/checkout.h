// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_CHECKOUT_H
#define MEDINA_MONEY_CHECKOUT_H

#include "money/money_internal.h"

// Part of jobs: ends an "open" intent whose page nobody was shown, with its payment and its call,
// and gives back what the wallet already holds for it. Takes up to one of the stamp's ids.
int checkout_let_go(struct store_db *db, const struct payment *payment, const struct id *intent,
                    struct money_stamp *stamp, struct err *err);

#endif
