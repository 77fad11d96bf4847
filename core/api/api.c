// SPDX-License-Identifier: Apache-2.0
#include "api/api.h"

#include "api/reply.h"
#include "base/json.h"
#include "base/url.h"
#include "host/invoke.h"

bool api_owns(struct str path)
{
    return str_starts(path, STR("/v1/")) || str_is(path, "/v1");
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

static bool is_json(struct str content_type)
{
    struct str type = str_trim(str_cut(&content_type, ';'));
    return str_equal_ignoring_case(type, STR("application/json"));
}

static json_t *input_from_body(const struct http_request *request, struct problem *problem)
{
    if (!is_json(http_request_field(request, "content-type"))) {
        problem_set(problem, "unsupported-media-type");
        return NULL;
    }
    json_t *input = json_parse(request->body, NULL);
    if (json_is_object(input))
        return input;
    json_decref(input);
    problem_set(problem, "bad-json");
    return NULL;
}

static json_t *read_input(const struct http_request *request, const struct operation *operation,
                          struct arena *arena, struct problem *problem)
{
    bool get = str_is(request->method, "GET") || str_is(request->method, "HEAD");
    if (get && operation->safe)
        return invoke_input_from_pairs(operation, request->query, arena, problem);
    if (str_is(request->method, "POST"))
        return input_from_body(request, problem);
    problem_set(problem, "method-not-allowed");
    problem->allow = operation->safe ? "GET, HEAD, POST" : "POST";
    return NULL;
}

static void set_cache_fields(const struct operation *operation, const struct http_request *request,
                             struct http_reply *reply)
{
    char value[48];
    bool get = !str_is(request->method, "POST");
    if (!get || operation->who != WHO_PUBLIC ||
        json_object_get(operation->document, "cache_seconds") == NULL) {
        bool revalidates = get && operation->who == WHO_PUBLIC;
        http_reply_field(reply, "cache-control", revalidates ? STR("no-cache") : STR("no-store"));
        if (revalidates)
            api_reply_revalidate(request, reply);
        return;
    }
    if (operation->cache_seconds == 0) {
        http_reply_field(reply, "cache-control", STR("no-store"));
        return;
    }
    snprintf(value, sizeof value, "public, max-age=%u", operation->cache_seconds);
    http_reply_field(reply, "cache-control", str_from(value));
    api_reply_revalidate(request, reply);
}

static int run(struct api *api, struct http_request *request, struct http_reply *reply,
               struct problem *problem)
{
    struct str rest = str_from_offset(request->path, 4), operation_id, instance;
    struct str instance_part = str_cut(&rest, '/');
    struct snapshot *snapshot = gate_pin(api->gate);
    struct invoke invoke = {.gate = api->gate,
                            .snapshot = snapshot,
                            .client = request,
                            .arena = &request->arena};
    int rc = -1;
    if (!url_decode(instance_part, false, &request->arena, &instance) ||
        !url_decode(rest, false, &request->arena, &operation_id))
        problem_set(problem, "bad-request");
    else
        rc = invoke_find(snapshot, instance, operation_id, &invoke, problem);
    if (rc == 0) {
        struct str result;
        invoke.input = read_input(request, invoke.operation, &request->arena, problem);
        rc = invoke.input ? invoke_operation(&invoke, &result, problem) : -1;
        if (rc == 0) {
            api_reply_json(reply, 200, result);
            set_cache_fields(invoke.operation, request, reply);
        }
        json_decref(invoke.input);
    }
    snapshot_release(snapshot);
    return rc;
}

void api_handle(struct api *api, struct http_request *request, struct http_reply *reply)
{
    struct problem problem = {0};
    if (run(api, request, reply, &problem) < 0)
        api_reply_problem(reply, &problem, api_language(request));
}
