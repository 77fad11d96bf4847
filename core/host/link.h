// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_LINK_H
#define MEDINA_HOST_LINK_H

#include "host/gate.h"
#include "loop/task.h"
#include "wire/channel.h"

// What the files of the gate share (gate.c, call.c, link.c).
//
// A link has a slot for each call that its socket may carry. A slot is taken when a CALL goes out
// and free again when the RESULT has come, also when its caller has gone meanwhile: the runner is
// still at work, so the credit is not back yet. The call's number on the wire is the slot's index
// plus a lap, so that a late message for an earlier call of the slot is recognised.

enum call_fate {
    CALL_WAITING,
    CALL_ANSWERED,
    CALL_LOST,   // the runner ended while it was at work on others too
    CALL_KILLED, // the runner ended in the middle of this one
};

// Lives on the caller's stack while it waits.
struct call {
    struct signal done;
    struct arena *arena;
    struct gate_result *result;
    enum call_fate fate;
    uint64_t key; // of the request, see poison.h
    bool sent;    // it left for a runner
    bool gone;    // the client is
};

struct slot {
    struct call *call; // NULL when its caller has gone
    struct snapshot *snapshot;
    const struct route *route;
    const struct operation *operation;
    char *account;
    uint64_t deadline;
    uint64_t key; // of the request, see poison.h
    uint32_t lap;
    uint32_t requests;
    bool taken;
    bool late; // its caller has been told so
};

struct link {
    struct list node;
    struct gate *gate;
    struct gate_link options; // what it was attached with; owns a reference of each
    unsigned references;
    struct channel channel;
    struct slot *slots;
    unsigned *free_slots; // a stack of indexes
    unsigned free_count;
    unsigned *per_operation;
    struct list waiting;
    unsigned waiting_count;
    unsigned promised; // free slots that belong to waiters who have not run yet
    size_t asking;     // bytes of the requests under way
    unsigned http;     // of them to the back end
    bool open;
    bool draining;
    struct gate_order drained;
};

enum { GATE_BUCKETS = 256 };

struct gate {
    struct loop *loop;
    unsigned index; // among the host's gates
    struct gate_limits limits;
    const struct host_broker *broker;
    struct poison *poison;
    struct limiter *limiter;
    struct gate_watch watch;
    struct gate_counters counters;
    struct snapshot *snapshot;
    struct list links[GATE_BUCKETS]; // by runner
    unsigned turn;                   // of a pool's runners (call.c)
    struct list stranded;            // callers that wait for another runner (call.c)
    unsigned stranded_count;
};

// A caller that waits for credit.
struct waiter {
    struct list node;
    struct signal turn;
    bool granted;
};

struct link *link_find(struct gate *gate, uint32_t runner); // NULL: none open
void link_open(struct gate *gate, const struct gate_link *options, int fd);
void link_drain(struct link *link, const struct gate_order *drained);
void link_end(struct link *link); // every call of it ends; its runner is gone, or about to be
void link_release(struct link *link);

// A slot for the call, and back again. There must be a free one.
struct slot *link_take_slot(struct link *link, const struct gate_request *request,
                            struct call *call);
uint32_t link_slot_number(const struct link *link, const struct slot *slot);

#endif
