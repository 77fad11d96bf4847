// SPDX-License-Identifier: Apache-2.0
// From a card into the wallet, and back to where it came from.
#include "money/top_up.h"

#include "fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void open_with_cap(struct money_fixture *f, int64_t cap)
{
    money_fixture_open(f);
    f->wallet_cap = cap;
    money_fixture_restart(f);
}

static int64_t in_wallet(struct money_fixture *f)
{
    return balance_of(f, (struct ledger_party){LEDGER_WALLET, f->citizen.text});
}

static int begin(struct money_fixture *f, const char *key, int64_t amount,
                 struct money_answer *answer)
{
    struct money_top_up top_up = {.key = {.caller = id_str(&f->citizen),
                                          .route = STR("top-up"),
                                          .key = str_from(key),
                                          .request = crypto_sha256(str_from(key))},
                                  .payer = &f->citizen,
                                  .currency = "AED",
                                  .language = "en",
                                  .amount = amount,
                                  .return_url = STR("https://city/{payment}"),
                                  .cancel_url = STR("https://city/{payment}")};
    int status = money_top_up(f->money, "card", &top_up, answer, NULL);
    buf_finish(&answer->body);
    return status;
}

static struct id top_up(struct money_fixture *f, const char *key, int64_t amount)
{
    struct money_answer answer;
    cr_assert_eq(begin(f, key, amount, &answer), 0);
    fake_pay(f->fake, answer.payment.text);
    cr_assert_eq(payment_advance(f->money, &answer.payment, NULL), 0);
    cr_assert_eq(state_of(f, &answer.payment), PAYMENT_CAPTURED);
    advance_clock(f, 1000);
    return answer.payment;
}

static int redeem(struct money_fixture *f, const char *key, struct money_answer *answer)
{
    struct money_redemption redemption = {.key = {.caller = id_str(&f->citizen),
                                                  .route = STR("redeem"),
                                                  .key = str_from(key),
                                                  .request = crypto_sha256(STR(""))},
                                          .payer = &f->citizen,
                                          .currency = "AED"};
    return money_redeem(f->money, &redemption, answer, NULL);
}

static int64_t given_back(struct money_fixture *f, const struct id *payment)
{
    return fake_find(f->fake, payment->text)->given_back;
}

Test(top_up, the_amount_is_in_the_wallet_with_a_receipt_and_no_plugin_is_told)
{
    struct money_fixture f;
    struct arena arena = {0};
    struct payment *payment;
    open_with_cap(&f, 10000);
    struct id id = top_up(&f, "k1", 4000);
    cr_assert_eq(in_wallet(&f), 4000);
    cr_assert_eq(money_payment(f.money, id_str(&id), &arena, &payment, NULL), 0);
    cr_assert(payment->receipt.size);
    cr_assert_gt(payment->lines[0].delivered, 0, "nobody has to confirm it");
    cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM outbox"), 0);
    expect_books_whole(&f);
    arena_finish(&arena);
    money_fixture_close(&f);
}

Test(top_up, the_same_key_opens_one_page)
{
    struct money_fixture f;
    struct money_answer first, again;
    open_with_cap(&f, 10000);
    cr_assert_eq(begin(&f, "k1", 4000, &first), 0);
    cr_assert_eq(begin(&f, "k1", 4000, &again), 0);
    cr_assert(again.replayed);
    cr_assert_str_eq(again.payment.text, first.payment.text);
    cr_assert_eq(f.fake->count, 1);
    money_fixture_close(&f);
}

Test(top_up, the_wallet_never_holds_more_than_the_cap_after_it)
{
    struct money_fixture f;
    struct money_answer answer, open;
    open_with_cap(&f, 10000);
    top_up(&f, "k1", 6000);
    cr_assert_eq(begin(&f, "k2", 4001, &answer), ERR_CONFLICT);
    cr_assert_eq(answer.refusal, MONEY_WALLET_FULL);
    cr_assert_eq(begin(&f, "k3", 3000, &open), 0);
    cr_assert_eq(begin(&f, "k4", 1001, &answer), ERR_CONFLICT, "one under way counts");
    // Money that came in another way while the citizen was on the page.
    fill_wallet(&f, 2000);
    fake_pay(f.fake, open.payment.text);
    cr_assert_eq(payment_advance(f.money, &open.payment, NULL), 0);
    cr_assert_eq(state_of(&f, &open.payment), PAYMENT_VOIDED);
    cr_assert_eq(fake_find(f.fake, open.payment.text)->taken, 0);
    cr_assert_eq(in_wallet(&f), 8000);
    expect_books_whole(&f);
    money_fixture_close(&f);
}

Test(top_up, without_a_cap_there_are_none)
{
    struct money_fixture f;
    struct money_answer answer;
    money_fixture_open(&f);
    cr_assert_eq(begin(&f, "k1", 1, &answer), ERR_CONFLICT);
    cr_assert_eq(f.fake->count, 0);
    money_fixture_close(&f);
}

Test(redeem, what_is_unspent_goes_back_newest_first_and_a_deposit_stays)
{
    struct money_fixture f;
    struct money_answer answer, again;
    open_with_cap(&f, 100000);
    fill_wallet(&f, 500);
    struct id old = top_up(&f, "k1", 3000), new = top_up(&f, "k2", 2000);
    cr_assert_eq(pay_wallet(&f, "p1", "bill-1", 1500, &answer), 0);
    buf_finish(&answer.body);
    cr_assert_eq(redeem(&f, "r1", &answer), 0);
    cr_assert_eq(given_back(&f, &new), 2000);
    cr_assert_eq(given_back(&f, &old), 2000, "4000 were there");
    cr_assert_eq(in_wallet(&f), 0);
    cr_assert_eq(redeem(&f, "r1", &again), 0, "the same answer");
    cr_assert(again.replayed);
    cr_assert_str_eq(again.body.data, answer.body.data);
    buf_finish(&answer.body);
    buf_finish(&again.body);
    fill_wallet(&f, 5000);
    cr_assert_eq(redeem(&f, "r2", &answer), 0);
    buf_finish(&answer.body);
    cr_assert_eq(given_back(&f, &old), 3000, "never more than came from it");
    cr_assert_eq(in_wallet(&f), 4000);
    cr_assert_eq(redeem(&f, "r3", &answer), ERR_CONFLICT);
    cr_assert_eq(answer.refusal, MONEY_NOTHING);
    expect_books_whole(&f);
    money_fixture_close(&f);
}

Test(redeem, what_the_provider_will_not_take_back_is_in_the_wallet_again)
{
    struct money_fixture f;
    struct money_answer answer;
    open_with_cap(&f, 100000);
    struct id id = top_up(&f, "k1", 3000);
    fake_script(f.fake, FAKE_REFUND, ERR_DENIED, false);
    cr_assert_eq(redeem(&f, "r1", &answer), 0);
    buf_finish(&answer.body);
    cr_assert_eq(given_back(&f, &id), 0);
    cr_assert_eq(in_wallet(&f), 3000);
    expect_books_whole(&f);
    money_fixture_close(&f);
}

Test(redeem, an_answer_that_is_lost_gives_back_once)
{
    struct money_fixture f;
    struct money_answer answer;
    open_with_cap(&f, 100000);
    struct id id = top_up(&f, "k1", 3000);
    fake_script(f.fake, FAKE_REFUND, ERR_UNKNOWN, true);
    cr_assert_eq(redeem(&f, "r1", &answer), 0);
    buf_finish(&answer.body);
    cr_assert_eq(in_wallet(&f), 0);
    money_fixture_restart(&f);
    advance_clock(&f, 3600 * 1000);
    cr_assert_geq(money_tick(f.money, 8, NULL), 0);
    cr_assert_eq(given_back(&f, &id), 3000);
    cr_assert_eq(state_of(&f, &id), PAYMENT_REFUNDED);
    expect_books_whole(&f);
    money_fixture_close(&f);
}
