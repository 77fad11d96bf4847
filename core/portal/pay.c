// SPDX-License-Identifier: Apache-2.0
//
// From items on a page to the provider's: POST /pay collects what was chosen and redirects to the
// review (so that reload and back are harmless); the review quotes every item anew and carries a
// fresh idempotency key; POST /pay/confirm pays with that key, so that a double click pays once.

#include "base/json.h"
#include "base/url.h"
#include "host/purchase.h"
#include "host/quote.h"
#include "portal/visit.h"

enum { MOST_ITEMS = 20 };

struct cart {
    struct purchase_item items[MOST_ITEMS];
    int64_t seen[MOST_ITEMS]; // the amount on the page it came from; 0: not told
    size_t count;
};

// Each "item" is itself a query string: instance=…&item=…&amount=….
static void read_cart(struct visit *visit, struct cart *cart)
{
    for (size_t i = 0; i < visit->form_count && cart->count < MOST_ITEMS; i++) {
        if (!str_is(visit->form[i].name, "item"))
            continue;
        struct str pairs = visit->form[i].value;
        struct purchase_item item = {url_find_pair(pairs, "instance", visit->arena),
                                     url_find_pair(pairs, "item", visit->arena)};
        int64_t seen = 0;
        if (!item.instance.size || !item.item.size)
            continue;
        if (!str_to_integer(url_find_pair(pairs, "amount", visit->arena), 1, INT64_MAX, &seen))
            seen = 0;
        cart->seen[cart->count] = seen;
        cart->items[cart->count++] = item;
    }
}

static const char *cart_query(struct visit *visit, const struct cart *cart)
{
    struct buf query = {0};
    for (size_t i = 0; i < cart->count; i++) {
        struct buf item = {0};
        buf_append_text(&item, "instance=");
        url_encode(cart->items[i].instance, &item);
        buf_append_text(&item, "&item=");
        url_encode(cart->items[i].item, &item);
        if (cart->seen[i])
            buf_printf(&item, "&amount=%lld", (long long)cart->seen[i]);
        buf_append_text(&query, i ? "&item=" : "item=");
        url_encode(buf_str(&item), &query);
        buf_finish(&item);
    }
    const char *text = arena_string(visit->arena, buf_str(&query));
    buf_finish(&query);
    return text;
}

void visit_pay(struct visit *visit)
{
    struct cart cart = {0};
    read_cart(visit, &cart);
    visit_redirect(visit, arena_printf(visit->arena, "/pay?%s", cart_query(visit, &cart)));
}

// ---- the review ----

static json_t *amount_json(const struct visit *visit, int64_t amount)
{
    return json_pack("{s:I, s:s}", "amount", (json_int_t)amount, "currency",
                     visit->portal->site->settings.currency);
}

static json_t *review_item(struct visit *visit, const struct snapshot *snapshot,
                           const struct cart *cart, size_t index, int64_t *amount)
{
    struct quote quote;
    struct problem problem = {0};
    struct quote_request request = {visit->portal->services.gate, cart->items[index].instance,
                                    cart->items[index].item,
                                    visit->portal->site->settings.currency};
    *amount = 0;
    const struct route *route = snapshot_find(snapshot, request.instance);
    const json_t *agency = route ? visit_route_text(route, "title") : NULL;
    int rc = quote_item(&request, visit->arena, &quote, &problem);
    bool unavailable = rc < 0 && problem.status >= 500;
    problem_finish(&problem);
    if (rc == 0 && quote.owed)
        *amount = quote.amount;
    json_t *item = json_pack("{s:o}", "agency", agency ? json_deep_copy(agency) : json_object());
    json_object_set_new(item, "title",
                        rc == 0 && quote.owed
                            ? json_pack("{s:s%, s:s%}", "en", quote.title_en.data,
                                        quote.title_en.size, "ar", quote.title_ar.data,
                                        quote.title_ar.size)
                            : json_pack("{s:s%}", "en", request.item.data, request.item.size));
    json_object_set_new(item, "amount", amount_json(visit, *amount));
    if (rc == 0 && quote.account.size)
        json_object_set_new(item, "account", json_stringn(quote.account.data, quote.account.size));
    if (*amount == 0)
        json_object_set_new(item, "refused", json_string(unavailable ? "other" : "already"));
    return item;
}

static json_t *methods(const struct visit *visit)
{
    const struct portal_settings *settings = &visit->portal->site->settings;
    json_t *list = json_array();
    if (settings->provider)
        json_array_append_new(list, json_pack("{s:s, s:{s:s, s:s}, s:b}", "id", "card", "title",
                                              "en", "Card", "ar", "بطاقة", "selected", 1));
    if (settings->wallet && visit->signed_in)
        json_array_append_new(list, json_pack("{s:s, s:{s:s, s:s}, s:b}", "id", "wallet", "title",
                                              "en", "Wallet", "ar", "المحفظة", "selected",
                                              settings->provider == NULL));
    return list;
}

static void show_review(struct visit *visit, int status, const char *error)
{
    struct cart cart = {0}, owed = {0};
    int64_t total = 0;
    bool changed = false;
    json_t *items = json_array();
    read_cart(visit, &cart);
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    for (size_t i = 0; i < cart.count; i++) {
        int64_t amount;
        json_array_append_new(items, review_item(visit, snapshot, &cart, i, &amount));
        changed = changed || (cart.seen[i] && amount && cart.seen[i] != amount);
        total += amount;
        if (amount == 0)
            continue;
        owed.items[owed.count] = cart.items[i];
        owed.seen[owed.count++] = amount;
    }
    snapshot_release(snapshot);
    char key[AUTH_TOKEN];
    uint8_t random[32];
    struct buf text = {0};
    crypto_random(random, sizeof random);
    crypto_base64url(random, sizeof random, &text);
    memcpy(key, text.data, sizeof key);
    buf_finish(&text);
    if (!error && owed.count == 0)
        error = "nothing";
    json_t *model =
        json_pack("{s:o, s:o, s:b, s:o, s:s, s:s, s:s}", "items", items, "total",
                  amount_json(visit, total), "changed", changed, "methods", methods(visit), "url",
                  arena_printf(visit->arena, "/pay/confirm?%s", cart_query(visit, &owed)),
                  "cancel_url", "/", "key", key);
    if (error)
        json_object_set_new(model, "error", json_string(error));
    visit_show(visit, status, "review", model);
    json_decref(model);
}

void visit_review(struct visit *visit)
{
    show_review(visit, 200, NULL);
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
    struct purchase purchase = {.gate = visit->portal->services.gate,
                                .auth = visit->portal->services.auth,
                                .money = visit->portal->services.money,
                                .payer = visit->signed_in ? &visit->identity.account : NULL,
                                .provider = wallet ? NULL : settings->provider,
                                .currency = settings->currency,
                                .language = language,
                                .key = {.caller = visit->signed_in
                                                      ? id_str(&visit->identity.account)
                                                      : visit->nonce,
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
    if (purchase_make(&purchase, &answer, &problem) < 0) {
        visit_problem(visit, &problem);
        return;
    }
    buf_finish(&answer.body);
    if (answer.redirect[0])
        visit_leave(visit, arena_string(visit->arena, str_from(answer.redirect)));
    else
        visit_redirect(visit, arena_printf(visit->arena, "/payments/%s", answer.payment.text));
}
