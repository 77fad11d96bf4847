// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_GATE_H
#define MEDINA_HOST_GATE_H

#include "base/arena.h"
#include "host/limiter.h"
#include "host/poison.h"
#include "host/pulse.h"
#include "host/snapshot.h"
#include "host/tally.h"
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
    unsigned waiting;    // callers that may wait for credit; over it ERR_LIMIT. As many may wait
                         // for another runner
    size_t result_bytes; // of one result
    unsigned requests_per_call; // what a plugin may ask of the host for one call
    size_t asking_bytes;        // of one runner's requests under way, and of the answers that it
                                // has not read; over it the runner is killed
    unsigned connections;       // to its back end that one runner may have waiting, on each loop;
                                // over it the plugin is told that it is limited
    uint64_t retry_ms;          // a call that has no runner waits this long for the next one
};

struct gate_counters {
    _Atomic uint64_t calls;
    _Atomic uint64_t failed;   // ended by a lost runner
    _Atomic uint64_t retried;  // of them sent once more
    _Atomic uint64_t late;     // past their deadline
    _Atomic uint64_t refused;  // no credit
    _Atomic uint64_t poisoned; // refused because the same request killed a runner
    _Atomic uint64_t protocol; // runners cut off for breaking the protocol
    _Atomic uint64_t in_use;
};

// What the control thread is told of runners; both are called there.
struct gate_watch {
    struct loop *control;
    // A link ended that nobody asked to end: its runner died, or lied (reason says how, else
    // empty).
    void (*lost)(void *context, uint32_t runner, const char *reason);
    // A call passed its deadline unanswered; beat names it as pulse_read would.
    void (*late)(void *context, uint32_t runner, const struct wire_beat *beat);
    void *context;
};

struct gate_options {
    struct loop *loop;
    unsigned index;
    struct gate_limits limits;
    const struct host_broker *broker;
    struct poison *poison;   // shared by all gates
    struct limiter *limiter; // likewise
    struct gate_watch watch;
};

void gate_create(struct gate **out, const struct gate_options *options);
void gate_destroy(struct gate *gate); // on its loop, after its calls have ended

const struct gate_counters *gate_counters(const struct gate *gate);
struct loop *gate_loop(const struct gate *gate);
const struct host_broker *gate_broker(const struct gate *gate);
struct limiter *gate_limiter(const struct gate *gate);

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
    struct str citizen;                // whose share of a canary this is (route_for); or empty
    uint64_t deadline;                 // on loop_now's clock
    struct http_request *client;       // when it is gone the call is cancelled; NULL: it never is
};

struct gate_result {
    enum wire_status status;
    struct str code;   // a refusal's code, in the arena
    struct str body;   // JSON that has been checked (base/json), in the arena; or empty
    uint64_t retry_ms; // after ERR_REFUSED: how long the request stays refused
};

// Inside a task: calls the plugin and waits. 0 when it answered (result says what); otherwise
// ERR_UNAVAILABLE (no runner, or it died), ERR_LIMIT (too many wait), ERR_TIMEOUT, ERR_CANCELLED
// (the client went away), ERR_PROTOCOL (the runner died of this very request), ERR_REFUSED (the
// same request killed a runner a while ago).
//
// A call whose runner dies is made once more, on another runner, when it had not been sent yet or
// its operation is safe; never when it is the one that the runner was running.
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

struct gate_link {
    uint32_t runner;
    struct bundle *bundle;
    struct pulse *pulse;
    struct tally *tally;
};

// Opens a link to a new runner over this descriptor (taken over; the rest is held).
void gate_attach(const struct gate_order *order, const struct gate_link *link, int fd);

// Closes the link once its last call has ended; done follows that.
void gate_detach(const struct gate_order *order, uint32_t runner);

#endif
