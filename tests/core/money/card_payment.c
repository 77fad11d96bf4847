// SPDX-License-Identifier: Apache-2.0
//
// Payments on a provider's page: every way such a payment can go, and every place a host can die.
#include "fixture.h"
#include "loop/task.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MINUTE = 60 * 1000 };

static int64_t agency_has(struct money_fixture *f)
{
    return balance_of(f, (struct ledger_party){LEDGER_SETTLEMENT, "water"});
}

static int webhook(struct money_fixture *f, const char *event, const struct id *payment)
{
    char body[64];
    snprintf(body, sizeof body, "%s %s", event, payment->text);
    return money_webhook(f->money, "card", STR("good"), str_from(body), NULL);
}

// Ticks until nothing is due, the clock going on by half an hour at most.
static void settle(struct money_fixture *f)
{
    for (int i = 0; i < 60; i++) {
        money_tick(f->money, 100, NULL);
        advance_clock(f, MINUTE / 2);
    }
}

static void expect_captured_once(struct money_fixture *f, const struct id *payment)
{
    struct fake_payment *there = fake_find(f->fake, payment->text);
    cr_assert_eq(state_of(f, payment), PAYMENT_CAPTURED);
    cr_assert_eq(there->captures, 1);
    cr_assert_eq(there->taken, 1000);
    cr_assert_eq(agency_has(f), 1000);
    cr_assert_eq(balance_of(f, (struct ledger_party){LEDGER_CLEARING, "card"}), -1000);
    cr_assert_eq(ask_outside(f, "SELECT count(*) FROM outbox WHERE kind = 'payment.captured'"), 1);
    cr_assert_eq(ask_outside(f, "SELECT count(*) FROM payment WHERE receipt IS NOT NULL"), 1);
    expect_books_whole(f);
}

static void expect_nothing_taken(struct money_fixture *f, const struct id *payment,
                                 enum payment_state state)
{
    struct fake_payment *there = fake_find(f->fake, payment->text);
    cr_assert_eq(state_of(f, payment), state, "%s", payment_state_name(state_of(f, payment)));
    cr_assert_eq(there->taken, 0);
    cr_assert_eq(there->state, PROVIDER_GONE);
    cr_assert_eq(agency_has(f), 0);
    cr_assert_eq(ask_outside(f, "SELECT count(*) FROM payment_line WHERE state = 'open'"), 0);
    cr_assert_eq(ask_outside(f, "SELECT count(*) FROM outbox"), 0);
    expect_books_whole(f);
}

static void expect_reason(struct money_fixture *f, const struct id *payment, const char *reason)
{
    struct arena arena = {0};
    struct payment *read;
    cr_assert_eq(money_payment(f->money, id_str(payment), &arena, &read, NULL), 0);
    cr_assert(str_is(read->reason, reason), STR_FORMAT, STR_ARGUMENTS(read->reason));
    arena_finish(&arena);
}

Test(card_payment, the_page_opens_and_the_money_is_taken_once_the_citizen_paid)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct small_order small;
    struct money_answer answer, again;
    small_order(&f, &small, "k1", "bill-1", 1000);
    cr_assert_eq(money_checkout(f.money, "card", &small.order, &answer, NULL), 0);
    cr_assert_str_eq(answer.redirect, "https://pay.example/cs_0");
    cr_assert(strstr(answer.body.data, "\"redirect\":\"https://pay.example/cs_0\""));
    cr_assert_eq(state_of(&f, &answer.payment), PAYMENT_CREATED);
    cr_assert_eq(payment_advance(f.money, &answer.payment, NULL), 0);
    cr_assert_eq(state_of(&f, &answer.payment), PAYMENT_CREATED);

    cr_assert_eq(money_checkout(f.money, "card", &small.order, &again, NULL), 0);
    cr_assert(again.replayed);
    cr_assert_str_eq(again.body.data, answer.body.data);
    cr_assert_eq(f.fake->count, 1);

    fake_pay(f.fake, answer.payment.text);
    cr_assert_eq(payment_advance(f.money, &answer.payment, NULL), 0);
    expect_captured_once(&f, &answer.payment);
    buf_finish(&answer.body);
    buf_finish(&again.body);
    money_fixture_close(&f);
}

Test(card_payment, webhook_before_after_and_twice_take_the_money_once)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = checkout(&f, "bill-1");
    cr_assert_eq(webhook(&f, "evt_0", &payment), 0); // before anything happened
    cr_assert_eq(state_of(&f, &payment), PAYMENT_CREATED);
    fake_pay(f.fake, payment.text);
    cr_assert_eq(webhook(&f, "evt_1", &payment), 0);
    expect_captured_once(&f, &payment);
    int looks = f.fake->calls[FAKE_LOOK];
    cr_assert_eq(webhook(&f, "evt_1", &payment), 0);
    cr_assert_eq(f.fake->calls[FAKE_LOOK], looks, "a repeated event was acted on");
    cr_assert_eq(webhook(&f, "evt_2", &payment), 0);
    cr_assert_eq(payment_advance(f.money, &payment, NULL), 0); // the return page, later
    expect_captured_once(&f, &payment);
    money_fixture_close(&f);
}

Test(card_payment, a_webhook_that_is_not_the_providers_is_refused)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = checkout(&f, "bill-1");
    fake_pay(f.fake, payment.text);
    char body[64];
    snprintf(body, sizeof body, "evt_1 %s", payment.text);
    cr_assert_eq(money_webhook(f.money, "card", STR("bad"), str_from(body), NULL), ERR_DENIED);
    cr_assert_eq(money_webhook(f.money, "nobody", STR("good"), str_from(body), NULL),
                 ERR_NOT_FOUND);
    cr_assert_eq(money_webhook(f.money, "card", STR("good"), STR("evt_2 unknown"), NULL), 0);
    cr_assert_eq(state_of(&f, &payment), PAYMENT_CREATED);
    money_fixture_close(&f);
}

Test(card_payment, a_webhook_whose_work_failed_may_come_again)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = checkout(&f, "bill-1");
    fake_pay(f.fake, payment.text);
    fake_script(f.fake, FAKE_LOOK, ERR_UNAVAILABLE, false);
    cr_assert_eq(webhook(&f, "evt_1", &payment), ERR_UNAVAILABLE);
    cr_assert_eq(webhook(&f, "evt_1", &payment), 0);
    expect_captured_once(&f, &payment);
    money_fixture_close(&f);
}

Test(card_payment, without_any_webhook_a_tick_finds_what_the_citizen_paid)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = checkout(&f, "bill-1");
    fake_pay(f.fake, payment.text);
    cr_assert_eq(money_tick(f.money, 10, NULL), 0); // not due yet
    advance_clock(&f, 10 * 1000);
    cr_assert_eq(money_tick(f.money, 10, NULL), 1);
    expect_captured_once(&f, &payment);
    advance_clock(&f, 60 * MINUTE);
    cr_assert_eq(money_tick(f.money, 10, NULL), 0, "a payment at rest is looked at");
    money_fixture_close(&f);
}

Test(card_payment, an_agency_that_refuses_its_line_lets_everything_go)
{
    struct {
        bool not_owed;
        int64_t change;
        int result;
        const char *reason;
    } rows[] = {{.not_owed = true, .reason = "not-owed"},
                {.change = 1, .reason = "amount-changed"},
                {.change = -1, .reason = "amount-changed"},
                {.result = ERR_INVALID, .reason = "not-owed"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct money_fixture f;
        money_fixture_open(&f);
        struct id payment = checkout(&f, "bill-1");
        fake_pay(f.fake, payment.text);
        f.not_owed = rows[i].not_owed;
        f.quote_change = rows[i].change;
        f.quote_result = rows[i].result;
        cr_assert_eq(payment_advance(f.money, &payment, NULL), 0);
        expect_nothing_taken(&f, &payment, PAYMENT_VOIDED);
        expect_reason(&f, &payment, rows[i].reason);
        checkout(&f, "bill-1"); // the item is free again
        money_fixture_close(&f);
    }
}

Test(card_payment, an_agency_that_is_down_is_waited_for_and_then_let_go)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = checkout(&f, "bill-1");
    fake_pay(f.fake, payment.text);
    f.quote_result = ERR_UNAVAILABLE;
    cr_assert_eq(payment_advance(f.money, &payment, NULL), 0);
    cr_assert_eq(state_of(&f, &payment), PAYMENT_AUTHORIZED);
    advance_clock(&f, MINUTE);
    f.quote_result = 0;
    money_tick(f.money, 10, NULL);
    expect_captured_once(&f, &payment);

    struct id other = checkout(&f, "bill-2");
    fake_pay(f.fake, other.text);
    f.quote_result = ERR_TIMEOUT;
    cr_assert_eq(payment_advance(f.money, &other, NULL), 0);
    settle(&f);
    cr_assert_eq(state_of(&f, &other), PAYMENT_VOIDED);
    expect_reason(&f, &other, "agency-unavailable");
    cr_assert_eq(fake_find(f.fake, other.text)->state, PROVIDER_GONE);
    money_fixture_close(&f);
}

Test(card_payment, a_citizen_who_goes_away_pays_nothing)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = checkout(&f, "bill-1");
    settle(&f);
    settle(&f);
    expect_nothing_taken(&f, &payment, PAYMENT_EXPIRED);
    money_fixture_close(&f);
}

Test(card_payment, who_paid_in_the_last_second_has_paid)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = checkout(&f, "bill-1");
    fake_pay(f.fake, payment.text);
    advance_clock(&f, 31 * MINUTE); // no webhook came, no tick ran
    cr_assert_eq(payment_advance(f.money, &payment, NULL), 0);
    expect_captured_once(&f, &payment);
    money_fixture_close(&f);
}

Test(card_payment, a_page_that_the_provider_closed_ends_the_payment)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = checkout(&f, "bill-1");
    fake_expire(f.fake, payment.text);
    cr_assert_eq(payment_advance(f.money, &payment, NULL), 0);
    expect_nothing_taken(&f, &payment, PAYMENT_FAILED);
    money_fixture_close(&f);
}

Test(card_payment, cancelling_closes_the_page_or_releases_the_card)
{
    for (int paid = 0; paid < 2; paid++) {
        struct money_fixture f;
        money_fixture_open(&f);
        struct id payment = checkout(&f, "bill-1");
        if (paid)
            fake_pay(f.fake, payment.text);
        cr_assert_eq(payment_cancel(f.money, &payment, NULL), 0);
        expect_nothing_taken(&f, &payment, PAYMENT_VOIDED);
        expect_reason(&f, &payment, "cancelled");
        cr_assert_eq(payment_cancel(f.money, &payment, NULL), 0);
        expect_nothing_taken(&f, &payment, PAYMENT_VOIDED);
        money_fixture_close(&f);
    }
}

Test(card_payment, cancelling_after_the_money_was_taken_changes_nothing)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = checkout(&f, "bill-1");
    fake_pay(f.fake, payment.text);
    cr_assert_eq(payment_advance(f.money, &payment, NULL), 0);
    cr_assert_eq(payment_cancel(f.money, &payment, NULL), 0);
    expect_captured_once(&f, &payment);
    money_fixture_close(&f);
}

Test(card_payment, another_amount_on_the_card_is_let_go)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = checkout(&f, "bill-1");
    fake_pay(f.fake, payment.text);
    fake_find(f.fake, payment.text)->amount = 999;
    cr_assert_eq(payment_advance(f.money, &payment, NULL), 0);
    expect_nothing_taken(&f, &payment, PAYMENT_FAILED);
    expect_reason(&f, &payment, "amount-mismatch");
    money_fixture_close(&f);
}

Test(card_payment, a_capture_without_an_answer_is_asked_for_and_found)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = checkout(&f, "bill-1");
    fake_pay(f.fake, payment.text);
    fake_script(f.fake, FAKE_CAPTURE, ERR_UNKNOWN, true); // it happened, the answer was lost
    cr_assert_eq(payment_advance(f.money, &payment, NULL), ERR_UNKNOWN);
    cr_assert_eq(state_of(&f, &payment), PAYMENT_AUTHORIZED);
    cr_assert_eq(agency_has(&f), 0, "the ledger guessed");
    cr_assert_eq(payment_advance(f.money, &payment, NULL), 0);
    expect_captured_once(&f, &payment);
    cr_assert_eq(f.fake->calls[FAKE_CAPTURE], 1);
    money_fixture_close(&f);
}

Test(card_payment, a_capture_that_never_arrived_is_made_again)
{
    static const int results[] = {ERR_UNKNOWN, ERR_UNAVAILABLE, ERR_PROTOCOL};
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        struct money_fixture f;
        money_fixture_open(&f);
        struct id payment = checkout(&f, "bill-1");
        fake_pay(f.fake, payment.text);
        fake_script(f.fake, FAKE_CAPTURE, results[i], false);
        cr_assert_eq(payment_advance(f.money, &payment, NULL), results[i]);
        settle(&f); // nobody comes back: the ticks do it
        expect_captured_once(&f, &payment);
        money_fixture_close(&f);
    }
}

Test(card_payment, a_capture_that_the_provider_refuses_releases_the_card)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = checkout(&f, "bill-1");
    fake_pay(f.fake, payment.text);
    fake_script(f.fake, FAKE_CAPTURE, ERR_DENIED, false);
    cr_assert_eq(payment_advance(f.money, &payment, NULL), 0);
    expect_nothing_taken(&f, &payment, PAYMENT_FAILED);
    expect_reason(&f, &payment, "declined");
    money_fixture_close(&f);
}

Test(card_payment, an_authorization_that_lapsed_is_a_failed_payment)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = checkout(&f, "bill-1");
    fake_pay(f.fake, payment.text);
    fake_script(f.fake, FAKE_CAPTURE, ERR_UNAVAILABLE, false);
    cr_assert_eq(payment_advance(f.money, &payment, NULL), ERR_UNAVAILABLE);
    fake_expire(f.fake, payment.text);
    cr_assert_eq(payment_advance(f.money, &payment, NULL), 0);
    expect_nothing_taken(&f, &payment, PAYMENT_FAILED);
    money_fixture_close(&f);
}

Test(card_payment, a_release_without_an_answer_is_asked_for)
{
    for (int worked = 0; worked < 2; worked++) {
        struct money_fixture f;
        money_fixture_open(&f);
        struct id payment = checkout(&f, "bill-1");
        fake_pay(f.fake, payment.text);
        f.not_owed = true;
        fake_script(f.fake, FAKE_CANCEL, ERR_UNKNOWN, worked);
        cr_assert_eq(payment_advance(f.money, &payment, NULL), ERR_UNKNOWN);
        cr_assert_eq(state_of(&f, &payment), PAYMENT_AUTHORIZED);
        f.not_owed = false; // too late: it was decided
        settle(&f);
        expect_nothing_taken(&f, &payment, PAYMENT_VOIDED);
        money_fixture_close(&f);
    }
}

Test(card_payment, a_page_that_cannot_be_opened_frees_item_and_key)
{
    static const int results[] = {ERR_UNAVAILABLE, ERR_DENIED};
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        struct money_fixture f;
        money_fixture_open(&f);
        struct small_order small;
        struct money_answer answer;
        small_order(&f, &small, "k1", "bill-1", 1000);
        fake_script(f.fake, FAKE_OPEN, results[i], false);
        cr_assert_eq(money_checkout(f.money, "card", &small.order, &answer, NULL), ERR_UNAVAILABLE);
        cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM idempotency"), 0);
        cr_assert_eq(money_checkout(f.money, "card", &small.order, &answer, NULL), 0);
        fake_pay(f.fake, answer.payment.text);
        cr_assert_eq(payment_advance(f.money, &answer.payment, NULL), 0);
        expect_captured_once(&f, &answer.payment);
        buf_finish(&answer.body);
        money_fixture_close(&f);
    }
}

Test(card_payment, a_page_whose_answer_was_lost_is_the_same_page_when_asked_again)
{
    struct money_fixture f;
    money_fixture_open(&f);
    fake_script(f.fake, FAKE_OPEN, ERR_UNKNOWN, true);
    struct id payment = checkout(&f, "bill-1");
    cr_assert_eq(f.fake->count, 1);
    cr_assert_eq(f.fake->calls[FAKE_OPEN], 2);
    fake_pay(f.fake, payment.text);
    cr_assert_eq(payment_advance(f.money, &payment, NULL), 0);
    expect_captured_once(&f, &payment);
    money_fixture_close(&f);
}

Test(card_payment, one_bill_has_one_open_page_and_a_wallet_payment_cannot_slip_past)
{
    struct money_fixture f;
    money_fixture_open(&f);
    fill_wallet(&f, 5000);
    struct id payment = checkout(&f, "bill-1");
    struct money_answer answer;
    cr_assert_eq(pay_wallet(&f, "k2", "bill-1", 1000, &answer), ERR_CONFLICT);
    cr_assert_eq(answer.refusal, MONEY_ITEM_TAKEN);
    cr_assert_str_eq(answer.other.text, payment.text);
    cr_assert_eq(payment_cancel(f.money, &payment, NULL), 0);
    cr_assert_eq(pay_wallet(&f, "k2", "bill-1", 1000, &answer), 0);
    buf_finish(&answer.body);
    money_fixture_close(&f);
}

// --- several callers at once ---------------------------------------------------------------------

struct caller {
    struct money_fixture *f;
    const struct id *payment;
    bool cancels;
    pthread_t thread;
};

static void *caller_main(void *argument)
{
    struct caller *caller = argument;
    struct err err = {0};
    int status = caller->cancels ? payment_cancel(caller->f->money, caller->payment, &err)
                                 : payment_advance(caller->f->money, caller->payment, &err);
    cr_assert_eq(status, 0, "%s", err.message);
    return NULL;
}

Test(card_payment, webhook_return_page_and_tick_at_once_take_the_money_once)
{
    for (int round = 0; round < 10; round++) {
        struct money_fixture f;
        money_fixture_open(&f);
        struct id payment = checkout(&f, "bill-1");
        fake_pay(f.fake, payment.text);
        struct caller callers[6];
        for (int i = 0; i < 6; i++) {
            callers[i] = (struct caller){&f, &payment, round % 2 && i == 3, 0};
            pthread_create(&callers[i].thread, NULL, caller_main, &callers[i]);
        }
        for (int i = 0; i < 6; i++)
            pthread_join(callers[i].thread, NULL);
        settle(&f);
        if (state_of(&f, &payment) == PAYMENT_VOIDED)
            expect_nothing_taken(&f, &payment, PAYMENT_VOIDED);
        else
            expect_captured_once(&f, &payment);
        money_fixture_close(&f);
    }
}

struct in_task {
    struct money_fixture *f;
    struct loop *loop;
    struct id payment;
    int *left;
};

static void task_main(void *argument)
{
    struct in_task *in = argument;
    struct err err = {0};
    cr_assert_eq(payment_wait(in->f->money, &in->payment, 20000, &err), 0, "%s", err.message);
    cr_assert_eq(state_of(in->f, &in->payment), PAYMENT_CAPTURED, "a page showed it unfinished");
    if (--*in->left == 0)
        loop_stop(in->loop);
}

Test(card_payment, tasks_of_one_loop_that_wait_for_each_other_take_the_money_once)
{
    enum { TASKS = 20 };
    struct money_fixture f;
    struct loop loop;
    money_fixture_open(&f);
    cr_assert_eq(loop_init(&loop, NULL), 0);
    struct id payment = checkout(&f, "bill-1");
    fake_pay(f.fake, payment.text);
    int left = TASKS;
    struct in_task in = {&f, &loop, payment, &left};
    for (int i = 0; i < TASKS; i++)
        cr_assert_eq(task_spawn(&loop, task_main, &in), 0);
    loop_run(&loop);
    loop_finish(&loop);
    cr_assert_eq(left, 0);
    expect_captured_once(&f, &payment);
    cr_assert_eq(f.fake->calls[FAKE_CAPTURE], 1);
    money_fixture_close(&f);
}

// --- a host that dies ----------------------------------------------------------------------------

// In a child, which opens the store itself and dies inside the provider's function.
static void die_in_child(struct money_fixture *f, enum fake_operation operation, bool worked,
                         void (*act)(struct money_fixture *f))
{
    money_fixture_stop(f);
    pid_t child = fork();
    if (child == 0) {
        money_fixture_restart(f);
        fake_script(f->fake, operation, ERR_UNKNOWN, worked);
        f->fake->script[operation].dies = true;
        act(f);
        _exit(1); // it should have died
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 9, "%d", status);
    money_fixture_restart(f);
}

static struct id victim;

static void act_advance(struct money_fixture *f)
{
    payment_advance(f->money, &victim, NULL);
}

static void act_cancel(struct money_fixture *f)
{
    payment_cancel(f->money, &victim, NULL);
}

static void act_checkout(struct money_fixture *f)
{
    struct small_order small;
    struct money_answer answer;
    small_order(f, &small, "dying", "bill-1", 1000);
    money_checkout(f->money, "card", &small.order, &answer, NULL);
    buf_finish(&answer.body);
}

Test(card_payment, a_host_that_dies_between_intent_and_outcome_is_resolved_by_asking)
{
    for (int worked = 0; worked < 2; worked++) {
        struct money_fixture f;
        money_fixture_open(&f);
        victim = checkout(&f, "bill-1");
        fake_pay(f.fake, victim.text);
        die_in_child(&f, FAKE_CAPTURE, worked, act_advance);
        cr_assert_eq(state_of(&f, &victim), PAYMENT_AUTHORIZED);
        cr_assert_eq(agency_has(&f), 0);
        cr_assert_eq(money_tick(f.money, 10, NULL), 1);
        expect_captured_once(&f, &victim);
        money_fixture_close(&f);
    }
}

Test(card_payment, a_host_that_dies_while_it_lets_go_still_takes_nothing)
{
    for (int worked = 0; worked < 2; worked++) {
        struct money_fixture f;
        money_fixture_open(&f);
        victim = checkout(&f, "bill-1");
        fake_pay(f.fake, victim.text);
        die_in_child(&f, FAKE_CANCEL, worked, act_cancel);
        cr_assert_eq(money_tick(f.money, 10, NULL), 1);
        expect_nothing_taken(&f, &victim, PAYMENT_VOIDED);
        money_fixture_close(&f);
    }
}

Test(card_payment, a_host_that_dies_while_it_opens_a_page_frees_item_and_key)
{
    for (int worked = 0; worked < 2; worked++) {
        struct money_fixture f;
        money_fixture_open(&f);
        die_in_child(&f, FAKE_OPEN, worked, act_checkout);
        cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM payment WHERE state = 'failed'"), 1);
        cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM payment_line WHERE state = 'open'"), 0);
        act_checkout(&f); // the same key and body: the client tries again
        cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM payment WHERE state = 'created'"), 1);
        money_fixture_close(&f);
    }
}

// --- what may not be -----------------------------------------------------------------------------

Test(card_payment, only_the_drawn_arrows_exist)
{
    static const struct {
        enum payment_state from, to;
    } arrows[] = {{PAYMENT_CREATED, PAYMENT_AUTHORIZED}, {PAYMENT_AUTHORIZED, PAYMENT_CAPTURED},
                  {PAYMENT_CREATED, PAYMENT_VOIDED},     {PAYMENT_CREATED, PAYMENT_EXPIRED},
                  {PAYMENT_CREATED, PAYMENT_FAILED},     {PAYMENT_AUTHORIZED, PAYMENT_VOIDED},
                  {PAYMENT_AUTHORIZED, PAYMENT_EXPIRED}, {PAYMENT_AUTHORIZED, PAYMENT_FAILED},
                  {PAYMENT_CAPTURED, PAYMENT_REFUNDED}};
    for (int from = 0; from < PAYMENT_STATES; from++)
        for (int to = 0; to < PAYMENT_STATES; to++) {
            bool drawn = false;
            for (size_t i = 0; i < sizeof arrows / sizeof *arrows; i++)
                drawn |= arrows[i].from == (enum payment_state)from &&
                         arrows[i].to == (enum payment_state)to;
            cr_assert_eq(payment_may_move(from, to), drawn, "%s to %s", payment_state_name(from),
                         payment_state_name(to));
        }
}

Test(card_payment, the_database_itself_refuses_impossible_amounts)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = checkout(&f, "bill-1");
    fake_pay(f.fake, payment.text);
    cr_assert_eq(payment_advance(f.money, &payment, NULL), 0);
    static const char *const bad[] = {
        "UPDATE payment SET captured = authorized + 1",
        "UPDATE payment SET refunded = captured + 1",
        "UPDATE payment SET refunding = 1, refunded = captured",
        "UPDATE payment SET state = 'paid'",
        "UPDATE payment SET receipt = NULL",
        "UPDATE payment_line SET refunded = amount + 1",
        "UPDATE payment_line SET amount = 0",
        "UPDATE payment_line SET accepted = amount + 1",
        "UPDATE payment_line SET accepted = 400, refunded = 401",
        "UPDATE payment_line SET fee = amount",
        "INSERT INTO payment_line SELECT payment, 2, instance, item, title_en, title_ar, "
        "reference, pseudonym, amount, 0, 0, 'open', NULL, 0, NULL, NULL FROM payment_line"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(run_outside(&f, bad[i]), "%s", bad[i]);
    money_fixture_close(&f);
}
