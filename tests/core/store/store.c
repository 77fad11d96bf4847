// SPDX-License-Identifier: Apache-2.0
#include "store/store.h"

#include "base/clock.h"
#include "fixture.h"
#include "loop/task.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { CALLERS = 8 };

// One caller a thread, all asking while the gate holds the writer.
struct caller {
    struct store *store;
    store_job *job;
    struct pair pair;
    struct err err;
    int result;
    pthread_t thread;
};

static void *caller_main(void *argument)
{
    struct caller *caller = argument;
    caller->result = store_run(caller->store, caller->job, &caller->pair, &caller->err);
    return NULL;
}

static void ask_in_one_batch(struct store *store, struct caller *callers, int count)
{
    struct gate gate;
    gate_close(&gate, store);
    for (int i = 0; i < count; i++) {
        callers[i].store = store;
        pthread_create(&callers[i].thread, NULL, caller_main, &callers[i]);
        wait_for_depth(store, (uint64_t)i + 1); // so that they stand in this order
    }
    gate_open(&gate);
    for (int i = 0; i < count; i++)
        pthread_join(callers[i].thread, NULL);
}

STORE_SQL(half_only, "INSERT INTO left_half (id) VALUES ($1)");
STORE_SQL(half_or_rollback, "INSERT OR ROLLBACK INTO left_half (id) VALUES ($1)");
STORE_SQL(right_only, "INSERT INTO right_half (id) VALUES ($1)");
STORE_SQL(halves, "SELECT id FROM left_half ORDER BY id");
STORE_SQL(swapped, "SELECT $2, '$1 and $3', \"id\", $1 FROM left_half");

static int add_and_refuse(struct store_db *db, void *argument, struct err *err)
{
    int status = add_pair(db, argument, err);
    return status < 0 ? status : err_set(err, ERR_DENIED, "refused after writing");
}

static int add_half_and_hide_the_failure(struct store_db *db, void *argument, struct err *err)
{
    struct pair *pair = argument;
    store_exec(db, half_only, BIND(bind_int(pair->id)), err);
    store_exec(db, half_only, BIND(bind_int(pair->id)), err); // fails: it is there
    return 0;
}

static int roll_everything_back(struct store_db *db, void *argument, struct err *err)
{
    struct pair *pair = argument;
    store_exec(db, half_or_rollback, BIND(bind_int(pair->id)), err);
    return store_exec(db, half_or_rollback, BIND(bind_int(pair->id)), err);
}

static int leave_a_cursor_open(struct store_db *db, void *argument, struct err *err)
{
    add_pair(db, argument, err);
    struct store_cursor row;
    return store_one(db, halves, BIND(), &row, err) < 0;
}

static int leave_a_foreign_key_open(struct store_db *db, void *argument, struct err *err)
{
    struct pair *pair = argument;
    return store_exec(db, right_only, BIND(bind_int(pair->id)), err);
}

static int read_a_number_as_text(struct store_db *db, void *argument, struct err *err)
{
    add_pair(db, argument, err);
    struct store_cursor row;
    if (store_one(db, halves, BIND(), &row, err) == 1)
        cursor_text(&row, 0);
    cursor_finish(&row);
    return 0;
}

Test(store, what_was_answered_is_there_for_readers_and_after_a_restart)
{
    struct fixture f;
    fixture_open(&f, NULL);
    struct pair pair = {.id = 1};
    cr_assert_geq(store_run(f.store, add_pair, &pair, NULL), 0);
    cr_assert_eq(pairs_in(f.store), 1);
    fixture_reopen(&f);
    cr_assert_eq(pairs_in(f.store), 1);
    struct stat info;
    cr_assert_eq(stat(f.path, &info), 0);
    cr_assert_eq(info.st_mode & 0777, 0600, "others may read the city's database");
    fixture_close(&f);
}

Test(store, waiting_jobs_share_one_commit)
{
    struct fixture f;
    fixture_open(&f, NULL);
    struct caller callers[CALLERS] = {0};
    for (int i = 0; i < CALLERS; i++)
        callers[i] = (struct caller){.job = add_pair, .pair = {.id = i}};
    struct store_metrics before, after;
    store_metrics(f.store, &before);
    ask_in_one_batch(f.store, callers, CALLERS);
    store_metrics(f.store, &after);
    cr_assert_eq(after.jobs - before.jobs, CALLERS + 1);
    cr_assert_eq(after.batches - before.batches, 2); // the gate's and theirs
    cr_assert_eq(after.batch_sizes[3] - before.batch_sizes[3], 1);
    cr_assert_eq(pairs_in(f.store), CALLERS);
    fixture_close(&f);
}

Test(store, a_refused_job_leaves_nothing_and_its_neighbours_stand)
{
    struct fixture f;
    fixture_open(&f, NULL);
    struct caller callers[] = {{.job = add_pair, .pair = {.id = 1}},
                               {.job = add_and_refuse, .pair = {.id = 2}},
                               {.job = add_pair, .pair = {.id = 1}}, // there since the first
                               {.job = add_pair, .pair = {.id = 2}}};
    ask_in_one_batch(f.store, callers, 4);
    cr_assert_geq(callers[0].result, 0);
    cr_assert_eq(callers[1].result, ERR_DENIED);
    cr_assert_str_eq(callers[1].err.message, "refused after writing");
    cr_assert_eq(callers[2].result, ERR_CONFLICT, "%s", callers[2].err.message);
    cr_assert_geq(callers[3].result, 0);
    cr_assert_eq(pairs_in(f.store), 2);
    fixture_close(&f);
}

static int look_and_refuse(struct store_db *db, void *argument, struct err *err)
{
    struct pair *pair = argument;
    int status = count_pairs(db, pair, err);
    return status < 0 ? status : err_set(err, ERR_DENIED, "refused without writing");
}

Test(store, only_a_refusal_after_writing_makes_a_batch_run_twice)
{
    struct fixture f;
    fixture_open(&f, NULL);
    struct store_metrics metrics;
    struct caller callers[] = {{.job = add_pair, .pair = {.id = 1}},
                               {.job = look_and_refuse},
                               {.job = add_pair, .pair = {.id = 2}}};
    ask_in_one_batch(f.store, callers, 3);
    cr_assert_eq(callers[1].result, ERR_DENIED);
    cr_assert_eq(callers[1].pair.seen, 1, "a job did not see what an earlier one of the batch did");
    store_metrics(f.store, &metrics);
    cr_assert_eq(metrics.stained, 0);
    // After the first such batch the next ones are run with savepoints at once.
    for (int64_t round = 1; round <= 3; round++) {
        struct caller swarm[] = {{.job = add_pair, .pair = {.id = 10 * round}},
                                 {.job = add_and_refuse, .pair = {.id = 10 * round + 1}},
                                 {.job = add_pair, .pair = {.id = 10 * round + 2}}};
        ask_in_one_batch(f.store, swarm, 3);
        cr_assert_geq(swarm[0].result, 0);
        cr_assert_eq(swarm[1].result, ERR_DENIED);
        cr_assert_geq(swarm[2].result, 0);
        cr_assert_eq(pairs_in(f.store), 2 + 2 * round);
        store_metrics(f.store, &metrics);
        cr_assert_eq(metrics.stained, 1);
    }
    fixture_close(&f);
}

Test(store, a_job_that_rolls_everything_back_costs_only_itself)
{
    struct fixture f;
    fixture_open(&f, NULL);
    struct caller callers[] = {{.job = add_pair, .pair = {.id = 1}},
                               {.job = roll_everything_back, .pair = {.id = 2}},
                               {.job = add_pair, .pair = {.id = 3}}};
    ask_in_one_batch(f.store, callers, 3);
    cr_assert_geq(callers[0].result, 0, "%s", callers[0].err.message);
    cr_assert_eq(callers[1].result, ERR_CONFLICT, "%s", callers[1].err.message);
    cr_assert_geq(callers[2].result, 0, "%s", callers[2].err.message);
    cr_assert_eq(pairs_in(f.store), 2);
    struct store_metrics metrics;
    store_metrics(f.store, &metrics);
    cr_assert_eq(metrics.reruns, 1);
    fixture_close(&f);
}

Test(store, a_job_cannot_outlive_a_failed_statement_or_leave_a_thing_open)
{
    struct fixture f;
    fixture_open(&f, NULL);
    struct {
        store_job *job;
        int expected;
    } rows[] = {{add_half_and_hide_the_failure, ERR_CONFLICT},
                {leave_a_cursor_open, ERR_INVALID},
                {leave_a_foreign_key_open, ERR_INVALID},
                {read_a_number_as_text, ERR_INVALID}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair pair = {.id = 5};
        struct err err = {0};
        int result = store_run(f.store, rows[i].job, &pair, &err);
        cr_assert_eq(result, rows[i].expected, "%zu: %d %s", i, result, err.message);
        cr_assert_eq(pairs_in(f.store), 0);
    }
    fixture_close(&f);
}

Test(store, a_read_job_cannot_write)
{
    struct fixture f;
    fixture_open(&f, NULL);
    struct pair pair = {.id = 1};
    cr_assert_lt(store_read(f.store, add_pair, &pair, NULL), 0);
    cr_assert_eq(pairs_in(f.store), 0);
    fixture_close(&f);
}

static int read_swapped(struct store_db *db, void *argument, struct err *err)
{
    struct buf *out = argument;
    struct store_cursor row;
    buf_clear(out);
    int found = store_one(db, swapped, BIND(bind_string("one"), bind_bytes("two", 3)), &row, err);
    if (found <= 0)
        return found;
    buf_append_str(out, cursor_bytes(&row, 0));
    buf_append_str(out, cursor_text(&row, 1));
    buf_append_integer(out, cursor_int(&row, 2));
    buf_append_str(out, cursor_text(&row, 3));
    cursor_finish(&row);
    return 0;
}

Test(store, parameters_are_numbered_and_quoted_text_is_left_alone)
{
    struct fixture f;
    fixture_open(&f, NULL);
    struct pair pair = {.id = 7};
    cr_assert_geq(store_run(f.store, add_pair, &pair, NULL), 0);
    struct buf out = {0};
    struct err err = {0};
    cr_assert_eq(store_read(f.store, read_swapped, &out, &err), 0, "%s", err.message);
    cr_assert_str_eq(out.data, "two$1 and $37one");
    buf_finish(&out);
    fixture_close(&f);
}

Test(store, a_full_queue_refuses_at_once)
{
    struct fixture f;
    fixture_open(&f, &(struct store_config){.queue_limit = 2});
    struct gate gate;
    gate_close(&gate, f.store);
    struct caller callers[2] = {{.store = f.store, .job = add_pair, .pair = {.id = 1}},
                                {.store = f.store, .job = add_pair, .pair = {.id = 2}}};
    for (int i = 0; i < 2; i++)
        pthread_create(&callers[i].thread, NULL, caller_main, &callers[i]);
    wait_for_depth(f.store, 2);
    struct pair pair = {.id = 3};
    cr_assert_eq(store_run(f.store, add_pair, &pair, NULL), ERR_LIMIT);
    gate_open(&gate);
    for (int i = 0; i < 2; i++)
        pthread_join(callers[i].thread, NULL);
    cr_assert_eq(pairs_in(f.store), 2);
    struct store_metrics metrics;
    store_metrics(f.store, &metrics);
    cr_assert_eq(metrics.turned_away, 1);
    fixture_close(&f);
}

static void *destroy_main(void *store)
{
    store_destroy(store);
    return NULL;
}

Test(store, closing_runs_what_waits_and_refuses_what_comes_after)
{
    struct fixture f;
    fixture_open(&f, NULL);
    struct gate gate;
    gate_close(&gate, f.store);
    struct caller caller = {.store = f.store, .job = add_pair, .pair = {.id = 1}};
    pthread_create(&caller.thread, NULL, caller_main, &caller);
    wait_for_depth(f.store, 1);
    pthread_t closing;
    pthread_create(&closing, NULL, destroy_main, f.store);
    struct pair late = {.id = 2};
    uint64_t deadline = clock_monotonic_ms() + 20000;
    // until the closing thread has closed the readers' queue, which it does second
    while (store_read(f.store, count_pairs, &late, NULL) != ERR_UNAVAILABLE)
        cr_assert_lt(clock_monotonic_ms(), deadline);
    cr_assert_eq(store_run(f.store, add_pair, &late, NULL), ERR_UNAVAILABLE);
    gate_open(&gate);
    pthread_join(caller.thread, NULL);
    pthread_join(closing, NULL);
    cr_assert_geq(caller.result, 0);
    f.store = NULL;
    fixture_reopen(&f);
    cr_assert_eq(pairs_in(f.store), 1);
    fixture_close(&f);
}

// --- inside tasks ----------------------------------------------------------------------------

struct in_task {
    struct store *store;
    struct loop *loop;
    int64_t id;
    unsigned *running;
    unsigned *most;
    unsigned *left;
};

static void task_main(void *argument)
{
    struct in_task *in = argument;
    struct pair pair = {.id = in->id}, seen = {0};
    struct err err = {0};
    ++*in->running;
    *in->most = *in->running > *in->most ? *in->running : *in->most;
    cr_assert_geq(store_run(in->store, add_pair, &pair, &err), 0, "%s", err.message);
    cr_assert_eq(store_read(in->store, count_pairs, &seen, &err), 0, "%s", err.message);
    cr_assert_geq(seen.seen, 1); // its own, at least
    --*in->running;
    if (--*in->left == 0)
        loop_stop(in->loop);
}

Test(store, inside_a_task_only_the_task_waits)
{
    enum { TASKS = 100 };
    struct fixture f;
    fixture_open(&f, NULL);
    struct loop loop;
    cr_assert_eq(loop_init(&loop, NULL), 0);
    static struct in_task in[TASKS];
    unsigned running = 0, most = 0, left = TASKS;
    for (int i = 0; i < TASKS; i++) {
        in[i] = (struct in_task){f.store, &loop, i, &running, &most, &left};
        cr_assert_eq(task_spawn(&loop, task_main, &in[i]), 0);
    }
    loop_run(&loop);
    loop_finish(&loop);
    cr_assert_eq(left, 0);
    cr_assert_gt(most, 1, "the tasks ran one after the other");
    cr_assert_eq(pairs_in(f.store), TASKS);
    fixture_close(&f);
}
