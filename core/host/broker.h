// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_BROKER_H
#define MEDINA_HOST_BROKER_H

#include "base/arena.h"
#include "host/snapshot.h"
#include "wire/message.h"

// What a plugin may ask of the host while it answers a call. Everything is checked against the
// instance's manifest here; a refusal is an answer with a status, never silence.

struct http_client;
struct store;
struct auth;
struct live;
struct uploads;

struct host_broker {
    struct http_client *client;
    struct store *store;
    struct auth *auth;
    struct live *live;       // the host's own
    struct uploads *uploads; // NULL: nobody can send files
    size_t reply_bytes;      // of one reply of a back end
};

struct broker_request {
    const struct route *route;
    struct str account;    // of the citizen; empty when anonymous
    const char *operation; // that is called; NULL: an event
    uint64_t deadline;     // of the call, on loop_now's clock
    enum wire_type type;   // WIRE_HTTP, WIRE_KV, WIRE_LINK, WIRE_PUBLISH
    struct str payload;    // its message, checked to decode by broker_serve
};

// Inside a task: does it and fills the answer, whose strings live in the arena.
// ERR_PROTOCOL when the message is not what its type says.
int broker_serve(const struct host_broker *broker, const struct broker_request *request,
                 struct arena *arena, struct wire_answer *answer, struct err *err);

#endif
