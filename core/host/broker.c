// SPDX-License-Identifier: Apache-2.0
#include "host/broker.h"

#include "auth/link.h"
#include "base/clock.h"
#include "base/json.h"
#include "host/live.h"
#include "host/storage.h"
#include "host/upload.h"
#include "http/client.h"
#include "loop/task.h"

#include <stdio.h>

enum { MOST_FIELDS = 16 };

static int refuse(struct wire_answer *answer, enum wire_status status, const char *why)
{
    *answer = (struct wire_answer){.status = status, .text = str_from(why)};
    return 0;
}

// ---- HTTP to the agency's back end ----

// RFC 9110 section 5.6.2.
static bool is_token(struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (c == '\0' || !strchr("!#$%&'*+-.^_`|~", c)))
            return false;
    }
    return text.size > 0;
}

// Fields that the host alone decides, and those that would change the framing of the message.
static bool may_set(struct str name)
{
    static const char *const refused[] = {"host",       "content-length", "transfer-encoding",
                                          "connection", "authorization",  "cookie",
                                          "expect",     "upgrade",        "te"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (str_equal_ignoring_case(name, str_from(refused[i])))
            return false;
    return is_token(name);
}

static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7F)
            return false;
    return true;
}

// "Name: value" lines into fields; false when one may not be set or there are too many.
static bool read_fields(struct str lines, struct http_field *fields, size_t *count)
{
    while (lines.size) {
        struct str value = str_cut(&lines, '\n');
        if (!value.size)
            continue;
        struct str name = str_trim(str_cut(&value, ':'));
        if (*count == MOST_FIELDS || !may_set(name) || !is_plain(name) || !is_plain(value))
            return false;
        fields[(*count)++] = (struct http_field){name, str_trim(value)};
    }
    return true;
}

// Whether an encoded character stands there that back ends take for part of "..": a dot, or one of
// the two separators.
static char decoded(struct str path, size_t at, size_t *size)
{
    static const struct {
        const char *code;
        char c;
    } codes[] = {{"%2e", '.'}, {"%2f", '/'}, {"%5c", '/'}};
    struct str three = str_from_offset(path, at);
    three.size = three.size < 3 ? three.size : 3;
    *size = 3;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (str_equal_ignoring_case(three, str_from(codes[i].code)))
            return codes[i].c;
    *size = 1;
    return path.data[at];
}

// "." and ".." as a whole segment, however they are encoded.
static bool has_dot_segment(struct str path)
{
    size_t size, letters = 0, dots = 0;
    for (size_t i = 0; i <= path.size; i += size) {
        char c = '/';
        size = 1;
        if (i < path.size)
            c = decoded(path, i, &size);
        if (c == '/' || c == '?' || c == ';') {
            if (letters == 0 && dots > 0 && dots <= 2)
                return true;
            letters = dots = 0;
        } else if (c == '.') {
            dots++;
        } else {
            letters++;
        }
    }
    return false;
}

// A path may not leave the base URL: no "..", no second authority, no blanks.
static bool path_is_safe(struct str path)
{
    if (!path.size || path.data[0] != '/' || (path.size > 1 && path.data[1] == '/'))
        return false;
    for (size_t i = 0; i < path.size; i++) {
        unsigned char c = (unsigned char)path.data[i];
        if (c <= 0x20 || c >= 0x7F || c == '\\' || c == '#')
            return false;
    }
    return !has_dot_segment(path);
}

static bool method_is_known(struct str method)
{
    return str_is(method, "GET") || str_is(method, "POST") || str_is(method, "PUT") ||
           str_is(method, "DELETE") || str_is(method, "PATCH");
}

static int from_client(int rc, const struct err *failure, struct wire_answer *answer)
{
    if (rc == ERR_UNKNOWN)
        return refuse(answer, WIRE_UNKNOWN, "the back end did not answer");
    if (rc == ERR_LIMIT)
        return refuse(answer, WIRE_LIMITED, "the back end's reply is too large");
    (void)failure;
    return refuse(answer, WIRE_UPSTREAM, "the back end cannot be reached");
}

// A twentieth of the time is kept back, so that the plugin can still say that the agency is silent.
static uint32_t time_left(const struct broker_request *request, uint32_t wanted)
{
    uint64_t now = loop_now(task_loop());
    uint64_t left = request->deadline > now ? request->deadline - now : 1;
    left -= left / 20;
    if (wanted == 0)
        return 1; // libcurl takes 0 for no limit at all
    return left < wanted ? (uint32_t)left : wanted;
}

// The file that the request names becomes its body, with the type that the host found it to be.
// False, and why not, when it is none that this call may name.
static bool attach_file(const struct host_broker *broker, const struct broker_request *request,
                        struct str handle, struct arena *arena, struct http_outgoing *outgoing)
{
    struct str media;
    struct upload_place place = {request->account, request->route->instance, request->operation};
    if (!broker->uploads || !request->operation || !request->account.size ||
        uploads_open(broker->uploads, &place, handle, arena, &outgoing->body, &media, NULL) < 0)
        return false;
    struct http_field *fields = (struct http_field *)outgoing->fields;
    fields[outgoing->field_count++] = (struct http_field){STR("Content-Type"), media};
    return true;
}

static bool sets_type(const struct http_field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal_ignoring_case(fields[i].name, STR("content-type")))
            return true;
    return false;
}

static int send_http(const struct host_broker *broker, const struct broker_request *request,
                     const struct wire_http *http, struct arena *arena, struct wire_answer *answer)
{
    const struct manifest *manifest = request->route->bundle->manifest;
    const char *base = json_get_string(request->route->configuration, manifest->http_base);
    const char *token = manifest->http_token
                            ? json_get_string(request->route->configuration, manifest->http_token)
                            : NULL;
    struct http_field fields[MOST_FIELDS + 2];
    size_t count = 0;
    if (!base || !path_is_safe(http->path) || !method_is_known(http->method) ||
        !read_fields(http->fields, fields, &count))
        return refuse(answer, WIRE_DENIED, "the request is not one that a plugin may make");
    if (token)
        fields[count++] = (struct http_field){STR("Authorization"),
                                              str_from(arena_printf(arena, "Bearer %s", token))};
    size_t base_size = strlen(base);
    while (base_size && base[base_size - 1] == '/')
        base_size--;
    struct http_outgoing outgoing = {.method = arena_string(arena, http->method),
                                     .url = arena_printf(arena, "%.*s" STR_FORMAT, (int)base_size,
                                                         base, STR_ARGUMENTS(http->path)),
                                     .fields = fields,
                                     .field_count = count,
                                     .body = http->body,
                                     .timeout_ms = time_left(request, http->timeout_ms),
                                     .reply_limit = broker->reply_bytes};
    if (http->file.size && (http->body.size || sets_type(fields, count) ||
                            !attach_file(broker, request, http->file, arena, &outgoing)))
        return refuse(answer, WIRE_DENIED, "the call has no such file");
    struct http_incoming incoming;
    struct err failure;
    int rc = http_client_send(broker->client, &outgoing, &incoming, &failure);
    if (rc < 0)
        return from_client(rc, &failure, answer);
    // What has arrived need not be kept long; when this fails it is kept a little longer.
    if (http->file.size && incoming.status >= 200 && incoming.status < 300)
        uploads_sent(broker->uploads, http->file, NULL);
    *answer =
        (struct wire_answer){.status = WIRE_OK,
                             .number = (uint32_t)incoming.status,
                             .text = str_from(arena_string(arena, str_from(incoming.content_type))),
                             .body = {arena_string(arena, buf_str(&incoming.body)),
                                      incoming.body.size}};
    buf_finish(&incoming.body);
    return 0;
}

static int serve_http(const struct host_broker *broker, const struct broker_request *request,
                      struct arena *arena, struct wire_answer *answer, struct err *err)
{
    struct wire_http http;
    int rc = wire_decode(WIRE_HTTP, request->payload, &http, err);
    if (rc < 0)
        return rc;
    if (!request->route->bundle->manifest->http_base)
        return refuse(answer, WIRE_DENIED, "the manifest does not ask for http");
    return send_http(broker, request, &http, arena, answer);
}

// ---- the instance's storage ----

static int from_store(struct wire_answer *answer, const struct err *err)
{
    if (err->code == ERR_UNKNOWN)
        return refuse(answer, WIRE_UNKNOWN, "the storage did not confirm");
    return refuse(answer, WIRE_LIMITED, "the storage cannot take it now");
}

static int serve_kv(const struct host_broker *broker, const struct broker_request *request,
                    struct arena *arena, struct wire_answer *answer, struct err *err)
{
    struct wire_kv kv;
    struct err failure;
    int rc = wire_decode(WIRE_KV, request->payload, &kv, err);
    if (rc < 0)
        return rc;
    struct storage_request ask = {.instance = request->route->instance,
                                  .kv = &kv,
                                  .quota = request->route->bundle->manifest->kv_bytes,
                                  .now_ms = clock_now(NULL)};
    if (ask.quota == 0)
        return refuse(answer, WIRE_DENIED, "the manifest does not ask for kv");
    struct str value = {0};
    rc = storage_serve(broker->store, &ask, arena, &value, &failure);
    if (rc == ERR_PROTOCOL)
        return err_set(err, rc, "%s", failure.message);
    if (rc < 0)
        return from_store(answer, &failure);
    *answer = (struct wire_answer){.status = (uint32_t)rc, .body = value};
    return 0;
}

// ---- linked accounts ----

static int serve_link(const struct host_broker *broker, const struct broker_request *request,
                      struct wire_answer *answer, struct err *err)
{
    struct wire_link message;
    struct auth_link link = {.proven = true};
    struct err failure;
    int rc = wire_decode(WIRE_LINK, request->payload, &message, err);
    if (rc < 0)
        return rc;
    if (message.verb > WIRE_LINK_REMOVE)
        return err_set(err, ERR_PROTOCOL, "link verb %u", message.verb);
    if (!request->route->bundle->manifest->may_link || !request->account.size)
        return refuse(answer, WIRE_DENIED, "the manifest does not ask for link, or nobody asks");
    if (!str_is_utf8(message.account) || !is_plain(message.account) ||
        message.account.size >= sizeof link.reference || message.label.size >= sizeof link.label ||
        (message.verb == WIRE_LINK_ADD && json_check(message.label, JSON_DEPTH, NULL) < 0))
        return refuse(answer, WIRE_LIMITED, "account or label is too long, or no text");
    snprintf(link.instance, sizeof link.instance, "%s", request->route->instance);
    memcpy(link.reference, message.account.data, message.account.size);
    memcpy(link.label, message.label.data, message.label.size);
    struct id account = id_from(request->account);
    struct auth_link_place place = {&account, link.instance, link.reference, NULL};
    rc = message.verb == WIRE_LINK_ADD ? auth_link_add(broker->auth, &account, &link, &failure)
                                       : auth_link_remove(broker->auth, &place, &failure);
    if (rc == ERR_NOT_FOUND)
        return refuse(answer, WIRE_NOT_FOUND, "there is no such link");
    return rc < 0 ? from_store(answer, &failure) : refuse(answer, WIRE_OK, "");
}

// ---- live results ----

static int serve_publish(const struct host_broker *broker, const struct broker_request *request,
                         struct wire_answer *answer, struct err *err)
{
    struct wire_publish publish;
    int rc = wire_decode(WIRE_PUBLISH, request->payload, &publish, err);
    if (rc < 0)
        return rc;
    if (!request->route->bundle->manifest->may_publish)
        return refuse(answer, WIRE_DENIED, "the manifest does not ask for live");
    if (!live_topic_is_valid(publish.topic) ||
        publish.result.size > live_limits(broker->live)->result_bytes ||
        json_check(publish.result, JSON_DEPTH, NULL) < 0)
        return refuse(answer, WIRE_LIMITED, "topic or result is too long, or none");
    live_publish(broker->live, request->route->instance, publish.topic, publish.result);
    return refuse(answer, WIRE_OK, "");
}

int broker_serve(const struct host_broker *broker, const struct broker_request *request,
                 struct arena *arena, struct wire_answer *answer, struct err *err)
{
    if (request->type == WIRE_HTTP)
        return serve_http(broker, request, arena, answer, err);
    if (request->type == WIRE_KV)
        return serve_kv(broker, request, arena, answer, err);
    if (request->type == WIRE_PUBLISH)
        return serve_publish(broker, request, answer, err);
    return serve_link(broker, request, answer, err);
}
