// SPDX-License-Identifier: Apache-2.0
#include "pages/phrases.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STRINGS MEDINA_SOURCE_DIR "/web/strings/"

static json_t *load(const char *file)
{
    json_error_t error;
    char path[512];
    snprintf(path, sizeof path, STRINGS "%s", file);
    json_t *document = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    cr_assert(document != NULL, "%s:%d: %s", path, error.line, error.text);
    return document;
}

static bool has_plurals(const json_t *value)
{
    return json_is_string(json_object_get(value, "other")) &&
           json_is_string(json_object_get(value, "one"));
}

static void expect_forms(const json_t *value, const char *key, const char *const *forms,
                         size_t count)
{
    cr_expect(eq(sz, json_object_size(value), count), "%s: not the plural forms of its language",
              key);
    for (size_t i = 0; i < count; i++)
        cr_expect(json_string_length(json_object_get(value, forms[i])) > 0, "%s.%s is missing", key,
                  forms[i]);
}

// Both have the same names, and no text is empty.
static void compare(const json_t *english, const json_t *arabic, const char *key)
{
    static const char *const six[] = {"zero", "one", "two", "few", "many", "other"};
    static const char *const two[] = {"one", "other"};
    if (has_plurals(english)) {
        expect_forms(english, key, two, 2);
        expect_forms(arabic, key, six, 6);
        return;
    }
    cr_assert(english && arabic && json_typeof(english) == json_typeof(arabic),
              "%s is not in both languages", key);
    if (json_is_string(english)) {
        cr_expect(json_string_length(english) > 0 && json_string_length(arabic) > 0, "%s is empty",
                  key);
        return;
    }
    cr_expect(eq(sz, json_array_size(english), json_array_size(arabic)), "%s", key);
    cr_expect(eq(sz, json_object_size(english), json_object_size(arabic)),
              "%s has names in one language only", key);
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)english, name, value)
    {
        char below[256];
        snprintf(below, sizeof below, "%s%s%s", key, *key ? "." : "", name);
        compare(value, json_object_get(arabic, name), below);
    }
}

Test(phrases, both_languages_have_the_same_texts_and_none_is_empty)
{
    json_t *english = load("en.json"), *arabic = load("ar.json");
    compare(english, arabic, "");
    json_decref(english);
    json_decref(arabic);
}

// The {places} of a text, sorted into a set that can be compared.
static void list_places(const char *text, char names[16][32], size_t *count)
{
    for (const char *at = text; (at = strchr(at, '{')); at++) {
        const char *end = strchr(at, '}');
        cr_assert(end != NULL && end - at < 32, "%s", text);
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)(end - at - 1), at + 1);
        size_t i = 0;
        while (i < *count && strcmp(names[i], name) != 0)
            i++;
        if (i == *count)
            strcpy(names[(*count)++], name);
    }
}

static void compare_places(const json_t *english, const json_t *arabic, const char *key)
{
    if (json_is_string(english)) {
        char en[16][32], ar[16][32];
        size_t en_count = 0, ar_count = 0;
        list_places(json_string_value(english), en, &en_count);
        list_places(json_string_value(arabic), ar, &ar_count);
        cr_expect(eq(sz, en_count, ar_count), "%s: other places to fill", key);
        for (size_t i = 0; i < en_count; i++) {
            size_t j = 0;
            while (j < ar_count && strcmp(en[i], ar[j]) != 0)
                j++;
            cr_expect(lt(sz, j, ar_count), "%s: {%s} is not in Arabic", key, en[i]);
        }
        return;
    }
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)english, name, value)
    {
        // one is often said without the number.
        if (strcmp(name, "one") != 0)
            compare_places(value, json_object_get(arabic, name), name);
    }
}

Test(phrases, the_same_places_are_filled_in_both_languages)
{
    json_t *english = load("en.json"), *arabic = load("ar.json");
    compare_places(english, arabic, "");
    json_decref(english);
    json_decref(arabic);
}

static void expect_letters(const json_t *value, const char *key)
{
    const char *name, *text = json_string_value(value);
    json_t *member;
    size_t i;
    if (text) {
        bool arabic = false;
        for (const char *at = text; *at; at++)
            arabic |= ((unsigned char)*at >= 0xD8 && (unsigned char)*at <= 0xDB);
        bool form = strchr(text, '{') && strlen(text) < 40; // only places: "{day} {month}"
        cr_expect(arabic || form, "%s is not in Arabic: %s", key, text);
    }
    json_object_foreach((json_t *)value, name, member) expect_letters(member, name);
    json_array_foreach((json_t *)value, i, member) expect_letters(member, key);
}

Test(phrases, every_arabic_text_is_arabic)
{
    json_t *arabic = load("ar.json");
    expect_letters(arabic, "");
    json_decref(arabic);
}

Test(phrases, arabic_has_six_plural_forms)
{
    struct phrases *phrases = phrases_load(STRINGS "ar.json", true, NULL);
    static const struct {
        int64_t count;
        const char *expected;
    } cases[] = {{0, "لا توجد نتائج"}, {1, "نتيجة واحدة"}, {2, "نتيجتان"},   {3, "3 نتائج"},
                 {10, "10 نتائج"},     {11, "11 نتيجة"},   {99, "99 نتيجة"}, {100, "100 نتيجة"},
                 {102, "102 نتيجة"},   {103, "103 نتائج"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {0};
        phrases_write(phrases, &out, PHRASE_SEARCH_FOUND, cases[i].count, NULL, 0);
        cr_expect(eq(str, out.data, (char *)cases[i].expected));
        buf_finish(&out);
    }
    phrases_destroy(phrases);
}

static void expect_refused(json_t *document, bool arabic, const char *message)
{
    char path[] = "/tmp/medina-phrases-XXXXXX";
    struct err err = {0};
    int file = mkstemp(path);
    cr_assert(ge(int, file, 0));
    cr_assert(eq(int, json_dumpfd(document, file, 0), 0));
    close(file);
    cr_expect(phrases_load(path, arabic, &err) == NULL);
    cr_expect(strstr(err.message, message) != NULL, "%s", err.message);
    unlink(path);
    json_decref(document);
}

Test(phrases, a_missing_text_keeps_the_host_from_starting)
{
    json_t *document = load("ar.json");
    json_object_del(json_object_get(json_object_get(document, "search"), "found"), "two");
    expect_refused(document, true, "there is no text search.found.two");
    document = load("en.json");
    json_object_del(json_object_get(document, "pay"), "due");
    expect_refused(document, false, "there is no text pay.due");
    document = load("en.json");
    json_array_remove(json_object_get(json_object_get(document, "date"), "months"), 3);
    expect_refused(document, false, "date.months must be 12 names");
    document = load("en.json");
    json_object_del(json_object_get(json_object_get(document, "problem"), "other"), "body");
    expect_refused(document, false, "there is no text problem.other.body");
}

Test(phrases, every_category_of_a_manifest_has_a_name_and_an_icon)
{
    json_t *manifest = json_load_file(MEDINA_SOURCE_DIR "/sdk/docs/manifest.schema.json", 0, NULL);
    json_t *english = load("en.json"), *category;
    size_t i;
    const json_t *list =
        json_object_get(json_object_get(json_object_get(manifest, "properties"), "category"),
                        "enum");
    cr_expect(gt(sz, json_array_size(list), 5));
    json_array_foreach((json_t *)list, i, category)
    {
        const char *name = json_string_value(category);
        char icon[512];
        snprintf(icon, sizeof icon, MEDINA_SOURCE_DIR "/web/icons/%s.svg", name);
        cr_expect(json_string_value(json_object_get(json_object_get(english, "category"), name)) !=
                      NULL,
                  "%s has no name", name);
        cr_expect(eq(int, access(icon, R_OK), 0), "%s has no icon", name);
    }
    json_decref(english);
    json_decref(manifest);
}
