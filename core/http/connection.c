// SPDX-License-Identifier: Apache-2.0
//
// One connection. Bytes go through llhttp, which copies what it finds into text and fields; when a
// request is complete the parser is paused and a task runs its handler. Bytes that arrive meanwhile
// (pipelined requests) wait in pending, bounded by head_bytes: past it the socket is not read. The
// same task goes on with the requests in pending, and ends when there are none.
//
// States: idle (between requests), head, body (a request is arriving), busy (a task has it). A
// deadline guards every state but busy, whose handler has deadlines of its own.

#include "http/connection.h"

#include "base/mem.h"
#include "loop/task.h"

#include <arpa/inet.h>
#include <llhttp.h>
#include <stdlib.h>

// LEAVING: the last reply is on its way, and nothing that arrives counts any more.
enum state { IDLE, HEAD, BODY, BUSY, LEAVING };

struct span {
    size_t at;
    size_t size;
};

struct field_spans {
    struct span name;
    struct span value;
};

struct http_connection {
    struct list node;
    struct stream stream;
    struct http_server *server;
    llhttp_t parser;
    enum state state;
    uint64_t deadline; // on loop_now's clock
    unsigned served;
    size_t body_limit; // of this request
    bool large;        // it counts among the server's large bodies
    bool complete;     // the parser holds a whole request
    bool ended;        // the client sends nothing more
    bool streams;      // the current reply has no end yet
    int refusal;       // status to refuse the request with, found by a parser callback
    const char *reason;
    struct span target;
    struct field_spans *spans;
    size_t field_count;
    bool in_value;
    struct buf text; // target, names and values
    struct buf body;
    struct buf pending;
    struct http_request request;
    struct http_reply reply;
    struct http_field *fields;
    char peer[64];
    uid_t peer_uid;
};

static const struct stream_events events;
static const llhttp_settings_t parser_settings;

static struct http_connection *from_stream(struct stream *stream)
{
    return LIST_ELEMENT(stream, struct http_connection, stream);
}

static const struct http_limits *limits(const struct http_connection *connection)
{
    return &connection->server->service.limits;
}

static void set_deadline(struct http_connection *connection, uint64_t ms)
{
    connection->deadline = loop_now(connection->server->loop) + ms;
}

static void learn_peer(struct http_connection *connection, uv_stream_t *listener)
{
    struct sockaddr_storage address = {0};
    int size = sizeof address;
    if (listener->type == UV_TCP) {
        if (uv_tcp_getpeername(&connection->stream.uv.tcp, (struct sockaddr *)&address, &size) == 0)
            uv_ip_name((struct sockaddr *)&address, connection->peer, sizeof connection->peer);
        connection->peer_uid = (uid_t)-1;
        return;
    }
    uv_os_fd_t fd;
    struct ucred credentials = {.uid = (uid_t)-1};
    socklen_t length = sizeof credentials;
    strcpy(connection->peer, "unix");
    if (uv_fileno(&connection->stream.uv.handle, &fd) == 0)
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length);
    connection->peer_uid = credentials.uid;
}

void http_connection_accept(struct http_server *server, uv_stream_t *listener)
{
    struct http_connection *connection = mem_zero(1, sizeof *connection);
    connection->server = server;
    server->open++;
    list_append(&server->connections, &connection->node);
    int rc = stream_accept(&connection->stream, server->loop, listener, &events);
    atomic_fetch_add_explicit(&server->counters.open, 1, memory_order_relaxed);
    if (rc != 0 || server->counters.open > limits(connection)->connections) {
        atomic_fetch_add_explicit(&server->counters.refused_connections, 1, memory_order_relaxed);
        stream_close(&connection->stream);
        return;
    }
    atomic_fetch_add_explicit(&server->counters.accepted, 1, memory_order_relaxed);
    learn_peer(connection, listener);
    connection->spans = mem_zero(limits(connection)->field_count, sizeof *connection->spans);
    connection->fields = mem_zero(limits(connection)->field_count, sizeof *connection->fields);
    llhttp_init(&connection->parser, HTTP_REQUEST, &parser_settings);
    connection->parser.data = connection;
    set_deadline(connection, limits(connection)->head_ms);
    stream_read_start(&connection->stream);
}

// ---- parsing ----

static int refuse_request(struct http_connection *connection, int status, const char *reason)
{
    connection->refusal = status;
    connection->reason = reason;
    return -1;
}

static int keep_text(struct http_connection *connection, const char *data, size_t size)
{
    if (connection->text.size + size > limits(connection)->head_bytes)
        return refuse_request(connection, 431, "the request's head is too large");
    buf_append(&connection->text, data, size);
    return 0;
}

static int on_begin(llhttp_t *parser)
{
    struct http_connection *connection = parser->data;
    connection->state = HEAD;
    set_deadline(connection, limits(connection)->head_ms);
    return 0;
}

static int on_url(llhttp_t *parser, const char *data, size_t size)
{
    struct http_connection *connection = parser->data;
    if (connection->text.size + size > limits(connection)->target_bytes)
        return refuse_request(connection, 414, "the request's target is too long");
    connection->target.size += size;
    return keep_text(connection, data, size);
}

static int on_name(llhttp_t *parser, const char *data, size_t size)
{
    struct http_connection *connection = parser->data;
    if (connection->in_value || connection->field_count == 0) {
        if (connection->field_count == limits(connection)->field_count)
            return refuse_request(connection, 431, "the request has too many fields");
        connection->in_value = false;
        connection->spans[connection->field_count++] =
            (struct field_spans){.name.at = connection->text.size};
    }
    connection->spans[connection->field_count - 1].name.size += size;
    return keep_text(connection, data, size);
}

static int on_value(llhttp_t *parser, const char *data, size_t size)
{
    struct http_connection *connection = parser->data;
    struct field_spans *spans = &connection->spans[connection->field_count - 1];
    if (!connection->in_value)
        spans->value.at = connection->text.size;
    connection->in_value = true;
    spans->value.size += size;
    return keep_text(connection, data, size);
}

// A field with an empty value gets no on_value call of its own.
static int on_value_complete(llhttp_t *parser)
{
    struct http_connection *connection = parser->data;
    connection->in_value = true;
    return 0;
}

static struct str span_text(const struct http_connection *connection, struct span span)
{
    return span.size ? (struct str){connection->text.data + span.at, span.size} : STR("");
}

static struct str field_value(const struct http_connection *connection, const char *name,
                              unsigned *count)
{
    struct str found = {0};
    *count = 0;
    for (size_t i = 0; i < connection->field_count; i++) {
        if (!str_equal_ignoring_case(span_text(connection, connection->spans[i].name),
                                     str_from(name)))
            continue;
        found = str_trim(span_text(connection, connection->spans[i].value));
        ++*count;
    }
    return found;
}

// The path of a target in origin form, absolute form or "*" (RFC 9112 section 3.2).
static struct str target_path(struct str target)
{
    if (str_starts(target, STR("http://")) || str_starts(target, STR("https://"))) {
        struct str rest = str_from_offset(target, target.data[4] == 's' ? 8 : 7);
        const char *slash = rest.size ? memchr(rest.data, '/', rest.size) : NULL;
        return slash ? str_from_offset(rest, (size_t)(slash - rest.data)) : STR("/");
    }
    return target;
}

static size_t body_limit(const struct http_connection *connection)
{
    const struct http_service *service = &connection->server->service;
    unsigned count;
    if (!service->body_limit)
        return service->limits.body_bytes;
    struct str rest = target_path(span_text(connection, connection->target));
    struct http_head head = {.method = str_from(llhttp_method_name(connection->parser.method)),
                             .path = str_cut(&rest, '?'),
                             .content_type = field_value(connection, "content-type", &count)};
    return service->body_limit(service->context, &head);
}

// Memory for bodies that are larger than most is for some at a time.
static int admit_large(struct http_connection *connection, uint64_t size)
{
    struct http_server *server = connection->server;
    if (connection->large || size <= limits(connection)->body_bytes)
        return 0;
    if (server->large >= server->service.large_bodies)
        return refuse_request(connection, 503, "too many large requests arrive at this moment");
    connection->large = true;
    server->large++;
    return 0;
}

static void release_large(struct http_connection *connection)
{
    connection->server->large -= connection->large;
    connection->large = false;
}

static int on_head_complete(llhttp_t *parser)
{
    struct http_connection *connection = parser->data;
    unsigned count;
    connection->state = BODY;
    set_deadline(connection, limits(connection)->body_ms);
    if (parser->http_major != 1 || parser->http_minor > 1)
        return refuse_request(connection, 505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
    field_value(connection, "host", &count);
    if (count > 1 || (count == 0 && parser->http_minor == 1))
        return refuse_request(connection, 400, "a request has exactly one Host field");
    connection->body_limit = body_limit(connection);
    if (parser->content_length > connection->body_limit)
        return refuse_request(connection, 413, "the request's body is too large");
    if (admit_large(connection, parser->content_length) != 0)
        return -1;
    struct str expect = field_value(connection, "expect", &count);
    if (count && str_equal_ignoring_case(expect, STR("100-continue")) && parser->http_minor == 1)
        stream_write(&connection->stream, STR("HTTP/1.1 100 Continue\r\n\r\n"));
    return 0;
}

static int on_body(llhttp_t *parser, const char *data, size_t size)
{
    struct http_connection *connection = parser->data;
    if (connection->body.size + size > connection->body_limit)
        return refuse_request(connection, 413, "the request's body is too large");
    if (admit_large(connection, connection->body.size + size) != 0)
        return -1;
    buf_append(&connection->body, data, size);
    return 0;
}

static int on_complete(llhttp_t *parser)
{
    struct http_connection *connection = parser->data;
    connection->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t parser_settings = {.on_message_begin = on_begin,
                                                  .on_url = on_url,
                                                  .on_header_field = on_name,
                                                  .on_header_value = on_value,
                                                  .on_header_value_complete = on_value_complete,
                                                  .on_headers_complete = on_head_complete,
                                                  .on_body = on_body,
                                                  .on_message_complete = on_complete};

// Parses until a request is complete or the bytes are used up; *used says how far it came.
// Returns 0, or the status to refuse with.
static int parse(struct http_connection *connection, struct str bytes, size_t *used)
{
    llhttp_t *parser = &connection->parser;
    *used = bytes.size;
    enum llhttp_errno rc = llhttp_execute(parser, bytes.data, bytes.size);
    if (rc == HPE_OK)
        return 0;
    if (rc == HPE_PAUSED || rc == HPE_PAUSED_UPGRADE) {
        *used = (size_t)(llhttp_get_error_pos(parser) - bytes.data);
        if (rc == HPE_PAUSED_UPGRADE)
            llhttp_resume_after_upgrade(parser);
        else
            llhttp_resume(parser);
        return 0;
    }
    if (connection->refusal)
        return connection->refusal;
    connection->reason = llhttp_get_error_reason(parser);
    if (rc == HPE_INVALID_METHOD)
        return 501;
    return 400;
}

// ---- replying ----

enum { NO_LENGTH = -1 };

static void write_head(struct http_connection *connection, int64_t body_size, bool keep)
{
    const struct http_reply *reply = &connection->reply;
    struct buf *out = stream_buffer(&connection->stream);
    buf_reserve(out, 256 + reply->fields.size + (body_size > 0 ? (size_t)body_size : 0));
    buf_append_text(out, "HTTP/1.1 ");
    buf_append_integer(out, reply->status);
    buf_append_char(out, ' ');
    buf_append_text(out, http_status_text(reply->status));
    buf_append_text(out, "\r\ndate: ");
    buf_append_text(out, http_server_date(connection->server));
    if (reply->status != 204 && reply->status != 304 && body_size != NO_LENGTH) {
        buf_append_text(out, "\r\ncontent-length: ");
        buf_append_integer(out, body_size);
    }
    buf_append_text(out, "\r\n");
    buf_append_str(out, buf_str(&reply->fields));
    if (!keep)
        buf_append_text(out, "connection: close\r\n");
    else if (connection->parser.http_minor == 0)
        buf_append_text(out, "connection: keep-alive\r\n");
    buf_append_text(out, "\r\n");
}

static void write_reply(struct http_connection *connection, bool keep, bool head_only)
{
    struct http_reply *reply = &connection->reply;
    struct str body = reply->borrowed_body.data ? reply->borrowed_body : buf_str(&reply->body);
    if (reply->status == 204 || reply->status == 304)
        body.size = 0;
    write_head(connection, (int64_t)body.size, keep);
    if (!head_only && body.size)
        buf_append_str(stream_buffer(&connection->stream), body);
    stream_touch(&connection->stream);
    set_deadline(connection, limits(connection)->idle_ms);
}

static void reset_reply(struct http_reply *reply)
{
    enum { KEPT = 64 * 1024 };
    if (reply->body.capacity > KEPT)
        buf_finish(&reply->body);
    buf_clear(&reply->body);
    buf_clear(&reply->fields);
    reply->borrowed_body = (struct str){0};
    reply->status = 200;
    reply->close = false;
    reply->streamed = false;
}

static void reset_request(struct http_connection *connection)
{
    struct arena arena = connection->request.arena;
    arena_clear(&arena);
    connection->request = (struct http_request){.arena = arena};
    connection->target = (struct span){0};
    connection->field_count = 0;
    connection->in_value = false;
    connection->complete = false;
    buf_clear(&connection->text);
    if (connection->body.capacity > limits(connection)->head_bytes)
        buf_finish(&connection->body);
    buf_clear(&connection->body);
    release_large(connection);
    reset_reply(&connection->reply);
}

// In stages (RFC 9112 section 9.6): a socket that is closed while bytes of the client wait in it is
// reset, which may take the last reply along. So our direction ends first, and what still arrives
// is read and dropped until the client closes too.
static void close_politely(struct http_connection *connection)
{
    if (connection->ended) {
        connection->state = IDLE;
        stream_close_when_drained(&connection->stream);
        return;
    }
    connection->state = LEAVING;
    buf_finish(&connection->pending);
    set_deadline(connection, limits(connection)->linger_ms);
    stream_end_when_drained(&connection->stream);
    stream_read_start(&connection->stream);
}

static void refuse(struct http_connection *connection, int status, const char *reason)
{
    const struct http_service *service = &connection->server->service;
    atomic_fetch_add_explicit(&connection->server->counters.refused_requests, 1,
                              memory_order_relaxed);
    reset_reply(&connection->reply);
    connection->reply.status = status;
    service->refuse(service->context, status, reason, &connection->reply);
    write_reply(connection, false, false);
    buf_finish(&connection->body);
    release_large(connection);
    close_politely(connection);
}

// ---- streaming ----

void http_stream_begin(struct http_request *request, struct http_reply *reply)
{
    struct http_connection *connection = request->connection;
    connection->streams = reply->streamed = true;
    request->gone = request->gone || connection->server->draining;
    write_head(connection, NO_LENGTH, false);
    stream_touch(&connection->stream);
}

void http_stream_write(struct http_request *request, struct str bytes)
{
    stream_write(&request->connection->stream, bytes);
}

size_t http_stream_pending(const struct http_request *request)
{
    return stream_pending(&request->connection->stream);
}

// ---- serving ----

static void build_request(struct http_connection *connection)
{
    struct http_request *request = &connection->request;
    for (size_t i = 0; i < connection->field_count; i++)
        connection->fields[i] =
            (struct http_field){span_text(connection, connection->spans[i].name),
                                span_text(connection, connection->spans[i].value)};
    struct str rest = target_path(span_text(connection, connection->target));
    request->path = str_cut(&rest, '?');
    request->query = rest;
    request->loop = connection->server->loop;
    request->connection = connection;
    request->method = str_from(llhttp_method_name(connection->parser.method));
    request->fields = connection->fields;
    request->field_count = connection->field_count;
    request->body = buf_str(&connection->body);
    request->peer = str_from(connection->peer);
    request->peer_uid = connection->peer_uid;
    request->gone = connection->ended;
}

// Whether the connection stays open after the current reply. A server that drains still answers
// what has arrived (pipelined requests): the last of it says close.
static bool keeps_alive(struct http_connection *connection)
{
    unsigned most = limits(connection)->requests_per_connection;
    bool leaves = connection->server->draining && !connection->pending.size;
    return llhttp_should_keep_alive(&connection->parser) && !connection->reply.close && !leaves &&
           (!most || connection->served < most);
}

static void end_stream(struct http_connection *connection)
{
    connection->streams = false;
    set_deadline(connection, limits(connection)->idle_ms);
    reset_request(connection);
}

static bool serve_one(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    connection->served++;
    // Asked before the handler runs: llhttp forgets it when the next request begins.
    bool parser_keeps = llhttp_should_keep_alive(&connection->parser) != 0;
    build_request(connection);
    atomic_fetch_add_explicit(&server->counters.requests, 1, memory_order_relaxed);
    connection->reply.status = 200;
    server->service.handle(server->service.context, &connection->request, &connection->reply);
    if (connection->streams) {
        end_stream(connection);
        return false;
    }
    bool keep = parser_keeps && keeps_alive(connection) && !connection->ended;
    bool head_only = str_is(connection->request.method, "HEAD");
    // Also when the client closed its side: it may still be reading (RFC 9112 section 9.6).
    write_reply(connection, keep, head_only);
    reset_request(connection);
    return keep;
}

// Feeds what is pending to the parser; true when that completed another request.
static bool next_pending(struct http_connection *connection)
{
    connection->state = IDLE;
    if (!connection->pending.size)
        return false;
    size_t used;
    int status = parse(connection, buf_str(&connection->pending), &used);
    buf_drop(&connection->pending, used);
    if (status)
        refuse(connection, status, connection->reason);
    return !status && connection->complete;
}

static void serve(void *argument)
{
    struct http_connection *connection = argument;
    bool more = true;
    while (more) {
        connection->state = BUSY;
        if (!serve_one(connection)) {
            close_politely(connection);
            return;
        }
        more = next_pending(connection);
    }
    if (!connection->stream.closing && !connection->stream.close_when_drained)
        stream_read_start(&connection->stream);
}

static void on_bytes(struct stream *stream, struct str bytes)
{
    struct http_connection *connection = from_stream(stream);
    if (connection->state == LEAVING)
        return;
    if (connection->state == BUSY) {
        buf_append_str(&connection->pending, bytes);
        if (connection->pending.size > limits(connection)->head_bytes)
            stream_read_stop(stream);
        return;
    }
    size_t used;
    int status = parse(connection, bytes, &used);
    if (status) {
        refuse(connection, status, connection->reason);
        return;
    }
    if (!connection->complete)
        return;
    if (used < bytes.size)
        buf_append_str(&connection->pending, str_from_offset(bytes, used));
    connection->state = BUSY;
    if (task_spawn(connection->server->loop, serve, connection) != 0) {
        connection->state = IDLE;
        refuse(connection, 503, "no memory for another request");
    }
}

static void tell_gone(struct http_connection *connection)
{
    connection->request.gone = true;
    if (connection->request.on_gone)
        connection->request.on_gone(connection->request.waiter);
}

static void on_ended(struct stream *stream, int reason)
{
    (void)reason;
    struct http_connection *connection = from_stream(stream);
    connection->ended = true;
    if (connection->state != BUSY) {
        stream_close_when_drained(stream);
        return;
    }
    tell_gone(connection);
}

static void on_closed(struct stream *stream)
{
    struct http_connection *connection = from_stream(stream);
    struct http_server *server = connection->server;
    list_remove(&connection->node);
    atomic_fetch_sub_explicit(&server->counters.open, 1, memory_order_relaxed);
    release_large(connection);
    arena_finish(&connection->request.arena);
    buf_finish(&connection->text);
    buf_finish(&connection->body);
    buf_finish(&connection->pending);
    buf_finish(&connection->reply.fields);
    buf_finish(&connection->reply.body);
    free(connection->spans);
    free(connection->fields);
    free(connection);
    http_server_released(server);
}

static const struct stream_events events = {.bytes = on_bytes,
                                            .ended = on_ended,
                                            .closed = on_closed};

// ---- what the server asks ----

static struct http_connection *from_node(struct list *node)
{
    return LIST_ELEMENT(node, struct http_connection, node);
}

void http_connection_sweep(struct list *node, uint64_t now)
{
    struct http_connection *connection = from_node(node);
    if (connection->state == BUSY || now < connection->deadline || connection->stream.closing)
        return;
    bool arriving = (connection->state == HEAD || connection->state == BODY) &&
                    !connection->stream.close_when_drained;
    if (arriving)
        refuse(connection, 408, "the request did not arrive in time");
    else
        stream_close(&connection->stream);
}

void http_connection_drain(struct list *node)
{
    struct http_connection *connection = from_node(node);
    if (connection->state == IDLE)
        stream_close_when_drained(&connection->stream);
    http_connection_end_stream(node);
}

void http_connection_end_stream(struct list *node)
{
    struct http_connection *connection = from_node(node);
    if (connection->streams)
        tell_gone(connection);
}

void http_connection_close(struct list *node)
{
    struct http_connection *connection = from_node(node);
    if (connection->state == BUSY)
        on_ended(&connection->stream, 0);
    else
        stream_close(&connection->stream);
}
