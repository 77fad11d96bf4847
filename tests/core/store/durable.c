// SPDX-License-Identifier: Apache-2.0
//
// What survives: a disk that fails, a process that is killed, a file of another host.
#include "fixture.h"
#include "store/migrate.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// --- the disk: this program's fdatasync and fsync stand before the C library's -----------------

static _Atomic int syncs, syncs_to_fail;

static int sync_with(long call, int fd)
{
    atomic_fetch_add(&syncs, 1);
    if (atomic_load(&syncs_to_fail) > 0) {
        atomic_fetch_sub(&syncs_to_fail, 1);
        errno = EIO;
        return -1;
    }
    return (int)syscall(call, fd);
}

int fdatasync(int fd)
{
    return sync_with(SYS_fdatasync, fd);
}

int fsync(int fd)
{
    return sync_with(SYS_fsync, fd);
}

Test(durable, no_commit_is_answered_before_the_disk_has_it)
{
    struct fixture f;
    fixture_open(&f, NULL);
    for (int i = 0; i < 10; i++) {
        int before = syncs;
        struct pair pair = {.id = i};
        cr_assert_geq(store_run(f.store, add_pair, &pair, NULL), 0);
        cr_assert_gt(syncs, before);
    }
    fixture_close(&f);
}

Test(durable, a_commit_that_fails_on_its_way_to_the_disk_is_unknown_and_settles)
{
    struct fixture f;
    fixture_open(&f, NULL);
    struct pair pair = {.id = 1};
    struct err err = {0};
    syncs_to_fail = 1;
    cr_assert_eq(store_run(f.store, add_pair, &pair, &err), ERR_UNKNOWN, "%s", err.message);
    cr_assert_eq(syncs_to_fail, 0);
    int64_t settled = pairs_in(f.store); // there or not, but decided
    struct pair next = {.id = 2};
    cr_assert_geq(store_run(f.store, add_pair, &next, &err), 0, "%s", err.message);
    cr_assert_eq(pairs_in(f.store), settled + 1);
    struct store_metrics metrics;
    store_metrics(f.store, &metrics);
    cr_assert_eq(metrics.unknown, 1);
    fixture_reopen(&f);
    cr_assert_eq(pairs_in(f.store), settled + 1);
    fixture_close(&f);
}

Test(durable, while_the_disk_fails_jobs_are_refused_and_nothing_is_half)
{
    struct fixture f;
    fixture_open(&f, NULL);
    struct pair pair = {.id = 1};
    syncs_to_fail = 3; // the commit, the settling after it, the settling before the next batch
    cr_assert_eq(store_run(f.store, add_pair, &pair, NULL), ERR_UNKNOWN);
    cr_assert_eq(store_run(f.store, add_pair, &pair, NULL), ERR_UNAVAILABLE);
    cr_assert_eq(syncs_to_fail, 0);
    int64_t settled = pairs_in(f.store);
    pair.id = 2;
    cr_assert_geq(store_run(f.store, add_pair, &pair, NULL), 0);
    cr_assert_eq(pairs_in(f.store), settled + 1);
    fixture_close(&f);
}

// --- the process: killed at random points ------------------------------------------------------

enum { THREADS = 4 };

struct worker {
    struct store *store;
    int pipe;
    int64_t first;
    pthread_t thread;
};

static void *worker_main(void *argument)
{
    struct worker *worker = argument;
    for (int64_t id = worker->first;; id += THREADS) {
        struct pair pair = {.id = id};
        if (store_run(worker->store, add_pair, &pair, NULL) < 0 ||
            write(worker->pipe, &id, sizeof id) != sizeof id)
            _exit(1);
    }
}

static void child_main(const char *path, int pipe, int64_t first)
{
    struct store *store;
    struct store_config config = {.path = path, .batch_limit = 3, .checkpoint_pages = 20};
    if (store_create(&store, &config, NULL) != 0)
        _exit(1);
    struct worker workers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){.store = store, .pipe = pipe, .first = first + i};
        pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]);
    }
    pthread_join(workers[0].thread, NULL);
}

STORE_SQL(pair_there, "SELECT 1 FROM left_half JOIN right_half ON left_half.id = right_half.id "
                      "WHERE left_half.id = $1");

struct acknowledged {
    int64_t ids[4096];
    size_t count, missing;
};

static int find_all(struct store_db *db, void *argument, struct err *err)
{
    struct acknowledged *acknowledged = argument;
    acknowledged->missing = 0;
    for (size_t i = 0; i < acknowledged->count; i++) {
        struct store_cursor row;
        int found = store_one(db, pair_there, BIND(bind_int(acknowledged->ids[i])), &row, err);
        if (found < 0)
            return found;
        acknowledged->missing += found == 0;
        cursor_finish(&row);
    }
    return 0;
}

// Reads until target acknowledgements came, kills the child, reads what else was on its way.
static void run_and_kill(struct fixture *f, int64_t first, size_t target,
                         struct acknowledged *acknowledged)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        child_main(f->path, ends[1], first);
    close(ends[1]);
    bool killed = false;
    while (read(ends[0], &acknowledged->ids[acknowledged->count], sizeof(int64_t)) ==
           sizeof(int64_t)) {
        acknowledged->count++;
        cr_assert_lt(acknowledged->count, 4096);
        if (acknowledged->count >= target && !killed)
            killed = kill(child, SIGKILL) == 0;
    }
    close(ends[0]);
    int status;
    waitpid(child, &status, 0);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the child ended by itself");
}

Test(durable, every_acknowledged_commit_survives_sigkill_and_nothing_is_half)
{
    static struct acknowledged acknowledged;
    struct fixture f;
    fixture_open(&f, NULL);
    store_destroy(f.store); // before fork: no threads
    f.store = NULL;
    unsigned seed = 20260301;
    // ./dev soak asks for more.
    int rounds = getenv("MEDINA_SOAK") ? 400 : 20;
    for (int round = 0; round < rounds && acknowledged.count < 4000; round++) {
        size_t target = acknowledged.count + 1 + (size_t)(rand_r(&seed) % 60);
        run_and_kill(&f, (int64_t)round * 100000, target, &acknowledged);
        fixture_reopen(&f);
        struct err err = {0};
        cr_assert_eq(store_read(f.store, find_all, &acknowledged, &err), 0, "%s", err.message);
        cr_assert_eq(acknowledged.missing, 0, "round %d of seed 20260301", round);
        cr_assert_geq(pairs_in(f.store), (int64_t)acknowledged.count);
        store_destroy(f.store);
        f.store = NULL;
    }
    fixture_close(&f);
}

// --- the file ----------------------------------------------------------------------------------

static void run_outside(const char *path, const char *sql)
{
    sqlite3 *handle;
    cr_assert_eq(sqlite3_open(path, &handle), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK, "%s",
                 sqlite3_errmsg(handle));
    sqlite3_close(handle);
}

static void expect_refused(struct fixture *f, const char *word)
{
    struct err err = {0};
    struct store *store = NULL;
    struct store_config config = {.path = f->path};
    cr_assert_eq(store_create(&store, &config, &err), ERR_CONFLICT);
    cr_assert(strstr(err.message, word), "%s", err.message);
}

static void note_migration(const struct fixture *f, size_t number, const char *kind)
{
    char sql[120];
    snprintf(sql, sizeof sql, "INSERT INTO store_migration VALUES (%zu, '%s', 'x', 0)", number,
             kind);
    run_outside(f->path, sql);
}

// A newer host that did not come up leaves what it added behind, and the old one must start again.
Test(durable, a_database_to_which_a_newer_host_only_added_still_serves_this_one)
{
    struct fixture f;
    size_t known;
    migration_all(&known);
    fixture_open(&f, NULL);
    store_destroy(f.store);
    f.store = NULL;
    note_migration(&f, known + 1, "expand");
    fixture_reopen(&f);
    fixture_close(&f);
}

Test(durable, a_database_from_which_a_newer_host_took_something_is_refused)
{
    struct fixture f;
    size_t known;
    migration_all(&known);
    fixture_open(&f, NULL);
    store_destroy(f.store);
    f.store = NULL;
    note_migration(&f, known + 1, "expand");
    note_migration(&f, known + 2, "contract");
    expect_refused(&f, "newer");
    run_outside(f.path, "DELETE FROM store_migration WHERE kind = 'contract'");
    fixture_reopen(&f);
    fixture_close(&f);
}

Test(durable, a_database_that_lacks_a_migration_in_between_is_refused)
{
    struct fixture f;
    fixture_open(&f, NULL);
    store_destroy(f.store);
    f.store = NULL;
    note_migration(&f, 999, "expand");
    expect_refused(&f, "lacks migration");
    fixture_close(&f);
}

Test(durable, a_database_made_by_other_migrations_is_refused)
{
    struct fixture f;
    fixture_open(&f, NULL);
    store_destroy(f.store);
    f.store = NULL;
    run_outside(f.path, "UPDATE store_migration SET hash = 'edited' WHERE number = 1");
    expect_refused(&f, "another migration");
    fixture_close(&f);
}

Test(durable, every_migration_says_whether_it_expands_or_contracts)
{
    size_t count;
    const struct migration *all = migration_all(&count);
    cr_assert_gt(count, 0);
    for (size_t i = 0; i < count; i++) {
        const char *kind = migration_kind(all[i].sqlite);
        cr_assert_eq(all[i].number, (int)i + 1);
        cr_assert_not_null(kind, "%03d.sqlite.sql", all[i].number);
        cr_assert_str_eq(kind, migration_kind(all[i].postgres), "%03d", all[i].number);
    }
}

Test(durable, a_path_with_uri_characters_is_only_a_path)
{
    struct fixture f;
    fixture_open(&f, NULL);
    store_destroy(f.store);
    snprintf(f.path, sizeof f.path, "%s/a?mode=memory&b#%%41.db", f.folder);
    f.store = NULL;
    fixture_reopen(&f);
    struct pair pair = {.id = 1};
    cr_assert_geq(store_run(f.store, add_pair, &pair, NULL), 0);
    cr_assert_eq(access(f.path, F_OK), 0);
    fixture_reopen(&f);
    cr_assert_eq(pairs_in(f.store), 1);
    fixture_close(&f);
}

static int read_setting(struct store_db *db, const struct store_sql *sql, struct err *err)
{
    struct store_cursor row;
    int status = store_one(db, sql, BIND(), &row, err);
    if (status <= 0)
        return -1;
    int value = (int)cursor_int(&row, 0);
    cursor_finish(&row);
    return value;
}

STORE_SQL(pragma_synchronous, "PRAGMA synchronous");
STORE_SQL(pragma_foreign_keys, "PRAGMA foreign_keys");
STORE_SQL(pragma_trusted_schema, "PRAGMA trusted_schema");
STORE_SQL(pragma_query_only, "PRAGMA query_only");

static int read_settings(struct store_db *db, void *argument, struct err *err)
{
    int *values = argument;
    values[0] = read_setting(db, pragma_synchronous, err);
    values[1] = read_setting(db, pragma_foreign_keys, err);
    values[2] = read_setting(db, pragma_trusted_schema, err);
    values[3] = read_setting(db, pragma_query_only, err);
    return 0;
}

Test(durable, writer_and_readers_run_with_the_settings_that_keep_data)
{
    struct fixture f;
    fixture_open(&f, NULL);
    int writer[4], reader[4];
    cr_assert_eq(store_run(f.store, read_settings, writer, NULL), 0);
    cr_assert_eq(store_read(f.store, read_settings, reader, NULL), 0);
    int expected[] = {2, 1, 0, 0}, expected_reader[] = {2, 1, 0, 1};
    cr_assert_arr_eq(writer, expected, sizeof expected);
    cr_assert_arr_eq(reader, expected_reader, sizeof expected_reader);
    fixture_close(&f);
}
