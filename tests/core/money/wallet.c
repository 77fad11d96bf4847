// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"
#include "fixture.h"
#include "money/receipt.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>

static struct ledger_party water = {LEDGER_SETTLEMENT, "water"};

static struct ledger_party wallet_of(struct money_fixture *f)
{
    return (struct ledger_party){LEDGER_WALLET, f->citizen.text};
}

Test(wallet, a_bill_is_paid_at_once_with_receipt_transfer_and_event)
{
    struct money_fixture f;
    money_fixture_open(&f);
    fill_wallet(&f, 60000);
    struct money_answer answer;
    cr_assert_eq(pay_wallet(&f, "k1", "bill-1", 58310, &answer), 0);
    cr_assert_eq(answer.status, 201);
    cr_assert_not(answer.replayed);
    cr_assert_eq(balance_of(&f, wallet_of(&f)), 1690);
    cr_assert_eq(balance_of(&f, water), 58310);

    struct arena arena = {0};
    struct payment *payment;
    cr_assert_eq(money_payment(f.money, id_str(&answer.payment), &arena, &payment, NULL), 0);
    cr_assert_eq(payment->state, PAYMENT_CAPTURED);
    cr_assert_eq(payment->lines[0].state, LINE_PAID);
    cr_assert(receipt_number_valid(payment->receipt), STR_FORMAT, STR_ARGUMENTS(payment->receipt));
    cr_assert(str_starts(payment->receipt, STR("260301-01-000001-")));

    json_t *body = json_parse(buf_str(&answer.body), NULL);
    cr_assert_str_eq(json_get_string(body, "state"), "captured");
    cr_assert_str_eq(json_get_string(body, "receipt"), payment->receipt.data);
    cr_assert_str_eq(json_get_string(body, "payment"), answer.payment.text);
    json_decref(body);
    cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM outbox WHERE instance = 'water'"), 1);
    cr_assert_eq(atomic_load(&f.events_ready), 1);
    expect_books_whole(&f);
    arena_finish(&arena);
    buf_finish(&answer.body);
    money_fixture_close(&f);
}

Test(wallet, the_same_key_and_body_gets_the_same_bytes_also_after_a_restart)
{
    struct money_fixture f;
    money_fixture_open(&f);
    fill_wallet(&f, 1000);
    struct money_answer first, again;
    cr_assert_eq(pay_wallet(&f, "k1", "bill-1", 400, &first), 0);
    for (int i = 0; i < 2; i++) {
        advance_clock(&f, 1000);
        cr_assert_eq(pay_wallet(&f, "k1", "bill-1", 400, &again), 0);
        cr_assert(again.replayed);
        cr_assert_eq(again.status, 201);
        cr_assert_str_eq(again.body.data, first.body.data);
        cr_assert_str_eq(again.payment.text, first.payment.text);
        buf_finish(&again.body);
        money_fixture_restart(&f);
    }
    cr_assert_eq(balance_of(&f, wallet_of(&f)), 600);
    buf_finish(&first.body);
    money_fixture_close(&f);
}

Test(wallet, an_earlier_answer_is_found_without_paying_again)
{
    struct money_fixture f;
    money_fixture_open(&f);
    fill_wallet(&f, 1000);
    struct small_order small;
    struct money_answer first, again;
    small_order(&f, &small, "k1", "bill-1", 400);
    cr_assert_eq(money_replay(f.money, &small.order.key, &again, NULL), 0);
    cr_assert_eq(pay_wallet(&f, "k1", "bill-1", 400, &first), 0);
    cr_assert_eq(money_replay(f.money, &small.order.key, &again, NULL), 1);
    cr_assert_str_eq(again.body.data, first.body.data);
    small.order.key.request = crypto_sha256(STR("another body"));
    struct money_answer refused;
    cr_assert_eq(money_replay(f.money, &small.order.key, &refused, NULL), ERR_CONFLICT);
    cr_assert_eq(refused.refusal, MONEY_KEY_REUSED);
    buf_finish(&first.body);
    buf_finish(&again.body);
    money_fixture_close(&f);
}

Test(wallet, a_key_is_not_used_for_two_requests)
{
    struct money_fixture f;
    money_fixture_open(&f);
    fill_wallet(&f, 1000);
    struct money_answer answer;
    cr_assert_eq(pay_wallet(&f, "k1", "bill-1", 400, &answer), 0);
    buf_finish(&answer.body);
    cr_assert_eq(pay_wallet(&f, "k1", "bill-2", 400, &answer), ERR_CONFLICT);
    cr_assert_eq(answer.refusal, MONEY_KEY_REUSED);
    cr_assert_eq(balance_of(&f, water), 400);
    // Another caller's same key is another key.
    struct small_order small;
    small_order(&f, &small, "k1", "bill-2", 400);
    small.order.key.caller = STR("somebody else");
    cr_assert_eq(money_pay_wallet(f.money, &small.order, &answer, NULL), 0);
    buf_finish(&answer.body);
    money_fixture_close(&f);
}

Test(wallet, what_the_wallet_does_not_hold_is_refused_and_the_key_stays_free)
{
    struct money_fixture f;
    money_fixture_open(&f);
    fill_wallet(&f, 399);
    struct money_answer answer;
    cr_assert_eq(pay_wallet(&f, "k1", "bill-1", 400, &answer), ERR_CONFLICT);
    cr_assert_eq(answer.refusal, MONEY_INSUFFICIENT);
    cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM payment"), 0);
    cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM receipt_counter"), 0);
    fill_wallet(&f, 1);
    cr_assert_eq(pay_wallet(&f, "k1", "bill-1", 400, &answer), 0);
    cr_assert_eq(balance_of(&f, wallet_of(&f)), 0);
    buf_finish(&answer.body);
    money_fixture_close(&f);
}

Test(wallet, one_bill_is_not_paid_from_two_tabs)
{
    struct money_fixture f;
    money_fixture_open(&f);
    fill_wallet(&f, 1000);
    struct money_answer first, second;
    cr_assert_eq(pay_wallet(&f, "k1", "bill-1", 400, &first), 0);
    cr_assert_eq(pay_wallet(&f, "k2", "bill-1", 400, &second), ERR_CONFLICT);
    cr_assert_eq(second.refusal, MONEY_ITEM_TAKEN);
    cr_assert_eq(second.taken_line, 1);
    cr_assert_str_eq(second.other.text, first.payment.text);
    // A stranger hears that it is taken, and no more.
    struct small_order small;
    struct id stranger = id_next(&f.ids, 1);
    small_order(&f, &small, "k3", "bill-1", 400);
    small.order.payer = &stranger;
    cr_assert_eq(money_pay_wallet(f.money, &small.order, &second, NULL), ERR_CONFLICT);
    cr_assert_eq(second.refusal, MONEY_ITEM_TAKEN);
    cr_assert_str_eq(second.other.text, "");
    cr_assert_eq(balance_of(&f, water), 400);
    buf_finish(&first.body);
    money_fixture_close(&f);
}

Test(wallet, bills_of_several_agencies_are_split_and_each_agency_hears_of_its_own)
{
    struct money_fixture f;
    money_fixture_open(&f);
    fill_wallet(&f, 1000);
    struct small_order small;
    small_order(&f, &small, "k1", "bill-1", 100);
    struct money_item items[3] = {small.item, small.item, small.item};
    items[1].instance = STR("toll");
    items[1].item = STR("balance-7");
    items[1].amount = 250;
    items[1].pseudonym = STR("");
    items[2].item = STR("bill-2");
    items[2].amount = 50;
    small.order.items = items;
    small.order.count = 3;
    struct money_answer answer;
    cr_assert_eq(money_pay_wallet(f.money, &small.order, &answer, NULL), 0);
    cr_assert_eq(balance_of(&f, water), 150);
    cr_assert_eq(balance_of(&f, (struct ledger_party){LEDGER_SETTLEMENT, "toll"}), 250);

    struct arena arena = {0};
    struct outbox_event events[4];
    struct outbox_claim claim = {"water", 1000, events, 4, &arena};
    cr_assert_eq(outbox_take(f.money, &claim, NULL), 1);
    json_t *body = json_parse(events[0].body, NULL);
    cr_assert_str_eq(json_get_string(body, "type"), "payment.captured");
    cr_assert_str_eq(json_get_string(body, "payer"), "p-water");
    cr_assert_eq(json_array_size(json_object_get(body, "lines")), 2);
    json_decref(body);
    claim.instance = "toll";
    cr_assert_eq(outbox_take(f.money, &claim, NULL), 1);
    body = json_parse(events[0].body, NULL);
    cr_assert(json_is_null(json_object_get(body, "payer")));
    const json_t *line = json_array_get(json_object_get(body, "lines"), 0);
    cr_assert_str_eq(json_get_string(line, "item"), "balance-7");
    cr_assert_eq(json_get_integer(json_object_get(line, "amount"), "amount", 0), 250);
    json_decref(body);
    arena_finish(&arena);
    buf_finish(&answer.body);
    expect_books_whole(&f);
    money_fixture_close(&f);
}

Test(wallet, an_order_that_cannot_be_is_refused_by_line)
{
    struct money_fixture f;
    money_fixture_open(&f);
    fill_wallet(&f, 1000);
    struct small_order small;
    small_order(&f, &small, "k1", "bill-1", 100);
    struct money_item items[2] = {small.item, small.item};
    struct {
        struct money_order order;
        const char *word;
    } bad[6];
    for (int i = 0; i < 6; i++)
        bad[i].order = small.order;
    bad[0].order.count = 0, bad[0].word = "lines";
    bad[1].order.currency = "dirham", bad[1].word = "currency";
    bad[2].order.payer = NULL, bad[2].word = "signed in";
    bad[3].order.items = items, bad[3].order.count = 2, bad[3].word = "same item as line 1";
    struct money_item nothing = small.item, nameless = small.item;
    nothing.amount = 0;
    bad[4].order.items = &nothing, bad[4].word = "line 1: an amount";
    nameless.title_ar = STR("");
    bad[5].order.items = &nameless, bad[5].word = "line 1: a text";
    for (int i = 0; i < 6; i++) {
        struct err err = {0};
        struct money_answer answer;
        cr_assert_eq(money_pay_wallet(f.money, &bad[i].order, &answer, &err), ERR_INVALID, "%d", i);
        cr_assert(strstr(err.message, bad[i].word), "%d: %s", i, err.message);
    }
    cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM payment"), 0);
    money_fixture_close(&f);
}

Test(wallet, a_key_is_printable_and_not_long)
{
    char longest[257];
    memset(longest, 'k', sizeof longest);
    struct {
        struct str key;
        int expected;
    } rows[] = {{STR(""), ERR_INVALID},
                {STR("with blank"), ERR_INVALID},
                {STR("مفتاح"), ERR_INVALID},
                {{longest, 256}, ERR_INVALID},
                {{longest, 255}, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct idempotency_key key = {.caller = STR("caller"),
                                      .route = STR("route"),
                                      .key = rows[i].key};
        cr_assert_eq(idempotency_check(&key, NULL), rows[i].expected, "%zu", i);
    }
}

enum { RIVALS = 8 };

struct rival {
    struct money_fixture *f;
    const char *key;
    struct money_answer answer;
    int status;
    pthread_t thread;
};

static void *rival_main(void *argument)
{
    struct rival *rival = argument;
    rival->status = pay_wallet(rival->f, rival->key, "bill-1", 100, &rival->answer);
    return NULL;
}

// The same bill from eight callers at once: with one key or with eight.
static void race(struct money_fixture *f, bool one_key, struct rival *rivals)
{
    static const char *const keys[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    for (int i = 0; i < RIVALS; i++) {
        rivals[i] = (struct rival){.f = f, .key = one_key ? "same" : keys[i]};
        pthread_create(&rivals[i].thread, NULL, rival_main, &rivals[i]);
    }
    for (int i = 0; i < RIVALS; i++)
        pthread_join(rivals[i].thread, NULL);
}

Test(wallet, of_eight_callers_at_once_one_pays)
{
    struct money_fixture f;
    money_fixture_open(&f);
    fill_wallet(&f, 1000);
    struct rival rivals[RIVALS];
    race(&f, false, rivals);
    int paid = 0;
    for (int i = 0; i < RIVALS; i++) {
        paid += rivals[i].status == 0;
        cr_assert(rivals[i].status == 0 || rivals[i].answer.refusal == MONEY_ITEM_TAKEN);
        buf_finish(&rivals[i].answer.body);
    }
    cr_assert_eq(paid, 1);
    cr_assert_eq(balance_of(&f, water), 100);
    money_fixture_close(&f);
}

Test(wallet, eight_calls_with_one_key_at_once_get_one_answer)
{
    struct money_fixture f;
    money_fixture_open(&f);
    fill_wallet(&f, 1000);
    struct rival rivals[RIVALS];
    race(&f, true, rivals);
    for (int i = 0; i < RIVALS; i++) {
        cr_assert_eq(rivals[i].status, 0);
        cr_assert_str_eq(rivals[i].answer.body.data, rivals[0].answer.body.data);
    }
    for (int i = 0; i < RIVALS; i++)
        buf_finish(&rivals[i].answer.body);
    cr_assert_eq(balance_of(&f, water), 100);
    money_fixture_close(&f);
}

Test(wallet, a_deposit_counts_once_for_its_reference)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct money_deposit deposit = {&f.citizen, 700, "AED", "bank", "transfer-1"};
    for (int i = 0; i < 3; i++)
        cr_assert_eq(money_deposit(f.money, &deposit, NULL), 0);
    int64_t balance;
    cr_assert_eq(money_wallet(f.money, &f.citizen, "AED", &balance, NULL), 0);
    cr_assert_eq(balance, 700);
    deposit.amount = 800;
    cr_assert_eq(money_deposit(f.money, &deposit, NULL), ERR_CONFLICT);
    expect_books_whole(&f);
    money_fixture_close(&f);
}

Test(wallet, receipt_numbers_count_by_day_and_notice_a_misread_digit)
{
    struct money_fixture f;
    money_fixture_open(&f);
    fill_wallet(&f, 1000);
    const char *expected[] = {"260301-01-000001-", "260301-01-000002-", "260302-01-000001-"};
    char key[2] = "a";
    for (int i = 0; i < 3; i++, key[0]++) {
        if (i == 2)
            advance_clock(&f, INT64_C(24) * 3600 * 1000);
        struct money_answer answer;
        struct arena arena = {0};
        struct payment *payment;
        cr_assert_eq(pay_wallet(&f, key, key, 10, &answer), 0);
        cr_assert_eq(money_payment(f.money, id_str(&answer.payment), &arena, &payment, NULL), 0);
        cr_assert(str_starts(payment->receipt, str_from(expected[i])), "%s", payment->receipt.data);
        char misread[32];
        snprintf(misread, sizeof misread, "%s", payment->receipt.data);
        cr_assert(receipt_number_valid(str_from(misread)));
        misread[15] = misread[15] == '7' ? '1' : '7';
        cr_assert_not(receipt_number_valid(str_from(misread)));
        arena_finish(&arena);
        buf_finish(&answer.body);
    }
    cr_assert_not(receipt_number_valid(STR("")));
    cr_assert_not(receipt_number_valid(STR("260301-01-000001")));
    money_fixture_close(&f);
}
