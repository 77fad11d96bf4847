// SPDX-License-Identifier: Apache-2.0
// A fault's keyword and parameters (base/schema.h) as a sentence beside a field.
#include "pages/form.h"
#include "pages/form_property.h"
#include "pages/format.h"

struct fault {
    const struct view *view;
    struct buf *out;
    const json_t *schema;
    const json_t *parameters;
    struct form_property property;
    bool known; // property is set
};

static void write(const struct fault *fault, enum phrase phrase)
{
    phrases_write(fault->view->phrases, fault->out, phrase, 0, NULL, 0);
}

static void write_limit(const struct fault *fault, enum phrase phrase)
{
    const json_t *limit = json_object_get(fault->parameters, "limit");
    struct buf text = {0};
    if (json_is_integer(limit) && fault->known && fault->property.kind == FORM_MONEY)
        format_money(fault->view->phrases, &text, json_integer_value(limit), STR("AED"));
    else if (json_is_integer(limit))
        format_integer(&text, json_integer_value(limit));
    else
        format_number(&text, json_number_value(limit), -1);
    struct phrase_value value = {"limit", buf_str(&text), false};
    phrases_write(fault->view->phrases, fault->out, phrase, 0, &value, 1);
    buf_finish(&text);
}

static void write_count(const struct fault *fault, enum phrase phrase)
{
    json_int_t count = json_integer_value(json_object_get(fault->parameters, "limit"));
    phrases_write(fault->view->phrases, fault->out, phrase, count, NULL, 0);
}

static void write_type(const struct fault *fault, enum phrase otherwise)
{
    const json_t *expected = json_object_get(fault->parameters, "expected");
    for (size_t i = 0; i < json_array_size(expected); i++) {
        struct str name = str_from(json_string_value(json_array_get(expected, i)));
        if (str_is(name, "integer") && fault->known && fault->property.kind != FORM_MONEY) {
            write(fault, PHRASE_FAULT_INTEGER);
            return;
        }
        if (str_is(name, "integer") || str_is(name, "number")) {
            write(fault, PHRASE_FAULT_NUMBER);
            return;
        }
    }
    write(fault, otherwise);
}

static void write_pattern(const struct fault *fault, enum phrase otherwise)
{
    const json_t *message =
        fault->known ? form_annotation(&fault->property, "pattern-message") : NULL;
    json_t *text = view_text(fault->view, message, NULL);
    if (text)
        buf_append_text(fault->out, json_string_value(text));
    else
        write(fault, otherwise);
    json_decref(text);
}

static void write_format(const struct fault *fault, enum phrase otherwise)
{
    struct str format = str_from(json_string_value(json_object_get(fault->parameters, "format")));
    if (str_is(format, "date")) {
        struct buf example = {0};
        format_date(fault->view->phrases, &example, format_date_at(fault->view->now));
        struct phrase_value value = {"example", buf_str(&example), false};
        phrases_write(fault->view->phrases, fault->out, PHRASE_FAULT_DATE, 0, &value, 1);
        buf_finish(&example);
    } else if (str_is(format, "time") || str_is(format, "date-time")) {
        write(fault, PHRASE_FAULT_TIME);
    } else if (str_is(format, "email")) {
        write(fault, PHRASE_FAULT_EMAIL);
    } else if (str_is(format, "uri")) {
        write(fault, PHRASE_FAULT_ADDRESS);
    } else {
        write(fault, otherwise);
    }
}

static void write_together(const struct fault *fault, enum phrase phrase)
{
    const char *name = json_string_value(json_object_get(fault->parameters, "because"));
    struct form_property because;
    json_t *label = NULL;
    if (name && form_read_property(fault->schema, name, &because))
        label = view_text(fault->view, form_annotation(&because, "label"), NULL);
    struct phrase_value value = {"because",
                                 str_from(label  ? json_string_value(label)
                                          : name ? name
                                                 : ""),
                                 true};
    phrases_write(fault->view->phrases, fault->out, phrase, 0, &value, 1);
    json_decref(label);
}

void form_write_fault(const struct view *view, struct buf *out, const json_t *schema,
                      const char *property, const json_t *source)
{
    static const struct {
        const char *keyword;
        void (*write)(const struct fault *fault, enum phrase phrase);
        enum phrase phrase;
    } sentences[] = {
        {"required", write, PHRASE_FAULT_REQUIRED},
        {"type", write_type, PHRASE_FAULT_TYPE},
        {"enum", write, PHRASE_FAULT_ENUM},
        {"const", write, PHRASE_FAULT_ENUM},
        {"minimum", write_limit, PHRASE_FAULT_MINIMUM},
        {"maximum", write_limit, PHRASE_FAULT_MAXIMUM},
        {"exclusiveMinimum", write_limit, PHRASE_FAULT_MORE_THAN},
        {"exclusiveMaximum", write_limit, PHRASE_FAULT_LESS_THAN},
        {"multipleOf", write_limit, PHRASE_FAULT_MULTIPLE},
        {"minLength", write_count, PHRASE_FAULT_SHORTEST},
        {"maxLength", write_count, PHRASE_FAULT_LONGEST},
        {"pattern", write_pattern, PHRASE_FAULT_PATTERN},
        {"format", write_format, PHRASE_FAULT_PATTERN},
        {"minItems", write_count, PHRASE_FAULT_TOO_FEW},
        {"maxItems", write_count, PHRASE_FAULT_TOO_MANY},
        {"uniqueItems", write, PHRASE_FAULT_TWICE},
        {"additionalProperties", write, PHRASE_FAULT_UNKNOWN},
        {"false", write, PHRASE_FAULT_UNKNOWN},
        {"dependentRequired", write_together, PHRASE_FAULT_TOGETHER},
        {"file-type", write, PHRASE_FAULT_FILE_TYPE},
        {"file-size", write, PHRASE_FAULT_FILE_SIZE},
        {"file-many", write, PHRASE_FAULT_FILE_MANY},
        {"file-unknown", write, PHRASE_FAULT_FILE_UNKNOWN},
    };
    struct fault fault = {.view = view,
                          .out = out,
                          .schema = schema,
                          .parameters = json_object_get(source, "parameters")};
    fault.known = form_read_property(schema, property, &fault.property);
    json_t *text = view_text(view, json_object_get(source, "text"), NULL);
    if (text) {
        buf_append_text(out, json_string_value(text));
        json_decref(text);
        return;
    }
    struct str keyword = str_from(json_string_value(json_object_get(source, "keyword")));
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
        if (str_is(keyword, sentences[i].keyword)) {
            sentences[i].write(&fault, sentences[i].phrase);
            return;
        }
    }
    write(&fault, PHRASE_FAULT_REFUSED);
}
