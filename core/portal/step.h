// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PORTAL_STEP_H
#define MEDINA_PORTAL_STEP_H

#include "auth/step.h"
#include "portal/visit.h"

// Fresh codes on pages (auth/step.h): the browser holds the challenge in a cookie.

// The answer that the form in this visit gives to the code.
struct auth_step_answer step_answer(struct visit *visit, const char *purpose);

bool step_is_waiting(const struct visit *visit); // a code was sent to this browser

// The browser keeps this challenge from now on; step_over: none.
void step_keep(struct visit *visit, const struct auth_challenge *challenge);
void step_over(struct visit *visit);

// The masked number that the last code went to, "" when none did.
const char *step_number(struct visit *visit);

// Sends a code to the account's number: 0 when the browser has the challenge.
int step_send(struct visit *visit, const char *purpose, struct err *err);

// What a page says about a code that is not right: a name below "error" in web/strings and the
// status, or NULL for what is no matter of codes.
const char *step_error(int rc, int *status);

#endif
