// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_GATE_H
#define MEDINA_HOST_GATE_H

#include "base/arena.h"
#include "host/snapshot.h"
#include "loop/loop.h"
#include "wire/message.h"

struct http_request;

// A gateway loop's way to the plugins: the snapshot it goes by and one link (socket) to each
// runner. A gate belongs to its loop's thread; only gate_adopt, gate_attach and gate_detach are
// called from the control thread, and do their work by posting.

struct gate;
struct host_broker;

struct gate_limits {
    unsigned credit;     // calls that one runner's socket carries at one time; one operation gets
                         // at most half
    unsigned waiting;    // callers that may wait for credit; over it ERR_LIMIT
    size_t result_bytes; // of one result
    unsigned requests_per_call; // what a plugin may ask of the host for one call
};

struct gate_counters {
    _Atomic uint64_t calls;
    _Atomic uint64_t failed;   // ended by a lost runner
    _Atomic uint64_t late;     // past their deadline
    _Atomic uint64_t refused;  // no credit
    _Atomic uint64_t protocol; // runners cut off for breaking the protocol
    _Atomic uint64_t in_use;
};

// Told on the control loop when a link ended that nobody asked to end: its runner died or lied.
struct gate_watch {
    struct loop *control;
    void (*lost)(void *context, uint32_t runner);
    void *context;
};

void gate_create(struct gate **out, struct loop *loop, const struct gate_limits *limits,
                 const struct host_broker *broker, const struct gate_watch *watch);
void gate_destroy(struct gate *gate); // on its loop, after its calls have ended

const struct gate_counters *gate_counters(const struct gate *gate);
struct loop *gate_loop(const struct gate *gate);

// The snapshot in force, held for the caller: snapshot_release when done. Routes found in it stay
// valid that long, whatever is loaded or unloaded meanwhile.
struct snapshot *gate_pin(struct gate *gate);

struct gate_request {
    struct snapshot *snapshot; // pinned
    const struct route *route; // of it
    enum wire_call_kind kind;
    const struct operation *operation; // of an operation
    struct str event;                  // an event's type
    struct str caller;                 // JSON object or empty
    struct str input;                  // JSON object
    struct str account;                // the citizen's, the host's own name, never sent; or empty
    uint64_t deadline;                 // on loop_now's clock
    struct http_request *client;       // when it is gone the call is cancelled; NULL: it never is
};

struct gate_result {
    enum wire_status status;
    struct str code; // a refusal's code, in the arena
    struct str body; // JSON that has been checked (base/json), in the arena; or empty
};

// Inside a task: calls the plugin and waits. 0 when it answered (result says what); otherwise
// ERR_UNAVAILABLE (no runner, or it died), ERR_LIMIT (too many wait), ERR_TIMEOUT, ERR_CANCELLED
// (the client went away), ERR_PROTOCOL (the plugin's answer was not JSON).
int gate_call(struct gate *gate, const struct gate_request *request, struct arena *arena,
              struct gate_result *result, struct err *err);

// ---- from the control thread; done is called there when the loop has done it ----

struct gate_order {
    struct gate *gate;
    struct loop *reply_to;
    void (*done)(void *argument);
    void *argument;
};

// Goes by this snapshot from the next turn on (holds its own reference).
void gate_adopt(const struct gate_order *order, struct snapshot *snapshot);

// Opens a link to a new runner over this descriptor (taken over).
void gate_attach(const struct gate_order *order, uint32_t runner, int fd, struct bundle *bundle);

// Closes the link once its last call has ended; done follows that.
void gate_detach(const struct gate_order *order, uint32_t runner);

#endif
