// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_AUTH_SIGN_IN_H
#define MEDINA_AUTH_SIGN_IN_H

#include "auth/session.h"

// Signing in with a one-time code: 6 digits, minutes, one use, a few tries, bound by a nonce to the
// client that asked. Signing in for the first time makes the account, so begin answers the same
// whether a number is known or not.

enum { AUTH_CODE_DIGITS = 6 };

struct auth_asking {
    struct str phone;    // as typed
    struct str address;  // of the client, for the limits
    struct str language; // of the message: "ar" or "en"
};

struct auth_challenge {
    struct phone phone;
    char nonce[AUTH_TOKEN]; // to the client that asked and to nobody else
    int64_t expires;        // of the code, epoch ms
    int64_t retry_after_ms; // with ERR_LIMIT: when asking again may help
};

// ERR_INVALID: not a number a message can reach. ERR_LIMIT: too many codes for the number or from
// the address. ERR_UNAVAILABLE: the message could not be handed over, and it did not count.
int auth_begin(struct auth *auth, const struct auth_asking *asking, struct auth_challenge *out,
               struct err *err);

struct auth_answer {
    struct str nonce;
    struct str code; // as typed, in either numerals
    enum auth_kind kind;
    struct str label; // what the client calls itself; cut to AUTH_LABEL
};

struct auth_signed_in {
    struct auth_identity identity;
    char token[AUTH_TOKEN]; // to the client; not to be had again
    bool is_new;            // the account was made by this
    int64_t tries_left;     // with ERR_DENIED
};

// ERR_DENIED: a wrong code. ERR_LIMIT: that was the last try, or they were used up. ERR_TIMEOUT:
// the code expired. ERR_NOT_FOUND: no code was asked for with this nonce, or it was used.
int auth_finish(struct auth *auth, const struct auth_answer *answer, struct auth_signed_in *out,
                struct err *err);

#endif
