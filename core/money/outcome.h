// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_OUTCOME_H
#define MEDINA_MONEY_OUTCOME_H

#include "money/intent.h"
#include "money/money_internal.h"

// What is written down once a provider has answered. Each is one store job; each is safe to run
// twice, because it ends the intent first and does nothing when that is ended already.

// The card holds the total: created becomes authorized.
int outcome_authorized(struct money *money, const struct payment *payment,
                       const struct provider_view *view, struct err *err);

// The total was taken: lines paid, transfers, receipt, events.
int outcome_captured(struct money *money, const struct payment *payment,
                     const struct intent *intent, const struct provider_view *view,
                     struct err *err);

// Nothing was or will be taken: lines released. The reason decides between voided, expired, failed.
int outcome_released(struct money *money, const struct payment *payment,
                     const struct intent *intent, struct err *err);

// The provider gave a part back, or will not.
int outcome_refunded(struct money *money, const struct payment *payment,
                     const struct intent *intent, bool given, struct err *err);

// The agency will know later: the payment is due again then.
int outcome_wait(struct money *money, const struct payment *payment, int64_t wait_ms,
                 struct err *err);

// Nobody knows yet: the claim ends, and the payment is due again after a while.
int outcome_unknown(struct money *money, const struct payment *payment, const struct intent *intent,
                    struct err *err);

// Part of jobs: the lines of a payment that ends without money, its state and its reason.
int payment_release(struct store_db *db, const struct payment *payment, const char *reason,
                    struct err *err);

#endif
