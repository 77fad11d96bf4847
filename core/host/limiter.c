// SPDX-License-Identifier: Apache-2.0
//
// A table of rows; a caller's row is chosen by a keyed hash, so that nobody can aim at another's.
// An entry holds the time at which its caller will have used up nothing (the algorithm's
// theoretical arrival time); one whose time has passed says nothing and may be written over.
#include "host/limiter.h"

#include "base/crypto.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>

enum { ROW = 8, MOST_PARTS = 4, MICROS = 1000 };

struct entry {
    uint64_t key;
    uint64_t free_us; // when the caller owes nothing any more; 0: no entry
};

struct limiter {
    pthread_mutex_t lock;
    struct crypto_short_key secret;
    size_t rows;
    struct entry entries[];
};

void limiter_create(struct limiter **out, unsigned callers)
{
    size_t rows = callers / ROW + 1;
    struct limiter *limiter = mem_zero(1, sizeof *limiter + rows * ROW * sizeof *limiter->entries);
    limiter->rows = rows;
    crypto_random(&limiter->secret, sizeof limiter->secret);
    pthread_mutex_init(&limiter->lock, NULL);
    *out = limiter;
}

void limiter_destroy(struct limiter *limiter)
{
    if (!limiter)
        return;
    pthread_mutex_destroy(&limiter->lock);
    free(limiter);
}

// Each part is hashed by itself, so that the border between two parts counts.
static uint64_t key_of(const struct limiter *limiter, const struct str *parts, unsigned count)
{
    uint64_t hashes[MOST_PARTS] = {0};
    for (unsigned i = 0; i < count && i < MOST_PARTS; i++)
        hashes[i] = crypto_short_hash(&limiter->secret, parts[i]);
    return crypto_short_hash(&limiter->secret, (struct str){(const char *)hashes, sizeof hashes});
}

// The caller's entry; else the one of its row that is free first.
static struct entry *find(struct limiter *limiter, uint64_t key)
{
    struct entry *row = &limiter->entries[key % limiter->rows * ROW], *found = row;
    for (size_t i = 0; i < ROW; i++) {
        if (row[i].free_us && row[i].key == key)
            return &row[i];
        if (row[i].free_us < found->free_us)
            found = &row[i];
    }
    *found = (struct entry){.key = key};
    return found;
}

uint64_t limiter_take(struct limiter *limiter, const struct str *parts, unsigned count,
                      const struct limiter_rate *rate, uint64_t now_ms)
{
    uint64_t now = now_ms * MICROS, window = rate->window_ms * MICROS;
    uint64_t each = window / rate->calls, wait = 0;
    pthread_mutex_lock(&limiter->lock);
    struct entry *entry = find(limiter, key_of(limiter, parts, count));
    uint64_t begin = entry->free_us > now ? entry->free_us : now;
    if (begin + each > now + window)
        wait = begin + each - (now + window);
    else
        entry->free_us = begin + each;
    pthread_mutex_unlock(&limiter->lock);
    return wait ? wait / MICROS + 1 : 0;
}
