// SPDX-License-Identifier: Apache-2.0
#include "host/poison.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { MOST_PARTS = 8 };

struct entry {
    uint64_t key;
    uint64_t until_ms;
    uint32_t runner;
};

struct poison {
    uint64_t ms;
    unsigned most;
    struct crypto_short_key secret;
    _Atomic unsigned count; // of entries in use; may be too high, never too low
    pthread_mutex_t lock;
    struct entry entries[];
};

void poison_create(struct poison **out, uint64_t ms, unsigned most)
{
    struct poison *poison = mem_zero(1, sizeof *poison + most * sizeof *poison->entries);
    poison->ms = ms;
    poison->most = most;
    crypto_random(&poison->secret, sizeof poison->secret);
    pthread_mutex_init(&poison->lock, NULL);
    *out = poison;
}

void poison_destroy(struct poison *poison)
{
    if (!poison)
        return;
    pthread_mutex_destroy(&poison->lock);
    free(poison);
}

// Each part is hashed by itself, so that the border between two parts counts.
uint64_t poison_key(const struct poison *poison, const struct str *parts, unsigned count)
{
    uint64_t hashes[MOST_PARTS] = {0};
    for (unsigned i = 0; i < count && i < MOST_PARTS; i++)
        hashes[i] = crypto_short_hash(&poison->secret, parts[i]);
    return crypto_short_hash(&poison->secret, (struct str){(const char *)hashes, sizeof hashes});
}

void poison_add(struct poison *poison, uint64_t key, uint32_t runner)
{
    if (poison->ms == 0 || poison->most == 0)
        return;
    pthread_mutex_lock(&poison->lock);
    unsigned count = atomic_load(&poison->count), at = 0;
    while (at < count && poison->entries[at].key != key)
        at++;
    if (at == count && count < poison->most) {
        atomic_store(&poison->count, count + 1);
    } else if (at == count) {
        at = 0;
        for (unsigned i = 1; i < count; i++)
            if (poison->entries[i].until_ms < poison->entries[at].until_ms)
                at = i;
    }
    poison->entries[at] = (struct entry){key, clock_monotonic_ms() + poison->ms, runner};
    pthread_mutex_unlock(&poison->lock);
}

void poison_forgive(struct poison *poison, uint32_t runner)
{
    pthread_mutex_lock(&poison->lock);
    unsigned kept = 0, count = atomic_load(&poison->count);
    for (unsigned i = 0; i < count; i++)
        if (poison->entries[i].runner != runner)
            poison->entries[kept++] = poison->entries[i];
    atomic_store(&poison->count, kept);
    pthread_mutex_unlock(&poison->lock);
}

static void drop_expired(struct poison *poison, uint64_t now)
{
    unsigned kept = 0, count = atomic_load(&poison->count);
    for (unsigned i = 0; i < count; i++)
        if (poison->entries[i].until_ms > now)
            poison->entries[kept++] = poison->entries[i];
    atomic_store(&poison->count, kept);
}

uint64_t poison_left(struct poison *poison, uint64_t key)
{
    if (atomic_load_explicit(&poison->count, memory_order_relaxed) == 0)
        return 0;
    uint64_t now = clock_monotonic_ms(), left = 0;
    pthread_mutex_lock(&poison->lock);
    drop_expired(poison, now);
    for (unsigned i = 0; i < atomic_load(&poison->count); i++)
        if (poison->entries[i].key == key)
            left = poison->entries[i].until_ms - now;
    pthread_mutex_unlock(&poison->lock);
    return left;
}
