// SPDX-License-Identifier: Apache-2.0
//
// Random interleavings of everything that touches money, with a provider that fails at random and
// hosts that are replaced at random. After each step the books must hold; in the end nothing may be
// left undecided.
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { STEPS = 150, MOST_PAYMENTS = 60, ITEMS = 12 };

struct world {
    struct money_fixture f;
    unsigned seed;
    struct id payments[MOST_PAYMENTS];
    char answers[MOST_PAYMENTS][1200]; // to be replayed byte by byte
    char items[MOST_PAYMENTS][16];
    bool by_wallet[MOST_PAYMENTS];
    int count, refunds, step;
};

static int choose(struct world *w, int below)
{
    return (int)((unsigned)rand_r(&w->seed) % (unsigned)below);
}

// Half of the provider's next calls of one kind go wrong, half of those after working.
static void disturb(struct world *w)
{
    static const int results[] = {ERR_UNKNOWN, ERR_UNAVAILABLE, ERR_DENIED};
    enum fake_operation operation = (enum fake_operation)choose(w, 6);
    int result = results[choose(w, operation == FAKE_FIND || operation == FAKE_LOOK ? 2 : 3)];
    bool works = result == ERR_UNKNOWN && choose(w, 2);
    if (choose(w, 2))
        fake_script(w->f.fake, operation, result, works);
}

static int pay(struct world *w, int index, struct money_answer *answer)
{
    struct small_order small;
    char key[16];
    snprintf(key, sizeof key, "key-%d", index);
    small_order(&w->f, &small, key, w->items[index], 100 + index);
    return w->by_wallet[index] ? money_pay_wallet(w->f.money, &small.order, answer, NULL)
                               : money_checkout(w->f.money, "card", &small.order, answer, NULL);
}

static void step_pay(struct world *w)
{
    if (w->count == MOST_PAYMENTS)
        return;
    struct money_answer answer;
    int index = w->count;
    snprintf(w->items[index], sizeof *w->items, "bill-%d", choose(w, ITEMS));
    w->by_wallet[index] = choose(w, 2);
    if (pay(w, index, &answer) != 0)
        return;
    cr_assert_not(answer.replayed);
    cr_assert_lt(answer.body.size, sizeof *w->answers);
    strcpy(w->answers[index], answer.body.data);
    w->payments[index] = answer.payment;
    w->count++;
    buf_finish(&answer.body);
}

static void step_replay(struct world *w, int index)
{
    struct money_answer answer;
    cr_assert_eq(pay(w, index, &answer), 0);
    cr_assert(answer.replayed);
    cr_assert_str_eq(answer.body.data, w->answers[index]);
    buf_finish(&answer.body);
}

static void step_citizen(struct world *w, int index)
{
    if (w->by_wallet[index])
        return;
    struct fake_payment *there = fake_find(w->f.fake, w->payments[index].text);
    if (there->state == PROVIDER_OPEN)
        there->state = choose(w, 4) ? PROVIDER_AUTHORIZED : PROVIDER_GONE;
}

static void step_refund(struct world *w, int index)
{
    char key[24];
    snprintf(key, sizeof key, "refund-%d", w->refunds++);
    struct money_refund refund = {.key = {.caller = STR("operator"),
                                          .route = STR("refund"),
                                          .key = str_from(key)},
                                  .payment = &w->payments[index],
                                  .line = 1,
                                  .amount = 1 + choose(w, 120),
                                  .seen = left_of(&w->f, &w->payments[index]),
                                  .reason = "test"};
    struct money_answer answer;
    if (payment_refund(w->f.money, &refund, &answer, NULL) == 0)
        buf_finish(&answer.body);
}

static void step_events(struct world *w)
{
    struct arena arena = {0};
    struct outbox_event events[4];
    struct outbox_claim claim = {"water", 30000, events, 4, &arena};
    int count = outbox_take(w->f.money, &claim, NULL);
    for (int i = 0; i < count; i++)
        if (choose(w, 3) == 0)
            outbox_defer(w->f.money, &events[i], NULL);
        else if (choose(w, 10) == 0)
            outbox_refuse(w->f.money, &events[i], NULL);
        else
            outbox_acknowledge(w->f.money, &events[i], 1, NULL);
    arena_finish(&arena);
}

static void take_step(struct world *w)
{
    w->f.not_owed = choose(&(*w), 8) == 0;
    w->f.quote_result = choose(w, 8) == 0 ? ERR_UNAVAILABLE : 0;
    disturb(w);
    int what = choose(w, 12);
    if (w->count == 0 || what < 3) {
        step_pay(w);
        return;
    }
    int index = choose(w, w->count);
    const struct id *payment = &w->payments[index];
    switch (what) {
    case 3:
        step_replay(w, index);
        break;
    case 4:
    case 5:
        step_citizen(w, index);
        break;
    case 6:
    case 7:
        payment_advance(w->f.money, payment, NULL);
        break;
    case 8:
        choose(w, 3) ? (void)money_tick(w->f.money, 5, NULL)
                     : (void)payment_cancel(w->f.money, payment, NULL);
        break;
    case 9:
        step_refund(w, index);
        break;
    case 10:
        step_events(w);
        break;
    default:
        advance_clock(&w->f, choose(w, 10 * 60 * 1000));
        if (choose(w, 4) == 0)
            money_fixture_restart(&w->f);
    }
}

static int64_t zero(struct world *w, const char *sql)
{
    int64_t count = ask_outside(&w->f, sql);
    cr_assert_eq(count, 0, "step %d: %s", w->step, sql);
    return count;
}

// Everything that must hold at any moment.
static void check(struct world *w)
{
    expect_books_whole(&w->f);
    for (int i = 0; i < w->f.fake->count; i++) {
        const struct fake_payment *there = &w->f.fake->payments[i];
        cr_assert_leq(there->captures, 1, "step %d: captured twice", w->step);
        cr_assert_leq(there->given_back, there->taken);
    }
    // Every captured line has exactly one settlement transfer of its amount, and no other has one.
    zero(w, "SELECT count(*) FROM payment_line AS l WHERE (SELECT count(*) FROM ledger_transfer AS "
            "t WHERE t.reason = 'capture' AND t.payment = l.payment AND t.line = l.line AND "
            "t.amount = l.amount AND t.credit = 'settlement:' || l.instance || ':AED') <> "
            "(l.state IN ('paid', 'refunded'))");
    // A payment's sums are its lines' sums.
    zero(w,
         "SELECT count(*) FROM payment AS p WHERE p.captured <> (SELECT coalesce(sum(amount), 0) "
         "FROM payment_line AS l WHERE l.payment = p.id AND l.state IN ('paid', 'refunded')) "
         "OR p.refunded <> (SELECT sum(refunded) FROM payment_line AS l WHERE l.payment = p.id) "
         "OR p.refunding <> (SELECT sum(refunding) FROM payment_line AS l WHERE l.payment = "
         "p.id)");
    // What refunds wait for is in the reserve.
    zero(w, "SELECT coalesce(sum(refunding), 0) - coalesce((SELECT sum(amount) FROM ledger_balance "
            "WHERE account LIKE 'reserve:%'), 0) FROM payment");
    // The same item is not with two payments.
    zero(w, "SELECT count(*) FROM (SELECT 1 FROM payment_line WHERE state IN ('open', 'paid') "
            "GROUP BY instance, item HAVING count(*) > 1)");
    zero(w,
         "SELECT count(*) FROM (SELECT 1 FROM payment WHERE receipt IS NOT NULL GROUP BY receipt "
         "HAVING count(*) > 1)");
}

// Undisturbed, and with the clock going on, everything comes to rest.
static void come_to_rest(struct world *w)
{
    memset(w->f.fake->script, 0, sizeof w->f.fake->script);
    w->f.not_owed = false;
    w->f.quote_result = 0;
    for (int i = 0; i < 40; i++) {
        advance_clock(&w->f, 10 * 60 * 1000);
        cr_assert_geq(money_tick(w->f.money, 1000, NULL), 0);
    }
    zero(w, "SELECT count(*) FROM payment WHERE state IN ('created', 'authorized')");
    zero(w, "SELECT count(*) FROM payment_intent WHERE state = 'pending'");
    zero(w, "SELECT count(*) FROM payment WHERE next_check IS NOT NULL OR refunding <> 0");
    zero(w, "SELECT count(*) FROM idempotency WHERE status IS NULL");
    // What the provider took and gave back is what the books say.
    int64_t taken = 0;
    for (int i = 0; i < w->f.fake->count; i++) {
        taken += w->f.fake->payments[i].taken - w->f.fake->payments[i].given_back;
        cr_assert_neq(w->f.fake->payments[i].state, PROVIDER_AUTHORIZED, "a card is still held");
    }
    cr_assert_eq(balance_of(&w->f, (struct ledger_party){LEDGER_CLEARING, "card"}), -taken);
}

static void run_world(unsigned seed)
{
    struct world *w = calloc(1, sizeof *w);
    w->seed = seed;
    money_fixture_open(&w->f);
    fill_wallet(&w->f, 3000);
    for (w->step = 0; w->step < STEPS; w->step++) {
        take_step(w);
        check(w);
    }
    come_to_rest(w);
    check(w);
    money_fixture_close(&w->f);
    free(w);
}

Test(property, the_books_hold_in_any_order_of_events_seed_1)
{
    run_world(1);
}

Test(property, the_books_hold_in_any_order_of_events_seed_2)
{
    run_world(2);
}

Test(property, the_books_hold_in_any_order_of_events_seed_3)
{
    run_world(3);
}

// Seeds that the suite has no time for; ./dev soak does.
Test(property, the_books_hold_in_any_order_of_events_many_seeds, .timeout = 3000)
{
    unsigned seeds = getenv("MEDINA_SOAK") ? 500 : 1;
    for (unsigned seed = 4; seed < 4 + seeds; seed++)
        run_world(seed);
}
