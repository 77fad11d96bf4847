// SPDX-License-Identifier: Apache-2.0
#include "api/api.h"

#include "api/reply.h"
#include "api/route.h"
#include "base/json.h"
#include "base/url.h"

bool api_owns(struct str path)
{
    return str_starts(path, STR("/v1/")) || str_is(path, "/v1") || str_is(path, "/openapi.json");
}

// ---- what routes use ----

int api_problem(struct api_request *request, const char *code)
{
    problem_set(&request->problem, code);
    return -1;
}

int api_problem_err(struct api_request *request, const struct err *err)
{
    problem_from_err(&request->problem, err);
    return -1;
}

int api_fault(struct api_request *request, const char *pointer, const char *keyword)
{
    problem_set(&request->problem, "invalid-input");
    request->problem.errors =
        json_pack("[{s:s, s:s, s:{}}]", "pointer", pointer, "keyword", keyword, "parameters");
    return -1;
}

static bool is_json(struct str content_type)
{
    struct str type = str_trim(str_cut(&content_type, ';'));
    return str_equal_ignoring_case(type, STR("application/json"));
}

json_t *api_body(struct api_request *request)
{
    if (!is_json(http_request_field(request->http, "content-type"))) {
        api_problem(request, "unsupported-media-type");
        return NULL;
    }
    json_t *body = json_parse(request->http->body, NULL);
    if (json_is_object(body))
        return body;
    json_decref(body);
    api_problem(request, "bad-json");
    return NULL;
}

// ---- who is asking ----

// Without a token the caller is anonymous; a token that is not good is an error, or a client would
// take an expired session for an empty account.
int api_identify(struct api_request *request)
{
    struct str token;
    struct err err;
    struct str field = http_request_field(request->http, "authorization");
    if (!field.data)
        return 0;
    if (!auth_bearer_token(field, &token))
        return api_problem(request, "not-signed-in");
    int rc = auth_identify(request->api->auth, AUTH_BEARER, token, &request->identity, &err);
    if (rc == ERR_DENIED)
        return api_problem(request, "not-signed-in");
    if (rc < 0)
        return api_problem_err(request, &err);
    request->signed_in = true;
    return 0;
}

// ---- finding the route ----

enum who { ANYONE, SIGNED_IN };

static const struct {
    const char *method;
    const char *path; // {} stands for one part
    enum who who;
    api_route *run;
} routes[] = {
    {"GET", "/openapi.json", ANYONE, api_openapi},
    {"GET", "/v1/services", ANYONE, api_services},
    {"GET", "/v1/search", ANYONE, api_search},
    {"POST", "/v1/sign-in/code", ANYONE, api_sign_in_begin},
    {"POST", "/v1/sign-in", ANYONE, api_sign_in_finish},
    {"GET", "/v1/session", SIGNED_IN, api_session_show},
    {"DELETE", "/v1/session", SIGNED_IN, api_session_end},
    {"GET", "/v1/sessions", SIGNED_IN, api_sessions_list},
    {"DELETE", "/v1/sessions", SIGNED_IN, api_sessions_remove},
    {"DELETE", "/v1/sessions/{}", SIGNED_IN, api_session_remove},
    {"GET", "/v1/profile", SIGNED_IN, api_profile_show},
    {"PUT", "/v1/profile", SIGNED_IN, api_profile_put},
    {"GET", "/v1/activity", SIGNED_IN, api_activity_list},
    {"GET", "/v1/favourites", SIGNED_IN, api_favourites_list},
    {"PUT", "/v1/favourites/{}", SIGNED_IN, api_favourite_put},
    {"DELETE", "/v1/favourites/{}", SIGNED_IN, api_favourite_remove},
    {"POST", "/v1/account/deletion/code", SIGNED_IN, api_deletion_code},
    {"POST", "/v1/account/deletion", SIGNED_IN, api_deletion_finish},
    {"GET", "/v1/links", SIGNED_IN, api_links_list},
    {"DELETE", "/v1/links/{}/{}", SIGNED_IN, api_link_remove},
    {"POST", "/v1/files", SIGNED_IN, api_file_put},
    {"GET", "/v1/wallet", SIGNED_IN, api_wallet_show},
    {"POST", "/v1/wallet/top-up", SIGNED_IN, api_wallet_top_up},
    {"POST", "/v1/wallet/redeem", SIGNED_IN, api_wallet_redeem},
    {"GET", "/v1/cards", SIGNED_IN, api_cards_list},
    {"DELETE", "/v1/cards/{}", SIGNED_IN, api_card_remove},
    {"GET", "/v1/payments", SIGNED_IN, api_payments_list},
    {"POST", "/v1/payments", ANYONE, api_payment_create},
    {"GET", "/v1/payments/{}", ANYONE, api_payment_show},
    {"POST", "/v1/payments/{}/cancel", ANYONE, api_payment_cancel},
    {"GET", "/v1/automatic/{}/{}", SIGNED_IN, api_automatic_show},
    {"PUT", "/v1/automatic/{}/{}", SIGNED_IN, api_automatic_put},
    {"DELETE", "/v1/automatic/{}/{}", SIGNED_IN, api_automatic_remove},
    {"GET", "/v1/inbox", SIGNED_IN, api_inbox_list},
    {"POST", "/v1/inbox/seen", SIGNED_IN, api_inbox_see},
    {"GET", "/v1/receipts/{}", ANYONE, api_receipt_show},
    {"POST", "/v1/provider/{}/events", ANYONE, api_provider_event},
};

enum { ROUTES = sizeof routes / sizeof *routes };

// Whether the path has the pattern's form; the parts that stand for {} are decoded into the
// request.
static bool matches(struct api_request *request, const char *pattern)
{
    struct str wanted = str_from(pattern), path = request->http->path;
    size_t parts = 0;
    while (wanted.data && path.data) {
        struct str expected = str_cut(&wanted, '/'), found = str_cut(&path, '/');
        if (!str_is(expected, "{}")) {
            if (!str_equal(expected, found))
                return false;
        } else if (!url_decode(found, false, &request->http->arena, &request->part[parts++]) ||
                   found.size == 0) {
            return false;
        }
    }
    return !wanted.data && !path.data;
}

// Most requests are for plugins: whether the first part of the path below /v1/ may be the host's.
static bool may_be_own(struct str path)
{
    for (size_t i = 0; i < ROUTES; i++) {
        struct str name = str_from_offset(str_from(routes[i].path), 4);
        const char *end = memchr(name.data, '/', name.size);
        size_t size = end ? (size_t)(end - name.data) : name.size;
        if (path.size >= 4 + size && memcmp(path.data + 4, name.data, size) == 0)
            return true;
    }
    return false;
}

// One of the gateway's own resources: 1 when it ran, 0 when the path is none of them, -1 problem.
static int run_own(struct api_request *request)
{
    char *allow = NULL;
    if (!may_be_own(request->http->path))
        return 0;
    for (size_t i = 0; i < ROUTES; i++) {
        if (!matches(request, routes[i].path))
            continue;
        if (str_is(request->http->method, routes[i].method)) {
            if (routes[i].who == SIGNED_IN && !request->signed_in)
                return api_problem(request, "not-signed-in");
            return routes[i].run(request) < 0 ? -1 : 1;
        }
        allow = arena_printf(&request->http->arena, "%s%s%s", allow ? allow : "", allow ? ", " : "",
                             routes[i].method);
    }
    if (!allow)
        return 0;
    api_problem(request, "method-not-allowed");
    request->problem.allow = allow;
    return -1;
}

static int run(struct api_request *request)
{
    int rc = api_identify(request);
    if (rc == 0)
        rc = run_own(request);
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    if (matches(request, "/v1/{}/{}/stream"))
        return api_run_stream(request);
    return matches(request, "/v1/{}/{}") ? api_run_operation(request)
                                         : api_problem(request, "not-found");
}

void api_handle(struct api *api, struct http_request *http, struct http_reply *reply)
{
    struct api_request request = {.api = api,
                                  .http = http,
                                  .reply = reply,
                                  .language = api_language(http)};
    if (run(&request) < 0)
        api_reply_problem(reply, &request.problem, request.language);
}

void api_refuse(int status, struct http_reply *reply)
{
    static const struct {
        int status;
        const char *code;
    } codes[] = {{408, "request-timeout"}, {413, "too-large"},       {414, "target-too-long"},
                 {431, "head-too-large"},  {501, "not-implemented"}, {503, "busy"},
                 {505, "bad-version"}};
    const char *code = "bad-request";
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].status == status)
            code = codes[i].code;
    struct problem problem = {0};
    problem_set(&problem, code);
    api_reply_problem(reply, &problem, "en");
}
