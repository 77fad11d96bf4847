// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HTTP_CLIENT_H
#define MEDINA_HTTP_CLIENT_H

#include "base/buf.h"
#include "base/err.h"
#include "http/field.h"

#include <stdint.h>

// The host's outgoing HTTP: one thread that runs libcurl for all loops. Redirects are not
// followed, only http and https are spoken, proxies of the environment are ignored.

struct http_client;

struct http_outgoing {
    const char *method;
    const char *url;
    const struct http_field *fields;
    size_t field_count;
    struct str body;
    uint64_t timeout_ms; // from first byte to last
    size_t reply_limit;  // bytes of the reply's body
};

struct http_incoming {
    int status;
    struct buf body; // the caller's: buf_finish
    char content_type[128];
};

// max_connections bounds what is open at one time, to all hosts together.
int http_client_create(struct http_client **out, unsigned max_connections, struct err *err);
void http_client_destroy(struct http_client *client); // what is under way ends as ERR_UNKNOWN

// Inside a task: suspends it until the reply is there. Returns 0 with any HTTP status;
// ERR_UNAVAILABLE when surely nothing reached the other side (refused, no such name), ERR_UNKNOWN
// when something may have (time-out, reset), ERR_LIMIT for a reply over reply_limit, ERR_INVALID
// for a URL or method that cannot be. Everything in *outgoing is borrowed until it returns.
int http_client_send(struct http_client *client, const struct http_outgoing *outgoing,
                     struct http_incoming *incoming, struct err *err);

#endif
