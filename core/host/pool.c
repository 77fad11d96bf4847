// SPDX-License-Identifier: Apache-2.0
//
// A version's processes. Callers are spread over those that have links (see call.c); one that ends
// unasked is mourned by a task: the loops forget it at once, and either the version before takes
// over (rollout.c) or it is started again after a back-off that doubles with each crash in a row.
// Too many in a row, and the version is quarantined.

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "host/registry.h"

#include <stdio.h>
#include <unistd.h>

unsigned pool_serving(const struct version *version)
{
    unsigned serving = 0;
    for (unsigned i = 0; i < version->size; i++)
        serving += version->pool[i].runner && !version->pool[i].ended;
    return serving;
}

struct tally_sum member_tally(const struct member *member)
{
    struct tally_sum sum = {0};
    for (unsigned i = 0; i < member->version->instance->host->options.gateway_count; i++)
        if (member->tallies[i])
            tally_add(&sum, member->tallies[i]);
    return sum;
}

struct tally_sum pool_tally(const struct version *version)
{
    struct tally_sum sum = version->past;
    for (unsigned i = 0; i < version->size; i++) {
        struct tally_sum member = member_tally(&version->pool[i]);
        tally_sum_add(&sum, &member);
    }
    return sum;
}

// ---- one process ----

static void mourn_later(struct member *member);

static void on_said(void *owner, enum log_level level, struct str line)
{
    struct member *member = owner;
    struct instance *instance = member->version->instance;
    char source[3 * REGISTRY_NAME];
    snprintf(source, sizeof source, "%s@%s[%d]", instance->name, version_number(member->version),
             member->process ? process_pid(member->process) : 0);
    journal_add(instance->journal, level, source, line);
    log_foreign(level, source, line);
}

static void on_lied(void *owner, const char *reason)
{
    struct member *member = owner;
    snprintf(member->incident, sizeof member->incident, "it broke the protocol: %s", reason);
}

static void on_exited(void *owner, const char *how)
{
    struct member *member = owner;
    struct version *version = member->version;
    struct host *host = version->instance->host;
    snprintf(version->reason, sizeof version->reason, "its process ended: %s%s%s", how,
             member->incident[0] ? ": " : "", member->incident);
    log_line(LOG_LEVEL_ERROR, "host", "%s@%s: %s", version->instance->name, version_number(version),
             version->reason);
    journal_add(version->instance->journal, LOG_LEVEL_ERROR, "medinad", str_from(version->reason));
    atomic_fetch_add(&host->counters.crashes, 1);
    member->ended = true;
    member->felled = strcmp(how, "signal 9") == 0 && !member->incident[0];
    // One that has no links yet is still being started, and one may be ended already: whoever does
    // that sees it.
    if (member->runner && !member->ending && !host->stopping)
        mourn_later(member);
}

static int spawn(struct member *member, int *fds, struct err *err)
{
    struct version *version = member->version;
    struct host *host = version->instance->host;
    char name[2 * REGISTRY_NAME];
    int plugin_fd;
    int rc = bundle_memfd(version->bundle, &plugin_fd, err);
    if (rc < 0)
        return rc;
    snprintf(name, sizeof name, "%s@%s", version->instance->name, version_number(version));
    struct process_options options = {.loop = host->options.control,
                                      .program = host->options.runner_program,
                                      .name = name,
                                      .sandbox = host->options.sandbox,
                                      .plugin_fd = plugin_fd,
                                      .gateways = host->options.gateway_count,
                                      .exited = on_exited,
                                      .said = on_said,
                                      .lied = on_lied,
                                      .owner = member};
    rc = process_spawn(&member->process, &options, fds, err);
    if (rc == 0)
        atomic_fetch_add(&host->counters.starts, 1);
    return rc;
}

static void forget_process(struct member *member)
{
    process_destroy(member->process);
    member->process = NULL;
    member->ended = false;
    member->ending = false;
    member->incident[0] = '\0';
}

static int load(struct member *member, struct err *err)
{
    const struct version *version = member->version;
    const struct instance *instance = version->instance;
    struct buf configuration = {0};
    json_append_canonical(&configuration, version->configuration);
    const struct host_options *options = &instance->host->options;
    const struct manifest *manifest = version->bundle->manifest;
    struct process_start start = {.instance = str_from(instance->name),
                                  .configuration = buf_str(&configuration),
                                  .data = instance->data,
                                  .memory_bytes = manifest->memory_bytes ? manifest->memory_bytes
                                                                         : options->memory_bytes,
                                  .scratch_bytes = manifest->scratch_bytes,
                                  .timeout_ms = options->start_ms};
    int rc = process_start(member->process, &start, err);
    buf_finish(&configuration);
    return rc;
}

static int member_start(struct member *member, struct err *err)
{
    struct host *host = member->version->instance->host;
    int fds[REGISTRY_GATEWAYS];
    uint64_t begin = clock_monotonic_ns();
    int rc = spawn(member, fds, err);
    if (rc < 0)
        return rc;
    rc = load(member, err);
    member->start_us = (clock_monotonic_ns() - begin) / 1000;
    // It may have ended between its answer and this turn.
    if (rc == 0 && member->ended)
        rc = err_set(err, ERR_UNAVAILABLE, "%s", member->version->reason);
    if (rc < 0) {
        for (unsigned i = 0; i < host->options.gateway_count; i++)
            close(fds[i]);
        process_stop(member->process, 0);
        forget_process(member);
        return rc;
    }
    for (unsigned i = 0; i < host->options.gateway_count; i++)
        member->tallies[i] = tally_create();
    member->stuck_turn = 0;
    member->overdue_ended = 0;
    member->overdue_since = loop_now(host->options.control);
    member->runner = ++host->last_runner;
    registry_attach(host, member, fds);
    return 0;
}

static void member_end(struct member *member)
{
    struct version *version = member->version;
    struct host *host = version->instance->host;
    // A task that waits here already does all of it.
    if (!member->process || member->ending)
        return;
    member->ending = true;
    if (member->runner)
        registry_detach(host, member);
    member->runner = 0;
    process_stop(member->process, host->options.start_ms);
    forget_process(member);
    for (unsigned i = 0; i < host->options.gateway_count; i++) {
        if (member->tallies[i])
            tally_add(&version->past, member->tallies[i]);
        tally_release(member->tallies[i]);
        member->tallies[i] = NULL;
    }
    version->past.in_use = 0;
}

// ---- all of them ----

int pool_start(struct version *version, struct err *err)
{
    int rc = 0;
    for (unsigned i = 0; i < version->size && rc == 0; i++)
        if (!version->pool[i].process)
            rc = member_start(&version->pool[i], err);
    if (rc < 0)
        pool_end(version);
    return rc;
}

void pool_end(struct version *version)
{
    for (unsigned i = 0; i < version->size; i++)
        signal_raise(&version->pool[i].hurry);
    crew_await(&version->restarts);
    for (unsigned i = 0; i < version->size; i++)
        member_end(&version->pool[i]);
    // A process that died while another one drained is mourned by a task of its own.
    crew_await(&version->restarts);
    version->restart_at = 0;
}

static void drain(void *argument)
{
    struct version *version = argument;
    pool_end(version);
    if (version->state == VERSION_DRAINING)
        version->state = version->drains_to;
    crew_leave(&version->drains);
}

void pool_drain(struct version *version, enum version_state then)
{
    version->state = VERSION_DRAINING;
    version->drains_to = then;
    crew_spawn(&version->drains, version->instance->host->options.control, drain, version);
}

// ---- when one ends unasked ----

static bool serves(const struct version *version)
{
    return version->state == VERSION_ACTIVE && !version->instance->host->stopping;
}

static uint64_t back_off(const struct version *version)
{
    const struct host_options *options = &version->instance->host->options;
    unsigned doublings = version->crashes < 20 ? version->crashes - 1 : 19;
    uint64_t wait = options->restart_ms << doublings;
    return wait < options->restart_most_ms ? wait : options->restart_most_ms;
}

static void count_crash(struct version *version)
{
    const struct host_options *options = &version->instance->host->options;
    uint64_t now = loop_now(options->control);
    if (now - version->last_crash > options->healthy_ms)
        version->crashes = 0;
    version->crashes++;
    version->last_crash = now;
}

static void give_up(struct version *version)
{
    struct instance *instance = version->instance;
    struct host_order order = {.actor = "medinad", .reason = version->reason};
    struct err err;
    version_quarantine(version, version->reason);
    if (instance_save(instance, version, &err) < 0)
        log_line(LOG_LEVEL_ERROR, "host", "%s: %s", instance->name, err.message);
    instance_note(instance, &order, "quarantine", version_number(version), "done");
}

// Starts it again, and again, until it serves or is not to.
static void restart(struct member *member)
{
    struct version *version = member->version;
    struct host *host = version->instance->host;
    struct err err;
    while (serves(version)) {
        count_crash(version);
        if (version->crashes > host->options.crashes && pool_serving(version) == 0) {
            give_up(version);
            return;
        }
        version->restart_at = loop_now(host->options.control) + back_off(version);
        signal_wait(&member->hurry, version->restart_at);
        if (!serves(version))
            return;
        // A data file that came while it started is not in what it was started with.
        uint64_t generation = version->instance->data_generation;
        int rc = member_start(member, &err);
        bool fits = generation == version->instance->data_generation;
        if (rc == 0 && serves(version) && fits) {
            version->restart_at = 0;
            version->reason[0] = '\0';
            log_line(LOG_LEVEL_INFORMATION, "host", "%s serves again", version->instance->name);
            registry_publish(host);
            return;
        }
        if (rc == 0)
            member_end(member);
        else
            snprintf(version->reason, sizeof version->reason, "%s", err.message);
    }
}

static void note_incident(const struct member *member)
{
    struct host_order order = {.actor = "medinad", .reason = member->incident};
    if (member->incident[0])
        instance_note(member->version->instance, &order, "incident",
                      version_number(member->version), "its process was killed");
}

static void mourn(void *argument)
{
    struct member *member = argument;
    struct version *version = member->version;
    struct host *host = version->instance->host;
    if (member->ended) {
        bool felled = member->felled;
        uint32_t runner = member->runner;
        registry_publish(host);
        note_incident(member);
        member_end(member);
        // Every loop has noticed by now. What the machine's owner, or its lack of memory, ended was
        // not ended by what it was at work on.
        if (felled)
            poison_forgive(host->poison, runner);
    }
    if (version->state == VERSION_WARM && pool_serving(version) == 0)
        version->state = VERSION_STOPPED;
    if (!host->stopping && !rollout_crashed(version))
        restart(member);
    crew_leave(&version->restarts);
}

static void mourn_later(struct member *member)
{
    signal_init(&member->hurry);
    crew_spawn(&member->version->restarts, member->version->instance->host->options.control, mourn,
               member);
}

void pool_restart_missing(struct version *version)
{
    for (unsigned i = 0; i < version->size; i++)
        if (!version->pool[i].process)
            mourn_later(&version->pool[i]);
}
