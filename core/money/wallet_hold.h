// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_WALLET_HOLD_H
#define MEDINA_MONEY_WALLET_HOLD_H

#include "money/money_internal.h"

// The wallet behind the same table of functions as a card provider: what authorizes first and
// captures later works with either. It opens no page, takes no webhook, and is never asked for a
// refund.
struct provider wallet_hold_provider(struct money *money);

// Part of a job: gives back what is held for a payment that ends without ever having been shown to
// be authorized; nothing when nothing is held. Takes one of the stamp's ids.
int wallet_hold_let_go(struct store_db *db, const struct payment *payment,
                       struct money_stamp *stamp, struct err *err);

#endif
