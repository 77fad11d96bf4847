// SPDX-License-Identifier: Apache-2.0
#include "pages/base_map.h"

#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool read_position(const json_t *position, struct base_map_point *out)
{
    const json_t *longitude = json_array_get(position, 0), *latitude = json_array_get(position, 1);
    *out = (struct base_map_point){json_number_value(latitude), json_number_value(longitude)};
    return json_is_number(longitude) && json_is_number(latitude) && fabs(out->latitude) <= 85 &&
           fabs(out->longitude) <= 180;
}

static void extend(struct base_map *map, struct base_map_point point)
{
    if (map->point_count == 0)
        map->least = map->most = point;
    map->least.latitude = fmin(map->least.latitude, point.latitude);
    map->least.longitude = fmin(map->least.longitude, point.longitude);
    map->most.latitude = fmax(map->most.latitude, point.latitude);
    map->most.longitude = fmax(map->most.longitude, point.longitude);
}

static int add_land(struct base_map *map, const json_t *coordinates, struct err *err)
{
    const json_t *ring = json_array_get(coordinates, 0);
    size_t count = json_array_size(ring);
    if (count < 4 || map->land_count == BASE_MAP_LANDS ||
        count > BASE_MAP_POINTS - map->point_count)
        return err_set(err, ERR_LIMIT,
                       "a ring has at least 4 positions; a map at most %d rings and %d positions",
                       BASE_MAP_LANDS, BASE_MAP_POINTS);
    map->lands[map->land_count++] = (struct base_map_land){&map->points[map->point_count], count};
    for (size_t i = 0; i < count; i++) {
        struct base_map_point point;
        if (!read_position(json_array_get(ring, i), &point))
            return err_set(err, ERR_INVALID, "position %zu is no longitude and latitude", i);
        extend(map, point);
        map->points[map->point_count++] = point;
    }
    return 0;
}

static int add_area(struct base_map *map, const json_t *coordinates, const json_t *name,
                    struct err *err)
{
    struct base_map_area area = {.name = name};
    if (!read_position(coordinates, &area.at))
        return err_set(err, ERR_INVALID, "the point is no longitude and latitude");
    if (!json_is_string(json_object_get(name, "en")) ||
        !json_is_string(json_object_get(name, "ar")))
        return err_set(err, ERR_INVALID, "an area has a name in both languages");
    if (map->area_count == BASE_MAP_AREAS)
        return err_set(err, ERR_LIMIT, "a map has at most %d areas", BASE_MAP_AREAS);
    map->areas[map->area_count++] = area;
    return 0;
}

static int add_feature(struct base_map *map, const json_t *feature, struct err *err)
{
    const json_t *geometry = json_object_get(feature, "geometry");
    const json_t *coordinates = json_object_get(geometry, "coordinates");
    const json_t *properties = json_object_get(feature, "properties");
    const char *type = json_string_value(json_object_get(geometry, "type"));
    const char *kind = json_string_value(json_object_get(properties, "kind"));
    if (type && kind && strcmp(type, "Polygon") == 0 && strcmp(kind, "land") == 0)
        return add_land(map, coordinates, err);
    if (type && kind && strcmp(type, "Point") == 0 && strcmp(kind, "area") == 0)
        return add_area(map, coordinates, json_object_get(properties, "name"), err);
    return err_set(err, ERR_INVALID, "neither a Polygon of land nor a Point of an area");
}

int base_map_load(struct base_map **out, const char *path, struct err *err)
{
    json_error_t error;
    json_t *document = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!document)
        return err_set(err, ERR_INVALID, "%s:%d: %s", path, error.line, error.text);
    struct base_map *map = mem_zero(1, sizeof *map);
    const json_t *features = json_object_get(document, "features");
    int rc = 0;
    map->document = document;
    map->points = mem_zero(BASE_MAP_POINTS, sizeof *map->points);
    for (size_t i = 0; i < json_array_size(features) && rc == 0; i++) {
        rc = add_feature(map, json_array_get(features, i), err);
        if (rc < 0)
            err_prefix(err, "%s: feature %zu", path, i);
    }
    if (rc == 0 && map->land_count == 0)
        rc = err_set(err, ERR_INVALID, "%s: there is no land in it", path);
    if (rc < 0) {
        base_map_destroy(map);
        return rc;
    }
    *out = map;
    return 0;
}

void base_map_destroy(struct base_map *map)
{
    if (!map)
        return;
    json_decref(map->document);
    free(map->points);
    free(map);
}

bool base_map_covers(const struct base_map *map, struct base_map_point point)
{
    return map && point.latitude >= map->least.latitude && point.latitude <= map->most.latitude &&
           point.longitude >= map->least.longitude && point.longitude <= map->most.longitude;
}
