// SPDX-License-Identifier: Apache-2.0
#include "pages/form_property.h"

#include "base/str.h"

#include <stdio.h>

enum { RADIO_OPTIONS = 5, REFERENCES = 8 };

static bool is_plain_name(const char *name)
{
    size_t size = strlen(name);
    return size > 0 && size <= FORM_NAME &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") ==
               size;
}

// Follows {"$ref": "#/$defs/name"}; other references are not annotated by anybody.
static const json_t *resolve(const json_t *schema, const json_t *source)
{
    const json_t *definitions = json_object_get(schema, "$defs");
    for (int i = 0; i < REFERENCES; i++) {
        const char *reference = json_string_value(json_object_get(source, "$ref"));
        if (!reference || strncmp(reference, "#/$defs/", 8) != 0)
            return source;
        source = json_object_get(definitions, reference + 8);
    }
    return NULL;
}

const json_t *form_keyword(const struct form_property *property, const char *keyword)
{
    const json_t *value = json_object_get(property->source, keyword);
    return value ? value : json_object_get(property->behind, keyword);
}

const json_t *form_annotation(const struct form_property *property, const char *name)
{
    char keyword[64];
    snprintf(keyword, sizeof keyword, "x-medina-%s", name);
    return form_keyword(property, keyword);
}

bool form_is_required(const json_t *schema, const char *name)
{
    const json_t *required = json_object_get(schema, "required");
    for (size_t i = 0; i < json_array_size(required); i++) {
        const char *entry = json_string_value(json_array_get(required, i));
        if (entry && strcmp(entry, name) == 0)
            return true;
    }
    return false;
}

// The one type that is not null.
static struct str type_of(const struct form_property *property)
{
    const json_t *type = form_keyword(property, "type");
    for (size_t i = 0; i < json_array_size(type); i++) {
        const char *name = json_string_value(json_array_get(type, i));
        if (name && strcmp(name, "null") != 0)
            return str_from(name);
    }
    const char *name = json_string_value(type);
    return str_from(name ? name : "string");
}

static bool named_kind(const struct form_property *property, enum form_kind *kind)
{
    static const struct {
        const char *name;
        enum form_kind kind;
    } names[] = {{"text", FORM_TEXT},          {"digits", FORM_DIGITS},
                 {"phone", FORM_PHONE},        {"email", FORM_EMAIL},
                 {"search", FORM_SEARCH},      {"code", FORM_CODE},
                 {"date", FORM_DATE},          {"money", FORM_MONEY},
                 {"hidden", FORM_HIDDEN},      {"paragraph", FORM_PARAGRAPH},
                 {"select", FORM_SELECT},      {"radio", FORM_RADIO},
                 {"checkbox", FORM_CHECKBOX},  {"latitude", FORM_LATITUDE},
                 {"longitude", FORM_LONGITUDE}};
    const char *name = json_string_value(form_annotation(property, "input"));
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, name) == 0) {
            *kind = names[i].kind;
            return true;
        }
    }
    return false;
}

static enum form_kind kind_of_string(const struct form_property *property)
{
    const char *format = json_string_value(form_keyword(property, "format"));
    if (format && strcmp(format, "date") == 0)
        return FORM_DATE;
    return format && strcmp(format, "email") == 0 ? FORM_EMAIL : FORM_TEXT;
}

// What the type alone says; false when no field can send it.
static bool default_kind(const struct form_property *property, struct str type,
                         enum form_kind *kind)
{
    if (property->options)
        *kind = property->required && json_array_size(property->options) <= RADIO_OPTIONS
                    ? FORM_RADIO
                    : FORM_SELECT;
    else if (str_is(type, "boolean"))
        *kind = FORM_CHECKBOX;
    else if (str_is(type, "integer"))
        *kind = FORM_DIGITS;
    else if (str_is(type, "number"))
        *kind = FORM_DECIMAL;
    else if (str_is(type, "string"))
        *kind = kind_of_string(property);
    else
        return false;
    return true;
}

static bool fits(const struct form_property *property, struct str type)
{
    switch (property->kind) {
    case FORM_SELECT:
    case FORM_RADIO:
        return property->options != NULL;
    case FORM_CHECKBOX:
        return str_is(type, "boolean");
    case FORM_MONEY:
        return str_is(type, "integer");
    default:
        return !str_is(type, "object") && !str_is(type, "array");
    }
}

bool form_read_property(const json_t *schema, const char *name, struct form_property *out)
{
    const json_t *source = json_object_get(json_object_get(schema, "properties"), name);
    *out = (struct form_property){.name = name, .source = source};
    if (!json_is_object(source) || !is_plain_name(name))
        return false;
    out->behind = resolve(schema, source);
    out->required = form_is_required(schema, name);
    out->options = form_keyword(out, "enum");
    struct str type = type_of(out);
    if (str_is(type, "array")) {
        struct form_property items = {.source = form_keyword(out, "items")};
        items.behind = resolve(schema, items.source);
        out->options = form_keyword(&items, "enum");
        out->kind = FORM_CHECKBOXES;
        return out->options != NULL;
    }
    enum form_kind named;
    bool fine = default_kind(out, type, &out->kind);
    if (form_annotation(out, "file")) {
        out->kind = FORM_FILE;
        return fine;
    }
    if (named_kind(out, &named)) {
        struct form_property wished = *out;
        wished.kind = named;
        if (fits(&wished, type))
            out->kind = named;
    }
    return fine;
}
