// SPDX-License-Identifier: Apache-2.0
//
// A round: claim what is due for each instance, send all of it at once, acknowledge together what
// the plugin took, put off what it did not. Then payments that are due are advanced. Rounds follow
// one another while there is work; otherwise a wake or a tick starts the next.

#include "host/delivery.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "loop/task.h"
#include "notify/inbox.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    INSTANCES = 64,
    EVENT_MS = 15 * 1000,
    ADVANCES = 16,
    HOUSE_MS = 5 * 60 * 1000,
    MOST_LINES = 64
};

struct delivery {
    struct delivery_options options;
    struct loop *loop;
    struct signal wake;
    _Atomic bool woken; // a wake is posted and not yet seen
    _Atomic bool stopping;
    int64_t kept_house;         // when keep_house did its work last
    bool running;               // on its loop, as is what follows
    struct remote_signal ended; // of the task that waits for the end of the last round
};

// ---- one event ----

struct parcel {
    struct delivery *delivery;
    struct outbox_event *event;
    struct signal *all;
    unsigned *missing;
    bool taken;
    bool refused;
    int64_t lines[MOST_LINES]; // that the agency refused while it took the others
    size_t line_count;
};

// {"refused": [2]}: of those lines the citizen gets the money back. Any other answer takes all.
static void read_refused(struct parcel *parcel, struct str body)
{
    size_t index;
    json_t *number, *answer = json_parse(body, NULL);
    json_array_foreach(json_object_get(answer, "refused"), index, number)
    {
        if (json_is_integer(number) && parcel->line_count < MOST_LINES)
            parcel->lines[parcel->line_count++] = json_integer_value(number);
    }
    json_decref(answer);
}

static void hand_over(struct parcel *parcel)
{
    struct gate *gate = parcel->delivery->options.gate;
    struct snapshot *snapshot = gate_pin(gate);
    struct arena arena = {0};
    struct gate_result result;
    struct gate_request request = {.snapshot = snapshot,
                                   .route =
                                       snapshot_find(snapshot, str_from(parcel->event->instance)),
                                   .kind = WIRE_CALL_EVENT,
                                   .event = str_from(parcel->event->kind),
                                   .input = parcel->event->body,
                                   .deadline = loop_now(parcel->delivery->loop) + EVENT_MS};
    // A plugin that does not ask for this kind of event has nothing to acknowledge.
    parcel->taken = request.route &&
                    !manifest_takes_event(request.route->bundle->manifest, parcel->event->kind);
    if (request.route && !parcel->taken && gate_call(gate, &request, &arena, &result, NULL) == 0) {
        parcel->taken = result.status == WIRE_OK;
        parcel->refused = result.status == WIRE_REFUSED;
        if (parcel->taken && result.body.size)
            read_refused(parcel, result.body);
    }
    arena_finish(&arena);
    snapshot_release(snapshot);
}

static void carry(void *argument)
{
    struct parcel *parcel = argument;
    hand_over(parcel);
    if (--*parcel->missing == 0)
        signal_raise(parcel->all);
}

// ---- one instance ----

static void settle(struct delivery *delivery, struct parcel *parcels, size_t count)
{
    struct err err;
    struct outbox_event *taken = mem_zero(count, sizeof *taken);
    size_t taken_count = 0;
    for (size_t i = 0; i < count; i++) {
        int rc = 0;
        struct outbox_lines lines = {parcels[i].lines, parcels[i].line_count};
        if (lines.count)
            rc = outbox_refuse_lines(delivery->options.money, parcels[i].event, lines, &err);
        else if (parcels[i].taken)
            taken[taken_count++] = *parcels[i].event;
        else if (parcels[i].refused)
            rc = outbox_refuse(delivery->options.money, parcels[i].event, &err);
        else
            rc = outbox_defer(delivery->options.money, parcels[i].event, &err);
        if (rc < 0)
            log_line(LOG_LEVEL_ERROR, "host", "an event cannot be put off: %s", err.message);
    }
    if (taken_count && outbox_acknowledge(delivery->options.money, taken, taken_count, &err) < 0)
        log_line(LOG_LEVEL_ERROR, "host", "events cannot be acknowledged: %s", err.message);
    free(taken);
}

static int deliver_to(struct delivery *delivery, const char *instance)
{
    struct arena arena = {0};
    size_t batch = delivery->options.batch;
    struct outbox_event *events = arena_zero(&arena, batch * sizeof *events);
    struct parcel *parcels = arena_zero(&arena, batch * sizeof *parcels);
    struct outbox_claim claim = {instance, delivery->options.lease_ms, events, batch, &arena};
    struct err err;
    int count = outbox_take(delivery->options.money, &claim, &err);
    struct signal all;
    unsigned missing = count > 0 ? (unsigned)count : 0;
    signal_init(&all);
    for (int i = 0; i < count; i++) {
        parcels[i] = (struct parcel){.delivery = delivery,
                                     .event = &events[i],
                                     .all = &all,
                                     .missing = &missing};
        if (task_spawn(delivery->loop, carry, &parcels[i]) != 0)
            missing--;
    }
    if (missing)
        signal_wait(&all, TASK_NO_DEADLINE);
    if (count > 0)
        settle(delivery, parcels, (size_t)count);
    arena_finish(&arena);
    return count;
}

// ---- now and then ----

static int sweep_job(struct store_db *db, void *argument, struct err *err)
{
    enum { SWEEP = 1000 };
    const int64_t *before = argument;
    return inbox_sweep(db, *before, SWEEP, err);
}

// Old messages go; what no agency takes for too long is told to whoever watches the log.
static void keep_house(struct delivery *delivery)
{
    const struct delivery_options *options = &delivery->options;
    int64_t now = clock_now(NULL), before = now - options->inbox_ms;
    struct outbox_status status = {0};
    struct err err;
    if (now - delivery->kept_house < HOUSE_MS)
        return;
    delivery->kept_house = now;
    if (store_run(options->store, sweep_job, &before, &err) < 0)
        log_line(LOG_LEVEL_ERROR, "host", "old messages cannot be deleted: %s", err.message);
    if (outbox_status(options->money, &status, &err) == 0 &&
        (status.dead || status.oldest_ms > options->late_ms))
        log_line(LOG_LEVEL_WARNING, "host",
                 "agencies have not taken %lld events of payments, %lld of them are given up, the "
                 "oldest is %lld s old; see medina money events",
                 (long long)status.waiting, (long long)status.dead,
                 (long long)(status.oldest_ms / 1000));
}

// ---- the task ----

static bool deliver_round(struct delivery *delivery)
{
    char(*names)[64] = mem_zero(INSTANCES, sizeof *names);
    struct err err;
    bool full = false;
    int count = outbox_instances(delivery->options.money, names, INSTANCES, &err);
    for (int i = 0; i < count; i++)
        full = deliver_to(delivery, names[i]) == (int)delivery->options.batch || full;
    free(names);
    keep_house(delivery);
    int advanced = money_tick(delivery->options.money, ADVANCES, &err);
    return full || advanced == ADVANCES;
}

static void run(void *argument)
{
    struct delivery *delivery = argument;
    while (!delivery->stopping) {
        bool more = deliver_round(delivery);
        if (more || delivery->stopping)
            continue;
        signal_wait(&delivery->wake, loop_now(delivery->loop) + delivery->options.tick_ms);
        signal_init(&delivery->wake);
        delivery->woken = false;
    }
    delivery->running = false;
    if (delivery->ended.loop)
        remote_raise(delivery->ended);
    delivery->ended = (struct remote_signal){0};
}

static void raise_wake(void *argument)
{
    struct delivery *delivery = argument;
    signal_raise(&delivery->wake);
}

void delivery_wake(void *argument)
{
    struct delivery *delivery = argument;
    if (!atomic_exchange(&delivery->woken, true))
        loop_post(delivery->loop, raise_wake, delivery);
}

void delivery_create(struct delivery **out, const struct delivery_options *options)
{
    struct delivery *delivery = mem_zero(1, sizeof *delivery);
    delivery->options = *options;
    delivery->loop = gate_loop(options->gate);
    if (!delivery->options.tick_ms)
        delivery->options.tick_ms = 1000;
    if (!delivery->options.lease_ms)
        delivery->options.lease_ms = 30 * 1000;
    if (!delivery->options.inbox_ms)
        delivery->options.inbox_ms = INT64_C(2) * 365 * 24 * 3600 * 1000;
    if (!delivery->options.late_ms)
        delivery->options.late_ms = 15 * 60 * 1000;
    if (!delivery->options.batch)
        delivery->options.batch = 256;
    signal_init(&delivery->wake);
    *out = delivery;
}

static void start_here(void *argument)
{
    struct delivery *delivery = argument;
    if (delivery->running)
        return;
    delivery->running = true;
    delivery->stopping = delivery->woken = false;
    signal_init(&delivery->wake);
    if (task_spawn(delivery->loop, run, delivery) == 0)
        return;
    delivery->running = false;
    log_line(LOG_LEVEL_ERROR, "host", "no memory for the task that delivers events");
}

void delivery_start(struct delivery *delivery)
{
    loop_post(delivery->loop, start_here, delivery);
}

void delivery_stop(struct delivery *delivery)
{
    delivery->stopping = true;
    loop_post(delivery->loop, raise_wake, delivery);
}

struct ending {
    struct delivery *delivery;
    struct remote_signal ended;
};

static void end_here(void *argument)
{
    struct ending *ending = argument;
    struct delivery *delivery = ending->delivery;
    delivery->stopping = true;
    signal_raise(&delivery->wake);
    if (delivery->running)
        delivery->ended = ending->ended;
    else
        remote_raise(ending->ended);
}

void delivery_end(struct delivery *delivery)
{
    struct signal ended;
    signal_init(&ended);
    struct ending ending = {delivery, signal_remote(&ended)};
    loop_post(delivery->loop, end_here, &ending);
    signal_wait(&ended, TASK_NO_DEADLINE);
}

void delivery_destroy(struct delivery *delivery)
{
    free(delivery);
}
