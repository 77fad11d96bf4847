// SPDX-License-Identifier: Apache-2.0
//
// Tokens as they travel: in Authorization, in Cookie, in forms.
//
// A CSRF token is mask ‖ (mask xor secret), with the secret a keyed hash of what the client holds:
// nothing is stored, and no two answers carry the same bytes.
#include "auth/auth_internal.h"
#include "auth/session.h"

bool auth_bearer_token(struct str authorization, struct str *token)
{
    struct str rest = str_trim(authorization);
    struct str scheme = str_cut(&rest, ' ');
    *token = str_trim(rest);
    return str_equal_ignoring_case(scheme, STR("bearer")) && token->size > 0;
}

bool auth_cookie_value(struct str cookies, const char *name, struct str *value)
{
    bool found = false;
    while (cookies.data) {
        struct str pair = str_trim(str_cut(&cookies, ';'));
        struct str key = str_cut(&pair, '=');
        if (!str_is(key, name))
            continue;
        if (found)
            return false; // somebody put a second one beside ours
        found = true;
        *value = pair;
    }
    return found;
}

static struct crypto_hash csrf_secret(const struct auth *auth, struct str binding)
{
    return auth_hash(auth, AUTH_KEY_CSRF, &binding, 1);
}

void auth_csrf_make(const struct auth *auth, struct str binding, char out[AUTH_CSRF])
{
    struct crypto_hash secret = csrf_secret(auth, binding);
    uint8_t bytes[2 * CRYPTO_SIZE];
    crypto_random(bytes, CRYPTO_SIZE);
    for (int i = 0; i < CRYPTO_SIZE; i++)
        bytes[CRYPTO_SIZE + i] = bytes[i] ^ secret.bytes[i];
    struct buf text = {0};
    crypto_base64url(bytes, sizeof bytes, &text);
    memcpy(out, text.data, text.size + 1);
    buf_finish(&text);
}

bool auth_csrf_check(const struct auth *auth, struct str binding, struct str token)
{
    uint8_t bytes[2 * CRYPTO_SIZE];
    if (!binding.size || !crypto_base64url_decode(token, bytes, sizeof bytes))
        return false;
    for (int i = 0; i < CRYPTO_SIZE; i++)
        bytes[CRYPTO_SIZE + i] ^= bytes[i];
    struct crypto_hash secret = csrf_secret(auth, binding);
    return crypto_equal(bytes + CRYPTO_SIZE, secret.bytes, CRYPTO_SIZE);
}
