// SPDX-License-Identifier: Apache-2.0
// Customers and the cards that are kept for them. Of a card the brand, the last digits, the expiry
// and how the test card behaves are kept, never its number.
// https://docs.stripe.com/api/customers, /api/payment_methods

#include "provider.h"

#include <stdio.h>
#include <stdlib.h>

void provider_make_customer(struct sandbox_request *request)
{
    char id[40];
    json_t *before = sandbox_replay(request);
    if (before) {
        sandbox_json(request, 200, json_incref(before));
        return;
    }
    sandbox_new_id("cus", id);
    json_t *customer = json_pack("{s:s, s:s, s:{s:s}}", "id", id, "object", "customer", "metadata",
                                 "account", sandbox_text(request, "metadata[account]"));
    json_object_set(sandbox_collection(request->sandbox, "customers"), id, customer);
    sandbox_keep_answer(request, customer);
    sandbox_json(request, 200, customer);
}

bool provider_has_customer(struct sandbox_request *request, const char *customer)
{
    return json_object_get(sandbox_collection(request->sandbox, "customers"), customer) != NULL;
}

static bool is_of(const json_t *method, const char *customer)
{
    const char *owner = json_get_string(method, "customer");
    return owner && customer && strcmp(owner, customer) == 0;
}

json_t *provider_kept_cards(struct sandbox_request *request, const char *customer)
{
    const char *id;
    json_t *method, *found = json_array();
    json_object_foreach(sandbox_collection(request->sandbox, "payment_methods"), id, method)
    {
        if (is_of(method, customer))
            json_array_append(found, method);
    }
    return found;
}

const json_t *provider_kept_card(struct sandbox_request *request, const char *customer,
                                 const char *id)
{
    const json_t *method =
        json_object_get(sandbox_collection(request->sandbox, "payment_methods"), id);
    return is_of(method, customer) ? method : NULL;
}

void provider_list_cards(struct sandbox_request *request)
{
    const char *customer = arena_string(&request->http->arena, request->part[0]);
    if (!provider_has_customer(request, customer)) {
        sandbox_error(request, 404, "resource_missing");
        return;
    }
    sandbox_json(request, 200,
                 json_pack("{s:s, s:o, s:b}", "object", "list", "data",
                           provider_kept_cards(request, customer), "has_more", 0));
}

void provider_detach_card(struct sandbox_request *request)
{
    const char *id = arena_string(&request->http->arena, request->part[0]);
    json_t *methods = sandbox_collection(request->sandbox, "payment_methods");
    json_t *method = json_incref(json_object_get(methods, id));
    if (!method) {
        sandbox_error(request, 404, "resource_missing");
        return;
    }
    json_object_del(methods, id);
    request->sandbox->changed = true;
    json_object_set_new(method, "customer", json_null());
    sandbox_json(request, 200, method);
}

// "12/30" or "12 / 2030"; false for what is no month.
static bool read_expiry(const char *text, int64_t *month, int64_t *year)
{
    char *end;
    *month = strtol(text, &end, 10);
    end += strspn(end, " /");
    *year = strtol(end, &end, 10);
    if (*year < 100)
        *year += 2000;
    return !*end && *month >= 1 && *month <= 12 && *year >= 2000 && *year <= 9999;
}

void provider_keep_card(struct sandbox_request *request, const char *customer,
                        const struct provider_typed_card *typed)
{
    char id[40];
    int64_t month, year;
    size_t size = strlen(typed->number);
    if (!read_expiry(sandbox_text(request, "expiry"), &month, &year))
        return;
    sandbox_new_id("pm", id);
    json_t *method = json_pack("{s:s, s:s, s:s, s:s, s:I, s:{s:s, s:s, s:I, s:I}}", "id", id,
                               "object", "payment_method", "type", "card", "customer", customer,
                               "behaviour", (json_int_t)typed->behaviour, "card", "brand",
                               typed->number[0] == '5' ? "mastercard" : "visa", "last4",
                               typed->number + size - 4, "exp_month", (json_int_t)month, "exp_year",
                               (json_int_t)year);
    json_object_set_new(sandbox_collection(request->sandbox, "payment_methods"), id, method);
    request->sandbox->changed = true;
}
