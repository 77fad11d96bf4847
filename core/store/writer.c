// SPDX-License-Identifier: Apache-2.0
//
// Group commit. Whatever waits, up to batch_limit, shares one transaction:
//
//     BEGIN IMMEDIATE · job · job · job … · COMMIT · answers
//
// No answer leaves before the commit, a refusal neither: it may rest on what an earlier job of the
// batch did. A job that is refused before it writes anything, as nearly all are, costs nothing. One
// that is refused after it wrote stains the batch, which is rolled back and run again with a
// savepoint around each job; as refusals come in swarms, so are the next batches. (A savepoint
// makes SQLite copy every page that a job touches: a fifth of a payment.) A batch ends in one of
// three ways:
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

// After a stained batch so many run with savepoints.
enum { CAREFUL_BATCHES = 16 };

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

enum fate { ANSWERED, STAINED, LOST };

// Runs the jobs one after the other; STAINED and LOST as soon as going on makes no sense.
static enum fate run_jobs(struct writer *writer, struct queue_request **batch, unsigned size,
                          enum db_undo undo, struct err *err)
{
    for (unsigned i = 0; i < size; i++) {
        struct queue_request *request = batch[i];
        struct err own = {0}; // a caller may not want a message, the writer does
        request->result = db_run_job(writer->db, undo, &request->call, &own);
        if (request->result < 0)
            err_set(request->err, request->result, "%s", own.message);
        *err = own;
        if (!db_in_transaction(writer->db))
            return LOST;
        if (db_stained(writer->db))
            return STAINED;
    }
    return ANSWERED;
}

// With ANSWERED every request has its result; otherwise nothing of the batch is on disk.
static enum fate try_batch(struct writer *writer, struct queue_request **batch, unsigned size,
                           enum db_undo undo, struct err *err)
{
    if (!writer_ready(writer, err) || db_begin(writer->db, err) != 0) {
        err->code = ERR_UNAVAILABLE;
        answer_all(batch, size, err);
        return ANSWERED;
    }
    enum fate fate = run_jobs(writer, batch, size, undo, err);
    if (fate != ANSWERED) {
        db_rollback(writer->db);
        return fate;
    }
    enum db_commit outcome = commit(writer, size, err);
    if (outcome == DB_UNKNOWN)
        answer_unknown(writer, batch, size, err);
    return outcome == DB_REFUSED ? LOST : ANSWERED;
}

// A single job needs no savepoint: when it is refused the transaction goes, and that is all of it.
static void run_alone(struct writer *writer, struct queue_request *request)
{
    struct err err = {0};
    if (try_batch(writer, &request, 1, DB_NO_SAVEPOINT, &err) != ANSWERED && request->result >= 0)
        request->result = err_set(request->err, ERR_IO, "%s", err.message);
}

static void run_batch(struct writer *writer, struct queue_request **batch, unsigned size)
{
    struct err err = {0};
    if (size == 1) {
        run_alone(writer, batch[0]);
        return;
    }
    enum fate fate = STAINED;
    if (writer->careful > 0) {
        writer->careful--;
    } else {
        fate = try_batch(writer, batch, size, DB_NO_SAVEPOINT, &err);
        if (fate == STAINED) {
            count(&writer->counters.stained, 1);
            writer->careful = CAREFUL_BATCHES;
        }
    }
    if (fate == STAINED)
        fate = try_batch(writer, batch, size, DB_SAVEPOINT, &err);
    if (fate == ANSWERED)
        return;
    count(&writer->counters.reruns, 1);
    for (unsigned i = 0; i < size; i++)
        run_alone(writer, batch[i]);
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
        turn_take(&writer->turn);
        run_batch(writer, batch, size);
        turn_give(&writer->turn);
        account_for(writer, batch, size);
        queue_answer(&writer->queue, batch, size);
        checkpoint_when_due(writer);
    }
    free(batch);
    return NULL;
}
