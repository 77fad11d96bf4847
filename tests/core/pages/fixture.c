// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include "pages/components.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define FIXTURES MEDINA_SOURCE_DIR "/web/components"

struct pages *fixture_pages(void)
{
    static const char *const assets[][2] = {{"style", "css"},   {"script", "js"},
                                            {"icons", "svg"},   {"mark", "svg"},
                                            {"latin", "woff2"}, {"arabic", "woff2"},
                                            {"icon-180", "png"}};
    char directory[] = "/tmp/medina-pages-XXXXXX", path[512];
    struct err err = {0};
    setenv("TZ", "Asia/Dubai", 1);
    tzset();
    cr_assert(mkdtemp(directory) != NULL);
    snprintf(path, sizeof path, "%s/templates", directory);
    cr_assert(eq(int, symlink(MEDINA_SOURCE_DIR "/web/templates", path), 0));
    snprintf(path, sizeof path, "%s/strings", directory);
    cr_assert(eq(int, symlink(MEDINA_SOURCE_DIR "/web/strings", path), 0));
    json_t *manifest = json_object();
    for (size_t i = 0; i < sizeof assets / sizeof *assets; i++)
        json_object_set_new(manifest, assets[i][0],
                            json_sprintf("/assets/%s.%s", assets[i][0], assets[i][1]));
    snprintf(path, sizeof path, "%s/manifest.json", directory);
    cr_assert(eq(int, json_dump_file(manifest, path, 0), 0));
    json_decref(manifest);
    struct pages *pages = pages_load(directory, &err);
    cr_assert(pages != NULL, "%s", err.message);
    int map = pages_load_map(pages, MEDINA_SOURCE_DIR "/web/map/city.geojson", &err);
    cr_assert(eq(int, map, 0), "%s", err.message);
    snprintf(path, sizeof path, "rm -r %s", directory);
    cr_assert(eq(int, system(path), 0));
    return pages;
}

size_t fixture_each(void (*each)(const char *name, const json_t *fixture))
{
    struct dirent **entries;
    int count = scandir(FIXTURES, &entries, NULL, alphasort);
    size_t found = 0;
    for (int i = 0; i < count; i++) {
        if (fnmatch("*.json", entries[i]->d_name, 0) == 0) {
            char path[512];
            json_error_t error;
            snprintf(path, sizeof path, "%s/%s", FIXTURES, entries[i]->d_name);
            json_t *fixture = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
            cr_assert(fixture != NULL, "%s:%d: %s", path, error.line, error.text);
            *strrchr(entries[i]->d_name, '.') = '\0';
            each(entries[i]->d_name, fixture);
            json_decref(fixture);
            found++;
        }
        free(entries[i]);
    }
    free(entries);
    return found;
}

void fixture_render(const struct pages *pages, enum pages_language language, const json_t *fixture,
                    struct buf *out)
{
    struct err err = {0};
    struct page_context context = {.language = language,
                                   .path = "/here?a=1&b=2",
                                   .csrf = "c0ffee",
                                   .demonstration = true,
                                   .now = FIXTURE_NOW};
    int code = components_render(pages, &context, fixture, out, &err);
    cr_assert(eq(int, code, 0), "%s", err.message);
}
