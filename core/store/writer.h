// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_STORE_WRITER_H
#define MEDINA_STORE_WRITER_H

#include "store/database.h"
#include "store/queue.h"
#include "store/turn.h"

// The one thread that changes the database.
struct writer {
    struct queue queue;
    const struct store_config *config;
    struct store_db *db; // NULL: lost, to be opened again before the next batch
    unsigned careful;    // batches to run with savepoints yet
    struct turn turn;    // with another host's writer
    pthread_t thread;
    struct writer_counters {
        _Atomic uint64_t jobs, refused, batches, commit_ns, stained, reruns, unknown, wal_pages;
        _Atomic uint64_t checkpoint_ns;
        _Atomic uint64_t batch_sizes[STORE_BATCH_BUCKETS];
    } counters;
};

// The thread's function; runs until the queue is closed and empty.
void *writer_main(void *writer);

#endif
