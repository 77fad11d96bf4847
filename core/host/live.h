// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_LIVE_H
#define MEDINA_HOST_LIVE_H

#include "base/str.h"
#include "loop/task.h"

#include <stddef.h>

// Results that change while people look at them. A plugin publishes a new one under a topic;
// whoever looks at that topic of its instance, on any gateway loop, gets the newest. A topic
// belongs to the instance and not to a version of it: a swap goes unnoticed. What nobody has taken
// yet is replaced by what comes after it, so a slow reader costs one result and no queue.

struct live;
struct live_watch;

struct live_limits {
    unsigned streams;            // of all callers; over it ERR_LIMIT
    unsigned streams_per_caller; // likewise
    size_t result_bytes;         // of one published result
    size_t pending_bytes;        // that a client has not taken; over it its stream ends
    uint64_t look_ms;            // a stream asks the operation again after so long
    uint64_t retry_ms;           // after which a client comes back when a stream has ended
};

enum { LIVE_TOPIC = 65 }; // with its NUL

void live_create(struct live **out, struct loop **loops, unsigned count,
                 const struct live_limits *limits);
void live_destroy(struct live *live); // after its loops have ended

const struct live_limits *live_limits(const struct live *live);
unsigned live_streams(const struct live *live); // open now

bool live_topic_is_valid(struct str topic);

// From a task of any of the loops: the result is copied.
void live_publish(struct live *live, const char *instance, struct str topic, struct str result);

// ---- a stream, in a task on one of the loops ----

// Counts one more stream of this caller; ERR_LIMIT when there are too many. live_dismiss ends it.
int live_admit(struct live *live, struct str caller, struct err *err);
void live_dismiss(struct live *live, struct str caller);

// news is raised whenever there is something to take.
struct live_watch *live_watch(struct live *live, const char *instance, struct str topic,
                              struct signal *news);
void live_unwatch(struct live_watch *watch);

// The newest result that has not been taken: yours to free; NULL when there is none.
char *live_take(struct live_watch *watch);

#endif
