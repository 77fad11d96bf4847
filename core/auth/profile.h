// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_AUTH_PROFILE_H
#define MEDINA_AUTH_PROFILE_H

#include "auth/step.h"

// What is kept of a citizen beside the links: a number and a language.

enum { AUTH_LANGUAGE = 3 }; // with NUL: "ar", "en"

// The language that the citizen has chosen, "" when none was.
int auth_language_of(struct auth *auth, const struct id *account, char out[AUTH_LANGUAGE],
                     struct err *err);

// ERR_INVALID for anything but "ar" and "en".
int auth_choose_language(struct auth *auth, const struct auth_identity *who, struct str language,
                         struct err *err);

// Changing the number takes two codes: auth_step_begin with STEP_NUMBER sends one to the old
// number; with it auth_number_begin sends one to the new number; with that auth_number_finish
// changes it. What belongs to the account stays, its sessions too.
struct auth_number {
    struct auth_step_answer answer; // to the code at the old number
    struct str phone;               // the new one, as typed
    struct str address, language;
};

// Before the code is used, ERR_INVALID: not a number; ERR_CONFLICT: the account has it. Else the
// errors of auth_finish and of auth_begin.
int auth_number_begin(struct auth *auth, const struct auth_number *number,
                      struct auth_challenge *out, struct err *err);

// answer is to the code at the new number; both numbers are given, to tell both. ERR_CONFLICT: the
// new number has an account of its own.
int auth_number_finish(struct auth *auth, const struct auth_step_answer *answer,
                       struct phone *before, struct phone *after, struct err *err);

#endif
