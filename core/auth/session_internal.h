// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_AUTH_SESSION_INTERNAL_H
#define MEDINA_AUTH_SESSION_INTERNAL_H

#include "auth/auth_internal.h"
#include "auth/session.h"

// A session about to be made: everything a job may not make up itself.
struct session_new {
    struct crypto_hash token_hash;
    struct id id;
    enum auth_kind kind;
    enum auth_level level;
    char label[AUTH_LABEL];
    int64_t now, expires;
    int64_t most; // living sessions an account may have
};

// Makes the token (into token[AUTH_TOKEN]) and what the store keeps of it.
struct session_new session_prepare(struct auth *auth, enum auth_kind kind, struct str label,
                                   char *token);

// Part of a job: inserts it and ends the oldest ones beyond the limit.
int session_insert(struct store_db *db, const struct session_new *session, const char *account,
                   struct err *err);

#endif
