// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_AUTH_INTERNAL_H
#define MEDINA_AUTH_INTERNAL_H

#include "auth/auth.h"

enum auth_key {
    AUTH_KEY_CODE,
    AUTH_KEY_LIMIT,
    AUTH_KEY_SESSION,
    AUTH_KEY_CSRF,
    AUTH_KEY_NAME,
    AUTH_KEY_UPLOAD
};
enum { AUTH_KEYS = 6 };

struct auth {
    struct auth_config config; // defaults filled in
    struct crypto_key keys[AUTH_KEYS];
    struct id_generator ids;
};

static inline int64_t auth_now(const struct auth *auth)
{
    return clock_now(auth->config.clock);
}

struct crypto_hash auth_hash(const struct auth *auth, enum auth_key key, const struct str *parts,
                             size_t count);

// Random bytes as base64url text of AUTH_TOKEN - 1 characters.
void auth_random_token(char *out);

#endif
