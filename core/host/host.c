// SPDX-License-Identifier: Apache-2.0
#include "host/host.h"

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "host/catalog.h"
#include "host/instance_check.h"
#include "host/process.h"
#include "loop/lock.h"
#include "loop/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { NAME = 64, MOST_GATEWAYS = 64, HEALTHY_MS = 60 * 1000 };

struct version {
    struct list node;
    struct instance *instance;
    struct bundle *bundle;
    enum version_state state;
    char reason[512];
    struct process *process;
    uint32_t runner;  // number of its process, 0 when it has none
    unsigned crashes; // since it was last healthy
    uint64_t active_since;
    unsigned tasks;      // that hold a pointer to it
    struct signal idle;  // raised when tasks becomes 0
    struct signal hurry; // ends a back-off
};

struct instance {
    struct list node;
    struct host *host;
    char name[NAME];
    json_t *configuration;
    struct str data; // owned; empty: the plugin's own
    uint64_t data_generation;
    struct list versions;
    struct version *active;
};

struct host {
    struct host_options options;
    struct host_counters counters;
    struct list instances;
    struct gate *gates[MOST_GATEWAYS];
    struct task_lock lock; // one change of the registry at a time
    uint32_t last_runner;
    uint64_t last_snapshot;
    bool stopping;
};

const struct host_options host_default_options = {.gate = {.credit = 256,
                                                           .waiting = 1024,
                                                           .result_bytes = 4 * 1024 * 1024,
                                                           .requests_per_call = 256},
                                                  .broker = {.reply_bytes = 4 * 1024 * 1024},
                                                  .memory_bytes = 256 * 1024 * 1024,
                                                  .scratch_bytes = 64 * 1024 * 1024,
                                                  .start_ms = 10 * 1000,
                                                  .drain_ms = 40 * 1000,
                                                  .restart_ms = 100,
                                                  .restart_most_ms = 30 * 1000};

static void restart_later(struct version *version);

static const char *state_name(enum version_state state)
{
    static const char *const names[] = {"staged",   "starting", "warm",       "active",
                                        "draining", "stopped",  "quarantined"};
    return names[state];
}

// ---- finding ----

static struct instance *find_instance(struct host *host, const char *name)
{
    LIST_EACH(&host->instances, node)
    {
        struct instance *instance = LIST_ELEMENT(node, struct instance, node);
        if (strcmp(instance->name, name) == 0)
            return instance;
    }
    return NULL;
}

static struct version *find_version(struct instance *instance, const char *version)
{
    LIST_EACH(&instance->versions, node)
    {
        struct version *candidate = LIST_ELEMENT(node, struct version, node);
        if (strcmp(candidate->bundle->manifest->version, version) == 0)
            return candidate;
    }
    return NULL;
}

// ---- orders to the gateway loops, and waiting until all have carried them out ----

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
        struct version *active = instance->active;
        if (!active)
            continue;
        snapshot_add(snapshot, &(struct route){.instance = instance->name,
                                               .bundle = active->bundle,
                                               .configuration = instance->configuration,
                                               .runner = active->runner,
                                               .data_generation = instance->data_generation});
    }
    snapshot_sort(snapshot);
    return snapshot;
}

// Every loop goes by the current state of the registry when this returns. Each gets a copy of its
// own: what a loop counts on every request stays in its own cache.
static void publish(struct host *host)
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

static void attach_all(struct host *host, struct version *version, const int *fds)
{
    struct gathering gathering;
    gathering_begin(host, &gathering);
    for (unsigned i = 0; i < host->options.gateway_count; i++) {
        struct gate_order order = order_for(host, i, &gathering);
        gate_attach(&order, version->runner, fds[i], version->bundle);
    }
    signal_wait(&gathering.all, TASK_NO_DEADLINE);
}

// Returns when the last call of that runner has ended on every loop.
static void detach_all(struct host *host, uint32_t runner)
{
    struct gathering gathering;
    gathering_begin(host, &gathering);
    for (unsigned i = 0; i < host->options.gateway_count; i++) {
        struct gate_order order = order_for(host, i, &gathering);
        gate_detach(&order, runner);
    }
    signal_wait(&gathering.all, TASK_NO_DEADLINE);
}

// ---- a version's process ----

static void on_exited(void *owner, const char *how)
{
    struct version *version = owner;
    struct host *host = version->instance->host;
    log_line(LOG_LEVEL_ERROR, "host", "%s@%s: its process ended: %s", version->instance->name,
             version->bundle->manifest->version, how);
    atomic_fetch_add(&host->counters.crashes, 1);
    snprintf(version->reason, sizeof version->reason, "its process ended: %s", how);
    // One that has not come up yet is its starter's matter: a second restart would not wait its
    // turn.
    if (version->state == VERSION_ACTIVE && version->runner && !host->stopping)
        restart_later(version);
}

// A new process that has loaded the plugin and passed its self-test, with links on every loop.
static int warm_up(struct version *version, struct err *err)
{
    struct instance *instance = version->instance;
    struct host *host = instance->host;
    int fds[MOST_GATEWAYS], plugin_fd;
    char name[2 * NAME];
    int rc = bundle_memfd(version->bundle, &plugin_fd, err);
    if (rc < 0)
        return rc;
    snprintf(name, sizeof name, "%s@%s", instance->name, version->bundle->manifest->version);
    struct process_options options = {.loop = host->options.control,
                                      .program = host->options.runner_program,
                                      .name = name,
                                      .sandbox = host->options.sandbox,
                                      .plugin_fd = plugin_fd,
                                      .gateways = host->options.gateway_count,
                                      .exited = on_exited,
                                      .owner = version};
    rc = process_spawn(&version->process, &options, fds, err);
    if (rc < 0)
        return rc;
    atomic_fetch_add(&host->counters.starts, 1);
    struct buf configuration = {0};
    json_append_canonical(&configuration, instance->configuration);
    const struct manifest *manifest = version->bundle->manifest;
    struct process_start start = {.instance = str_from(instance->name),
                                  .configuration = buf_str(&configuration),
                                  .data = instance->data,
                                  .memory_bytes = manifest->memory_bytes
                                                      ? manifest->memory_bytes
                                                      : host->options.memory_bytes,
                                  .scratch_bytes = manifest->scratch_bytes,
                                  .timeout_ms = host->options.start_ms};
    rc = process_start(version->process, &start, err);
    buf_finish(&configuration);
    if (rc < 0) {
        for (unsigned i = 0; i < host->options.gateway_count; i++)
            close(fds[i]);
        process_stop(version->process, 0);
        process_destroy(version->process);
        version->process = NULL;
        return rc;
    }
    version->runner = ++host->last_runner;
    attach_all(host, version, fds);
    return 0;
}

static void end_process(struct version *version)
{
    struct host *host = version->instance->host;
    if (version->runner)
        detach_all(host, version->runner);
    version->runner = 0;
    if (version->process) {
        process_stop(version->process, host->options.start_ms);
        process_destroy(version->process);
    }
    version->process = NULL;
}

// ---- restarting after a crash ----

static uint64_t back_off(const struct version *version)
{
    const struct host_options *options = &version->instance->host->options;
    unsigned doublings = version->crashes < 20 ? version->crashes : 20;
    uint64_t wait = options->restart_ms << doublings;
    return wait < options->restart_most_ms ? wait : options->restart_most_ms;
}

static void task_over(struct version *version)
{
    if (--version->tasks == 0)
        signal_raise(&version->idle);
}

static int version_task(struct version *version, void (*function)(void *argument))
{
    if (task_spawn(version->instance->host->options.control, function, version) != 0) {
        log_line(LOG_LEVEL_ERROR, "host", "no memory for a task of %s", version->instance->name);
        return -1;
    }
    if (version->tasks++ == 0)
        signal_init(&version->idle);
    return 0;
}

static void await_tasks(struct version *version)
{
    signal_raise(&version->hurry);
    if (version->tasks)
        signal_wait(&version->idle, TASK_NO_DEADLINE);
}

static void restart(void *argument)
{
    struct version *version = argument;
    struct host *host = version->instance->host;
    struct err err;
    task_lock_take(&host->lock);
    if (loop_now(host->options.control) - version->active_since > HEALTHY_MS)
        version->crashes = 0;
    end_process(version);
    publish(host);
    while (version->state == VERSION_ACTIVE && !host->stopping) {
        uint64_t wait = back_off(version);
        version->crashes++;
        // Others may change the registry while this one waits.
        task_lock_release(&host->lock);
        signal_wait(&version->hurry, loop_now(host->options.control) + wait);
        task_lock_take(&host->lock);
        if (version->state != VERSION_ACTIVE || host->stopping || version->process)
            break;
        if (warm_up(version, &err) == 0) {
            version->active_since = loop_now(host->options.control);
            version->reason[0] = '\0';
            log_line(LOG_LEVEL_INFORMATION, "host", "%s serves again", version->instance->name);
            publish(host);
            break;
        }
        snprintf(version->reason, sizeof version->reason, "%s", err.message);
    }
    task_lock_release(&host->lock);
    task_over(version);
}

static void restart_later(struct version *version)
{
    version_task(version, restart);
}

// ---- switching ----

static void drain(void *argument)
{
    struct version *version = argument;
    end_process(version);
    if (version->state == VERSION_DRAINING)
        version->state = VERSION_STOPPED;
    task_over(version);
}

static void begin_drain(struct version *version)
{
    version->state = VERSION_DRAINING;
    version_task(version, drain);
}

// Notes in the store what is to run; a host that starts again brings it back.
static int save(const struct version *version, struct err *err)
{
    const struct instance *instance = version->instance;
    struct buf configuration = {0};
    json_append_canonical(&configuration, instance->configuration);
    struct catalog_instance noted = {.name = instance->name,
                                     .configuration = configuration.data,
                                     .version = version->bundle->manifest->version,
                                     .data = instance->data,
                                     .generation = (int64_t)instance->data_generation};
    int rc = catalog_save(instance->host->options.broker.store, &noted, version->bundle, err);
    buf_finish(&configuration);
    return rc;
}

// Its file is known and shown, but must not run: the key that signed it is trusted no longer.
static int distrust(struct version *version, struct err *err)
{
    version->state = VERSION_QUARANTINED;
    snprintf(version->reason, sizeof version->reason, "%s", version->bundle->distrust);
    return err_set(err, ERR_DENIED, "%s", version->reason);
}

// Warms the version up and makes it the one that serves.
static int activate(struct version *version, struct err *err)
{
    struct instance *instance = version->instance;
    struct version *old = instance->active;
    if (version->process)
        return err_set(err, ERR_CONFLICT, "%s@%s is %s; try again when it has ended",
                       instance->name, version->bundle->manifest->version,
                       state_name(version->state));
    if (version->bundle->distrust[0])
        return distrust(version, err);
    version->state = VERSION_STARTING;
    int rc = warm_up(version, err);
    if (rc == 0 && (rc = save(version, err)) < 0)
        end_process(version);
    if (rc < 0) {
        version->state = VERSION_QUARANTINED;
        snprintf(version->reason, sizeof version->reason, "%s", err ? err->message : "");
        return rc;
    }
    version->state = VERSION_ACTIVE;
    version->active_since = loop_now(instance->host->options.control);
    version->reason[0] = '\0';
    version->crashes = 0;
    instance->active = version;
    publish(instance->host);
    if (old && old != version)
        begin_drain(old);
    log_line(LOG_LEVEL_INFORMATION, "host", "%s@%s serves", instance->name,
             version->bundle->manifest->version);
    return 0;
}

// ---- loading ----

static struct instance *add_instance(struct host *host, const char *name)
{
    struct instance *instance = mem_zero(1, sizeof *instance);
    instance->host = host;
    snprintf(instance->name, sizeof instance->name, "%s", name);
    instance->configuration = json_object();
    list_init(&instance->versions);
    list_append(&host->instances, &instance->node);
    return instance;
}

static void remove_version(struct version *version)
{
    list_remove(&version->node);
    bundle_release(version->bundle);
    free(version);
}

static void remove_instance(struct instance *instance)
{
    while (!list_empty(&instance->versions))
        remove_version(LIST_ELEMENT(instance->versions.next, struct version, node));
    list_remove(&instance->node);
    json_decref(instance->configuration);
    free((void *)instance->data.data);
    free(instance);
}

static struct version *add_version(struct instance *instance, struct bundle *bundle)
{
    struct version *version = mem_zero(1, sizeof *version);
    version->instance = instance;
    version->bundle = bundle_hold(bundle);
    version->state = VERSION_STAGED;
    signal_init(&version->hurry);
    list_append(&instance->versions, &version->node);
    return version;
}

// A version number stands for one file for ever, or "use" would not say what runs.
static int stage(struct instance *instance, struct bundle *bundle, struct version **out,
                 struct err *err)
{
    struct version *known = find_version(instance, bundle->manifest->version);
    if (known && known->bundle->distrust[0]) {
        // What may not run makes room: for the same file with a signature that holds, or a new one.
        bundle_release(known->bundle);
        known->bundle = bundle_hold(bundle);
        *out = known;
        return 0;
    }
    if (known && known->state == VERSION_QUARANTINED && !known->process &&
        known != instance->active) {
        remove_version(known);
        known = NULL;
    }
    if (known && strcmp(known->bundle->hash, bundle->hash) != 0)
        return err_set(err, ERR_CONFLICT,
                       "%s@%s is loaded already with other contents; give the new file a new "
                       "version",
                       instance->name, bundle->manifest->version);
    if (known && known == instance->active)
        return err_set(err, ERR_CONFLICT, "%s@%s serves already", instance->name,
                       bundle->manifest->version);
    *out = known ? known : add_version(instance, bundle);
    return 0;
}

static int check_load(const struct host_load *load, const char *name,
                      const struct instance *instance, struct err *err)
{
    const struct manifest *manifest = load->bundle->manifest;
    int rc = instance_check_name(name, err);
    if (rc < 0)
        return rc;
    if (instance && instance->active &&
        strcmp(instance->active->bundle->manifest->plugin, manifest->plugin) != 0)
        return err_set(err, ERR_CONFLICT, "%s runs the plugin %s; load %s under another name", name,
                       instance->active->bundle->manifest->plugin, manifest->plugin);
    json_t *none = json_object();
    const json_t *configuration = load->configuration ? load->configuration
                                  : instance          ? instance->configuration
                                                      : none;
    rc = instance_check_configuration(manifest, configuration, err);
    json_decref(none);
    return rc;
}

static int load_locked(struct host *host, const struct host_load *load, struct err *err)
{
    const char *name = load->instance ? load->instance : load->bundle->manifest->plugin;
    struct instance *instance = find_instance(host, name);
    int rc = check_load(load, name, instance, err);
    if (rc == 0)
        rc = manifest_check_limits(load->bundle->manifest, host->options.memory_bytes,
                                   host->options.scratch_bytes, err);
    if (rc < 0)
        return rc;
    bool fresh = !instance;
    if (fresh)
        instance = add_instance(host, name);
    json_t *old = instance->configuration;
    if (load->configuration)
        instance->configuration = json_deep_copy(load->configuration);
    struct version *version;
    rc = stage(instance, load->bundle, &version, err);
    if (rc == 0)
        rc = activate(version, err);
    if (rc < 0 && load->configuration) {
        json_decref(instance->configuration);
        instance->configuration = old;
    } else if (load->configuration) {
        json_decref(old);
    }
    if (fresh && list_empty(&instance->versions))
        remove_instance(instance);
    return rc;
}

int host_load(struct host *host, const struct host_load *load, struct err *err)
{
    task_lock_take(&host->lock);
    int rc = load_locked(host, load, err);
    task_lock_release(&host->lock);
    return rc;
}

static int known_instance(struct host *host, const char *name, struct instance **out,
                          struct err *err)
{
    *out = find_instance(host, name);
    return *out ? 0 : err_set(err, ERR_NOT_FOUND, "there is no instance \"%s\"", name);
}

int host_use(struct host *host, const char *name, const char *wanted, struct err *err)
{
    struct instance *instance;
    task_lock_take(&host->lock);
    int rc = known_instance(host, name, &instance, err);
    struct version *version = rc == 0 ? find_version(instance, wanted) : NULL;
    if (rc == 0 && !version)
        rc = err_set(err, ERR_NOT_FOUND, "%s has no version %s; load its file", name, wanted);
    if (rc == 0 && version == instance->active)
        rc = err_set(err, ERR_CONFLICT, "%s@%s serves already", name, wanted);
    if (rc == 0)
        rc = activate(version, err);
    task_lock_release(&host->lock);
    return rc;
}

// Nobody finds the instance any more; its versions end one after the other.
static void end_instance(struct instance *instance)
{
    LIST_EACH(&instance->versions, node)
    {
        struct version *version = LIST_ELEMENT(node, struct version, node);
        await_tasks(version);
        end_process(version);
    }
    remove_instance(instance);
}

int host_unload(struct host *host, const char *name, struct err *err)
{
    struct instance *instance;
    task_lock_take(&host->lock);
    int rc = known_instance(host, name, &instance, err);
    if (rc == 0)
        rc = catalog_remove(host->options.broker.store, name, err);
    if (rc == 0) {
        list_remove(&instance->node);
        if (instance->active)
            instance->active->state = VERSION_DRAINING;
        instance->active = NULL;
        publish(host);
    }
    task_lock_release(&host->lock);
    if (rc < 0)
        return rc;
    end_instance(instance);
    log_line(LOG_LEVEL_INFORMATION, "host", "%s is unloaded", name);
    return 0;
}

static int take_data_locked(struct host *host, const char *name, struct str data, struct err *err)
{
    struct instance *instance;
    int rc = known_instance(host, name, &instance, err);
    if (rc < 0)
        return rc;
    if (!instance->active || !instance->active->process)
        return err_set(err, ERR_UNAVAILABLE, "%s has no running process now", name);
    if (!instance->active->bundle->manifest->takes_data)
        return err_set(err, ERR_INVALID, "%s takes no data file", name);
    rc = process_take_data(instance->active->process, data, host->options.start_ms, err);
    if (rc < 0)
        return rc;
    free((void *)instance->data.data);
    instance->data = (struct str){mem_copy(data.data, data.size), data.size};
    instance->data_generation++;
    publish(host);
    return save(instance->active, err);
}

int host_take_data(struct host *host, const char *name, struct str data, struct err *err)
{
    task_lock_take(&host->lock);
    int rc = take_data_locked(host, name, data, err);
    task_lock_release(&host->lock);
    return rc;
}

// ---- bringing back what ran before ----

static void restore_instance(struct host *host, struct catalog_entry *entry)
{
    struct err err;
    struct version *wanted = NULL;
    struct instance *instance = add_instance(host, entry->name);
    json_decref(instance->configuration);
    instance->configuration = json_incref(entry->configuration);
    instance->data = entry->data;
    entry->data = (struct str){0};
    instance->data_generation = (uint64_t)entry->generation;
    for (size_t i = 0; i < entry->bundle_count; i++) {
        struct version *version = add_version(instance, entry->bundles[i]);
        if (strcmp(entry->bundles[i]->manifest->version, entry->version) == 0)
            wanted = version;
    }
    if (!wanted) {
        log_line(LOG_LEVEL_ERROR, "host", "%s@%s cannot be brought back: its file is gone",
                 entry->name, entry->version);
        return;
    }
    if (activate(wanted, &err) < 0) {
        // It is still what should run: shown as down, and tried again like a crashed one.
        log_line(LOG_LEVEL_ERROR, "host", "%s@%s does not start: %s", entry->name, entry->version,
                 err.message);
        instance->active = wanted;
        if (wanted->state == VERSION_QUARANTINED && wanted->bundle->distrust[0])
            return; // no time heals this: its callers get 503 until an operator acts
        wanted->state = VERSION_ACTIVE;
        restart_later(wanted);
    }
}

int host_restore(struct host *host, struct err *err)
{
    struct catalog_entry *entries;
    size_t count;
    int rc = catalog_load(host->options.broker.store, host->options.trust, &entries, &count, err);
    if (rc < 0)
        return rc;
    task_lock_take(&host->lock);
    for (size_t i = 0; i < count; i++)
        restore_instance(host, &entries[i]);
    publish(host);
    task_lock_release(&host->lock);
    catalog_free(entries, count);
    return 0;
}

// ---- telling ----

static json_t *describe_version(const struct version *version)
{
    const struct instance *instance = version->instance;
    const struct manifest *manifest = version->bundle->manifest;
    return json_pack("{s:s, s:s, s:s, s:s, s:b, s:i, s:s, s:s, s:i, s:I}", "instance",
                     instance->name, "plugin", manifest->plugin, "version", manifest->version,
                     "state", state_name(version->state), "active", instance->active == version,
                     "pid", version->process ? process_pid(version->process) : 0, "reason",
                     version->reason, "sha256", version->bundle->hash, "crashes",
                     (int)version->crashes, "data_generation",
                     (json_int_t)instance->data_generation);
}

json_t *host_describe(struct host *host)
{
    json_t *list = json_array();
    LIST_EACH(&host->instances, node)
    {
        struct instance *instance = LIST_ELEMENT(node, struct instance, node);
        LIST_EACH(&instance->versions, inner)
        json_array_append_new(list, describe_version(LIST_ELEMENT(inner, struct version, node)));
    }
    return list;
}

// ---- the host itself ----

// A runner whose socket ended is dead or must be: its exit takes the usual way.
static void on_lost(void *context, uint32_t runner)
{
    struct host *host = context;
    LIST_EACH(&host->instances, node)
    LIST_EACH(&LIST_ELEMENT(node, struct instance, node)->versions, inner)
    {
        struct version *version = LIST_ELEMENT(inner, struct version, node);
        if (version->runner == runner && version->process)
            process_kill(version->process);
    }
}

void host_create(struct host **out, const struct host_options *options)
{
    struct host *host = mem_zero(1, sizeof *host);
    host->options = *options;
    list_init(&host->instances);
    task_lock_init(&host->lock);
    struct gate_watch watch = {options->control, on_lost, host};
    for (unsigned i = 0; i < options->gateway_count; i++)
        gate_create(&host->gates[i], options->gateways[i], &options->gate, &host->options.broker,
                    &watch);
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

void host_stop(struct host *host)
{
    host->stopping = true;
    LIST_EACH(&host->instances, node)
    LIST_EACH(&LIST_ELEMENT(node, struct instance, node)->versions, inner)
    {
        struct version *version = LIST_ELEMENT(inner, struct version, node);
        await_tasks(version);
        end_process(version);
    }
}

void host_destroy(struct host *host)
{
    if (!host)
        return;
    while (!list_empty(&host->instances))
        remove_instance(LIST_ELEMENT(host->instances.next, struct instance, node));
    for (unsigned i = 0; i < host->options.gateway_count; i++)
        gate_destroy(host->gates[i]);
    free(host);
}
