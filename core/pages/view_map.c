// SPDX-License-Identifier: Apache-2.0
// Where the places of a list lie to each other and to the one who asks, over the city's own outline
// (base_map.h). No tile server is asked, so nobody learns what a citizen looks for. North is up;
// distances are true near the middle (an equirectangular projection, which a city does not notice).
#include "base/mem.h"
#include "pages/base_map.h"
#include "pages/format.h"
#include "pages/view.h"

#include <math.h>
#include <stdlib.h>

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

struct pixel {
    int64_t x, y;
};

static struct pixel pixel_of(const struct map *map, double latitude, double longitude)
{
    double east = (longitude - map->longitude) * METRES_A_DEGREE * cos(map->latitude * M_PI / 180);
    double north = (latitude - map->latitude) * METRES_A_DEGREE;
    return (struct pixel){llround(SIZE / 2.0 + east * map->pixels_a_metre),
                          llround(SIZE / 2.0 - north * map->pixels_a_metre)};
}

static json_t *point_of(const struct map *map, const json_t *coordinate)
{
    double latitude, longitude;
    if (!read_coordinate(coordinate, &latitude, &longitude))
        return NULL;
    struct pixel at = pixel_of(map, latitude, longitude);
    return json_pack("{s:I, s:I, s:I}", "x", (json_int_t)at.x, "y", (json_int_t)at.y, "y_text",
                     (json_int_t)at.y + 4);
}

// ---- what lies under it ----

static json_t *lands_of(const struct map *map, const struct base_map *ground)
{
    json_t *out = json_array();
    for (size_t i = 0; i < ground->land_count; i++) {
        const struct base_map_land *land = &ground->lands[i];
        struct buf path = {0};
        struct pixel last = {0};
        for (size_t p = 0; p < land->count; p++) {
            struct pixel at = pixel_of(map, land->ring[p].latitude, land->ring[p].longitude);
            if (p == 0)
                buf_printf(&path, "M%lld %lldl", (long long)at.x, (long long)at.y);
            else if (at.x != last.x || at.y != last.y)
                buf_printf(&path, "%lld %lld ", (long long)(at.x - last.x),
                           (long long)(at.y - last.y));
            last = at;
        }
        buf_append_char(&path, 'z');
        json_array_append_new(out, json_pack("{s:s}", "path", path.data));
        buf_finish(&path);
    }
    return out;
}

static size_t letters(const char *text)
{
    size_t count = 0;
    for (; text && *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

// What a name must not stand on: places, and names before it.
struct box {
    int64_t x, y, half_width, half_height;
};

struct boxes {
    struct box all[VIEW_ENTRIES + 1];
    size_t count;
};

enum { MOST_NAMES = 12, LETTER = 4, NAME_HALF = 9, PIN_HALF = 13, EDGE = 8 };

static bool is_free(const struct boxes *boxes, struct box box)
{
    if (box.x - box.half_width < EDGE || box.x + box.half_width > SIZE - EDGE || box.y < 2 * EDGE ||
        box.y > SIZE - 5 * EDGE) // the scale stands below
        return false;
    for (size_t i = 0; i < boxes->count; i++) {
        const struct box *taken = &boxes->all[i];
        if (llabs(box.x - taken->x) < box.half_width + taken->half_width &&
            llabs(box.y - taken->y) < box.half_height + taken->half_height)
            return false;
    }
    return true;
}

static void take_places(struct boxes *boxes, const struct map *map, const json_t *places)
{
    for (size_t i = 0; i < json_array_size(places) && boxes->count < VIEW_ENTRIES; i++) {
        double latitude, longitude;
        const json_t *place = json_array_get(places, i);
        if (!read_coordinate(json_object_get(place, "coordinate"), &latitude, &longitude))
            continue;
        struct pixel at = pixel_of(map, latitude, longitude);
        boxes->all[boxes->count++] = (struct box){at.x, at.y, PIN_HALF, PIN_HALF};
    }
}

// On the area's own point, else a little below or above it.
static bool find_room(const struct boxes *boxes, struct box *box)
{
    static const int steps[] = {0, 24, -24};
    int64_t y = box->y;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        box->y = y + steps[i];
        if (is_free(boxes, *box))
            return true;
    }
    return false;
}

static json_t *areas_of(const struct view *view, const struct map *map, const json_t *places)
{
    struct boxes *boxes = mem_zero(1, sizeof *boxes);
    json_t *out = json_array();
    take_places(boxes, map, places);
    for (size_t i = 0; i < view->ground->area_count && json_array_size(out) < MOST_NAMES; i++) {
        const struct base_map_area *area = &view->ground->areas[i];
        json_t *title = view_text(view, area->name, NULL);
        struct pixel at = pixel_of(map, area->at.latitude, area->at.longitude);
        struct box box = {at.x, at.y, LETTER * (int64_t)letters(json_string_value(title)),
                          NAME_HALF};
        if (boxes->count <= VIEW_ENTRIES && find_room(boxes, &box)) {
            boxes->all[boxes->count++] = box;
            json_array_append_new(out, json_pack("{s:I, s:I, s:O}", "x", (json_int_t)box.x, "y",
                                                 (json_int_t)box.y + 4, "title", title));
        }
        json_decref(title);
    }
    free(boxes);
    return out;
}

static void set_ground(const struct view *view, const struct map *map, const json_t *places,
                       json_t *out)
{
    struct base_map_point middle = {map->latitude, map->longitude};
    bool known = base_map_covers(view->ground, middle);
    json_object_set_new(out, "sea", json_boolean(known));
    json_object_set_new(out, "lands", known ? lands_of(map, view->ground) : json_array());
    json_object_set_new(out, "areas", known ? areas_of(view, map, places) : json_array());
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
    set_ground(view, &map, places, out);
    set_scale(view, &map, out);
    return out;
}
