// SPDX-License-Identifier: Apache-2.0
// GET /v1/services: what the city offers at this moment.

#include "api/reply.h"
#include "api/route.h"
#include "base/json.h"

static void copy_member(json_t *to, const json_t *from, const char *name)
{
    json_t *value = json_object_get(from, name);
    if (value)
        json_object_set_new(to, name, json_deep_copy(value));
}

static json_t *describe_operation(const struct operation *operation, const char *instance,
                                  struct arena *arena)
{
    json_t *json = json_pack("{s:s, s:b, s:s}", "id", operation->id, "safe", operation->safe,
                             "href", arena_printf(arena, "/v1/%s/%s", instance, operation->id));
    static const char *const members[] = {"title", "summary", "who", "role", "result", "input"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        copy_member(json, operation->document, members[i]);
    return json;
}

static json_t *describe_service(const struct route *route, struct arena *arena)
{
    const struct manifest *manifest = route->bundle->manifest;
    json_t *operations = json_array();
    json_t *json = json_pack("{s:s, s:s, s:s, s:b, s:o}", "instance", route->instance, "plugin",
                             manifest->plugin, "version", manifest->version, "available",
                             route->runner_count != 0, "operations", operations);
    static const char *const members[] = {"title", "summary", "agency", "category", "keywords"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        copy_member(json, manifest->document, members[i]);
    for (size_t i = 0; i < 3; i++) {
        json_t *own = json_object_get(route->configuration, members[i]);
        if (json_is_object(own))
            json_object_set_new(json, members[i], json_deep_copy(own));
    }
    for (size_t i = 0; i < manifest->operation_count; i++)
        if (manifest->operations[i].who != WHO_HOST)
            json_array_append_new(operations, describe_operation(&manifest->operations[i],
                                                                 route->instance, arena));
    return json;
}

int api_services(struct api_request *request)
{
    struct snapshot *snapshot = gate_pin(request->api->gate);
    json_t *services = json_array();
    for (size_t i = 0; i < snapshot->count; i++)
        json_array_append_new(services,
                              describe_service(&snapshot->routes[i], &request->http->arena));
    snapshot_release(snapshot);
    api_reply_value(request->reply, 200, json_pack("{s:o}", "services", services));
    http_reply_field(request->reply, "cache-control", STR("no-cache"));
    api_reply_revalidate(request->http, request->reply);
    return 0;
}
