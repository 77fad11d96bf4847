// SPDX-License-Identifier: Apache-2.0
// Payments over JSON. A caller sees its own; a payment of nobody in particular is open to whoever
// holds its id, and holds nothing about a person.

#include "api/reply.h"
#include "api/route.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/url.h"
#include "host/purchase.h"
#include "host/quote.h"

enum { MOST_ITEMS = 50, MOST_LISTED = 50, WAIT_MS = 2000 };

static int read_items(struct api_request *request, const json_t *body, struct purchase *purchase)
{
    size_t index;
    json_t *entry, *list = json_object_get(body, "items");
    purchase->count = json_array_size(list);
    if (purchase->count == 0 || purchase->count > MOST_ITEMS)
        return api_fault(request, "/items", "minItems");
    struct purchase_item *items =
        arena_zero(&request->http->arena, purchase->count * sizeof *items);
    json_array_foreach(list, index, entry)
    {
        const char *instance = json_get_string(entry, "instance");
        const char *item = json_get_string(entry, "item");
        if (!instance || !item)
            return api_fault(request, arena_printf(&request->http->arena, "/items/%zu", index),
                             "required");
        const json_t *amount = json_object_get(entry, "amount");
        if (amount && json_integer_value(amount) <= 0)
            return api_fault(request,
                             arena_printf(&request->http->arena, "/items/%zu/amount", index),
                             "minimum");
        items[index] =
            (struct purchase_item){str_from(
                                       arena_string(&request->http->arena, str_from(instance))),
                                   str_from(arena_string(&request->http->arena, str_from(item))),
                                   json_integer_value(amount)};
    }
    purchase->items = items;
    return 0;
}

static int read_method(struct api_request *request, const json_t *body, struct purchase *purchase)
{
    const struct api_settings *settings = request->api->settings;
    const char *method = json_get_string(body, "method");
    if (method && strcmp(method, "card") == 0 && settings->provider) {
        purchase->provider = settings->provider;
        return 0;
    }
    if (!method || strcmp(method, "wallet") != 0 || !settings->wallet)
        return api_fault(request, "/method", "enum");
    return purchase->payer ? 0 : api_problem(request, "not-signed-in");
}

static int reply_answer(struct api_request *request, struct money_answer *answer)
{
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    if (answer->replayed)
        http_reply_field(request->reply, "idempotent-replayed", STR("true"));
    http_reply_field(request->reply, "location",
                     str_from(arena_printf(&request->http->arena, "/v1/payments/%s",
                                           answer->payment.text)));
    api_reply_json(request->reply, answer->status, buf_str(&answer->body));
    buf_finish(&answer->body);
    return 0;
}

int api_payment_create(struct api_request *request)
{
    struct api *api = request->api;
    struct arena *arena = &request->http->arena;
    const char *base = api->settings->public_url;
    struct str key = http_request_field(request->http, "idempotency-key");
    if (!key.size)
        return api_problem(request, "key-missing");
    json_t *body = api_body(request);
    if (!body)
        return -1;
    struct purchase purchase = {
        .gate = api->gate,
        .auth = api->auth,
        .money = api->money,
        .by = {ACTIVITY_CITIZEN, request->identity.device},
        .payer = request->signed_in ? &request->identity.account : NULL,
        .currency = api->settings->currency,
        .language = request->language,
        .key = {.caller = request->signed_in ? id_str(&request->identity.account) : STR("anyone"),
                .route = STR("POST /v1/payments"),
                .key = key,
                .request = crypto_sha256(request->http->body)},
        .return_url =
            str_from(arena_printf(arena, "%s/%s/payments/{payment}", base, request->language)),
        .cancel_url =
            str_from(arena_printf(arena, "%s/%s/payments/{payment}", base, request->language)),
        .arena = arena};
    struct money_answer answer;
    int rc = read_method(request, body, &purchase);
    if (rc == 0)
        rc = read_items(request, body, &purchase);
    json_decref(body);
    if (rc == 0)
        rc = purchase_make(&purchase, &answer, &request->problem);
    return rc == 0 ? reply_answer(request, &answer) : -1;
}

// The payment that the path names, if this caller may see it; another's is as good as none.
static int find(struct api_request *request, struct payment **payment)
{
    struct err err;
    int rc =
        money_payment(request->api->money, request->part[0], &request->http->arena, payment, &err);
    if (rc < 0)
        return api_problem_err(request, &err);
    bool own = request->signed_in &&
               str_equal(id_str(&(*payment)->payer), id_str(&request->identity.account));
    if ((*payment)->payer.text[0] && !own)
        return api_problem(request, "not-found");
    return 0;
}

// Where a payment on hold can be followed, as an action of results is.
static void add_follow(struct api_request *request, const struct payment *payment, struct buf *json)
{
    struct snapshot *snapshot = gate_pin(request->api->gate);
    const struct operation *follow = quote_follow(payment, snapshot);
    if (follow) {
        const struct payment_line *line = &payment->lines[0];
        json->size--; // the closing brace
        buf_append_text(json, ",\"follow\":{\"instance\":");
        json_append_string(json, line->instance);
        buf_printf(json, ",\"operation\":\"%s\",\"input\":{\"item\":", follow->id);
        json_append_string(json, line->item);
        buf_append_text(json, "}}}");
    }
    snapshot_release(snapshot);
}

static int reply_payment(struct api_request *request, const struct payment *payment)
{
    struct buf json = {0};
    payment_write_json(NULL, payment, &json);
    add_follow(request, payment, &json);
    api_reply_json(request->reply, 200, buf_str(&json));
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    buf_finish(&json);
    return 0;
}

// Asking for an unfinished payment moves it on: whoever comes back from the provider's page need
// not wait for its webhook.
int api_payment_show(struct api_request *request)
{
    struct payment *payment;
    struct err err;
    if (find(request, &payment) < 0)
        return -1;
    if (payment->state == PAYMENT_CREATED || payment->state == PAYMENT_AUTHORIZED) {
        struct id id = payment->id;
        payment_wait(request->api->money, &id, WAIT_MS, &err);
        if (find(request, &payment) < 0)
            return -1;
    }
    return reply_payment(request, payment);
}

int api_payment_cancel(struct api_request *request)
{
    struct payment *payment;
    struct err err;
    if (find(request, &payment) < 0)
        return -1;
    struct id id = payment->id;
    if (payment_cancel(request->api->money, &id, &err) < 0)
        return api_problem_err(request, &err);
    return find(request, &payment) < 0 ? -1 : reply_payment(request, payment);
}

int api_payments_list(struct api_request *request)
{
    struct id ids[MOST_LISTED];
    struct err err;
    struct money *money = request->api->money;
    int count = money_payments_of(money, &request->identity.account, ids, MOST_LISTED, &err);
    if (count < 0)
        return api_problem_err(request, &err);
    struct buf json = {0};
    buf_append_text(&json, "{\"payments\":[");
    for (int i = 0; i < count; i++) {
        struct payment *payment;
        if (money_payment(money, id_str(&ids[i]), &request->http->arena, &payment, &err) < 0)
            continue;
        if (json.data[json.size - 1] != '[')
            buf_append_char(&json, ',');
        payment_write_json(NULL, payment, &json);
    }
    buf_append_text(&json, "]}");
    api_reply_json(request->reply, 200, buf_str(&json));
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    buf_finish(&json);
    return 0;
}

int api_wallet_show(struct api_request *request)
{
    struct err err;
    int64_t balance;
    const char *currency = request->api->settings->currency;
    int rc =
        money_wallet(request->api->money, &request->identity.account, currency, &balance, &err);
    if (rc < 0)
        return api_problem_err(request, &err);
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    api_reply_value(request->reply, 200,
                    json_pack("{s:{s:I, s:s}, s:b}", "balance", "amount", (json_int_t)balance,
                              "currency", currency, "payable", request->api->settings->wallet));
    return 0;
}

static json_t *amount_of(const struct payment *payment, int64_t amount)
{
    return json_pack("{s:I, s:s}", "amount", (json_int_t)amount, "currency", payment->currency);
}

// The provider's webhook. Anything but a 2xx makes it send the event again.
int api_provider_event(struct api_request *request)
{
    struct err err;
    struct str signature = http_request_field(request->http, "stripe-signature");
    int rc = money_webhook(request->api->money, request->part[0].data, signature,
                           request->http->body, &err);
    if (rc < 0)
        return api_problem_err(request, &err);
    api_reply_json(request->reply, 200, STR("{\"received\":true}"));
    return 0;
}

// A receipt as anybody who holds it may have it checked: what it is about, nothing of who paid.
int api_receipt_show(struct api_request *request)
{
    struct payment *payment;
    struct err err;
    struct arena *arena = &request->http->arena;
    struct str code = url_find_pair(request->http->query, "code", arena);
    if (money_receipt(request->api->money, request->part[0], code, arena, &payment, &err) < 0)
        return api_problem_err(request, &err);
    char paid[CLOCK_TEXT];
    const char *state = payment->refunded == 0                   ? "paid"
                        : payment->refunded == payment->captured ? "refunded"
                                                                 : "partly-refunded";
    json_t *lines = json_array();
    for (size_t i = 0; i < payment->count; i++) {
        const struct payment_line *line = &payment->lines[i];
        if (line->state != LINE_RELEASED)
            json_array_append_new(lines, json_pack("{s:s%, s:o, s:o}", "instance",
                                                   line->instance.data, line->instance.size,
                                                   "amount", amount_of(payment, line->accepted),
                                                   "refunded", amount_of(payment, line->refunded)));
    }
    clock_format(payment->captured_at, paid);
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    api_reply_value(request->reply, 200,
                    json_pack("{s:s, s:s, s:s, s:o, s:o}", "receipt", payment->receipt.data,
                              "state", state, "paid", paid, "total",
                              amount_of(payment, payment->captured), "lines", lines));
    return 0;
}
