// SPDX-License-Identifier: Apache-2.0
#include "host/tally.h"

#include "base/mem.h"

#include <stdlib.h>

enum { STEPS = 4 }; // buckets to a doubling

struct tally *tally_create(void)
{
    struct tally *tally = mem_zero(1, sizeof *tally);
    tally->references = 1;
    return tally;
}

struct tally *tally_hold(struct tally *tally)
{
    atomic_fetch_add_explicit(&tally->references, 1, memory_order_relaxed);
    return tally;
}

void tally_release(struct tally *tally)
{
    if (tally && atomic_fetch_sub_explicit(&tally->references, 1, memory_order_acq_rel) == 1)
        free(tally);
}

// The bucket of a duration: its highest bit, and the two bits below that.
static unsigned bucket_of(uint64_t us)
{
    if (us < STEPS)
        return (unsigned)us;
    unsigned highest = 63 - (unsigned)__builtin_clzll(us);
    unsigned bucket = (highest - 1) * STEPS + (unsigned)((us >> (highest - 2)) & (STEPS - 1));
    return bucket < TALLY_BUCKETS ? bucket : TALLY_BUCKETS - 1;
}

// The smallest duration that belongs to the next bucket.
static uint64_t end_of(unsigned bucket)
{
    unsigned next = bucket + 1;
    if (next <= STEPS)
        return next;
    return (uint64_t)(STEPS + next % STEPS) << (next / STEPS - 1);
}

// Only one thread adds: a plain store is enough, and cheaper than a locked addition.
static void add_one(_Atomic uint64_t *counter)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + 1, memory_order_relaxed);
}

void tally_count(struct tally *tally, uint64_t duration_us, bool error)
{
    add_one(&tally->calls);
    if (error)
        add_one(&tally->errors);
    add_one(&tally->latency[bucket_of(duration_us)]);
}

void tally_add(struct tally_sum *sum, const struct tally *tally)
{
    sum->calls += atomic_load_explicit(&tally->calls, memory_order_relaxed);
    sum->errors += atomic_load_explicit(&tally->errors, memory_order_relaxed);
    sum->in_use += atomic_load_explicit(&tally->in_use, memory_order_relaxed);
    for (unsigned i = 0; i < TALLY_BUCKETS; i++)
        sum->latency[i] += atomic_load_explicit(&tally->latency[i], memory_order_relaxed);
}

void tally_sum_add(struct tally_sum *sum, const struct tally_sum *other)
{
    sum->calls += other->calls;
    sum->errors += other->errors;
    sum->in_use += other->in_use;
    for (unsigned i = 0; i < TALLY_BUCKETS; i++)
        sum->latency[i] += other->latency[i];
}

struct tally_sum tally_since(const struct tally_sum *now, const struct tally_sum *then)
{
    struct tally_sum between = {.calls = now->calls - then->calls,
                                .errors = now->errors - then->errors,
                                .in_use = now->in_use};
    for (unsigned i = 0; i < TALLY_BUCKETS; i++)
        between.latency[i] = now->latency[i] - then->latency[i];
    return between;
}

uint64_t tally_percentile(const struct tally_sum *sum, double share)
{
    uint64_t total = 0, seen = 0;
    for (unsigned i = 0; i < TALLY_BUCKETS; i++)
        total += sum->latency[i];
    for (unsigned i = 0; i < TALLY_BUCKETS; i++) {
        seen += sum->latency[i];
        if (total && (double)seen >= (double)total * share)
            return end_of(i);
    }
    return 0;
}
