// SPDX-License-Identifier: Apache-2.0
//
// How traffic moves from one version to another, and back.
//
// A switch is one pointer: the version before stays WARM for the cool-down, and takes over again
// when the operator says so or when a process of the new one ends unasked. A trial gives the new
// version a share of the citizens. Its judge compares both sides over windows in which each had
// enough calls; a verdict against it, or a crash, ends the trial; a clean stretch of the length
// that the operator named makes it the one that serves.

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "host/registry.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    TENURE_MS = 500,        // between two looks for the end of a replacement
    FINALIZE_MS = 5 * 1000, // between two tries to drop an old form
};

static const struct host_order own = {.actor = "medinad", .reason = ""};

static uint64_t now_on(const struct host *host)
{
    return loop_now(host->options.control);
}

// ---- the cool-down ----

static void settle(struct instance *instance)
{
    struct err err;
    struct version *active = instance->active, *previous = instance->previous;
    instance->settles_at = 0;
    if (active && manifest_takes_event(active->bundle->manifest, "upgrade.finalize")) {
        if (move_data(active, "upgrade.finalize", version_number(previous), &err) < 0) {
            // Nothing is lost: the old form is still there, and the next look tries again.
            log_line(LOG_LEVEL_ERROR, "host", "%s@%s: upgrade.finalize: %s", instance->name,
                     version_number(active), err.message);
            instance->settles_at = clock_now(NULL) + FINALIZE_MS;
            instance_note(instance, &own, "finalize", version_number(active), err.message);
            return;
        }
        // The version before can no longer read what it would find.
        instance->previous = NULL;
        instance_note(instance, &own, "finalize", version_number(active), "done");
    }
    if (previous && previous->state == VERSION_WARM)
        pool_drain(previous, VERSION_STOPPED);
    if (instance_save(instance, NULL, &err) < 0)
        log_line(LOG_LEVEL_ERROR, "host", "%s: %s", instance->name, err.message);
}

// What a task waits over; number tells it when its time has passed.
struct vigil {
    struct instance *instance;
    unsigned number;
};

static void keep_vigil(struct instance *instance, unsigned number, void (*task)(void *argument))
{
    struct vigil *vigil = mem_alloc(sizeof *vigil);
    *vigil = (struct vigil){instance, number};
    if (crew_spawn(&instance->crew, instance->host->options.control, task, vigil) != 0)
        free(vigil);
}

static void end_vigil(struct vigil *vigil)
{
    crew_leave(&vigil->instance->crew);
    free(vigil);
}

static void cool_down(void *argument)
{
    struct vigil *vigil = argument;
    struct instance *instance = vigil->instance;
    struct host *host = instance->host;
    bool due = vigil->number == instance->switches;
    while (due && instance->settles_at) {
        int64_t left = instance->settles_at - clock_now(NULL);
        signal_wait(&instance->cool_hurry, now_on(host) + (uint64_t)(left > 1 ? left : 1));
        task_lock_take(&instance->lock);
        due = vigil->number == instance->switches && !instance->removed && !host->stopping;
        bool over = instance->settles_at && clock_now(NULL) >= instance->settles_at;
        if (due && over && host->tenure)
            settle(instance);
        task_lock_release(&instance->lock);
        if (due && over && !host->tenure)
            task_sleep(TENURE_MS);
    }
    end_vigil(vigil);
}

// The task of an earlier switch, if one still waits, sees that it is over and leaves.
static void end_cool_down(struct instance *instance)
{
    instance->switches++;
    signal_raise(&instance->cool_hurry);
    signal_init(&instance->cool_hurry);
}

void rollout_cool_down(struct instance *instance)
{
    end_cool_down(instance);
    keep_vigil(instance, instance->switches, cool_down);
}

// ---- switching ----

static void note_highest(struct instance *instance, const char *version)
{
    if (!instance->highest[0] || manifest_version_compare(version, instance->highest) > 0)
        snprintf(instance->highest, sizeof instance->highest, "%s", version);
}

static void begin_service(struct version *version)
{
    version->state = VERSION_ACTIVE;
    version->reason[0] = '\0';
    version->crashes = 0;
    version->instance->active = version;
    note_highest(version->instance, version_number(version));
}

// What the registry held before a change that the store may refuse.
struct before {
    struct version *active, *previous, *canary;
    int64_t settles_at;
    char highest[32];
};

static struct before remember(const struct instance *instance)
{
    struct before before = {instance->active, instance->previous, instance->canary,
                            instance->settles_at, ""};
    memcpy(before.highest, instance->highest, sizeof before.highest);
    return before;
}

static void undo(struct instance *instance, const struct before *before)
{
    instance->active = before->active;
    instance->previous = before->previous;
    instance->canary = before->canary;
    instance->settles_at = before->settles_at;
    memcpy(instance->highest, before->highest, sizeof before->highest);
}

int rollout_switch(struct version *version, struct err *err)
{
    struct instance *instance = version->instance;
    struct host *host = instance->host;
    struct version *old = instance->active == version ? NULL : instance->active;
    struct version *older = instance->previous;
    struct before before = remember(instance);
    enum version_state state = version->state;
    begin_service(version);
    instance->canary = instance->canary == version ? NULL : instance->canary;
    instance->previous = old ? old : older;
    instance->settles_at = old || older ? clock_now(NULL) + (int64_t)host->options.cool_down_ms : 0;
    int rc = instance_save(instance, version, err);
    if (rc < 0) {
        undo(instance, &before);
        version->state = state;
        return rc;
    }
    if (old && pool_serving(old))
        old->state = VERSION_WARM;
    registry_publish(host);
    if (old && old->state != VERSION_WARM)
        pool_drain(old, old->state == VERSION_QUARANTINED ? VERSION_QUARANTINED : VERSION_STOPPED);
    if (older && older != version && older != instance->previous && older->state == VERSION_WARM)
        pool_drain(older, VERSION_STOPPED);
    if (instance->settles_at)
        rollout_cool_down(instance);
    log_line(LOG_LEVEL_INFORMATION, "host", "%s@%s serves", instance->name,
             version_number(version));
    return 0;
}

// No loop goes by it any more: its last calls end, and why it went is kept.
static void retire(struct version *version, enum version_state then, const char *reason)
{
    struct instance *instance = version->instance;
    struct err err;
    snprintf(version->reason, sizeof version->reason, "%s", reason);
    if (then == VERSION_QUARANTINED)
        version_quarantine(version, reason);
    if (instance_save(instance, version, &err) < 0)
        log_line(LOG_LEVEL_ERROR, "host", "%s: %s", instance->name, err.message);
    pool_drain(version, then);
}

int rollout_back(struct instance *instance, enum version_state then, const char *reason,
                 struct err *err)
{
    struct host *host = instance->host;
    struct version *failed = instance->active, *version = instance->previous;
    int rc = 0;
    if (!version)
        return err_set(err, ERR_CONFLICT,
                       "%s has no version to go back to; medina plugin list shows what it has",
                       instance->name);
    if (version->state != VERSION_WARM)
        rc = version_warm(version, version_number(failed), err);
    if (rc < 0)
        return rc;
    struct before before = remember(instance);
    begin_service(version);
    instance->previous = NULL;
    instance->settles_at = 0;
    rc = instance_save(instance, version, err);
    if (rc < 0) {
        undo(instance, &before);
        version->state = VERSION_WARM;
        return rc;
    }
    end_cool_down(instance);
    // Nothing of the failed version is started again while the loops learn of it.
    if (failed)
        failed->state = VERSION_DRAINING;
    registry_publish(host);
    if (failed)
        retire(failed, then, reason);
    // Those that ended while it only stood by.
    pool_restart_missing(version);
    atomic_fetch_add(&host->counters.rollbacks, 1);
    log_line(LOG_LEVEL_WARNING, "host", "%s is back at %s: %s", instance->name,
             version_number(version), reason);
    return 0;
}

// ---- the trial ----

static void begin_window(struct instance *instance)
{
    instance->canary_then = pool_tally(instance->canary);
    instance->active_then = pool_tally(instance->active);
}

int rollout_try(struct version *version, unsigned share, uint64_t promote_ms, struct err *err)
{
    struct instance *instance = version->instance;
    instance->canary = version;
    instance->share = share;
    instance->promote_ms = promote_ms;
    int rc = instance_save(instance, version, err);
    if (rc < 0) {
        instance->canary = NULL;
        return rc;
    }
    version->state = VERSION_CANARY;
    version->reason[0] = '\0';
    registry_publish(instance->host);
    rollout_watch_trial(instance);
    log_line(LOG_LEVEL_INFORMATION, "host", "%s@%s is on trial for %u.%02u %% of the citizens",
             instance->name, version_number(version), share / 100, share % 100);
    return 0;
}

void rollout_end_trial(struct instance *instance, enum version_state then, const char *reason)
{
    struct version *version = instance->canary;
    instance->canary = NULL;
    instance->share = 0;
    version->state = VERSION_DRAINING;
    signal_raise(&instance->trial_hurry);
    registry_publish(instance->host);
    retire(version, then, reason);
    log_line(LOG_LEVEL_WARNING, "host", "the trial of %s@%s has ended: %s", instance->name,
             version_number(version), reason);
}

enum verdict { VERDICT_NONE, VERDICT_CLEAN, VERDICT_FAULT };

static bool errs_more(const struct canary_bounds *bounds, const struct tally_sum *canary,
                      const struct tally_sum *active)
{
    uint64_t mine = canary->errors * 1000 / canary->calls;
    uint64_t its = active->errors * 1000 / active->calls;
    return mine > its + bounds->error_permil;
}

static bool is_slower(const struct canary_bounds *bounds, uint64_t mine_us, uint64_t its_us)
{
    return mine_us * 100 > its_us * bounds->p99_percent &&
           mine_us > its_us + UINT64_C(1000) * bounds->p99_floor_ms;
}

static enum verdict judge(struct instance *instance, char *reason, size_t size)
{
    const struct canary_bounds *bounds = &instance->host->options.canary;
    struct tally_sum now = pool_tally(instance->canary), its_now = pool_tally(instance->active);
    struct tally_sum mine = tally_since(&now, &instance->canary_then);
    struct tally_sum its = tally_since(&its_now, &instance->active_then);
    if (mine.calls < bounds->least || its.calls < bounds->least)
        return VERDICT_NONE;
    begin_window(instance);
    uint64_t mine_us = tally_percentile(&mine, 0.99), its_us = tally_percentile(&its, 0.99);
    if (errs_more(bounds, &mine, &its)) {
        snprintf(reason, size, "%llu of %llu calls failed, against %llu of %llu of %s",
                 (unsigned long long)mine.errors, (unsigned long long)mine.calls,
                 (unsigned long long)its.errors, (unsigned long long)its.calls,
                 version_number(instance->active));
        return VERDICT_FAULT;
    }
    // The p99 of a few hundred calls is the third slowest of them: one bad moment of the machine.
    instance->slow_windows = is_slower(bounds, mine_us, its_us) ? instance->slow_windows + 1 : 0;
    if (instance->slow_windows == 0)
        return VERDICT_CLEAN;
    instance->trial_clean = false;
    if (instance->slow_windows < bounds->slow_windows)
        return VERDICT_NONE;
    snprintf(reason, size, "1 of 100 calls took longer than %.1f ms, against %.1f ms of %s",
             (double)mine_us / 1000, (double)its_us / 1000, version_number(instance->active));
    return VERDICT_FAULT;
}

static void promote(struct instance *instance)
{
    struct err err;
    struct version *version = instance->canary;
    if (rollout_switch(version, &err) < 0)
        log_line(LOG_LEVEL_ERROR, "host", "%s@%s cannot be promoted now: %s", instance->name,
                 version_number(version), err.message);
    else
        instance_note(instance, &own, "promote", version_number(version), "done");
}

static void look(struct instance *instance)
{
    char reason[REGISTRY_REASON];
    struct version *version = instance->canary;
    enum verdict verdict = judge(instance, reason, sizeof reason);
    if (verdict == VERDICT_FAULT) {
        struct host_order order = {.actor = own.actor, .reason = reason};
        atomic_fetch_add(&instance->host->counters.rollbacks, 1);
        rollout_end_trial(instance, VERSION_QUARANTINED, reason);
        instance_note(instance, &order, "rollback", version_number(version), "done");
        return;
    }
    instance->trial_clean = instance->trial_clean || verdict == VERDICT_CLEAN;
    if (instance->promote_ms && instance->trial_clean &&
        now_on(instance->host) - instance->trial_since >= instance->promote_ms)
        promote(instance);
}

static bool is_under_way(const struct vigil *vigil)
{
    const struct instance *instance = vigil->instance;
    return vigil->number == instance->trials && instance->canary && !instance->removed &&
           !instance->host->stopping;
}

static void watch_trial(void *argument)
{
    struct vigil *vigil = argument;
    struct instance *instance = vigil->instance;
    struct host *host = instance->host;
    while (is_under_way(vigil)) {
        signal_wait(&instance->trial_hurry, now_on(host) + host->options.canary.look_ms);
        task_lock_take(&instance->lock);
        if (is_under_way(vigil) && host->tenure)
            look(instance);
        task_lock_release(&instance->lock);
    }
    end_vigil(vigil);
}

void rollout_watch_trial(struct instance *instance)
{
    instance->trials++;
    instance->trial_since = now_on(instance->host);
    instance->trial_clean = false;
    instance->slow_windows = 0;
    begin_window(instance);
    signal_raise(&instance->trial_hurry);
    signal_init(&instance->trial_hurry);
    keep_vigil(instance, instance->trials, watch_trial);
}

// ---- crashes ----

bool rollout_has_way_back(const struct version *version)
{
    const struct instance *instance = version->instance;
    return instance->active == version && version->state == VERSION_ACTIVE &&
           instance->settles_at && instance->previous && instance->previous->state == VERSION_WARM;
}

struct crash {
    struct instance *instance;
    uint64_t serial; // of the version; it may be gone when the lock is there
    char reason[REGISTRY_REASON];
};

static bool is_it(const struct version *version, const struct crash *crash)
{
    return version && version->serial == crash->serial;
}

// The lock, and with it the registry's will, may be elsewhere by now.
static void respond(struct instance *instance, struct crash *crash)
{
    struct host_order order = {.actor = own.actor, .reason = crash->reason};
    struct version *version = instance->active;
    struct err err;
    if (is_it(instance->canary, crash)) {
        version = instance->canary;
        atomic_fetch_add(&instance->host->counters.rollbacks, 1);
        rollout_end_trial(instance, VERSION_QUARANTINED, crash->reason);
    } else if (is_it(version, crash)) {
        if (!rollout_has_way_back(version) ||
            rollout_back(instance, VERSION_QUARANTINED, crash->reason, &err) < 0) {
            pool_restart_missing(version);
            return;
        }
    } else {
        return;
    }
    instance_note(instance, &order, "rollback", version_number(version), "done");
}

static void take_over(void *argument)
{
    struct crash *crash = argument;
    struct instance *instance = crash->instance;
    task_lock_take(&instance->lock);
    if (!instance->removed && !instance->host->stopping)
        respond(instance, crash);
    task_lock_release(&instance->lock);
    crew_leave(&instance->crew);
    free(crash);
}

bool rollout_crashed(struct version *version)
{
    struct instance *instance = version->instance;
    if (version->state != VERSION_CANARY && !rollout_has_way_back(version))
        return false;
    struct crash *crash = mem_alloc(sizeof *crash);
    *crash = (struct crash){.instance = instance, .serial = version->serial};
    snprintf(crash->reason, sizeof crash->reason, "%s", version->reason);
    if (crew_spawn(&instance->crew, instance->host->options.control, take_over, crash) == 0)
        return true;
    free(crash);
    return false;
}
