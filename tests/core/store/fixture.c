// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

STORE_SQL(pair_table_left, "CREATE TABLE IF NOT EXISTS left_half (id INTEGER PRIMARY KEY)");
STORE_SQL(pair_table_right,
          "CREATE TABLE IF NOT EXISTS right_half (id INTEGER PRIMARY KEY REFERENCES left_half (id) "
          "DEFERRABLE INITIALLY DEFERRED)");
STORE_SQL(pair_left, "INSERT INTO left_half (id) VALUES ($1)");
STORE_SQL(pair_right, "INSERT INTO right_half (id) VALUES ($1)");
STORE_SQL(pair_count, "SELECT count(*), (SELECT count(*) FROM left_half) + (SELECT count(*) FROM "
                      "right_half) FROM left_half JOIN right_half ON left_half.id = right_half.id");

static int make_tables(struct store_db *db, void *argument, struct err *err)
{
    (void)argument;
    int status = store_exec(db, pair_table_left, BIND(), err);
    return status < 0 ? status : store_exec(db, pair_table_right, BIND(), err);
}

static void open_store(struct fixture *fixture, struct store_config config)
{
    struct err err = {0};
    config.path = fixture->path;
    cr_assert_eq(store_create(&fixture->store, &config, &err), 0, "%s", err.message);
    cr_assert_geq(store_run(fixture->store, make_tables, NULL, &err), 0, "%s", err.message);
}

void fixture_open(struct fixture *fixture, const struct store_config *config)
{
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/medina-store-XXXXXX");
    cr_assert_not_null(mkdtemp(fixture->folder));
    snprintf(fixture->path, sizeof fixture->path, "%s/city.db", fixture->folder);
    open_store(fixture, config ? *config : (struct store_config){0});
}

void fixture_reopen(struct fixture *fixture)
{
    store_destroy(fixture->store);
    open_store(fixture, (struct store_config){0});
}

void fixture_close(struct fixture *fixture)
{
    store_destroy(fixture->store);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", fixture->folder);
    cr_assert_eq(system(command), 0);
}

int add_pair(struct store_db *db, void *argument, struct err *err)
{
    struct pair *pair = argument;
    int status = store_exec(db, pair_left, BIND(bind_int(pair->id)), err);
    return status < 0 ? status : store_exec(db, pair_right, BIND(bind_int(pair->id)), err);
}

int count_pairs(struct store_db *db, void *argument, struct err *err)
{
    struct pair *pair = argument;
    struct store_cursor row;
    int found = store_one(db, pair_count, BIND(), &row, err);
    if (found <= 0)
        return found;
    pair->seen = cursor_int(&row, 0);
    pair->broken = cursor_int(&row, 1) - 2 * pair->seen;
    cursor_finish(&row);
    return 0;
}

int64_t pairs_in(struct store *store)
{
    struct pair pair = {0};
    struct err err = {0};
    cr_assert_eq(store_read(store, count_pairs, &pair, &err), 0, "%s", err.message);
    cr_assert_eq(pair.broken, 0);
    return pair.seen;
}

static int hold(struct store_db *db, void *argument, struct err *err)
{
    (void)db, (void)err;
    struct gate *gate = argument;
    sem_post(&gate->entered);
    sem_wait(&gate->released);
    return 0;
}

static void *hold_main(void *argument)
{
    struct gate *gate = argument;
    store_run(gate->store, hold, gate, NULL);
    return NULL;
}

void gate_close(struct gate *gate, struct store *store)
{
    gate->store = store;
    sem_init(&gate->entered, 0, 0);
    sem_init(&gate->released, 0, 0);
    pthread_create(&gate->thread, NULL, hold_main, gate);
    sem_wait(&gate->entered);
}

void gate_open(struct gate *gate)
{
    sem_post(&gate->released);
    pthread_join(gate->thread, NULL);
}

void wait_for_depth(struct store *store, uint64_t depth)
{
    uint64_t deadline = clock_monotonic_ms() + 20000;
    struct store_metrics metrics;
    do {
        cr_assert_lt(clock_monotonic_ms(), deadline, "the queue never held %lu jobs", depth);
        sched_yield();
        store_metrics(store, &metrics);
    } while (metrics.queue_depth < depth);
}
