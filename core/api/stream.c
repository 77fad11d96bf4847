// SPDX-License-Identifier: Apache-2.0
// A safe operation's result as an event stream: its JSON now, and whenever the plugin publishes it
// anew.

#include "api/route.h"
#include "host/broker.h"
#include "host/citizen.h"
#include "host/live_stream.h"

// The operation as this caller sees it at this moment, session and version included.
static int ask(struct api_request *request, struct invoke *invoke, struct str *json,
               struct problem *problem)
{
    if (!str_is(request->http->method, "GET") || !invoke->operation->safe) {
        problem_set(problem, "method-not-allowed");
        problem->allow = invoke->operation->safe ? "GET" : "POST";
        return -1;
    }
    invoke->input =
        invoke_input_from_pairs(invoke->operation, request->http->query, invoke->arena, problem);
    if (!invoke->input)
        return -1;
    int rc = 0;
    if (request->signed_in)
        rc = citizen_fill_caller(request->api->auth, &request->identity, invoke, problem);
    if (rc == 0)
        rc = invoke_operation(invoke, json, problem);
    json_decref(invoke->input);
    return rc;
}

static int look(void *context, struct arena *arena, struct live_result *result,
                struct problem *problem)
{
    struct api_request *request = context;
    if (api_identify(request) < 0) {
        *problem = request->problem;
        return -1;
    }
    struct snapshot *snapshot = gate_pin(request->api->gate);
    struct invoke invoke = {.gate = request->api->gate,
                            .snapshot = snapshot,
                            .citizen = request->signed_in ? id_str(&request->identity.account)
                                                          : request->http->peer,
                            .client = request->http,
                            .arena = arena};
    int rc = invoke_find(snapshot, request->part[0], request->part[1], &invoke, problem);
    if (rc == 0)
        rc = ask(request, &invoke, &result->json, problem);
    if (rc == 0)
        result->instance = arena_string(arena, str_from(invoke.route->instance));
    snapshot_release(snapshot);
    return rc;
}

static void write_json(void *context, struct str result, struct buf *out)
{
    (void)context;
    buf_append_str(out, result);
}

int api_run_stream(struct api_request *request)
{
    struct live_viewer viewer = {.live = gate_broker(request->api->gate)->live,
                                 .http = request->http,
                                 .reply = request->reply,
                                 .caller = request->signed_in ? id_str(&request->identity.account)
                                                              : request->http->peer,
                                 .look = look,
                                 .write = write_json,
                                 .context = request};
    return live_stream(&viewer, &request->problem);
}
