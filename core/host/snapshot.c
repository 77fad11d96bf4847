// SPDX-License-Identifier: Apache-2.0
#include "host/snapshot.h"

#include "base/mem.h"

#include <stdlib.h>

struct snapshot *snapshot_create(size_t count, uint64_t number)
{
    struct snapshot *snapshot = mem_zero(1, sizeof *snapshot + count * sizeof *snapshot->routes);
    snapshot->references = 1;
    snapshot->number = number;
    return snapshot;
}

void snapshot_add(struct snapshot *snapshot, const struct route *route)
{
    struct route *copy = &snapshot->routes[snapshot->count++];
    *copy = *route;
    copy->instance = mem_string(route->instance);
    copy->bundle = bundle_hold(route->bundle);
    copy->configuration = json_deep_copy(route->configuration);
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
    for (size_t i = 0; i < snapshot->count; i++) {
        free((void *)snapshot->routes[i].instance);
        bundle_release(snapshot->routes[i].bundle);
        json_decref((json_t *)snapshot->routes[i].configuration);
    }
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
