// SPDX-License-Identifier: Apache-2.0
#ifndef SANDBOX_ACCOUNT_H
#define SANDBOX_ACCOUNT_H

#include "sandbox.h"

// What the two agencies' accounts have in common: a holder, a telephone, and codes that prove that
// whoever asks holds that telephone.

// The account that the path names, of that agency's collection; NULL after answering 404.
json_t *account_find(struct sandbox_request *request, const char *agency);

// "M••••• A• S•••••", and its Arabic likewise: what anybody may see who knows the number.
json_t *account_masked_name(const json_t *account);

// Sends a code of six digits to the holder's telephone; good for five minutes and five tries.
void account_send_code(struct sandbox_request *request, const char *agency, const char *sender);
void account_verify_code(struct sandbox_request *request, const char *agency);

#endif
