// SPDX-License-Identifier: Apache-2.0
// What an upgrade within a major version may do and what not: one line a case. finding is a part of
// the one sentence expected, NULL when the change is fine.
#include "host/contract.h"

#include "base/json.h"
#include "signer.h"

#include <criterion/criterion.h>
#include <stdlib.h>

// ---- input schemas ----

struct schema_case {
    const char *before;
    const char *after;
    const char *finding;
};

static const struct schema_case values[] = {
    {"{}", "{}", NULL},
    {"{'type': 'string'}", "{'type': 'string', 'title': 'x', 'default': 'y'}", NULL},
    {"{'type': 'string'}", "{'type': 'string', 'x-medina-label': {'en': 'a'}}", NULL},
    {"{'type': 'string'}", "{}", NULL},
    {"{}", "{'type': 'string'}", "/type: is \"string\" now, before nothing"},
    {"{'type': 'string'}", "{'type': 'integer'}", "/type: is \"integer\" now, before \"string\""},
    {"{'type': 'string'}", "{'type': ['string', 'null']}", NULL},
    {"{'type': ['string', 'null']}", "{'type': 'string'}", "/type: "},
    {"{'type': 'integer'}", "{'type': 'number'}", NULL},
    {"{'type': 'number'}", "{'type': 'integer'}", "/type: "},
    {"{'enum': ['a', 'b']}", "{'enum': ['a', 'b', 'c']}", NULL},
    {"{'enum': ['a', 'b']}", "{'enum': ['a']}", "/enum: \"b\" is taken no longer"},
    {"{'enum': ['a', 'b']}", "{'type': 'string'}", NULL},
    {"{'enum': ['a', 1]}", "{'type': 'string'}", "/type: "},
    {"{'type': 'string'}", "{'type': 'string', 'enum': ['a']}", "/enum: only listed values"},
    {"{'const': 'a'}", "{'enum': ['a', 'b']}", NULL},
    {"{'enum': ['a', 'b']}", "{'const': 'a'}", "/const: \"b\" is taken no longer"},
    {"{'type': 'string'}", "{'type': 'string', 'const': 'a'}", "/const: only listed"},
    {"true", "{}", NULL},
    {"false", "{'type': 'string'}", NULL},
    {"{}", "false", "nothing is taken here any more"},
};

static const struct schema_case numbers[] = {
    {"{'type': 'integer', 'minimum': 1}", "{'type': 'integer', 'minimum': 0}", NULL},
    {"{'type': 'integer', 'minimum': 1}", "{'type': 'integer'}", NULL},
    {"{'type': 'integer', 'minimum': 1}", "{'type': 'integer', 'minimum': 2}",
     "/minimum: is 2 now, before 1"},
    {"{'type': 'integer'}", "{'type': 'integer', 'minimum': 2}",
     "/minimum: is 2 now, before nothing"},
    {"{'type': 'number', 'minimum': 1}", "{'type': 'number', 'exclusiveMinimum': 1}",
     "/exclusiveMinimum: "},
    {"{'type': 'number', 'exclusiveMinimum': 1}", "{'type': 'number', 'minimum': 1}", NULL},
    {"{'type': 'number', 'exclusiveMinimum': 1}", "{'type': 'number', 'minimum': 1.5}",
     "/minimum: "},
    {"{'type': 'number', 'maximum': 9.5}", "{'type': 'number', 'maximum': 10}", NULL},
    {"{'type': 'number', 'maximum': 10}", "{'type': 'number', 'maximum': 9.5}", "/maximum: "},
    {"{'type': 'number', 'maximum': 10}", "{'type': 'number', 'exclusiveMaximum': 10}",
     "/exclusiveMaximum: "},
    {"{'type': 'integer', 'multipleOf': 10}", "{'type': 'integer', 'multipleOf': 5}", NULL},
    {"{'type': 'integer', 'multipleOf': 5}", "{'type': 'integer', 'multipleOf': 10}",
     "/multipleOf: "},
    {"{'type': 'integer'}", "{'type': 'integer', 'multipleOf': 1}", "/multipleOf: "},
    {"{'type': 'integer'}", "{'type': 'integer', 'minLength': 3}", NULL},
    {"{'type': 'string'}", "{'type': 'string', 'minimum': 3}", NULL},
};

static const struct schema_case texts_and_lists[] = {
    {"{'type': 'string', 'minLength': 2}", "{'type': 'string', 'minLength': 1}", NULL},
    {"{'type': 'string'}", "{'type': 'string', 'minLength': 0}", NULL},
    {"{'type': 'string'}", "{'type': 'string', 'minLength': 1}", "/minLength: is 1 now"},
    {"{'type': 'string', 'maxLength': 9}", "{'type': 'string', 'maxLength': 10}", NULL},
    {"{'type': 'string', 'maxLength': 9}", "{'type': 'string', 'maxLength': 8}",
     "/maxLength: is 8 now, before 9"},
    {"{'type': 'string'}", "{'type': 'string', 'maxLength': 8}", "/maxLength: "},
    {"{'type': 'string', 'pattern': 'a'}", "{'type': 'string'}", NULL},
    {"{'type': 'string'}", "{'type': 'string', 'pattern': 'a'}", "/pattern: "},
    {"{'type': 'string', 'pattern': 'a'}", "{'type': 'string', 'pattern': 'b'}",
     "/pattern: is \"b\" now, before \"a\""},
    {"{'type': 'string', 'format': 'date'}", "{'type': 'string'}", NULL},
    {"{'type': 'string'}", "{'type': 'string', 'format': 'date'}", "/format: "},
    {"{'type': 'string', 'format': 'date'}", "{'type': 'string', 'format': 'time'}", "/format: "},
    {"{'type': 'array', 'maxItems': 3}", "{'type': 'array', 'maxItems': 2}", "/maxItems: "},
    {"{'type': 'array', 'minItems': 3}", "{'type': 'array', 'minItems': 2}", NULL},
    {"{'type': 'array'}", "{'type': 'array', 'uniqueItems': true}", "/uniqueItems: "},
    {"{'type': 'array', 'uniqueItems': true}", "{'type': 'array'}", NULL},
    {"{'type': 'array', 'items': {'type': 'integer'}}",
     "{'type': 'array', 'items': {'type': 'string'}}", "/items/type: "},
    {"{'type': 'array', 'items': {'type': 'integer'}}", "{'type': 'array'}", NULL},
    {"{'type': 'array'}", "{'type': 'array', 'items': {'maxLength': 3}}", "/items/maxLength: "},
};

#define CLOSED "'additionalProperties': false"
#define STRING "{'type': 'string'}"

static const struct schema_case members[] = {
    {"{'properties': {'a': " STRING "}, " CLOSED "}",
     "{'properties': {'a': " STRING ", 'b': " STRING "}, " CLOSED "}", NULL},
    {"{'properties': {'a': " STRING "}, " CLOSED "}",
     "{'properties': {'a': " STRING ", 'b': " STRING "}, 'required': ['b'], " CLOSED "}",
     "/required: \"b\" must be given now"},
    {"{'properties': {'a': " STRING "}, 'required': ['a']}", "{'properties': {'a': " STRING "}}",
     NULL},
    {"{'properties': {'a': " STRING ", 'b': " STRING "}, " CLOSED "}",
     "{'properties': {'a': " STRING "}, " CLOSED "}", "/properties: \"b\" is taken no longer"},
    {"{'properties': {'a': " STRING "}}", "{}", NULL},
    {"{'properties': {'a': " STRING "}, 'additionalProperties': {'type': 'integer'}}",
     "{'additionalProperties': {'type': 'integer'}}", "/properties/a/type: "},
    {"{}", "{'properties': {'a': {}}}", NULL},
    {"{}", "{'properties': {'a': " STRING "}}", "/properties/a/type: "},
    {"{}", "{'properties': {'a': true}}", NULL},
    {"{}", "{" CLOSED "}", "/additionalProperties: nothing is taken"},
    {"{" CLOSED "}", "{}", NULL},
    {"{'additionalProperties': {'type': 'integer'}}",
     "{'additionalProperties': {'type': 'number'}}", NULL},
    {"{'additionalProperties': {'type': 'number'}}",
     "{'additionalProperties': {'type': 'integer'}}", "/additionalProperties/type: "},
    {"{'additionalProperties': {'type': 'number'}}",
     "{'properties': {'a': {'type': 'integer'}}, 'additionalProperties': {'type': 'number'}}",
     "/properties/a/type: "},
    {"{'maxProperties': 3}", "{'maxProperties': 2}", "/maxProperties: "},
    {"{'properties': {'a': {'properties': {'b': {'maxLength': 3}}}}}",
     "{'properties': {'a': {'properties': {'b': {'maxLength': 2}}}}}",
     "/properties/a/properties/b/maxLength: is 2 now, before 3"},
    {"{'properties': {'a/b': {'maxLength': 3}}}", "{'properties': {'a/b': {'maxLength': 2}}}",
     "/properties/a~1b/maxLength: "},
};

static const struct schema_case beyond_judging[] = {
    {"{'anyOf': [" STRING "]}", "{'anyOf': [" STRING "]}", NULL},
    {"{'anyOf': [" STRING "]}", "{'anyOf': [" STRING ", {'type': 'null'}]}", "/anyOf: "},
    {"{'anyOf': [" STRING "]}", "{}", NULL},
    {"{}", "{'not': " STRING "}", "/not: "},
    {"{'not': " STRING "}", "{}", NULL},
    {"{}", "{'dependentRequired': {'a': ['b']}}", "/dependentRequired: "},
    {"{'if': " STRING ", 'then': {'maxLength': 3}}", "{'if': " STRING "}", "/then: "},
    {"{'prefixItems': [" STRING "]}", "{}", "/prefixItems: "},
    {"{'patternProperties': {'^a': " STRING "}, " CLOSED "}",
     "{'patternProperties': {'^a': " STRING "}, 'properties': {'ab': {'maxLength': 1}}, " CLOSED
     "}",
     "/properties/ab/maxLength: "},
    {"{'$ref': '#/$defs/a', '$defs': {'a': {'maxLength': 3}}}",
     "{'$ref': '#/$defs/a', '$defs': {'a': {'maxLength': 4}}}", NULL},
    {"{'$ref': '#/$defs/a', '$defs': {'a': {'maxLength': 3}}}",
     "{'$ref': '#/$defs/a', '$defs': {'a': {'maxLength': 2}}}", "/$defs/a/maxLength: "},
    {"{'$ref': '#/$defs/a', '$defs': {'a': {}, 'b': {}}}",
     "{'$ref': '#/$defs/b', '$defs': {'a': {}, 'b': {}}}", "/$ref: "},
    {"{'not': {'$ref': '#/$defs/a'}, '$defs': {'a': {'maxLength': 3}}}",
     "{'not': {'$ref': '#/$defs/a'}, '$defs': {'a': {'maxLength': 4}}}", "cannot be judged"},
};

static json_t *parse(const char *text)
{
    char *copy = strdup(text);
    for (char *at = copy; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    json_t *value = json_loads(copy, JSON_DECODE_ANY, NULL);
    cr_assert(value, "%s", text);
    free(copy);
    return value;
}

static void try_schemas(const struct schema_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json_t *before = parse(cases[i].before), *after = parse(cases[i].after);
        json_t *list = json_array();
        size_t found = contract_compare_schema(before, after, "/input", list);
        char *text = json_dumps(list, 0);
        const char *first = json_string_value(json_array_get(list, 0));
        cr_expect_eq(found, json_array_size(list));
        cr_expect_eq(found, cases[i].finding ? 1 : 0, "%s -> %s: %s", cases[i].before,
                     cases[i].after, text);
        if (cases[i].finding && first) {
            cr_expect(strstr(first, cases[i].finding), "%s: \"%s\"", first, cases[i].finding);
            cr_expect_eq(strncmp(first, "/input", 6), 0, "%s", first);
        }
        free(text);
        json_decref(before);
        json_decref(after);
        json_decref(list);
    }
}

#define TRY(cases) try_schemas(cases, sizeof cases / sizeof *cases)

Test(contract, input_that_refuses_a_value_it_took_is_stricter)
{
    TRY(values);
    TRY(numbers);
    TRY(texts_and_lists);
    TRY(members);
    TRY(beyond_judging);
}

// ---- whole manifests ----

static struct manifest *read_bills(const char *from, const char *to)
{
    struct manifest *manifest = NULL;
    struct err err = {0};
    json_t *json =
        json_load_file(MEDINA_SOURCE_DIR "/plugins/bills/bills.json", JSON_REJECT_DUPLICATES, NULL);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    struct buf changed = {0};
    const char *at = from ? strstr(text, from) : NULL;
    cr_assert(!from || at, "%s", from);
    buf_append(&changed, text, at ? (size_t)(at - text) : strlen(text));
    if (at) {
        buf_append_text(&changed, to);
        buf_append_text(&changed, at + strlen(from));
    }
    int rc = manifest_parse(&manifest, buf_str(&changed), &err);
    cr_assert_eq(rc, 0, "%s: %s", from, err.message);
    buf_finish(&changed);
    free(text);
    json_decref(json);
    return manifest;
}

#define PERMISSIONS "\"link\":true,\"pay\":true"
#define CAPTURED "[\"payment.captured\"]"
#define BOTH "[\"payment.captured\",\"payment.refunded\"]"

#define CODE "\"code\":{\"pattern\":"
#define FILE_OF(accept, most)                                                                      \
    "\"code\":{\"x-medina-file\":{\"accept\":[" accept "],\"most_bytes\":" most "},\"pattern\":"

// One place of the sample plugin's manifest, as it was and as it is.
static const struct {
    const char *place;
    const char *before;
    const char *after;
    const char *finding; // NULL: fine
} changes[] = {
    {"\"1.0.0\"", "\"1.0.0\"", "\"1.9.0\"", NULL},
    {"\"id\":\"bills\"", "\"id\":\"bills\"", "\"id\":\"invoices\"",
     "/operations: \"bills\" is gone"},
    {"\"who\":\"public\"", "\"who\":\"public\"", "\"who\":\"signed-in\"",
     "\"bills\" is for \"signed-in\" now, before for \"public\""},
    {"\"who\":\"public\"", "\"who\":\"staff\"", "\"who\":\"verified\"", NULL},
    {"\"role\":\"due\"", "\"role\":\"due\"", "\"role\":\"step\"",
     "\"due\" is \"step\" now, before \"due\""},
    {"\"safe\":true", "\"safe\":true", "\"safe\":false", "is called by POST now, before by GET"},
    {"\"safe\":true", "\"safe\":false", "\"safe\":true", "is called by GET now, before by POST"},
    {"\"result\":\"detail\"", "\"result\":\"detail\"", "\"result\":\"list\"",
     "\"bill\" answers with \"list\" now, before with \"detail\""},
    {"\"events\":" CAPTURED, "\"events\":" CAPTURED, "\"events\":" BOTH, NULL},
    {"\"events\":" CAPTURED, "\"events\":" BOTH, "\"events\":" CAPTURED,
     "/events: \"payment.refunded\" is taken no longer"},
    {PERMISSIONS, "\"kv\":{\"bytes\":9}", "\"kv\":{\"bytes\":10}", NULL},
    {PERMISSIONS, "\"kv\":{\"bytes\":9}", "\"link\":true", "/permissions/kv: the storage"},
    {PERMISSIONS, "\"link\":true", "\"kv\":{\"bytes\":9}", NULL},
    {CODE, FILE_OF("\"image/png\"", "9"), FILE_OF("\"image/jpeg\",\"image/png\"", "10"), NULL},
    {CODE, FILE_OF("\"image/jpeg\",\"image/png\"", "9"), FILE_OF("\"image/png\"", "9"),
     "accept: image/jpeg is taken no longer"},
    {CODE, FILE_OF("\"image/png\"", "9"), FILE_OF("\"image/png\"", "8"),
     "most_bytes: is 8 now, before 9"},
    {CODE, CODE, FILE_OF("\"image/png\"", "9"), "code: is a file now, before it was none"},
    {CODE, FILE_OF("\"image/png\"", "9"), CODE, "code: is no file now, before it was one"},
};

Test(contract, manifest_that_breaks_a_promise_is_told_which)
{
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct manifest *before = read_bills(changes[i].place, changes[i].before);
        struct manifest *after = read_bills(changes[i].place, changes[i].after);
        json_t *list = json_array();
        size_t found = contract_compare(before, after, list);
        const char *first = json_string_value(json_array_get(list, 0));
        cr_expect_eq(found, changes[i].finding ? 1 : 0, "%s: %zu, %s", changes[i].after, found,
                     first ? first : "");
        if (changes[i].finding && first)
            cr_expect(strstr(first, changes[i].finding), "%s: %s", changes[i].finding, first);
        json_decref(list);
        manifest_destroy(before);
        manifest_destroy(after);
    }
}

Test(contract, all_broken_promises_are_listed)
{
    struct manifest *before = read_bills(NULL, NULL);
    struct manifest *after = read_bills(
        "\"operations\":[",
        "\"operations\":[{\"id\":\"only\",\"title\":{\"en\":\"x\",\"ar\":\"x\"},\"who\":\"public\","
        "\"safe\":true,\"input\":{\"type\":\"object\"},\"result\":\"data\"},");
    json_t *list = json_array();
    cr_expect_eq(contract_compare(before, after, list), 0);
    cr_expect_eq(contract_compare(after, before, list), 1);
    struct manifest *hello = NULL;
    struct err err = {0};
    struct str text = signer_read_file(MEDINA_SOURCE_DIR "/sdk/template/hello.json");
    cr_assert_eq(manifest_parse(&hello, text, &err), 0, "%s", err.message);
    json_array_clear(list);
    cr_expect_eq(contract_compare(before, hello, list), before->operation_count);
    cr_expect_eq(json_array_size(list), before->operation_count);
    free((void *)text.data);
    json_decref(list);
    manifest_destroy(hello);
    manifest_destroy(before);
    manifest_destroy(after);
}

Test(contract, versions_are_ordered_by_their_numbers)
{
    cr_expect_eq(manifest_version_compare("1.2.3", "1.2.3"), 0);
    cr_expect_eq(manifest_version_compare("01.2.3", "1.2.03"), 0);
    cr_expect_gt(manifest_version_compare("1.10.0", "1.9.9"), 0);
    cr_expect_lt(manifest_version_compare("1.9.9", "1.10.0"), 0);
    cr_expect_gt(manifest_version_compare("2.0.0", "1.9999.9999"), 0);
    cr_expect_lt(manifest_version_compare("0.0.9", "0.0.10"), 0);
    cr_expect_eq(manifest_major("12.3.4"), 12);
    cr_expect_eq(manifest_major("0.9.9"), 0);
}
