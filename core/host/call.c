// SPDX-License-Identifier: Apache-2.0
// One call: which runner gets it, credit, waiting, and what happens when the runner dies of it.

#include "base/clock.h"
#include "base/mem.h"
#include "host/link.h"
#include "http/message.h"

#include <stdlib.h>

// ---- which runner ----

static unsigned idle_slots(const struct link *link)
{
    return link->free_count > link->promised ? link->free_count - link->promised : 0;
}

// Of the version's runners the one with the most credit left; where they are even, in turn.
static struct link *choose_link(struct gate *gate, const struct route *route)
{
    struct link *best = NULL;
    unsigned first = route->runner_count > 1 ? gate->turn++ : 0;
    for (unsigned i = 0; i < route->runner_count; i++) {
        uint32_t runner = route->runners[(first + i) % route->runner_count];
        struct link *link = link_find(gate, runner);
        if (link && !link->draining && (!best || idle_slots(link) > idle_slots(best)))
            best = link;
    }
    return best;
}

// A caller may have waited since it pinned its snapshot, and the runner it found there may have
// been drained meanwhile: then the version that serves the instance now gets the call.
static struct link *choose_successor(struct gate *gate, struct gate_request *request)
{
    const struct route *route =
        route_for(snapshot_find(gate->snapshot, str_from(request->route->instance)),
                  request->citizen);
    if (!route || !route->runner_count)
        return NULL;
    const struct operation *operation = NULL;
    if (request->operation) {
        operation = manifest_operation(route->bundle->manifest, str_from(request->operation->id));
        if (!operation)
            return NULL;
    }
    struct link *link = choose_link(gate, route);
    if (!link)
        return NULL;
    request->operation = operation;
    request->snapshot = gate->snapshot;
    request->route = route;
    return link;
}

// Whether a process is about to serve what has none: the loops have not been told yet that the last
// one ended, or the version before is to take over.
static bool is_expected(const struct gate *gate, const struct gate_request *request)
{
    const struct route *route =
        route_for(snapshot_find(gate->snapshot, str_from(request->route->instance)),
                  request->citizen);
    return route && (route->runner_count || route->soon);
}

// Waits for the control thread to bring another runner. A call that lost its own waits in any case:
// it costs its caller more to ask again.
static struct link *await_successor(struct gate *gate, struct gate_request *request, bool lost)
{
    uint64_t end = loop_now(gate->loop) + gate->limits.retry_ms;
    struct waiter waiter;
    struct link *link;
    bool in_time = true;
    while (!(link = choose_successor(gate, request)) && in_time &&
           gate->stranded_count < gate->limits.waiting && (lost || is_expected(gate, request))) {
        signal_init(&waiter.turn);
        list_append(&gate->stranded, &waiter.node);
        gate->stranded_count++;
        in_time = signal_wait(&waiter.turn, end < request->deadline ? end : request->deadline);
        gate->stranded_count--;
        list_remove(&waiter.node);
    }
    return link;
}

// ---- credit ----

// Waits for credit; 0 when a slot is free for this caller.
static int take_credit(struct link *link, const struct gate_request *request, struct err *err)
{
    struct gate *gate = link->gate;
    const struct operation *operations = link->options.bundle->manifest->operations;
    unsigned half = gate->limits.credit / 2 ? gate->limits.credit / 2 : 1;
    if (request->operation && link->per_operation[request->operation - operations] >= half) {
        atomic_fetch_add_explicit(&gate->counters.refused, 1, memory_order_relaxed);
        return err_set(err, ERR_LIMIT, "the operation has %u calls under way", half);
    }
    if (link->free_count > link->promised)
        return 0;
    if (link->waiting_count >= gate->limits.waiting) {
        atomic_fetch_add_explicit(&gate->counters.refused, 1, memory_order_relaxed);
        return err_set(err, ERR_LIMIT, "%u callers wait already", link->waiting_count);
    }
    struct waiter waiter = {.granted = false};
    signal_init(&waiter.turn);
    list_append(&link->waiting, &waiter.node);
    link->waiting_count++;
    bool in_time = signal_wait(&waiter.turn, request->deadline);
    list_remove(&waiter.node);
    link->waiting_count--;
    if (waiter.granted)
        link->promised--;
    if (waiter.granted && link->open)
        return 0;
    return in_time ? err_set(err, ERR_UNAVAILABLE, "the plugin's process ended")
                   : err_set(err, ERR_TIMEOUT, "no answer in time");
}

// ---- waiting for the answer ----

static void send_call(struct link *link, const struct slot *slot,
                      const struct gate_request *request)
{
    uint64_t now = loop_now(link->gate->loop);
    struct wire_call message = {
        .kind = request->kind,
        .budget_ms = request->deadline > now ? (uint32_t)(request->deadline - now) : 0,
        .operation = request->operation ? str_from(request->operation->id) : request->event,
        .caller = request->caller,
        .input = request->input};
    channel_send(&link->channel, WIRE_CALL, link_slot_number(link, slot), 0, &message);
}

static void on_client_gone(void *waiter)
{
    struct call *call = waiter;
    call->gone = true;
    signal_raise(&call->done);
}

struct lateness {
    struct gate_watch watch;
    uint32_t runner;
    struct wire_beat beat;
};

static void tell_late(void *argument)
{
    struct lateness *late = argument;
    late->watch.late(late->watch.context, late->runner, &late->beat);
    free(late);
}

// The control thread looks whether the runner is stuck in this very call.
static void report_late(const struct link *link, uint32_t number)
{
    struct lateness *late = mem_alloc(sizeof *late);
    *late = (struct lateness){.watch = link->gate->watch,
                              .runner = link->options.runner,
                              .beat = {.busy = true, .loop = link->gate->index, .call = number}};
    loop_post(late->watch.control, tell_late, late);
}

// Waits for the answer. The call leaves its slot before it returns.
static int await(struct link *link, struct slot *slot, const struct gate_request *request,
                 struct err *err)
{
    struct call *call = slot->call;
    uint32_t number = link_slot_number(link, slot);
    if (request->client) {
        request->client->waiter = call;
        request->client->on_gone = on_client_gone;
        call->gone = request->client->gone;
    }
    if (!call->gone)
        signal_wait(&call->done, request->deadline);
    if (request->client)
        request->client->on_gone = NULL;
    if (call->fate == CALL_ANSWERED)
        return 0;
    if (call->fate == CALL_KILLED)
        return err_set(err, ERR_PROTOCOL, "the plugin's process died of this request");
    if (call->fate == CALL_LOST)
        return err_set(err, ERR_UNAVAILABLE, "the plugin's process ended");
    slot->call = NULL;
    channel_send(&link->channel, WIRE_CANCEL, number, 0, &(struct wire_data){0});
    if (call->gone)
        return err_set(err, ERR_CANCELLED, "the client went away");
    atomic_fetch_add_explicit(&link->gate->counters.late, 1, memory_order_relaxed);
    slot->late = true;
    atomic_fetch_add_explicit(&link->options.tally->overdue, 1, memory_order_relaxed);
    report_late(link, number);
    return err_set(err, ERR_TIMEOUT, "no answer in time");
}

static bool is_error(int rc, const struct gate_result *result)
{
    if (rc < 0)
        return rc != ERR_CANCELLED;
    return result->status == WIRE_FAILED || result->status == WIRE_UPSTREAM;
}

static uint64_t key_of(const struct gate *gate, const struct gate_request *request)
{
    struct str what = request->operation ? str_from(request->operation->id) : request->event;
    struct str parts[] = {{request->route->bundle->hash, sizeof request->route->bundle->hash},
                          what,
                          request->caller,
                          request->input};
    return poison_key(gate->poison, parts, 4);
}

static int check_poison(struct gate *gate, uint64_t key, struct gate_result *result,
                        struct err *err)
{
    uint64_t left = poison_left(gate->poison, key);
    if (left == 0)
        return 0;
    *result = (struct gate_result){.retry_ms = left};
    atomic_fetch_add_explicit(&gate->counters.poisoned, 1, memory_order_relaxed);
    return err_set(err, ERR_REFUSED, "the same request ended the plugin's process a while ago");
}

static int call_over(struct link *link, const struct gate_request *request, struct call *call,
                     struct err *err)
{
    int rc = take_credit(link, request, err);
    if (rc < 0)
        return rc;
    atomic_fetch_add_explicit(&link->gate->counters.calls, 1, memory_order_relaxed);
    uint64_t begin = clock_monotonic_ns();
    struct slot *slot = link_take_slot(link, request, call);
    slot->key = call->key;
    call->sent = true;
    send_call(link, slot, request);
    rc = await(link, slot, request, err);
    tally_count(link->options.tally, (clock_monotonic_ns() - begin) / 1000,
                is_error(rc, call->result));
    return rc;
}

// ---- the whole of it ----

// What has not been sent can be sent elsewhere; what has may only be done again when doing it
// twice does no harm.
static bool may_repeat(const struct gate_request *request, const struct call *call)
{
    return !call->sent || (request->operation && request->operation->safe);
}

static int call_once(struct link *link, const struct gate_request *request, struct call *call,
                     struct err *err)
{
    struct snapshot *pinned = snapshot_hold(request->snapshot);
    signal_init(&call->done);
    link->references++;
    int rc = call_over(link, request, call, err);
    link_release(link);
    snapshot_release(pinned);
    return rc;
}

int gate_call(struct gate *gate, const struct gate_request *request, struct arena *arena,
              struct gate_result *result, struct err *err)
{
    struct gate_request now = *request;
    struct call call = {.arena = arena, .result = result};
    struct link *link = choose_link(gate, now.route);
    if (!link)
        link = await_successor(gate, &now, false);
    call.key = key_of(gate, &now);
    int rc = check_poison(gate, call.key, result, err);
    if (rc < 0)
        return rc;
    if (!link)
        return err_set(err, ERR_UNAVAILABLE, "no process serves %s now", request->route->instance);
    rc = call_once(link, &now, &call, err);
    if (rc != ERR_UNAVAILABLE || !may_repeat(&now, &call))
        return rc;
    // The route may be gone with its snapshot by now; the caller's own is pinned.
    now = *request;
    link = await_successor(gate, &now, true);
    if (!link)
        return rc;
    atomic_fetch_add_explicit(&gate->counters.retried, 1, memory_order_relaxed);
    call = (struct call){.arena = arena, .result = result, .key = key_of(gate, &now)};
    return call_once(link, &now, &call, err);
}
