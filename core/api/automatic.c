// SPDX-License-Identifier: Apache-2.0
// Bills of a linked account that are paid by themselves: what the caller has agreed to.

#include "host/automatic.h"

#include "api/reply.h"
#include "api/route.h"
#include "base/json.h"
#include "host/standing.h"

#include <stdio.h>

static struct standing_key key_of(const struct api_request *request)
{
    return (struct standing_key){&request->identity.account, request->part[0].data,
                                 request->part[1].data};
}

static json_t *money_json(const struct api_request *request, int64_t amount)
{
    return json_pack("{s:I, s:s}", "amount", (json_int_t)amount, "currency",
                     request->api->settings->currency);
}

static int reply(struct api_request *request, const struct standing *order)
{
    struct err err;
    struct standing_notice *notices =
        arena_zero(&request->http->arena, STANDING_ITEMS * sizeof *notices);
    struct standing_notices query = {key_of(request), notices, STANDING_ITEMS};
    int count = standing_notices(request->api->store, &query, &err);
    if (count < 0)
        return api_problem_err(request, &err);
    json_t *items = json_array();
    for (int i = 0; i < count; i++) {
        json_t *item = json_pack("{s:s, s:s, s:o}", "item", notices[i].item, "state",
                                 standing_state_name(notices[i].state), "amount",
                                 money_json(request, notices[i].amount));
        if (notices[i].state == ITEM_ANNOUNCED || notices[i].state == ITEM_FAILED)
            json_object_set_new(item, "not_before", api_time(notices[i].pay_at));
        json_array_append_new(items, item);
    }
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    api_reply_value(request->reply, 200,
                    json_pack("{s:b, s:o, s:I, s:s, s:o, s:o}", "active", order->active, "limit",
                              money_json(request, order->most), "days", (json_int_t)order->days,
                              "method", "wallet", "consented", api_time(order->consented), "items",
                              items));
    return 0;
}

int api_automatic_show(struct api_request *request)
{
    struct err err;
    struct standing order;
    struct standing_key key = key_of(request);
    if (standing_get(request->api->store, &key, &order, &err) < 0)
        return api_problem_err(request, &err);
    return reply(request, &order);
}

// What the body says, into order; 0, or -1 and the fault.
static int read_terms(struct api_request *request, const json_t *body, struct standing *order)
{
    const json_t *days = json_object_get(body, "days"), *active = json_object_get(body, "active");
    const char *method = json_get_string(body, "method");
    order->most = json_get_integer(body, "limit", 0);
    order->days = json_get_integer(body, "days", STANDING_DAYS);
    order->active = !active || json_is_true(active);
    if (order->most < 1 || order->most > LEDGER_AMOUNT_MAX)
        return api_fault(request, "/limit", "minimum");
    if ((days && !json_is_integer(days)) || order->days < 1 || order->days > STANDING_DAYS_MOST)
        return api_fault(request, "/days", "maximum");
    if (active && !json_is_boolean(active))
        return api_fault(request, "/active", "type");
    if (!method || strcmp(method, "wallet") != 0 || !request->api->settings->wallet)
        return api_fault(request, "/method", "enum");
    return 0;
}

int api_automatic_put(struct api_request *request)
{
    struct err err;
    struct standing_key key = key_of(request);
    struct standing order = {.account = request->identity.account, .consented = clock_now(NULL)};
    struct activity_actor by = {ACTIVITY_CITIZEN, request->identity.device};
    json_t *body = api_body(request);
    if (!body)
        return -1;
    int rc = read_terms(request, body, &order);
    json_decref(body);
    if (rc < 0)
        return -1;
    // What is not linked is not found, so both fit.
    if (automatic_may(request->api->auth, request->api->gate, &key, &err) < 0)
        return api_problem_err(request, &err);
    snprintf(order.instance, sizeof order.instance, "%s", key.instance);
    snprintf(order.reference, sizeof order.reference, "%s", key.reference);
    snprintf(order.language, sizeof order.language, "%s", request->language);
    if (standing_put(request->api->store, &order, &by, &err) < 0)
        return api_problem_err(request, &err);
    return reply(request, &order);
}

int api_automatic_remove(struct api_request *request)
{
    struct err err;
    struct activity_actor by = {ACTIVITY_CITIZEN, request->identity.device};
    struct standing_key key = key_of(request);
    if (standing_remove(request->api->store, &key, &by, &err) < 0)
        return api_problem_err(request, &err);
    request->reply->status = 204;
    return 0;
}
