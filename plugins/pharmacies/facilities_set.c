// SPDX-License-Identifier: Apache-2.0
// A set of facilities: its memory and its indexes. The texts stand in blocks that are released
// together; the entries are sorted by name once, and the other orders are arrays that point there.
#include "facilities_set.h"

#include "fold.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 64 * 1024 };

struct block {
    struct block *next;
    size_t used;
    size_t size;
    _Alignas(16) char data[];
};

void *set_allocate(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);
    if (!memory)
        abort();
    return memory;
}

void *set_memory(struct facilities *set, size_t size)
{
    size = (size + 15) & ~(size_t)15;
    if (!set->blocks || set->blocks->size - set->blocks->used < size) {
        size_t capacity = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        struct block *block = set_allocate(1, sizeof *block + capacity);
        *block = (struct block){.next = set->blocks, .size = capacity};
        set->blocks = block;
    }
    void *memory = set->blocks->data + set->blocks->used;
    set->blocks->used += size;
    return memory;
}

const char *set_keep(struct facilities *set, const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(set_memory(set, size), text, size);
}

static const char *keep_folded(struct facilities *set, const char *text)
{
    size_t size = strlen(text);
    char *folded = set_memory(set, size + 1);
    fold(text, size, folded, size + 1);
    return folded;
}

// The texts a search looks in, folded, the English name first: entries are sorted by it.
static void build_search(struct facilities *set, struct entry *entry)
{
    const struct facility *facility = &entry->facility;
    const char *parts[] = {facility->name_en, facility->name_ar,   facility->area_en,
                           facility->area_ar, facility->street_en, facility->street_ar};
    size_t size = 1;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        size += parts[i] ? strlen(parts[i]) + 1 : 0;
    char *search = set_memory(set, size);
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i])
            continue;
        used += fold(parts[i], strlen(parts[i]), search + used, size - used);
        search[used++] = ' ';
    }
    search[used] = '\0';
    entry->search = search;
}

static int compare_names(const void *a, const void *b)
{
    const struct entry *left = a;
    const struct entry *right = b;
    int order = strcmp(left->search, right->search);
    return order ? order : strcmp(left->facility.id, right->facility.id);
}

static int compare_ids(const void *a, const void *b)
{
    const struct entry *const *left = a;
    const struct entry *const *right = b;
    return strcmp((*left)->facility.id, (*right)->facility.id);
}

static int compare_areas(const void *a, const void *b)
{
    const struct area *left = a;
    const struct area *right = b;
    return strcmp(left->folded_en, right->folded_en);
}

static int compare_latitudes(const void *a, const void *b, void *entries)
{
    const struct entry *left = (const struct entry *)entries + *(const uint32_t *)a;
    const struct entry *right = (const struct entry *)entries + *(const uint32_t *)b;
    return (left->facility.latitude > right->facility.latitude) -
           (left->facility.latitude < right->facility.latitude);
}

static const char *index_ids(struct facilities *set)
{
    set->by_id = set_allocate(set->count, sizeof *set->by_id);
    for (size_t i = 0; i < set->count; i++)
        set->by_id[i] = &set->entries[i];
    qsort(set->by_id, set->count, sizeof *set->by_id, compare_ids);
    for (size_t i = 1; i < set->count; i++)
        if (!compare_ids(&set->by_id[i - 1], &set->by_id[i]))
            return set->by_id[i]->facility.id;
    return NULL;
}

static void index_areas(struct facilities *set)
{
    set->areas = set_allocate(set->count, sizeof *set->areas);
    for (size_t i = 0; i < set->count; i++) {
        const struct facility *facility = &set->entries[i].facility;
        if (facility->area_en)
            set->areas[set->area_count++] =
                (struct area){facility, 0, keep_folded(set, facility->area_en),
                              keep_folded(set, facility->area_ar)};
    }
    qsort(set->areas, set->area_count, sizeof *set->areas, compare_areas);
    size_t kept = 0;
    for (size_t i = 0; i < set->area_count; i++)
        if (!kept || compare_areas(&set->areas[kept - 1], &set->areas[i]))
            set->areas[kept++] = set->areas[i];
    set->area_count = kept;
    for (size_t i = 0; i < set->count; i++) {
        struct entry *entry = &set->entries[i];
        entry->area = FACILITIES_MAX;
        if (!entry->facility.area_en)
            continue;
        struct area sought = {.folded_en = keep_folded(set, entry->facility.area_en)};
        struct area *area =
            bsearch(&sought, set->areas, set->area_count, sizeof sought, compare_areas);
        entry->area = (size_t)(area - set->areas);
        area->count++;
    }
}

const char *set_index(struct facilities *set)
{
    for (size_t i = 0; i < set->count; i++) {
        struct entry *entry = &set->entries[i];
        build_search(set, entry);
        place_of(entry->facility.latitude, entry->facility.longitude, entry->place);
    }
    qsort(set->entries, set->count, sizeof *set->entries, compare_names);
    const char *twice = index_ids(set);
    if (twice)
        return twice;
    index_areas(set);
    set->by_latitude = set_allocate(set->count, sizeof *set->by_latitude);
    for (uint32_t i = 0; i < set->count; i++)
        set->by_latitude[i] = i;
    qsort_r(set->by_latitude, set->count, sizeof *set->by_latitude, compare_latitudes,
            set->entries);
    return NULL;
}

void facilities_destroy(struct facilities *facilities)
{
    if (!facilities)
        return;
    for (size_t i = 0; i < facilities->count; i++)
        opening_hours_destroy((struct opening_hours *)facilities->entries[i].facility.hours);
    for (struct block *block = facilities->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(facilities->public_holidays.days);
    free(facilities->school_holidays.days);
    free(facilities->entries);
    free(facilities->by_latitude);
    free(facilities->by_id);
    free(facilities->areas);
    free(facilities);
}
