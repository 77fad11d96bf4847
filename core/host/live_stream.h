// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_LIVE_STREAM_H
#define MEDINA_HOST_LIVE_STREAM_H

#include "base/arena.h"
#include "host/live.h"
#include "host/problem.h"
#include "http/message.h"

// One event stream (text/event-stream, the HTML standard's section 9.2) of one operation's result:
// the result as it stands, then each that is published under its topic. The right to see it is the
// right to call the operation: it is asked, as its caller, before anything is sent, and again
// every live.look_ms, so a session that has ended ends the stream, and a
// publication that was missed (on another node, in a host that was replaced) is made up for.

struct live_result {
    const char *instance;
    struct str json;
};

struct live_viewer {
    struct live *live;
    struct http_request *http;
    struct http_reply *reply;
    struct str caller; // for the limit of streams: the account, or the address
    // Asks the operation now; 0 and its result and instance (in the arena), or -1 and the problem.
    int (*look)(void *context, struct arena *arena, struct live_result *result,
                struct problem *problem);
    // Appends what is sent of a result: its JSON, or a piece of a page.
    void (*write)(void *context, struct str result, struct buf *out);
    void *context;
};

// Inside a request's task. Streams until the client or the server goes, or the result is live no
// more. -1 and a problem when nothing was sent yet. A result without a topic is a 204, which tells
// a browser not to come back.
int live_stream(const struct live_viewer *viewer, struct problem *problem);

#endif
