// SPDX-License-Identifier: Apache-2.0
//
// The card provider's API goes wrong at any call: each error, garbage, half an answer, silence,
// before and after it did what it was asked for. The adapter (card.c) speaks to a provider in
// memory, which knows what it really did.
#include "city.h"
#include "disk.h"

#include "money/card.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PAGES = 8, REFUNDS = 16, PRICE = 1000, BOUND_S = 30 };

struct fault {
    const char *name;
    int result;       // of send; 0: there is an answer
    int status;       // HTTP's, 0: the true one
    const char *body; // NULL: the true one
    unsigned half;    // not 0: so many tenths of the true body
};

static const struct fault faults[] = {
    {"refused connection", ERR_UNAVAILABLE, 0, NULL, 0},
    {"silence", ERR_TIMEOUT, 0, NULL, 0},
    {"a connection that breaks", ERR_IO, 0, NULL, 0},
    {"an answer that is too long", ERR_LIMIT, 0, NULL, 0},
    {"400", 0, 400, "{\"error\":{\"type\":\"invalid_request_error\"}}", 0},
    {"401", 0, 401, "{}", 0},
    {"402", 0, 402, "{\"error\":{\"code\":\"card_declined\"}}", 0},
    {"403", 0, 403, "", 0},
    {"404", 0, 404, "{}", 0},
    {"409", 0, 409, "{}", 0},
    {"429", 0, 429, "slow down", 0},
    {"500", 0, 500, "{\"error\":{}}", 0},
    {"502", 0, 502, "<html>bad gateway</html>", 0},
    {"503", 0, 503, "", 0},
    {"504", 0, 504, "", 0},
    {"a redirect", 0, 302, "", 0},
    {"nothing", 0, 200, "", 0},
    {"HTML", 0, 200, "<html>hello</html>", 0},
    {"an empty object", 0, 200, "{}", 0},
    {"a list", 0, 200, "[]", 0},
    {"null", 0, 200, "null", 0},
    {"wrong types", 0, 200, "{\"id\":7,\"status\":{},\"data\":5,\"payment_intent\":[]}", 0},
    {"somebody else's", 0, 200,
     "{\"id\":\"cs_99\",\"status\":\"complete\",\"payment_intent\":{\"id\":\"pi_99\",\"status\":"
     "\"succeeded\",\"currency\":\"aed\",\"amount_received\":5}}",
     0},
    {"zero bytes", 0, 200, "\x01\x02\xff\xfe", 0},
    {"a tenth of it", 0, 0, NULL, 1},
    {"half of it", 0, 0, NULL, 5},
    {"nearly all of it", 0, 0, NULL, 9},
};

enum { FAULTS = sizeof faults / sizeof *faults };

// --- the provider --------------------------------------------------------------------------------

struct page {
    char key[64];
    int64_t amount, taken, given_back;
    enum provider_state state;
};

struct api {
    struct page pages[PAGES];
    int count;
    struct {
        char key[64];
        int page;
    } refunds[REFUNDS];
    int refund_count;
    int calls, captures;
    // What goes wrong: the call of that number.
    int fails_at;
    bool works; // the deed is done all the same
    const struct fault *fault;
};

static int64_t number_after(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? strtoll(at + strlen(name), NULL, 10) : -1;
}

static void write_session(const struct api *api, int index, struct buf *out)
{
    static const char *const states[] = {"requires_payment_method", "requires_capture", "succeeded",
                                         "canceled"};
    const struct page *page = &api->pages[index];
    buf_printf(out, "{\"id\":\"cs_%d\",\"url\":\"https://pay.example/%d\",\"status\":\"%s\",",
               index, index,
               page->state == PROVIDER_OPEN   ? "open"
               : page->state == PROVIDER_GONE ? "expired"
                                              : "complete");
    buf_printf(out,
               "\"payment_intent\":{\"id\":\"pi_%d\",\"status\":\"%s\",\"currency\":\"aed\","
               "\"amount_capturable\":%lld,\"amount_received\":%lld}}",
               index, states[page->state], (long long)page->amount, (long long)page->taken);
}

static void write_intent(const struct api *api, int index, struct buf *out)
{
    struct buf session = {0};
    write_session(api, index, &session);
    const char *intent = strstr(session.data, "{\"id\":\"pi_");
    buf_append(out, intent, strlen(intent) - 1);
    buf_finish(&session);
}

static int open_page(struct api *api, const char *key, const char *form, struct buf *out)
{
    int index = 0;
    while (index < api->count && strcmp(api->pages[index].key, key) != 0)
        index++;
    if (index == api->count) {
        cr_assert_lt(api->count++, PAGES);
        api->pages[index] = (struct page){.amount = number_after(form, "[unit_amount]=")};
        snprintf(api->pages[index].key, sizeof api->pages[index].key, "%s", key);
    }
    write_session(api, index, out);
    return 200;
}

static int capture(struct api *api, int index, const char *form, struct buf *out)
{
    struct page *page = &api->pages[index];
    if (page->state == PROVIDER_AUTHORIZED) {
        page->state = PROVIDER_CAPTURED;
        page->taken = number_after(form, "amount_to_capture=");
        api->captures++;
    }
    write_intent(api, index, out);
    return page->state == PROVIDER_CAPTURED ? 200 : 400;
}

static int cancel(struct api *api, int index, enum provider_state from, struct buf *out)
{
    struct page *page = &api->pages[index];
    if (page->state == from)
        page->state = PROVIDER_GONE;
    write_session(api, index, out);
    return page->state == PROVIDER_GONE ? 200 : 400;
}

static int refund(struct api *api, const char *key, const char *form, struct buf *out)
{
    int index = (int)number_after(form, "payment_intent=pi_");
    bool there = false;
    for (int i = 0; i < api->refund_count; i++)
        there = there || strcmp(api->refunds[i].key, key) == 0;
    if (!there) {
        cr_assert_lt(api->refund_count, REFUNDS);
        snprintf(api->refunds[api->refund_count].key, 64, "%s", key);
        api->refunds[api->refund_count++].page = index;
        api->pages[index].given_back += number_after(form, "amount=");
    }
    buf_append_text(out, "{\"id\":\"re_1\",\"status\":\"succeeded\"}");
    return 200;
}

static int list_refunds(const struct api *api, struct buf *out)
{
    buf_append_text(out, "{\"data\":[");
    for (int i = 0; i < api->refund_count; i++)
        buf_printf(out, "%s{\"status\":\"succeeded\",\"metadata\":{\"refund\":\"%s\"}}",
                   i ? "," : "", api->refunds[i].key);
    buf_append_text(out, "],\"has_more\":false}");
    return 200;
}

static int serve(struct api *api, const struct http_outgoing *out, const char *key,
                 struct buf *body)
{
    char form[4096];
    snprintf(form, sizeof form, STR_FORMAT, STR_ARGUMENTS(out->body));
    bool post = strcmp(out->method, "POST") == 0;
    int session = (int)number_after(out->url, "/sessions/cs_");
    int intent = (int)number_after(out->url, "/payment_intents/pi_");
    if (post && strstr(out->url, "/capture"))
        return capture(api, intent, form, body);
    if (post && strstr(out->url, "/cancel"))
        return cancel(api, intent, PROVIDER_AUTHORIZED, body);
    if (post && strstr(out->url, "/expire"))
        return cancel(api, session, PROVIDER_OPEN, body);
    if (post && strstr(out->url, "/refunds"))
        return refund(api, key, form, body);
    if (post && strstr(out->url, "/customers")) {
        buf_append_text(body, "{\"id\":\"cus_1\"}");
        return 200;
    }
    if (post)
        return open_page(api, key, form, body);
    if (strstr(out->url, "/refunds"))
        return list_refunds(api, body);
    write_session(api, session, body);
    return 200;
}

static int send(struct http_client *client, const struct http_outgoing *out,
                struct http_incoming *in, struct err *err)
{
    struct api *api = (struct api *)(void *)client;
    const struct fault *fault = ++api->calls == api->fails_at ? api->fault : NULL;
    char key[128] = "";
    for (size_t i = 0; i < out->field_count; i++)
        if (str_is(out->fields[i].name, "idempotency-key"))
            snprintf(key, sizeof key, STR_FORMAT, STR_ARGUMENTS(out->fields[i].value));
    struct buf body = {0};
    in->status = 500;
    if (!fault || api->works)
        in->status = serve(api, out, key, &body);
    if (fault && fault->status)
        in->status = fault->status;
    if (fault && fault->half && body.size)
        body.size = body.size * fault->half / 10;
    buf_append_str(&in->body, fault && fault->body ? str_from(fault->body) : buf_str(&body));
    buf_finish(&body);
    return fault && fault->result ? err_set(err, fault->result, "%s", fault->name) : 0;
}

// A refusal is one: whoever says 400 has done nothing. (What says nothing clear may have.)
static bool may_work(const struct fault *fault)
{
    return fault->result != ERR_UNAVAILABLE && (fault->status < 300 || fault->status >= 500);
}

static struct provider *adapter(struct api *api)
{
    struct provider *card;
    struct card_config config = {.name = "card",
                                 .api = "https://api.example",
                                 .secret_key = "sk_test",
                                 .webhook_secret = "whsec",
                                 .send = send,
                                 .client = (struct http_client *)(void *)api};
    struct err err = {0};
    cr_assert_eq(card_create(&card, &config, &err), 0, "%s", err.message);
    return card;
}

// --- a payment -----------------------------------------------------------------------------------

struct trial {
    struct city *c;
    struct city_image *image;
    struct api api;
    bool cancels; // the citizen gives up instead
};

static void citizen(struct trial *t)
{
    for (int i = 0; i < t->api.count; i++)
        if (t->api.pages[i].state == PROVIDER_OPEN)
            t->api.pages[i].state = PROVIDER_AUTHORIZED;
}

static void give_back(struct trial *t, const struct id *payment)
{
    struct money_refund order = {.key = {.caller = STR("operator"),
                                         .route = STR("refund"),
                                         .key = STR("back")},
                                 .payment = payment,
                                 .line = 1,
                                 .amount = 300,
                                 .seen = left_of(&t->c->t.f, payment),
                                 .reason = "test"};
    struct money_answer answer;
    if (payment_refund(t->c->t.f.money, &order, &answer, NULL) == 0)
        buf_finish(&answer.body);
}

static void live(struct trial *t)
{
    struct money_fixture *f = &t->c->t.f;
    struct small_order small;
    struct money_answer answer;
    small_order(f, &small, "key", "bill", PRICE);
    if (money_checkout(f->money, "card", &small.order, &answer, NULL) != 0)
        return;
    buf_finish(&answer.body);
    if (t->cancels)
        payment_cancel(f->money, &answer.payment, NULL);
    citizen(t);
    payment_advance(f->money, &answer.payment, NULL);
    for (int i = 0; i < 12; i++) {
        advance_clock(f, INT64_C(300000));
        cr_assert_geq(money_tick(f->money, 100, NULL), 0);
    }
    give_back(t, &answer.payment);
}

static void expect_agreement(struct trial *t, const char *what, int at)
{
    struct money_fixture *f = &t->c->t.f;
    for (int i = 0; i < 24; i++) {
        advance_clock(f, INT64_C(300000));
        cr_assert_geq(money_tick(f->money, 100, NULL), 0);
    }
    int64_t owed = 0;
    for (int i = 0; i < t->api.count; i++) {
        const struct page *page = &t->api.pages[i];
        // A page that nobody was shown may stay open: nobody can pay on it in this world.
        owed += page->taken - page->given_back;
        cr_assert(page->given_back <= page->taken);
    }
    cr_assert_leq(t->api.captures, 1, "%s at call %d: captured %d times", what, at,
                  t->api.captures);
    expect_books_whole(f);
    int64_t clearing = balance_of(f, (struct ledger_party){LEDGER_CLEARING, "card"});
    cr_assert_eq(clearing, -owed, "%s at call %d: the books say %lld, the provider took %lld", what,
                 at, (long long)clearing, (long long)owed);
    cr_assert_eq(ask_outside(f, "SELECT count(*) FROM payment_intent WHERE state = 'pending'"), 0,
                 "%s at call %d: undecided", what, at);
}

// One life with that fault at that call; how many calls there were.
static int live_with(struct trial *t, const struct fault *fault, bool works, int at)
{
    city_restore(t->c, t->image);
    t->api = (struct api){.fails_at = at, .works = works, .fault = fault};
    city_host(t->c);
    struct provider *card = adapter(&t->api);
    t->c->t.f.provider = *card;
    alarm(BOUND_S);
    live(t);
    expect_agreement(t, fault ? fault->name : "no fault", at);
    alarm(0);
    money_fixture_stop(&t->c->t.f);
    card_destroy(card);
    return t->api.calls;
}

Test(provider, whatever_goes_wrong_at_any_call_the_books_say_what_the_provider_did, .timeout = 600)
{
    struct trial t = {0};
    disk_begin(&(struct disk_plan){.forgetful = true});
    t.c = city_create();
    t.image = city_image_create();
    city_host(t.c);
    money_fixture_stop(&t.c->t.f);
    city_save(t.c, t.image);
    int lives = 0;
    for (int cancels = 0; cancels < 2; cancels++) {
        t.cancels = cancels;
        int calls = live_with(&t, NULL, false, 0);
        cr_assert(calls >= 3 && calls < 40, "%d", calls);
        cr_assert_eq(t.api.pages[0].taken - t.api.pages[0].given_back, cancels ? 0 : 720);
        for (int i = 0; i < FAULTS; i++)
            for (int works = 0; works <= may_work(&faults[i]); works++)
                for (int at = 1; at <= calls; at++, lives++)
                    live_with(&t, &faults[i], works, at);
    }
    fprintf(stderr, "provider: %d lives with a fault each\n", lives);
    city_image_destroy(t.image);
    city_destroy(t.c);
}

// Every operation with every fault: never a success but from a whole answer.
Test(provider, nothing_but_a_whole_answer_is_taken_for_success)
{
    struct provider_order order = {.key = "k",
                                   .payment = "p",
                                   .currency = "AED",
                                   .language = "en",
                                   .payer = "",
                                   .amount = PRICE,
                                   .title = STR("Water"),
                                   .return_url = STR("https://r"),
                                   .cancel_url = STR("https://c")};
    struct provider_call call = {"k", "p", "cs_0", "pi_0", PRICE};
    for (int i = 0; i < FAULTS; i++)
        for (int operation = 0; operation < 5; operation++) {
            struct api api = {.fault = &faults[i], .works = true, .count = 1};
            struct provider *card = adapter(&api);
            struct provider_view view = {0};
            api.pages[0] = (struct page){"other", PRICE, 0, 0, PROVIDER_AUTHORIZED};
            api.fails_at = 1;
            int status = operation == 0   ? card->open(card->context, &order, &view, NULL)
                         : operation == 1 ? card->look(card->context, "cs_0", &view, NULL)
                         : operation == 2 ? card->capture(card->context, &call, NULL)
                         : operation == 3 ? card->refund(card->context, &call, NULL)
                                          : card->find_refund(card->context, &call, NULL);
            bool said = status == ERR_UNKNOWN || status == ERR_UNAVAILABLE || status == ERR_DENIED;
            cr_assert(said, "operation %d, %s: %d", operation, faults[i].name, status);
            card_destroy(card);
        }
}
