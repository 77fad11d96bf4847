// SPDX-License-Identifier: Apache-2.0
#include "pages/form.h"

#include "pages/form_property.h"
#include "pages/format.h"
#include "pages/pages.h"

#include <stdlib.h>

struct kind_view {
    const char *type;      // of the HTML input
    const char *inputmode; // NULL: by type
    const char *autocomplete;
    bool ltr; // technical content, left to right in both languages
};

static const struct kind_view kind_views[] = {
    [FORM_TEXT] = {"text", NULL, NULL, false},
    [FORM_DIGITS] = {"text", "numeric", "off", true},
    [FORM_DECIMAL] = {"text", "decimal", "off", true},
    [FORM_PHONE] = {"tel", "tel", "tel", true},
    [FORM_EMAIL] = {"email", "email", "email", true},
    [FORM_SEARCH] = {"search", NULL, NULL, false},
    [FORM_CODE] = {"text", "numeric", "one-time-code", true},
    [FORM_DATE] = {"date", NULL, NULL, true},
    [FORM_MONEY] = {"text", "decimal", "off", true},
    [FORM_FILE] = {"file", NULL, NULL, false},
    [FORM_HIDDEN] = {"hidden", NULL, NULL, false},
};

// One field being written.
struct field {
    const struct view *view;
    struct form_property property;
    const json_t *value;
    const json_t *error;
    const json_t *schema;
    bool filter;
};

static void set_string(json_t *object, const char *name, const char *text)
{
    json_object_set_new(object, name, text ? json_string(text) : json_false());
}

static void set_label(const struct field *field, json_t *out)
{
    view_set_text(field->view, out, "label", form_annotation(&field->property, "label"));
    if (json_is_false(json_object_get(out, "label")))
        json_object_set_new(out, "label", view_string(form_keyword(&field->property, "title")));
    if (json_string_length(json_object_get(out, "label")) == 0)
        set_string(out, "label", field->property.name);
}

// A value as an input takes it.
static json_t *text_of(const struct field *field)
{
    const json_t *value = field->value;
    struct buf text = {0};
    if (json_is_string(value))
        return view_string(value);
    if (json_is_integer(value) && field->property.kind == FORM_MONEY)
        format_money_plain(&text, json_integer_value(value), STR("AED"));
    else if (json_is_integer(value))
        buf_append_integer(&text, json_integer_value(value));
    else if (json_is_number(value))
        buf_printf(&text, "%.15g", json_number_value(value));
    else if (json_is_boolean(value))
        buf_append_text(&text, json_is_true(value) ? "true" : "false");
    json_t *out = json_stringn(text.data ? text.data : "", text.size);
    buf_finish(&text);
    return out;
}

static bool is_chosen(const json_t *value, const json_t *option)
{
    if (!json_is_array(value))
        return value && json_equal(value, option);
    for (size_t i = 0; i < json_array_size(value); i++)
        if (json_equal(json_array_get(value, i), option))
            return true;
    return false;
}

static json_t *option_view(const struct field *field, const json_t *option)
{
    struct field shown = {.view = field->view, .value = option};
    json_t *out = json_object(), *value = text_of(&shown);
    const json_t *choices = form_annotation(&field->property, "choices");
    json_t *text = view_text(field->view, json_object_get(choices, json_string_value(value)), NULL);
    json_object_set_new(out, "text", text ? text : json_incref(value));
    json_object_set_new(out, "value", value);
    json_object_set_new(out, "selected", json_boolean(is_chosen(field->value, option)));
    json_object_set_new(out, "first", json_false());
    return out;
}

static void set_options(const struct field *field, json_t *out)
{
    const json_t *choices = field->property.options;
    json_t *options = json_array();
    struct str any =
        phrases_text(field->view->phrases, field->filter ? PHRASE_FORM_ANY : PHRASE_FORM_CHOOSE);
    bool radio = field->property.kind == FORM_RADIO;
    if (radio && !field->property.required)
        json_array_append_new(options,
                              json_pack("{s:s%, s:s, s:b, s:b}", "text", any.data, any.size,
                                        "value", "", "selected", !field->value, "first", false));
    for (size_t i = 0; i < json_array_size(choices) && i < VIEW_ENTRIES; i++)
        json_array_append_new(options, option_view(field, json_array_get(choices, i)));
    if (json_array_size(options) > 0)
        json_object_set_new(json_array_get(options, 0), "first", json_true());
    json_object_set_new(out, "options", options);
    json_object_set_new(out, "empty", json_stringn(any.data, any.size));
}

static void set_error(const struct field *field, json_t *out)
{
    struct buf text = {0};
    json_object_set_new(out, "error", json_false());
    if (!field->error)
        return;
    form_write_fault(field->view, &text, field->schema, field->property.name, field->error);
    view_set_buf(out, "error", &text);
}

static void set_described(const struct field *field, json_t *out)
{
    struct buf ids = {0};
    if (json_is_string(json_object_get(out, "hint")))
        buf_printf(&ids, "h-%s", field->property.name);
    if (json_is_string(json_object_get(out, "error")))
        buf_printf(&ids, "%se-%s", ids.size ? " " : "", field->property.name);
    view_set_buf(out, "described", &ids);
}

// What a filter cannot do without, and has, is not asked again.
static bool is_given(const struct field *field)
{
    return field->filter && field->property.required && field->value &&
           !json_is_array(field->value);
}

// A file is chosen anew or, when the form has been sent before, kept: its handle travels along.
static void set_file(const struct field *field, json_t *out)
{
    struct buf accept = {0};
    const json_t *types = json_object_get(form_annotation(&field->property, "file"), "accept");
    bool kept = field->property.kind == FORM_FILE && json_is_string(field->value) && !field->error;
    for (size_t i = 0; i < json_array_size(types) && i < VIEW_ENTRIES; i++) {
        json_t *type = view_string(json_array_get(types, i));
        buf_append_text(&accept, i ? "," : "");
        buf_append_text(&accept, json_string_value(type) ? json_string_value(type) : "");
        json_decref(type);
    }
    view_set_buf(out, "accept", &accept);
    json_object_set_new(out, "handle", kept ? view_string(field->value) : json_false());
    json_object_set_new(out, "kept", json_false());
    if (kept)
        view_set_phrase(field->view, out, "kept", PHRASE_FORM_FILE_KEPT, 0, NULL, 0);
}

static json_t *field_view(const struct field *field)
{
    enum form_kind kind = is_given(field) ? FORM_HIDDEN : field->property.kind;
    const struct kind_view *shown =
        kind < sizeof kind_views / sizeof *kind_views ? &kind_views[kind] : &kind_views[FORM_TEXT];
    bool coordinate = kind == FORM_LATITUDE || kind == FORM_LONGITUDE;
    bool choice = kind == FORM_RADIO || kind == FORM_CHECKBOXES;
    bool hidden = kind == FORM_HIDDEN || coordinate;
    bool other = kind == FORM_PARAGRAPH || kind == FORM_SELECT || kind == FORM_CHECKBOX;
    json_t *out = json_pack("{s:s, s:b, s:b, s:b, s:b, s:b, s:b}", "name", field->property.name,
                            "is_hidden", hidden, "is_paragraph", kind == FORM_PARAGRAPH,
                            "is_select", kind == FORM_SELECT, "is_choice", choice, "is_checkbox",
                            kind == FORM_CHECKBOX, "is_input", !hidden && !choice && !other);
    set_label(field, out);
    view_set_text(field->view, out, "hint", form_annotation(&field->property, "hint"));
    set_error(field, out);
    set_described(field, out);
    json_object_set_new(out, "value", kind == FORM_FILE ? json_string("") : text_of(field));
    json_object_set_new(out, "checked", json_boolean(json_is_true(field->value)));
    json_object_set_new(out, "optional",
                        json_boolean(!field->property.required && !field->filter &&
                                     kind != FORM_CHECKBOX));
    // A date field drops what is no date, and with it what somebody has typed.
    struct civil_date date;
    struct str typed = {json_string_value(field->value), json_string_length(field->value)};
    bool no_date = kind == FORM_DATE && typed.size && !format_read_date(typed, &date);
    set_string(out, "type",
               choice    ? kind == FORM_RADIO ? "radio" : "checkbox"
               : no_date ? "text"
                         : shown->type);
    set_string(out, "inputmode", shown->inputmode);
    set_string(out, "autocomplete", shown->autocomplete);
    set_string(out, "wrapper", kind == FORM_MONEY ? "money" : "control");
    set_string(out, "locate",
               !coordinate             ? NULL
               : kind == FORM_LATITUDE ? "latitude"
                                       : "longitude");
    set_file(field, out);
    json_object_set_new(out, "ltr", json_boolean(shown->ltr));
    struct str currency = phrases_named(field->view->phrases, "money", "AED");
    json_object_set_new(out, "prefix",
                        kind == FORM_MONEY && currency.data
                            ? json_stringn(currency.data, currency.size)
                            : json_false());
    set_options(field, out);
    return out;
}

// The name of the property that a fault's pointer leads to or into; false when it is the root.
static bool pointed_property(const json_t *error, char name[FORM_NAME + 1])
{
    const char *pointer = json_string_value(json_object_get(error, "pointer"));
    if (!pointer || pointer[0] != '/')
        return false;
    size_t size = strcspn(pointer + 1, "/");
    if (size == 0 || size > FORM_NAME)
        return false;
    memcpy(name, pointer + 1, size);
    name[size] = '\0';
    return true;
}

static const json_t *error_of(const json_t *errors, const char *property)
{
    char name[FORM_NAME + 1];
    for (size_t i = 0; i < json_array_size(errors); i++)
        if (pointed_property(json_array_get(errors, i), name) && strcmp(name, property) == 0)
            return json_array_get(errors, i);
    return NULL;
}

static const json_t *value_of(const struct form_property *property, const json_t *values)
{
    const json_t *value = json_object_get(values, property->name);
    if (!value)
        value = form_keyword(property, "default");
    if (!value && property->kind == FORM_HIDDEN)
        value = form_keyword(property, "const");
    return value;
}

// The mistakes above a form: those of its fields in their order, then those that have no field.
static void add_mistake(json_t *mistakes, const json_t *field)
{
    const char *label = json_string_value(json_object_get(field, "label"));
    const char *error = json_string_value(json_object_get(field, "error"));
    bool hidden = json_is_true(json_object_get(field, "is_hidden"));
    if (!error)
        return;
    json_t *out = json_pack("{s:o}", "text", json_sprintf("%s: %s", label, error));
    json_object_set_new(out, "name",
                        hidden ? json_false() : json_incref(json_object_get(field, "name")));
    json_array_append_new(mistakes, out);
}

static void add_other_mistakes(const struct view *view, json_t *mistakes, const json_t *schema,
                               const json_t *errors)
{
    for (size_t i = 0; i < json_array_size(errors) && i < VIEW_ENTRIES; i++) {
        const json_t *error = json_array_get(errors, i);
        char name[FORM_NAME + 1] = "";
        if (pointed_property(error, name) && form_has_property(schema, name))
            continue;
        json_t *out = json_pack("{s:b}", "name", false);
        struct buf text = {0};
        if (name[0])
            buf_printf(&text, "%s: ", name);
        form_write_fault(view, &text, schema, name, error);
        json_t *raw = json_stringn(text.data, text.size);
        json_object_set_new(out, "text", view_string(raw));
        json_decref(raw);
        buf_finish(&text);
        json_array_append_new(mistakes, out);
    }
}

void form_set_fields(const struct view *view, json_t *object, const json_t *schema,
                     const json_t *values, const json_t *errors, bool filter)
{
    json_t *fields = json_array(), *mistakes = json_array();
    bool files = false, locates = false, unsupported = false;
    const char *name;
    json_t *source;
    json_object_foreach(json_object_get(schema, "properties"), name, source)
    {
        struct field field = {.view = view, .schema = schema, .filter = filter};
        if (!form_read_property(schema, name, &field.property)) {
            unsupported |= form_is_required(schema, name);
            continue;
        }
        field.value = value_of(&field.property, values);
        field.error = error_of(errors, name);
        files |= field.property.kind == FORM_FILE;
        locates |= field.property.kind == FORM_LATITUDE;
        json_t *shown = field_view(&field);
        add_mistake(mistakes, shown);
        json_array_append_new(fields, shown);
    }
    add_other_mistakes(view, mistakes, schema, errors);
    json_object_set_new(object, "has_fields", json_boolean(json_array_size(fields)));
    json_object_set_new(object, "fields", fields);
    json_object_set_new(object, "has_mistakes", json_boolean(json_array_size(mistakes)));
    json_object_set_new(object, "mistakes", mistakes);
    json_object_set_new(object, "has_files", json_boolean(files));
    json_object_set_new(object, "locates", json_boolean(locates));
    json_object_set_new(object, "unsupported", json_false());
    if (unsupported)
        view_set_phrase(view, object, "unsupported", PHRASE_FORM_UNSUPPORTED, 0, NULL, 0);
}

bool form_is_filter(const json_t *schema)
{
    const char *name;
    json_t *source;
    json_object_foreach(json_object_get(schema, "properties"), name, source)
    {
        struct form_property property;
        if (form_read_property(schema, name, &property) && !property.required &&
            property.kind != FORM_HIDDEN)
            return true;
    }
    return false;
}

bool form_has_property(const json_t *schema, const char *name)
{
    return json_object_get(json_object_get(schema, "properties"), name) != NULL;
}
