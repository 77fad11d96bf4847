// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MAIN_GATEWAY_H
#define MEDINA_MAIN_GATEWAY_H

#include "api/api.h"
#include "http/server.h"
#include "ops/metrics.h"
#include "portal/portal.h"

#include <pthread.h>

// One gateway loop with its thread, its HTTP server and its way to the plugins.
struct gateway {
    struct loop loop;
    pthread_t thread;
    struct http_server *server;
    struct api api;
    struct portal *portal; // NULL: no web front
    struct metrics_requests *metrics;
    struct http_limits limits;
    size_t file_bytes; // of a citizen's file
    bool started;
};

int gateway_init(struct gateway *gateway, struct err *err); // the loop only
// What a gateway gives to requests; files are larger than most bodies, so few arrive at one time.
struct gateway_limits {
    struct http_limits http;
    size_t file_bytes;
    unsigned files_at_once;
};
void gateway_serve(struct gateway *gateway, const struct gateway_limits *limits);
int gateway_start(struct gateway *gateway, struct err *err); // the thread

// From the control thread.
int gateway_listen(struct gateway *gateway, int fd, struct err *err); // in a task; takes the socket
void gateway_retire(struct gateway *gateway);                         // see http_server_retire
void gateway_resume(struct gateway *gateway);
void gateway_drain(struct gateway *gateway);
void gateway_join(struct gateway *gateway); // stops the loop and waits for its thread

#endif
