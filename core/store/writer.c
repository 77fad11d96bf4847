// SPDX-License-Identifier: Apache-2.0
//
// Group commit. Whatever waits, up to batch_limit, shares one transaction:
//
//     BEGIN IMMEDIATE · (SAVEPOINT · job · RELEASE or ROLLBACK TO)… · COMMIT · answers
//
// No answer leaves before the commit, a refusal neither: it may rest on what an earlier job of the
// batch did. A batch ends in one of three ways:
//
//     committed   every job has its own result
//     lost        surely not on disk (a job rolled everything back, the commit was refused): the
//                 jobs run again, one to a transaction, so that only the guilty one fails
//     unknown     the commit failed on its way to the disk, where it may lie complete: the jobs are
//                 answered ERR_UNKNOWN and fsync is never tried again. The writer opens the file
//                 anew and commits one row of its own, which overwrites the doubtful frames; after
//                 that the batch is there for everyone or for nobody, before any later job runs.
#include "store/writer.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>

static void count(_Atomic uint64_t *counter, uint64_t amount)
{
    atomic_fetch_add_explicit(counter, amount, memory_order_relaxed);
}

static unsigned bucket_of(unsigned size)
{
    unsigned bucket = 0;
    while (bucket < STORE_BATCH_BUCKETS - 1 && size > 1U << bucket)
        bucket++;
    return bucket;
}

static bool writer_ready(struct writer *writer, struct err *err)
{
    if (writer->db)
        return true;
    if (db_open(&writer->db, writer->config, DB_WRITER, err) != 0)
        return false;
    if (db_settle(writer->db, err) == 0)
        return true;
    db_close(writer->db);
    writer->db = NULL;
    return false;
}

static void answer_all(struct queue_request **batch, unsigned size, const struct err *err)
{
    for (unsigned i = 0; i < size; i++)
        batch[i]->result = err_set(batch[i]->err, err->code, "%s", err->message);
}

// What a job did may be on disk; what it was refused surely is not, but why may not hold either.
static void answer_unknown(struct writer *writer, struct queue_request **batch, unsigned size,
                           const struct err *err)
{
    count(&writer->counters.unknown, 1);
    for (unsigned i = 0; i < size; i++) {
        bool refused = batch[i]->result < 0;
        batch[i]->result =
            err_set(batch[i]->err, refused ? ERR_UNAVAILABLE : ERR_UNKNOWN, "%s", err->message);
    }
    db_close(writer->db);
    writer->db = NULL;
    writer_ready(writer, NULL);
}

static enum db_commit commit(struct writer *writer, unsigned size, struct err *err)
{
    uint64_t start = clock_monotonic_ns();
    enum db_commit fate = db_commit(writer->db, err);
    if (fate == DB_COMMITTED) {
        count(&writer->counters.commit_ns, clock_monotonic_ns() - start);
        count(&writer->counters.batches, 1);
        count(&writer->counters.batch_sizes[bucket_of(size)], 1);
        atomic_store(&writer->counters.wal_pages, db_wal_pages(writer->db));
    }
    return fate;
}

// False: lost, nothing of it is on disk. With true every request has its result.
static bool try_batch(struct writer *writer, struct queue_request **batch, unsigned size,
                      struct err *err)
{
    if (!writer_ready(writer, err) || db_begin(writer->db, err) != 0) {
        err->code = ERR_UNAVAILABLE;
        answer_all(batch, size, err);
        return true;
    }
    for (unsigned i = 0; i < size; i++) {
        struct queue_request *request = batch[i];
        struct err own = {0}; // a caller may not want a message, the writer does
        request->result = db_run_job(writer->db, request->job, request->argument, &own);
        if (request->result < 0)
            err_set(request->err, request->result, "%s", own.message);
        if (!db_in_transaction(writer->db)) {
            *err = own;
            return false;
        }
    }
    enum db_commit fate = commit(writer, size, err);
    if (fate == DB_UNKNOWN)
        answer_unknown(writer, batch, size, err);
    return fate != DB_REFUSED;
}

static void run_batch(struct writer *writer, struct queue_request **batch, unsigned size)
{
    struct err err = {0};
    if (try_batch(writer, batch, size, &err))
        return;
    if (size > 1)
        count(&writer->counters.reruns, 1);
    for (unsigned i = 0; i < size; i++) {
        bool answered = size > 1 && try_batch(writer, &batch[i], 1, &err);
        if (!answered && batch[i]->result >= 0)
            batch[i]->result = err_set(batch[i]->err, err.code, "%s", err.message);
    }
}

static void account_for(struct writer *writer, struct queue_request **batch, unsigned size)
{
    unsigned refused = 0;
    for (unsigned i = 0; i < size; i++)
        refused += batch[i]->result < 0;
    count(&writer->counters.jobs, size);
    count(&writer->counters.refused, refused);
}

// After the answers, so that nobody waits for it.
static void checkpoint_when_due(struct writer *writer)
{
    if (!writer->db || db_wal_pages(writer->db) < writer->config->checkpoint_pages)
        return;
    uint64_t start = clock_monotonic_ns();
    db_checkpoint(writer->db);
    count(&writer->counters.checkpoint_ns, clock_monotonic_ns() - start);
}

void *writer_main(void *argument)
{
    struct writer *writer = argument;
    unsigned limit = writer->config->batch_limit;
    struct queue_request **batch = mem_zero(limit, sizeof(struct queue_request *));
    for (unsigned size; (size = queue_take(&writer->queue, batch, limit)) > 0;) {
        run_batch(writer, batch, size);
        account_for(writer, batch, size);
        queue_answer(&writer->queue, batch, size);
        checkpoint_when_due(writer);
    }
    free(batch);
    return NULL;
}
