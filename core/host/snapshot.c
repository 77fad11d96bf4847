// SPDX-License-Identifier: Apache-2.0
#include "host/snapshot.h"

#include "base/crypto.h"
#include "base/mem.h"

#include <stdlib.h>

struct snapshot *snapshot_create(size_t count, uint64_t number)
{
    struct snapshot *snapshot = mem_zero(1, sizeof *snapshot + count * sizeof *snapshot->routes);
    snapshot->references = 1;
    snapshot->number = number;
    return snapshot;
}

static void copy_route(struct route *copy, const struct route *route)
{
    *copy = *route;
    copy->instance = mem_string(route->instance);
    copy->bundle = bundle_hold(route->bundle);
    copy->configuration = json_deep_copy(route->configuration);
    if (!route->canary)
        return;
    struct route *canary = mem_alloc(sizeof *canary);
    copy_route(canary, route->canary);
    copy->canary = canary;
}

static void finish_route(struct route *route)
{
    if (route->canary)
        finish_route((struct route *)route->canary);
    free((void *)route->canary);
    free((void *)route->instance);
    bundle_release(route->bundle);
    json_decref((json_t *)route->configuration);
}

void snapshot_add(struct snapshot *snapshot, const struct route *route)
{
    copy_route(&snapshot->routes[snapshot->count++], route);
}

static int by_instance(const void *a, const void *b)
{
    return strcmp(((const struct route *)a)->instance, ((const struct route *)b)->instance);
}

void snapshot_sort(struct snapshot *snapshot)
{
    qsort(snapshot->routes, snapshot->count, sizeof *snapshot->routes, by_instance);
}

struct snapshot *snapshot_hold(struct snapshot *snapshot)
{
    atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
    return snapshot;
}

void snapshot_release(struct snapshot *snapshot)
{
    if (!snapshot || atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < snapshot->count; i++)
        finish_route(&snapshot->routes[i]);
    free(snapshot);
}

const struct route *snapshot_find(const struct snapshot *snapshot, struct str instance)
{
    size_t low = 0, high = snapshot->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        const char *name = snapshot->routes[middle].instance;
        size_t size = strlen(name);
        int order = memcmp(instance.data, name, size < instance.size ? size : instance.size);
        if (order == 0)
            order = instance.size < size ? -1 : instance.size > size;
        if (order == 0)
            return &snapshot->routes[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const json_t *route_text(const struct route *route, const char *name)
{
    const json_t *own = json_object_get(route->configuration, name);
    return json_is_object(own) ? own : json_object_get(route->bundle->manifest->document, name);
}

// The same on every node and after every restart, and independent from instance to instance.
static unsigned place_of(const char *instance, struct str citizen)
{
    struct crypto_key key = {{0}};
    struct str parts[] = {STR("canary"), str_from(instance), citizen};
    struct crypto_hash hash = crypto_keyed_hash(&key, parts, 3);
    uint32_t number;
    memcpy(&number, hash.bytes, sizeof number);
    return number % ROUTE_SHARES;
}

const struct route *route_for(const struct route *route, struct str citizen)
{
    const struct route *canary = route ? route->canary : NULL;
    if (!canary || !canary->runner_count || !citizen.size ||
        place_of(route->instance, citizen) >= route->canary_share)
        return route;
    return canary;
}
