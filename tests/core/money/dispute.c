// SPDX-License-Identifier: Apache-2.0
#include "money/dispute.h"

#include "money/top_up.h"
#include "money/verify.h"
#include "treasury.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

// What the provider says of disputes in this process: a test is one.
static struct provider_dispute said[8];
static size_t said_count;
static int refusal; // not 0: the provider does not answer

static int look(void *context, const char *id, struct provider_dispute *out, struct err *err)
{
    (void)context;
    if (refusal)
        return err_set(err, refusal, "the provider");
    for (size_t i = 0; i < said_count; i++)
        if (strcmp(said[i].id, id) == 0) {
            *out = said[i];
            return 0;
        }
    return err_set(err, ERR_DENIED, "no such dispute");
}

// One to a page, newest first.
static int list(void *context, struct provider_disputes *page, struct err *err)
{
    (void)context;
    size_t at = said_count;
    if (refusal)
        return err_set(err, refusal, "the provider");
    for (size_t i = 0; page->after && i < said_count; i++)
        if (strcmp(said[i].id, page->after) == 0)
            at = i;
    page->count = at > 0;
    if (at > 0)
        page->at[0] = said[at - 1];
    page->more = at > 1;
    return 0;
}

static int list_none(void *context, struct provider_disputes *page, struct err *err)
{
    (void)context;
    (void)err;
    page->count = 0;
    page->more = false;
    return 0;
}

static void court_open(struct treasury *t)
{
    treasury_open(t);
    t->f.provider.look_dispute = look;
    t->f.provider.disputes = list;
    said_count = 0;
    refusal = 0;
}

static struct provider_dispute *say(const char *id, const struct id *payment, int64_t amount)
{
    struct provider_dispute *dispute = &said[said_count++];
    *dispute = (struct provider_dispute){.currency = "AED",
                                         .reason = "fraudulent",
                                         .amount = amount,
                                         .fee = 55};
    dispute->state = PROVIDER_DISPUTE_OPEN;
    snprintf(dispute->id, sizeof dispute->id, "%s", id);
    snprintf(dispute->payment, sizeof dispute->payment, "%s", payment->text);
    return dispute;
}

// Pays by card an item of water's (700) and one of toll's (300).
static struct id pay_two(struct treasury *t, const char *item)
{
    struct money_item items[2];
    struct small_order small;
    struct money_answer answer;
    struct err err = {0};
    char key[32], other[32];
    snprintf(key, sizeof key, "key-%s", item);
    snprintf(other, sizeof other, "toll-%s", item);
    small_order(&t->f, &small, key, item, 700);
    items[0] = items[1] = small.item;
    items[1].instance = STR("toll");
    items[1].item = str_from(other);
    items[1].amount = 300;
    small.order.items = items;
    small.order.count = 2;
    cr_assert_eq(money_checkout(t->f.money, "card", &small.order, &answer, &err), 0, "%s",
                 err.message);
    buf_finish(&answer.body);
    fake_pay(t->f.fake, answer.payment.text);
    cr_assert_eq(payment_advance(t->f.money, &answer.payment, NULL), 0);
    return answer.payment;
}

static const struct ledger_party water = {LEDGER_SETTLEMENT, "water"},
                                 toll = {LEDGER_SETTLEMENT, "toll"},
                                 card = {LEDGER_CLEARING, "card"},
                                 reserve = {LEDGER_RESERVE, "card.disputes"};

static void expect(struct treasury *t, int64_t of_water, int64_t of_toll, int64_t of_card,
                   int64_t of_reserve)
{
    struct verify_report report;
    cr_assert_eq(balance_of(&t->f, water), of_water, "water has %lld",
                 (long long)balance_of(&t->f, water));
    cr_assert_eq(balance_of(&t->f, toll), of_toll, "toll has %lld",
                 (long long)balance_of(&t->f, toll));
    cr_assert_eq(balance_of(&t->f, card), of_card, "card has %lld",
                 (long long)balance_of(&t->f, card));
    cr_assert_eq(balance_of(&t->f, reserve), of_reserve);
    cr_assert_eq(store_read(t->f.store, money_verify, &report, NULL), 0);
    cr_assert(verify_whole(&report), "%s: %s", report.findings[0].check, report.findings[0].first);
}

static void look_at(struct treasury *t, const char *id)
{
    struct err err = {0};
    cr_assert_eq(dispute_look(t->f.money, "card", id, &err), 0, "%s", err.message);
}

Test(dispute, one_that_is_won_costs_its_fee)
{
    struct treasury t;
    court_open(&t);
    struct id payment = pay_two(&t, "bill-1");
    expect(&t, 700, 300, -1000, 0);
    struct provider_dispute *dispute = say("dp_1", &payment, 300);
    dispute->state = PROVIDER_DISPUTE_ASKED;
    look_at(&t, "dp_1");
    expect(&t, 700, 300, -1000, 0);
    dispute->state = PROVIDER_DISPUTE_OPEN;
    look_at(&t, "dp_1");
    expect(&t, 700, 245, -645, -300);
    dispute->state = PROVIDER_DISPUTE_WON;
    look_at(&t, "dp_1");
    expect(&t, 700, 245, -945, 0);
    dispute->fee = 0; // and some providers give it back
    look_at(&t, "dp_1");
    expect(&t, 700, 300, -1000, 0);
    treasury_close(&t);
}

Test(dispute, one_that_is_lost_is_borne_by_the_agency_of_the_disputed_line)
{
    struct treasury t;
    struct arena arena = {0};
    court_open(&t);
    struct id payment = pay_two(&t, "bill-1");
    struct provider_dispute *dispute = say("dp_1", &payment, 300);
    look_at(&t, "dp_1");
    dispute->state = PROVIDER_DISPUTE_LOST;
    look_at(&t, "dp_1");
    expect(&t, 700, -55, -645, 0);
    clock_fix(&t.f.clock, at(3, 2, 1, 0));
    struct settlement *s = row_of(close_day(&t, "2026-03-01", &arena), "toll");
    cr_assert_eq(s->disputed, -300);
    cr_assert_eq(s->fees, -55);
    cr_assert_eq(s->remainder, -55);
    arena_finish(&arena);
    treasury_close(&t);
}

Test(dispute, without_a_line_of_its_amount_the_oldest_is_liable_and_an_operator_may_name_another)
{
    struct treasury t;
    struct err err;
    court_open(&t);
    struct id payment = pay_two(&t, "bill-1");
    struct provider_dispute *dispute = say("dp_1", &payment, 1000);
    look_at(&t, "dp_1");
    expect(&t, 645, 300, 55, -1000);
    cr_assert_eq(dispute_assign(t.f.money, "card", "dp_1", 2, &err), 0, "%s", err.message);
    expect(&t, 700, 245, 55, -1000);
    dispute->state = PROVIDER_DISPUTE_LOST;
    look_at(&t, "dp_1");
    expect(&t, 700, -755, 55, 0);
    cr_assert_eq(dispute_assign(t.f.money, "card", "dp_1", 1, &err), 0, "%s", err.message);
    expect(&t, -355, 300, 55, 0);
    cr_assert_eq(dispute_assign(t.f.money, "card", "dp_1", 1, &err), 0);
    expect(&t, -355, 300, 55, 0);
    cr_assert_eq(dispute_assign(t.f.money, "card", "dp_1", 3, &err), ERR_NOT_FOUND);
    cr_assert_eq(dispute_assign(t.f.money, "card", "dp_2", 1, &err), ERR_NOT_FOUND);
    json_t *disputes;
    cr_assert_eq(dispute_list(t.f.money, 10, &disputes, NULL), 0);
    cr_assert_eq(json_array_size(disputes), 1);
    cr_assert_str_eq(json_get_string(json_array_get(disputes, 0), "liable"), "water");
    json_decref(disputes);
    treasury_close(&t);
}

Test(dispute, one_that_is_not_of_a_payment_here_posts_nothing)
{
    struct treasury t;
    court_open(&t);
    struct id payment = pay_two(&t, "bill-1"), open = checkout(&t.f, "bill-2");
    struct id unknown = id_next(&t.f.ids, 1);
    say("dp_1", &unknown, 300);
    say("dp_2", &payment, 1001); // more than was taken
    strcpy(say("dp_3", &payment, 300)->currency, "USD");
    say("dp_4", &open, 300); // nothing was taken
    said[say("dp_5", &payment, 300) - said].payment[0] = '\0';
    for (size_t i = 0; i < said_count; i++)
        look_at(&t, said[i].id);
    expect(&t, 700, 300, -1000, 0);
    cr_assert_eq(dispute_look(t.f.money, "card", "dp_9", NULL), ERR_DENIED);
    cr_assert_eq(dispute_look(t.f.money, "nobody", "dp_1", NULL), ERR_NOT_FOUND);
    treasury_close(&t);
}

Test(dispute, what_has_ended_does_not_end_another_way)
{
    struct treasury t;
    struct err err;
    court_open(&t);
    struct id payment = pay_two(&t, "bill-1");
    struct provider_dispute *dispute = say("dp_1", &payment, 300);
    dispute->state = PROVIDER_DISPUTE_LOST;
    look_at(&t, "dp_1");
    dispute->state = PROVIDER_DISPUTE_WON;
    cr_assert_eq(dispute_look(t.f.money, "card", "dp_1", &err), ERR_CONFLICT);
    dispute->state = PROVIDER_DISPUTE_OPEN; // an old word
    look_at(&t, "dp_1");
    expect(&t, 700, -55, -645, 0);
    treasury_close(&t);
}

static int verify_any(void *context, struct str signature, struct str body, int64_t now,
                      struct provider_event *event, struct err *err)
{
    (void)context;
    (void)signature;
    (void)now;
    (void)err;
    static int number;
    *event = (struct provider_event){.type = "charge.dispute.created"};
    snprintf(event->id, sizeof event->id, "evt_%d", number++);
    snprintf(event->dispute, sizeof event->dispute, STR_FORMAT, STR_ARGUMENTS(body));
    return 0;
}

Test(dispute, words_and_polls_may_come_twice_in_any_order_or_never)
{
    for (unsigned seed = 1; seed <= 20; seed++) {
        struct treasury t;
        unsigned random = seed;
        court_open(&t);
        t.f.provider.verify = verify_any;
        struct id first = pay_two(&t, "bill-1"), second = pay_two(&t, "bill-2");
        struct provider_dispute *won = say("dp_1", &first, 300), *lost = say("dp_2", &second, 700);
        for (int step = 0; step < 12; step++) {
            if (step == 4)
                won->state = PROVIDER_DISPUTE_WON;
            if (step == 7)
                lost->state = PROVIDER_DISPUTE_LOST;
            refusal = rand_r(&random) % 4 == 0 ? ERR_UNAVAILABLE : 0;
            int what = rand_r(&random) % 4;
            const char *id = rand_r(&random) % 2 ? "dp_1" : "dp_2";
            if (what == 0)
                dispute_poll(t.f.money, "card", NULL);
            else if (what == 1)
                dispute_look(t.f.money, "card", id, NULL);
            else if (what == 2)
                money_webhook(t.f.money, "card", STR("s"), str_from(id), NULL);
            if (rand_r(&random) % 6 == 0) {
                money_fixture_restart(&t.f);
                t.f.provider.look_dispute = look;
                t.f.provider.disputes = list;
                t.f.provider.verify = verify_any;
            }
        }
        refusal = 0;
        cr_assert_eq(dispute_poll(t.f.money, "card", NULL), 0);
        expect(&t, 1400 - 700 - 55, 600 - 55, -2000 + 55 + 755, 0);
        treasury_close(&t);
    }
}

Test(dispute, one_that_is_open_here_and_no_longer_listed_is_asked_for_by_itself)
{
    struct treasury t;
    court_open(&t);
    struct id payment = pay_two(&t, "bill-1");
    struct provider_dispute *dispute = say("dp_1", &payment, 300);
    cr_assert_eq(dispute_poll(t.f.money, "card", NULL), 0);
    expect(&t, 700, 245, -645, -300);
    t.f.provider.disputes = list_none;
    dispute->state = PROVIDER_DISPUTE_WON;
    cr_assert_eq(dispute_poll(t.f.money, "card", NULL), 0);
    expect(&t, 700, 245, -945, 0);
    treasury_close(&t);
}

// The wallet may be spent by then, and never goes below zero.
Test(dispute, a_top_up_that_is_taken_back_is_the_citys_loss)
{
    struct treasury t;
    struct money_answer answer;
    treasury_open(&t);
    t.f.wallet_cap = 1000;
    money_fixture_restart(&t.f);
    t.f.provider.look_dispute = look;
    t.f.provider.disputes = list;
    said_count = 0;
    refusal = 0;
    struct money_top_up top_up = {.key = {.caller = STR("c"), .route = STR("r"), .key = STR("k")},
                                  .payer = &t.f.citizen,
                                  .currency = "AED",
                                  .language = "en",
                                  .amount = 1000,
                                  .return_url = STR("https://city/"),
                                  .cancel_url = STR("https://city/")};
    cr_assert_eq(money_top_up(t.f.money, "card", &top_up, &answer, NULL), 0);
    buf_finish(&answer.body);
    fake_pay(t.f.fake, answer.payment.text);
    cr_assert_eq(payment_advance(t.f.money, &answer.payment, NULL), 0);
    struct ledger_party wallet = {LEDGER_WALLET, t.f.citizen.text};
    struct ledger_party city = {LEDGER_SETTLEMENT, TOP_UP_INSTANCE};
    cr_assert_eq(balance_of(&t.f, wallet), 1000);
    say("dp_1", &answer.payment, 1000)->state = PROVIDER_DISPUTE_LOST;
    look_at(&t, "dp_1");
    cr_assert_eq(balance_of(&t.f, wallet), 1000);
    cr_assert_eq(balance_of(&t.f, city), -1055, "with the provider's fee");
    expect(&t, 0, 0, 55, 0);
    treasury_close(&t);
}
