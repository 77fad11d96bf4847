// SPDX-License-Identifier: Apache-2.0
// bench-ledger FILE SECONDS [TASKS [ACCOUNTS]]: transfers inside the host. Tasks of one loop, each
// with one transfer at a time, each transfer a store job of its own between two wallets taken at
// random, durable as in the host. Prints transfers a second. Ends with a failure when the books are
// not whole.
#include "money/ledger.h"
#include "base/clock.h"
#include "loop/task.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ENDOWMENT = 1000000, NODE = 1 };

struct bench {
    struct loop loop;
    struct store *store;
    struct id_generator ids;
    struct id *accounts;
    size_t count, opened;
    unsigned tasks;
    uint64_t end; // on the loop's clock
    uint64_t made, state;
};

static uint64_t next_random(struct bench *bench) // xorshift64*
{
    bench->state ^= bench->state >> 12;
    bench->state ^= bench->state << 25;
    bench->state ^= bench->state >> 27;
    return bench->state * UINT64_C(2685821657736338717);
}

static int post_job(struct store_db *db, void *argument, struct err *err)
{
    return ledger_post(db, argument, err);
}

static void post(struct bench *bench, struct ledger_transfer transfer)
{
    struct err err = {0};
    int64_t now = clock_now(NULL);
    struct id id = id_next(&bench->ids, now);
    transfer.id = &id;
    transfer.made = now;
    transfer.currency = "AED";
    transfer.node = NODE;
    if (store_run(bench->store, post_job, &transfer, &err) == 0)
        return;
    fprintf(stderr, "bench-ledger: %s\n", err.message);
    exit(1);
}

// What ends last ends the loop.
static void end_task(struct bench *bench)
{
    if (--bench->tasks == 0)
        loop_stop(&bench->loop);
}

static void open_accounts(void *argument)
{
    struct bench *bench = argument;
    while (bench->opened < bench->count)
        post(bench, (struct ledger_transfer){.debit = {LEDGER_CLEARING, "bank"},
                                             .credit = {LEDGER_WALLET,
                                                        bench->accounts[bench->opened++].text},
                                             .amount = ENDOWMENT,
                                             .reason = "deposit"});
    end_task(bench);
}

static void transfer(void *argument)
{
    struct bench *bench = argument;
    while (loop_now(&bench->loop) < bench->end) {
        size_t from = next_random(bench) % bench->count;
        size_t to = (from + 1 + next_random(bench) % (bench->count - 1)) % bench->count;
        post(bench, (struct ledger_transfer){.debit = {LEDGER_WALLET, bench->accounts[from].text},
                                             .credit = {LEDGER_WALLET, bench->accounts[to].text},
                                             .amount = 1,
                                             .reason = "transfer"});
        bench->made++;
    }
    end_task(bench);
}

// Seconds it took until all tasks had ended.
static double run(struct bench *bench, void (*function)(void *), unsigned tasks, uint64_t ms)
{
    struct err err = {0};
    if (loop_init(&bench->loop, &err) != 0)
        exit(1);
    bench->tasks = tasks;
    bench->end = loop_now(&bench->loop) + ms;
    uint64_t began = clock_monotonic_ns();
    for (unsigned i = 0; i < tasks; i++)
        if (task_spawn(&bench->loop, function, bench) != 0)
            exit(1);
    loop_run(&bench->loop);
    double took = (double)(clock_monotonic_ns() - began) / 1e9;
    loop_finish(&bench->loop);
    return took;
}

static bool is_whole(struct bench *bench, uint64_t transfers)
{
    struct ledger_report report;
    struct err err = {0};
    return store_read(bench->store, ledger_verify, &report, &err) == 0 && report.differing == 0 &&
           report.sum == 0 && report.negative_guarded == 0 &&
           (uint64_t)report.transfers == transfers;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct bench bench = {.ids = ID_GENERATOR_INIT, .state = 88172645463325252};
    if (argc < 3) {
        fprintf(stderr, "usage: bench-ledger FILE SECONDS [TASKS [ACCOUNTS]]\n");
        return 2;
    }
    unsigned tasks = argc > 3 ? (unsigned)atoi(argv[3]) : 256;
    bench.count = argc > 4 ? (size_t)atoi(argv[4]) : 100000;
    bench.accounts = calloc(bench.count, sizeof *bench.accounts);
    for (size_t i = 0; i < bench.count; i++)
        bench.accounts[i] = id_next(&bench.ids, clock_now(NULL));
    struct store_config config = {.path = argv[1], .started_ms = clock_now(NULL)};
    if (store_create(&bench.store, &config, &err) != 0) {
        fprintf(stderr, "bench-ledger: %s\n", err.message);
        return 1;
    }
    run(&bench, open_accounts, tasks, 0);
    double took = run(&bench, transfer, tasks, (uint64_t)atoi(argv[2]) * 1000);
    bool whole = is_whole(&bench, bench.count + bench.made);
    store_destroy(bench.store);
    free(bench.accounts);
    printf("%" PRIu64 " transfers, %.0f transfers/s, %s\n", bench.made, (double)bench.made / took,
           whole ? "whole" : "NOT WHOLE");
    return whole ? 0 : 1;
}
