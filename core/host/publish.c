// SPDX-License-Identifier: Apache-2.0
// What the gateway loops are told, and waiting until all of them have carried it out.

#include "base/clock.h"
#include "host/registry.h"

struct gathering {
    unsigned missing;
    struct signal all;
};

static void one_done(void *argument)
{
    struct gathering *gathering = argument;
    if (--gathering->missing == 0)
        signal_raise(&gathering->all);
}

static struct gate_order order_for(struct host *host, unsigned gateway, struct gathering *gathering)
{
    return (struct gate_order){host->gates[gateway], host->options.control, one_done, gathering};
}

static void gathering_begin(struct host *host, struct gathering *gathering)
{
    gathering->missing = host->options.gateway_count;
    signal_init(&gathering->all);
    if (gathering->missing == 0)
        signal_raise(&gathering->all);
}

// ---- snapshots ----

static struct route route_of(const struct version *version)
{
    struct route route = {.instance = version->instance->name,
                          .bundle = version->bundle,
                          .configuration = version->configuration,
                          .data_generation = version->instance->data_generation};
    for (unsigned i = 0; i < version->size; i++)
        if (version->pool[i].runner && !version->pool[i].ended)
            route.runners[route.runner_count++] = version->pool[i].runner;
    return route;
}

// Since when it is served, or is not: what people are told where they ask how the services are.
static int64_t note_service(struct instance *instance, bool serves)
{
    if (!instance->since || instance->serves != serves)
        instance->since = clock_now(NULL);
    instance->serves = serves;
    return instance->since;
}

static struct snapshot *make_snapshot(struct host *host)
{
    size_t count = 0;
    LIST_EACH(&host->instances, node)
    count++;
    struct snapshot *snapshot = snapshot_create(count, host->last_snapshot);
    LIST_EACH(&host->instances, node)
    {
        struct instance *instance = LIST_ELEMENT(node, struct instance, node);
        if (!instance->active)
            continue;
        struct route route = route_of(instance->active), canary;
        route.since = note_service(instance, route.runner_count != 0);
        route.soon = !route.runner_count && rollout_has_way_back(instance->active);
        if (instance->canary) {
            canary = route_of(instance->canary);
            route.canary = &canary;
            route.canary_share = instance->share;
        }
        snapshot_add(snapshot, &route);
    }
    snapshot_sort(snapshot);
    return snapshot;
}

// Each loop gets a copy of its own: what a loop counts on every request stays in its own cache.
// Two of these may overlap: every loop adopts in the order of posting, and the posts of one are
// made without a pause.
void registry_publish(struct host *host)
{
    struct gathering gathering;
    gathering_begin(host, &gathering);
    host->last_snapshot++;
    for (unsigned i = 0; i < host->options.gateway_count; i++) {
        struct gate_order order = order_for(host, i, &gathering);
        struct snapshot *snapshot = make_snapshot(host);
        gate_adopt(&order, snapshot);
        snapshot_release(snapshot);
    }
    signal_wait(&gathering.all, TASK_NO_DEADLINE);
}

// ---- links ----

void registry_attach(struct host *host, struct member *member, const int *fds)
{
    struct gathering gathering;
    gathering_begin(host, &gathering);
    for (unsigned i = 0; i < host->options.gateway_count; i++) {
        struct gate_order order = order_for(host, i, &gathering);
        struct gate_link link = {member->runner, member->version->bundle,
                                 process_page(member->process), member->tallies[i]};
        gate_attach(&order, &link, fds[i]);
    }
    signal_wait(&gathering.all, TASK_NO_DEADLINE);
}

void registry_detach(struct host *host, struct member *member)
{
    struct gathering gathering;
    gathering_begin(host, &gathering);
    for (unsigned i = 0; i < host->options.gateway_count; i++) {
        struct gate_order order = order_for(host, i, &gathering);
        gate_detach(&order, member->runner);
    }
    if (signal_wait(&gathering.all, loop_now(host->options.control) + host->options.drain_ms))
        return;
    // Its links end with it.
    process_kill(member->process);
    signal_wait(&gathering.all, TASK_NO_DEADLINE);
}
