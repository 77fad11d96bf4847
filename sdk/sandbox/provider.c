// SPDX-License-Identifier: Apache-2.0
// The card provider's API, in the shape of Stripe's: Checkout Sessions over PaymentIntents with
// manual capture, and refunds. https://docs.stripe.com/api

#include "provider.h"

#include "base/clock.h"
#include "base/url.h"

#include <stdio.h>

json_t *provider_session(struct sandbox_request *request, struct str id)
{
    return json_object_getn(sandbox_collection(request->sandbox, "sessions"), id.data, id.size);
}

json_t *provider_intent_of(struct sandbox_request *request, const json_t *session)
{
    return json_object_get(sandbox_collection(request->sandbox, "intents"),
                           json_get_string(session, "payment_intent"));
}

static json_t *named_intent(struct sandbox_request *request)
{
    return json_object_getn(sandbox_collection(request->sandbox, "intents"), request->part[0].data,
                            request->part[0].size);
}

void provider_set_status(json_t *object, const char *status)
{
    json_object_set_new(object, "status", json_string(status));
}

bool provider_is(const json_t *object, const char *status)
{
    const char *now = json_get_string(object, "status");
    return now && strcmp(now, status) == 0;
}

// A session that nobody completed in its time is expired, whoever looks first.
void provider_let_expire(struct sandbox_request *request, json_t *session)
{
    if (!provider_is(session, "open") ||
        json_get_integer(session, "expires_at", 0) * 1000 > clock_now(NULL))
        return;
    provider_set_status(session, "expired");
    provider_set_status(provider_intent_of(request, session), "canceled");
    request->sandbox->changed = true;
}

// Answers what the call did, and keeps it for its Idempotency-Key.
static void answer(struct sandbox_request *request, json_t *value)
{
    sandbox_keep_answer(request, value);
    sandbox_json(request, 200, value);
}

static bool replayed(struct sandbox_request *request)
{
    json_t *before = sandbox_replay(request);
    if (before)
        sandbox_json(request, 200, json_incref(before));
    return before != NULL;
}

static int64_t form_integer(const struct sandbox_request *request, const char *name)
{
    int64_t value;
    return str_to_integer(str_from(sandbox_text(request, name)), 0, INT64_C(1) << 50, &value)
               ? value
               : -1;
}

// ---- sessions ----

static json_t *show_session(struct sandbox_request *request, const json_t *session)
{
    json_t *shown = json_deep_copy(session);
    struct str expand = url_find_pair(request->http->query, "expand[]", &request->http->arena);
    if (str_is(expand, "payment_intent"))
        json_object_set_new(shown, "payment_intent",
                            json_deep_copy(provider_intent_of(request, session)));
    return shown;
}

void provider_open_session(struct sandbox_request *request)
{
    static const char price[] = "line_items[0][price_data][unit_amount]";
    char session_id[40], intent_id[40];
    int64_t amount = form_integer(request, price), expires = form_integer(request, "expires_at");
    const char *customer = sandbox_text(request, "customer");
    if (replayed(request))
        return;
    if (customer[0] && !provider_has_customer(request, customer)) {
        sandbox_error(request, 400, "resource_missing");
        return;
    }
    if (amount <= 0 || expires <= 0 || !sandbox_text(request, "success_url")[0] ||
        strcmp(sandbox_text(request, "payment_intent_data[capture_method]"), "manual") != 0) {
        sandbox_error(request, 400, "parameter_missing");
        return;
    }
    sandbox_new_id("cs_test", session_id);
    sandbox_new_id("pi", intent_id);
    json_t *intent =
        json_pack("{s:s, s:s, s:I, s:i, s:i, s:s, s:s, s:s, s:{s:s}}", "id", intent_id, "object",
                  "payment_intent", "amount", (json_int_t)amount, "amount_capturable", 0,
                  "amount_received", 0, "currency",
                  sandbox_text(request, "line_items[0][price_data][currency]"), "capture_method",
                  "manual", "status", "requires_payment_method", "metadata", "payment",
                  sandbox_text(request, "payment_intent_data[metadata][payment]"));
    const char *url =
        arena_printf(&request->http->arena, "%s/pay/%s", request->sandbox->public_url, session_id);
    json_t *session =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "id", session_id, "object",
                  "checkout.session", "status", "open", "url", url, "payment_intent", intent_id,
                  "success_url", sandbox_text(request, "success_url"), "cancel_url",
                  sandbox_text(request, "cancel_url"), "expires_at", (json_int_t)expires, "title",
                  sandbox_text(request, "line_items[0][price_data][product_data][name]"),
                  "language", sandbox_text(request, "metadata[language]"));
    if (customer[0])
        json_object_set_new(session, "customer", json_string(customer));
    json_object_set_new(sandbox_collection(request->sandbox, "intents"), intent_id, intent);
    json_object_set_new(sandbox_collection(request->sandbox, "sessions"), session_id, session);
    answer(request, json_deep_copy(session));
}

void provider_show_session(struct sandbox_request *request)
{
    json_t *session = provider_session(request, request->part[0]);
    if (!session) {
        sandbox_error(request, 404, "resource_missing");
        return;
    }
    provider_let_expire(request, session);
    sandbox_json(request, 200, show_session(request, session));
}

void provider_expire_session(struct sandbox_request *request)
{
    json_t *session = provider_session(request, request->part[0]);
    if (replayed(request))
        return;
    if (!session || !provider_is(session, "open")) {
        sandbox_error(request, session ? 400 : 404,
                      session ? "session_not_open" : "resource_missing");
        return;
    }
    provider_set_status(session, "expired");
    provider_set_status(provider_intent_of(request, session), "canceled");
    answer(request, json_deep_copy(session));
}

// ---- intents ----

void provider_show_intent(struct sandbox_request *request)
{
    json_t *intent = named_intent(request);
    if (intent)
        sandbox_json(request, 200, json_deep_copy(intent));
    else
        sandbox_error(request, 404, "resource_missing");
}

void provider_capture(struct sandbox_request *request)
{
    json_t *intent = named_intent(request);
    int64_t amount = form_integer(request, "amount_to_capture");
    if (replayed(request))
        return;
    if (!intent || !provider_is(intent, "requires_capture")) {
        sandbox_error(request, intent ? 400 : 404,
                      intent ? "payment_intent_unexpected_state" : "resource_missing");
        return;
    }
    int64_t held = json_get_integer(intent, "amount_capturable", 0);
    if (amount < 0)
        amount = held;
    if (amount == 0 || amount > held) {
        sandbox_error(request, 400, "amount_too_large");
        return;
    }
    json_object_set_new(intent, "amount_received", json_integer(amount));
    json_object_set_new(intent, "captured_at", json_integer(clock_now(NULL)));
    json_object_set_new(intent, "amount_capturable", json_integer(0));
    provider_set_status(intent, "succeeded");
    answer(request, json_deep_copy(intent));
    provider_send_event(request->sandbox, "payment_intent.succeeded", intent);
}

void provider_cancel(struct sandbox_request *request)
{
    json_t *intent = named_intent(request);
    if (replayed(request))
        return;
    if (!intent || provider_is(intent, "succeeded")) {
        sandbox_error(request, intent ? 400 : 404,
                      intent ? "payment_intent_unexpected_state" : "resource_missing");
        return;
    }
    json_object_set_new(intent, "amount_capturable", json_integer(0));
    provider_set_status(intent, "canceled");
    answer(request, json_deep_copy(intent));
    provider_send_event(request->sandbox, "payment_intent.canceled", intent);
}

// ---- refunds ----

static json_t *refund_list(struct sandbox_request *request)
{
    json_t *list = json_object_get(request->sandbox->state, "refunds");
    if (!list) {
        list = json_array();
        json_object_set_new(request->sandbox->state, "refunds", list);
    }
    return list;
}

static int64_t refunded(struct sandbox_request *request, const char *intent)
{
    int64_t sum = 0;
    size_t index;
    json_t *refund;
    json_array_foreach(refund_list(request), index, refund)
    {
        if (strcmp(json_get_string(refund, "payment_intent"), intent) == 0)
            sum += json_get_integer(refund, "amount", 0);
    }
    return sum;
}

void provider_refund(struct sandbox_request *request)
{
    const char *intent_id = sandbox_text(request, "payment_intent");
    json_t *intent = json_object_get(sandbox_collection(request->sandbox, "intents"), intent_id);
    int64_t amount = form_integer(request, "amount");
    char id[40];
    if (replayed(request))
        return;
    if (!intent || !provider_is(intent, "succeeded")) {
        sandbox_error(request, 400, "charge_not_refundable");
        return;
    }
    if (provider_is_disputed(request, intent_id)) {
        sandbox_error(request, 400, "charge_disputed");
        return;
    }
    int64_t left = json_get_integer(intent, "amount_received", 0) - refunded(request, intent_id);
    if (amount <= 0 || amount > left) {
        sandbox_error(request, 400, "amount_too_large");
        return;
    }
    sandbox_new_id("re", id);
    json_t *refund =
        json_pack("{s:s, s:s, s:I, s:I, s:s, s:s, s:{s:s, s:s}}", "id", id, "object", "refund",
                  "created_at", (json_int_t)clock_now(NULL), "amount", (json_int_t)amount,
                  "payment_intent", intent_id, "status", "succeeded", "metadata", "refund",
                  sandbox_text(request, "metadata[refund]"), "payment",
                  sandbox_text(request, "metadata[payment]"));
    json_array_append_new(refund_list(request), refund);
    answer(request, json_deep_copy(refund));
}

void provider_refunds(struct sandbox_request *request)
{
    struct str intent =
        url_find_pair(request->http->query, "payment_intent", &request->http->arena);
    json_t *found = json_array(), *refund;
    size_t index;
    json_array_foreach(refund_list(request), index, refund)
    {
        if (!intent.size || str_is(intent, json_get_string(refund, "payment_intent")))
            json_array_append(found, refund);
    }
    sandbox_json(request, 200,
                 json_pack("{s:s, s:o, s:b}", "object", "list", "data", found, "has_more", 0));
}
