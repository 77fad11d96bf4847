// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PORTAL_ACCOUNT_H
#define MEDINA_PORTAL_ACCOUNT_H

#include "portal/visit.h"

// The accounts that the citizen has linked, at one instance or (NULL) at all that are loaded:
// [{title, agency, account, url, instance}]; yours. Only for who is signed in.
json_t *account_links(struct visit *visit, const struct snapshot *snapshot, const char *instance);

// How the bills of linked accounts are paid by themselves (automatic.c); yours. Empty where the
// wallet is not to be had.
json_t *account_automatic(struct visit *visit, const struct snapshot *snapshot);

#endif
