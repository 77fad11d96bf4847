// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"
#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct ledger_party water = {LEDGER_SETTLEMENT, "water"};
static struct ledger_party reserve = {LEDGER_RESERVE, "card"};
static struct ledger_party clearing = {LEDGER_CLEARING, "card"};

static int refund(struct money_fixture *f, const struct id *payment, const char *key,
                  int64_t amount, struct money_answer *answer)
{
    char request[32];
    snprintf(request, sizeof request, "%lld", (long long)amount);
    struct money_refund order = {.key = {.caller = STR("operator"),
                                         .route = STR("POST /refunds"),
                                         .key = str_from(key),
                                         .request = crypto_sha256(str_from(request))},
                                 .payment = payment,
                                 .line = 1,
                                 .amount = amount,
                                 .seen = left_of(f, payment),
                                 .reason = "billed-twice"};
    return payment_refund(f->money, &order, answer, NULL);
}

static int refund_quietly(struct money_fixture *f, const struct id *payment, const char *key,
                          int64_t amount)
{
    struct money_answer answer;
    int status = refund(f, payment, key, amount, &answer);
    buf_finish(&answer.body);
    return status;
}

static struct id paid_by_card(struct money_fixture *f)
{
    struct id payment = checkout(f, "bill-1");
    fake_pay(f->fake, payment.text);
    cr_assert_eq(payment_advance(f->money, &payment, NULL), 0);
    cr_assert_eq(state_of(f, &payment), PAYMENT_CAPTURED);
    return payment;
}

static struct id paid_by_wallet(struct money_fixture *f)
{
    struct money_answer answer;
    fill_wallet(f, 1000);
    cr_assert_eq(pay_wallet(f, "pay", "bill-1", 1000, &answer), 0);
    buf_finish(&answer.body);
    return answer.payment;
}

Test(refund, to_a_wallet_is_done_at_once_in_parts_and_in_whole)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = paid_by_wallet(&f);
    struct ledger_party wallet = {LEDGER_WALLET, f.citizen.text};
    struct money_answer first, again;
    cr_assert_eq(refund(&f, &payment, "r1", 300, &first), 0);
    cr_assert_eq(first.status, 201);
    cr_assert_eq(state_of(&f, &payment), PAYMENT_CAPTURED);
    cr_assert_eq(balance_of(&f, wallet), 300);
    cr_assert_eq(refund(&f, &payment, "r1", 300, &again), 0);
    cr_assert(again.replayed);
    cr_assert_str_eq(again.body.data, first.body.data);
    cr_assert_eq(balance_of(&f, wallet), 300);
    cr_assert_eq(refund_quietly(&f, &payment, "r2", 701), ERR_CONFLICT);
    cr_assert_eq(refund_quietly(&f, &payment, "r2", 700), 0);
    cr_assert_eq(state_of(&f, &payment), PAYMENT_REFUNDED);
    cr_assert_eq(balance_of(&f, water), 0);
    cr_assert_eq(refund_quietly(&f, &payment, "r3", 1), ERR_CONFLICT);
    expect_books_whole(&f);
    buf_finish(&first.body);
    buf_finish(&again.body);
    struct money_answer answer; // what was refunded is owed again
    cr_assert_eq(pay_wallet(&f, "pay-again", "bill-1", 1000, &answer), 0);
    buf_finish(&answer.body);
    money_fixture_close(&f);
}

Test(refund, to_a_card_waits_in_the_reserve_until_the_provider_has_it)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = paid_by_card(&f);
    fake_script(f.fake, FAKE_REFUND, ERR_UNAVAILABLE, false);
    struct money_answer answer;
    cr_assert_eq(refund(&f, &payment, "r1", 400, &answer), 0);
    cr_assert_eq(answer.status, 202);
    buf_finish(&answer.body);
    cr_assert_eq(balance_of(&f, water), 600);
    cr_assert_eq(balance_of(&f, reserve), 400);
    cr_assert_eq(refund_quietly(&f, &payment, "r2", 601), ERR_CONFLICT);
    advance_clock(&f, 5 * 60 * 1000);
    cr_assert_eq(money_tick(f.money, 10, NULL), 1);
    cr_assert_eq(balance_of(&f, reserve), 0);
    cr_assert_eq(balance_of(&f, clearing), -600);
    cr_assert_eq(fake_find(f.fake, payment.text)->given_back, 400);
    cr_assert_eq(refund_quietly(&f, &payment, "r3", 600), 0);
    cr_assert_eq(state_of(&f, &payment), PAYMENT_REFUNDED);
    expect_books_whole(&f);
    money_fixture_close(&f);
}

Test(refund, one_that_the_provider_refuses_goes_back_to_the_agency)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = paid_by_card(&f);
    fake_script(f.fake, FAKE_REFUND, ERR_DENIED, false);
    cr_assert_eq(refund_quietly(&f, &payment, "r1", 400), 0);
    cr_assert_eq(balance_of(&f, water), 1000);
    cr_assert_eq(balance_of(&f, reserve), 0);
    cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM outbox WHERE kind = 'payment.refunded'"), 0);
    cr_assert_eq(refund_quietly(&f, &payment, "r2", 1000), 0);
    cr_assert_eq(state_of(&f, &payment), PAYMENT_REFUNDED);
    expect_books_whole(&f);
    money_fixture_close(&f);
}

Test(refund, one_without_an_answer_is_asked_for_and_never_made_twice)
{
    for (int worked = 0; worked < 2; worked++) {
        struct money_fixture f;
        money_fixture_open(&f);
        struct id payment = paid_by_card(&f);
        fake_script(f.fake, FAKE_REFUND, ERR_UNKNOWN, worked);
        cr_assert_eq(refund_quietly(&f, &payment, "r1", 400), 0);
        cr_assert_eq(balance_of(&f, reserve), 400);
        money_fixture_restart(&f); // and even by another host
        cr_assert_eq(money_tick(f.money, 10, NULL), 1);
        cr_assert_eq(balance_of(&f, reserve), 0);
        cr_assert_eq(fake_find(f.fake, payment.text)->given_back, 400);
        expect_books_whole(&f);
        money_fixture_close(&f);
    }
}

Test(refund, what_was_not_paid_is_not_refunded)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = checkout(&f, "bill-1"), nobody = id_next(&f.ids, 1);
    cr_assert_eq(refund_quietly(&f, &payment, "r1", 1), ERR_CONFLICT);
    cr_assert_eq(refund_quietly(&f, &nobody, "r1", 1), ERR_NOT_FOUND);
    fake_pay(f.fake, payment.text);
    cr_assert_eq(payment_advance(f.money, &payment, NULL), 0);
    cr_assert_eq(refund_quietly(&f, &payment, "r1", 0), ERR_INVALID);
    cr_assert_eq(refund_quietly(&f, &payment, "r1", -5), ERR_INVALID);
    cr_assert_eq(refund_quietly(&f, &payment, "r1", 1001), ERR_CONFLICT);
    cr_assert_eq(f.fake->calls[FAKE_REFUND], 0);
    money_fixture_close(&f);
}

// --- the outbox ----------------------------------------------------------------------------------

static int take(struct money_fixture *f, struct outbox_event *events, struct arena *arena)
{
    struct outbox_claim claim = {"water", 5000, events, 8, arena};
    return outbox_take(f->money, &claim, NULL);
}

Test(outbox, an_event_comes_until_it_is_acknowledged_and_then_its_line_is_delivered)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = paid_by_wallet(&f);
    struct arena arena = {0};
    struct outbox_event events[8];
    cr_assert_eq(take(&f, events, &arena), 1);
    cr_assert_str_eq(events[0].payment.text, payment.text);
    struct id first = events[0].id;
    cr_assert_eq(take(&f, events, &arena), 0, "somebody has it");
    advance_clock(&f, 5000);
    cr_assert_eq(take(&f, events, &arena), 1, "whoever had it gave no answer");
    money_fixture_restart(&f); // the host died with the event in its hands
    cr_assert_eq(take(&f, events, &arena), 1);
    cr_assert_str_eq(events[0].id.text, first.text);

    struct payment *read;
    cr_assert_eq(money_payment(f.money, id_str(&payment), &arena, &read, NULL), 0);
    cr_assert_eq(read->lines[0].delivered, 0);
    cr_assert_eq(outbox_acknowledge(f.money, events, 1, NULL), 0);
    cr_assert_eq(take(&f, events, &arena), 0);
    cr_assert_eq(money_payment(f.money, id_str(&payment), &arena, &read, NULL), 0);
    cr_assert_eq(read->lines[0].delivered, clock_now(&f.clock));
    arena_finish(&arena);
    money_fixture_close(&f);
}

Test(outbox, a_deferred_event_waits_longer_each_time)
{
    struct money_fixture f;
    money_fixture_open(&f);
    paid_by_wallet(&f);
    struct arena arena = {0};
    struct outbox_event events[8];
    static const int64_t waits[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600};
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        cr_assert_eq(take(&f, events, &arena), 1);
        cr_assert_eq(outbox_defer(f.money, &events[0], NULL), 0);
        advance_clock(&f, waits[i] * 1000 - 1);
        cr_assert_eq(take(&f, events, &arena), 0, "wait %zu", i);
        advance_clock(&f, 1);
    }
    struct outbox_status status;
    cr_assert_eq(outbox_status(f.money, &status, NULL), 0);
    cr_assert_eq(status.waiting, 1);
    cr_assert_eq(status.oldest_ms, (1023 + 1200) * 1000);
    arena_finish(&arena);
    money_fixture_close(&f);
}

Test(outbox, events_of_one_payment_keep_their_order_and_others_do_not_wait)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = paid_by_wallet(&f);
    cr_assert_eq(refund_quietly(&f, &payment, "r1", 100), 0);
    cr_assert_eq(refund_quietly(&f, &payment, "r2", 200), 0);
    struct arena arena = {0};
    struct outbox_event events[8];
    cr_assert_eq(take(&f, events, &arena), 1);
    cr_assert_str_eq(events[0].kind, "payment.captured");
    cr_assert_eq(outbox_defer(f.money, &events[0], NULL), 0);
    cr_assert_eq(take(&f, events, &arena), 0, "a refund overtook its payment");

    struct money_answer answer;
    cr_assert_eq(pay_wallet(&f, "k9", "bill-9", 50, &answer), 0);
    buf_finish(&answer.body);
    cr_assert_eq(take(&f, events, &arena), 1);
    cr_assert_str_eq(events[0].payment.text, answer.payment.text);
    cr_assert_eq(outbox_acknowledge(f.money, events, 1, NULL), 0);

    advance_clock(&f, 1000);
    static const int64_t amounts[] = {1000, 100, 200};
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(take(&f, events, &arena), 1);
        json_t *body = json_parse(events[0].body, NULL);
        const json_t *line = json_array_get(json_object_get(body, "lines"), 0);
        cr_assert_eq(json_get_integer(json_object_get(line, "amount"), "amount", 0), amounts[i]);
        json_decref(body);
        cr_assert_eq(outbox_acknowledge(f.money, events, 1, NULL), 0);
    }
    cr_assert_eq(take(&f, events, &arena), 0);
    arena_finish(&arena);
    money_fixture_close(&f);
}

Test(outbox, what_an_agency_finally_refuses_is_refunded)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = paid_by_card(&f);
    struct arena arena = {0};
    struct outbox_event events[8];
    char names[4][64];
    cr_assert_eq(outbox_instances(f.money, names, 4, NULL), 1);
    cr_assert_str_eq(names[0], "water");
    cr_assert_eq(take(&f, events, &arena), 1);
    for (int i = 0; i < 2; i++) // told twice, refunded once
        cr_assert_eq(outbox_refuse(f.money, &events[0], NULL), 0);
    cr_assert_eq(state_of(&f, &payment), PAYMENT_REFUNDED);
    cr_assert_eq(fake_find(f.fake, payment.text)->given_back, 1000);
    cr_assert_eq(balance_of(&f, water), 0);
    cr_assert_eq(take(&f, events, &arena), 1);
    cr_assert_str_eq(events[0].kind, "payment.refunded");
    expect_books_whole(&f);
    arena_finish(&arena);
    money_fixture_close(&f);
}

Test(outbox, the_lines_that_an_agency_refuses_are_refunded_and_no_others)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct id payment = paid_by_card(&f);
    struct arena arena = {0};
    struct outbox_event events[8];
    cr_assert_eq(take(&f, events, &arena), 1);
    const int64_t other = 2, own = 1;
    cr_assert_eq(outbox_refuse_lines(f.money, &events[0], (struct outbox_lines){&other, 1}, NULL),
                 0);
    cr_assert_eq(state_of(&f, &payment), PAYMENT_CAPTURED);
    cr_assert_eq(fake_find(f.fake, payment.text)->given_back, 0);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(outbox_refuse_lines(f.money, &events[0], (struct outbox_lines){&own, 1}, NULL),
                     0);
    cr_assert_eq(fake_find(f.fake, payment.text)->given_back, 1000);
    expect_ledger_whole(&f);
    arena_finish(&arena);
    money_fixture_close(&f);
}

Test(outbox, answers_and_webhooks_are_kept_for_more_than_thirty_days_and_not_for_ever)
{
    struct money_fixture f;
    money_fixture_open(&f);
    paid_by_wallet(&f);
    const int64_t day = INT64_C(24) * 3600 * 1000;
    struct money_answer answer;
    advance_clock(&f, 34 * day);
    money_tick(f.money, 10, NULL);
    cr_assert_eq(pay_wallet(&f, "pay", "bill-1", 1000, &answer), 0);
    cr_assert(answer.replayed);
    buf_finish(&answer.body);
    advance_clock(&f, 2 * day);
    money_tick(f.money, 10, NULL);
    cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM idempotency"), 0);
    cr_assert_eq(pay_wallet(&f, "pay", "bill-1", 1000, &answer), ERR_CONFLICT);
    cr_assert_eq(answer.refusal, MONEY_ITEM_TAKEN);
    money_fixture_close(&f);
}
