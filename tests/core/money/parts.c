// SPDX-License-Identifier: Apache-2.0
//
// One payment, several agencies: what one of them refuses, the others do not pay for. And payments
// whose amount is known only afterwards.
#include "base/json.h"
#include "fixture.h"
#include "loop/task.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { MINUTE = 60 * 1000 };

static struct ledger_party clearing = {LEDGER_CLEARING, "card"};

static int64_t agency_has(struct money_fixture *f, const char *instance)
{
    return balance_of(f, (struct ledger_party){LEDGER_SETTLEMENT, instance});
}

static const struct payment *look_up(struct money_fixture *f, const struct id *id,
                                     struct arena *arena)
{
    struct payment *payment;
    cr_assert_eq(money_payment(f->money, id_str(id), arena, &payment, NULL), 0);
    return payment;
}

// --- pay all -------------------------------------------------------------------------------------

static const char *const instances[] = {"water", "fines", "toll"};
static const int64_t amounts[] = {1000, 40000, 700};

static struct id checkout_all(struct money_fixture *f, const char *key)
{
    struct small_order small;
    struct money_item items[3];
    struct money_answer answer;
    struct err err = {0};
    small_order(f, &small, key, "item", 1000);
    for (int i = 0; i < 3; i++) {
        items[i] = small.item;
        items[i].instance = str_from(instances[i]);
        items[i].amount = amounts[i];
    }
    small.order.items = items;
    small.order.count = 3;
    cr_assert_eq(money_checkout(f->money, "card", &small.order, &answer, &err), 0, "%s",
                 err.message);
    buf_finish(&answer.body);
    return answer.payment;
}

// Fines says no, the others take theirs.
static int fines_refuse(struct money_fixture *f, const struct payment_line *line,
                        struct money_quote *out)
{
    (void)f;
    *out = (struct money_quote){.owed = !str_is(line->instance, "fines"),
                                .amount = line->amount - line->fee};
    return 0;
}

static int fines_silent(struct money_fixture *f, const struct payment_line *line,
                        struct money_quote *out)
{
    fines_refuse(f, line, out);
    return str_is(line->instance, "fines") ? ERR_UNAVAILABLE : 0;
}

static int all_refuse(struct money_fixture *f, const struct payment_line *line,
                      struct money_quote *out)
{
    (void)f, (void)line;
    *out = (struct money_quote){.owed = false};
    return 0;
}

static void expect_fines_released(struct money_fixture *f, const struct id *id, const char *reason)
{
    struct arena arena = {0};
    const struct payment *payment = look_up(f, id, &arena);
    cr_assert_eq(payment->state, PAYMENT_CAPTURED);
    cr_assert_eq(payment->authorized, 41700);
    cr_assert_eq(payment->captured, 1700);
    cr_assert_eq(payment->lines[0].state, LINE_PAID);
    cr_assert_eq(payment->lines[1].state, LINE_RELEASED);
    cr_assert(str_is(payment->lines[1].reason, reason), STR_FORMAT,
              STR_ARGUMENTS(payment->lines[1].reason));
    cr_assert_eq(payment->lines[2].state, LINE_PAID);
    struct fake_payment *there = fake_find(f->fake, id->text);
    cr_assert_eq(there->captures, 1);
    cr_assert_eq(there->taken, 1700);
    cr_assert_eq(agency_has(f, "water"), 1000);
    cr_assert_eq(agency_has(f, "fines"), 0);
    cr_assert_eq(agency_has(f, "toll"), 700);
    cr_assert_eq(balance_of(f, clearing), -1700);
    cr_assert_eq(ask_outside(f, "SELECT count(*) FROM outbox WHERE instance = 'fines'"), 0);
    expect_books_whole(f);
    arena_finish(&arena);
}

Test(pay_all, what_one_agency_refuses_is_released_and_the_rest_captured_once)
{
    struct money_fixture f;
    money_fixture_open(&f);
    f.answer = fines_refuse;
    struct id id = checkout_all(&f, "k1");
    fake_pay(f.fake, id.text);
    cr_assert_eq(payment_advance(f.money, &id, NULL), 0);
    expect_fines_released(&f, &id, "not-owed");
    struct small_order small; // what was released can be paid another day, what was paid cannot
    struct money_answer answer;
    small_order(&f, &small, "k2", "item", 40000);
    cr_assert_eq(money_checkout(f.money, "card", &small.order, &answer, NULL), ERR_CONFLICT);
    small.item.instance = STR("fines");
    cr_assert_eq(money_checkout(f.money, "card", &small.order, &answer, NULL), 0);
    buf_finish(&answer.body);
    money_fixture_close(&f);
}

Test(pay_all, an_agency_that_stays_silent_holds_up_the_others_only_for_a_while)
{
    struct money_fixture f;
    money_fixture_open(&f);
    f.answer = fines_silent;
    struct id id = checkout_all(&f, "k1");
    fake_pay(f.fake, id.text);
    cr_assert_eq(payment_advance(f.money, &id, NULL), 0);
    cr_assert_eq(state_of(&f, &id), PAYMENT_AUTHORIZED);
    advance_clock(&f, 3 * MINUTE);
    money_tick(f.money, 10, NULL);
    expect_fines_released(&f, &id, "agency-unavailable");
    money_fixture_close(&f);
}

Test(pay_all, when_all_refuse_nothing_is_taken)
{
    struct money_fixture f;
    money_fixture_open(&f);
    f.answer = all_refuse;
    struct id id = checkout_all(&f, "k1");
    fake_pay(f.fake, id.text);
    cr_assert_eq(payment_advance(f.money, &id, NULL), 0);
    cr_assert_eq(state_of(&f, &id), PAYMENT_VOIDED);
    cr_assert_eq(fake_find(f.fake, id.text)->state, PROVIDER_GONE);
    cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM ledger_transfer"), 0);
    money_fixture_close(&f);
}

// The answer to the capture is lost, and the agencies would say something else by now: what was
// decided with the intent is what counts.
Test(pay_all, a_lost_answer_changes_nothing_of_what_was_decided)
{
    for (int worked = 0; worked < 2; worked++) {
        struct money_fixture f;
        money_fixture_open(&f);
        f.answer = fines_refuse;
        struct id id = checkout_all(&f, "k1");
        fake_pay(f.fake, id.text);
        fake_script(f.fake, FAKE_CAPTURE, ERR_UNKNOWN, worked);
        payment_advance(f.money, &id, NULL);
        f.answer = NULL;
        money_fixture_restart(&f);
        advance_clock(&f, 10 * MINUTE);
        money_tick(f.money, 10, NULL);
        expect_fines_released(&f, &id, "not-owed");
        money_fixture_close(&f);
    }
}

// --- fees ----------------------------------------------------------------------------------------

static struct tariff *two_percent(void)
{
    struct tariff *tariff;
    json_t *document = json_parse(STR("{\"*\":{\"card\":{\"basis_points\":200}},"
                                      "\"toll\":{\"*\":{\"fixed\":25}}}"),
                                  NULL);
    cr_assert_eq(tariff_create(&tariff, document, NULL), 0);
    json_decref(document);
    return tariff;
}

Test(fees, a_fee_is_the_citys_and_falls_with_its_line)
{
    struct money_fixture f = {0};
    struct tariff *tariff = two_percent();
    money_fixture_open(&f);
    f.tariff = tariff;
    f.answer = fines_refuse;
    money_fixture_restart(&f);
    struct id id = checkout_all(&f, "k1");
    cr_assert_eq(fake_find(f.fake, id.text)->amount, 1020 + 40800 + 725);
    fake_pay(f.fake, id.text);
    cr_assert_eq(payment_advance(f.money, &id, NULL), 0);
    cr_assert_eq(fake_find(f.fake, id.text)->taken, 1020 + 725);
    cr_assert_eq(agency_has(&f, "water"), 1000);
    cr_assert_eq(agency_has(&f, "toll"), 700);
    cr_assert_eq(balance_of(&f, (struct ledger_party){LEDGER_FEE, "city"}), 45);
    expect_books_whole(&f);
    money_fixture_close(&f);
    tariff_destroy(tariff);
}

static int refund_line(struct money_fixture *f, const struct id *id, const char *key,
                       int64_t amount, int64_t seen)
{
    struct money_answer answer;
    struct money_refund order = {.key = {.caller = STR("operator"),
                                         .route = STR("refund"),
                                         .key = str_from(key),
                                         .request = crypto_sha256(str_from(key))},
                                 .payment = id,
                                 .line = 1,
                                 .amount = amount,
                                 .seen = seen,
                                 .reason = "test"};
    int status = payment_refund(f->money, &order, &answer, NULL);
    if (seen < 0)
        cr_assert_eq(answer.refusal, MONEY_STALE);
    buf_finish(&answer.body);
    return status;
}

Test(fees, a_refund_takes_the_agencys_share_first_and_gives_each_its_own_back_when_it_fails)
{
    struct money_fixture f = {0};
    struct tariff *tariff = two_percent();
    money_fixture_open(&f);
    f.tariff = tariff;
    money_fixture_restart(&f);
    struct id id = checkout(&f, "bill-1"); // 1000 and 20
    fake_pay(f.fake, id.text);
    cr_assert_eq(payment_advance(f.money, &id, NULL), 0);
    struct ledger_party city = {LEDGER_FEE, "city"};
    cr_assert_eq(refund_line(&f, &id, "r1", 900, 1020), 0);
    cr_assert_eq(agency_has(&f, "water"), 100);
    fake_script(f.fake, FAKE_REFUND, ERR_DENIED, false);
    cr_assert_eq(refund_line(&f, &id, "r2", 110, 120), 0); // refused by the provider
    cr_assert_eq(agency_has(&f, "water"), 100);
    cr_assert_eq(balance_of(&f, city), 20);
    cr_assert_eq(refund_line(&f, &id, "r3", 110, 120), 0);
    cr_assert_eq(agency_has(&f, "water"), 0);
    cr_assert_eq(balance_of(&f, city), 10);
    cr_assert_eq(refund_line(&f, &id, "r4", 10, 10), 0);
    cr_assert_eq(state_of(&f, &id), PAYMENT_REFUNDED);
    cr_assert_eq(balance_of(&f, city), 0);
    cr_assert_eq(fake_find(f.fake, id.text)->given_back, 1020);
    expect_books_whole(&f);
    money_fixture_close(&f);
    tariff_destroy(tariff);
}

Test(fees, a_tariff_that_is_wrong_is_refused_and_says_where)
{
    static const struct {
        const char *document, *message;
    } cases[] = {
        {"{\"water\":5}", "tariff.water must be an object"},
        {"{\"water\":{\"card\":{\"percent\":2}}}", "tariff.water.card: percent is not known"},
        {"{\"*\":{\"card\":{\"fixed\":-1}}}", "tariff.*.card: fixed must be"},
        {"{\"*\":{\"card\":{\"basis_points\":10001}}}", "basis_points must be"},
        {"{\"*\":{\"card\":7}}", "a fee is an object"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0};
        struct tariff *tariff = NULL;
        json_t *document = json_parse(str_from(cases[i].document), NULL);
        cr_assert_eq(tariff_create(&tariff, document, &err), ERR_INVALID, "case %zu", i);
        cr_assert(strstr(err.message, cases[i].message), "%s", err.message);
        json_decref(document);
    }
}

Test(refund, whoever_did_not_see_the_last_refund_is_refused)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id id = checkout(&f, "bill-1");
    fake_pay(f.fake, id.text);
    cr_assert_eq(payment_advance(f.money, &id, NULL), 0);
    cr_assert_eq(refund_line(&f, &id, "r1", 300, 1000), 0);
    cr_assert_eq(refund_line(&f, &id, "r2", 300, 1000), ERR_CONFLICT); // would be a second time
    cr_assert_eq(fake_find(f.fake, id.text)->given_back, 300);
    cr_assert_eq(refund_line(&f, &id, "r3", 300, -1), ERR_CONFLICT);
    cr_assert_eq(refund_line(&f, &id, "r4", 300, 700), 0);
    money_fixture_close(&f);
}

// --- holds ---------------------------------------------------------------------------------------

static int64_t used; // what the pump says; below zero: it runs

static int pump(struct money_fixture *f, const struct payment_line *line, struct money_quote *out)
{
    (void)f, (void)line;
    *out = (struct money_quote){.owed = true, .amount = used, .wait_ms = used < 0 ? 1000 : 0};
    return 0;
}

static struct id hold(struct money_fixture *f, const char *provider)
{
    struct small_order small;
    struct money_answer answer;
    struct err err = {0};
    struct id key = id_next(&f->ids, clock_now(&f->clock));
    small_order(f, &small, key.text, "pump-7", 10000);
    small.item.hold = true;
    f->answer = pump;
    used = -1;
    cr_assert_eq(money_checkout(f->money, provider, &small.order, &answer, &err), 0, "%s",
                 err.message);
    buf_finish(&answer.body);
    if (strcmp(provider, "card") == 0)
        fake_pay(f->fake, answer.payment.text);
    cr_assert_eq(payment_advance(f->money, &answer.payment, NULL), 0);
    cr_assert_eq(state_of(f, &answer.payment), PAYMENT_AUTHORIZED);
    return answer.payment;
}

static void pump_says(struct money_fixture *f, int64_t amount)
{
    advance_clock(f, 1000);
    used = amount;
    cr_assert_eq(money_tick(f->money, 10, NULL), 1);
}

Test(hold, what_was_used_is_taken_from_the_card_and_the_rest_let_go)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id id = hold(&f, "card");
    pump_says(&f, -1);
    cr_assert_eq(state_of(&f, &id), PAYMENT_AUTHORIZED);
    cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM ledger_transfer"), 0);
    pump_says(&f, 6432);
    cr_assert_eq(state_of(&f, &id), PAYMENT_CAPTURED);
    cr_assert_eq(fake_find(f.fake, id.text)->taken, 6432);
    cr_assert_eq(agency_has(&f, "water"), 6432);
    cr_assert_eq(refund_line(&f, &id, "r1", 6433, 6432), ERR_CONFLICT);
    cr_assert_eq(refund_line(&f, &id, "r2", 6432, 6432), 0);
    cr_assert_eq(state_of(&f, &id), PAYMENT_REFUNDED);
    expect_books_whole(&f);
    money_fixture_close(&f);
}

Test(hold, never_more_than_was_authorized_whatever_the_agency_says)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id id = hold(&f, "card");
    pump_says(&f, 10001);
    cr_assert_eq(state_of(&f, &id), PAYMENT_CAPTURED);
    cr_assert_eq(fake_find(f.fake, id.text)->taken, 10000);
    cr_assert_eq(agency_has(&f, "water"), 10000);
    money_fixture_close(&f);
}

Test(hold, nothing_used_is_nothing_taken_and_the_agency_is_told)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id id = hold(&f, "card");
    pump_says(&f, 0);
    cr_assert_eq(state_of(&f, &id), PAYMENT_VOIDED);
    cr_assert_eq(fake_find(f.fake, id.text)->taken, 0);
    cr_assert_eq(fake_find(f.fake, id.text)->state, PROVIDER_GONE);
    cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM outbox WHERE kind = 'payment.released'"), 1);
    money_fixture_close(&f);
}

Test(hold, an_agency_that_never_says_gets_nothing_when_the_time_is_over)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id id = hold(&f, "card");
    cr_assert_eq(payment_cancel(f.money, &id, NULL), ERR_CONFLICT, "the pump may be running");
    for (int i = 0; i < 44; i++) {
        advance_clock(&f, MINUTE);
        money_tick(f.money, 10, NULL);
    }
    cr_assert_eq(state_of(&f, &id), PAYMENT_AUTHORIZED);
    advance_clock(&f, 2 * MINUTE);
    money_tick(f.money, 10, NULL);
    cr_assert_eq(state_of(&f, &id), PAYMENT_EXPIRED);
    cr_assert_eq(fake_find(f.fake, id.text)->taken, 0);
    cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM outbox WHERE kind = 'payment.released'"), 1);
    money_fixture_close(&f);
}

Test(hold, a_card_that_let_the_money_go_meanwhile_is_not_charged)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id id = hold(&f, "card");
    fake_expire(f.fake, id.text);
    fake_script(f.fake, FAKE_CAPTURE, ERR_DENIED, false);
    pump_says(&f, 5000);
    cr_assert_eq(state_of(&f, &id), PAYMENT_FAILED);
    cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM ledger_transfer"), 0);
    cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM outbox WHERE kind = 'payment.released'"), 1);
    money_fixture_close(&f);
}

Test(hold, the_wallet_holds_and_captures_like_a_card)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct ledger_party wallet = {LEDGER_WALLET, f.citizen.text};
    struct ledger_party held = {LEDGER_CLEARING, "wallet"};
    fill_wallet(&f, 12000);
    struct id id = hold(&f, "wallet");
    cr_assert_eq(balance_of(&f, wallet), 2000);
    cr_assert_eq(balance_of(&f, held), 10000);
    money_fixture_restart(&f);
    pump_says(&f, 6432);
    cr_assert_eq(state_of(&f, &id), PAYMENT_CAPTURED);
    cr_assert_eq(balance_of(&f, wallet), 12000 - 6432);
    cr_assert_eq(balance_of(&f, held), 0);
    cr_assert_eq(agency_has(&f, "water"), 6432);
    cr_assert_eq(refund_line(&f, &id, "r1", 432, 6432), 0);
    cr_assert_eq(balance_of(&f, wallet), 6000);
    expect_books_whole(&f);
    money_fixture_close(&f);
}

Test(hold, a_wallet_that_cannot_hold_the_limit_is_refused_and_nothing_stays)
{
    struct money_fixture f;
    money_fixture_open(&f);
    fill_wallet(&f, 9999);
    struct small_order small;
    struct money_answer answer;
    small_order(&f, &small, "k1", "pump-7", 10000);
    small.item.hold = true;
    cr_assert_eq(money_checkout(f.money, "wallet", &small.order, &answer, NULL), ERR_CONFLICT);
    cr_assert_eq(answer.refusal, MONEY_INSUFFICIENT);
    fill_wallet(&f, 1);
    f.answer = pump;
    used = -1;
    cr_assert_eq(money_checkout(f.money, "wallet", &small.order, &answer, NULL), 0, "same key");
    buf_finish(&answer.body);
    pump_says(&f, 0);
    cr_assert_eq(state_of(&f, &answer.payment), PAYMENT_VOIDED);
    cr_assert_eq(balance_of(&f, (struct ledger_party){LEDGER_WALLET, f.citizen.text}), 10000);
    expect_books_whole(&f);
    money_fixture_close(&f);
}

// The host dies when the wallet holds the money and before anybody was told.
Test(hold, what_a_wallet_holds_for_nobody_goes_back_when_the_next_host_starts)
{
    struct money_fixture f;
    money_fixture_open(&f);
    fill_wallet(&f, 12000);
    struct id id = hold(&f, "wallet");
    cr_assert(run_outside(&f, "UPDATE payment SET state = 'created', authorized = 0, "
                              "authorized_at = NULL, session = NULL, charge = NULL"));
    cr_assert(run_outside(&f, "UPDATE payment_intent SET state = 'pending', ended = NULL, "
                              "incarnation = 'dead'"));
    money_fixture_restart(&f);
    cr_assert_eq(state_of(&f, &id), PAYMENT_FAILED);
    cr_assert_eq(balance_of(&f, (struct ledger_party){LEDGER_CLEARING, "wallet"}), 0);
    cr_assert_eq(balance_of(&f, (struct ledger_party){LEDGER_WALLET, f.citizen.text}), 12000);
    expect_books_whole(&f);
    money_fixture_close(&f);
}

Test(hold, stands_alone_in_its_order)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct small_order small;
    struct money_answer answer;
    small_order(&f, &small, "k1", "pump-7", 10000);
    struct money_item items[2] = {small.item, small.item};
    items[0].hold = true;
    items[1].item = STR("other");
    small.order.items = items;
    small.order.count = 2;
    cr_assert_eq(money_checkout(f.money, "card", &small.order, &answer, NULL), ERR_INVALID);
    cr_assert_eq(money_pay_wallet(f.money, &small.order, &answer, NULL), ERR_INVALID);
    money_fixture_close(&f);
}

// --- dead letters --------------------------------------------------------------------------------

Test(outbox, an_event_nobody_takes_dies_is_seen_and_can_be_tried_again)
{
    struct money_fixture f = {0};
    money_fixture_open(&f);
    f.event_ms = 10 * MINUTE;
    money_fixture_restart(&f);
    fill_wallet(&f, 1000);
    struct money_answer answer;
    cr_assert_eq(pay_wallet(&f, "k1", "bill-1", 1000, &answer), 0);
    buf_finish(&answer.body);
    cr_assert_eq(refund_line(&f, &answer.payment, "r1", 100, 1000), 0); // waits behind it
    struct arena arena = {0};
    struct outbox_event events[4];
    struct outbox_claim claim = {"water", 1000, events, 4, &arena};
    int tries = 0;
    for (int minutes = 0; minutes < 60; minutes++) {
        int count = outbox_take(f.money, &claim, NULL);
        cr_assert_leq(count, 1, "the refund overtook its payment");
        if (count == 1 && ++tries)
            cr_assert_eq(outbox_defer(f.money, &events[0], NULL), 0);
        advance_clock(&f, MINUTE);
    }
    cr_assert(tries >= 5 && tries <= 12, "%d", tries);
    struct outbox_dead dead[4];
    struct outbox_status status;
    cr_assert_eq(outbox_list_dead(f.money, dead, 4, NULL), 1);
    cr_assert_str_eq(dead[0].kind, "payment.captured");
    cr_assert_str_eq(dead[0].payment.text, answer.payment.text);
    cr_assert_eq(outbox_status(f.money, &status, NULL), 0);
    cr_assert_eq(status.dead, 1);
    cr_assert_eq(outbox_replay(f.money, STR("nonsense"), NULL), ERR_NOT_FOUND);
    cr_assert_eq(outbox_replay(f.money, id_str(&dead[0].id), NULL), 1);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(outbox_take(f.money, &claim, NULL), 1);
        cr_assert_str_eq(events[0].kind, i ? "payment.refunded" : "payment.captured");
        cr_assert_eq(outbox_acknowledge(f.money, &events[0], 1, NULL), 0);
    }
    cr_assert_eq(outbox_replay(f.money, STR(""), NULL), 0);
    arena_finish(&arena);
    money_fixture_close(&f);
}
