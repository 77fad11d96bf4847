// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_PAIN_H
#define MEDINA_MONEY_PAIN_H

#include "money/settlement.h"

// The order to the bank to pay what a day's settlement owes: ISO 20022 pain.001.001.03, one credit
// transfer for each settlement that is payable, booked one by one, with the settlement's transfer
// as its end-to-end id. The bank's statement names it again (camt.h). The bytes depend on the day
// alone.

// Appends the document. ERR_NOT_FOUND when the day pays nobody.
int pain_write(const struct settlement_day *day, struct buf *out, struct err *err);

#endif
