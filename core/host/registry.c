// SPDX-License-Identifier: Apache-2.0
// The host itself: its making, what it brings back when it starts, its end.

#include "host/registry.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "host/catalog.h"

#include <stdio.h>
#include <stdlib.h>

const struct host_options host_default_options = {.gate = {.credit = 256,
                                                           .waiting = 1024,
                                                           .result_bytes = 4 * 1024 * 1024,
                                                           .requests_per_call = 256,
                                                           .connections = 64,
                                                           .asking_bytes = 64 * 1024 * 1024,
                                                           .retry_ms = 2000},
                                                  .broker = {.reply_bytes = 4 * 1024 * 1024},
                                                  .live = {.streams = 1000,
                                                           .streams_per_caller = 8,
                                                           .result_bytes = 64 * 1024,
                                                           .pending_bytes = 256 * 1024,
                                                           .look_ms = 15 * 1000,
                                                           .retry_ms = 2000},
                                                  .memory_bytes = 256 * 1024 * 1024,
                                                  .scratch_bytes = 64 * 1024 * 1024,
                                                  .start_ms = 10 * 1000,
                                                  .drain_ms = 40 * 1000,
                                                  .restart_ms = 100,
                                                  .restart_most_ms = 30 * 1000,
                                                  .crashes = 10,
                                                  .healthy_ms = 60 * 1000,
                                                  .runners = 1,
                                                  .cool_down_ms = 10 * 60 * 1000,
                                                  .refuse_input_ms = 60 * 1000,
                                                  .refuse_inputs = 1024,
                                                  .limited_callers = 65536,
                                                  .overdue_ms = 10 * 1000,
                                                  .watch_ms = 100,
                                                  .log_lines = 1000,
                                                  .history = 1000,
                                                  .canary = {.least = 200,
                                                             .error_permil = 10,
                                                             .p99_percent = 200,
                                                             .p99_floor_ms = 5,
                                                             .slow_windows = 2,
                                                             .look_ms = 1000}};

// ---- bringing back what ran before ----

static void read_entry(struct instance *instance, struct catalog_entry *entry)
{
    instance->data = entry->data;
    entry->data = (struct str){0};
    instance->data_generation = (uint64_t)entry->generation;
    instance->runners = entry->runners;
    instance->share = entry->share;
    instance->promote_ms = (uint64_t)entry->promote_ms;
    instance->settles_at = entry->settles_at;
    snprintf(instance->highest, sizeof instance->highest, "%s", entry->highest);
    for (size_t i = 0; i < entry->known_count; i++) {
        struct catalog_known *known = &entry->known[i];
        struct version *version = version_add(instance, known->bundle, known->configuration);
        if (known->quarantine[0] || known->bundle->distrust[0])
            version_quarantine(version,
                               known->quarantine[0] ? known->quarantine : known->bundle->distrust);
    }
    instance->previous = instance_version(instance, entry->previous);
}

static void restore_active(struct instance *instance, struct version *active)
{
    struct err err;
    // It is what should run, also while it does not: shown as down, and tried again like one that
    // crashed. Only a quarantined one waits for the operator.
    instance->active = active;
    if (active->state == VERSION_QUARANTINED)
        return;
    int rc = version_warm(active, NULL, &err);
    active->state = VERSION_ACTIVE;
    if (rc == 0)
        return;
    log_line(LOG_LEVEL_ERROR, "host", "%s@%s does not start: %s", instance->name,
             version_number(active), err.message);
    pool_restart_missing(active);
}

static void restore_canary(struct instance *instance, struct version *canary)
{
    struct err err;
    if (canary->state == VERSION_QUARANTINED || version_warm(canary, NULL, &err) < 0) {
        log_line(LOG_LEVEL_ERROR, "host", "the trial of %s@%s does not go on", instance->name,
                 version_number(canary));
        return;
    }
    canary->state = VERSION_CANARY;
    instance->canary = canary;
    rollout_watch_trial(instance);
}

static void restore_instance(struct host *host, struct catalog_entry *entry)
{
    struct instance *instance = instance_add(host, entry->name);
    read_entry(instance, entry);
    struct version *active = instance_version(instance, entry->version);
    struct version *canary = instance_version(instance, entry->canary);
    if (!active) {
        log_line(LOG_LEVEL_ERROR, "host", "%s@%s cannot be brought back: its file is gone",
                 entry->name, entry->version);
        return;
    }
    restore_active(instance, active);
    if (canary)
        restore_canary(instance, canary);
    if (instance->settles_at)
        rollout_cool_down(instance);
}

int host_restore(struct host *host, struct err *err)
{
    struct catalog_entry *entries;
    size_t count;
    int rc = catalog_load(host->options.broker.store, host->options.trust, &entries, &count, err);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < count; i++)
        restore_instance(host, &entries[i]);
    registry_publish(host);
    catalog_free(entries, count);
    watchdog_start(host);
    return 0;
}

// ---- beginning and end ----

void host_create(struct host **out, const struct host_options *options)
{
    struct host *host = mem_zero(1, sizeof *host);
    host->options = *options;
    live_create(&host->options.broker.live, options->gateways, options->gateway_count,
                &options->live);
    host->ids = (struct id_generator)ID_GENERATOR_INIT;
    host->tenure = true;
    list_init(&host->instances);
    signal_init(&host->watchdog_hurry);
    poison_create(&host->poison, options->refuse_input_ms, options->refuse_inputs);
    limiter_create(&host->limiter, options->limited_callers);
    for (unsigned i = 0; i < options->gateway_count; i++) {
        struct gate_options gate = {.loop = options->gateways[i],
                                    .index = i,
                                    .limits = options->gate,
                                    .broker = &host->options.broker,
                                    .poison = host->poison,
                                    .limiter = host->limiter,
                                    .watch = {options->control, watchdog_lost, watchdog_late,
                                              host}};
        gate_create(&host->gates[i], &gate);
    }
    *out = host;
}

struct gate *host_gate(struct host *host, unsigned gateway)
{
    return host->gates[gateway];
}

const struct host_counters *host_counters(const struct host *host)
{
    return &host->counters;
}

void host_tenure(struct host *host, bool tenure)
{
    struct err err;
    bool again = tenure && !host->tenure;
    host->tenure = tenure;
    LIST_EACH(&host->instances, node)
    {
        struct instance *instance = LIST_ELEMENT(node, struct instance, node);
        if (again && instance->unsaved && instance_save(instance, instance->active, &err) < 0)
            log_line(LOG_LEVEL_ERROR, "host", "%s: %s", instance->name, err.message);
    }
}

static void stop_instance(struct instance *instance)
{
    signal_raise(&instance->trial_hurry);
    signal_raise(&instance->cool_hurry);
    LIST_EACH(&instance->versions, node)
    {
        struct version *version = LIST_ELEMENT(node, struct version, node);
        crew_await(&version->drains);
        pool_end(version);
    }
    crew_await(&instance->crew);
}

void host_stop(struct host *host)
{
    host->stopping = true;
    signal_raise(&host->watchdog_hurry);
    LIST_EACH(&host->instances, node)
    stop_instance(LIST_ELEMENT(node, struct instance, node));
    crew_await(&host->crew);
}

void host_destroy(struct host *host)
{
    if (!host)
        return;
    while (!list_empty(&host->instances))
        instance_remove(LIST_ELEMENT(host->instances.next, struct instance, node));
    for (unsigned i = 0; i < host->options.gateway_count; i++)
        gate_destroy(host->gates[i]);
    poison_destroy(host->poison);
    live_destroy(host->options.broker.live);
    limiter_destroy(host->limiter);
    free(host);
}
