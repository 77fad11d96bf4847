// SPDX-License-Identifier: Apache-2.0
#include "pages/phrases.h"

#include "base/mem.h"
#include "pages/format.h"

#include <stdlib.h>

enum form { ZERO, ONE, TWO, FEW, MANY, OTHER };

static const char *const form_names[PHRASE_FORMS] = {"zero", "one", "two", "few", "many", "other"};

static struct str text_of(const json_t *value)
{
    return (struct str){json_string_value(value), json_string_length(value)};
}

// "a.b.c" in nested objects; NULL when there is no such thing.
static const json_t *find(const json_t *document, const char *key)
{
    struct str rest = str_from(key);
    while (rest.data && document) {
        struct str part = str_cut(&rest, '.');
        document = json_object_getn(document, part.data, part.size);
    }
    return document;
}

static int read_forms(struct phrases *phrases, enum phrase phrase, const char *key, struct err *err)
{
    const json_t *value = find(phrases->document, key);
    struct str *forms = phrases->texts[phrase];
    if (json_is_string(value)) {
        for (int i = 0; i < PHRASE_FORMS; i++)
            forms[i] = text_of(value);
        return 0;
    }
    for (int i = 0; i < PHRASE_FORMS; i++) {
        bool needed = phrases->arabic || i == ONE || i == OTHER;
        forms[i] = text_of(json_object_get(value, form_names[i]));
        if (needed && !forms[i].data)
            return err_set(err, ERR_INVALID, "there is no text %s%s%s", key, value ? "." : "",
                           value ? form_names[i] : "");
    }
    return 0;
}

static int read_names(const struct phrases *phrases, const char *key, struct str *out, size_t count,
                      struct err *err)
{
    const json_t *names = find(phrases->document, key);
    for (size_t i = 0; i < count; i++) {
        out[i] = text_of(json_array_get(names, i));
        if (!out[i].data)
            return err_set(err, ERR_INVALID, "%s must be %zu names", key, count);
    }
    return 0;
}

static int read_all(struct phrases *phrases, struct err *err)
{
#define PHRASE_KEY(name, key) key,
    static const char *const keys[PHRASE_COUNT] = {PHRASES(PHRASE_KEY)};
#undef PHRASE_KEY
    for (int i = 0; i < PHRASE_COUNT; i++) {
        int code = read_forms(phrases, (enum phrase)i, keys[i], err);
        if (code < 0)
            return code;
    }
    static const char *const groups[] = {"problem.other.title", "problem.other.body",
                                         "payment.other.title", "payment.other.body",
                                         "payment.other.next",  "error.other.title",
                                         "error.other.next",    "category.other"};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (!json_is_string(find(phrases->document, groups[i])))
            return err_set(err, ERR_INVALID, "there is no text %s", groups[i]);
    if (read_names(phrases, "date.months", phrases->months, 12, err) < 0 ||
        read_names(phrases, "date.months-short", phrases->short_months, 12, err) < 0)
        return ERR_INVALID;
    return read_names(phrases, "date.days", phrases->days, 7, err);
}

struct phrases *phrases_load(const char *path, bool arabic, struct err *err)
{
    json_error_t error;
    json_t *document = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!document) {
        int code =
            json_error_code(&error) == json_error_cannot_open_file ? ERR_NOT_FOUND : ERR_INVALID;
        err_set(err, code, "%s:%d: %s", path, error.line, error.text);
        return NULL;
    }
    struct phrases *phrases = mem_zero(1, sizeof *phrases);
    phrases->arabic = arabic;
    phrases->document = document;
    if (read_all(phrases, err) < 0) {
        err_prefix(err, "%s", path);
        phrases_destroy(phrases);
        return NULL;
    }
    return phrases;
}

void phrases_destroy(struct phrases *phrases)
{
    if (!phrases)
        return;
    json_decref(phrases->document);
    free(phrases);
}

struct str phrases_text(const struct phrases *phrases, enum phrase phrase)
{
    return phrases->texts[phrase][OTHER];
}

// The plural categories of CLDR for whole numbers.
static enum form form_for(const struct phrases *phrases, int64_t count)
{
    if (!phrases->arabic)
        return count == 1 ? ONE : OTHER;
    if (count >= 0 && count <= 2)
        return (enum form)count;
    int64_t rest = count % 100;
    if (rest >= 3 && rest <= 10)
        return FEW;
    return rest >= 11 ? MANY : OTHER;
}

static void write_value(struct buf *out, struct str name, int64_t count,
                        const struct phrase_value *values, size_t value_count)
{
    for (size_t i = 0; i < value_count; i++) {
        if (!str_is(name, values[i].name))
            continue;
        if (values[i].foreign)
            buf_append_text(out, "\u2068");
        buf_append_str(out, values[i].text);
        if (values[i].foreign)
            buf_append_text(out, "\u2069");
        return;
    }
    if (str_is(name, "count"))
        format_integer(out, count);
}

static void write_text(struct buf *out, struct str text, int64_t count,
                       const struct phrase_value *values, size_t value_count)
{
    while (text.data) {
        buf_append_str(out, str_cut(&text, '{'));
        if (text.data)
            write_value(out, str_cut(&text, '}'), count, values, value_count);
    }
}

void phrases_write(const struct phrases *phrases, struct buf *out, enum phrase phrase,
                   int64_t count, const struct phrase_value *values, size_t value_count)
{
    write_text(out, phrases->texts[phrase][form_for(phrases, count)], count, values, value_count);
}

void phrases_fill(struct buf *out, struct str text, const struct phrase_value *values,
                  size_t value_count)
{
    write_text(out, text, 0, values, value_count);
}

struct str phrases_of_group(const struct phrases *phrases, const char *group, const char *name,
                            const char *member)
{
    const json_t *entries = json_object_get(phrases->document, group);
    const json_t *entry = json_object_get(entries, name);
    if (!json_is_object(entry))
        entry = json_object_get(entries, "other");
    return text_of(json_object_get(entry, member));
}

struct str phrases_named(const struct phrases *phrases, const char *group, const char *name)
{
    return text_of(json_object_get(find(phrases->document, group), name));
}
