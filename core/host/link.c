// SPDX-License-Identifier: Apache-2.0
//
// Everything that arrives here is from the untrusted side: a number that names no live call is a
// lie and ends the link, which ends the runner.

#include "host/link.h"

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "host/broker.h"

#include <stdio.h>
#include <stdlib.h>

static struct list *bucket_of(struct gate *gate, uint32_t runner)
{
    return &gate->links[runner % GATE_BUCKETS];
}

struct link *link_find(struct gate *gate, uint32_t runner)
{
    LIST_EACH(bucket_of(gate, runner), node)
    {
        struct link *link = LIST_ELEMENT(node, struct link, node);
        if (link->options.runner == runner)
            return link;
    }
    return NULL;
}

// ---- slots ----

uint32_t link_slot_number(const struct link *link, const struct slot *slot)
{
    return slot->lap * link->gate->limits.credit + (uint32_t)(slot - link->slots);
}

static struct slot *slot_of(struct link *link, uint32_t number)
{
    struct slot *slot = &link->slots[number % link->gate->limits.credit];
    return slot->taken && link_slot_number(link, slot) == number ? slot : NULL;
}

static void count_in_use(struct link *link, int change)
{
    struct tally *tally = link->options.tally;
    atomic_fetch_add_explicit(&link->gate->counters.in_use, (uint64_t)(int64_t)change,
                              memory_order_relaxed);
    atomic_store_explicit(&tally->in_use, tally->in_use + (uint64_t)(int64_t)change,
                          memory_order_relaxed);
}

struct slot *link_take_slot(struct link *link, const struct gate_request *request,
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
    if (request->operation)
        link->per_operation[request->operation - link->options.bundle->manifest->operations]++;
    count_in_use(link, 1);
    return slot;
}

static void clear_slot(struct link *link, struct slot *slot)
{
    struct gate *gate = link->gate;
    snapshot_release(slot->snapshot);
    free(slot->account);
    if (slot->operation)
        link->per_operation[slot->operation - link->options.bundle->manifest->operations]--;
    if (slot->late) {
        atomic_fetch_sub_explicit(&link->options.tally->overdue, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&link->options.tally->overdue_ended, 1, memory_order_relaxed);
    }
    uint32_t laps = WIRE_CALL_NUMBERS / gate->limits.credit;
    *slot = (struct slot){.lap = (slot->lap + 1) % laps};
    link->free_slots[link->free_count++] = (unsigned)(slot - link->slots);
    count_in_use(link, -1);
}

static void end_when_drained(struct link *link)
{
    if (link->draining && link->free_count == link->gate->limits.credit && link->promised == 0)
        link_end(link);
}

static void free_slot(struct link *link, struct slot *slot)
{
    clear_slot(link, slot);
    struct list *node = list_take_first(&link->waiting);
    if (node) {
        struct waiter *waiter = LIST_ELEMENT(node, struct waiter, node);
        waiter->granted = true;
        link->promised++;
        signal_raise(&waiter->turn);
    }
    end_when_drained(link);
}

// ---- the life of a link ----

void link_release(struct link *link)
{
    if (--link->references > 0)
        return;
    bundle_release(link->options.bundle);
    pulse_release(link->options.pulse);
    tally_release(link->options.tally);
    free(link->slots);
    free(link->free_slots);
    free(link->per_operation);
    free(link);
}

static void on_closed(struct channel *channel)
{
    link_release(LIST_ELEMENT(channel, struct link, channel));
}

struct loss {
    struct gate_watch watch;
    uint32_t runner;
    char reason[256];
};

static void tell_loss(void *argument)
{
    struct loss *loss = argument;
    loss->watch.lost(loss->watch.context, loss->runner, loss->reason);
    free(loss);
}

static void report_lost(const struct link *link, const char *reason)
{
    struct loss *loss = mem_alloc(sizeof *loss);
    *loss = (struct loss){.watch = link->gate->watch, .runner = link->options.runner};
    snprintf(loss->reason, sizeof loss->reason, "%s", reason);
    loop_post(loss->watch.control, tell_loss, loss);
}

static void report_drained(struct link *link)
{
    if (!link->drained.done)
        return;
    loop_post(link->drained.reply_to, link->drained.done, link->drained.argument);
    link->drained.done = NULL;
}

// The call that plugin code was running for when the runner ended: it is what killed it.
static bool was_running(const struct link *link, const struct slot *slot,
                        const struct wire_beat *beat)
{
    return beat->busy && beat->loop == link->gate->index &&
           beat->call == link_slot_number(link, slot);
}

static void lose_calls(struct link *link)
{
    struct gate *gate = link->gate;
    struct wire_beat beat = pulse_read(link->options.pulse);
    for (unsigned i = 0; i < gate->limits.credit; i++) {
        struct slot *slot = &link->slots[i];
        if (!slot->taken)
            continue;
        bool killer = was_running(link, slot, &beat);
        if (killer)
            poison_add(gate->poison, slot->key, link->options.runner);
        if (slot->call) {
            slot->call->fate = killer ? CALL_KILLED : CALL_LOST;
            signal_raise(&slot->call->done);
            atomic_fetch_add_explicit(&gate->counters.failed, 1, memory_order_relaxed);
        }
        clear_slot(link, slot);
    }
}

static void end_because(struct link *link, const char *reason)
{
    if (!link->open)
        return;
    link->open = false;
    lose_calls(link);
    for (struct list *node; (node = list_take_first(&link->waiting));)
        signal_raise(&LIST_ELEMENT(node, struct waiter, node)->turn);
    list_remove(&link->node);
    if (!link->draining || reason[0])
        report_lost(link, reason);
    report_drained(link);
    channel_close_when_drained(&link->channel);
}

void link_end(struct link *link)
{
    end_because(link, "");
}

static void end_for_lying(struct link *link, const char *reason)
{
    if (!link->open)
        return;
    log_line(LOG_LEVEL_ERROR, "host", "runner %u broke the protocol: %s", link->options.runner,
             reason);
    atomic_fetch_add_explicit(&link->gate->counters.protocol, 1, memory_order_relaxed);
    end_because(link, reason);
}

static void on_ended(struct channel *channel, const char *reason)
{
    struct link *link = LIST_ELEMENT(channel, struct link, channel);
    if (reason)
        end_for_lying(link, reason);
    else
        link_end(link);
}

void link_drain(struct link *link, const struct gate_order *drained)
{
    link->draining = true;
    link->drained = *drained;
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
        call->fate = CALL_ANSWERED;
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

static void finish_errand(struct errand *errand)
{
    snapshot_release(errand->snapshot);
    arena_finish(&errand->arena);
    free(errand);
}

// The host has so many connections for all back ends: a slow one's agency gets its part of them.
static int serve_errand(struct errand *errand, struct wire_answer *answer, struct err *err)
{
    struct link *link = errand->link;
    const struct gate_limits *limits = &link->gate->limits;
    bool http = errand->ask.type == WIRE_HTTP;
    if (http && link->http >= limits->connections) {
        *answer = (struct wire_answer){.status = WIRE_LIMITED,
                                       .text = STR("too many requests wait for the back end")};
        return 0;
    }
    link->http += http;
    int rc = broker_serve(link->gate->broker, &errand->ask, &errand->arena, answer, err);
    link->http -= http;
    return rc;
}

static void run_errand(void *argument)
{
    struct errand *errand = argument;
    struct link *link = errand->link;
    struct wire_answer answer = {0};
    struct err err;
    int rc = serve_errand(errand, &answer, &err);
    if (rc < 0)
        end_for_lying(link, err.message);
    else if (link->open && slot_of(link, errand->call))
        channel_send(&link->channel, WIRE_ANSWER, errand->call, errand->request, &answer);
    link->asking -= errand->ask.payload.size;
    finish_errand(errand);
    if (link->open && channel_pending(&link->channel) > link->gate->limits.asking_bytes)
        end_for_lying(link, "it does not read what it asked for");
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
    if (link->asking + message->payload.size > link->gate->limits.asking_bytes)
        return err_set(err, ERR_PROTOCOL, "its requests under way are over %zu bytes",
                       link->gate->limits.asking_bytes);
    struct errand *errand = mem_zero(1, sizeof *errand);
    errand->link = link;
    errand->snapshot = snapshot_hold(slot->snapshot);
    errand->call = message->call;
    errand->request = message->request;
    errand->ask = (struct broker_request){.route = slot->route,
                                          .deadline = slot->deadline,
                                          .type = (enum wire_type)message->type};
    errand->ask.operation = slot->operation ? slot->operation->id : NULL;
    errand->ask.account = keep(&errand->arena, str_from(slot->account));
    errand->ask.payload = keep(&errand->arena, message->payload);
    if (task_spawn(link->gate->loop, run_errand, errand) != 0) {
        finish_errand(errand);
        return err_set(err, ERR_PROTOCOL, "no memory for the plugin's request");
    }
    link->asking += message->payload.size;
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
    if (message->type == WIRE_RESULT && message->request)
        return err_set(err, ERR_PROTOCOL, "result of request %u", message->request);
    if (message->type == WIRE_RESULT)
        return on_result(link, slot, message, err);
    return on_request(link, slot, message, err);
}

void link_open(struct gate *gate, const struct gate_link *options, int fd)
{
    static const struct channel_events events = {on_message, on_ended, on_closed};
    struct link *link = mem_zero(1, sizeof *link);
    link->gate = gate;
    link->options = *options;
    link->references = 1;
    link->slots = mem_zero(gate->limits.credit, sizeof *link->slots);
    link->free_slots = mem_zero(gate->limits.credit, sizeof *link->free_slots);
    link->per_operation =
        mem_zero(options->bundle->manifest->operation_count, sizeof *link->per_operation);
    for (unsigned i = gate->limits.credit; i > 0; i--)
        link->free_slots[link->free_count++] = i - 1;
    list_init(&link->waiting);
    struct channel_options channel = {CHANNEL_OF_HOST, false, gate->limits.result_bytes};
    if (channel_open(&link->channel, gate->loop, fd, &channel, &events) != 0) {
        report_lost(link, "its socket cannot be read");
        link_release(link);
        return;
    }
    link->open = true;
    list_append(bucket_of(gate, options->runner), &link->node);
}
