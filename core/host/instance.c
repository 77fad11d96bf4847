// SPDX-License-Identifier: Apache-2.0
// An instance: its place in the registry, its lock, what is kept of it in the store.

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "host/catalog.h"
#include "host/history.h"
#include "host/registry.h"

#include <stdio.h>
#include <stdlib.h>

struct instance *instance_find(struct host *host, const char *name)
{
    LIST_EACH(&host->instances, node)
    {
        struct instance *instance = LIST_ELEMENT(node, struct instance, node);
        if (strcmp(instance->name, name) == 0)
            return instance;
    }
    return NULL;
}

struct instance *instance_add(struct host *host, const char *name)
{
    struct instance *instance = mem_zero(1, sizeof *instance);
    instance->host = host;
    snprintf(instance->name, sizeof instance->name, "%s", name);
    list_init(&instance->versions);
    task_lock_init(&instance->lock);
    signal_init(&instance->trial_hurry);
    signal_init(&instance->cool_hurry);
    journal_create(&instance->journal, host->options.log_lines);
    list_append(&host->instances, &instance->node);
    return instance;
}

void instance_remove(struct instance *instance)
{
    while (!list_empty(&instance->versions))
        version_remove(LIST_ELEMENT(instance->versions.next, struct version, node));
    list_remove(&instance->node);
    journal_destroy(instance->journal);
    free((void *)instance->data.data);
    free(instance);
}

void instance_lock(struct instance *instance)
{
    crew_join(&instance->crew);
    task_lock_take(&instance->lock);
}

void instance_give(struct instance *instance)
{
    task_lock_release(&instance->lock);
    crew_leave(&instance->crew);
}

int instance_take(struct host *host, const char *name, struct instance **out, struct err *err)
{
    struct instance *instance = instance_find(host, name);
    if (instance) {
        instance_lock(instance);
        if (!instance->removed) {
            *out = instance;
            return 0;
        }
        instance_give(instance);
    }
    return err_set(err, ERR_NOT_FOUND,
                   "there is no instance \"%s\"; medina plugin list shows those there are", name);
}

struct version *instance_version(struct instance *instance, const char *version)
{
    LIST_EACH(&instance->versions, node)
    {
        struct version *candidate = LIST_ELEMENT(node, struct version, node);
        if (strcmp(candidate->bundle->manifest->version, version) == 0)
            return candidate;
    }
    return NULL;
}

int instance_save(struct instance *instance, const struct version *version, struct err *err)
{
    struct buf configuration = {0}, own = {0};
    instance->unsaved = !instance->host->tenure;
    if (instance->unsaved)
        return 0;
    json_t *none = json_object();
    json_append_canonical(&configuration,
                          instance->active ? instance->active->configuration : none);
    if (version)
        json_append_canonical(&own, version->configuration);
    struct catalog_instance noted = {.name = instance->name,
                                     .configuration = configuration.data,
                                     .version = version_number(instance->active),
                                     .data = instance->data,
                                     .generation = (int64_t)instance->data_generation,
                                     .previous = version_number(instance->previous),
                                     .highest = instance->highest,
                                     .runners = instance->runners,
                                     .canary = version_number(instance->canary),
                                     .share = instance->share,
                                     .promote_ms = (int64_t)instance->promote_ms,
                                     .settles_at = instance->settles_at};
    struct catalog_version kept = {0};
    if (version)
        kept =
            (struct catalog_version){version->bundle, own.data,
                                     version->state == VERSION_QUARANTINED ? version->reason : ""};
    int rc =
        catalog_save(instance->host->options.broker.store, &noted, version ? &kept : NULL, err);
    json_decref(none);
    buf_finish(&configuration);
    buf_finish(&own);
    return rc;
}

void instance_note(struct instance *instance, const struct host_order *order, const char *verb,
                   const char *version, const char *outcome)
{
    struct host *host = instance->host;
    struct err err;
    if (order->dry_run)
        return;
    struct history_event event = {.id = id_next(&host->ids, clock_now(NULL)),
                                  .instance = instance->name,
                                  .actor = order->actor,
                                  .verb = verb,
                                  .version = version,
                                  .reason = order->reason,
                                  .outcome = outcome};
    if (history_add(host->options.broker.store, &event, host->options.history, &err) < 0)
        log_line(LOG_LEVEL_ERROR, "host", "%s: the history cannot be written: %s", instance->name,
                 err.message);
}
