// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_STORE_STORE_H
#define MEDINA_STORE_STORE_H

#include "base/err.h"
#include "store/statement.h"

#include <stdbool.h>
#include <stdint.h>

// All durable state. One writer thread runs jobs in transactions, many waiting jobs to a commit;
// reader threads, each with a connection of its own, run the rest. See README.md beside this file.
struct store;

// A job is a pure function of its argument and the database: no clock, no randomness, no I/O, no
// waiting (times and ids come in the argument). It may run more than once, so it sets every result
// in its argument anew. Returning 0 or more commits; a negative code undoes what the job did and
// nothing else. It runs on a thread of the store while the caller waits, so the argument may live
// on the caller's stack.
typedef int store_job(struct store_db *db, void *argument, struct err *err);

// 0 takes the default in brackets.
struct store_config {
    const char *path;          // the SQLite file; its folder must exist
    unsigned batch_limit;      // jobs in one commit [256]
    unsigned queue_limit;      // jobs waiting for the writer [4096]
    unsigned readers;          // reader threads [2]
    unsigned read_queue_limit; // jobs waiting for a reader [4096]
    unsigned busy_timeout_ms;  // wait for another process's write [5000]
    unsigned checkpoint_pages; // write-ahead log pages that start a checkpoint [16000]
    unsigned cache_kib;        // page cache of each connection, at most [65536]
    int64_t started_ms;        // wall clock, noted beside the migrations applied now
    bool shared;               // an older host runs on this database: as store_share, and what
                               // contracts waits for store_contract (see migrate.h)
};

// Opens or creates the database and applies the migrations it lacks. ERR_CONFLICT when it is newer
// than this host or its migrations are not this host's; ERR_IO when it cannot be opened.
int store_create(struct store **out, const struct store_config *config, struct err *err);

// From any thread. Another host is about to write, or is gone: from the next batch on this one's
// writer takes turns with it, or no longer does (see turn.h).
void store_share(struct store *store, bool shared);

// No older host runs any more: applies the migrations that waited for that.
int store_contract(struct store *store, int64_t now_ms, struct err *err);

// Refuses new jobs, runs those that wait, closes. Loops whose tasks wait must still exist.
void store_destroy(struct store *store);

// Runs job(argument) in a transaction on the writer and returns its result after the commit that
// contains it. Inside a task only the task waits; outside the calling thread does. No deadline and
// no cancel: what was asked for happens. Beyond the job's own codes:
//   ERR_LIMIT        the queue is full; nothing happened
//   ERR_UNAVAILABLE  the store is closing or cannot write now; nothing happened
//   ERR_UNKNOWN      the commit failed on its way to the disk: it may or may not hold after the
//                    next start; the outcome settles before any later job runs, so ask by a key
int store_run(struct store *store, store_job *job, void *argument, struct err *err);

// The same for a job that only reads: a consistent snapshot on a reader's connection, never behind
// a commit that store_run has answered. Writing there is refused.
int store_read(struct store *store, store_job *job, void *argument, struct err *err);

enum { STORE_BATCH_BUCKETS = 8 }; // batches of 1, 2, ≤4, ≤8, … ≤64, more

struct store_metrics {
    uint64_t jobs;    // answered by the writer
    uint64_t refused; // of them with a negative code
    uint64_t batches; // commits that held
    uint64_t batch_sizes[STORE_BATCH_BUCKETS];
    uint64_t commit_ns;     // in COMMIT, in total
    uint64_t stained;       // batches run again with savepoints
    uint64_t reruns;        // batches lost and run again job by job
    uint64_t unknown;       // commits with an unknown outcome
    uint64_t turned_away;   // ERR_LIMIT, writer and readers
    uint64_t reads;         // answered by readers
    uint64_t queue_depth;   // now, writer
    uint64_t read_depth;    // now, readers
    uint64_t wal_pages;     // after the last commit
    uint64_t checkpoint_ns; // in checkpoints, in total
};

// From any thread.
void store_metrics(const struct store *store, struct store_metrics *out);

#endif
