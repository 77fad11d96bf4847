/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin's strings: one flat JSON object a language, embedded in the file. */

#include "call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *load(const char *begin, const char *end, const char *language, char *reason,
                    size_t reason_size)
{
    json_error_t error;
    json_t *strings = json_loadb(begin, (size_t)(end - begin), JSON_REJECT_DUPLICATES, &error);
    if (!strings)
        snprintf(reason, reason_size, "strings/%s.json:%d: %s", language, error.line, error.text);
    return strings;
}

bool medina_strings_load(char *reason, size_t reason_size)
{
    medina_sdk.strings[0] =
        load(medina_embedded_en, medina_embedded_en_end, "en", reason, reason_size);
    medina_sdk.strings[1] =
        load(medina_embedded_ar, medina_embedded_ar_end, "ar", reason, reason_size);
    return medina_sdk.strings[0] && medina_sdk.strings[1];
}

enum { MOST_PAIRS = 16 };

struct pairs {
    const char *names[MOST_PAIRS];
    const char *values[MOST_PAIRS];
    size_t count;
};

static const char *value_of(const struct pairs *pairs, const char *name, size_t size)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strlen(pairs->names[i]) == size && memcmp(pairs->names[i], name, size) == 0)
            return pairs->values[i];
    return NULL;
}

/* The template with each {name} replaced; a name that was not given stays as it is. */
static json_t *fill(const char *template, const struct pairs *pairs)
{
    size_t capacity = strlen(template) + 1;
    for (size_t i = 0; i < pairs->count; i++)
        capacity += strlen(pairs->values[i]) * 4;
    char *text = malloc(capacity), *at = text;
    if (!text)
        abort();
    while (*template) {
        const char *close = *template == '{' ? strchr(template, '}') : NULL;
        const char *value =
            close ? value_of(pairs, template + 1, (size_t)(close - template - 1)) : NULL;
        size_t size = value ? strlen(value) : 1;
        if ((size_t)(at - text) + size + 1 > capacity)
            break;
        memcpy(at, value ? value : template, size);
        at += size;
        template = value ? close + 1 : template + 1;
    }
    json_t *filled = json_stringn(text, (size_t)(at - text));
    free(text);
    return filled;
}

json_t *medina_text(const char *key, ...)
{
    struct pairs pairs = {.count = 0};
    va_list arguments;
    va_start(arguments, key);
    for (const char *name; (name = va_arg(arguments, const char *)) && pairs.count < MOST_PAIRS;) {
        const char *value = va_arg(arguments, const char *);
        pairs.names[pairs.count] = name;
        pairs.values[pairs.count++] = value ? value : "";
    }
    va_end(arguments);
    json_t *text = json_object();
    static const char *const languages[] = {"en", "ar"};
    for (int i = 0; i < 2; i++) {
        const char *template = json_string_value(json_object_get(medina_sdk.strings[i], key));
        json_object_set_new(text, languages[i], fill(template ? template : key, &pairs));
    }
    return text;
}

json_t *medina_text_of(const char *english, const char *arabic)
{
    return json_pack("{s:s, s:s}", "en", english ? english : "", "ar", arabic ? arabic : "");
}

json_t *medina_money(int64_t minor_units)
{
    return json_pack("{s:I, s:s}", "amount", (json_int_t)minor_units, "currency", "AED");
}
