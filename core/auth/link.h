// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_AUTH_LINK_H
#define MEDINA_AUTH_LINK_H

#include "auth/auth.h"

// The accounts at agencies that a citizen has linked: a utility account, a toll tag, a plate.

enum { LINK_INSTANCE = 64, LINK_REFERENCE = 64, LINK_LABEL = 400 }; // with NUL

struct auth_link {
    char instance[LINK_INSTANCE];   // the plugin instance
    char reference[LINK_REFERENCE]; // the agency's account number
    char label[LINK_LABEL];         // its title, a bilingual text as JSON
    bool proven;                    // the agency confirmed that it is theirs
    int64_t created;
};

// Adds it, or changes the label of one that is there (proven never goes back). ERR_LIMIT when the
// citizen has too many; ERR_INVALID when instance or reference is empty.
int auth_link_add(struct auth *auth, const struct id *account, const struct auth_link *link,
                  struct err *err);

// ERR_NOT_FOUND when it was not there.
struct auth_link_place {
    const struct id *account;
    const char *instance, *reference;
    const char *device; // of who asks, for their activity; NULL: not known
};
int auth_link_remove(struct auth *auth, const struct auth_link_place *place, struct err *err);

// By instance and reference into links[limit]; returns how many or an error. instance NULL is all.
struct auth_link_list {
    const struct id *account;
    const char *instance;
    struct auth_link *links;
    size_t limit;
};
int auth_link_list(struct auth *auth, const struct auth_link_list *list, struct err *err);

#endif
