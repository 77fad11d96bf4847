// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_BASE_SCHEMA_H
#define MEDINA_BASE_SCHEMA_H

#include "base/err.h"
#include "base/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

// JSON Schema, draft 2020-12 (json-schema.org/draft/2020-12), as a declared subset: a schema that
// uses anything else is refused when it is compiled, never half obeyed.
//
//   any value   type enum const  allOf anyOf oneOf not  if then else  $ref $defs
//   numbers     minimum maximum exclusiveMinimum exclusiveMaximum multipleOf
//   strings     minLength maxLength (code points) pattern format
//   arrays      items prefixItems minItems maxItems uniqueItems contains minContains maxContains
//   objects     properties required additionalProperties patternProperties propertyNames
//               minProperties maxProperties dependentRequired dependentSchemas
//   notes       $schema (only 2020-12) $comment title description default examples deprecated
//               readOnly writeOnly contentMediaType contentEncoding, and x-medina-*
//
// $ref is local: "#" or "#/…" to a schema in the same document; a schema that refers to itself
// without going down into the value is refused. `format` is asserted, not only noted: date time
// date-time (RFC 3339) email (RFC 5321, ASCII) uri (RFC 3986) uuid (RFC 9562); others are refused.
// A pattern is ECMA-262's with the u flag; what PCRE2 would read differently is refused. A check
// that would take more work than the limits below allow is cut short and the value refused.
//
// A compiled schema never changes: any number of threads may use it. Integers compare exactly
// (64 bits), also against reals.

enum {
    SCHEMA_NODES = 4096,         // subschemas of one document
    SCHEMA_DEPTH = 64,           // nested subschemas while checking a value
    SCHEMA_STEPS = 2000000,      // subschemas tried for one value
    SCHEMA_FAULTS = 32,          // faults listed for one value
    SCHEMA_PATTERN_BYTES = 4096, // longer strings match no pattern
};

struct schema;

// The document is copied. NULL with ERR_INVALID (the message starts with the JSON pointer of the
// mistake and names the keyword) or ERR_LIMIT.
struct schema *schema_compile(const json_t *document, struct err *err);
void schema_destroy(struct schema *schema);

// The compiled document, borrowed; read only.
const json_t *schema_document(const struct schema *schema);

// One thing that is wrong with a value. The codes are for programs: api/ and pages/ turn them into
// sentences in the reader's language.
//
//   keyword            parameters               pointer
//   type               expected: [names]        the value
//   enum               allowed: [values]        the value
//   const              expected: value          the value
//   minimum maximum exclusiveMinimum exclusiveMaximum multipleOf
//                      limit: number            the value
//   minLength maxLength minItems maxItems minProperties maxProperties
//                      limit: integer           the value
//   pattern            pattern: text            the string
//   format             format: name             the string
//   uniqueItems        first, second: indexes   the array
//   contains           minimum, maximum (absent: no limit), found   the array
//   required           property: name           the property that is missing
//   dependentRequired  property, because: names the property that is missing
//   additionalProperties  property: name        the property that is too many
//   propertyNames      property: name           the property
//   anyOf oneOf not    (oneOf: matched: count)  the value
//   false              none                     the value that nothing may be
//   limit              limit: name              the value whose check took too much work or depth
struct schema_fault {
    char *pointer;       // RFC 6901, into the value
    const char *keyword; // static
    json_t *parameters;  // an object
};

// Zero-initialised is valid and empty.
struct schema_faults {
    struct schema_fault *items;
    size_t count;
};

// 0 when the value satisfies the schema, ERR_INVALID when not. With faults (may be NULL) everything
// that is wrong is listed, up to SCHEMA_FAULTS; without, checking stops at the first mistake. A
// value that is valid costs no allocation unless a pattern or uniqueItems has to be checked.
int schema_validate(const struct schema *schema, const json_t *value, struct schema_faults *faults);
void schema_faults_finish(struct schema_faults *faults);

// [{"pointer", "keyword", "parameters"}, …], as the errors member of a problem (RFC 9457). Yours.
json_t *schema_faults_json(const struct schema_faults *faults);

// The value that a text stands for in a query string or a form: read as the declared type of the
// top-level property (integer, number, boolean; Arabic-Indic digits too), of its items when it is
// an array, and left a string when it does not read as that, so that validation names the mistake.
// NULL when the text is not UTF-8. Yours.
json_t *schema_value_from_text(const struct schema *schema, struct str property, struct str text);

// True when the top-level property is declared as an array: its name may be given several times.
bool schema_property_is_array(const struct schema *schema, struct str property);

#endif
