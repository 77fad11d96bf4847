// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_OPS_METRICS_H
#define MEDINA_OPS_METRICS_H

#include "host/host.h"
#include "http/server.h"
#include "money/money.h"
#include "store/store.h"

// Counters of the whole process in the Prometheus text format (version 0.0.4). Labels are instance
// names, states and status classes; never anything of a person.

enum { METRICS_GATEWAYS = 64, METRICS_BUCKETS = 12 };

// Of one gateway loop, written by that loop alone.
struct metrics_requests {
    _Atomic uint64_t by_class[6];                  // 0: other, 1: 1xx, … 5: 5xx
    _Atomic uint64_t buckets[METRICS_BUCKETS + 1]; // latency, see metrics_bounds_us
    _Atomic uint64_t sum_us;
};

extern const uint64_t metrics_bounds_us[METRICS_BUCKETS];

struct metrics {
    struct host *host;
    struct store *store;
    struct money *money;
    const struct http_counters *http[METRICS_GATEWAYS];
    const struct gate_counters *gates[METRICS_GATEWAYS];
    struct metrics_requests requests[METRICS_GATEWAYS];
    unsigned gateways;
};

// From the loop that served the request.
void metrics_count_request(struct metrics_requests *requests, int status, uint64_t duration_us);

// Inside a task: what waits in the outbox is asked of the store.
void metrics_write(const struct metrics *metrics, struct buf *out);

#endif
