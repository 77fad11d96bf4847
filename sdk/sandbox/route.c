// SPDX-License-Identifier: Apache-2.0
// Which path is what, who may, and the faults that a tester may order: a target that is down
// answers 503, a slow one waits first, a wrong one answers nonsense.

#include "sandbox.h"

#include "base/log.h"
#include "base/url.h"
#include "loop/task.h"

#include <stdio.h>

enum guard { OPEN, PROVIDER_KEY };

static const struct {
    const char *method;
    const char *path;
    const char *target; // of faults; NULL: never at fault
    enum guard guard;
    sandbox_route *run;
} routes[] = {
    {"POST", "/sms", "sms", OPEN, sms_receive},
    {"GET", "/sms", NULL, OPEN, sms_page},
    {"GET", "/sms.json", NULL, OPEN, sms_list},
    {"GET", "/utility/accounts/{}", "utility", OPEN, utility_account},
    {"POST", "/utility/accounts/{}/codes", "utility", OPEN, utility_send_code},
    {"POST", "/utility/accounts/{}/codes/verify", "utility", OPEN, utility_verify_code},
    {"GET", "/utility/accounts/{}/bills", "utility", OPEN, utility_bills},
    {"GET", "/utility/accounts/{}/bills/{}", "utility", OPEN, utility_bill},
    {"POST", "/utility/payments", "utility", OPEN, utility_pay},
    {"GET", "/toll/accounts/{}", "toll", OPEN, toll_account},
    {"POST", "/toll/accounts/{}/codes", "toll", OPEN, toll_send_code},
    {"POST", "/toll/accounts/{}/codes/verify", "toll", OPEN, toll_verify_code},
    {"POST", "/toll/payments", "toll", OPEN, toll_top_up},
    {"GET", "/fuel/stations", "fuel", OPEN, fuel_stations},
    {"GET", "/fuel/prices", "fuel", OPEN, fuel_prices},
    {"GET", "/fuel/pumps/{}", "fuel", OPEN, fuel_pump},
    {"PUT", "/fuel/pumps/{}/driver", NULL, OPEN, fuel_drive},
    {"POST", "/fuel/authorizations", "fuel", OPEN, fuel_authorize},
    {"GET", "/fuel/authorizations/{}", "fuel", OPEN, fuel_authorization},
    {"POST", "/fuel/authorizations/{}/cancel", "fuel", OPEN, fuel_cancel},
    {"POST", "/fuel/authorizations/{}/incident", "fuel", OPEN, fuel_incident},
    {"POST", "/fuel/settlements", "fuel", OPEN, fuel_settle},
    {"GET", "/traffic/plates/{}/fines", "traffic", OPEN, traffic_plate_fines},
    {"GET", "/traffic/licences/{}/fines", "traffic", OPEN, traffic_licence_fines},
    {"GET", "/traffic/files/{}/fines", "traffic", OPEN, traffic_file_fines},
    {"POST", "/traffic/files/{}/codes", "traffic", OPEN, traffic_send_code},
    {"POST", "/traffic/files/{}/codes/verify", "traffic", OPEN, traffic_verify_code},
    {"GET", "/traffic/files/{}/plan-offer", "traffic", OPEN, traffic_plan_offer},
    {"GET", "/traffic/files/{}/plans", "traffic", OPEN, traffic_file_plans},
    {"POST", "/traffic/files/{}/plans", "traffic", OPEN, traffic_make_plan},
    {"GET", "/traffic/plans/{}", "traffic", OPEN, traffic_show_plan},
    {"GET", "/traffic/fines/{}", "traffic", OPEN, traffic_show_fine},
    {"GET", "/traffic/fines/{}/photo", "traffic", OPEN, traffic_photo},
    {"POST", "/traffic/fines/{}/evidence", "traffic", OPEN, traffic_take_evidence},
    {"POST", "/traffic/fines/{}/disputes", "traffic", OPEN, traffic_dispute},
    {"POST", "/traffic/fines/{}/driver", "traffic", OPEN, traffic_nominate},
    {"POST", "/traffic/fines/{}/paid-elsewhere", NULL, OPEN, traffic_pay_elsewhere},
    {"POST", "/traffic/disputes/{}/decision", NULL, OPEN, traffic_decide},
    {"POST", "/traffic/nominations/{}/answer", NULL, OPEN, traffic_driver_answers},
    {"POST", "/traffic/payments", "traffic", OPEN, traffic_pay},
    {"POST", "/v1/checkout/sessions", "provider", PROVIDER_KEY, provider_open_session},
    {"GET", "/v1/checkout/sessions/{}", "provider", PROVIDER_KEY, provider_show_session},
    {"POST", "/v1/checkout/sessions/{}/expire", "provider", PROVIDER_KEY, provider_expire_session},
    {"GET", "/v1/payment_intents/{}", "provider", PROVIDER_KEY, provider_show_intent},
    {"POST", "/v1/payment_intents/{}/capture", "provider", PROVIDER_KEY, provider_capture},
    {"POST", "/v1/payment_intents/{}/cancel", "provider", PROVIDER_KEY, provider_cancel},
    {"POST", "/v1/customers", "provider", PROVIDER_KEY, provider_make_customer},
    {"GET", "/v1/customers/{}/payment_methods", "provider", PROVIDER_KEY, provider_list_cards},
    {"POST", "/v1/payment_methods/{}/detach", "provider", PROVIDER_KEY, provider_detach_card},
    {"POST", "/v1/refunds", "provider", PROVIDER_KEY, provider_refund},
    {"GET", "/v1/refunds", "provider", PROVIDER_KEY, provider_refunds},
    {"GET", "/v1/disputes", "provider", PROVIDER_KEY, provider_disputes},
    {"GET", "/v1/disputes/{}", "provider", PROVIDER_KEY, provider_show_dispute},
    {"POST", "/disputes", NULL, OPEN, provider_open_dispute},
    {"POST", "/disputes/{}/close", NULL, OPEN, provider_close_dispute},
    {"GET", "/v1/reports/balance_transactions", "provider", PROVIDER_KEY, provider_report},
    {"GET", "/pay/{}", NULL, OPEN, provider_page},
    {"POST", "/pay/{}", NULL, OPEN, provider_pay},
    {"GET", "/pay/{}/challenge", NULL, OPEN, provider_challenge},
    {"POST", "/pay/{}/challenge", NULL, OPEN, provider_settle},
    {"PUT", "/faults/{}", NULL, OPEN, fault_set},
    {"GET", "/faults", NULL, OPEN, fault_list},
};

enum { ROUTES = sizeof routes / sizeof *routes, MOST_DELAY_MS = 60 * 1000 };

// ---- answering ----

void sandbox_json(struct sandbox_request *request, int status, json_t *value)
{
    request->reply->status = status;
    buf_clear(&request->reply->body);
    json_append_canonical(&request->reply->body, value);
    http_reply_field(request->reply, "content-type", STR("application/json"));
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    json_decref(value);
}

void sandbox_error(struct sandbox_request *request, int status, const char *code)
{
    sandbox_json(request, status,
                 json_pack("{s:{s:s, s:s}}", "error", "code", code, "type",
                           status == 402 ? "card_error" : "invalid_request_error"));
}

void sandbox_redirect(struct sandbox_request *request, const char *url)
{
    request->reply->status = 303;
    http_reply_field(request->reply, "location", str_from(url));
    http_reply_field(request->reply, "cache-control", STR("no-store"));
}

const char *sandbox_text(const struct sandbox_request *request, const char *name)
{
    const char *text = json_get_string(request->body, name);
    return text ? text : "";
}

// ---- reading ----

static json_t *read_form(struct str form, struct arena *arena)
{
    json_t *fields = json_object();
    struct str name, value;
    while (url_next_pair(&form, arena, &name, &value) == 1)
        json_object_setn_new(fields, name.data, name.size, json_stringn(value.data, value.size));
    return fields;
}

static json_t *read_body(const struct http_request *http, struct arena *arena)
{
    struct str type = http_request_field(http, "content-type");
    if (str_starts(type, STR("application/x-www-form-urlencoded")))
        return read_form(http->body, arena);
    json_t *body = http->body.size ? json_parse(http->body, NULL) : NULL;
    if (json_is_object(body))
        return body;
    json_decref(body);
    return json_object();
}

static bool matches(struct sandbox_request *request, const char *pattern)
{
    struct str wanted = str_from(pattern), path = request->http->path;
    size_t parts = 0;
    while (wanted.data && path.data) {
        struct str expected = str_cut(&wanted, '/'), found = str_cut(&path, '/');
        if (!str_is(expected, "{}")) {
            if (!str_equal(expected, found))
                return false;
        } else if (!url_decode(found, false, &request->http->arena, &request->part[parts++]) ||
                   !request->part[parts - 1].size) {
            return false;
        }
    }
    return !wanted.data && !path.data;
}

// ---- faults ----

// In steps, so that stopping does not wait for it.
static void dawdle(const struct sandbox *sandbox, int64_t delay)
{
    enum { STEP_MS = 50 };
    for (; delay > 0 && !sandbox->loop.stopping; delay -= STEP_MS)
        task_sleep((uint64_t)(delay < STEP_MS ? delay : STEP_MS));
}

static bool answer_for(struct sandbox_request *request, const char *mode)
{
    if (strcmp(mode, "down") == 0)
        sandbox_error(request, 503, "down");
    else if (strcmp(mode, "wrong") == 0)
        sandbox_json(request, 200, json_pack("{s:s}", "nonsense", "<html>502</html>"));
    else
        return false;
    return true;
}

// True when the order of a tester answered in the route's place. The order is held, for it may be
// taken back while a request waits.
static bool at_fault(struct sandbox_request *request, const char *target)
{
    json_t *fault = target ? json_incref(json_object_get(request->sandbox->faults, target)) : NULL;
    const char *mode = json_get_string(fault, "mode");
    bool ordered = mode && strcmp(mode, "none") != 0;
    if (ordered) {
        int64_t delay = json_get_integer(fault, "delay_ms", 0);
        dawdle(request->sandbox, delay < MOST_DELAY_MS ? delay : MOST_DELAY_MS);
    }
    bool answered = ordered && answer_for(request, mode);
    json_decref(fault);
    return answered;
}

void fault_set(struct sandbox_request *request)
{
    json_object_setn_new(request->sandbox->faults, request->part[0].data, request->part[0].size,
                         json_deep_copy(request->body));
    fault_list(request);
}

void fault_list(struct sandbox_request *request)
{
    sandbox_json(request, 200, json_incref(request->sandbox->faults));
}

// ---- the way of a request ----

static bool may(const struct sandbox_request *request, enum guard guard)
{
    struct str field = http_request_field(request->http, "authorization");
    struct str token = str_from_offset(field, 7);
    return guard == OPEN ||
           (str_starts(field, STR("Bearer ")) && str_is(token, request->sandbox->provider_key));
}

static void run(struct sandbox_request *request)
{
    bool known = false;
    for (size_t i = 0; i < ROUTES; i++) {
        if (!matches(request, routes[i].path))
            continue;
        known = true;
        if (!str_is(request->http->method, routes[i].method))
            continue;
        if (!may(request, routes[i].guard))
            sandbox_error(request, 401, "api_key_invalid");
        else if (!at_fault(request, routes[i].target))
            routes[i].run(request);
        return;
    }
    sandbox_error(request, known ? 405 : 404, known ? "method_not_allowed" : "resource_missing");
}

void sandbox_handle(void *context, struct http_request *http, struct http_reply *reply)
{
    struct sandbox *sandbox = context;
    struct err err;
    struct sandbox_request request = {.sandbox = sandbox, .http = http, .reply = reply};
    request.body = read_body(http, &http->arena);
    run(&request);
    json_decref(request.body);
    if (sandbox->changed && sandbox_state_save(sandbox, &err) < 0) {
        log_line(LOG_LEVEL_ERROR, "sandbox", "%s", err.message);
        reply->status = 500;
        buf_clear(&reply->body);
    }
}

void sandbox_refuse(void *context, int status, const char *reason, struct http_reply *reply)
{
    (void)context;
    (void)status;
    buf_append_text(&reply->body, reason);
}
