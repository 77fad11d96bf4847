// SPDX-License-Identifier: Apache-2.0
// The registry in words: for `medina plugin list` and `show`.

#include "base/clock.h"
#include "base/json.h"
#include "host/registry.h"

#include <stdio.h>

const char *version_state_name(enum version_state state)
{
    static const char *const names[] = {"staged", "starting", "cold",    "warm",       "canary",
                                        "active", "draining", "stopped", "quarantined"};
    return names[state];
}

// ---- what a state waits for ----

static void wait_of_trial(const struct version *version, struct buf *out)
{
    const struct instance *instance = version->instance;
    unsigned least = instance->host->options.canary.least;
    struct tally_sum now = pool_tally(version), its_now = pool_tally(instance->active);
    struct tally_sum mine = tally_since(&now, &instance->canary_then);
    struct tally_sum its = tally_since(&its_now, &instance->active_then);
    if (!instance->trial_clean)
        buf_printf(out, "%u calls on each side for a verdict (%llu here, %llu there so far), then ",
                   least, (unsigned long long)mine.calls, (unsigned long long)its.calls);
    if (!instance->promote_ms)
        buf_printf(out, "an operator: medina plugin use %s@%s, or rollback %s", instance->name,
                   version_number(version), instance->name);
    else
        buf_printf(out, "%llu s of trial without fault, to serve everybody",
                   (unsigned long long)(instance->promote_ms / 1000));
}

static void wait_of_warm(const struct version *version, struct buf *out)
{
    const struct instance *instance = version->instance;
    char time[CLOCK_TEXT];
    if (version != instance->previous || !instance->settles_at)
        return;
    clock_format(instance->settles_at, time);
    buf_printf(out, "the end of the cool-down at %s; until then rollback %s is immediate", time,
               instance->name);
}

static void wait_of_active(const struct version *version, struct buf *out)
{
    const struct host_options *options = &version->instance->host->options;
    uint64_t now = loop_now(options->control);
    if (pool_serving(version) == version->size)
        return;
    if (version->restart_at > now)
        buf_printf(out, "a restart in %llu ms (crash %u of %u in a row)",
                   (unsigned long long)(version->restart_at - now), version->crashes,
                   options->crashes);
    else
        buf_append_text(out, "its processes to start");
}

static void append_wait(const struct version *version, struct buf *out)
{
    const struct host_options *options = &version->instance->host->options;
    struct tally_sum tally;
    switch (version->state) {
    case VERSION_STARTING:
        buf_printf(out, "the plugin to load and test itself, at most %llu ms",
                   (unsigned long long)options->start_ms);
        return;
    case VERSION_COLD:
        buf_append_text(out, "its data to be moved");
        return;
    case VERSION_WARM:
        wait_of_warm(version, out);
        return;
    case VERSION_CANARY:
        wait_of_trial(version, out);
        return;
    case VERSION_ACTIVE:
        wait_of_active(version, out);
        return;
    case VERSION_DRAINING:
        tally = pool_tally(version);
        buf_printf(out, "%llu calls to end, at most %llu ms", (unsigned long long)tally.in_use,
                   (unsigned long long)options->drain_ms);
        return;
    case VERSION_QUARANTINED:
        buf_printf(out, "an operator: a new version, or medina plugin use %s@%s to try it again",
                   version->instance->name, version_number(version));
        return;
    case VERSION_STAGED:
    case VERSION_STOPPED:
        return;
    }
}

// ---- one version ----

static json_t *describe_pool(const struct version *version)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < version->size; i++) {
        const struct member *member = &version->pool[i];
        if (!member->process || !process_pid(member->process))
            continue;
        struct tally_sum tally = member_tally(member);
        json_array_append_new(list, json_pack("{s:i, s:I, s:b, s:I, s:I}", "pid",
                                              process_pid(member->process), "runner",
                                              (json_int_t)member->runner, "serves",
                                              member->runner != 0, "calls", (json_int_t)tally.calls,
                                              "start_us", (json_int_t)member->start_us));
    }
    return list;
}

static double share_of(const struct version *version)
{
    const struct instance *instance = version->instance;
    if (version == instance->canary)
        return instance->share / 100.0;
    if (version == instance->active)
        return instance->canary ? (ROUTE_SHARES - instance->share) / 100.0 : 100.0;
    return 0;
}

static json_t *describe_version(const struct version *version)
{
    const struct instance *instance = version->instance;
    const struct manifest *manifest = version->bundle->manifest;
    struct buf wait = {0};
    append_wait(version, &wait);
    json_t *pool = describe_pool(version);
    struct tally_sum tally = pool_tally(version);
    json_t *json = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:b, s:f, s:I, s:o, s:s, s:s, s:i, s:I, s:I, s:I, s:I}",
        "instance", instance->name, "plugin", manifest->plugin, "version", manifest->version,
        "state", version_state_name(version->state), "waits_for", wait.data ? wait.data : "",
        "active", version == instance->active, "share_percent", share_of(version), "pid",
        json_get_integer(json_array_get(pool, 0), "pid", 0), "runners", pool, "reason",
        version->reason, "sha256", version->bundle->hash, "crashes", (int)version->crashes, "calls",
        (json_int_t)tally.calls, "errors", (json_int_t)tally.errors, "p99_us",
        (json_int_t)tally_percentile(&tally, 0.99), "data_generation",
        (json_int_t)instance->data_generation);
    if (version == instance->previous)
        json_object_set_new(json, "rollback_to", json_true());
    if (version->last_lines)
        json_object_set(json, "last_lines", version->last_lines);
    buf_finish(&wait);
    return json;
}

json_t *host_describe(struct host *host, const char *name)
{
    json_t *list = json_array();
    LIST_EACH(&host->instances, node)
    {
        struct instance *instance = LIST_ELEMENT(node, struct instance, node);
        if (name && strcmp(name, instance->name) != 0)
            continue;
        LIST_EACH(&instance->versions, inner)
        json_array_append_new(list, describe_version(LIST_ELEMENT(inner, struct version, node)));
    }
    return list;
}

json_t *host_tallies(struct host *host)
{
    json_t *object = json_object();
    LIST_EACH(&host->instances, node)
    {
        struct instance *instance = LIST_ELEMENT(node, struct instance, node);
        struct tally_sum sum = {0};
        unsigned serving = 0;
        LIST_EACH(&instance->versions, inner)
        {
            struct version *version = LIST_ELEMENT(inner, struct version, node);
            struct tally_sum tally = pool_tally(version);
            tally_sum_add(&sum, &tally);
            serving += version == instance->active ? pool_serving(version) : 0;
        }
        json_object_set_new(object, instance->name,
                            json_pack("{s:I, s:I, s:I, s:i}", "calls", (json_int_t)sum.calls,
                                      "errors", (json_int_t)sum.errors, "in_flight",
                                      (json_int_t)sum.in_use, "serving", (int)serving));
    }
    return object;
}
