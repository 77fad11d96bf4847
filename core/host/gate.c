// SPDX-License-Identifier: Apache-2.0
//
// A link has a slot for each call that its socket may carry. A slot is taken when a CALL goes out
// and free again when the RESULT has come, also when its caller has gone meanwhile: the runner is
// still at work, so the credit is not back yet. The call's number on the wire is the slot's index
// plus a lap, so that a late message for an earlier call of the slot is recognised.
//
// Everything that arrives is from the untrusted side: a number that names no live call is a lie
// and ends the link, which ends the runner.

#include "host/gate.h"

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "host/broker.h"
#include "http/message.h"
#include "loop/task.h"
#include "wire/channel.h"

#include <stdlib.h>

struct call;

struct slot {
    struct call *call; // NULL when its caller has gone
    struct snapshot *snapshot;
    const struct route *route;
    const struct operation *operation;
    char *account;
    uint64_t deadline;
    uint32_t lap;
    uint32_t requests;
    bool taken;
};

struct link {
    struct list node;
    struct gate *gate;
    uint32_t runner;
    unsigned references;
    struct bundle *bundle;
    struct channel channel;
    struct slot *slots;
    unsigned *free_slots; // a stack of indexes
    unsigned free_count;
    unsigned *per_operation;
    struct list waiting;
    unsigned waiting_count;
    unsigned promised; // free slots that belong to waiters who have not run yet
    bool open;
    bool draining;
    struct gate_order drained;
};

struct gate {
    struct loop *loop;
    struct gate_limits limits;
    const struct host_broker *broker;
    struct gate_watch watch;
    struct gate_counters counters;
    struct snapshot *snapshot;
    struct list links;
};

// Lives on the caller's stack while it waits.
struct call {
    struct signal done;
    struct arena *arena;
    struct gate_result *result;
    bool answered;
    bool lost;
    bool gone;
};

struct waiter {
    struct list node;
    struct signal turn;
    bool granted;
};

static unsigned slot_index(const struct link *link, uint32_t number)
{
    return number % link->gate->limits.credit;
}

static uint32_t slot_number(const struct link *link, const struct slot *slot)
{
    return slot->lap * link->gate->limits.credit + (uint32_t)(slot - link->slots);
}

static struct slot *slot_of(struct link *link, uint32_t number)
{
    struct slot *slot = &link->slots[slot_index(link, number)];
    return slot->taken && slot_number(link, slot) == number ? slot : NULL;
}

static struct link *find_link(struct gate *gate, uint32_t runner)
{
    LIST_EACH(&gate->links, node)
    {
        struct link *link = LIST_ELEMENT(node, struct link, node);
        if (link->runner == runner && link->open)
            return link;
    }
    return NULL;
}

// ---- the life of a link ----

static void link_release(struct link *link)
{
    if (--link->references > 0)
        return;
    bundle_release(link->bundle);
    free(link->slots);
    free(link->free_slots);
    free(link->per_operation);
    free(link);
}

static void on_closed(struct channel *channel)
{
    link_release(LIST_ELEMENT(channel, struct link, channel));
}

static void slot_clear(struct link *link, struct slot *slot)
{
    struct gate *gate = link->gate;
    snapshot_release(slot->snapshot);
    free(slot->account);
    if (slot->operation)
        link->per_operation[slot->operation - link->bundle->manifest->operations]--;
    uint32_t laps = WIRE_CALL_NUMBERS / gate->limits.credit;
    *slot = (struct slot){.lap = (slot->lap + 1) % laps};
    link->free_slots[link->free_count++] = (unsigned)(slot - link->slots);
    atomic_fetch_sub_explicit(&gate->counters.in_use, 1, memory_order_relaxed);
}

struct loss {
    struct gate_watch watch;
    uint32_t runner;
};

static void tell_loss(void *argument)
{
    struct loss *loss = argument;
    loss->watch.lost(loss->watch.context, loss->runner);
    free(loss);
}

static void report_lost(const struct link *link)
{
    struct loss *loss = mem_alloc(sizeof *loss);
    *loss = (struct loss){link->gate->watch, link->runner};
    loop_post(loss->watch.control, tell_loss, loss);
}

static void report_drained(struct link *link)
{
    if (!link->drained.done)
        return;
    loop_post(link->drained.reply_to, link->drained.done, link->drained.argument);
    link->drained.done = NULL;
}

// Ends every call of the link; the runner is gone, or about to be.
static void link_end(struct link *link)
{
    struct gate *gate = link->gate;
    if (!link->open)
        return;
    link->open = false;
    for (unsigned i = 0; i < gate->limits.credit; i++) {
        struct slot *slot = &link->slots[i];
        if (!slot->taken)
            continue;
        if (slot->call) {
            slot->call->lost = true;
            signal_raise(&slot->call->done);
            atomic_fetch_add_explicit(&gate->counters.failed, 1, memory_order_relaxed);
        }
        slot_clear(link, slot);
    }
    for (struct list *node; (node = list_take_first(&link->waiting));)
        signal_raise(&LIST_ELEMENT(node, struct waiter, node)->turn);
    list_remove(&link->node);
    if (!link->draining)
        report_lost(link);
    report_drained(link);
    channel_close_when_drained(&link->channel);
}

static void on_ended(struct channel *channel, const char *reason)
{
    struct link *link = LIST_ELEMENT(channel, struct link, channel);
    if (reason) {
        log_line(LOG_LEVEL_ERROR, "host", "runner %u broke the protocol: %s", link->runner, reason);
        atomic_fetch_add_explicit(&link->gate->counters.protocol, 1, memory_order_relaxed);
    }
    link_end(link);
}

static void end_when_drained(struct link *link)
{
    if (link->draining && link->free_count == link->gate->limits.credit && link->promised == 0)
        link_end(link);
}

static void free_slot(struct link *link, struct slot *slot)
{
    slot_clear(link, slot);
    struct list *node = list_take_first(&link->waiting);
    if (node) {
        struct waiter *waiter = LIST_ELEMENT(node, struct waiter, node);
        waiter->granted = true;
        link->promised++;
        signal_raise(&waiter->turn);
    }
    end_when_drained(link);
}

// ---- what arrives ----

static struct str keep(struct arena *arena, struct str text)
{
    return (struct str){arena_string(arena, text), text.size};
}

static bool code_is_valid(struct str code)
{
    bool valid = code.size <= 64;
    for (size_t i = 0; i < code.size && valid; i++) {
        char c = code.data[i];
        valid = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    }
    return valid;
}

static int on_result(struct link *link, struct slot *slot, const struct wire_message *message,
                     struct err *err)
{
    struct wire_result result;
    int rc = wire_decode(WIRE_RESULT, message->payload, &result, err);
    if (rc < 0)
        return rc;
    if (result.status >= WIRE_STATUSES || !code_is_valid(result.code))
        return err_set(err, ERR_PROTOCOL, "result with status %u or a malformed code",
                       result.status);
    if ((result.status == WIRE_OK || result.body.size) &&
        json_check(result.body, JSON_DEPTH, NULL) < 0)
        result =
            (struct wire_result){.status = WIRE_FAILED, .code = STR("plugin.malformed-result")};
    struct call *call = slot->call;
    if (call) {
        *call->result = (struct gate_result){.status = (enum wire_status)result.status,
                                             .code = keep(call->arena, result.code),
                                             .body = keep(call->arena, result.body)};
        call->answered = true;
        signal_raise(&call->done);
    }
    free_slot(link, slot);
    return 0;
}

struct errand {
    struct link *link;
    struct snapshot *snapshot;
    uint32_t call;
    uint32_t request;
    struct arena arena;
    struct broker_request ask;
};

static void run_errand(void *argument)
{
    struct errand *errand = argument;
    struct link *link = errand->link;
    struct wire_answer answer = {0};
    struct err err;
    int rc = broker_serve(link->gate->broker, &errand->ask, &errand->arena, &answer, &err);
    if (rc < 0 && link->open) {
        log_line(LOG_LEVEL_ERROR, "host", "runner %u broke the protocol: %s", link->runner,
                 err.message);
        atomic_fetch_add_explicit(&link->gate->counters.protocol, 1, memory_order_relaxed);
        link_end(link);
    } else if (link->open && slot_of(link, errand->call)) {
        channel_send(&link->channel, WIRE_ANSWER, errand->call, errand->request, &answer);
    }
    snapshot_release(errand->snapshot);
    arena_finish(&errand->arena);
    free(errand);
    link_release(link);
}

// What the plugin asks on behalf of a call that nobody waits for any more needs no answer: the
// plugin was told of the cancel.
static int on_request(struct link *link, struct slot *slot, const struct wire_message *message,
                      struct err *err)
{
    if (message->request != slot->requests + 1)
        return err_set(err, ERR_PROTOCOL, "request %u out of order", message->request);
    if (++slot->requests > link->gate->limits.requests_per_call)
        return err_set(err, ERR_PROTOCOL, "a call asked for more than %u things",
                       link->gate->limits.requests_per_call);
    if (!slot->call)
        return 0;
    struct errand *errand = mem_zero(1, sizeof *errand);
    errand->link = link;
    errand->snapshot = snapshot_hold(slot->snapshot);
    errand->call = message->call;
    errand->request = message->request;
    errand->ask = (struct broker_request){.route = slot->route,
                                          .deadline = slot->deadline,
                                          .type = (enum wire_type)message->type};
    errand->ask.account = keep(&errand->arena, str_from(slot->account));
    errand->ask.payload = keep(&errand->arena, message->payload);
    if (task_spawn(link->gate->loop, run_errand, errand) != 0) {
        snapshot_release(errand->snapshot);
        arena_finish(&errand->arena);
        free(errand);
        return err_set(err, ERR_PROTOCOL, "no memory for the plugin's request");
    }
    link->references++;
    return 0;
}

static int on_message(struct channel *channel, const struct wire_message *message, struct err *err)
{
    struct link *link = LIST_ELEMENT(channel, struct link, channel);
    struct slot *slot = slot_of(link, message->call);
    if (!slot)
        return err_set(err, ERR_PROTOCOL, "%s for call %u, which is not open",
                       wire_name(message->type), message->call);
    if (message->type == WIRE_RESULT)
        return on_result(link, slot, message, err);
    return on_request(link, slot, message, err);
}

// ---- calling ----

static void on_client_gone(void *waiter)
{
    struct call *call = waiter;
    call->gone = true;
    signal_raise(&call->done);
}

// Waits for credit; 0 when a slot is free for this caller.
static int take_credit(struct link *link, const struct gate_request *request, struct err *err)
{
    struct gate *gate = link->gate;
    const struct operation *operations = link->bundle->manifest->operations;
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

static struct slot *take_slot(struct link *link, const struct gate_request *request,
                              struct call *call)
{
    struct slot *slot = &link->slots[link->free_slots[--link->free_count]];
    slot->taken = true;
    slot->call = call;
    slot->snapshot = snapshot_hold(request->snapshot);
    slot->route = request->route;
    slot->operation = request->operation;
    slot->deadline = request->deadline;
    slot->account =
        request->account.size ? mem_copy(request->account.data, request->account.size) : NULL;
    return slot;
}

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
    channel_send(&link->channel, WIRE_CALL, slot_number(link, slot), 0, &message);
}

// Waits for the answer. The call leaves its slot before it returns.
static int await(struct link *link, struct slot *slot, const struct gate_request *request,
                 struct err *err)
{
    struct call *call = slot->call;
    uint32_t number = slot_number(link, slot);
    if (request->client) {
        request->client->waiter = call;
        request->client->on_gone = on_client_gone;
        call->gone = request->client->gone;
    }
    if (!call->gone)
        signal_wait(&call->done, request->deadline);
    if (request->client)
        request->client->on_gone = NULL;
    if (call->answered)
        return 0;
    if (call->lost)
        return err_set(err, ERR_UNAVAILABLE, "the plugin's process ended");
    slot->call = NULL;
    channel_send(&link->channel, WIRE_CANCEL, number, 0, &(struct wire_data){0});
    if (call->gone)
        return err_set(err, ERR_CANCELLED, "the client went away");
    atomic_fetch_add_explicit(&link->gate->counters.late, 1, memory_order_relaxed);
    return err_set(err, ERR_TIMEOUT, "no answer in time");
}

static int call_over(struct link *link, const struct gate_request *request, struct call *call,
                     struct err *err)
{
    int rc = take_credit(link, request, err);
    if (rc < 0)
        return rc;
    struct gate *gate = link->gate;
    atomic_fetch_add_explicit(&gate->counters.calls, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&gate->counters.in_use, 1, memory_order_relaxed);
    struct slot *slot = take_slot(link, request, call);
    if (request->operation)
        link->per_operation[request->operation - link->bundle->manifest->operations]++;
    send_call(link, slot, request);
    return await(link, slot, request, err);
}

// A caller may have waited since it pinned its snapshot, and the runner it found there may have
// been drained meanwhile: then the version that serves the instance now gets the call.
static struct link *find_successor(struct gate *gate, struct gate_request *request)
{
    const struct route *route = snapshot_find(gate->snapshot, str_from(request->route->instance));
    if (!route || !route->runner)
        return NULL;
    if (request->operation) {
        request->operation =
            manifest_operation(route->bundle->manifest, str_from(request->operation->id));
        if (!request->operation)
            return NULL;
    }
    request->snapshot = gate->snapshot;
    request->route = route;
    return find_link(gate, route->runner);
}

int gate_call(struct gate *gate, const struct gate_request *request, struct arena *arena,
              struct gate_result *result, struct err *err)
{
    struct gate_request now = *request;
    struct link *link = now.route->runner ? find_link(gate, now.route->runner) : NULL;
    if (!link)
        link = find_successor(gate, &now);
    if (!link)
        return err_set(err, ERR_UNAVAILABLE, "no process serves %s now", request->route->instance);
    struct call call = {.arena = arena, .result = result};
    struct snapshot *pinned = snapshot_hold(now.snapshot);
    signal_init(&call.done);
    link->references++;
    int rc = call_over(link, &now, &call, err);
    link_release(link);
    snapshot_release(pinned);
    return rc;
}

// ---- orders of the control thread ----

struct posted {
    struct gate_order order;
    struct snapshot *snapshot;
    struct bundle *bundle;
    uint32_t runner;
    int fd;
};

static void post(const struct gate_order *order, void (*function)(void *argument),
                 struct posted posted)
{
    struct posted *copy = mem_alloc(sizeof *copy);
    *copy = posted;
    copy->order = *order;
    loop_post(order->gate->loop, function, copy);
}

static void adopt(void *argument)
{
    struct posted *posted = argument;
    struct gate *gate = posted->order.gate;
    snapshot_release(gate->snapshot);
    gate->snapshot = posted->snapshot;
    loop_post(posted->order.reply_to, posted->order.done, posted->order.argument);
    free(posted);
}

void gate_adopt(const struct gate_order *order, struct snapshot *snapshot)
{
    post(order, adopt, (struct posted){.snapshot = snapshot_hold(snapshot)});
}

static void attach(void *argument)
{
    static const struct channel_events events = {on_message, on_ended, on_closed};
    struct posted *posted = argument;
    struct gate *gate = posted->order.gate;
    struct link *link = mem_zero(1, sizeof *link);
    link->gate = gate;
    link->runner = posted->runner;
    link->references = 1;
    link->bundle = posted->bundle;
    link->slots = mem_zero(gate->limits.credit, sizeof *link->slots);
    link->free_slots = mem_zero(gate->limits.credit, sizeof *link->free_slots);
    link->per_operation =
        mem_zero(posted->bundle->manifest->operation_count, sizeof *link->per_operation);
    for (unsigned i = gate->limits.credit; i > 0; i--)
        link->free_slots[link->free_count++] = i - 1;
    list_init(&link->waiting);
    link->open = true;
    list_append(&gate->links, &link->node);
    struct channel_options options = {CHANNEL_OF_HOST, false, gate->limits.result_bytes};
    if (channel_open(&link->channel, gate->loop, posted->fd, &options, &events) != 0)
        link->open = false;
    loop_post(posted->order.reply_to, posted->order.done, posted->order.argument);
    free(posted);
}

void gate_attach(const struct gate_order *order, uint32_t runner, int fd, struct bundle *bundle)
{
    post(order, attach, (struct posted){.runner = runner, .fd = fd, .bundle = bundle_hold(bundle)});
}

static void detach(void *argument)
{
    struct posted *posted = argument;
    struct link *link = find_link(posted->order.gate, posted->runner);
    if (link) {
        link->draining = true;
        link->drained = posted->order;
        end_when_drained(link);
    } else {
        loop_post(posted->order.reply_to, posted->order.done, posted->order.argument);
    }
    free(posted);
}

void gate_detach(const struct gate_order *order, uint32_t runner)
{
    post(order, detach, (struct posted){.runner = runner});
}

// ---- the gate itself ----

void gate_create(struct gate **out, struct loop *loop, const struct gate_limits *limits,
                 const struct host_broker *broker, const struct gate_watch *watch)
{
    struct gate *gate = mem_zero(1, sizeof *gate);
    gate->loop = loop;
    gate->limits = *limits;
    gate->broker = broker;
    gate->watch = *watch;
    gate->snapshot = snapshot_create(0, 0);
    list_init(&gate->links);
    *out = gate;
}

void gate_destroy(struct gate *gate)
{
    if (!gate)
        return;
    LIST_EACH(&gate->links, node)
    link_end(LIST_ELEMENT(node, struct link, node));
    snapshot_release(gate->snapshot);
    free(gate);
}

const struct gate_counters *gate_counters(const struct gate *gate)
{
    return &gate->counters;
}

struct loop *gate_loop(const struct gate *gate)
{
    return gate->loop;
}

struct snapshot *gate_pin(struct gate *gate)
{
    return snapshot_hold(gate->snapshot);
}
