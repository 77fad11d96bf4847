// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_LIMITER_H
#define MEDINA_HOST_LIMITER_H

#include "base/str.h"

#include <stdint.h>

// How often one caller may call an operation whose manifest sets a limit: so many calls at once,
// and as they age as many in each window (the generic cell rate algorithm: one time a caller is all
// that is kept). Shared by the gateway loops of one host; any thread. It is memory: another host of
// the same city, or one that has just begun, counts anew.

struct limiter;

// Remembers this many callers of operations. When there are more, those that are nearest to being
// free again are forgotten first.
void limiter_create(struct limiter **out, unsigned callers);
void limiter_destroy(struct limiter *limiter);

struct limiter_rate {
    unsigned calls;
    uint64_t window_ms;
};

// Takes one call of whoever the parts name (at most 4); now_ms on clock_monotonic_ms. 0: it may
// pass; otherwise the milliseconds after which the next one may, and nothing was taken.
uint64_t limiter_take(struct limiter *limiter, const struct str *parts, unsigned count,
                      const struct limiter_rate *rate, uint64_t now_ms);

#endif
