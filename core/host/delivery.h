// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_DELIVERY_H
#define MEDINA_HOST_DELIVERY_H

#include "host/gate.h"
#include "money/money.h"

// Carries the outbox's events to the plugins and the payments that wait for something forward. One
// task on one gateway loop of one host: what is being delivered is known to its memory alone, so a
// second host that delivered meanwhile would bring events again (which at-least-once allows).
struct delivery;

struct delivery_options {
    struct gate *gate;
    struct money *money;
    uint64_t tick_ms; // between looks when nothing calls  [1000]
    int64_t lease_ms; // of an event  [30000]
    size_t batch;     // events of one instance in flight at one time  [256]
    struct store *store;
    int64_t inbox_ms; // messages of citizens are kept so long  [2 years]
    int64_t late_ms;  // an event that waits so long is told to the operator  [15 minutes]
};

void delivery_create(struct delivery **out, const struct delivery_options *options);

// From any thread: there is something to deliver (money_config.outbox_ready).
void delivery_wake(void *delivery);

// From any thread. It may be started again after delivery_end.
void delivery_start(struct delivery *delivery);
void delivery_stop(struct delivery *delivery); // it ends after its current round

// Inside a task: stops it and returns when the current round is over; at once when none runs.
void delivery_end(struct delivery *delivery);
void delivery_destroy(struct delivery *delivery);

#endif
