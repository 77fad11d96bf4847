// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_TARIFF_H
#define MEDINA_MONEY_TARIFF_H

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>
#include <stdint.h>

// The city's fees on payments, as data:
//
//     {"<instance>" or "*": {"<provider>" or "*": {"fixed": fils, "basis_points": 1/100 percent}}}
//
// The instance's own entry comes before "*", and in it the provider's before "*". "wallet" is a
// provider. The part that depends on the amount is rounded half-up to the minor unit.
struct tariff;

// Copies what it needs; ERR_INVALID says which member is wrong.
int tariff_create(struct tariff **out, const json_t *document, struct err *err);
void tariff_destroy(struct tariff *tariff);

// In minor units, 0 where nothing is said.
int64_t tariff_fee(const struct tariff *tariff, struct str instance, const char *provider,
                   int64_t amount);

#endif
