// SPDX-License-Identifier: Apache-2.0
//
// The bank test (https://github.com/jepsen-io/jepsen, tests/bank): transfers between wallets by
// several threads, snapshots all the while, and a host that is killed again and again. Every
// snapshot has the same total and no wallet below zero, and an acknowledged transfer stays.
#include "city.h"
#include "disk.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WALLETS = 8, MOVERS = 4, TOTAL = 80000, KEPT = 4096, MOMENTS = 600 };

// Shared with the hosts, which die.
struct bank {
    struct city *c;
    struct id wallets[WALLETS];
    struct id acknowledged[KEPT];
    atomic_uint count;
    atomic_long snapshots, wrong, refused;
};

struct mover {
    struct bank *bank;
    unsigned seed;
    int number;
    pthread_t thread;
};

static int move_job(struct store_db *db, void *transfer, struct err *err)
{
    return ledger_post(db, transfer, err);
}

// Until the host dies, or there is no place to remember more.
static void *mover_main(void *argument)
{
    struct mover *mover = argument;
    struct bank *bank = mover->bank;
    struct id_generator ids = ID_GENERATOR_INIT;
    while (atomic_load(&bank->count) < KEPT - MOVERS) {
        int64_t now = clock_now(NULL);
        struct id id = id_next(&ids, now);
        int from = rand_r(&mover->seed) % WALLETS, to = (from + 1 + rand_r(&mover->seed) % 7) % 8;
        struct ledger_transfer transfer = {.id = &id,
                                           .debit = {LEDGER_WALLET, bank->wallets[from].text},
                                           .credit = {LEDGER_WALLET, bank->wallets[to].text},
                                           .amount = 1 + rand_r(&mover->seed) % 9000,
                                           .currency = "AED",
                                           .reason = "test",
                                           .made = now,
                                           .node = 1 + mover->number % 2};
        int status = store_run(bank->c->t.f.store, move_job, &transfer, NULL);
        if (status >= 0)
            bank->acknowledged[atomic_fetch_add(&bank->count, 1)] = id;
        else if (status == ERR_CONFLICT)
            atomic_fetch_add(&bank->refused, 1); // the wallet does not hold that much
        else
            return NULL;
    }
    return NULL;
}

STORE_SQL(bank_wallets, "SELECT CAST(sum(amount) AS BIGINT) FROM ledger_balance "
                        "WHERE account LIKE 'wallet:%' GROUP BY account");
STORE_SQL(bank_transfer, "SELECT 1 FROM ledger_transfer WHERE id = $1");

struct snapshot {
    int64_t total, lowest;
};

static int snapshot_job(struct store_db *db, void *argument, struct err *err)
{
    struct snapshot *snapshot = argument;
    struct store_cursor row;
    *snapshot = (struct snapshot){0};
    int status = store_query(db, bank_wallets, BIND(), &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        int64_t amount = cursor_int(&row, 0);
        snapshot->total += amount;
        snapshot->lowest = amount < snapshot->lowest ? amount : snapshot->lowest;
        status = 0;
    }
    return status;
}

static void *reader_main(void *argument)
{
    struct bank *bank = argument;
    struct snapshot snapshot;
    while (store_read(bank->c->t.f.store, snapshot_job, &snapshot, NULL) == 0) {
        atomic_fetch_add(&bank->snapshots, 1);
        atomic_fetch_add(&bank->wrong, snapshot.total != TOTAL || snapshot.lowest < 0);
    }
    return NULL;
}

static void host_main(struct bank *bank, unsigned seed)
{
    struct mover movers[MOVERS];
    pthread_t reader;
    disk_plan(&(struct disk_plan){
        .fault = DISK_KILLS, .at = 1 + seed % MOMENTS, .seed = seed, .forgetful = true});
    city_host(bank->c);
    pthread_create(&reader, NULL, reader_main, bank);
    for (int i = 0; i < MOVERS; i++) {
        movers[i] = (struct mover){.bank = bank, .seed = seed + (unsigned)i, .number = i};
        pthread_create(&movers[i].thread, NULL, mover_main, &movers[i]);
    }
    for (int i = 0; i < MOVERS; i++)
        pthread_join(movers[i].thread, NULL);
    kill(getpid(), SIGKILL);
}

struct missing {
    const struct bank *bank;
    unsigned count;
};

static int missing_job(struct store_db *db, void *argument, struct err *err)
{
    struct missing *missing = argument;
    missing->count = 0;
    for (unsigned i = 0; i < atomic_load(&missing->bank->count); i++) {
        struct store_cursor row;
        const struct id *id = &missing->bank->acknowledged[i];
        int found =
            id->text[0] ? store_one(db, bank_transfer, BIND(bind_text(id_str(id))), &row, err) : 1;
        if (found < 0)
            return found;
        missing->count += found == 0;
        if (id->text[0])
            cursor_finish(&row);
    }
    return 0;
}

static void kill_a_host(struct bank *bank, unsigned seed)
{
    memset(bank->acknowledged, 0, sizeof bank->acknowledged); // an id that was not written yet
    atomic_store(&bank->count, 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        alarm(60);
        host_main(bank, seed);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "the host ended by itself");
    struct snapshot snapshot;
    struct missing missing = {.bank = bank};
    city_host(bank->c);
    expect_books_whole(&bank->c->t.f);
    cr_assert_eq(store_read(bank->c->t.f.store, snapshot_job, &snapshot, NULL), 0);
    cr_assert_eq(snapshot.total, TOTAL, "%lld", (long long)snapshot.total);
    cr_assert_geq(snapshot.lowest, 0);
    cr_assert_eq(store_read(bank->c->t.f.store, missing_job, &missing, NULL), 0);
    cr_assert_eq(missing.count, 0, "%u acknowledged transfers are gone", missing.count);
    cr_assert_eq(atomic_load(&bank->wrong), 0, "a snapshot had another total");
    money_fixture_stop(&bank->c->t.f);
}

static struct bank *bank_create(void)
{
    struct bank *bank =
        mmap(NULL, sizeof *bank, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq((void *)bank, MAP_FAILED);
    disk_begin(&(struct disk_plan){.forgetful = true});
    bank->c = city_create();
    city_host(bank->c);
    struct money_fixture *f = &bank->c->t.f;
    for (int i = 0; i < WALLETS; i++) {
        bank->wallets[i] = f->citizen = id_next(&f->ids, clock_now(&f->clock));
        fill_wallet(f, TOTAL / WALLETS);
    }
    money_fixture_stop(f);
    return bank;
}

Test(bank, transfers_under_kills_keep_the_total_in_every_snapshot, .timeout = 6000)
{
    struct bank *bank = bank_create();
    unsigned seed = 20260306;
    int rounds = getenv("MEDINA_SOAK") ? 2000 : 60;
    long acknowledged = 0;
    for (int round = 0; round < rounds; round++) {
        kill_a_host(bank, (unsigned)rand_r(&seed));
        acknowledged += atomic_load(&bank->count);
    }
    fprintf(stderr, "bank: %d kills, %ld transfers acknowledged, %ld refused, %ld snapshots\n",
            rounds, acknowledged, atomic_load(&bank->refused), atomic_load(&bank->snapshots));
    cr_assert_gt(acknowledged, rounds);
    cr_assert_gt(atomic_load(&bank->refused), 0);
    cr_assert_gt(atomic_load(&bank->snapshots), rounds);
    city_destroy(bank->c);
    munmap(bank, sizeof *bank);
}
