// SPDX-License-Identifier: Apache-2.0
#include "pages/components.h"

#include "base/arena.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

static const char ending[] = ".json";

static int is_component(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name), tail = sizeof ending - 1;
    return size > tail && strcmp(entry->d_name + size - tail, ending) == 0;
}

static int load_one(json_t *components, const char *path, const char *file, struct err *err)
{
    json_error_t error;
    json_t *component = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!component)
        return err_set(err, ERR_INVALID, "%s:%d: %s", path, error.line, error.text);
    json_t *name = json_stringn(file, strlen(file) - (sizeof ending - 1));
    json_object_set_new(components, json_string_value(name), component);
    json_decref(name);
    return 0;
}

json_t *components_load(const char *directory, struct err *err)
{
    struct arena arena = {0};
    struct dirent **entries = NULL;
    const char *folder = arena_printf(&arena, "%s/components", directory);
    int count = scandir(folder, &entries, is_component, alphasort), rc = 0;
    if (count < 0)
        rc = err_set(err, ERR_NOT_FOUND, "%s: %s", folder, strerror(errno));
    json_t *components = json_object();
    for (int i = 0; i < count; i++) {
        const char *file = entries[i]->d_name;
        if (rc == 0)
            rc = load_one(components, arena_printf(&arena, "%s/%s", folder, file), file, err);
        free(entries[i]);
    }
    free(entries);
    arena_finish(&arena);
    if (rc == 0)
        return components;
    json_decref(components);
    return NULL;
}

static struct page_operation operation_of(const json_t *source)
{
    return (
        struct page_operation){.instance = json_string_value(json_object_get(source, "instance")),
                               .operation = json_string_value(json_object_get(source, "operation")),
                               .service = json_object_get(source, "service"),
                               .agency = json_object_get(source, "agency"),
                               .title = json_object_get(source, "title"),
                               .summary = json_object_get(source, "summary"),
                               .schema = json_object_get(source, "schema"),
                               .input = json_object_get(source, "input"),
                               .safe = json_is_true(json_object_get(source, "safe"))};
}

static struct page_problem problem_of(const json_t *source)
{
    return (struct page_problem){
        .status = (int)json_integer_value(json_object_get(source, "status")),
        .detail = json_string_value(json_object_get(source, "detail")),
        .reference = json_string_value(json_object_get(source, "reference")),
        .retry_after = (unsigned)json_integer_value(json_object_get(source, "retry_after"))};
}

int components_render(const struct pages *pages, const struct page_context *context,
                      const json_t *component, struct buf *out, struct err *err)
{
    struct page_context own = *context;
    const json_t *problem = json_object_get(component, "problem");
    const char *page = json_string_value(json_object_get(component, "page"));
    own.query = json_string_value(json_object_get(component, "query"));
    own.signed_in = json_is_true(json_object_get(component, "signed_in"));
    own.refresh = (unsigned)json_integer_value(json_object_get(component, "refresh"));
    if (page)
        return pages_show(pages, &own, page, json_object_get(component, "model"), out, err);
    if (problem) {
        struct page_problem shown = problem_of(problem);
        return pages_render_problem(pages, &own, &shown, out, err);
    }
    struct page_operation operation = operation_of(json_object_get(component, "operation"));
    return pages_render_result(pages, &own, &operation, json_object_get(component, "result"), out,
                               err);
}

// The main part of a page, between its own tags.
static struct str main_of(struct str page)
{
    char *begin = memmem(page.data, page.size, "<main", 5);
    begin = begin ? memchr(begin, '>', page.size - (size_t)(begin - page.data)) : NULL;
    if (!begin)
        return STR("");
    struct str rest = str_from_offset(page, (size_t)(begin + 1 - page.data));
    char *end = memmem(rest.data, rest.size, "</main>", 7);
    rest.size = end ? (size_t)(end - rest.data) : rest.size;
    return rest;
}

static int append_all(const struct pages *pages, const struct page_context *context,
                      const json_t *components, struct buf *out, struct err *err)
{
    const char *name;
    json_t *component;
    int rc = 0;
    json_object_foreach((json_t *)components, name, component)
    {
        struct buf page = {0};
        rc = components_render(pages, context, component, &page, err);
        if (rc == 0) {
            buf_printf(out, "<section class=\"section component\"><h2 id=\"%s\">%s</h2>", name,
                       name);
            buf_append_str(out, main_of(buf_str(&page)));
            buf_append_text(out, "</section>");
        }
        buf_finish(&page);
        if (rc < 0)
            break;
    }
    return rc;
}

int components_render_all(const struct pages *pages, const struct page_context *context,
                          const json_t *components, struct buf *out, struct err *err)
{
    struct buf frame = {0};
    const char *name;
    json_t *component, *list = json_array();
    json_object_foreach((json_t *)components, name, component)
        json_array_append_new(list, json_pack("{s:s, s:s+}", "name", name, "url",
                                              "/dev/components/", name));
    json_t *model = json_pack("{s:o}", "components", list);
    int rc = pages_show(pages, context, "components", model, &frame, err);
    json_decref(model);
    struct str whole = buf_str(&frame), index = main_of(whole);
    size_t end = rc == 0 ? (size_t)(index.data + index.size - whole.data) : 0;
    if (rc == 0) {
        buf_append(out, whole.data, end);
        rc = append_all(pages, context, components, out, err);
        buf_append_str(out, str_from_offset(whole, end));
    }
    buf_finish(&frame);
    return rc;
}
