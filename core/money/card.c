// SPDX-License-Identifier: Apache-2.0
//
// open     POST /v1/checkout/sessions                 capture_method=manual
// look     GET  /v1/checkout/sessions/ID              with its payment_intent
// capture  POST /v1/payment_intents/ID/capture
// cancel   POST /v1/payment_intents/ID/cancel  or     /v1/checkout/sessions/ID/expire
// refund   POST /v1/refunds                           metadata[refund] is our key
// disputes GET  /v1/disputes, /v1/disputes/ID         with their payment_intent
// customer POST /v1/customers                         the key is made of the account
// cards    GET  /v1/customers/ID/payment_methods      of type card
// forget   POST /v1/payment_methods/ID/detach         after a look whether it is the customer's
//
// Requests are forms, answers JSON. Every POST that makes or moves something carries an
// Idempotency-Key; a card that is forgotten twice is forgotten. What an HTTP status says
// about money is decided in one place, meaning_of.
#include "money/card.h"

#include "base/arena.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/mem.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define API_VERSION "2024-06-20"

enum { REPLY_LIMIT = 256 * 1024 };

struct card {
    struct provider provider;
    struct card_config config; // texts in the arena
    char *authorization;
    struct arena arena;
};

// --- one call ------------------------------------------------------------------------------------

struct call {
    const char *method;
    const char *key;     // of idempotency; NULL: none
    uint64_t timeout_ms; // 0: the usual
    struct buf url;
    struct buf form;
    json_t *reply; // an object, after a 2xx
};

static void call_finish(struct call *call)
{
    buf_finish(&call->url);
    buf_finish(&call->form);
    json_decref(call->reply);
}

static void encode(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (isalnum(c) || c == '-' || c == '.' || c == '_' || c == '~')
            buf_append_char(out, (char)c);
        else
            buf_printf(out, "%%%02X", (unsigned)c);
    }
}

static void add(struct call *call, const char *name, struct str value)
{
    if (call->form.size)
        buf_append_char(&call->form, '&');
    buf_append_text(&call->form, name);
    buf_append_char(&call->form, '=');
    encode(&call->form, value);
}

static void add_integer(struct call *call, const char *name, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)value);
    add(call, name, str_from(text));
}

// Ids go into paths, so they must be what the provider's ids are: letters, digits, underscores.
static bool id_fits(const char *id)
{
    size_t length = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    return length > 0 && id[length] == '\0' && length < PROVIDER_ID;
}

static int meaning_of(int status)
{
    if (status >= 200 && status < 300)
        return 0;
    if (status >= 500 || status < 200)
        return ERR_UNKNOWN;
    // Not now, or not with our credentials: either way the provider did nothing.
    bool later = status == 401 || status == 403 || status == 409 || status == 429;
    return later ? ERR_UNAVAILABLE : ERR_DENIED;
}

static int read_reply(struct call *call, const struct http_incoming *in, struct err *err)
{
    int meaning = meaning_of(in->status);
    json_t *reply = json_parse(buf_str(&in->body), NULL);
    if (meaning == 0 && json_is_object(reply)) {
        call->reply = reply;
        return 0;
    }
    const json_t *error = json_object_get(reply, "error");
    const char *code = json_get_string(error, "code");
    if (!code)
        code = json_get_string(error, "type");
    meaning = err_set(err, meaning ? meaning : ERR_UNKNOWN, "the provider answered %d (%.60s)",
                      in->status, code ? code : "no reason");
    json_decref(reply);
    return meaning;
}

static int send_call(struct card *card, struct call *call, struct err *err)
{
    struct http_field fields[4] = {
        {STR("authorization"), str_from(card->authorization)},
        {STR("stripe-version"), STR(API_VERSION)},
        {STR("content-type"), STR("application/x-www-form-urlencoded")},
    };
    size_t count = 2;
    if (call->key) {
        count = 4;
        fields[3] = (struct http_field){STR("idempotency-key"), str_from(call->key)};
    }
    struct http_outgoing out = {.method = call->method,
                                .url = call->url.data,
                                .fields = fields,
                                .field_count = count,
                                .body = buf_str(&call->form),
                                .timeout_ms =
                                    call->timeout_ms ? call->timeout_ms : card->config.timeout_ms,
                                .reply_limit = REPLY_LIMIT};
    struct http_incoming in = {0};
    struct err seen = {0};
    int status = card->config.send(card->config.client, &out, &in, &seen);
    bool never_left = status == ERR_UNAVAILABLE || status == ERR_INVALID;
    if (status == 0)
        status = read_reply(call, &in, err);
    else
        status = err_set(err, never_left ? ERR_UNAVAILABLE : ERR_UNKNOWN, "%s", seen.message);
    buf_finish(&in.body);
    return status;
}

static void begin(struct card *card, struct call *call, const char *method, const char *path)
{
    *call = (struct call){.method = method};
    buf_printf(&call->url, "%s%s", card->config.api, path);
}

// --- sessions and what they hold
// -------------------------------------------------------------------

static void copy_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text ? text : "");
}

static int read_intent(const json_t *intent, struct provider_view *view, struct err *err)
{
    const char *status = json_get_string(intent, "status");
    const char *currency = json_get_string(intent, "currency");
    copy_text(view->charge, sizeof view->charge, json_get_string(intent, "id"));
    for (size_t i = 0; currency && i < 3 && currency[i]; i++)
        view->currency[i] = (char)toupper((unsigned char)currency[i]);
    if (!status || !view->charge[0])
        return err_set(err, ERR_UNKNOWN, "the provider's payment intent is not one");
    if (strcmp(status, "requires_capture") == 0) {
        view->state = PROVIDER_AUTHORIZED;
        view->amount = json_get_integer(intent, "amount_capturable", 0);
    } else if (strcmp(status, "succeeded") == 0) {
        view->state = PROVIDER_CAPTURED;
        view->amount = json_get_integer(intent, "amount_received", 0);
    } else if (strcmp(status, "canceled") == 0) {
        view->state = PROVIDER_GONE;
    }
    return 0;
}

static int read_session(const json_t *session, struct provider_view *view, struct err *err)
{
    const char *id = json_get_string(session, "id");
    const char *status = json_get_string(session, "status");
    const char *url = json_get_string(session, "url");
    const json_t *intent = json_object_get(session, "payment_intent");
    if (!id || !status || !id_fits(id) || (url && strlen(url) >= sizeof view->redirect))
        return err_set(err, ERR_UNKNOWN, "the provider's session is not one");
    copy_text(view->session, sizeof view->session, id);
    copy_text(view->redirect, sizeof view->redirect, url);
    view->state = strcmp(status, "expired") == 0 ? PROVIDER_GONE : PROVIDER_OPEN;
    if (json_is_object(intent) && read_intent(intent, view, err) != 0)
        return ERR_UNKNOWN;
    if (json_is_string(intent))
        copy_text(view->charge, sizeof view->charge, json_string_value(intent));
    if (view->charge[0] && !id_fits(view->charge))
        return err_set(err, ERR_UNKNOWN, "the provider's payment intent is not one");
    return 0;
}

static void fill_order(struct call *call, const struct provider_order *order)
{
    char currency[4] = "";
    for (int i = 0; i < 3; i++)
        currency[i] = (char)tolower((unsigned char)order->currency[i]);
    add(call, "mode", STR("payment"));
    add(call, "payment_method_types[0]", STR("card"));
    add(call, "client_reference_id", str_from(order->payment));
    add(call, "metadata[payment]", str_from(order->payment));
    add(call, "metadata[language]", str_from(order->language));
    add(call, "locale", strcmp(order->language, "en") == 0 ? STR("en") : STR("auto"));
    add(call, "success_url", order->return_url);
    add(call, "cancel_url", order->cancel_url);
    add_integer(call, "expires_at", order->expires / 1000);
    add(call, "line_items[0][quantity]", STR("1"));
    add(call, "line_items[0][price_data][currency]", str_from(currency));
    add_integer(call, "line_items[0][price_data][unit_amount]", order->amount);
    add(call, "line_items[0][price_data][product_data][name]", order->title);
    add(call, "payment_intent_data[capture_method]", STR("manual"));
    add(call, "payment_intent_data[metadata][payment]", str_from(order->payment));
    if (order->customer) {
        add(call, "customer", str_from(order->customer));
        add(call, "saved_payment_method_options[payment_method_save]", STR("enabled"));
    }
}

static int card_open(void *context, const struct provider_order *order, struct provider_view *view,
                     struct err *err)
{
    struct card *card = context;
    struct call call;
    begin(card, &call, "POST", "/v1/checkout/sessions");
    call.key = order->key;
    fill_order(&call, order);
    int status = send_call(card, &call, err);
    if (status == 0)
        status = read_session(call.reply, view, err);
    if (status == 0 && !view->redirect[0])
        status = err_set(err, ERR_UNKNOWN, "the provider's session has no page");
    call_finish(&call);
    return status;
}

static int card_look(void *context, const char *session, struct provider_view *view,
                     struct err *err)
{
    struct card *card = context;
    struct call call;
    if (!id_fits(session))
        return err_set(err, ERR_DENIED, "the payment has no session");
    begin(card, &call, "GET", "/v1/checkout/sessions/");
    buf_printf(&call.url, "%s?expand[]=payment_intent", session);
    int status = send_call(card, &call, err);
    if (status == 0)
        status = read_session(call.reply, view, err);
    if (status == 0 && strcmp(view->session, session) != 0)
        status = err_set(err, ERR_UNKNOWN, "the provider speaks of another session");
    call_finish(&call);
    return status;
}

// POST collection/id/verb with the key and, when amount is not 0, the amount under its name.
struct deed {
    const char *collection, *id, *verb, *amount_name;
    int64_t amount; // of a capture
};

// Only what says so was captured; of anything else a look tells.
static int expect_captured(const json_t *intent, int64_t amount, struct err *err)
{
    const char *status = json_get_string(intent, "status");
    bool captured = status && strcmp(status, "succeeded") == 0 &&
                    json_get_integer(intent, "amount_received", 0) == amount;
    return captured ? 0 : err_set(err, ERR_UNKNOWN, "the provider does not say what it took");
}

static int do_deed(struct card *card, const struct deed *deed, const char *key, struct err *err)
{
    char full_key[64];
    struct call call;
    if (!id_fits(deed->id))
        return err_set(err, ERR_DENIED, "the provider knows nothing of this payment");
    snprintf(full_key, sizeof full_key, "%s-%s", key, deed->verb);
    begin(card, &call, "POST", deed->collection);
    buf_printf(&call.url, "%s/%s", deed->id, deed->verb);
    call.key = full_key;
    if (deed->amount)
        add_integer(&call, deed->amount_name, deed->amount);
    int status = send_call(card, &call, err);
    if (status == 0 && deed->amount)
        status = expect_captured(call.reply, deed->amount, err);
    call_finish(&call);
    return status;
}

static int card_capture(void *context, const struct provider_call *call, struct err *err)
{
    struct deed deed = {"/v1/payment_intents/", call->charge, "capture", "amount_to_capture",
                        call->amount};
    return do_deed(context, &deed, call->key, err);
}

static int card_cancel(void *context, const struct provider_call *call, struct err *err)
{
    struct deed release = {"/v1/payment_intents/", call->charge, "cancel", NULL, 0};
    struct deed expire = {"/v1/checkout/sessions/", call->session, "expire", NULL, 0};
    return do_deed(context, call->charge[0] ? &release : &expire, call->key, err);
}

// --- refunds
// ---------------------------------------------------------------------------------------

static int refund_state(const json_t *refund, struct err *err)
{
    const char *status = json_get_string(refund, "status");
    if (!status)
        return err_set(err, ERR_UNKNOWN, "the provider's refund is not one");
    if (strcmp(status, "failed") == 0 || strcmp(status, "canceled") == 0)
        return err_set(err, ERR_DENIED, "the provider did not refund");
    // The latter two are the provider's now.
    bool taken = strcmp(status, "succeeded") == 0 || strcmp(status, "pending") == 0 ||
                 strcmp(status, "requires_action") == 0;
    return taken ? 0 : err_set(err, ERR_UNKNOWN, "the provider's refund is not one");
}

static int card_refund(void *context, const struct provider_call *call, struct err *err)
{
    struct card *card = context;
    struct call post;
    begin(card, &post, "POST", "/v1/refunds");
    post.key = call->key;
    add(&post, "payment_intent", str_from(call->charge));
    add_integer(&post, "amount", call->amount);
    add(&post, "metadata[refund]", str_from(call->key));
    add(&post, "metadata[payment]", str_from(call->payment));
    int status = send_call(card, &post, err);
    if (status == 0)
        status = refund_state(post.reply, err);
    call_finish(&post);
    return status;
}

static int card_find_refund(void *context, const struct provider_call *call, struct err *err)
{
    struct card *card = context;
    struct call get;
    if (!id_fits(call->charge))
        return err_set(err, ERR_DENIED, "the provider knows nothing of this payment");
    begin(card, &get, "GET", "/v1/refunds");
    buf_printf(&get.url, "?payment_intent=%s&limit=100", call->charge);
    int status = send_call(card, &get, err);
    const json_t *list = json_object_get(get.reply, "data"), *found = NULL, *refund;
    size_t index;
    if (status == 0 && !json_is_array(list))
        status = err_set(err, ERR_UNKNOWN, "the provider's list of refunds is not one");
    json_array_foreach(list, index, refund)
    {
        const char *key = json_get_string(json_object_get(refund, "metadata"), "refund");
        if (key && strcmp(key, call->key) == 0)
            found = refund;
    }
    if (status == 0 && !found && json_get_boolean(get.reply, "has_more", false))
        status = err_set(err, ERR_UNKNOWN, "the provider has more refunds than it lists");
    if (status == 0)
        status = found ? refund_state(found, err) : ERR_NOT_FOUND;
    call_finish(&get);
    return status;
}

// --- disputes
// --------------------------------------------------------------------------------------

static enum provider_dispute_state dispute_state(const char *status)
{
    if (strncmp(status, "warning_", 8) == 0)
        return PROVIDER_DISPUTE_ASKED;
    return strcmp(status, "won") == 0    ? PROVIDER_DISPUTE_WON
           : strcmp(status, "lost") == 0 ? PROVIDER_DISPUTE_LOST
                                         : PROVIDER_DISPUTE_OPEN;
}

static int read_dispute(const json_t *dispute, struct provider_dispute *out, struct err *err)
{
    const char *id = json_get_string(dispute, "id"), *status = json_get_string(dispute, "status");
    const char *currency = json_get_string(dispute, "currency");
    const json_t *intent = json_object_get(dispute, "payment_intent"), *moved;
    const json_t *transactions = json_object_get(dispute, "balance_transactions");
    size_t index;
    *out = (struct provider_dispute){.amount = json_get_integer(dispute, "amount", 0)};
    if (!id || !id_fits(id) || !status || !currency || out->amount < 1)
        return err_set(err, ERR_UNKNOWN, "the provider's dispute is not one");
    copy_text(out->id, sizeof out->id, id);
    copy_text(out->payment, sizeof out->payment,
              json_get_string(json_object_get(intent, "metadata"), "payment"));
    copy_text(out->reason, sizeof out->reason, json_get_string(dispute, "reason"));
    for (size_t i = 0; i < 3 && currency[i]; i++)
        out->currency[i] = (char)toupper((unsigned char)currency[i]);
    out->state = dispute_state(status);
    json_array_foreach((json_t *)transactions, index, moved) out->fee +=
        json_get_integer(moved, "fee", 0);
    return out->fee < 0 ? err_set(err, ERR_UNKNOWN, "the fee of the dispute is below zero") : 0;
}

static int card_look_dispute(void *context, const char *id, struct provider_dispute *out,
                             struct err *err)
{
    struct card *card = context;
    struct call call;
    if (!id_fits(id))
        return err_set(err, ERR_DENIED, "that is no dispute's name");
    begin(card, &call, "GET", "/v1/disputes/");
    buf_printf(&call.url, "%s?expand[]=payment_intent", id);
    int status = send_call(card, &call, err);
    if (status == 0)
        status = read_dispute(call.reply, out, err);
    call_finish(&call);
    return status;
}

static int card_disputes(void *context, struct provider_disputes *page, struct err *err)
{
    struct card *card = context;
    struct call call;
    const json_t *dispute;
    size_t index;
    begin(card, &call, "GET", "/v1/disputes");
    buf_printf(&call.url, "?limit=%zu&expand[]=data.payment_intent", page->most);
    if (page->after)
        buf_printf(&call.url, "&starting_after=%s", page->after);
    page->count = 0;
    int status = send_call(card, &call, err);
    json_array_foreach(json_object_get(call.reply, "data"), index, dispute)
    {
        if (status == 0 && page->count < page->most)
            status = read_dispute(dispute, &page->at[page->count++], err);
    }
    page->more = json_get_boolean(call.reply, "has_more", false);
    call_finish(&call);
    return status;
}

// --- kept cards
// ------------------------------------------------------------------------------------

enum { CARDS_PAGE = 100 }; // the most that the provider lists at once

static int card_customer(void *context, const char *account, char out[PROVIDER_ID], struct err *err)
{
    struct card *card = context;
    struct call call;
    char key[64];
    snprintf(key, sizeof key, "customer-%s", account);
    begin(card, &call, "POST", "/v1/customers");
    call.key = key;
    call.timeout_ms = card->config.cards_timeout_ms;
    add(&call, "metadata[account]", str_from(account));
    int status = send_call(card, &call, err);
    const char *id = json_get_string(call.reply, "id");
    if (status == 0 && (!id || !id_fits(id)))
        status = err_set(err, ERR_UNKNOWN, "the provider's customer is not one");
    if (status == 0)
        copy_text(out, PROVIDER_ID, id);
    call_finish(&call);
    return status;
}

static int read_card(const json_t *method, struct provider_card *out, struct err *err)
{
    const json_t *card = json_object_get(method, "card");
    const char *id = json_get_string(method, "id"), *brand = json_get_string(card, "brand");
    const char *last4 = json_get_string(card, "last4");
    int64_t month = json_get_integer(card, "exp_month", 0);
    int64_t year = json_get_integer(card, "exp_year", 0);
    if (!id || !id_fits(id) || !brand || !last4 || strlen(last4) != 4 ||
        strspn(last4, "0123456789") != 4 || month < 1 || month > 12 || year < 2000 || year > 9999)
        return err_set(err, ERR_UNKNOWN, "the provider's card is not one");
    *out = (struct provider_card){0};
    copy_text(out->id, sizeof out->id, id);
    copy_text(out->brand, sizeof out->brand, brand);
    copy_text(out->last4, sizeof out->last4, last4);
    snprintf(out->expires, sizeof out->expires, "%04d-%02d", (int)year, (int)month);
    return 0;
}

static int card_cards(void *context, const char *customer, struct provider_cards *out,
                      struct err *err)
{
    struct card *card = context;
    struct call call;
    size_t index;
    const json_t *method;
    out->count = 0;
    if (!id_fits(customer))
        return err_set(err, ERR_DENIED, "that is no customer's name");
    begin(card, &call, "GET", "/v1/customers/");
    call.timeout_ms = card->config.cards_timeout_ms;
    buf_printf(&call.url, "%s/payment_methods?type=card&limit=%d", customer, CARDS_PAGE);
    int status = send_call(card, &call, err);
    const json_t *data = json_object_get(call.reply, "data");
    if (status == 0 && !json_is_array(data))
        status = err_set(err, ERR_UNKNOWN, "the provider's list of cards is not one");
    json_array_foreach((json_t *)data, index, method)
    {
        if (status == 0 && out->count < out->most)
            status = read_card(method, &out->at[out->count++], err);
    }
    call_finish(&call);
    return status;
}

static bool is_kept(const struct provider_cards *cards, const char *id)
{
    for (size_t i = 0; i < cards->count; i++)
        if (strcmp(cards->at[i].id, id) == 0)
            return true;
    return false;
}

static int card_forget(void *context, const char *customer, const char *id, struct err *err)
{
    struct card *card = context;
    struct provider_cards cards = {.most = CARDS_PAGE};
    struct call call;
    cards.at = mem_zero(CARDS_PAGE, sizeof *cards.at);
    int status = card_cards(context, customer, &cards, err);
    if (status == 0 && !is_kept(&cards, id))
        status = err_set(err, ERR_NOT_FOUND, "not a card of the customer");
    free(cards.at);
    if (status < 0)
        return status;
    begin(card, &call, "POST", "/v1/payment_methods/");
    call.timeout_ms = card->config.cards_timeout_ms;
    buf_printf(&call.url, "%s/detach", id);
    status = send_call(card, &call, err);
    call_finish(&call);
    return status;
}

// --- webhooks
// --------------------------------------------------------------------------------------

// "t=1492774577,v1=5257a8…,v1=…,v0=…": the time, and whether any v1 is the HMAC of "t.body".
static bool signature_fits(struct str signature, struct str secret, struct str body, int64_t *time)
{
    struct str rest = signature, stamp = {0};
    while (rest.data && !stamp.data) {
        struct str pair = str_trim(str_cut(&rest, ','));
        if (str_starts(pair, STR("t=")))
            stamp = str_from_offset(pair, 2);
    }
    if (!str_to_integer(stamp, 0, INT64_C(100000000000), time))
        return false;
    struct str parts[] = {stamp, STR("."), body};
    struct crypto_hash expected = crypto_hmac_sha256(secret, parts, 3);
    bool fits = false;
    for (rest = signature; rest.data;) {
        struct str pair = str_trim(str_cut(&rest, ','));
        uint8_t given[CRYPTO_SIZE];
        if (str_starts(pair, STR("v1=")) &&
            crypto_hex_decode(str_from_offset(pair, 3), given, sizeof given))
            fits |= crypto_equal(given, expected.bytes, sizeof given);
    }
    return fits;
}

static int read_event(const json_t *event, struct provider_event *out, struct err *err)
{
    const char *id = json_get_string(event, "id"), *type = json_get_string(event, "type");
    const json_t *object = json_object_get(json_object_get(event, "data"), "object");
    if (!id || !id[0] || strlen(id) >= sizeof out->id || !type || !json_is_object(object))
        return err_set(err, ERR_INVALID, "the event is not one");
    const char *payment = json_get_string(json_object_get(object, "metadata"), "payment");
    copy_text(out->id, sizeof out->id, id);
    copy_text(out->type, sizeof out->type, type);
    copy_text(out->payment, sizeof out->payment, payment);
    if (strncmp(type, "charge.dispute.", 15) == 0)
        copy_text(out->dispute, sizeof out->dispute, json_get_string(object, "id"));
    return 0;
}

static int card_verify(void *context, struct str signature, struct str body, int64_t now,
                       struct provider_event *event, struct err *err)
{
    struct card *card = context;
    int64_t time;
    if (!signature_fits(signature, str_from(card->config.webhook_secret), body, &time))
        return err_set(err, ERR_DENIED, "the webhook's signature is not the provider's");
    int64_t age = now - time * 1000;
    if (age > card->config.tolerance_ms || age < -card->config.tolerance_ms)
        return err_set(err, ERR_DENIED, "the webhook was signed at another time");
    json_t *root = json_parse(body, err);
    if (!root)
        return ERR_INVALID;
    int status = read_event(root, event, err);
    json_decref(root);
    return status;
}

// --- the provider
// ----------------------------------------------------------------------------------

static char *keep(struct card *card, const char *text)
{
    return arena_string(&card->arena, str_from(text));
}

int card_create(struct provider **out, const struct card_config *config, struct err *err)
{
    if (!config->name || !config->api || !config->secret_key || !config->webhook_secret ||
        !config->webhook_secret[0] || !config->send)
        return err_set(err, ERR_INVALID,
                       "a card provider needs a name, an API, a key, a webhook secret");
    struct card *card = mem_zero(1, sizeof *card);
    card->config = *config;
    card->config.name = keep(card, config->name);
    card->config.api = keep(card, config->api);
    card->config.webhook_secret = keep(card, config->webhook_secret);
    card->config.secret_key = NULL; // only in the header field from here on
    card->authorization = arena_printf(&card->arena, "Bearer %s", config->secret_key);
    card->config.timeout_ms = config->timeout_ms ? config->timeout_ms : 20000;
    card->config.cards_timeout_ms = config->cards_timeout_ms ? config->cards_timeout_ms : 2000;
    card->config.tolerance_ms = config->tolerance_ms ? config->tolerance_ms : 300000;
    card->provider = (struct provider){.name = card->config.name,
                                       .context = card,
                                       .open = card_open,
                                       .look = card_look,
                                       .capture = card_capture,
                                       .cancel = card_cancel,
                                       .refund = card_refund,
                                       .find_refund = card_find_refund,
                                       .look_dispute = card_look_dispute,
                                       .disputes = card_disputes,
                                       .customer = card_customer,
                                       .cards = card_cards,
                                       .forget_card = card_forget,
                                       .verify = card_verify};
    *out = &card->provider;
    return 0;
}

void card_destroy(struct provider *provider)
{
    if (!provider)
        return;
    struct card *card = provider->context;
    crypto_wipe(card->authorization, strlen(card->authorization));
    arena_finish(&card->arena);
    free(card);
}
