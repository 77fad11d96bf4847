// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_HISTORY_H
#define MEDINA_HOST_HISTORY_H

#include "base/id.h"
#include "store/store.h"

#include <jansson.h>

// Who did what to an instance, when and why, in the store. The host writes its own deeds too, with
// the actor "medinad".

struct history_event {
    struct id id; // new; ids grow with time
    const char *instance;
    const char *actor;
    const char *verb;    // "load", "use", "rollback", "incident", …
    const char *version; // "" when it concerns all
    const char *reason;  // as the operator gave it, or why the host acted; may be ""
    const char *outcome; // "done", or the refusal's words
};

// Appends an event and forgets the instance's oldest beyond most.
int history_add(struct store *store, const struct history_event *event, unsigned most,
                struct err *err);

// The newest count events of an instance, newest first:
// [{"time", "actor", "verb", "version", "reason", "outcome"}, …]; *list is yours.
int history_read(struct store *store, const char *instance, unsigned count, json_t **list,
                 struct err *err);

#endif
