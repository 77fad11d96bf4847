// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_TALLY_H
#define MEDINA_HOST_TALLY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

// How the calls of one runner on one gateway loop went: what the judgement of a canary and the
// metrics of a version are made of. Written by its loop alone, read by the control thread.

// Latency in buckets that grow by a quarter of a doubling: 4 to a doubling from 1 µs to about 70 s.
enum { TALLY_BUCKETS = 105 };

struct tally {
    _Atomic unsigned references;
    _Atomic uint64_t calls;   // that ended
    _Atomic uint64_t errors;  // of them through the fault of plugin or agency: failed, lost, late
    _Atomic uint64_t in_use;  // under way now
    _Atomic uint64_t overdue; // of them those whose caller has been told that they are late
    _Atomic uint64_t overdue_ended; // that were overdue once
    _Atomic uint64_t latency[TALLY_BUCKETS];
};

struct tally *tally_create(void); // one reference is yours
struct tally *tally_hold(struct tally *tally);
void tally_release(struct tally *tally);

// A call has ended; from the tally's own loop.
void tally_count(struct tally *tally, uint64_t duration_us, bool error);

// Sums of several tallies, and what lies between two looks at them.
struct tally_sum {
    uint64_t calls, errors, in_use;
    uint64_t latency[TALLY_BUCKETS];
};

void tally_add(struct tally_sum *sum, const struct tally *tally);
void tally_sum_add(struct tally_sum *sum, const struct tally_sum *other);
struct tally_sum tally_since(const struct tally_sum *now, const struct tally_sum *then);

// The latency that this share of the calls (0.99) did not pass, in µs, at most a fifth too high;
// 0 when there were no calls.
uint64_t tally_percentile(const struct tally_sum *sum, double share);

#endif
