// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MAIN_UPGRADE_H
#define MEDINA_MAIN_UPGRADE_H

#include "base/json.h"
#include "loop/loop.h"
#include "main/bequest.h"

// The side of the host that is replaced: starts the new program, hands over, drains and ends. The
// other side is succession.h, what they say talk.h, what goes over bequest.h; README.md beside this
// file draws it. Until the new host serves, whatever happens to it changes nothing here; when it
// dies later, while this one still drains, this one serves again.
//
// Everything belongs to the control loop's thread.

// What an upgrade does to the host, in the order in which it happens.
struct upgrade_host {
    // Whether the set of plugins may be frozen now; false when it is just being changed.
    bool (*freeze)(void *context);
    // What the new host gets: descriptors borrowed, serving the receiver's.
    void (*bequeath)(void *context, struct bequest *out);
    void (*retire)(void *context);            // accepts no more, tells every connection to go
    void (*hand_over)(void *context);         // in a task: ends what exists once (tenure.h)
    bool (*quiet)(void *context);             // no connection is left
    void (*leave)(void *context);             // in a task: ends this process
    void (*return_to_service)(void *context); // in a task: takes back retire and hand_over
    void (*thaw)(void *context);              // the set of plugins may change again
};

struct upgrade_options {
    struct loop *control;
    const struct upgrade_host *host;
    void *context; // of its functions
    struct store *store;
    const char *config; // the --config of this host; NULL: none
    uint64_t ready_ms;  // for the new host to be ready, and once more to serve
    uint64_t drain_ms;  // for the last requests; longer than any operation's deadline
};

struct upgrade;

void upgrade_create(struct upgrade **out, const struct upgrade_options *options);

// Inside a task: replaces this host by program (NULL: the file that this one was started from, as
// it is now). 0 when the new one serves: *answer is {"pid", "draining"}, and this host is on its
// way out. Otherwise this one serves on as before, err says why, and *answer may be {"output"}: the
// last lines that the new one wrote. ERR_CONFLICT when an upgrade is under way already.
int upgrade_run(struct upgrade *upgrade, const char *program, json_t **answer, struct err *err);

// An operator stops this host: a new one that does not serve yet must not go on without it.
void upgrade_abort(struct upgrade *upgrade);

// Whether the new host serves already (and the sockets' files are its own).
bool upgrade_handed_over(const struct upgrade *upgrade);

void upgrade_destroy(struct upgrade *upgrade); // its handles close on the control loop

#endif
