// SPDX-License-Identifier: Apache-2.0
// Chargebacks: a tester opens one for a payment, as the citizen's bank would, and decides it. The
// amount is taken back at once. https://docs.stripe.com/api/disputes
//
//     POST /disputes             {"payment": our id, "amount": fils or all, "reason", "status"}
//     POST /disputes/<id>/close  {"outcome": "won" or "lost"}

#include "provider.h"

#include "base/clock.h"
#include "base/url.h"

#include <stdio.h>

enum { DEFAULT_LIMIT = 10, MOST_LIMIT = 100 };

static json_t *disputes(struct sandbox_request *request)
{
    return sandbox_collection(request->sandbox, "disputes");
}

// With its payment intent as an object, when it is asked for.
static json_t *show(struct sandbox_request *request, const json_t *dispute, const char *expansion)
{
    json_t *shown = json_deep_copy(dispute);
    struct str expand = url_find_pair(request->http->query, "expand[]", &request->http->arena);
    const json_t *intent = json_object_get(sandbox_collection(request->sandbox, "intents"),
                                           json_get_string(dispute, "payment_intent"));
    if (str_is(expand, expansion))
        json_object_set_new(shown, "payment_intent", json_deep_copy(intent));
    return shown;
}

bool provider_is_disputed(struct sandbox_request *request, const char *intent)
{
    const char *id;
    json_t *dispute;
    bool found = false;
    json_object_foreach(disputes(request), id, dispute)
    {
        bool same = strcmp(json_get_string(dispute, "payment_intent"), intent) == 0;
        found = found || (same && !provider_is(dispute, "won"));
    }
    return found;
}

// ---- the API ----

void provider_show_dispute(struct sandbox_request *request)
{
    json_t *dispute =
        json_object_getn(disputes(request), request->part[0].data, request->part[0].size);
    if (dispute)
        sandbox_json(request, 200, show(request, dispute, "payment_intent"));
    else
        sandbox_error(request, 404, "resource_missing");
}

// Newest first: the collection keeps the order in which they were opened.
void provider_disputes(struct sandbox_request *request)
{
    struct arena *arena = &request->http->arena;
    struct str after = url_find_pair(request->http->query, "starting_after", arena);
    json_t *page = json_array(), *newest = json_array(), *dispute;
    int64_t limit = DEFAULT_LIMIT;
    const char *id;
    size_t index;
    bool begun = !after.size, more = false;
    str_to_integer(url_find_pair(request->http->query, "limit", arena), 1, MOST_LIMIT, &limit);
    json_object_foreach(disputes(request), id, dispute) json_array_insert(newest, 0, dispute);
    json_array_foreach(newest, index, dispute)
    {
        more = begun && json_array_size(page) == (size_t)limit;
        if (more)
            break;
        if (begun)
            json_array_append_new(page, show(request, dispute, "data.payment_intent"));
        begun = begun || str_is(after, json_get_string(dispute, "id"));
    }
    json_decref(newest);
    sandbox_json(request, 200,
                 json_pack("{s:s, s:o, s:b}", "object", "list", "data", page, "has_more", more));
}

// ---- the citizen's bank ----

static json_t *intent_of_payment(struct sandbox_request *request, const char *payment)
{
    const char *id;
    json_t *intent;
    json_object_foreach(sandbox_collection(request->sandbox, "intents"), id, intent)
    {
        const char *own = json_get_string(json_object_get(intent, "metadata"), "payment");
        if (own && strcmp(own, payment) == 0 && provider_is(intent, "succeeded"))
            return intent;
    }
    return NULL;
}

static json_t *transactions(int64_t amount, int64_t fee)
{
    return json_pack("[{s:I, s:I, s:I}]", "amount", (json_int_t)-amount, "fee", (json_int_t)fee,
                     "net", (json_int_t)(-amount - fee));
}

void provider_open_dispute(struct sandbox_request *request)
{
    json_t *intent = intent_of_payment(request, sandbox_text(request, "payment"));
    int64_t received = json_get_integer(intent, "amount_received", 0);
    int64_t amount = json_get_integer(request->body, "amount", received);
    int64_t fee = request->sandbox->fee_dispute, now = clock_now(NULL);
    const char *reason = sandbox_text(request, "reason"), *status = sandbox_text(request, "status");
    char id[40];
    if (!intent || amount < 1 || amount > received) {
        sandbox_error(request, intent ? 400 : 404, intent ? "amount_invalid" : "resource_missing");
        return;
    }
    sandbox_new_id("dp", id);
    json_t *dispute =
        json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o}", "id", id, "object",
                  "dispute", "amount", (json_int_t)amount, "currency",
                  json_get_string(intent, "currency"), "payment_intent",
                  json_get_string(intent, "id"), "reason", reason[0] ? reason : "fraudulent",
                  "status", status[0] ? status : "needs_response", "created",
                  (json_int_t)(now / 1000), "opened_at", (json_int_t)now, "fee", (json_int_t)fee,
                  "balance_transactions", transactions(amount, fee));
    json_object_set_new(disputes(request), id, dispute);
    request->sandbox->changed = true;
    sandbox_json(request, 201, json_deep_copy(dispute));
    provider_send_event(request->sandbox, "charge.dispute.created", dispute);
}

void provider_close_dispute(struct sandbox_request *request)
{
    json_t *dispute =
        json_object_getn(disputes(request), request->part[0].data, request->part[0].size);
    const char *outcome = sandbox_text(request, "outcome");
    bool known = strcmp(outcome, "won") == 0 || strcmp(outcome, "lost") == 0;
    if (!dispute || !known || provider_is(dispute, "won") || provider_is(dispute, "lost")) {
        sandbox_error(request, dispute ? 400 : 404,
                      dispute ? "dispute_unexpected_state" : "resource_missing");
        return;
    }
    provider_set_status(dispute, outcome);
    json_object_set_new(dispute, "closed_at", json_integer(clock_now(NULL)));
    request->sandbox->changed = true;
    sandbox_json(request, 200, json_deep_copy(dispute));
    provider_send_event(request->sandbox, "charge.dispute.closed", dispute);
}
