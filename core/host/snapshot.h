// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_SNAPSHOT_H
#define MEDINA_HOST_SNAPSHOT_H

#include "host/bundle.h"

// What the gateway loops know of the plugins: one immutable table, made by the control thread and
// adopted by each loop between turns.

enum { ROUTE_RUNNERS = 16, ROUTE_SHARES = 10000 };

struct route {
    const char *instance; // "water-electricity", the first part of the path
    struct bundle *bundle;
    const json_t *configuration;
    uint32_t runners[ROUTE_RUNNERS]; // the processes that serve it
    unsigned runner_count;           // 0: none now, answer 503 …
    bool soon;     // … unless the version before is about to take over: wait for it a moment
    int64_t since; // wall clock, ms: when it began to be served, or ceased to be, in this host
    uint64_t data_generation; // grows with each data file taken
    // A newer version on trial, for this share of the citizens (in 1/ROUTE_SHARES); or NULL.
    const struct route *canary;
    unsigned canary_share;
};

struct snapshot {
    _Atomic unsigned references;
    uint64_t number; // grows with each snapshot
    size_t count;
    struct route routes[]; // sorted by instance
};

// A table for count routes, all empty; one reference is yours. Fill it in, sort it, then share it.
struct snapshot *snapshot_create(size_t count, uint64_t number);
// Copies and holds, its canary too.
void snapshot_add(struct snapshot *snapshot, const struct route *route);
void snapshot_sort(struct snapshot *snapshot);

struct snapshot *snapshot_hold(struct snapshot *snapshot);
void snapshot_release(struct snapshot *snapshot);

// The instance as everybody sees it; NULL when there is none of that name.
const struct route *snapshot_find(const struct snapshot *snapshot, struct str instance);

// A text of the instance (title, summary, agency), or its keywords: its configuration's own, else
// the manifest's. Borrowed; NULL when there is none.
const json_t *route_text(const struct route *route, const char *name);

// The version that this citizen gets: the canary for its share of them, always the same ones.
// citizen is any lasting name of whoever asks; empty gets what everybody gets.
const struct route *route_for(const struct route *route, struct str citizen);

#endif
