// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_DELETION_H
#define MEDINA_HOST_DELETION_H

#include "auth/step.h"
#include "money/money.h"
#include "money/person.h"
#include "notify/sms.h"

// Deleting an account: identity, links, marks, messages, orders, files and activity go in one job;
// payments stay under an id that is nobody's (money/person.h). The cards that the provider keeps
// are forgotten before, for nobody could ask for it afterwards.

struct deletion_desk {
    struct auth *auth;
    struct money *money;
    struct store *store;
    const struct sms *sms;
    const char *currency;
};

// What stands against it now: a payment that has not ended, money in the wallet.
int deletion_look(const struct deletion_desk *desk, const struct id *account, struct person *out,
                  struct err *err);

// With the answer to a code of STEP_DELETE. ERR_CONFLICT with *bars, before the code is used or
// after: something stands against it; ERR_UNAVAILABLE: the provider does not answer about cards;
// else the errors of auth_finish. 0: the account and all its sessions are gone, and the number has
// been told in that language.
int deletion_run(const struct deletion_desk *desk, const struct auth_step_answer *answer,
                 struct str language, struct person *bars, struct err *err);

#endif
