// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MAIN_SUCCESSION_H
#define MEDINA_MAIN_SUCCESSION_H

#include "loop/loop.h"
#include "main/bequest.h"

// The side of the host that takes over from another (upgrade.h is the other's). A host that is
// started alone has none of this: NULL is fine everywhere and does nothing.
struct succession;

// At the start, before anything else: takes the socket that --take-over names, closes every other
// descriptor above it that came along, and waits for what the old host leaves. ERR_IO,
// ERR_PROTOCOL.
int succession_begin(struct succession **out, int fd, struct err *err);

// What the old host leaves; NULL without one.
struct bequest *succession_bequest(struct succession *succession);

// From now on our log is the old host's; until then it reads what we write, to show it to the
// operator if we fail. Before anything inherits our standard error.
void succession_own_log(struct succession *succession);

// On the control loop, when it runs: until succession_ready has said that we are, the old host's
// end ends this process too, for nobody waits for it any more.
int succession_watch(struct succession *succession, struct loop *control, struct err *err);

// Tells the old host's operator why this host does not come up; it ends after that.
void succession_fail(struct succession *succession, const char *reason);

// In a task: says that we are ready and returns when we are to accept: because the old host says
// so, or because it has died.
void succession_ready(struct succession *succession);
void succession_serving(struct succession *succession); // and now we do

// Called on the control loop, in a task, once each and in this order.
struct succession_events {
    void (*tenure)(void *context); // what exists once is ours
    void (*alone)(void *context);  // the old host is gone
    void *context;
};
// Reports them. An old host that does not end in its time is killed.
void succession_follow(struct succession *succession, const struct succession_events *events);

// The old host while it has not gone, 0 after that: an upgrade of ours waits for its end.
int succession_predecessor(const struct succession *succession);

void succession_destroy(struct succession *succession); // its handles close on the control loop

#endif
