// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PAGES_FORM_H
#define MEDINA_PAGES_FORM_H

#include "base/schema.h"
#include "pages/view.h"

// Forms are made from the input schema of an operation and its x-medina-* annotations
// (sdk/docs/results.md, "form"), and read back by the same schema.

// Sets on *object: fields, has_fields, mistakes, has_mistakes, has_files, locates, unsupported (a
// text when a required property cannot be a field, else false). values fill the fields; errors are
// [{pointer, keyword, parameters} or {pointer, text}]; both may be NULL. filter: an empty choice
// reads "any", and nothing is called optional.
void form_set_fields(const struct view *view, json_t *object, const json_t *schema,
                     const json_t *values, const json_t *errors, bool filter);

// True when the schema has a field that can be left out and is shown: worth offering as a filter.
bool form_is_filter(const json_t *schema);

// True when the schema declares a property of that name.
bool form_has_property(const json_t *schema, const char *name);

// What a field is wrong with, in the reader's language. Appends. because is looked up in schema.
void form_write_fault(const struct view *view, struct buf *out, const json_t *schema,
                      const char *property, const json_t *fault);

#endif
