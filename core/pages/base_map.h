// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PAGES_BASE_MAP_H
#define MEDINA_PAGES_BASE_MAP_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

// What lies under the places of a map: the city's land and the names of its areas, from a GeoJSON
// file (RFC 7946) of the city's own. A FeatureCollection of Polygons with "kind": "land", of which
// the outer ring is taken, and of Points with "kind": "area" and "name": {"en", "ar"}, the more
// important first. It is for orientation: a few hundred points, not a survey.

enum { BASE_MAP_POINTS = 4000, BASE_MAP_LANDS = 64, BASE_MAP_AREAS = 500 };

struct base_map_point {
    double latitude, longitude; // degrees, WGS 84
};

struct base_map_land {
    const struct base_map_point *ring;
    size_t count;
};

struct base_map_area {
    struct base_map_point at;
    const json_t *name; // a text
};

struct base_map {
    json_t *document; // owns the names
    struct base_map_point *points;
    size_t point_count;
    struct base_map_land lands[BASE_MAP_LANDS];
    size_t land_count;
    struct base_map_area areas[BASE_MAP_AREAS];
    size_t area_count;
    struct base_map_point least, most; // what the land lies between
};

// Reads and checks the file; an error names it and the feature that is wrong.
int base_map_load(struct base_map **out, const char *path, struct err *err);
void base_map_destroy(struct base_map *map);

// Whether a point lies where the map knows what is land and what is water.
bool base_map_covers(const struct base_map *map, struct base_map_point point);

#endif
