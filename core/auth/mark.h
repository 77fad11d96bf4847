// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_AUTH_MARK_H
#define MEDINA_AUTH_MARK_H

#include "auth/link.h"

// Services that a citizen has marked as favourites, and those they used last.

struct auth_mark {
    char instance[LINK_INSTANCE];
    int64_t favourite; // since when, epoch ms; 0: it is none
    int64_t used;      // last, epoch ms; 0: never
};

// By name, into marks[limit]; returns how many.
int auth_marks(struct auth *auth, const struct id *account, struct auth_mark *marks, size_t limit,
               struct err *err);

// Marks it or takes the mark away; what is so already is done. The caller knows that there is such
// an instance.
int auth_mark_favourite(struct auth *auth, const struct id *account, const char *instance,
                        bool favourite, struct err *err);

// Notes that it was used now; written only where the last note is older than some minutes.
int auth_mark_used(struct auth *auth, const struct id *account, const char *instance,
                   struct err *err);

#endif
