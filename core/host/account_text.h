// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_ACCOUNT_TEXT_H
#define MEDINA_HOST_ACCOUNT_TEXT_H

#include "notify/sms.h"

// Text messages about the account itself, to the number that it concerns. They follow what is done
// already: one that does not leave is logged and nothing else.

// To both numbers: the account's number was before and is after now.
void account_text_number(const struct sms *sms, const struct phone *before,
                         const struct phone *after, struct str language);

void account_text_deleted(const struct sms *sms, const struct phone *phone, struct str language);

#endif
