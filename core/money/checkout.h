// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_CHECKOUT_H
#define MEDINA_MONEY_CHECKOUT_H

#include "money/intent.h"
#include "money/payment.h"

// Part of jobs: ends an "open" intent whose page nobody was shown, with its payment and its call.
int checkout_let_go(struct store_db *db, const struct payment *payment, const struct id *intent,
                    int64_t now, struct err *err);

#endif
