// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HTTP_SERVER_H
#define MEDINA_HTTP_SERVER_H

#include "base/err.h"
#include "http/message.h"
#include "loop/loop.h"

#include <stdatomic.h>

// An HTTP/1.1 server on one loop (RFC 9112 by llhttp): keep-alive, pipelining, a task a connection
// while it has requests. Several loops listen on one port through SO_REUSEPORT and share nothing.

struct http_limits {
    size_t target_bytes;              // request target; over it 414
    size_t head_bytes;                // target and all fields; over it 431
    unsigned field_count;             // over it 431
    size_t body_bytes;                // over it 413
    unsigned connections;             // on this loop; over it new ones are closed at once
    unsigned requests_per_connection; // then Connection: close; 0 for no limit
    uint64_t head_ms;   // from the first byte of a request to the end of its head; 408
    uint64_t body_ms;   // from there to the end of its body; 408
    uint64_t idle_ms;   // between requests, and to read a reply
    uint64_t linger_ms; // for the client to close, too, after the last reply
};

extern const struct http_limits http_default_limits;

struct http_counters {
    _Atomic uint64_t accepted;
    _Atomic uint64_t refused_connections;
    _Atomic uint64_t open;
    _Atomic uint64_t requests;
    _Atomic uint64_t refused_requests; // malformed, too large, too slow
};

struct http_server;

// Bytes that the body of this request may have, asked once its head is there; must not wait.
// path without the query.
struct http_head {
    struct str method;
    struct str path;
    struct str content_type;
};
typedef size_t http_body_limit(void *context, const struct http_head *head);

struct http_service {
    http_handler *handle;
    http_refusal *refuse;
    void *context;
    struct http_limits limits;
    http_body_limit *body_limit; // NULL: limits.body_bytes for all
    unsigned large_bodies;       // over limits.body_bytes, that may arrive at one time; else 503
};

void http_server_create(struct http_server **out, struct loop *loop,
                        const struct http_service *service);

// A bound TCP socket with SO_REUSEPORT, for http_server_listen. port 0 takes a free one; *port
// tells which.
int http_bind(const char *address, unsigned *port, int *fd, struct err *err);

// ERR_CONFLICT when a process listens there already, which SO_REUSEPORT would hide.
int http_port_free(const char *address, unsigned port, struct err *err);

// A bound Unix socket at path, mode 0600. A socket file that nobody answers on is replaced, a live
// one is ERR_CONFLICT. The file is the caller's to remove.
int http_bind_unix(const char *path, int *fd, struct err *err);

// Listens on a bound socket, or on one that listens already in another process. Takes the
// descriptor.
int http_server_listen(struct http_server *server, int fd, struct err *err);

const struct http_counters *http_server_counters(const struct http_server *server);

// Stops listening and answers everything from now on with Connection: close. No connection is
// closed that was not told so: an idle one stays until its next request, or its time. Streams end.
void http_server_retire(struct http_server *server);

// Takes that back; listen again after it.
void http_server_resume(struct http_server *server);

// Retires and closes idle connections at once.
void http_server_drain(struct http_server *server);

// Closes everything. The memory goes when the last connection has closed: run the loop until then.
void http_server_destroy(struct http_server *server);

#endif
