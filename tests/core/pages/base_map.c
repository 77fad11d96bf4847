// SPDX-License-Identifier: Apache-2.0
#include "pages/base_map.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int load(const char *text, struct base_map **map, struct err *err)
{
    char path[] = "/tmp/medina-map-XXXXXX";
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    int rc = base_map_load(map, path, err);
    unlink(path);
    return rc;
}

#define LAND                                                                                       \
    "{\"properties\":{\"kind\":\"land\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":"      \
    "[[[55,25],[56,25],[56,26],[55,25]]]}}"
#define AREA(name)                                                                                 \
    "{\"properties\":{\"kind\":\"area\",\"name\":" name                                            \
    "},\"geometry\":{\"type\":\"Point\",\"coordinates\":[55.5,25.2]}}"

Test(base_map, the_sample_city_is_read)
{
    struct err err = {0};
    struct base_map *map;
    int rc = base_map_load(&map, MEDINA_SOURCE_DIR "/web/map/city.geojson", &err);
    cr_assert(eq(int, rc, 0), "%s", err.message);
    cr_expect(base_map_covers(map, (struct base_map_point){25.2, 55.27}));
    cr_expect(not(base_map_covers(map, (struct base_map_point){40.7, -74})));
    base_map_destroy(map);
}

Test(base_map, what_is_wrong_is_named_with_its_place)
{
    static const char *const wrong[][2] = {
        {"{", ""},
        {"{\"features\":[]}", "no land"},
        {"{\"features\":[" AREA("{\"en\":\"A\",\"ar\":\"أ\"}") "]}", "no land"},
        {"{\"features\":[" LAND "," AREA("{\"en\":\"A\"}") "]}", "feature 1: an area has a name"},
        {"{\"features\":[" LAND ",{\"properties\":{\"kind\":\"road\"}}]}", "feature 1: neither"},
        {"{\"features\":[{\"properties\":{\"kind\":\"land\"},\"geometry\":{\"type\":\"Polygon\","
         "\"coordinates\":[[[55,25],[56,25],[55,25]]]}}]}",
         "feature 0: a ring has at least 4"},
        {"{\"features\":[{\"properties\":{\"kind\":\"land\"},\"geometry\":{\"type\":\"Polygon\","
         "\"coordinates\":[[[55,25],[56,125],[56,26],[55,25]]]}}]}",
         "position 1"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct err err = {0};
        struct base_map *map;
        cr_expect(lt(int, load(wrong[i][0], &map, &err), 0), "%zu", i);
        cr_expect(strstr(err.message, wrong[i][1]) != NULL, "%zu: %s", i, err.message);
    }
}
