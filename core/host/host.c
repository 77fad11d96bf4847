// SPDX-License-Identifier: Apache-2.0
// The operator's verbs. Each takes the instance's lock, checks everything that can refuse, then
// changes; what it did, or why it did not, goes into the instance's history.

#include "host/host.h"

#include "base/log.h"
#include "base/mem.h"
#include "host/catalog.h"
#include "host/history.h"
#include "host/load.h"

#include <stdio.h>
#include <stdlib.h>

static void note_end(struct instance *instance, const struct host_order *order, const char *verb,
                     const char *version, const struct err *failure)
{
    instance_note(instance, order, verb, version, failure ? failure->message : "done");
}

static void plan(const struct host_order *order, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void plan(const struct host_order *order, const char *format, ...)
{
    char sentence[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    if (order->plan)
        json_array_append_new(order->plan, json_string(sentence));
}

static void plan_switch(const struct instance *instance, const struct version *version,
                        const struct host_order *order)
{
    const struct version *active = instance->active;
    if (active && active != version)
        plan(order, "switch all citizens from %s to %s; %s stays warm for %llu s",
             version_number(active), version_number(version), version_number(active),
             (unsigned long long)(instance->host->options.cool_down_ms / 1000));
    else
        plan(order, "serve all citizens with %s", version_number(version));
}

// ---- load ----

static int is_free(const struct version *version, struct err *err)
{
    if (version->state != VERSION_DRAINING)
        return 0;
    return err_set(err, ERR_CONFLICT, "%s@%s is draining; try again when it has ended",
                   version->instance->name, version_number(version));
}

// Loads, tests and ends it again; its data is not moved.
static int rehearse(struct version *version, struct err *err)
{
    if (pool_serving(version))
        return 0;
    int rc = pool_start(version, err);
    pool_end(version);
    return rc;
}

static int make_warm(struct version *version, struct err *err)
{
    if (version->state == VERSION_WARM && pool_serving(version) == version->size)
        return 0;
    return version_warm(version, version_number(version->instance->active), err);
}

static int roll_out(struct version *version, const struct host_load *load,
                    const struct host_order *order, struct err *err)
{
    int rc = order->dry_run ? 0 : make_warm(version, err);
    if (rc < 0)
        return rc;
    plan(order, "start %u process%s of %s@%s, which passed its self-test", version->size,
         version->size == 1 ? "" : "es", version->instance->name, version_number(version));
    if (load->canary_share)
        plan(order, "put it on trial for %u.%02u %% of the citizens", load->canary_share / 100,
             load->canary_share % 100);
    else
        plan_switch(version->instance, version, order);
    if (order->dry_run)
        return 0;
    rc = load->canary_share ? rollout_try(version, load->canary_share, load->promote_ms, err)
                            : rollout_switch(version, err);
    if (rc < 0) {
        pool_end(version);
        version_quarantine(version, err->message);
    }
    return rc;
}

static int check_trial(const struct instance *instance, const struct host_load *load,
                       struct err *err)
{
    if (!load->canary_share)
        return 0;
    if (load->canary_share >= ROUTE_SHARES)
        return err_set(err, ERR_INVALID, "a trial is for less than all citizens: --canary 5%%");
    if (instance->active && pool_serving(instance->active))
        return 0;
    return err_set(err, ERR_CONFLICT,
                   "nothing serves %s that a trial could be compared with; load without --canary",
                   instance->name);
}

static int load_into(struct instance *instance, const struct host_load *load,
                     const json_t *configuration, const struct host_order *order, struct err *err)
{
    struct version *version;
    int rc = load_check_instance(instance, load->bundle->manifest, order, err);
    if (rc == 0)
        rc = check_trial(instance, load, err);
    if (rc == 0 && load->runners > ROUTE_RUNNERS)
        rc = err_set(err, ERR_INVALID, "a version has at most %d processes", ROUTE_RUNNERS);
    bool known = instance_version(instance, load->bundle->manifest->version) != NULL;
    if (rc == 0)
        rc = load_stage(instance, load->bundle, configuration, &version, err);
    if (rc == 0)
        rc = is_free(version, err);
    if (rc < 0)
        return rc;
    if (load->runners && !pool_serving(version)) {
        version->size = load->runners;
        if (!order->dry_run)
            instance->runners = load->runners;
    }
    if (order->dry_run)
        rc = rehearse(version, err);
    if (rc == 0)
        rc = roll_out(version, load, order, err);
    if (order->dry_run && !known)
        version_remove(version);
    return rc;
}

int host_load(struct host *host, const struct host_load *load, const struct host_order *order,
              struct err *err)
{
    const char *name = load->instance ? load->instance : load->bundle->manifest->plugin;
    struct instance *instance = NULL;
    struct err local;
    err = err ? err : &local;
    if (instance_take(host, name, &instance, err) < 0)
        instance = NULL;
    json_t *none = json_object();
    const json_t *configuration = load->configuration            ? load->configuration
                                  : instance && instance->active ? instance->active->configuration
                                                                 : none;
    json_t *copy = json_deep_copy(configuration);
    json_decref(none);
    int rc = load_check(name, load->bundle, copy, err);
    if (rc == 0 && !instance) {
        instance = instance_add(host, name);
        instance_lock(instance);
    }
    if (rc == 0)
        rc = load_into(instance, load, copy, order, err);
    json_decref(copy);
    if (!instance)
        return rc;
    note_end(instance, order, load->canary_share ? "canary" : "load",
             load->bundle->manifest->version, rc < 0 ? err : NULL);
    bool empty = list_empty(&instance->versions);
    instance->removed = empty;
    instance_give(instance);
    if (empty) {
        crew_await(&instance->crew);
        instance_remove(instance);
    }
    return rc;
}

// ---- use, rollback, discard ----

struct target {
    const char *verb;
    const char *instance;
    const char *version;
};

static int use_locked(struct instance *instance, struct version *version,
                      const struct host_order *order, struct err *err)
{
    int rc = is_free(version, err);
    if (rc == 0 && version == instance->active && version->state != VERSION_QUARANTINED)
        rc = err_set(err, ERR_CONFLICT, "%s@%s serves already", instance->name,
                     version_number(version));
    if (rc == 0 && instance->canary && version != instance->canary)
        rc = err_set(err, ERR_CONFLICT, "%s@%s is on trial; end that first: rollback %s",
                     instance->name, version_number(instance->canary), instance->name);
    if (rc == 0)
        rc = load_check_order(instance, version->bundle->manifest, order, err);
    if (rc < 0)
        return rc;
    plan_switch(instance, version, order);
    if (order->dry_run)
        return 0;
    if (version->state != VERSION_CANARY)
        rc = make_warm(version, err);
    return rc < 0 ? rc : rollout_switch(version, err);
}

typedef int version_verb(struct instance *instance, struct version *version,
                         const struct host_order *order, struct err *err);

// What use and discard share: the version is found, the verb's outcome noted.
static int with_version(struct host *host, const struct target *target, version_verb *verb,
                        const struct host_order *order, struct err *err)
{
    struct instance *instance;
    int rc = instance_take(host, target->instance, &instance, err);
    if (rc < 0)
        return rc;
    struct version *version = instance_version(instance, target->version);
    rc = version ? verb(instance, version, order, err)
                 : err_set(err, ERR_NOT_FOUND, "%s has no version %s; load its file",
                           target->instance, target->version);
    note_end(instance, order, target->verb, target->version, rc < 0 ? err : NULL);
    instance_give(instance);
    return rc;
}

int host_use(struct host *host, const char *name, const char *wanted,
             const struct host_order *order, struct err *err)
{
    struct target target = {"use", name, wanted};
    return with_version(host, &target, use_locked, order, err);
}

static int rollback_locked(struct instance *instance, const struct host_order *order,
                           struct err *err)
{
    char reason[REGISTRY_REASON];
    snprintf(reason, sizeof reason, "%s rolled it back%s%s", order->actor,
             order->reason[0] ? ": " : "", order->reason);
    if (instance->canary) {
        plan(order, "end the trial of %s", version_number(instance->canary));
        if (!order->dry_run)
            rollout_end_trial(instance, VERSION_STOPPED, reason);
        return 0;
    }
    if (instance->previous)
        plan(order, "go back from %s to %s, which is %s", version_number(instance->active),
             version_number(instance->previous), version_state_name(instance->previous->state));
    if (instance->previous && order->dry_run)
        return 0;
    return rollout_back(instance, VERSION_STOPPED, reason, err);
}

int host_rollback(struct host *host, const char *name, const struct host_order *order,
                  struct err *err)
{
    struct instance *instance;
    int rc = instance_take(host, name, &instance, err);
    if (rc < 0)
        return rc;
    char left[32];
    snprintf(left, sizeof left, "%s",
             version_number(instance->canary ? instance->canary : instance->active));
    rc = rollback_locked(instance, order, err);
    note_end(instance, order, "rollback", left, rc < 0 ? err : NULL);
    instance_give(instance);
    return rc;
}

static int discard_locked(struct instance *instance, struct version *version,
                          const struct host_order *order, struct err *err)
{
    if (version == instance->active)
        return err_set(err, ERR_CONFLICT,
                       "%s@%s serves; use another version first, or unload the instance",
                       instance->name, version_number(version));
    plan(order, "forget %s@%s and its file%s", instance->name, version_number(version),
         version == instance->previous ? "; there will be no way back" : "");
    if (order->dry_run)
        return 0;
    if (version == instance->canary)
        rollout_end_trial(instance, VERSION_STOPPED, "it was discarded");
    if (version == instance->previous)
        instance->previous = NULL;
    crew_await(&version->drains);
    pool_end(version);
    int rc = catalog_discard(instance->host->options.broker.store, instance->name,
                             version_number(version), err);
    if (rc < 0) {
        version->state = VERSION_STOPPED;
        return rc;
    }
    version_remove(version);
    return instance_save(instance, NULL, err);
}

int host_discard(struct host *host, const char *name, const char *wanted,
                 const struct host_order *order, struct err *err)
{
    struct target target = {"discard", name, wanted};
    return with_version(host, &target, discard_locked, order, err);
}

// ---- unload ----

static void hurry_all(struct instance *instance)
{
    signal_raise(&instance->trial_hurry);
    signal_raise(&instance->cool_hurry);
}

static void end_versions(struct instance *instance)
{
    LIST_EACH(&instance->versions, node)
    {
        struct version *version = LIST_ELEMENT(node, struct version, node);
        crew_await(&version->drains);
        pool_end(version);
    }
}

int host_unload(struct host *host, const char *name, const struct host_order *order,
                struct err *err)
{
    struct instance *instance;
    int rc = instance_take(host, name, &instance, err);
    if (rc < 0)
        return rc;
    plan(order, "take %s away; its stored values and its history stay", name);
    if (!order->dry_run)
        rc = catalog_remove(host->options.broker.store, name, err);
    note_end(instance, order, "unload", "", rc < 0 ? err : NULL);
    if (rc < 0 || order->dry_run) {
        instance_give(instance);
        return rc;
    }
    instance->removed = true;
    list_remove(&instance->node);
    LIST_EACH(&instance->versions, node)
    LIST_ELEMENT(node, struct version, node)->state = VERSION_DRAINING;
    instance->active = instance->canary = instance->previous = NULL;
    registry_publish(host);
    hurry_all(instance);
    instance_give(instance);
    end_versions(instance);
    crew_await(&instance->crew);
    instance_remove(instance);
    log_line(LOG_LEVEL_INFORMATION, "host", "%s is unloaded", name);
    return 0;
}

// ---- data files ----

// The first process that is asked decides. One that does not take what its like has taken is wrong
// in itself, and so is one that does not answer: it starts anew.
static int hand_to_pool(struct version *version, struct str data, struct err *err)
{
    const struct host_options *options = &version->instance->host->options;
    bool taken = false;
    for (unsigned i = 0; i < version->size; i++) {
        struct member *member = &version->pool[i];
        if (!member->runner || member->ended)
            continue;
        int rc = process_take_data(member->process, data, options->start_ms, err);
        if (rc == ERR_TIMEOUT || (rc < 0 && taken))
            process_kill(member->process);
        if (rc < 0 && !taken)
            return rc;
        taken = true;
    }
    return taken ? 0 : err_set(err, ERR_UNAVAILABLE, "no process of it serves now");
}

static void drop_previous(struct instance *instance)
{
    struct version *previous = instance->previous;
    instance->previous = NULL;
    if (previous->state == VERSION_WARM)
        pool_drain(previous, VERSION_STOPPED);
}

static int take_data_locked(struct instance *instance, struct str data,
                            const struct host_order *order, struct err *err)
{
    struct version *active = instance->active, *canary = instance->canary;
    if (!active || !pool_serving(active))
        return err_set(err, ERR_UNAVAILABLE, "%s has no running process now", instance->name);
    if (!active->bundle->manifest->takes_data)
        return err_set(err, ERR_INVALID, "%s takes no data file", instance->name);
    plan(order, "hand %zu bytes to %s@%s, which checks them whole before it takes them", data.size,
         instance->name, version_number(active));
    if (order->dry_run)
        return 0;
    int rc = hand_to_pool(active, data, err);
    if (rc < 0)
        return rc;
    free((void *)instance->data.data);
    instance->data = (struct str){mem_copy(data.data, data.size), data.size};
    instance->data_generation++;
    if (canary && hand_to_pool(canary, data, err) < 0)
        rollout_end_trial(instance, VERSION_QUARANTINED, "it does not take the new data file");
    if (instance->previous && instance->previous->state == VERSION_WARM &&
        hand_to_pool(instance->previous, data, err) < 0)
        drop_previous(instance);
    registry_publish(instance->host);
    return instance_save(instance, NULL, err);
}

int host_take_data(struct host *host, const char *name, struct str data,
                   const struct host_order *order, struct err *err)
{
    struct instance *instance;
    int rc = instance_take(host, name, &instance, err);
    if (rc < 0)
        return rc;
    rc = take_data_locked(instance, data, order, err);
    note_end(instance, order, "data", version_number(instance->active), rc < 0 ? err : NULL);
    instance_give(instance);
    return rc;
}

// ---- asking ----

int host_history(struct host *host, const char *name, unsigned count, json_t **list,
                 struct err *err)
{
    int rc = history_read(host->options.broker.store, name, count, list, err);
    if (rc < 0 || json_array_size(*list) || instance_find(host, name))
        return rc;
    json_decref(*list);
    return err_set(err, ERR_NOT_FOUND, "nothing has ever happened to an instance \"%s\"", name);
}

int host_logs(struct host *host, const char *name, uint64_t after, json_t **list, struct err *err)
{
    struct instance *instance = instance_find(host, name);
    if (!instance)
        return err_set(err, ERR_NOT_FOUND, "there is no instance \"%s\"", name);
    *list = journal_read(instance->journal, after, host->options.log_lines);
    return 0;
}
