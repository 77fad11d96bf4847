// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_AUTH_CODE_H
#define MEDINA_AUTH_CODE_H

#include "auth/auth_internal.h"
#include "auth/sign_in.h"

// One-time codes, for signing in and for what asks for a fresh proof of the number. A code is found
// only by the nonce that its asker got and for the purpose that it was sent for. Shared by the
// files of this room.

// What a code is good for: a purpose, and who asks. For signing in "" and NULL.
struct code_use {
    const char *purpose;
    const struct auth_identity *who;
};

struct code_order {
    const struct phone *phone;
    struct code_use use;
    struct str address; // of the client, for the limits
    struct str language;
};

// The errors of auth_begin, but for ERR_INVALID.
int code_send(struct auth *auth, const struct code_order *order, struct auth_challenge *out,
              struct err *err);

struct code_answer {
    struct str nonce, code; // as the client sent them
    struct code_use use;
};

enum code_verdict { CODE_UNKNOWN, CODE_EXPIRED, CODE_USED_UP, CODE_WRONG, CODE_RIGHT };

struct code_look {
    struct crypto_hash nonce, code;
    int64_t now;
    // results
    enum code_verdict verdict;
    int64_t tries_left;
    struct phone phone; // that the code went to
};

// Everything that a job may not make up itself. ERR_NOT_FOUND for what is no nonce.
int code_prepare(const struct auth *auth, const struct code_answer *answer, struct code_look *out,
                 struct err *err);

// Part of a job: 1 when the code is right, and it is used up by that; 0 when not: a wrong one has
// cost a try, so the job has to commit and to tell with code_report afterwards.
int code_look(struct store_db *db, struct code_look *look, struct err *err);

// The errors of auth_finish; 0 when the code was right.
int code_report(const struct code_look *look, struct err *err);

#endif
