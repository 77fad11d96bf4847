// SPDX-License-Identifier: Apache-2.0
//
// The payments of a city, one of each kind in turn. Every step is what a client would do that does
// not know how far it got before the host died: the same call with the same key.
#include "city.h"

#include "money/refund_request.h"
#include "money/settlement.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdio.h>

enum { MINUTE = 60 * 1000 };

// --- what clients do -----------------------------------------------------------------------------

// The answer of a call that worked: as it was, when it was answered before.
static struct id remember(struct city *c, int slot, struct money_answer *answer)
{
    struct city_call *call = &c->facts.calls[slot];
    cr_assert_lt(slot, CALLS);
    if (call->acknowledged) {
        cr_assert(answer->replayed, "story %d: an acknowledged call was forgotten", c->facts.story);
        cr_assert_eq(answer->body.size, call->size);
        cr_assert_eq(memcmp(answer->body.data, call->body, call->size), 0);
    }
    cr_assert_leq(answer->body.size, ANSWER);
    call->size = answer->body.size;
    memcpy(call->body, answer->body.data, call->size);
    call->payment = answer->payment;
    atomic_thread_fence(memory_order_seq_cst);
    call->acknowledged = true;
    buf_finish(&answer->body);
    return call->payment;
}

static void note_state(struct city *c, int slot)
{
    struct city_call *call = &c->facts.calls[slot];
    enum payment_state state = state_of(&c->t.f, &call->payment);
    if (state != PAYMENT_CREATED && state != PAYMENT_AUTHORIZED)
        call->seen = state;
}

struct bill {
    const char *instance;
    int64_t amount;
    bool hold;
};

struct ordering {
    const char *provider; // NULL: the wallet, at once
    const struct bill *bills;
    size_t count;
};

static int order(struct city *c, int slot, const struct ordering *ordering,
                 struct money_answer *answer)
{
    struct money_fixture *f = &c->t.f;
    struct money_item items[4];
    struct small_order small;
    char key[32], item[32];
    snprintf(key, sizeof key, "story-%d-%d", c->facts.story, slot);
    snprintf(item, sizeof item, "item-%d-%d", c->facts.story, slot);
    small_order(f, &small, key, item, 1);
    for (size_t i = 0; i < ordering->count; i++) {
        items[i] = small.item;
        items[i].instance = str_from(ordering->bills[i].instance);
        items[i].amount = ordering->bills[i].amount;
        items[i].hold = ordering->bills[i].hold;
    }
    small.order.items = items;
    small.order.count = ordering->count;
    return ordering->provider
               ? money_checkout(f->money, ordering->provider, &small.order, answer, NULL)
               : money_pay_wallet(f->money, &small.order, answer, NULL);
}

static struct id pay(struct city *c, int slot, const char *provider, struct bill bill)
{
    struct money_answer answer;
    struct ordering ordering = {provider, &bill, 1};
    cr_assert_eq(order(c, slot, &ordering, &answer), 0);
    return remember(c, slot, &answer);
}

static void citizen_pays(struct city *c, const struct id *payment)
{
    struct fake_payment *there = fake_find(c->t.f.fake, payment->text);
    if (there->state == PROVIDER_OPEN)
        there->state = PROVIDER_AUTHORIZED;
}

static struct id by_card(struct city *c, int slot, struct bill bill)
{
    struct id id = pay(c, slot, "card", bill);
    citizen_pays(c, &id);
    int status = payment_advance(c->t.f.money, &id, NULL);
    cr_assert(status == 0 || status == ERR_UNKNOWN, "%d", status); // as the provider answered
    note_state(c, slot);
    return id;
}

static void later(struct city *c, int64_t ms)
{
    advance_clock(&c->t.f, ms);
    cr_assert_geq(money_tick(c->t.f.money, 100, NULL), 0);
}

static void refund(struct city *c, int slot, const struct id *payment, int64_t amount, int64_t seen)
{
    char key[32];
    snprintf(key, sizeof key, "refund-%d-%d", c->facts.story, slot);
    struct money_refund refund = {.key = {.caller = STR("operator"),
                                          .route = STR("refund"),
                                          .key = str_from(key)},
                                  .payment = payment,
                                  .line = 1,
                                  .amount = amount,
                                  .seen = seen,
                                  .reason = "test"};
    struct money_answer answer;
    struct err err = {0};
    cr_assert_eq(payment_refund(c->t.f.money, &refund, &answer, &err), 0, "story %d: %s",
                 c->facts.story, err.message);
    remember(c, slot, &answer);
    note_state(c, slot);
}

static void deposit(struct city *c, int number, int64_t amount)
{
    char reference[32];
    snprintf(reference, sizeof reference, "deposit-%d-%d", c->facts.story, number);
    struct money_deposit deposit = {&c->t.f.citizen, amount, "AED", "bank", reference};
    cr_assert_eq(money_deposit(c->t.f.money, &deposit, NULL), 0);
}

// --- events --------------------------------------------------------------------------------------

static void acknowledge(struct city *c, const struct outbox_event *event)
{
    for (size_t i = 0; i < c->facts.told_count; i++)
        cr_assert_str_neq(c->facts.told[i].text, event->id.text,
                          "an acknowledged event came again");
    cr_assert_eq(outbox_acknowledge(c->t.f.money, event, 1, NULL), 0);
    cr_assert_lt(c->facts.told_count, TOLD);
    c->facts.told[c->facts.told_count++] = event->id;
}

// The first event that is due for the instance; false: none.
static bool take(struct city *c, const char *instance, struct outbox_event *event,
                 struct arena *arena)
{
    struct outbox_claim claim = {instance, 1000, event, 1, arena};
    int count = outbox_take(c->t.f.money, &claim, NULL);
    cr_assert_geq(count, 0);
    return count == 1;
}

static void deliver_all(struct city *c)
{
    static const char *const instances[] = {"water", "toll", "fines"};
    for (size_t i = 0; i < sizeof instances / sizeof *instances; i++) {
        struct arena arena = {0};
        struct outbox_event event;
        while (take(c, instances[i], &event, &arena))
            acknowledge(c, &event);
        arena_finish(&arena);
    }
}

// --- how agencies answer -------------------------------------------------------------------------

static int fines_refuse(struct money_fixture *f, const struct payment_line *line,
                        struct money_quote *out)
{
    (void)f;
    *out = (struct money_quote){.owed = !str_is(line->instance, "fines"),
                                .amount = line->amount - line->fee};
    return 0;
}

static int nobody_is_owed(struct money_fixture *f, const struct payment_line *line,
                          struct money_quote *out)
{
    (void)f, (void)line;
    *out = (struct money_quote){.owed = false};
    return 0;
}

static int pump(struct money_fixture *f, const struct payment_line *line, struct money_quote *out)
{
    (void)line;
    const struct city *c = (struct city *)(void *)f;
    *out = (struct money_quote){.owed = true,
                                .amount = c->facts.used,
                                .wait_ms = c->facts.used < 0 ? 1000 : 0};
    return 0;
}

static void all_agree(struct city *c)
{
    c->t.f.answer = NULL;
}

static void fines_disagree(struct city *c)
{
    c->t.f.answer = fines_refuse;
}

static void all_disagree(struct city *c)
{
    c->t.f.answer = nobody_is_owed;
}

static void at_the_pump(struct city *c)
{
    c->t.f.answer = pump;
}

static void capture_is_refused(struct city *c)
{
    c->t.f.answer = NULL;
    fake_script(c->t.f.fake, FAKE_CAPTURE, ERR_DENIED, false);
}

static void capture_is_not_answered(struct city *c)
{
    c->t.f.answer = NULL;
    fake_script(c->t.f.fake, FAKE_CAPTURE, ERR_UNKNOWN, true);
}

static void refund_is_refused(struct city *c)
{
    c->t.f.answer = NULL;
    fake_script(c->t.f.fake, FAKE_REFUND, ERR_DENIED, false);
}

// --- the stories ---------------------------------------------------------------------------------

static const struct bill water = {"water", 1000, false}, tank = {"water", 10000, true};

static void wallet_paid(struct city *c)
{
    deposit(c, 0, 5000);
    pay(c, 0, NULL, water);
    note_state(c, 0);
    pay(c, 1, NULL, (struct bill){"toll", 700, false});
}

static void wallet_refused(struct city *c)
{
    struct money_answer answer;
    const struct bill dear = {"water", INT64_C(100000000), false};
    struct ordering ordering = {NULL, &dear, 1};
    cr_assert_eq(order(c, 0, &ordering, &answer), ERR_CONFLICT);
    cr_assert_eq(answer.refusal, MONEY_INSUFFICIENT);
    deposit(c, 0, 1025);
    pay(c, 1, NULL, water);
}

static void wallet_refunded(struct city *c)
{
    deposit(c, 0, 2000);
    struct id id = pay(c, 0, NULL, water);
    refund(c, 1, &id, 400, 1000);
    refund(c, 2, &id, 600, 600);
}

static void card_captured(struct city *c)
{
    by_card(c, 0, water);
    note_state(c, 0);
}

static void card_abandoned(struct city *c)
{
    pay(c, 0, "card", water);
    later(c, 31 * MINUTE);
    note_state(c, 0);
}

static void card_cancelled(struct city *c)
{
    struct id id = pay(c, 0, "card", water);
    cr_assert_eq(payment_cancel(c->t.f.money, &id, NULL), 0);
    note_state(c, 0);
}

static void pay_all(struct city *c)
{
    static const struct bill bills[] = {{"water", 1000, false},
                                        {"fines", 40000, false},
                                        {"toll", 700, false}};
    struct money_answer answer;
    struct ordering ordering = {"card", bills, 3};
    cr_assert_eq(order(c, 0, &ordering, &answer), 0);
    struct id id = remember(c, 0, &answer);
    citizen_pays(c, &id);
    cr_assert_eq(payment_advance(c->t.f.money, &id, NULL), 0);
    note_state(c, 0);
}

static void fill_up(struct city *c, const char *provider, int64_t used)
{
    if (c->facts.calls[0].seen == PAYMENT_CREATED)
        c->facts.used = -1;
    struct id id = pay(c, 0, provider, tank);
    if (strcmp(provider, "card") == 0)
        citizen_pays(c, &id);
    cr_assert_eq(payment_advance(c->t.f.money, &id, NULL), 0);
    c->facts.used = used;
    later(c, used < 0 ? 46 * MINUTE : 2000);
    later(c, used < 0 ? MINUTE : 2000);
    note_state(c, 0);
}

static void card_holds(struct city *c)
{
    fill_up(c, "card", 6432);
}

static void wallet_holds(struct city *c)
{
    deposit(c, 0, 20000);
    fill_up(c, "wallet", 6432);
}

static void card_holds_in_vain(struct city *c)
{
    fill_up(c, "card", -1);
}

static void wallet_holds_and_nothing_is_used(struct city *c)
{
    deposit(c, 0, 20000);
    fill_up(c, "wallet", 0);
}

static void card_refunded(struct city *c)
{
    struct id id = by_card(c, 0, water);
    refund(c, 1, &id, 300, 1020);
    refund(c, 2, &id, 720, 720);
}

static void card_refund_fails(struct city *c)
{
    struct id id = by_card(c, 0, water);
    refund(c, 1, &id, 300, 1020);
}

static void agency_asks_for_a_refund(struct city *c)
{
    struct id id = by_card(c, 0, water), request;
    struct city_call *call = &c->facts.calls[1]; // its payment is the request's id
    struct refund_asking asking = {&id, 1, 500, 1020, "overpaid", "amal"};
    if (call->size == 0) {
        cr_assert_eq(refund_ask(c->t.f.money, &asking, &request, NULL), 0);
        call->payment = request;
        call->size = 1;
    }
    int status = refund_approve(c->t.f.money, id_str(&call->payment), "badr", NULL);
    cr_assert(status >= 0 || status == ERR_NOT_FOUND, "%d", status);
    if (status == ERR_NOT_FOUND) // it was approved, but nobody heard of it
        cr_assert_eq(left_of(&c->t.f, &id), 520);
}

static void agency_refuses_its_event(struct city *c)
{
    struct arena arena = {0};
    struct outbox_event event;
    by_card(c, 0, water);
    while (take(c, "water", &event, &arena))
        if (strcmp(event.kind, "payment.captured") == 0)
            cr_assert_eq(outbox_refuse(c->t.f.money, &event, NULL), 0);
        else
            acknowledge(c, &event);
    arena_finish(&arena);
}

static void event_dies_and_is_tried_again(struct city *c)
{
    struct arena arena = {0};
    struct outbox_event event;
    deposit(c, 0, 2000);
    pay(c, 0, NULL, water);
    for (int i = 0; i < 14; i++) {
        if (take(c, "water", &event, &arena))
            cr_assert_eq(outbox_defer(c->t.f.money, &event, NULL), 0);
        advance_clock(&c->t.f, MINUTE);
    }
    cr_assert_geq(outbox_replay(c->t.f.money, STR(""), NULL), 0);
    arena_finish(&arena);
}

static void dispute(struct city *c, enum provider_dispute_state end)
{
    struct city_facts *facts = &c->facts;
    struct id id = by_card(c, 0, water);
    char name[32];
    snprintf(name, sizeof name, "dp_%d", facts->story);
    struct provider_dispute *last =
        facts->dispute_count ? &facts->disputes[facts->dispute_count - 1] : NULL;
    if (!last || strcmp(last->id, name) != 0) {
        last = &facts->disputes[facts->dispute_count];
        *last = (struct provider_dispute){.currency = "AED",
                                          .reason = "fraudulent",
                                          .amount = 1020,
                                          .fee = 55,
                                          .state = PROVIDER_DISPUTE_OPEN};
        snprintf(last->id, sizeof last->id, "%s", name);
        snprintf(last->payment, sizeof last->payment, "%s", id.text);
        facts->dispute_count++;
    }
    struct err err = {0};
    cr_assert_eq(dispute_look(c->t.f.money, "card", name, &err), 0, "%s", err.message);
    last->state = end;
    cr_assert_eq(dispute_look(c->t.f.money, "card", name, &err), 0, "%s", err.message);
}

static void dispute_won(struct city *c)
{
    dispute(c, PROVIDER_DISPUTE_WON);
}

static void dispute_lost(struct city *c)
{
    dispute(c, PROVIDER_DISPUTE_LOST);
}

static void day_is_closed(struct city *c)
{
    char day[CLOCK_DATE];
    by_card(c, 0, water);
    clock_fix(&c->t.f.clock, c->facts.began + INT64_C(26) * 60 * MINUTE);
    while (settlement_due(c->t.f.money, &c->t.terms, day, NULL) == 1) {
        struct arena arena = {0};
        close_day(&c->t, day, &arena);
        arena_finish(&arena);
    }
}

static const struct story stories[] = {
    {"a bill is paid from the wallet", all_agree, wallet_paid},
    {"a bill is paid by card", all_agree, card_captured},
    {"three bills at once, one is not owed", fines_disagree, pay_all},
    {"a tank on the card", at_the_pump, card_holds},
    {"a wallet that holds too little", all_agree, wallet_refused},
    {"a card payment comes back in parts", all_agree, card_refunded},
    {"the agency takes nothing", all_disagree, card_captured},
    {"a tank from the wallet", at_the_pump, wallet_holds},
    {"the page is left", all_agree, card_abandoned},
    {"the provider declines the capture", capture_is_refused, card_captured},
    {"a wallet payment comes back in parts", all_agree, wallet_refunded},
    {"the answer to the capture is lost", capture_is_not_answered, card_captured},
    {"the citizen gives up", all_agree, card_cancelled},
    {"the provider refuses a refund", refund_is_refused, card_refund_fails},
    {"an agency asks for a refund", all_agree, agency_asks_for_a_refund},
    {"an agency refuses what was paid", all_agree, agency_refuses_its_event},
    {"a pump that never says", at_the_pump, card_holds_in_vain},
    {"an event nobody takes", all_agree, event_dies_and_is_tried_again},
    {"a dispute is won", all_agree, dispute_won},
    {"a hold of which nothing is used", at_the_pump, wallet_holds_and_nothing_is_used},
    {"a dispute is lost", all_agree, dispute_lost},
    {"a day is closed", all_agree, day_is_closed},
};

void city_tell(struct city *c, const struct story *story)
{
    story->tell(c);
    memset(c->t.f.fake->script, 0, sizeof c->t.f.fake->script);
    city_rest(c);
    deliver_all(c);
}

const struct story *story_of(int number)
{
    return &stories[(size_t)number % (sizeof stories / sizeof *stories)];
}
