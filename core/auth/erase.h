// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_AUTH_ERASE_H
#define MEDINA_AUTH_ERASE_H

#include "auth/auth.h"

// Part of the job that deletes an account, and the last part of it: number, codes, sessions, links,
// marks and the account's row go; its id is noted as a deleted account's, so that payments that
// name it can be found when their term is over. What other rooms hold must be gone before.
int auth_erase(struct store_db *db, const struct id *account, int64_t now, struct err *err);

#endif
