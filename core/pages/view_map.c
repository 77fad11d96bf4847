// SPDX-License-Identifier: Apache-2.0
// A map without a map: where the places of a list lie to each other and to the one who asks. No
// tile server is asked, so nobody learns what a citizen looks for. North is up; distances are true
// near the middle (an equirectangular projection, which a city does not notice).
#include "pages/format.h"
#include "pages/view.h"

#include <math.h>

enum { SIZE = 400, MARGIN = 30, NUMBERED = 25 };

static const double METRES_A_DEGREE = 111320;
static const double LEAST_SPAN = 500; // metres: one place alone is not a map of a doorstep

struct map {
    double latitude, longitude; // the middle
    double pixels_a_metre;
};

struct bounds {
    double south, north, west, east;
    bool any;
};

static bool read_coordinate(const json_t *value, double *latitude, double *longitude)
{
    const json_t *north = json_object_get(value, "latitude");
    const json_t *east = json_object_get(value, "longitude");
    *latitude = json_number_value(north);
    *longitude = json_number_value(east);
    return json_is_number(north) && json_is_number(east) && fabs(*latitude) <= 85 &&
           fabs(*longitude) <= 180;
}

static void extend(struct bounds *bounds, const json_t *coordinate)
{
    double latitude, longitude;
    if (!read_coordinate(coordinate, &latitude, &longitude))
        return;
    if (!bounds->any)
        *bounds = (struct bounds){latitude, latitude, longitude, longitude, true};
    bounds->south = fmin(bounds->south, latitude);
    bounds->north = fmax(bounds->north, latitude);
    bounds->west = fmin(bounds->west, longitude);
    bounds->east = fmax(bounds->east, longitude);
}

static struct map map_of(const struct bounds *bounds)
{
    struct map map = {.latitude = (bounds->south + bounds->north) / 2,
                      .longitude = (bounds->west + bounds->east) / 2};
    double up = (bounds->north - bounds->south) * METRES_A_DEGREE;
    double across =
        (bounds->east - bounds->west) * METRES_A_DEGREE * cos(map.latitude * M_PI / 180);
    map.pixels_a_metre = (SIZE - 2 * MARGIN) / fmax(fmax(up, across), LEAST_SPAN);
    return map;
}

static json_t *point_of(const struct map *map, const json_t *coordinate)
{
    double latitude, longitude;
    if (!read_coordinate(coordinate, &latitude, &longitude))
        return NULL;
    double east = (longitude - map->longitude) * METRES_A_DEGREE * cos(map->latitude * M_PI / 180);
    double north = (latitude - map->latitude) * METRES_A_DEGREE;
    double x = round(SIZE / 2.0 + east * map->pixels_a_metre);
    double y = round(SIZE / 2.0 - north * map->pixels_a_metre);
    return json_pack("{s:I, s:I, s:I}", "x", (json_int_t)x, "y", (json_int_t)y, "y_text",
                     (json_int_t)y + 4);
}

// The largest of 1, 2, 5 × 10^n metres that fits into a third of the map.
static double round_length(const struct map *map)
{
    double longest = SIZE / 3.0 / map->pixels_a_metre;
    double power = pow(10, floor(log10(longest)));
    return longest >= 5 * power ? 5 * power : longest >= 2 * power ? 2 * power : power;
}

static void set_scale(const struct view *view, const struct map *map, json_t *out)
{
    double length = round_length(map);
    struct buf text = {0};
    format_distance(view->phrases, &text, (int64_t)length);
    view_set_buf(out, "scale_text", &text);
    json_object_set_new(out, "scale_x",
                        json_integer((json_int_t)lround(16 + length * map->pixels_a_metre)));
}

static json_t *rings_of(const struct map *map, const json_t *near)
{
    json_t *out = json_array();
    double length = round_length(map);
    for (int i = 1; i <= 3; i++) {
        json_t *ring = point_of(map, near);
        if (!ring)
            break;
        json_object_set_new(ring, "r",
                            json_integer((json_int_t)lround(length * i * map->pixels_a_metre)));
        json_array_append_new(out, ring);
    }
    return out;
}

json_t *view_map(const struct view *view, const json_t *places, const json_t *near)
{
    struct bounds bounds = {0};
    size_t count = json_array_size(places);
    extend(&bounds, near);
    for (size_t i = 0; i < count; i++)
        extend(&bounds, json_object_get(json_array_get(places, i), "coordinate"));
    if (!bounds.any || count == 0)
        return json_false();
    struct map map = map_of(&bounds);
    json_t *pins = json_array(), *dots = json_array();
    // From the last to the first: the nearest stand on top.
    for (size_t i = count; i-- > 0;) {
        const json_t *place = json_array_get(places, i);
        json_t *point = point_of(&map, json_object_get(place, "coordinate"));
        if (!point)
            continue;
        view_set_text(view, point, "title", json_object_get(place, "title"));
        json_object_set_new(point, "number", json_integer((json_int_t)i + 1));
        json_array_append_new(i < NUMBERED ? pins : dots, point);
    }
    json_t *here = point_of(&map, near);
    json_t *out = json_pack("{s:o, s:o, s:o, s:o}", "pins", pins, "dots", dots, "near",
                            here ? here : json_false(), "rings", rings_of(&map, near));
    set_scale(view, &map, out);
    return out;
}
