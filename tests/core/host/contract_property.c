// SPDX-License-Identifier: Apache-2.0
// Soundness: where two random schemas are compared without a finding, every random value that the
// older one takes is taken by the newer one, by the validator that callers meet.
#include "host/contract.h"

#include "base/json.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { PAIRS = 20000, VALUES = 40 };

struct dice {
    uint64_t state;
};

static unsigned roll(struct dice *dice, unsigned sides) // xorshift64
{
    dice->state ^= dice->state << 13;
    dice->state ^= dice->state >> 7;
    dice->state ^= dice->state << 17;
    return (unsigned)(dice->state % sides);
}

static const char *const names[] = {"a", "b", "ab"};

static json_t *random_value(struct dice *dice, unsigned depth)
{
    static const char *const texts[] = {"", "a", "bb", "abc", "2026-01-02"};
    unsigned kind = roll(dice, depth ? 9 : 7);
    json_t *value;
    switch (kind) {
    case 0:
        return json_null();
    case 1:
        return json_boolean(roll(dice, 2));
    case 2:
    case 3:
        return json_integer((json_int_t)roll(dice, 8) - 2);
    case 4:
        return json_real((double)roll(dice, 12) / 4);
    case 5:
    case 6:
        return json_string(texts[roll(dice, 5)]);
    case 7:
        value = json_array();
        for (unsigned i = roll(dice, 4); i > 0; i--)
            json_array_append_new(value, random_value(dice, depth - 1));
        return value;
    default:
        value = json_object();
        for (unsigned i = roll(dice, 4); i > 0; i--)
            json_object_set_new(value, names[roll(dice, 3)], random_value(dice, depth - 1));
        return value;
    }
}

static json_t *random_schema(struct dice *dice, unsigned depth);

static json_t *random_type(struct dice *dice)
{
    static const char *const types[] = {"null",   "boolean", "integer", "number",
                                        "string", "array",   "object"};
    const char *first = types[roll(dice, 7)], *second = types[roll(dice, 7)];
    if (roll(dice, 3) || first == second)
        return json_string(first);
    return json_pack("[s, s]", first, second);
}

static json_t *random_members(struct dice *dice, unsigned depth)
{
    json_t *members = json_object();
    for (unsigned i = 1 + roll(dice, 3); i > 0; i--)
        json_object_set_new(members, names[roll(dice, 3)], random_schema(dice, depth - 1));
    return members;
}

static json_t *random_keyword_value(struct dice *dice, const char *keyword, unsigned depth)
{
    if (strcmp(keyword, "type") == 0)
        return random_type(dice);
    if (strcmp(keyword, "enum") == 0)
        return json_pack("[o, o]", random_value(dice, 1), json_integer(100 + roll(dice, 2)));
    if (strcmp(keyword, "const") == 0)
        return random_value(dice, 1);
    if (strcmp(keyword, "pattern") == 0)
        return json_string(roll(dice, 2) ? "^a" : "b");
    if (strcmp(keyword, "format") == 0)
        return json_string("date");
    if (strcmp(keyword, "uniqueItems") == 0)
        return json_boolean(roll(dice, 2));
    if (strcmp(keyword, "required") == 0)
        return json_pack("[s]", names[roll(dice, 3)]);
    if (strcmp(keyword, "$ref") == 0)
        return json_string("#/$defs/x");
    if (strcmp(keyword, "properties") == 0 || strcmp(keyword, "patternProperties") == 0)
        return random_members(dice, depth);
    if (strcmp(keyword, "anyOf") == 0 || strcmp(keyword, "oneOf") == 0 ||
        strcmp(keyword, "prefixItems") == 0)
        return json_pack("[o, o]", random_schema(dice, depth - 1), random_schema(dice, depth - 1));
    if (strcmp(keyword, "multipleOf") == 0)
        return json_integer(1 + roll(dice, 4));
    return json_integer(roll(dice, 4)); // a bound or a count
}

static json_t *random_keyword(struct dice *dice, json_t *schema, unsigned depth)
{
    static const char *const flat[] = {
        "type",      "enum",      "const",    "minimum",      "maximum",     "exclusiveMinimum",
        "pattern",   "format",    "minItems", "maxItems",     "uniqueItems", "exclusiveMaximum",
        "minLength", "maxLength", "required", "type",         "multipleOf",  "minProperties",
        "type",      "$ref",      "required", "maxProperties"};
    static const char *const deep[] = {
        "items", "additionalProperties", "properties",        "properties", "anyOf",        "oneOf",
        "not",   "prefixItems",          "patternProperties", "contains",   "propertyNames"};
    if (depth && roll(dice, 3) == 0) {
        const char *keyword = deep[roll(dice, 11)];
        bool whole = strcmp(keyword, "items") == 0 || strcmp(keyword, "contains") == 0 ||
                     strcmp(keyword, "not") == 0 || strncmp(keyword, "additional", 10) == 0 ||
                     strcmp(keyword, "propertyNames") == 0;
        json_object_set_new(schema, keyword,
                            whole ? random_schema(dice, depth - 1)
                                  : random_keyword_value(dice, keyword, depth));
    } else {
        const char *keyword = flat[roll(dice, 22)];
        json_object_set_new(schema, keyword, random_keyword_value(dice, keyword, depth));
    }
    return schema;
}

static json_t *random_schema(struct dice *dice, unsigned depth)
{
    if (roll(dice, 12) == 0)
        return json_boolean(roll(dice, 2));
    json_t *schema = json_object();
    for (unsigned i = roll(dice, 4); i > 0; i--)
        random_keyword(dice, schema, depth);
    return schema;
}

// A change somewhere in it: a keyword more, one less, or the same one level down.
static void change(struct dice *dice, json_t *schema, unsigned depth)
{
    const char *name;
    json_t *inner;
    unsigned skip = json_object_size(schema) ? roll(dice, (unsigned)json_object_size(schema)) : 0;
    json_object_foreach(schema, name, inner)
    {
        if (skip-- > 0)
            continue;
        if (json_is_object(inner) && roll(dice, 3))
            change(dice, inner, depth ? depth - 1 : 0);
        else if (roll(dice, 2) && strcmp(name, "$defs") != 0)
            json_object_del(schema, name);
        else
            break;
        return;
    }
    random_keyword(dice, schema, depth);
}

static json_t *random_document(struct dice *dice)
{
    json_t *document = json_object();
    for (unsigned i = 1 + roll(dice, 3); i > 0; i--)
        random_keyword(dice, document, 2);
    json_t *definition = random_schema(dice, 1);
    if (json_is_object(definition))
        json_object_del(definition, "$ref");
    json_object_set_new(document, "$defs", json_pack("{s:o}", "x", definition));
    return document;
}

static void expect_nothing_lost(struct dice *dice, const struct schema *before,
                                const struct schema *after)
{
    for (unsigned i = 0; i < VALUES; i++) {
        json_t *value = random_value(dice, 2);
        if (schema_validate(before, value, NULL) == 0 && schema_validate(after, value, NULL) < 0) {
            char *old = json_dumps(schema_document(before), 0);
            char *fresh = json_dumps(schema_document(after), 0);
            char *text = json_dumps(value, JSON_ENCODE_ANY);
            cr_expect(false, "%s took %s, %s does not, and nothing was found", old, text, fresh);
            free(old);
            free(fresh);
            free(text);
        }
        json_decref(value);
    }
}

Test(contract_property, no_finding_means_that_no_value_is_lost, .timeout = 120)
{
    struct dice dice = {0x9E3779B97F4A7C15u};
    unsigned silent = 0, found = 0;
    for (unsigned i = 0; i < PAIRS; i++) {
        json_t *old = random_document(&dice), *fresh = json_deep_copy(old), *list = json_array();
        for (unsigned changes = 1 + roll(&dice, 3); changes > 0; changes--)
            change(&dice, fresh, 2);
        struct schema *before = schema_compile(old, NULL), *after = schema_compile(fresh, NULL);
        if (before && after) {
            if (contract_compare_schema(old, fresh, "", list) == 0) {
                silent++;
                expect_nothing_lost(&dice, before, after);
            } else {
                found++;
            }
        }
        schema_destroy(before);
        schema_destroy(after);
        json_decref(old);
        json_decref(fresh);
        json_decref(list);
    }
    // Both kinds were met often, or this proves little.
    cr_expect_gt(silent, PAIRS / 20, "%u without a finding", silent);
    cr_expect_gt(found, PAIRS / 20, "%u with one", found);
}
