// SPDX-License-Identifier: Apache-2.0
#ifndef PHARMACIES_FACILITIES_SET_H
#define PHARMACIES_FACILITIES_SET_H

#include "facilities.h"

// What facilities_load builds and facilities_find looks up: private to those.

struct entry {
    struct facility facility; // first: a facility is found back as its entry
    const char *search;       // folded names, area and street
    double place[3];          // on the unit sphere
    size_t area;              // index of its area, FACILITIES_MAX for none
};

struct area {
    const struct facility *first; // by name
    size_t count;                 // how many lie there
    const char *folded_en;
    const char *folded_ar;
};

struct holidays {
    int32_t *days; // ascending
    size_t count;
};

struct facilities {
    size_t count;
    struct entry *entries; // by English name, then id
    uint32_t *by_latitude; // indexes of entries, ascending
    const struct entry **by_id;
    size_t area_count;
    struct area *areas; // by English name
    bool sample;
    const char *attribution;
    struct holidays public_holidays;
    struct holidays school_holidays;
    size_t without_hours;
    struct block *blocks; // the texts
};

// The point of the unit sphere at a latitude and a longitude.
void place_of(double latitude, double longitude, double place[3]);

void *set_allocate(size_t count, size_t size);                  // zeroed; aborts when memory is out
void *set_memory(struct facilities *set, size_t size);          // zeroed, released with the set
const char *set_keep(struct facilities *set, const char *text); // a copy, released with the set

// Sorts the entries that were read and builds the indexes. NULL, or the id that two of them have.
const char *set_index(struct facilities *set);

#endif
