// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_PERSON_H
#define MEDINA_MONEY_PERSON_H

#include "base/id.h"
#include "store/store.h"

// What of money is a person's: parts of the job that deletes an account.

struct person {
    int64_t open;    // payments that have not ended, and refunds on their way
    int64_t balance; // of the wallet, minor units
};
int person_look(struct store_db *db, const struct id *account, const char *currency,
                struct person *out, struct err *err);

// Payments stay, under the account's id, which then is nobody's; the provider's customer, devices
// and the agencies' account numbers beside them go.
int person_erase(struct store_db *db, const struct id *account, struct err *err);

// Of accounts that were deleted before then: their payments (up to limit a call) lose the id, too,
// and are nobody's. 1: call again; 0: there are no more.
int person_sweep(struct store_db *db, int64_t before, int64_t limit, struct err *err);

#endif
