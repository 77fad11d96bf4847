// SPDX-License-Identifier: Apache-2.0
// POST /v1/files?instance=…&operation=…&field=…: the body is a file, the answer its handle, which
// is then given as that field of that operation's input.

#include "api/reply.h"
#include "api/route.h"
#include "base/clock.h"
#include "base/url.h"
#include "host/broker.h"
#include "host/invoke.h"
#include "host/upload.h"

static int refuse(struct api_request *request, const struct err *err)
{
    switch (err->code) {
    case ERR_INVALID:
        return api_problem(request, "file-type");
    case ERR_LIMIT:
        return api_problem(request, "too-large");
    case ERR_CONFLICT:
        return api_problem(request, "too-many-files");
    default:
        return api_problem_err(request, err);
    }
}

static int put(struct api_request *request, const struct invoke *invoke, const char *name)
{
    struct err err;
    struct upload upload;
    struct upload_field field;
    char expires[CLOCK_TEXT];
    struct uploads *uploads = gate_broker(request->api->gate)->uploads;
    if (!upload_field_find(invoke->operation, name, &field) || !uploads)
        return api_problem(request, "not-found");
    struct upload_place place = {id_str(&request->identity.account), invoke->route->instance,
                                 invoke->operation->id};
    struct upload_content content = {request->http->body,
                                     http_request_field(request->http, "content-type")};
    if (uploads_put(uploads, &place, &field, &content, &upload, &err) < 0)
        return refuse(request, &err);
    clock_format(upload.expires, expires);
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    api_reply_value(request->reply, 201,
                    json_pack("{s:s, s:s, s:I, s:s}", "file", upload.handle, "type", upload.media,
                              "size", (json_int_t)content.bytes.size, "expires", expires));
    return 0;
}

int api_file_put(struct api_request *request)
{
    struct arena *arena = &request->http->arena;
    struct str query = request->http->query;
    struct snapshot *snapshot = gate_pin(request->api->gate);
    struct invoke invoke = {.citizen = id_str(&request->identity.account)};
    struct str field = url_find_pair(query, "field", arena);
    int rc = invoke_find(snapshot, url_find_pair(query, "instance", arena),
                         url_find_pair(query, "operation", arena), &invoke, &request->problem);
    if (rc == 0)
        rc = put(request, &invoke, field.size ? arena_string(arena, field) : "");
    snapshot_release(snapshot);
    return rc;
}
