// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_DECIMAL_H
#define MEDINA_MONEY_DECIMAL_H

#include "base/buf.h"

// Amounts as files of banks and providers write them: "1234.50", with as many digits behind the
// point as the currency has (ISO 4217: AED 2, KWD 3, JPY 0).

int decimal_digits(const char *currency);

// Appends the amount in minor units; a negative one with a minus before it.
void decimal_write(struct buf *out, int64_t amount, const char *currency);

// The amount in minor units. False for anything but digits with perhaps a minus before and a point
// between them, for more digits than the currency has unless they are zeros, and for more than 15
// before the point.
bool decimal_read(struct str text, const char *currency, int64_t *amount);

#endif
