// SPDX-License-Identifier: Apache-2.0
// GET /v1/search?q=: what can be done, by the words of a citizen.

#include "api/reply.h"
#include "api/route.h"
#include "base/json.h"
#include "base/url.h"
#include "host/directory.h"

static void set_copy(json_t *to, const char *name, const json_t *value)
{
    if (value)
        json_object_set_new(to, name, json_deep_copy(value));
}

static json_t *describe(const struct directory_entry *entry, struct arena *arena)
{
    const struct route *route = entry->route;
    const struct operation *operation = entry->operation;
    json_t *json = json_pack("{s:s, s:s, s:s, s:b}", "kind", operation ? "operation" : "service",
                             "instance", route->instance, "page", directory_path(entry, arena),
                             "available", route->runner_count != 0);
    set_copy(json, "agency", route_text(route, "agency"));
    if (!operation) {
        set_copy(json, "title", route_text(route, "title"));
        set_copy(json, "summary", route_text(route, "summary"));
        return json;
    }
    const json_t *titled = entry->intent ? entry->intent : operation->document;
    json_object_set_new(json, "operation", json_string(operation->id));
    set_copy(json, "title", json_object_get(titled, "title"));
    set_copy(json, "summary", json_object_get(operation->document, "summary"));
    set_copy(json, "service", route_text(route, "title"));
    set_copy(json, "who", json_object_get(operation->document, "who"));
    set_copy(json, "input", json_object_get(entry->intent, "input"));
    return json;
}

int api_search(struct api_request *request)
{
    struct arena *arena = &request->http->arena;
    struct str query = url_find_pair(request->http->query, "q", arena);
    if (!query.data)
        return api_fault(request, "/q", "required");
    struct snapshot *snapshot = gate_pin(request->api->gate);
    struct directory_answer answer;
    json_t *results = json_array();
    directory_search(request->api->directory, snapshot, query, &answer);
    for (size_t i = 0; i < answer.count; i++)
        json_array_append_new(results, describe(&answer.entries[i], arena));
    snapshot_release(snapshot);
    api_reply_value(request->reply, 200,
                    json_pack("{s:o, s:I, s:I, s:b}", "results", results, "words",
                              (json_int_t)answer.words, "unknown", (json_int_t)answer.unknown,
                              "cut", answer.cut));
    http_reply_field(request->reply, "cache-control", STR("no-cache"));
    api_reply_revalidate(request->http, request->reply);
    return 0;
}
