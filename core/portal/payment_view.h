// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PORTAL_PAYMENT_VIEW_H
#define MEDINA_PORTAL_PAYMENT_VIEW_H

#include "base/arena.h"
#include "money/payment.h"

#include <jansson.h>

// A payment as the pages show it. All are yours.

struct snapshot;

// The word for where it stands: "succeeded", "waiting", … (core/pages/README.md, payment-status).
const char *payment_word(const struct payment *payment);

// Whether it may still end with or without money: the provider has not said.
bool payment_is_open(const struct payment *payment);

// A line of the account page: {title, time, total, state, url}.
json_t *payment_entry(const struct payment *payment, struct arena *arena);

// The model of the payment-status page.
json_t *payment_status(const struct payment *payment, const struct snapshot *snapshot);

// The receipt result (sdk/docs/results.md).
// What a stranger who holds the receipt may see: agencies, amounts, date, status.
json_t *payment_verified(const struct payment *payment, const struct snapshot *snapshot);

json_t *payment_receipt(const struct payment *payment, const struct snapshot *snapshot,
                        const char *public_url, const char *language);

#endif
