// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PAGES_FORM_PROPERTY_H
#define MEDINA_PAGES_FORM_PROPERTY_H

#include <jansson.h>
#include <stdbool.h>

// Inside of pages/form: what a property of an input schema is as a form's field.

enum { FORM_NAME = 64 };

enum form_kind {
    FORM_TEXT,
    FORM_DIGITS,
    FORM_DECIMAL,
    FORM_PHONE,
    FORM_EMAIL,
    FORM_SEARCH,
    FORM_CODE,
    FORM_DATE,
    FORM_MONEY,
    FORM_FILE,
    FORM_HIDDEN,
    FORM_PARAGRAPH,
    FORM_SELECT,
    FORM_RADIO,
    FORM_CHECKBOX,
    FORM_CHECKBOXES, // an array of an enum
    FORM_LATITUDE,
    FORM_LONGITUDE,
};

struct form_property {
    const char *name;
    const json_t *source; // the property's schema
    const json_t *behind; // what its $ref leads to, or NULL
    enum form_kind kind;
    const json_t *options; // the enum's values, NULL when it has none
    bool required;
};

// False when the property cannot be a field: a name that HTML ids cannot hold, or a kind of value
// that a form does not send. All is borrowed from the schema.
bool form_read_property(const json_t *schema, const char *name, struct form_property *out);

bool form_is_required(const json_t *schema, const char *name);

// The keyword in the property's schema, else behind its $ref; NULL when there is none.
const json_t *form_keyword(const struct form_property *property, const char *keyword);

// form_keyword of "x-medina-NAME".
const json_t *form_annotation(const struct form_property *property, const char *name);

#endif
