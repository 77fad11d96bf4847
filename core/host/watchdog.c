// SPDX-License-Identifier: Apache-2.0
//
// A runner has one thread: a handler that does not yield stops every call of its process. The
// runner says on a shared page which call it is at work on (pulse.h). When a call has passed its
// deadline and the page still names it, or when the page has not moved for longer than the longest
// deadline of the plugin, the process is killed. A plugin that forges the page is killed all the
// same, a while later: when a call is long past its deadline and none such ends any more.

#include "base/mem.h"
#include "host/registry.h"

#include <stdio.h>
#include <stdlib.h>

enum { GRACE_MS = 20 }; // a handler that was about to yield gets this much longer

// The incident goes into the history when the process has ended (pool.c).
static void condemn(struct member *member, const char *reason)
{
    snprintf(member->incident, sizeof member->incident, "%s", reason);
    process_kill(member->process);
}

static struct member *find_member(struct host *host, uint32_t runner)
{
    LIST_EACH(&host->instances, node)
    LIST_EACH(&LIST_ELEMENT(node, struct instance, node)->versions, inner)
    {
        struct version *version = LIST_ELEMENT(inner, struct version, node);
        for (unsigned i = 0; i < version->size; i++)
            if (version->pool[i].runner == runner && version->pool[i].process)
                return &version->pool[i];
    }
    return NULL;
}

// ---- what the gates report ----

struct report {
    struct host *host;
    uint32_t runner;
    struct wire_beat beat;
    char reason[256];
};

static void report_later(struct host *host, void (*task)(void *argument), struct report report)
{
    struct report *copy = mem_alloc(sizeof *copy);
    *copy = report;
    copy->host = host;
    if (crew_spawn(&host->crew, host->options.control, task, copy) != 0)
        free(copy);
}

static void bury(void *argument)
{
    struct report *report = argument;
    struct member *member = find_member(report->host, report->runner);
    if (member && report->reason[0])
        condemn(member, report->reason);
    else if (member)
        process_kill(member->process);
    crew_leave(&report->host->crew);
    free(report);
}

// A runner whose socket ended is dead or must be: its exit takes the usual way.
void watchdog_lost(void *host, uint32_t runner, const char *reason)
{
    struct report report = {.runner = runner};
    if (reason[0])
        snprintf(report.reason, sizeof report.reason, "it broke the protocol: %s", reason);
    report_later(host, bury, report);
}

static void probe(void *argument)
{
    struct report *report = argument;
    struct host *host = report->host;
    struct member *member = find_member(host, report->runner);
    struct wire_beat then = {0}, now = {0};
    if (member)
        then = pulse_read(process_page(member->process));
    if (then.busy && then.loop == report->beat.loop && then.call == report->beat.call) {
        task_sleep(GRACE_MS);
        member = find_member(host, report->runner);
        if (member)
            now = pulse_read(process_page(member->process));
        if (now.busy && now.turn == then.turn) {
            atomic_fetch_add(&host->counters.stuck, 1);
            condemn(member, "a handler did not yield within its deadline");
        }
    }
    crew_leave(&host->crew);
    free(report);
}

void watchdog_late(void *host, uint32_t runner, const struct wire_beat *beat)
{
    report_later(host, probe, (struct report){.runner = runner, .beat = *beat});
}

// ---- what nobody waits for any more: a spin after the answer, in a cancel, in an event ----

static uint64_t longest_deadline(const struct version *version)
{
    const struct manifest *manifest = version->bundle->manifest;
    uint64_t longest = 0;
    for (size_t i = 0; i < manifest->operation_count; i++)
        if (manifest->operations[i].deadline_ms > longest)
            longest = manifest->operations[i].deadline_ms;
    return longest;
}

static void look_at(struct member *member)
{
    struct host *host = member->version->instance->host;
    uint64_t now = loop_now(host->options.control);
    struct wire_beat beat = pulse_read(process_page(member->process));
    // What the host told it to do outside of calls has a time-out of its own.
    if (!beat.busy || beat.loop == WIRE_PULSE_NO_LOOP || beat.turn != member->stuck_turn) {
        member->stuck_turn = beat.turn;
        member->stuck_since = now;
    } else if (now - member->stuck_since >= longest_deadline(member->version) + GRACE_MS) {
        member->stuck_since = now;
        atomic_fetch_add(&host->counters.stuck, 1);
        condemn(member, "a handler did not yield within the plugin's longest deadline");
    }
}

// The pulse is the plugin's to forge; that a call has not ended is not.
static void look_for_overdue(struct member *member)
{
    struct host *host = member->version->instance->host;
    uint64_t now = loop_now(host->options.control), overdue = 0, ended = 0;
    for (unsigned i = 0; i < host->options.gateway_count; i++) {
        overdue += atomic_load_explicit(&member->tallies[i]->overdue, memory_order_relaxed);
        ended += atomic_load_explicit(&member->tallies[i]->overdue_ended, memory_order_relaxed);
    }
    if (overdue == 0 || ended != member->overdue_ended) {
        member->overdue_ended = ended;
        member->overdue_since = now;
    } else if (now - member->overdue_since >= host->options.overdue_ms) {
        member->overdue_since = now;
        atomic_fetch_add(&host->counters.stuck, 1);
        condemn(member, "it did not end a call that is long overdue");
    }
}

static void look_at_all(struct host *host)
{
    LIST_EACH(&host->instances, node)
    LIST_EACH(&LIST_ELEMENT(node, struct instance, node)->versions, inner)
    {
        struct version *version = LIST_ELEMENT(inner, struct version, node);
        for (unsigned i = 0; i < version->size; i++)
            if (version->pool[i].runner && !version->pool[i].ended) {
                look_at(&version->pool[i]);
                look_for_overdue(&version->pool[i]);
            }
    }
}

static void watch(void *argument)
{
    struct host *host = argument;
    while (!host->stopping) {
        signal_wait(&host->watchdog_hurry,
                    loop_now(host->options.control) + host->options.watch_ms);
        look_at_all(host);
    }
    crew_leave(&host->crew);
}

void watchdog_start(struct host *host)
{
    signal_init(&host->watchdog_hurry);
    crew_spawn(&host->crew, host->options.control, watch, host);
}
