// SPDX-License-Identifier: Apache-2.0
#include "host/gate.h"

#include "base/mem.h"
#include "host/link.h"

#include <stdlib.h>

// ---- orders of the control thread ----

struct posted {
    struct gate_order order;
    struct snapshot *snapshot;
    struct gate_link link;
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

static void report(const struct gate_order *order)
{
    loop_post(order->reply_to, order->done, order->argument);
}

static void adopt(void *argument)
{
    struct posted *posted = argument;
    struct gate *gate = posted->order.gate;
    snapshot_release(gate->snapshot);
    gate->snapshot = posted->snapshot;
    for (struct list *node; (node = list_take_first(&gate->stranded));)
        signal_raise(&LIST_ELEMENT(node, struct waiter, node)->turn);
    report(&posted->order);
    free(posted);
}

void gate_adopt(const struct gate_order *order, struct snapshot *snapshot)
{
    post(order, adopt, (struct posted){.snapshot = snapshot_hold(snapshot)});
}

static void attach(void *argument)
{
    struct posted *posted = argument;
    link_open(posted->order.gate, &posted->link, posted->fd);
    report(&posted->order);
    free(posted);
}

void gate_attach(const struct gate_order *order, const struct gate_link *link, int fd)
{
    bundle_hold(link->bundle);
    pulse_hold(link->pulse);
    tally_hold(link->tally);
    post(order, attach, (struct posted){.link = *link, .fd = fd});
}

static void detach(void *argument)
{
    struct posted *posted = argument;
    struct link *link = link_find(posted->order.gate, posted->runner);
    if (link)
        link_drain(link, &posted->order);
    else
        report(&posted->order);
    free(posted);
}

void gate_detach(const struct gate_order *order, uint32_t runner)
{
    post(order, detach, (struct posted){.runner = runner});
}

// ---- the gate itself ----

void gate_create(struct gate **out, const struct gate_options *options)
{
    struct gate *gate = mem_zero(1, sizeof *gate);
    gate->loop = options->loop;
    gate->index = options->index;
    gate->limits = options->limits;
    gate->broker = options->broker;
    gate->poison = options->poison;
    gate->limiter = options->limiter;
    gate->watch = options->watch;
    gate->snapshot = snapshot_create(0, 0);
    for (size_t i = 0; i < GATE_BUCKETS; i++)
        list_init(&gate->links[i]);
    list_init(&gate->stranded);
    *out = gate;
}

void gate_destroy(struct gate *gate)
{
    if (!gate)
        return;
    for (size_t i = 0; i < GATE_BUCKETS; i++)
        while (!list_empty(&gate->links[i]))
            link_end(LIST_ELEMENT(gate->links[i].next, struct link, node));
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

const struct host_broker *gate_broker(const struct gate *gate)
{
    return gate->broker;
}

struct limiter *gate_limiter(const struct gate *gate)
{
    return gate->limiter;
}

struct snapshot *gate_pin(struct gate *gate)
{
    return snapshot_hold(gate->snapshot);
}
