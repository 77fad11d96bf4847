// SPDX-License-Identifier: Apache-2.0
// A plugin's operation: input from the query or the body, the result as the plugin wrote it.

#include "api/reply.h"
#include "api/route.h"
#include "base/json.h"
#include "host/citizen.h"

#include <stdio.h>

static json_t *read_input(struct api_request *request, const struct operation *operation)
{
    struct http_request *http = request->http;
    bool get = str_is(http->method, "GET") || str_is(http->method, "HEAD");
    if (get && operation->safe)
        return invoke_input_from_pairs(operation, http->query, &http->arena, &request->problem);
    if (str_is(http->method, "POST"))
        return api_body(request);
    api_problem(request, "method-not-allowed");
    request->problem.allow = operation->safe ? "GET, HEAD, POST" : "POST";
    return NULL;
}

// no-store for what is personal or must not be kept; otherwise an ETag, so that asking again is
// cheap.
static void set_cache_fields(const struct api_request *request, const struct operation *operation)
{
    char value[48];
    struct http_reply *reply = request->reply;
    bool get = !str_is(request->http->method, "POST");
    bool declared = json_object_get(operation->document, "cache_seconds") != NULL;
    if (!get || operation->who != WHO_PUBLIC || (declared && operation->cache_seconds == 0)) {
        http_reply_field(reply, "cache-control", STR("no-store"));
        return;
    }
    snprintf(value, sizeof value, "public, max-age=%u", operation->cache_seconds);
    http_reply_field(reply, "cache-control", declared ? str_from(value) : STR("no-cache"));
    api_reply_revalidate(request->http, reply);
}

static int call(struct api_request *request, struct invoke *invoke)
{
    struct str result;
    invoke->input = read_input(request, invoke->operation);
    if (!invoke->input)
        return -1;
    int rc = 0;
    if (request->signed_in)
        rc = citizen_fill_caller(request->api->auth, &request->identity, invoke, &request->problem);
    if (rc == 0)
        rc = invoke_operation(invoke, &result, &request->problem);
    json_decref(invoke->input);
    if (rc < 0)
        return -1;
    if (request->signed_in)
        citizen_note_submitted(request->api->store, &request->identity, invoke, result);
    api_reply_json(request->reply, 200, result);
    set_cache_fields(request, invoke->operation);
    return 0;
}

int api_run_operation(struct api_request *request)
{
    struct snapshot *snapshot = gate_pin(request->api->gate);
    struct invoke invoke = {.gate = request->api->gate,
                            .snapshot = snapshot,
                            .citizen = request->signed_in ? id_str(&request->identity.account)
                                                          : request->http->peer,
                            .client = request->http,
                            .arena = &request->http->arena};
    int rc = invoke_find(snapshot, request->part[0], request->part[1], &invoke, &request->problem);
    if (rc == 0)
        rc = call(request, &invoke);
    snapshot_release(snapshot);
    return rc;
}
