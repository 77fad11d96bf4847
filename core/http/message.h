// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HTTP_MESSAGE_H
#define MEDINA_HTTP_MESSAGE_H

#include "base/arena.h"
#include "base/buf.h"
#include "http/field.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct loop;
struct http_connection;

// A request as a handler sees it (RFC 9110, RFC 9112). Everything in it lives until the handler
// returns.
struct http_request {
    struct loop *loop;
    struct http_connection *connection; // it came by
    struct arena arena;                 // the request's own memory, released after the reply
    struct str method;                  // "GET"
    struct str path;                    // as sent, percent-encoded, starts with '/'
    struct str query;                   // after '?', percent-encoded; empty when there is none
    const struct http_field *fields;
    size_t field_count;
    struct str body;
    struct str peer;               // the other side's address, "127.0.0.1"; "unix" on a Unix socket
    uid_t peer_uid;                // on a Unix socket (SO_PEERCRED)
    bool gone;                     // the client closed the connection: nobody reads the reply.
                                   // Also when a server that drains ends a streamed one
    void (*on_gone)(void *waiter); // set by a handler that wants to know at once; see below
    void *waiter;
};

// The first field of that name (ASCII case ignored), trimmed; data NULL when absent.
struct str http_request_field(const struct http_request *request, const char *name);

// The value of a cookie, data NULL when absent (RFC 6265 section 5.4).
struct str http_request_cookie(const struct http_request *request, const char *name);

// What a handler answers. Starts as 200 without fields; content-length, date and connection are
// the server's own.
struct http_reply {
    int status;
    struct buf fields; // "name: value\r\n" lines
    struct buf body;
    struct str borrowed_body; // used instead of body when its data is set; must outlive the write
    bool close;               // close the connection after this reply
    bool streamed;            // http_stream_begin was called: what else it holds is not sent
};

// Adds a field. A value with CR, LF or NUL is cut there: it would end the head.
void http_reply_field(struct http_reply *reply, const char *name, struct str value);

// A reply that has no end yet. Sends status and fields now, without a length: the connection closes
// after it (RFC 9112 section 6.3). The body is what http_stream_write appends until the handler
// returns, which it does soon after request->gone (see on_gone).
void http_stream_begin(struct http_request *request, struct http_reply *reply);
void http_stream_write(struct http_request *request, struct str bytes);

// Bytes that the client has not taken yet.
size_t http_stream_pending(const struct http_request *request);

const char *http_status_text(int status); // "Not Found"; "" for a number that is not registered

// Runs in a task of its own, so it may wait. A handler whose reply would be useless once the client
// is gone sets on_gone while it waits and clears it after; it is called on the loop's stack.
typedef void http_handler(void *context, struct http_request *request, struct http_reply *reply);

// Words a refusal that the server itself makes (malformed, too large, too slow). Must not wait.
typedef void http_refusal(void *context, int status, const char *reason, struct http_reply *reply);

#endif
