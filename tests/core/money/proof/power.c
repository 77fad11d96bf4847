// SPDX-License-Identifier: Apache-2.0
//
// The power goes at any moment, and what was not synced is there, torn, or gone. Clients know which
// payments were acknowledged before; all of them must be there when the power is back, whole.
#include "city.h"
#include "disk.h"

#include "money/verify.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CLIENTS = 3,
    AT_ONCE = 5,   // payments of a client in one round
    ROUNDS = 20,   // power cuts of one database, then a new one
    MOMENTS = 220, // the last at which the power goes; later ones are after all was done
    PRICE = 100,
    DEPOSIT = 100000000,
};

struct grid {
    struct city *c;
    struct city_image *image;
    unsigned seed;
    struct disk_plan disk; // how the disk betrays, beside the cut
    int done[CLIENTS];     // payments acknowledged, numbers 0 to done - 1
    long acknowledged, cuts, losses, struck;
    char found[300]; // of the last loss
};

static unsigned choose(struct grid *grid, unsigned below)
{
    return (unsigned)rand_r(&grid->seed) % below;
}

// --- the host ------------------------------------------------------------------------------------

static bool host_starts(struct grid *grid)
{
    struct money_fixture *f = &grid->c->t.f;
    struct store_config store = {.path = f->path,
                                 .checkpoint_pages = 24,
                                 .readers = 1,
                                 .cache_kib = 2048,
                                 .busy_timeout_ms = 1000};
    struct money_config config = {.clock = &f->clock};
    if (store_create(&f->store, &store, NULL) != 0) {
        f->store = NULL;
        return false;
    }
    config.store = f->store;
    cr_assert_eq(money_create(&f->money, &config, NULL), 0);
    return money_recover(f->money, NULL) == 0;
}

struct client {
    struct grid *grid;
    int number, payments;
    pthread_t thread;
};

// The next payment of a client; one that was not acknowledged is tried again with its key.
static void *client_main(void *argument)
{
    struct client *client = argument;
    struct grid *grid = client->grid;
    for (int i = 0; i < client->payments; i++) {
        struct small_order small;
        struct money_answer answer;
        char key[32];
        snprintf(key, sizeof key, "pay-%d-%d", client->number, grid->done[client->number]);
        small_order(&grid->c->t.f, &small, key, key, PRICE);
        if (money_pay_wallet(grid->c->t.f.money, &small.order, &answer, NULL) != 0)
            return NULL;
        buf_finish(&answer.body);
        grid->done[client->number]++;
    }
    return NULL;
}

static void clients_pay(struct grid *grid, int payments)
{
    struct client clients[CLIENTS];
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.grid = grid, .number = i, .payments = payments};
        cr_assert_eq(pthread_create(&clients[i].thread, NULL, client_main, &clients[i]), 0);
    }
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(clients[i].thread, NULL);
}

// --- what is there afterwards --------------------------------------------------------------------

STORE_SQL(power_paid, "SELECT (SELECT count(*) FROM payment WHERE state = 'captured'), "
                      "(SELECT CAST(sum(amount) AS BIGINT) FROM ledger_balance "
                      "WHERE account LIKE 'wallet:%')");
STORE_SQL(power_item, "SELECT count(*) FROM payment_line WHERE instance = 'water' AND item = $1 "
                      "AND state = 'paid'");

struct look {
    const struct grid *grid;
    long missing;
    struct verify_report report;
    int64_t paid, balance;
};

static int look_job(struct store_db *db, void *argument, struct err *err)
{
    struct look *look = argument;
    struct store_cursor row;
    look->missing = 0;
    for (int client = 0; client < CLIENTS; client++)
        for (int i = 0; i < look->grid->done[client]; i++) {
            char item[32];
            snprintf(item, sizeof item, "pay-%d-%d", client, i);
            int found = store_one(db, power_item, BIND(bind_string(item)), &row, err);
            if (found != 1)
                return err->code;
            look->missing += cursor_int(&row, 0) != 1;
            cursor_finish(&row);
        }
    int found = store_one(db, power_paid, BIND(), &row, err);
    if (found != 1)
        return err->code;
    look->paid = cursor_int(&row, 0);
    look->balance = cursor_int(&row, 1);
    cursor_finish(&row);
    return money_verify(db, &look->report, err);
}

static bool say(struct grid *grid, const char *what, const char *why)
{
    snprintf(grid->found, sizeof grid->found, "%s: %s", what, why);
    return false;
}

// Nothing acknowledged is lost, nothing is paid twice, the books are whole.
static bool whole(struct grid *grid)
{
    static struct look look;
    struct err err = {0};
    look = (struct look){.grid = grid};
    if (store_read(grid->c->t.f.store, look_job, &look, &err) != 0)
        return say(grid, "damaged", err.message);
    int known = 0;
    for (int client = 0; client < CLIENTS; client++)
        known += grid->done[client];
    if (look.missing)
        return say(grid, "lost", "acknowledged payments are not there");
    if (!verify_whole(&look.report))
        return say(grid, "not whole", look.report.count ? look.report.findings[0].what : "ledger");
    // Of each client one may be there that nobody was told of.
    if (look.paid < known || look.paid > known + CLIENTS)
        return say(grid, "doubled", "there are more payments than clients made");
    return look.balance == DEPOSIT - look.paid * PRICE || say(grid, "balance", "it is another");
}

static void new_life(struct grid *grid)
{
    money_fixture_stop(&grid->c->t.f);
    city_restore(grid->c, grid->image);
    disk_begin(&(struct disk_plan){.fault = DISK_COUNTS});
    memset(grid->done, 0, sizeof grid->done);
    cr_assert(host_starts(grid));
}

static void work_until_dark(struct grid *grid)
{
    struct money_fixture *f = &grid->c->t.f;
    bool up = true;
    if (choose(grid, 3) == 0) { // the moment may be while it closes or starts
        money_fixture_stop(f);
        up = host_starts(grid);
    }
    if (up)
        clients_pay(grid, AT_ONCE);
    if (up && choose(grid, 4) == 0) {
        money_fixture_stop(f);
        if (host_starts(grid))
            clients_pay(grid, AT_ONCE);
    }
}

// A host dies and the next one answers its clients, from what the last one may not have synced.
static void die_and_go_on(struct grid *grid)
{
    struct disk_plan plan = grid->disk;
    plan.fault = DISK_STOPS;
    plan.at = 1 + choose(grid, MOMENTS / 2);
    disk_plan(&plan);
    clients_pay(grid, AT_ONCE);
    money_fixture_stop(&grid->c->t.f);
    disk_plan(&grid->disk);
    cr_assert(host_starts(grid));
    clients_pay(grid, 1); // what was not answered, once more
}

static void cut_once(struct grid *grid)
{
    struct disk_plan plan = grid->disk;
    if (choose(grid, 3) == 0)
        die_and_go_on(grid);
    plan.fault = DISK_CUTS;
    plan.at = 1 + choose(grid, MOMENTS);
    plan.seed = choose(grid, 1000000000);
    disk_plan(&plan);
    work_until_dark(grid);
    grid->cuts++;
    grid->struck += disk_struck();
    bool now = choose(grid, 2) && !disk_struck(); // or when all is closed
    if (now)
        disk_cut_now();
    money_fixture_stop(&grid->c->t.f);
    disk_power_on();
    disk_plan(&(struct disk_plan){.fault = DISK_COUNTS});
    bool up = host_starts(grid);
    if (up ? whole(grid) : say(grid, "damaged", "no host starts on it"))
        return;
    grid->losses++;
    new_life(grid);
}

static struct grid *grid_create(unsigned seed)
{
    struct grid *grid = calloc(1, sizeof *grid);
    disk_begin(&(struct disk_plan){.fault = DISK_COUNTS});
    grid->c = city_create();
    grid->image = city_image_create();
    grid->seed = seed;
    city_host(grid->c);
    fill_wallet(&grid->c->t.f, DEPOSIT);
    money_fixture_stop(&grid->c->t.f);
    city_save(grid->c, grid->image);
    return grid;
}

static void grid_destroy(struct grid *grid)
{
    disk_plan(&(struct disk_plan){.fault = DISK_COUNTS});
    city_image_destroy(grid->image);
    city_destroy(grid->c);
    free(grid);
}

// Returns after so many cuts, or, when told so, at the first loss.
static void run_cuts(struct grid *grid, long cuts, bool until_loss)
{
    while (grid->cuts < cuts && !(until_loss && grid->losses)) {
        if (grid->cuts % ROUNDS == 0)
            new_life(grid);
        int before = grid->done[0] + grid->done[1] + grid->done[2];
        cut_once(grid);
        int after = grid->done[0] + grid->done[1] + grid->done[2];
        grid->acknowledged += after > before ? after - before : 0;
        if (!until_loss)
            cr_assert_eq(grid->losses, 0, "cut %ld: %s", grid->cuts, grid->found);
    }
}

Test(power, whatever_a_power_cut_leaves_nothing_acknowledged_is_lost, .timeout = 14000)
{
    struct grid *grid = grid_create(20260302);
    run_cuts(grid, getenv("MEDINA_SOAK") ? 100000 : 2000, false);
    fprintf(stderr, "power: %ld cuts (%ld in the middle of work), %ld payments acknowledged\n",
            grid->cuts, grid->struck, grid->acknowledged);
    cr_assert_gt(grid->struck, grid->cuts / 4);
    cr_assert_gt(grid->acknowledged, grid->cuts);
    grid_destroy(grid);
}

// The proof bites: a disk that only says that it has synced loses payments, soon.
Test(power, a_disk_that_does_not_sync_is_found_out, .timeout = 300)
{
    struct grid *grid = grid_create(20260303);
    grid->disk.never_sync = true;
    run_cuts(grid, 200, true);
    cr_assert_gt(grid->losses, 0);
    grid_destroy(grid);
}

// So does a database that trusts sectors not to be torn.
Test(power, a_database_that_believes_in_whole_sectors_is_found_out, .timeout = 300)
{
    struct grid *grid = grid_create(20260304);
    grid->disk.says_psow = true;
    run_cuts(grid, 2000, true);
    cr_assert_gt(grid->losses, 0);
    grid_destroy(grid);
}

static int file_control(sqlite3 *handle, int operation)
{
    int value = -1;
    cr_assert_eq(sqlite3_file_control(handle, "main", operation, &value), SQLITE_OK);
    return value;
}

// A VFS that does not give up psow is not used: the host says so instead of losing money later.
Test(power, a_store_is_opened_with_psow_0_or_not_at_all)
{
    struct money_fixture f;
    sqlite3 *handle;
    struct err err = {0};
    struct store *store = NULL;
    money_fixture_open(&f);
    money_fixture_stop(&f);
    disk_begin(&(struct disk_plan){.says_psow = true, .control_psow = true});
    struct store_config config = {.path = f.path};
    cr_assert_eq(store_create(&store, &config, &err), ERR_IO);
    cr_assert(strstr(err.message, "psow"), "%s", err.message);
    disk_begin(&(struct disk_plan){.fault = DISK_COUNTS});
    cr_assert_eq(sqlite3_open(f.path, &handle), SQLITE_OK);
    cr_assert_eq(file_control(handle, SQLITE_FCNTL_POWERSAFE_OVERWRITE), 1, "SQLite's own default");
    sqlite3_close(handle);
    money_fixture_close(&f);
}
