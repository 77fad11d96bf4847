// SPDX-License-Identifier: Apache-2.0
// A file becomes a version: what is checked before any of it runs, and its way to WARM.

#include "host/load.h"

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "host/contract.h"
#include "host/instance_check.h"

#include <stdio.h>
#include <stdlib.h>

// ---- versions ----

struct version *version_add(struct instance *instance, struct bundle *bundle,
                            const json_t *configuration)
{
    struct version *version = mem_zero(1, sizeof *version);
    version->serial = ++instance->host->last_version;
    version->instance = instance;
    version->bundle = bundle_hold(bundle);
    version->configuration = json_deep_copy(configuration);
    version->state = VERSION_STAGED;
    version->size = instance->runners ? instance->runners : instance->host->options.runners;
    for (unsigned i = 0; i < ROUTE_RUNNERS; i++) {
        version->pool[i].version = version;
        signal_init(&version->pool[i].hurry);
    }
    list_append(&instance->versions, &version->node);
    return version;
}

void version_remove(struct version *version)
{
    crew_await(&version->drains);
    list_remove(&version->node);
    bundle_release(version->bundle);
    json_decref(version->configuration);
    json_decref(version->last_lines);
    free(version);
}

void version_quarantine(struct version *version, const char *reason)
{
    struct instance *instance = version->instance;
    if (reason != version->reason)
        snprintf(version->reason, sizeof version->reason, "%s", reason);
    version->state = VERSION_QUARANTINED;
    version->restart_at = 0;
    json_decref(version->last_lines);
    version->last_lines = journal_read(instance->journal, 0, LAST_LINES);
    log_line(LOG_LEVEL_ERROR, "host", "%s@%s is quarantined: %s", instance->name,
             version_number(version), version->reason);
}

int version_warm(struct version *version, const char *from, struct err *err)
{
    if (version->bundle->distrust[0]) {
        version_quarantine(version, version->bundle->distrust);
        return err_set(err, ERR_DENIED, "%s", version->reason);
    }
    // Its earlier processes may still have calls to answer.
    crew_await(&version->drains);
    version->state = VERSION_STARTING;
    version->reason[0] = '\0';
    version->crashes = 0;
    int rc = pool_start(version, err);
    if (rc == 0) {
        version->state = VERSION_COLD;
        rc = from ? move_data(version, "upgrade.migrate", from, err) : 0;
    }
    if (rc == 0 && pool_serving(version) < version->size)
        rc = err_set(err, ERR_UNAVAILABLE, "%s", version->reason);
    if (rc < 0) {
        pool_end(version);
        version_quarantine(version, err->message);
        return rc;
    }
    version->state = VERSION_WARM;
    return 0;
}

// ---- what is checked ----

int load_check(const char *name, const struct bundle *bundle, const json_t *configuration,
               struct err *err)
{
    int rc = instance_check_name(name, err);
    return rc < 0 ? rc : instance_check_configuration(bundle->manifest, configuration, err);
}

int load_check_order(const struct instance *instance, const struct manifest *manifest,
                     const struct host_order *order, struct err *err)
{
    if (!instance->highest[0] || order->reason[0] ||
        manifest_version_compare(manifest->version, instance->highest) >= 0)
        return 0;
    return err_set(err, ERR_CONFLICT,
                   "%s is older than %s, which has served already; say why with --reason",
                   manifest->version, instance->highest);
}

// What callers rely on may only go with a new major version. Going back to what they relied on
// before is another matter.
static int check_contract(const struct instance *instance, const struct manifest *manifest,
                          struct err *err)
{
    const struct manifest *before = instance->active ? instance->active->bundle->manifest : NULL;
    if (!before || manifest_version_compare(manifest->version, before->version) <= 0 ||
        manifest_major(manifest->version) != manifest_major(before->version))
        return 0;
    json_t *list = json_array(), *item;
    struct buf text = {0};
    size_t index, count = contract_compare(before, manifest, list);
    json_array_foreach(list, index, item)
        buf_printf(&text, "%s%s", index ? "; " : "", json_string_value(item));
    int rc = count
                 ? err_set(err, ERR_CONFLICT,
                           "%s breaks what callers of %s rely on, and is no new major version: %s",
                           manifest->version, before->version, text.data)
                 : 0;
    buf_finish(&text);
    json_decref(list);
    return rc;
}

int load_check_instance(const struct instance *instance, const struct manifest *manifest,
                        const struct host_order *order, struct err *err)
{
    const struct version *active = instance->active;
    if (active && strcmp(active->bundle->manifest->plugin, manifest->plugin) != 0)
        return err_set(err, ERR_CONFLICT, "%s runs the plugin %s; load %s under another name",
                       instance->name, active->bundle->manifest->plugin, manifest->plugin);
    if (instance->canary)
        return err_set(err, ERR_CONFLICT,
                       "%s@%s is on trial; end that first: medina plugin use %s@%s, or rollback %s",
                       instance->name, version_number(instance->canary), instance->name,
                       version_number(instance->canary), instance->name);
    const struct host_options *options = &instance->host->options;
    int rc = manifest_check_limits(manifest, options->memory_bytes, options->scratch_bytes, err);
    if (rc == 0)
        rc = load_check_order(instance, manifest, order, err);
    return rc < 0 ? rc : check_contract(instance, manifest, err);
}

// A version number stands for one file for ever, or "use" would not say what runs.
int load_stage(struct instance *instance, struct bundle *bundle, const json_t *configuration,
               struct version **out, struct err *err)
{
    struct version *known = instance_version(instance, bundle->manifest->version);
    bool same = known && strcmp(known->bundle->hash, bundle->hash) == 0;
    if (known && known->bundle->distrust[0]) {
        // What may not run makes room: for the same file with a signature that holds, or a new one.
        bundle_release(known->bundle);
        known->bundle = bundle_hold(bundle);
        same = true;
    }
    if (known && known != instance->active && known->state == VERSION_QUARANTINED) {
        version_remove(known);
        known = NULL;
    }
    if (known && !same)
        return err_set(err, ERR_CONFLICT,
                       "%s@%s is loaded already with other contents; give the new file a new "
                       "version",
                       instance->name, bundle->manifest->version);
    if (known && known == instance->active && known->state != VERSION_QUARANTINED)
        return err_set(err, ERR_CONFLICT, "%s@%s serves already", instance->name,
                       bundle->manifest->version);
    if (known && pool_serving(known) && !json_equal(known->configuration, configuration))
        return err_set(err, ERR_CONFLICT,
                       "%s@%s still runs with another configuration; discard it first",
                       instance->name, bundle->manifest->version);
    if (known) {
        json_decref(known->configuration);
        known->configuration = json_deep_copy(configuration);
    }
    *out = known ? known : version_add(instance, bundle, configuration);
    return 0;
}
