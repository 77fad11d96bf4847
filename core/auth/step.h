// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_AUTH_STEP_H
#define MEDINA_AUTH_STEP_H

#include "auth/sign_in.h"

// A step up: who is signed in proves the number anew, with a fresh code, before something that
// cannot be taken back. A code is good for its purpose and for the session that asked, and once.

#define STEP_DELETE "delete"         // deletes the account
#define STEP_NUMBER "number"         // changes the number: the code to the old one …
#define STEP_NUMBER_NEW "number-new" // … and then the one to the new one

struct auth_step {
    const struct auth_identity *who;
    const char *purpose;
    struct str address;  // of the client, for the limits
    struct str language; // of the message
};

// Sends a code to the account's number. The errors of auth_begin; ERR_NOT_FOUND for an account
// without a number.
int auth_step_begin(struct auth *auth, const struct auth_step *step, struct auth_challenge *out,
                    struct err *err);

struct auth_step_answer {
    const struct auth_identity *who;
    const char *purpose;
    struct str nonce, code; // as the client sent them
};

// Uses the code up. The errors of auth_finish.
int auth_step_finish(struct auth *auth, const struct auth_step_answer *answer, struct err *err);

#endif
