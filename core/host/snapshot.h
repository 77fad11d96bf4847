// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_SNAPSHOT_H
#define MEDINA_HOST_SNAPSHOT_H

#include "host/bundle.h"

// What the gateway loops know of the plugins: one immutable table, made by the control thread and
// adopted by each loop between turns.

struct route {
    const char *instance; // "water-electricity", the first part of the path
    struct bundle *bundle;
    const json_t *configuration;
    uint32_t runner;          // the process that serves it; 0: none now, answer 503
    uint64_t data_generation; // grows with each data file taken
};

struct snapshot {
    _Atomic unsigned references;
    uint64_t number; // grows with each snapshot
    size_t count;
    struct route routes[]; // sorted by instance
};

// A table for count routes, all empty; one reference is yours. Fill it in, sort it, then share it.
struct snapshot *snapshot_create(size_t count, uint64_t number);
void snapshot_add(struct snapshot *snapshot, const struct route *route); // copies and holds
void snapshot_sort(struct snapshot *snapshot);

struct snapshot *snapshot_hold(struct snapshot *snapshot);
void snapshot_release(struct snapshot *snapshot);

const struct route *snapshot_find(const struct snapshot *snapshot, struct str instance);

#endif
