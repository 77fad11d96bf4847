// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_AUTH_SESSION_H
#define MEDINA_AUTH_SESSION_H

#include "auth/auth.h"

// Sessions: an opaque token of 256 random bits at the client, only its keyed hash in the store. A
// browser's token comes in a cookie and needs a CSRF token beside it; a mobile client's comes in
// Authorization (RFC 6750). One is never taken for the other.

enum { AUTH_TOKEN = 44, AUTH_LABEL = 96 }; // with NUL

enum auth_kind { AUTH_COOKIE = 1, AUTH_BEARER = 2 };

// How sure we are who it is; an operation may ask for more than signing in gives.
enum auth_level {
    AUTH_LEVEL_NONE = 0,
    AUTH_LEVEL_PHONE = 1,    // holds the number
    AUTH_LEVEL_VERIFIED = 2, // identified by a national identity provider
};

struct auth_identity {
    struct id account;
    struct id session;
    enum auth_level level;
    int64_t expires;         // epoch ms
    char device[AUTH_LABEL]; // the session's label
    int64_t idle; // epoch ms: when it is over if nothing is asked until then; auth_identify only
};

// ERR_DENIED for a token that is unknown, expired, idle for too long or of the other kind.
int auth_identify(struct auth *auth, enum auth_kind kind, struct str token,
                  struct auth_identity *out, struct err *err);

// Ends one session of who asks by its id, which may be their own; ERR_NOT_FOUND when the account
// has none such.
int auth_sign_out(struct auth *auth, const struct auth_identity *who, const struct id *session,
                  struct err *err);

// Ends all sessions of who asks, or all but their own. Returns how many.
int auth_sign_out_everywhere(struct auth *auth, const struct auth_identity *who, bool only_others,
                             struct err *err);

struct auth_session {
    struct id id;
    enum auth_kind kind;
    char label[AUTH_LABEL]; // what the client called itself
    int64_t created, seen, expires;
};

// The account's living sessions, newest first, into sessions[limit]; returns how many or an error.
int auth_sessions(struct auth *auth, const struct id *account, struct auth_session *sessions,
                  size_t limit, struct err *err);

// "Bearer TOKEN" (any case of the scheme); false without one.
bool auth_bearer_token(struct str authorization, struct str *token);

// The value of one cookie in a Cookie field (RFC 6265, 5.4); false without it or when the name
// stands there twice.
bool auth_cookie_value(struct str cookies, const char *name, struct str *value);

// CSRF tokens (double submit is not needed: they are derived from the session). Masked anew for
// each answer, so that compression does not give them away. binding is the session token, or before
// signing in the nonce that the browser holds.
enum { AUTH_CSRF = 87 }; // with NUL
void auth_csrf_make(const struct auth *auth, struct str binding, char out[AUTH_CSRF]);
bool auth_csrf_check(const struct auth *auth, struct str binding, struct str token);

#endif
