// SPDX-License-Identifier: Apache-2.0
//
// From items on a page to the provider's: POST /pay collects what was chosen and redirects to the
// review (so that reload and back are harmless); the review quotes every item anew and carries a
// fresh idempotency key; POST /pay/confirm pays with that key, so that a double click pays once:
// the second asks again until the first has its answer, and follows it to the same payment.
//
// What another payment has already is not paid again. When that payment is this citizen's own, the
// page leads to it, to go on or to give it up.

#include "base/json.h"
#include "base/url.h"
#include "host/quote.h"
#include "loop/task.h"
#include "portal/payment_view.h"
#include "portal/visit.h"

#define PAYMENT_COOKIE "__Host-payment" // the last payment begun without signing in

enum {
    MOST_ITEMS = 20,
    UNREAD = -1, // an amount that is none
    LATEST_PAYMENTS = 20,
    PAYMENT_SECONDS = 3600,
    FLIGHT_TRIES = 100,
    FLIGHT_MS = 100
};

struct cart {
    struct purchase_item items[MOST_ITEMS];
    size_t count;
};

// Each "item" is itself a query string: instance=…&item=…&amount=…, with what the citizen saw on
// the page it came from, or chose there.
static void read_cart(struct visit *visit, struct cart *cart)
{
    for (size_t i = 0; i < visit->form_count && cart->count < MOST_ITEMS; i++) {
        if (!str_is(visit->form[i].name, "item"))
            continue;
        struct str pairs = visit->form[i].value;
        struct purchase_item item = {url_find_pair(pairs, "instance", visit->arena),
                                     url_find_pair(pairs, "item", visit->arena), 0};
        struct str amount = url_find_pair(pairs, "amount", visit->arena);
        if (!item.instance.size || !item.item.size)
            continue;
        if (amount.size && !str_to_integer(amount, 1, INT64_MAX, &item.amount))
            item.amount = UNREAD;
        cart->items[cart->count++] = item;
    }
}

void visit_append_item(struct buf *query, struct purchase_item item)
{
    struct buf pairs = {0};
    buf_append_text(&pairs, "instance=");
    url_encode(item.instance, &pairs);
    buf_append_text(&pairs, "&item=");
    url_encode(item.item, &pairs);
    if (item.amount)
        buf_printf(&pairs, "&amount=%lld", (long long)item.amount);
    buf_append_text(query, query->size ? "&item=" : "item=");
    url_encode(buf_str(&pairs), query);
    buf_finish(&pairs);
}

static const char *cart_query(struct visit *visit, const struct cart *cart)
{
    struct buf query = {0};
    for (size_t i = 0; i < cart->count; i++)
        visit_append_item(&query, cart->items[i]);
    const char *text = arena_string(visit->arena, buf_str(&query));
    buf_finish(&query);
    return text;
}

// What was typed into the form of an item whose amount one chooses, or which of its choices.
static void read_chosen(struct visit *visit, struct cart *cart)
{
    struct str currency = str_from(visit->portal->site->settings.currency);
    struct str typed = str_trim(visit_field(visit, "amount")),
               choice = visit_field(visit, "choice");
    if (!visit_has_field(visit, "amount") || cart->count != 1)
        return;
    int64_t *amount = &cart->items[0].amount;
    if (!pages_read_money(typed.size ? typed : choice, currency, amount) || *amount <= 0)
        *amount = UNREAD;
}

void visit_pay(struct visit *visit)
{
    struct cart cart = {0};
    read_cart(visit, &cart);
    read_chosen(visit, &cart);
    visit_redirect(visit, arena_printf(visit->arena, "/pay?%s", cart_query(visit, &cart)));
}

// ---- the review ----

static json_t *amount_json(const struct visit *visit, int64_t amount)
{
    return json_pack("{s:I, s:s}", "amount", (json_int_t)amount, "currency",
                     visit->portal->site->settings.currency);
}

// What the review adds up: the amounts, and the city's fee by card and by wallet.
struct sums {
    int64_t total, card_fee, wallet_fee;
    bool hold;
};

static void add_up(struct visit *visit, struct str instance, const struct quote *quote,
                   struct sums *sums)
{
    const struct portal_settings *settings = &visit->portal->site->settings;
    const struct money *money = visit->portal->services.money;
    sums->total += quote->amount;
    sums->hold = sums->hold || quote->hold;
    if (quote->hold)
        return;
    if (settings->provider)
        sums->card_fee += money_fee(money, settings->provider, instance, quote->amount);
    sums->wallet_fee += money_fee(money, "wallet", instance, quote->amount);
}

// An amount of the citizen's own that the agency does not take.
static bool is_unfit(const struct purchase_item *wanted, const struct quote *quote)
{
    return quote->most && wanted->amount && wanted->amount != quote->amount;
}

// Then it is asked for once more, with the limits.
static void ask_again(const struct visit *visit, json_t *item, const struct purchase_item *wanted,
                      const struct quote *quote)
{
    json_object_set_new(item, "refused", json_string("amount"));
    json_object_set_new(item, "choose",
                        json_pack("{s:s%, s:s%, s:o, s:{s:I, s:I}}", "id", wanted->item.data,
                                  wanted->item.size, "instance", wanted->instance.data,
                                  wanted->instance.size, "amount",
                                  amount_json(visit, quote->amount), "pay", "least",
                                  (json_int_t)quote->least, "most", (json_int_t)quote->most));
}

static json_t *review_item(struct visit *visit, const struct snapshot *snapshot,
                           const struct cart *cart, size_t index, struct sums *sums,
                           int64_t *amount)
{
    struct quote quote;
    struct problem problem = {0};
    const struct purchase_item *wanted = &cart->items[index];
    struct quote_request request = {visit->portal->services.gate, wanted->instance, wanted->item,
                                    visit->portal->site->settings.currency, wanted->amount};
    *amount = 0;
    const struct route *route = snapshot_find(snapshot, request.instance);
    const json_t *agency = route ? visit_route_text(route, "agency") : NULL;
    int rc = quote_item(&request, visit->arena, &quote, &problem);
    problem_finish(&problem);
    bool unfit = rc == 0 && quote.owed && is_unfit(wanted, &quote);
    if (rc == 0 && quote.owed && !unfit) {
        *amount = quote.amount;
        add_up(visit, request.instance, &quote, sums);
    }
    json_t *item = json_pack("{s:o}", "agency", agency ? json_deep_copy(agency) : json_object());
    json_object_set_new(item, "title",
                        rc == 0 && quote.title_en.size
                            ? json_pack("{s:s%, s:s%}", "en", quote.title_en.data,
                                        quote.title_en.size, "ar", quote.title_ar.data,
                                        quote.title_ar.size)
                            : json_pack("{s:s%}", "en", request.item.data, request.item.size));
    json_object_set_new(item, "amount", amount_json(visit, *amount));
    if (rc == 0 && quote.account.size)
        json_object_set_new(item, "account", json_stringn(quote.account.data, quote.account.size));
    if (unfit)
        ask_again(visit, item, wanted, &quote);
    else if (*amount == 0)
        json_object_set_new(item, "refused", json_string(rc < 0 ? "other" : "already"));
    return item;
}

static json_t *method(const struct visit *visit, const char *id, json_t *title, int64_t fee)
{
    json_t *json = json_pack("{s:s, s:o}", "id", id, "title", title);
    if (fee)
        json_object_set_new(json, "fee", amount_json(visit, fee));
    return json;
}

static json_t *methods(const struct visit *visit, const struct sums *sums)
{
    const struct portal_settings *settings = &visit->portal->site->settings;
    json_t *list = json_array();
    if (settings->provider)
        json_array_append_new(list, method(visit, "card",
                                           json_pack("{s:s, s:s}", "en", "Card", "ar", "بطاقة"),
                                           sums->card_fee));
    if (settings->wallet && visit->signed_in)
        json_array_append_new(list, method(visit, "wallet",
                                           json_pack("{s:s, s:s}", "en", "Wallet", "ar", "المحفظة"),
                                           sums->wallet_fee));
    json_object_set_new(json_array_get(list, 0), "selected", json_true());
    return list;
}

const char *visit_fresh_key(struct visit *visit)
{
    uint8_t random[32];
    struct buf text = {0};
    crypto_random(random, sizeof random);
    crypto_base64url(random, sizeof random, &text);
    const char *key = arena_string(visit->arena, buf_str(&text));
    buf_finish(&text);
    return key;
}

void visit_review(struct visit *visit)
{
    struct cart cart = {0}, owed = {0};
    struct sums sums = {0};
    bool changed = false;
    json_t *items = json_array();
    read_cart(visit, &cart);
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    for (size_t i = 0; i < cart.count; i++) {
        int64_t amount;
        json_array_append_new(items, review_item(visit, snapshot, &cart, i, &sums, &amount));
        changed = changed || (cart.items[i].amount && amount && cart.items[i].amount != amount);
        if (amount == 0)
            continue;
        owed.items[owed.count] = cart.items[i];
        owed.items[owed.count++].amount = amount;
    }
    snapshot_release(snapshot);
    json_t *model =
        json_pack("{s:o, s:o, s:b, s:b, s:b, s:o, s:s, s:s, s:s}", "items", items, "total",
                  amount_json(visit, sums.total), "changed", changed, "hold", sums.hold, "payable",
                  owed.count > 0, "methods", methods(visit, &sums), "url",
                  arena_printf(visit->arena, "/pay/confirm?%s", cart_query(visit, &owed)),
                  "cancel_url", "/", "key", visit_fresh_key(visit));
    if (cart.count == 0)
        json_object_set_new(model, "error", json_string("nothing"));
    visit_show(visit, 200, "review", model);
    json_decref(model);
}

// ---- paying ----

// The items stand in the query of the form's address, the key and the method in its body.
static void read_query_cart(struct visit *visit, struct cart *cart)
{
    struct visit query = *visit;
    struct str rest = visit->http->query;
    query.form = arena_alloc(visit->arena, VISIT_PAIRS * sizeof *query.form);
    query.form_count = 0;
    while (query.form_count < VISIT_PAIRS &&
           url_next_pair(&rest, visit->arena, &query.form[query.form_count].name,
                         &query.form[query.form_count].value) == 1)
        query.form_count++;
    read_cart(&query, cart);
}

static bool has_line_of(const struct payment *payment, const struct cart *cart)
{
    for (size_t l = 0; l < payment->count; l++) {
        const struct payment_line *line = &payment->lines[l];
        for (size_t i = 0; i < cart->count; i++)
            if ((line->state == LINE_OPEN || line->state == LINE_PAID) &&
                str_equal(line->instance, cart->items[i].instance) &&
                str_equal(line->item, cart->items[i].item))
                return true;
    }
    return false;
}

// The visitor's own payment that has one of the items: a citizen's latest, or the one that this
// browser began without signing in. NULL: somebody else's, or paid at the agency.
static struct payment *own_payment_with(struct visit *visit, const struct cart *cart)
{
    struct err err;
    struct id ids[LATEST_PAYMENTS];
    struct money *money = visit->portal->services.money;
    struct payment *payment;
    int count = visit->signed_in
                    ? money_payments_of(money, &visit->identity.account, ids, LATEST_PAYMENTS, &err)
                    : 0;
    for (int i = 0; i < count; i++)
        if (money_payment(money, id_str(&ids[i]), visit->arena, &payment, &err) == 0 &&
            has_line_of(payment, cart))
            return payment;
    struct str last = http_request_cookie(visit->http, PAYMENT_COOKIE);
    if (last.size && money_payment(money, last, visit->arena, &payment, &err) == 0 &&
        !payment->payer.text[0] && has_line_of(payment, cart))
        return payment;
    return NULL;
}

static void show_taken(struct visit *visit, const struct cart *cart)
{
    const struct payment *other = own_payment_with(visit, cart);
    bool open = other && payment_is_open(other);
    json_t *model = json_pack("{s:s}", "state", open ? "underway" : "already");
    if (other)
        json_object_set_new(model, "payment_url",
                            json_string(
                                arena_printf(visit->arena, "/payments/%s", other->id.text)));
    visit_show(visit, 409, "payment-status", model);
    json_decref(model);
}

// The same key may be under way in another request of this browser: a second click.
static int make(const struct purchase *purchase, struct money_answer *answer,
                struct problem *problem)
{
    int rc = purchase_make(purchase, answer, problem);
    for (int tries = 0; rc < 0 && tries < FLIGHT_TRIES && answer->refusal == MONEY_IN_FLIGHT;
         tries++) {
        problem_finish(problem);
        task_sleep(FLIGHT_MS);
        rc = purchase_make(purchase, answer, problem);
    }
    return rc;
}

static void follow(struct visit *visit, struct money_answer *answer, bool wallet)
{
    const char *path = arena_printf(visit->arena, "/payments/%s", answer->payment.text);
    buf_finish(&answer->body);
    if (!visit->signed_in)
        visit_set_cookie(visit, PAYMENT_COOKIE, answer->payment.text, PAYMENT_SECONDS);
    if (answer->redirect[0])
        visit_leave(visit, arena_string(visit->arena, str_from(answer->redirect)));
    else
        visit_redirect(visit, wallet ? path : arena_printf(visit->arena, "%s/continue", path));
}

void visit_pay_confirm(struct visit *visit)
{
    const struct portal_settings *settings = &visit->portal->site->settings;
    const char *language = pages_language_code(visit->language);
    struct cart cart = {0};
    struct str key = visit_field(visit, "key");
    bool wallet = str_is(visit_field(visit, "method"), "wallet") && settings->wallet;
    read_query_cart(visit, &cart);
    if (!cart.count || !key.size || (!wallet && !settings->provider)) {
        visit_problem_code(visit, "bad-request");
        return;
    }
    if (wallet && !visit->signed_in) {
        visit_ask_to_sign_in(visit);
        return;
    }
    const char *back =
        arena_printf(visit->arena, "%s/%s/payments/{payment}", settings->public_url, language);
    struct str caller = visit->signed_in ? id_str(&visit->identity.account) : visit->nonce;
    struct purchase purchase = {.gate = visit->portal->services.gate,
                                .auth = visit->portal->services.auth,
                                .money = visit->portal->services.money,
                                .by = {ACTIVITY_CITIZEN, visit->identity.device},
                                .payer = visit->signed_in ? &visit->identity.account : NULL,
                                .provider = wallet ? NULL : settings->provider,
                                .currency = settings->currency,
                                .language = language,
                                .key = {.caller = caller,
                                        .route = STR("POST /pay/confirm"),
                                        .key = key,
                                        .request = crypto_sha256(visit->http->query)},
                                .items = cart.items,
                                .count = cart.count,
                                .return_url = str_from(back),
                                .cancel_url = str_from(back),
                                .arena = visit->arena};
    struct money_answer answer;
    struct problem problem = {0};
    if (make(&purchase, &answer, &problem) == 0) {
        follow(visit, &answer, wallet);
    } else if (str_is(problem.code, "amount-refused")) {
        // Since the review: what there is to pay now is reviewed once more.
        problem_finish(&problem);
        visit_redirect(visit, arena_printf(visit->arena, "/pay?%s", cart_query(visit, &cart)));
    } else if (str_is(problem.code, "already-paid")) {
        problem_finish(&problem);
        show_taken(visit, &cart);
    } else {
        visit_problem(visit, &problem);
    }
}
