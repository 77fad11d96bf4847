// SPDX-License-Identifier: Apache-2.0
// bench-pages WEB SERVICES SECONDS: the home page with so many services, prepared once as the
// portal does and rendered again and again on one core, in both languages in turn, before
// compression. Prints one JSON object; bytes are those of one page.
#include "pages/pages.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const categories[] = {"utilities",  "transport", "fines",     "fuel",
                                         "health",     "housing",   "family",    "education",
                                         "business",   "justice",   "documents", "culture",
                                         "environment"};

enum { CATEGORIES = sizeof categories / sizeof *categories };

static json_t *service(int number)
{
    return json_pack("{s:{s:o, s:o}, s:o}", "title", "en",
                     json_sprintf("Renew the permit of district %d", number), "ar",
                     json_sprintf("تجديد تصريح المنطقة %d", number), "url",
                     json_sprintf("/service-%d", number));
}

// All services are in the model, not only the few of a category that the portal puts there.
static json_t *home(int services)
{
    json_t *list = json_array();
    for (int c = 0; c < CATEGORIES; c++) {
        json_t *entries = json_array();
        for (int i = c; i < services; i += CATEGORIES)
            json_array_append_new(entries, service(i));
        json_array_append_new(list, json_pack("{s:s, s:s+, s:o}", "category", categories[c], "url",
                                              "/services/", categories[c], "services", entries));
    }
    return json_pack("{s:o, s:i}", "categories", list, "count", services);
}

static int fail(const struct err *err)
{
    fprintf(stderr, "bench-pages: %s\n", err->message);
    return 1;
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct pages *pages = pages_load(argc > 1 ? argv[1] : "build/release/web", &err);
    json_t *model = home(argc > 2 ? atoi(argv[2]) : 116), *views[PAGES_LANGUAGES];
    uint64_t length = (uint64_t)(argc > 3 ? atoi(argv[3]) : 5) * 1000000000u;
    if (!pages)
        return fail(&err);
    for (enum pages_language i = 0; i < PAGES_LANGUAGES; i++)
        views[i] = pages_prepare(pages, i, 0, "home", model, &err);
    struct buf out = {0};
    uint64_t begin = clock_monotonic_ns(), made = 0, end = begin;
    for (; end - begin < length; end = clock_monotonic_ns(), made++) {
        enum pages_language language = (enum pages_language)(made % PAGES_LANGUAGES);
        struct page_context context = {.language = language, .path = "/", .csrf = "token"};
        buf_clear(&out);
        if (pages_render(pages, &context, "home", views[language], NULL, &out, &err) < 0)
            return fail(&err);
    }
    printf("{\"pages_per_second\": %.0f, \"bytes\": %zu}\n",
           (double)made / ((double)(end - begin) / 1e9), out.size);
    buf_finish(&out);
    for (int i = 0; i < PAGES_LANGUAGES; i++)
        json_decref(views[i]);
    json_decref(model);
    pages_destroy(pages);
    return 0;
}
