// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_CITIZEN_H
#define MEDINA_HOST_CITIZEN_H

#include "auth/session.h"
#include "host/invoke.h"

// What a plugin learns of the citizen who calls it: a pseudonym and the accounts linked with it.
// Fills invoke->caller from a signed-in identity; -1 and a problem when the store cannot say.
int citizen_fill_caller(struct auth *auth, const struct auth_identity *identity,
                        struct invoke *invoke, struct problem *problem);

// The linked accounts of one instance as a JSON array of {"account", "label"}, in the arena.
int citizen_links(struct auth *auth, const struct id *account, const char *instance,
                  struct arena *arena, struct str *json, struct err *err);

// After the operation: notes in the activity of who is signed in that it was submitted, when it
// changes something and was more than a step to a further form. What cannot be noted is logged.
void citizen_note_submitted(struct store *store, const struct auth_identity *identity,
                            const struct invoke *invoke, struct str result);

#endif
