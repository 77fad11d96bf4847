// SPDX-License-Identifier: Apache-2.0
//
// The disk, and SQLite's memory, fail at the k-th use, for every k until nothing fails any more.
// Whatever is answered is true: a success is on the disk, an error has changed nothing or is said
// to be unknown, and the next host, or this one after the fault, goes on with whole books.
#include "city.h"
#include "disk.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PRICE = 400, DEPOSIT = 100000, BOUND_S = 60 };

struct trial {
    struct city *c;
    struct city_image *image;
    unsigned seed;
};

static void trial_open(struct trial *t)
{
    *t = (struct trial){.seed = 20260305};
    disk_begin(&(struct disk_plan){.fault = DISK_COUNTS});
    t->c = city_create();
    t->image = city_image_create();
    city_host(t->c);
    fill_wallet(&t->c->t.f, DEPOSIT);
    money_fixture_stop(&t->c->t.f);
    city_begin_story(t->c, 1);
    city_save(t->c, t->image);
}

static void trial_close(struct trial *t)
{
    disk_plan(&(struct disk_plan){.fault = DISK_COUNTS});
    city_image_destroy(t->image);
    city_destroy(t->c);
}

static void start_anew(struct trial *t)
{
    money_fixture_stop(&t->c->t.f);
    city_restore(t->c, t->image);
    disk_begin(&(struct disk_plan){.fault = DISK_COUNTS});
    city_host(t->c);
}

// What a citizen does: pays from the wallet, pays by card, has a part of the first back. What each
// was answered, 0 or an error.
struct deeds {
    int wallet, card, advance, refund;
    struct id paid, charged;
};

static struct deeds do_deeds(struct city *c)
{
    struct money_fixture *f = &c->t.f;
    struct deeds deeds = {.refund = ERR_NOT_FOUND, .advance = ERR_NOT_FOUND};
    struct money_answer answer;
    struct small_order small;
    deeds.wallet = pay_wallet(f, "wallet", "bill-1", PRICE, &answer);
    if (deeds.wallet == 0) {
        deeds.paid = answer.payment;
        buf_finish(&answer.body);
        struct money_refund refund = {.key = {.caller = STR("operator"),
                                              .route = STR("refund"),
                                              .key = STR("back")},
                                      .payment = &deeds.paid,
                                      .line = 1,
                                      .amount = 100,
                                      .seen = PRICE,
                                      .reason = "test"};
        deeds.refund = payment_refund(f->money, &refund, &answer, NULL);
        buf_finish(&answer.body);
    }
    small_order(f, &small, "card", "bill-2", PRICE);
    deeds.card = money_checkout(f->money, "card", &small.order, &answer, NULL);
    if (deeds.card == 0) {
        deeds.charged = answer.payment;
        buf_finish(&answer.body);
        struct fake_payment *there = fake_find(f->fake, deeds.charged.text);
        there->state = there->state == PROVIDER_OPEN ? PROVIDER_AUTHORIZED : there->state;
        deeds.advance = payment_advance(f->money, &deeds.charged, NULL);
    }
    return deeds;
}

// What was answered with success is there.
static void expect_true(struct city *c, const struct deeds *deeds, const char *when, uint64_t at)
{
    struct money_fixture *f = &c->t.f;
    expect_books_whole(f);
    if (deeds->wallet == 0)
        cr_assert_eq(state_of(f, &deeds->paid), PAYMENT_CAPTURED, "%s %lu", when, at);
    if (deeds->refund == 0)
        cr_assert_eq(left_of(f, &deeds->paid), PRICE - 100, "%s %lu", when, at);
    if (deeds->card == 0)
        state_of(f, &deeds->charged); // fails when it is not there
}

// The citizen tries again until it works: the end is what it would have been without a fault.
static void expect_end(struct city *c, const char *when, uint64_t at)
{
    struct money_fixture *f = &c->t.f;
    advance_clock(f, INT64_C(150000)); // a page that was half opened is in flight for so long
    city_rest(c);
    struct deeds deeds = do_deeds(c);
    city_rest(c);
    cr_assert(deeds.wallet == 0 && deeds.card == 0 && deeds.refund == 0 && deeds.advance == 0,
              "%s %lu: %d %d %d %d", when, at, deeds.wallet, deeds.card, deeds.refund,
              deeds.advance);
    city_expect_rest(c);
    cr_assert_eq(balance_of(f, (struct ledger_party){LEDGER_WALLET, f->citizen.text}),
                 DEPOSIT - PRICE + 100);
    cr_assert_eq(balance_of(f, (struct ledger_party){LEDGER_SETTLEMENT, "water"}), 2 * PRICE - 100);
}

// --- the disk ------------------------------------------------------------------------------------

// One fault at that point; then the power goes without another write: what was answered before
// must be on the disk. false: nothing came to the point.
static bool fail_at(struct trial *t, struct disk_plan plan, const char *when)
{
    start_anew(t);
    plan.fault = DISK_FAILS;
    plan.seed = (unsigned)rand_r(&t->seed);
    alarm(BOUND_S);
    disk_plan(&plan);
    struct deeds deeds = do_deeds(t->c);
    bool struck = disk_struck();
    if (rand_r(&t->seed) % 2) { // the same host goes on
        disk_plan(&(struct disk_plan){.fault = DISK_COUNTS, .seed = plan.seed});
        expect_true(t->c, &deeds, when, plan.at);
        expect_end(t->c, when, plan.at);
    }
    disk_cut_now();
    money_fixture_stop(&t->c->t.f);
    disk_power_on();
    city_host(t->c);
    expect_true(t->c, &deeds, when, plan.at);
    expect_end(t->c, when, plan.at);
    alarm(0);
    return struck;
}

static void fail_everywhere(struct disk_plan plan, const char *when)
{
    struct trial t;
    trial_open(&t);
    uint64_t at = 1;
    while (at < 100000) {
        plan.at = at;
        if (!fail_at(&t, plan, when))
            break;
        at++;
    }
    cr_assert(at > 30 && at < 100000, "%s: %lu points", when, at);
    fprintf(stderr, "faults: %s, %lu points\n", when, at);
    trial_close(&t);
}

Test(faults, a_write_or_sync_that_fails_once_is_never_answered_with_success, .timeout = 3000)
{
    fail_everywhere((struct disk_plan){.code = SQLITE_IOERR_WRITE}, "I/O error");
}

Test(faults, a_disk_that_fails_for_a_while_is_never_answered_with_success, .timeout = 3000)
{
    fail_everywhere((struct disk_plan){.code = SQLITE_IOERR_FSYNC, .lasts = 7}, "seven I/O errors");
}

Test(faults, a_disk_that_is_full_for_a_while_is_never_answered_with_success, .timeout = 3000)
{
    fail_everywhere((struct disk_plan){.code = SQLITE_FULL, .lasts = 40}, "disk full");
}

// --- memory --------------------------------------------------------------------------------------

static sqlite3_mem_methods plain;
static _Atomic uint64_t allocations, failing_at;

static bool allocation_fails(void)
{
    uint64_t at = atomic_load(&failing_at);
    return at && atomic_fetch_add(&allocations, 1) + 1 == at;
}

static void *sometimes_malloc(int size)
{
    return allocation_fails() ? NULL : plain.xMalloc(size);
}

static void *sometimes_realloc(void *old, int size)
{
    return allocation_fails() ? NULL : plain.xRealloc(old, size);
}

static void poor_memory(void)
{
    cr_assert_eq(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain), SQLITE_OK);
    sqlite3_mem_methods methods = plain;
    methods.xMalloc = sometimes_malloc;
    methods.xRealloc = sometimes_realloc;
    cr_assert_eq(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods), SQLITE_OK);
    cr_assert_eq(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0), SQLITE_OK);
}

Test(faults, an_allocation_that_fails_is_never_answered_with_success, .timeout = 3000)
{
    struct trial t;
    poor_memory();
    trial_open(&t);
    uint64_t step = getenv("MEDINA_SOAK") ? 1 : 29, at = 1;
    for (bool struck = true; struck; at += step) {
        start_anew(&t);
        alarm(BOUND_S);
        atomic_store(&allocations, 0);
        atomic_store(&failing_at, at);
        struct deeds deeds = do_deeds(t.c);
        struck = atomic_load(&allocations) >= at;
        atomic_store(&failing_at, 0);
        expect_true(t.c, &deeds, "allocation", at);
        expect_end(t.c, "allocation", at);
        alarm(0);
    }
    fprintf(stderr, "faults: allocations, %lu points\n", at);
    cr_assert_gt(at, 1000);
    trial_close(&t);
}
