// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PORTAL_ACCOUNT_H
#define MEDINA_PORTAL_ACCOUNT_H

#include "portal/visit.h"

// The accounts that the citizen has linked, at one instance or (NULL) at all that are loaded:
// [{title, agency, account, url, instance}]; yours. Only for who is signed in.
json_t *account_links(struct visit *visit, const struct snapshot *snapshot, const char *instance);

// What the wallet holds and what may be done with it (wallet.c); yours, NULL where there is none.
json_t *account_wallet(struct visit *visit);

// The masked number of who is signed in, in the arena; "" when it cannot be had.
const char *account_phone(struct visit *visit);

// Whether the provider may keep cards of the citizen: they have been on its page. Asks nobody.
bool account_may_have_cards(struct visit *visit);

// An amount as people type it, in either numerals: "500", "1,250.50". False for what is none.
bool account_read_amount(struct visit *visit, const char *field, int64_t *amount);

// The cards that the payment provider keeps (card.c), {"list", "silent": it does not answer,
// "none"}; yours, NULL where there is no provider.
json_t *account_cards(struct visit *visit);

// How the bills of linked accounts are paid by themselves (automatic.c); yours. Empty where the
// wallet is not to be had.
json_t *account_automatic(struct visit *visit, const struct snapshot *snapshot);

#endif
