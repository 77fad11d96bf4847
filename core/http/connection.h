// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HTTP_CONNECTION_H
#define MEDINA_HTTP_CONNECTION_H

#include "http/server.h"
#include "loop/stream.h"

// What server.c and connection.c share; nobody else includes this.

struct http_connection;

struct http_server {
    struct loop *loop;
    struct http_service service;
    struct http_counters counters;
    struct list connections;
    struct list listeners;
    uv_timer_t sweep; // looks for deadlines that have passed
    char date[40];    // "Sun, 06 Nov 1994 08:49:37 GMT" of the second below
    int64_t date_second;
    unsigned large; // bodies over limits.body_bytes that have begun to arrive
    bool draining;
    bool destroyed;
    unsigned open; // connections and handles whose close has not been reported yet
};

// Takes the connection that waits on listener.
void http_connection_accept(struct http_server *server, uv_stream_t *listener);

// Closes it when its deadline has passed, with a 408 when a request was on its way.
void http_connection_sweep(struct list *node, uint64_t now);

// Closes it when it is idle; otherwise its current reply will say Connection: close.
void http_connection_drain(struct list *node);

// Ends it when its reply is a stream, which would go on for ever.
void http_connection_end_stream(struct list *node);
void http_connection_close(struct list *node);

const char *http_server_date(struct http_server *server);
void http_server_released(struct http_server *server); // one of open is gone

#endif
