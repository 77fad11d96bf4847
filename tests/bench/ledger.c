// SPDX-License-Identifier: Apache-2.0
// bench-ledger FILE SECONDS KIND [TASKS [WALLETS]]: transfers inside the host. Tasks of one loop,
// each with one transfer at a time, each transfer a store job of its own between accounts taken at
// random, durable as in the host. KIND is "capture", from a wallet to one of 500 agencies, or
// "transfer", from a wallet to a wallet, which writes two more indexes. Prints transfers a second.
// Ends with a failure when the books are not whole.
#include "money/ledger.h"
#include "base/clock.h"
#include "loop/task.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENDOWMENT = 1000000, NODE = 1, AGENCIES = 500 };

struct bench {
    struct loop loop;
    struct store *store;
    struct id_generator ids;
    struct id *accounts;
    size_t count, opened;
    unsigned tasks;
    uint64_t end; // on the loop's clock
    uint64_t made, state;
    bool captures;
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
    transfer.payment = strcmp(transfer.reason, "capture") == 0 ? id.text : NULL;
    transfer.line = 1;
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

static struct ledger_transfer make_transfer(struct bench *bench, char agency[16])
{
    size_t from = next_random(bench) % bench->count;
    size_t to = (from + 1 + next_random(bench) % (bench->count - 1)) % bench->count;
    struct ledger_transfer transfer = {.debit = {LEDGER_WALLET, bench->accounts[from].text},
                                       .credit = {LEDGER_WALLET, bench->accounts[to].text},
                                       .amount = 1,
                                       .reason = "transfer"};
    if (bench->captures) {
        snprintf(agency, 16, "agency-%zu", to % AGENCIES);
        transfer.credit = (struct ledger_party){LEDGER_SETTLEMENT, agency};
        transfer.reason = "capture";
    }
    return transfer;
}

static void transfer(void *argument)
{
    struct bench *bench = argument;
    char agency[16];
    while (loop_now(&bench->loop) < bench->end) {
        post(bench, make_transfer(bench, agency));
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
    if (argc < 4) {
        fprintf(stderr, "usage: bench-ledger FILE SECONDS capture|transfer [TASKS [WALLETS]]\n");
        return 2;
    }
    unsigned tasks = argc > 4 ? (unsigned)atoi(argv[4]) : 256;
    bench.count = argc > 5 ? (size_t)atoi(argv[5]) : 100000;
    bench.captures = strcmp(argv[3], "capture") == 0;
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
