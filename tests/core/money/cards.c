// SPDX-License-Identifier: Apache-2.0
//
// Kept cards: what is asked of the provider and what is made of its answers, and whose they are.
#include "money/cards.h"

#include "fixture.h"
#include "money/card.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

// Stands where the HTTP client does: a row for each call that is expected, in order.
struct step {
    const char *method, *path, *form; // what is sent; form NULL: anything
    const char *key;                  // of idempotency; NULL: none
    int result, status;               // what comes back: a code of the client's, or HTTP
    const char *body;
};

struct script {
    const struct step *next, *end;
};

static int play(struct http_client *client, const struct http_outgoing *out,
                struct http_incoming *in, struct err *err)
{
    struct script *script = (struct script *)(void *)client;
    cr_assert(script->next < script->end, "%s %s was not expected", out->method, out->url);
    const struct step *step = script->next++;
    char url[256];
    snprintf(url, sizeof url, "https://api.example%s", step->path);
    cr_assert_str_eq(out->method, step->method);
    cr_assert_str_eq(out->url, url);
    if (step->form)
        cr_assert(str_is(out->body, step->form), STR_FORMAT, STR_ARGUMENTS(out->body));
    const char *key = NULL;
    for (size_t i = 0; i < out->field_count; i++)
        if (str_is(out->fields[i].name, "idempotency-key"))
            key = out->fields[i].value.data;
    cr_assert_eq(key != NULL, step->key != NULL);
    if (key)
        cr_assert_str_eq(key, step->key);
    if (step->result)
        return err_set(err, step->result, "the network");
    in->status = step->status ? step->status : 200;
    buf_append_text(&in->body, step->body);
    return 0;
}

static struct provider *create(struct script *script)
{
    struct provider *card;
    struct card_config config = {.name = "card",
                                 .api = "https://api.example",
                                 .secret_key = "sk_test_geheim",
                                 .webhook_secret = "whsec_geheim",
                                 .send = play,
                                 .client = (struct http_client *)(void *)script};
    cr_assert_eq(card_create(&card, &config, NULL), 0);
    return card;
}

#define SCRIPT(steps)                                                                              \
    {                                                                                              \
        (steps), (steps) + sizeof(steps) / sizeof *(steps)                                         \
    }
#define LIST "/v1/customers/cus_1/payment_methods?type=card&limit=100"
#define CARD(id, rest)                                                                             \
    "{\"id\":\"" id "\",\"type\":\"card\",\"card\":{\"brand\":\"visa\",\"exp_month\":3," rest "}}"
#define GOOD(id) CARD(id, "\"last4\":\"4242\",\"exp_year\":2030")

Test(cards, a_customer_is_the_accounts_pseudonym_and_the_same_when_the_answer_was_lost)
{
    static const struct step steps[] = {{"POST", "/v1/customers", "metadata[account]=01account",
                                         "customer-01account", ERR_TIMEOUT},
                                        {"POST", "/v1/customers", "metadata[account]=01account",
                                         "customer-01account", .body = "{\"id\":\"cus_1\"}"}};
    struct script script = SCRIPT(steps);
    struct provider *card = create(&script);
    char customer[PROVIDER_ID] = "";
    cr_assert_eq(card->customer(card->context, "01account", customer, NULL), ERR_UNKNOWN);
    cr_assert_str_eq(customer, "");
    cr_assert_eq(card->customer(card->context, "01account", customer, NULL), 0);
    cr_assert_str_eq(customer, "cus_1");
    card_destroy(card);
}

Test(cards, a_customer_that_is_none_is_not_taken)
{
    static const char *const bodies[] = {"{}", "[]", "", "{\"id\":7}", "{\"id\":\"cus/../1\"}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct step step = {"POST", "/v1/customers", NULL, "customer-01", .body = bodies[i]};
        struct script script = {&step, &step + 1};
        struct provider *card = create(&script);
        char customer[PROVIDER_ID] = "";
        cr_assert_eq(card->customer(card->context, "01", customer, NULL), ERR_UNKNOWN, "%zu", i);
        cr_assert_str_eq(customer, "");
        card_destroy(card);
    }
}

Test(cards, kept_cards_are_read_and_no_more_than_there_is_room_for)
{
    static const struct step steps[] = {
        {"GET", LIST, .body = "{\"data\":[" GOOD("pm_1") "," GOOD("pm_2") "," GOOD("pm_3") "]}"},
        {"GET", LIST, .body = "{\"data\":[]}"}};
    struct script script = SCRIPT(steps);
    struct provider *card = create(&script);
    struct provider_card kept[2];
    struct provider_cards list = {.at = kept, .most = 2};
    cr_assert_eq(card->cards(card->context, "cus_1", &list, NULL), 0);
    cr_assert_eq(list.count, 2);
    cr_assert_str_eq(kept[0].id, "pm_1");
    cr_assert_str_eq(kept[1].id, "pm_2");
    cr_assert_str_eq(kept[0].brand, "visa");
    cr_assert_str_eq(kept[0].last4, "4242");
    cr_assert_str_eq(kept[0].expires, "2030-03");
    cr_assert_eq(card->cards(card->context, "cus_1", &list, NULL), 0);
    cr_assert_eq(list.count, 0);
    card_destroy(card);
}

Test(cards, a_list_that_is_none_is_no_empty_list)
{
    static const char *const bodies[] = {
        "{}",
        "<html>",
        "{\"data\":{}}",
        "{\"data\":[7]}",
        "{\"data\":[{}]}",
        "{\"data\":[" CARD("pm_1", "\"last4\":\"4242424242424242\",\"exp_year\":2030") "]}",
        "{\"data\":[" CARD("pm_1", "\"last4\":\"42a2\",\"exp_year\":2030") "]}",
        "{\"data\":[" CARD("pm_1", "\"last4\":\"4242\",\"exp_year\":20300") "]}",
        "{\"data\":[" GOOD("pm 1") "]}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct step step = {"GET", LIST, .body = bodies[i]};
        struct script script = {&step, &step + 1};
        struct provider *card = create(&script);
        struct provider_card kept[2];
        struct provider_cards list = {.at = kept, .most = 2};
        cr_assert_eq(card->cards(card->context, "cus_1", &list, NULL), ERR_UNKNOWN, "%zu", i);
        card_destroy(card);
    }
}

Test(cards, only_a_card_of_the_customer_is_forgotten)
{
    static const struct step steps[] = {
        {"GET", LIST, .body = "{\"data\":[" GOOD("pm_1") "]}"},
        {"GET", LIST, .body = "{\"data\":[" GOOD("pm_1") "]}"},
        {"POST", "/v1/payment_methods/pm_1/detach", "", .body = "{\"id\":\"pm_1\"}"},
        {"GET", LIST, .status = 503, .body = ""},
    };
    struct script script = SCRIPT(steps);
    struct provider *card = create(&script);
    struct err err = {0};
    int (*forget)(void *, const char *, const char *, struct err *) = card->forget_card;
    cr_assert_eq(forget(card->context, "cus_1", "pm_2", &err), ERR_NOT_FOUND);
    cr_assert_eq(forget(card->context, "cus_1", "pm_1", &err), 0);
    cr_assert_eq(forget(card->context, "cus_1", "pm_1", &err), ERR_UNKNOWN);
    cr_assert_eq(script.next, script.end);
    card_destroy(card);
}

Test(cards, a_page_is_opened_for_the_customer_and_offers_to_keep_the_card)
{
    struct step step = {"POST", "/v1/checkout/sessions", NULL, "01intent",
                        .body = "{\"id\":\"cs_1\",\"status\":\"open\",\"url\":\"https://p/1\"}"};
    struct script script = {&step, &step + 1};
    struct provider *card = create(&script);
    struct provider_view view = {0};
    struct provider_order order = {.key = "01intent",
                                   .payment = "01payment",
                                   .customer = "cus_1",
                                   .currency = "AED",
                                   .language = "en",
                                   .amount = 100,
                                   .title = STR("Water"),
                                   .return_url = STR("https://city/r"),
                                   .cancel_url = STR("https://city/c")};
    struct buf form = {0};
    buf_append_text(&form, "mode=payment&payment_method_types[0]=card&client_reference_id=01payment"
                           "&metadata[payment]=01payment&metadata[language]=en&locale=en"
                           "&success_url=https%3A%2F%2Fcity%2Fr&cancel_url=https%3A%2F%2Fcity%2Fc"
                           "&expires_at=0&line_items[0][quantity]=1"
                           "&line_items[0][price_data][currency]=aed"
                           "&line_items[0][price_data][unit_amount]=100"
                           "&line_items[0][price_data][product_data][name]=Water"
                           "&payment_intent_data[capture_method]=manual"
                           "&payment_intent_data[metadata][payment]=01payment&customer=cus_1"
                           "&saved_payment_method_options[payment_method_save]=enabled");
    step.form = form.data;
    cr_assert_eq(card->open(card->context, &order, &view, NULL), 0);
    buf_finish(&form);
    card_destroy(card);
}

// --- whose they are ------------------------------------------------------------------------------

// A provider with a customer of one name for each account, and how often it was asked.
static struct {
    int made, result, opened, refused; // refused: pages with a customer
    char customer[PROVIDER_ID];        // of the last page; "" without
    int (*open)(void *context, const struct provider_order *order, struct provider_view *view,
                struct err *err);
} till;

static int make_customer(void *context, const char *account, char out[PROVIDER_ID], struct err *err)
{
    (void)context;
    till.made++;
    snprintf(out, PROVIDER_ID, "cus_%s", account);
    return till.result ? err_set(err, till.result, "the provider") : 0;
}

static int list_cards(void *context, const char *customer, struct provider_cards *out,
                      struct err *err)
{
    (void)context;
    out->count = 1;
    snprintf(out->at->id, sizeof out->at->id, "pm_of_%s", customer);
    return till.result ? err_set(err, till.result, "the provider") : 0;
}

static int forget_card(void *context, const char *customer, const char *card, struct err *err)
{
    char own[2 * PROVIDER_ID];
    (void)context;
    snprintf(own, sizeof own, "pm_of_%s", customer);
    if (till.result)
        return err_set(err, till.result, "the provider");
    return strcmp(card, own) == 0 ? 0 : err_set(err, ERR_NOT_FOUND, "not its card");
}

static int open_counted(void *context, const struct provider_order *order,
                        struct provider_view *view, struct err *err)
{
    till.opened++;
    snprintf(till.customer, sizeof till.customer, "%s", order->customer ? order->customer : "");
    if (till.refused && order->customer)
        return err_set(err, ERR_DENIED, "no such customer");
    return till.open(context, order, view, err);
}

static void open_till(struct money_fixture *f)
{
    money_fixture_open(f);
    memset(&till, 0, sizeof till);
    till.open = f->provider.open;
    f->provider.open = open_counted;
    f->provider.customer = make_customer;
    f->provider.cards = list_cards;
    f->provider.forget_card = forget_card;
}

static int list_of(struct money_fixture *f, const struct id *account, struct provider_card *first)
{
    struct provider_cards list = {.at = first, .most = 1};
    int status = money_cards(f->money, account, &list, NULL);
    return status < 0 ? status : (int)list.count;
}

Test(cards, a_citizen_has_one_customer_from_the_first_page_on_and_nobody_elses_cards)
{
    struct money_fixture f;
    struct provider_card first;
    char mine[2 * PROVIDER_ID];
    open_till(&f);
    struct id other = id_next(&f.ids, clock_now(&f.clock));
    cr_assert_eq(list_of(&f, &f.citizen, &first), 0);
    checkout(&f, "a");
    cr_assert_eq(strcmp(till.customer + 4, f.citizen.text), 0);
    checkout(&f, "b");
    cr_assert_eq(till.made, 1);
    cr_assert_eq(list_of(&f, &f.citizen, &first), 1);
    cr_assert_eq(list_of(&f, &other, &first), 0);
    snprintf(mine, sizeof mine, "pm_of_cus_%s", f.citizen.text);
    cr_assert_eq(money_card_forget(f.money, &other, mine, NULL, NULL), ERR_NOT_FOUND);
    cr_assert_eq(money_card_forget(f.money, &f.citizen, "pm_of_another", NULL, NULL),
                 ERR_NOT_FOUND);
    cr_assert_eq(money_card_forget(f.money, &f.citizen, mine, NULL, NULL), 0);
    money_fixture_close(&f);
}

Test(cards, a_citizen_pays_on_though_there_is_no_customer_to_be_had)
{
    static const int results[] = {ERR_UNAVAILABLE, ERR_UNKNOWN, ERR_DENIED};
    struct money_fixture f;
    struct provider_card first;
    open_till(&f);
    for (size_t i = 0; i < 3; i++) {
        char item[2] = {(char)('a' + i), '\0'};
        till.result = results[i];
        checkout(&f, item);
        cr_assert_str_eq(till.customer, "");
        cr_assert_eq(list_of(&f, &f.citizen, &first), 0);
    }
    till.result = 0;
    checkout(&f, "d");
    cr_assert_neq(till.customer[0], '\0', "made when it can be");
    for (size_t i = 0; i < 3; i++) {
        till.result = results[i];
        cr_assert_eq(list_of(&f, &f.citizen, &first), ERR_UNAVAILABLE);
        cr_assert_eq(money_card_forget(f.money, &f.citizen, "pm_1", NULL, NULL), ERR_UNAVAILABLE);
    }
    money_fixture_close(&f);
}

Test(cards, a_customer_that_the_provider_has_lost_does_not_keep_a_citizen_from_paying)
{
    struct money_fixture f;
    open_till(&f);
    till.refused = 1;
    struct id payment = checkout(&f, "a");
    cr_assert_eq(till.opened, 2);
    cr_assert_str_eq(till.customer, "");
    fake_pay(f.fake, payment.text);
    cr_assert_eq(payment_advance(f.money, &payment, NULL), 0);
    cr_assert_eq(state_of(&f, &payment), PAYMENT_CAPTURED);
    money_fixture_close(&f);
}
