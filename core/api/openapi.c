// SPDX-License-Identifier: Apache-2.0
// GET /openapi.json (OpenAPI 3.1): the host's own resources, from openapi_host.json, and one path
// for each operation of each loaded instance, from their manifests.

#include "api/reply.h"
#include "api/route.h"
#include "base/json.h"

extern const char openapi_host[], openapi_host_end[];

static json_t *response(const char *name)
{
    return json_pack("{s:s+}", "$ref", "#/components/responses/", name);
}

static json_t *query_parameters(const json_t *input)
{
    json_t *parameters = json_array(), *property;
    const char *name;
    json_object_foreach(json_object_get(input, "properties"), name, property)
    {
        size_t index;
        json_t *needed;
        bool required = false;
        json_array_foreach(json_object_get(input, "required"), index, needed)
        {
            required = required || strcmp(json_string_value(needed), name) == 0;
        }
        json_array_append_new(parameters,
                              json_pack("{s:s, s:s, s:b, s:o}", "name", name, "in", "query",
                                        "required", required, "schema", json_deep_copy(property)));
    }
    return parameters;
}

static json_t *describe(const struct route *route, const struct operation *operation, bool get,
                        struct arena *arena)
{
    const char *title = json_get_string(json_object_get(operation->document, "title"), "en");
    json_t *json =
        json_pack("{s:s, s:[s], s:s, s:{s:o, s:o}}", "operationId",
                  arena_printf(arena, "%s.%s.%s", route->instance, operation->id,
                               get ? "get" : "post"),
                  "tags", route->instance, "summary", title ? title : operation->id, "responses",
                  "200", response("Result"), "default", response("Problem"));
    if (operation->who != WHO_PUBLIC)
        json_object_set_new(json, "security", json_pack("[{s:[]}]", "bearer"));
    const json_t *input = schema_document(operation->input);
    if (get)
        json_object_set_new(json, "parameters", query_parameters(input));
    else
        json_object_set_new(json, "requestBody",
                            json_pack("{s:b, s:{s:{s:o}}}", "required", 1, "content",
                                      "application/json", "schema", json_deep_copy(input)));
    return json;
}

// The same by GET, for as long as it changes.
static json_t *describe_stream(const struct route *route, const struct operation *operation,
                               struct arena *arena)
{
    json_t *json = describe(route, operation, true, arena);
    json_object_set_new(json, "operationId",
                        json_string(
                            arena_printf(arena, "%s.%s.stream", route->instance, operation->id)));
    json_object_set_new(json, "responses",
                        json_pack("{s:o, s:o, s:o}", "200", response("Stream"), "204",
                                  response("NotLive"), "default", response("Problem")));
    return json;
}

static void add_route(json_t *document, const struct route *route, struct arena *arena)
{
    json_t *paths = json_object_get(document, "paths");
    const struct manifest *manifest = route->bundle->manifest;
    const char *title = json_get_string(json_object_get(manifest->document, "summary"), "en");
    json_array_append_new(json_object_get(document, "tags"),
                          json_pack("{s:s, s:s}", "name", route->instance, "description", title));
    for (size_t i = 0; i < manifest->operation_count; i++) {
        const struct operation *operation = &manifest->operations[i];
        if (operation->who == WHO_HOST)
            continue;
        json_t *path = json_pack("{s:o}", "post", describe(route, operation, false, arena));
        if (operation->safe)
            json_object_set_new(path, "get", describe(route, operation, true, arena));
        const char *name = arena_printf(arena, "/v1/%s/%s", route->instance, operation->id);
        json_object_set_new(paths, name, path);
        if (operation->safe && manifest->may_publish)
            json_object_set_new(paths, arena_printf(arena, "%s/stream", name),
                                json_pack("{s:o}", "get",
                                          describe_stream(route, operation, arena)));
    }
}

int api_openapi(struct api_request *request)
{
    struct err err;
    struct str text = {openapi_host, (size_t)(openapi_host_end - openapi_host)};
    json_t *document = json_parse(text, &err);
    if (!document)
        return api_problem_err(request, &err);
    struct snapshot *snapshot = gate_pin(request->api->gate);
    for (size_t i = 0; i < snapshot->count; i++)
        add_route(document, &snapshot->routes[i], &request->http->arena);
    snapshot_release(snapshot);
    api_reply_value(request->reply, 200, document);
    http_reply_field(request->reply, "cache-control", STR("no-cache"));
    http_reply_field(request->reply, "access-control-allow-origin", STR("*"));
    api_reply_revalidate(request->http, request->reply);
    return 0;
}
