// SPDX-License-Identifier: Apache-2.0
// Loading what web/build.js wrote, and putting a page together. Each language has its own compiled
// templates, into which its strings and the assets' names are folded.
#include "pages/pages.h"

#include "base/arena.h"
#include "base/mem.h"
#include "pages/base_map.h"
#include "pages/format.h"
#include "pages/host_page.h"
#include "pages/mustache.h"
#include "pages/phrases.h"
#include "pages/result.h"
#include "pages/view.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEMPLATES = 256, TEMPLATE_BYTES = 256 * 1024 };

struct pages {
    struct phrases *phrases[PAGES_LANGUAGES];
    struct mustache *templates[PAGES_LANGUAGES];
    struct base_map *ground;
};

static const struct {
    const char *code, *direction, *name;
} languages[PAGES_LANGUAGES] = {{"en", "ltr", "English"}, {"ar", "rtl", "العربية"}};

enum pages_language pages_language_from(struct str code)
{
    for (enum pages_language i = 0; i < PAGES_LANGUAGES; i++)
        if (str_is(code, languages[i].code))
            return i;
    return PAGES_LANGUAGES;
}

const char *pages_language_code(enum pages_language language)
{
    return languages[language].code;
}

struct sources {
    struct mustache_source items[TEMPLATES];
    size_t count;
    struct arena arena;
};

static int read_template(struct sources *sources, const char *folder, const char *file,
                         struct err *err)
{
    const char *path = arena_printf(&sources->arena, "%s/%s", folder, file);
    FILE *stream = fopen(path, "r");
    if (!stream)
        return err_set(err, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
    char *text = arena_alloc(&sources->arena, TEMPLATE_BYTES);
    size_t size = fread(text, 1, TEMPLATE_BYTES, stream);
    bool whole = feof(stream) && !ferror(stream);
    fclose(stream);
    if (!whole)
        return err_set(err, ERR_LIMIT, "%s: cannot be read, or is larger than %d bytes", path,
                       TEMPLATE_BYTES);
    struct str name = str_from(file);
    name.size -= strlen(".mustache");
    sources->items[sources->count++] =
        (struct mustache_source){{arena_string(&sources->arena, name), name.size}, {text, size}};
    return 0;
}

static bool is_template(const char *file)
{
    size_t size = strlen(file), ending = strlen(".mustache");
    return size > ending && strcmp(file + size - ending, ".mustache") == 0;
}

static int read_templates(struct sources *sources, const char *directory, struct err *err)
{
    const char *path = arena_printf(&sources->arena, "%s/templates", directory);
    DIR *folder = opendir(path);
    if (!folder)
        return err_set(err, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
    int code = 0;
    for (struct dirent *entry; code == 0 && (entry = readdir(folder));) {
        if (!is_template(entry->d_name))
            continue;
        code = sources->count == TEMPLATES
                   ? err_set(err, ERR_LIMIT, "%s: more than %d templates", path, TEMPLATES)
                   : read_template(sources, path, entry->d_name, err);
    }
    closedir(folder);
    return code;
}

// What templates name as {{t.…}}, {{asset.…}} and {{language.…}}.
static json_t *constants_of(const struct phrases *phrases, json_t *assets,
                            enum pages_language language)
{
    enum pages_language other = language == PAGES_ENGLISH ? PAGES_ARABIC : PAGES_ENGLISH;
    const char *font = language == PAGES_ENGLISH ? "latin" : "arabic";
    return json_pack("{s:O, s:O, s:{s:s, s:s, s:s, s:s, s:s, s:O*}}", "t", phrases->document,
                     "asset", assets, "language", "code", languages[language].code, "direction",
                     languages[language].direction, "other", languages[other].code,
                     "other-direction", languages[other].direction, "other-name",
                     languages[other].name, "font", json_object_get(assets, font));
}

static int load_language(struct pages *pages, enum pages_language language, const char *directory,
                         struct sources *sources, json_t *assets, struct err *err)
{
    const char *path =
        arena_printf(&sources->arena, "%s/strings/%s.json", directory, languages[language].code);
    pages->phrases[language] = phrases_load(path, language == PAGES_ARABIC, err);
    if (!pages->phrases[language])
        return ERR_INVALID;
    json_t *constants = constants_of(pages->phrases[language], assets, language);
    pages->templates[language] =
        mustache_compile(sources->items, sources->count, constants, 0, err);
    json_decref(constants);
    if (!pages->templates[language])
        return err_prefix(err, "%s/templates, %s", directory, languages[language].code);
    return 0;
}

static int load_all(struct pages *pages, const char *directory, struct sources *sources,
                    struct err *err)
{
    json_error_t error;
    int code = read_templates(sources, directory, err);
    if (code < 0)
        return code;
    const char *path = arena_printf(&sources->arena, "%s/manifest.json", directory);
    json_t *assets = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!assets)
        return err_set(err, ERR_INVALID, "%s:%d: %s", path, error.line, error.text);
    for (enum pages_language i = 0; i < PAGES_LANGUAGES && code == 0; i++)
        code = load_language(pages, i, directory, sources, assets, err);
    json_decref(assets);
    return code;
}

struct pages *pages_load(const char *directory, struct err *err)
{
    struct pages *pages = mem_zero(1, sizeof *pages);
    struct sources *sources = mem_zero(1, sizeof *sources);
    int code = load_all(pages, directory, sources, err);
    arena_finish(&sources->arena);
    free(sources);
    if (code == 0)
        return pages;
    pages_destroy(pages);
    return NULL;
}

void pages_destroy(struct pages *pages)
{
    if (!pages)
        return;
    for (int i = 0; i < PAGES_LANGUAGES; i++) {
        mustache_destroy(pages->templates[i]);
        phrases_destroy(pages->phrases[i]);
    }
    base_map_destroy(pages->ground);
    free(pages);
}

// When the page was made: shown where it changes while one looks, and where it was kept.
static void set_times(const struct phrases *phrases, const struct page_context *context,
                      json_t *view)
{
    struct buf time = {0}, line = {0};
    if (context->keep != PAGES_KEEP_NOTHING) {
        format_time(phrases, &time, context->now);
        struct phrase_value value = {"time", buf_str(&time), false};
        phrases_write(phrases, &line, PHRASE_OFFLINE_KEPT, 0, &value, 1);
    }
    json_object_set_new(view, "kept_time", json_stringn(time.data ? time.data : "", time.size));
    json_object_set_new(view, "kept",
                        line.size ? json_stringn(line.data, line.size) : json_false());
    buf_clear(&time);
    format_seconds(&time, context->now);
    json_object_set_new(view, "made", json_stringn(time.data, time.size));
    buf_finish(&time);
    buf_finish(&line);
}

int pages_load_map(struct pages *pages, const char *path, struct err *err)
{
    struct base_map *ground;
    int rc = base_map_load(&ground, path, err);
    if (rc < 0)
        return rc;
    base_map_destroy(pages->ground);
    pages->ground = ground;
    return 0;
}

static json_t *context_view(const struct page_context *context)
{
    json_t *query = context->query ? json_string(context->query) : NULL;
    json_t *shown = view_string(query);
    json_decref(query);
    return json_pack("{s:s, s:s, s:s, s:o, s:b, s:b, s:o, s:b, s:b}", "base",
                     context->language == PAGES_ENGLISH ? "/en" : "/ar", "path", context->path,
                     "csrf", context->csrf ? context->csrf : "", "query", shown, "person",
                     context->signed_in, "demonstration", context->demonstration, "refresh",
                     context->refresh ? json_integer(context->refresh) : json_false(), "keeps",
                     false, "field", false);
}

int pages_render(const struct pages *pages, const struct page_context *context, const char *page,
                 const json_t *shared, const json_t *own, struct buf *out, struct err *err)
{
    const struct mustache_template *template =
        mustache_find(pages->templates[context->language], str_from(page));
    if (!template)
        return err_set(err, ERR_NOT_FOUND, "there is no page %s", page);
    json_t *request = context_view(context);
    if (!request)
        return err_set(err, ERR_INVALID, "the path, the token or the query is not UTF-8");
    set_times(pages->phrases[context->language], context, request);
    const json_t *contexts[] = {request, shared, own};
    int code = mustache_render(template, contexts, 3, out->size + PAGES_BYTES, out, err);
    json_decref(request);
    return code;
}

static struct view view_for(const struct pages *pages, enum pages_language language, int64_t now,
                            const char *instance)
{
    return (struct view){.phrases = pages->phrases[language],
                         .ground = pages->ground,
                         .now = now,
                         .instance = instance};
}

json_t *pages_prepare(const struct pages *pages, enum pages_language language, int64_t now,
                      const char *page, const json_t *model, struct err *err)
{
    struct view view = view_for(pages, language, now, "");
    json_t *out = host_page_view(&view, page, model);
    if (!out)
        err_set(err, ERR_NOT_FOUND, "there is no page %s", page);
    return out;
}

int pages_show(const struct pages *pages, const struct page_context *context, const char *page,
               const json_t *model, struct buf *out, struct err *err)
{
    json_t *own = pages_prepare(pages, context->language, context->now, page, model, err);
    if (!own)
        return ERR_NOT_FOUND;
    int code = pages_render(pages, context, page, NULL, own, out, err);
    json_decref(own);
    return code;
}

// as: the template of a file on its own; NULL for the one of the result's type.
static int render_result_as(const struct pages *pages, const struct page_context *context,
                            const struct page_operation *operation, const json_t *result,
                            const char *as, struct buf *out, struct err *err)
{
    struct view view = view_for(pages, context->language, context->now, operation->instance);
    const char *template;
    view.textual = as != NULL;
    json_t *own = result_view(&view, operation, result, &template);
    int code = pages_render(pages, context, as ? as : template, NULL, own, out, err);
    json_decref(own);
    return code;
}

int pages_render_result(const struct pages *pages, const struct page_context *context,
                        const struct page_operation *operation, const json_t *result,
                        struct buf *out, struct err *err)
{
    return render_result_as(pages, context, operation, result, NULL, out, err);
}

int pages_render_receipt_file(const struct pages *pages, const struct page_context *context,
                              const struct page_operation *operation, const json_t *receipt,
                              struct buf *out, struct err *err)
{
    return render_result_as(pages, context, operation, receipt, "receipt-file", out, err);
}

int pages_render_form(const struct pages *pages, const struct page_context *context,
                      const struct page_operation *operation, const json_t *values,
                      const json_t *errors, struct buf *out, struct err *err)
{
    struct view view = view_for(pages, context->language, context->now, operation->instance);
    json_t *own = result_form_view(&view, operation, values, errors);
    int code = pages_render(pages, context, "form", NULL, own, out, err);
    json_decref(own);
    return code;
}

int pages_render_problem(const struct pages *pages, const struct page_context *context,
                         const struct page_problem *problem, struct buf *out, struct err *err)
{
    struct view view = view_for(pages, context->language, context->now, "");
    json_t *own = host_page_problem(&view, problem);
    int code = pages_render(pages, context, "problem", NULL, own, out, err);
    json_decref(own);
    return code;
}
