// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include "base/mem.h"
#include "store/migrate.h"
#include "store/writer.h"

#include <signal.h>
#include <stdlib.h>

struct reader {
    struct store *store;
    struct store_db *db;
    pthread_t thread;
};

struct store {
    struct store_config config;
    char *path;
    struct writer writer;
    struct queue read_queue;
    struct reader *readers;
    unsigned started; // threads: the writer first, then readers
    _Atomic uint64_t reads;
};

static unsigned or_default(unsigned value, unsigned fallback)
{
    return value ? value : fallback;
}

static struct store *allocate(const struct store_config *config)
{
    struct store *store = mem_zero(1, sizeof *store);
    struct store_config *own = &store->config;
    *own = *config;
    own->path = store->path = mem_string(config->path);
    own->batch_limit = or_default(config->batch_limit, 256);
    own->queue_limit = or_default(config->queue_limit, 4096);
    own->readers = or_default(config->readers, 2);
    own->read_queue_limit = or_default(config->read_queue_limit, 4096);
    own->busy_timeout_ms = or_default(config->busy_timeout_ms, 5000);
    own->checkpoint_pages = or_default(config->checkpoint_pages, 16000);
    own->cache_kib = or_default(config->cache_kib, 65536);
    store->writer.config = own;
    store->writer.turn.fd = -1;
    queue_init(&store->writer.queue, own->queue_limit);
    queue_init(&store->read_queue, own->read_queue_limit);
    store->readers = mem_zero(own->readers, sizeof *store->readers);
    return store;
}

static int read_one(struct store_db *db, const struct queue_request *request, struct err *err)
{
    int status = db_begin(db, err);
    if (status != 0)
        return status;
    status = db_run_job(db, DB_NO_SAVEPOINT, &request->call, err);
    db_rollback(db); // nothing was written: this only ends the snapshot
    return status;
}

static void *reader_main(void *argument)
{
    struct reader *reader = argument;
    struct store *store = reader->store;
    struct queue_request *request;
    while (queue_take(&store->read_queue, &request, 1) > 0) {
        request->result = read_one(reader->db, request, request->err);
        atomic_fetch_add_explicit(&store->reads, 1, memory_order_relaxed);
        queue_answer(&store->read_queue, &request, 1);
    }
    return NULL;
}

static struct migrations our_migrations(int64_t now_ms)
{
    struct migrations migrations = {.now_ms = now_ms};
    migrations.all = migration_all(&migrations.count);
    return migrations;
}

static int migrate_in_turn(struct store *store, struct err *err)
{
    struct migrations migrations = our_migrations(store->config.started_ms);
    turn_take(&store->writer.turn);
    int status = migrate(store->writer.db, &migrations, store->config.shared, err);
    turn_give(&store->writer.turn);
    return status;
}

static int open_connections(struct store *store, struct err *err)
{
    int status = turn_open(&store->writer.turn, store->path, err);
    turn_share(&store->writer.turn, store->config.shared);
    if (status == 0)
        status = db_open(&store->writer.db, &store->config, DB_WRITER, err);
    // What a dead host left in the log may not be on the disk yet, and may end inside a sector that
    // the next commit would then share with it: all of it is synced and moved before anybody is
    // answered from it.
    if (status == 0)
        status = db_secure(store->writer.db, err);
    if (status == 0)
        status = migrate_in_turn(store, err);
    for (unsigned i = 0; status == 0 && i < store->config.readers; i++) {
        store->readers[i].store = store;
        status = db_open(&store->readers[i].db, &store->config, DB_READER, err);
    }
    return status;
}

// Signals are the main thread's business.
static int start_threads(struct store *store, struct err *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = pthread_create(&store->writer.thread, NULL, writer_main, &store->writer);
    store->started = rc == 0;
    for (unsigned i = 0; rc == 0 && i < store->config.readers; i++) {
        rc = pthread_create(&store->readers[i].thread, NULL, reader_main, &store->readers[i]);
        store->started += rc == 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc == 0 ? 0 : err_set(err, ERR_UNAVAILABLE, "a thread of the store: %s", strerror(rc));
}

int store_create(struct store **out, const struct store_config *config, struct err *err)
{
    struct store *store = allocate(config);
    int status = open_connections(store, err);
    if (status == 0)
        status = start_threads(store, err);
    if (status != 0) {
        store_destroy(store);
        return status;
    }
    *out = store;
    return 0;
}

void store_destroy(struct store *store)
{
    if (!store)
        return;
    queue_close(&store->writer.queue);
    queue_close(&store->read_queue);
    if (store->started)
        pthread_join(store->writer.thread, NULL);
    for (unsigned i = 0; i + 1 < store->started; i++)
        pthread_join(store->readers[i].thread, NULL);
    for (unsigned i = 0; i < store->config.readers; i++)
        db_close(store->readers[i].db);
    db_close(store->writer.db);
    turn_close(&store->writer.turn);
    queue_finish(&store->writer.queue);
    queue_finish(&store->read_queue);
    free(store->readers);
    free(store->path);
    free(store);
}

int store_run(struct store *store, store_job *job, void *argument, struct err *err)
{
    return queue_ask(&store->writer.queue, job, argument, err);
}

int store_read(struct store *store, store_job *job, void *argument, struct err *err)
{
    return queue_ask(&store->read_queue, job, argument, err);
}

void store_share(struct store *store, bool shared)
{
    turn_share(&store->writer.turn, shared);
}

static int contract_job(struct store_db *db, void *argument, struct err *err)
{
    return migrate_rest(db, argument, err);
}

int store_contract(struct store *store, int64_t now_ms, struct err *err)
{
    struct migrations migrations = our_migrations(now_ms);
    return store_run(store, contract_job, &migrations, err);
}

void store_metrics(const struct store *store, struct store_metrics *out)
{
    const struct writer_counters *counters = &store->writer.counters;
    *out = (struct store_metrics){
        .jobs = counters->jobs,
        .refused = counters->refused,
        .batches = counters->batches,
        .commit_ns = counters->commit_ns,
        .stained = counters->stained,
        .reruns = counters->reruns,
        .unknown = counters->unknown,
        .turned_away = store->writer.queue.turned_away + store->read_queue.turned_away,
        .reads = store->reads,
        .queue_depth = store->writer.queue.depth,
        .read_depth = store->read_queue.depth,
        .wal_pages = counters->wal_pages,
        .checkpoint_ns = counters->checkpoint_ns,
    };
    for (int i = 0; i < STORE_BATCH_BUCKETS; i++)
        out->batch_sizes[i] = counters->batch_sizes[i];
}
