// SPDX-License-Identifier: Apache-2.0
//
// Whether a schema takes everything that an older one took. Walks both together, keyword by
// keyword. A keyword matters only for values that the older schema could take at all: a new
// minLength on something that was always a number is no narrowing.
//
// $ref: the same reference in both is no finding by itself, for its target is compared where it
// stands; that is sound where a looser target makes a looser whole, so a reference below not,
// oneOf, if or contains is judged with the whole document.

#include "host/contract.h"

#include "base/json.h"

#include <stdio.h>

enum types {
    TYPE_NULL = 1,
    TYPE_BOOLEAN = 2,
    TYPE_OBJECT = 4,
    TYPE_ARRAY = 8,
    TYPE_STRING = 16,
    TYPE_INTEGER = 32,
    TYPE_FRACTION = 64,
    TYPE_NUMBER = TYPE_INTEGER | TYPE_FRACTION,
    TYPE_ANY = 127
};

struct walk {
    struct buf pointer;
    json_t *list;
    json_t *anything; // the schema {}
    size_t found;
};

static void compare(struct walk *walk, const json_t *before, const json_t *after);

// ---- telling ----

static size_t go_down(struct walk *walk, const char *name)
{
    size_t size = walk->pointer.size;
    buf_append_char(&walk->pointer, '/');
    for (; *name; name++) { // RFC 6901
        if (*name == '~' || *name == '/')
            buf_append_text(&walk->pointer, *name == '~' ? "~0" : "~1");
        else
            buf_append_char(&walk->pointer, *name);
    }
    return size;
}

static void come_back(struct walk *walk, size_t size)
{
    walk->pointer.size = size;
    walk->pointer.data[size] = '\0';
}

static void report(struct walk *walk, const char *keyword, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void report(struct walk *walk, const char *keyword, const char *format, ...)
{
    struct buf sentence = {0};
    va_list arguments;
    va_start(arguments, format);
    buf_append_str(&sentence, buf_str(&walk->pointer));
    buf_printf(&sentence, "%s%s: ", keyword[0] ? "/" : "", keyword);
    buf_vprintf(&sentence, format, arguments);
    va_end(arguments);
    json_array_append_new(walk->list, json_stringn(sentence.data, sentence.size));
    walk->found++;
    buf_finish(&sentence);
}

// A value as it reads in a sentence; what is long is cut.
static const char *words(const json_t *value, char *out, size_t size)
{
    struct buf text = {0};
    if (!value)
        buf_append_text(&text, "nothing");
    else
        json_append_canonical(&text, value);
    snprintf(out, size, "%s", text.data);
    buf_finish(&text);
    return out;
}

static void report_change(struct walk *walk, const char *keyword, const json_t *before,
                          const json_t *after)
{
    char old[80], fresh[80];
    report(walk, keyword, "is %s now, before %s", words(after, fresh, sizeof fresh),
           words(before, old, sizeof old));
}

// ---- which values there are at all ----

static unsigned type_named(const char *name)
{
    static const struct {
        const char *name;
        unsigned types;
    } names[] = {{"null", TYPE_NULL},    {"boolean", TYPE_BOOLEAN}, {"object", TYPE_OBJECT},
                 {"array", TYPE_ARRAY},  {"string", TYPE_STRING},   {"integer", TYPE_INTEGER},
                 {"number", TYPE_NUMBER}};
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].name, name) == 0)
            return names[i].types;
    return 0;
}

static unsigned declared_types(const json_t *schema)
{
    size_t index;
    json_t *name;
    unsigned types = 0;
    const json_t *declared = json_object_get(schema, "type");
    if (!declared)
        return TYPE_ANY;
    if (json_is_string(declared))
        return type_named(json_string_value(declared));
    json_array_foreach((json_t *)declared, index, name) types |=
        type_named(json_string_value(name));
    return types;
}

static unsigned type_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return TYPE_OBJECT;
    case JSON_ARRAY:
        return TYPE_ARRAY;
    case JSON_STRING:
        return TYPE_STRING;
    case JSON_INTEGER:
        return TYPE_INTEGER;
    case JSON_REAL:
        return TYPE_NUMBER;
    case JSON_NULL:
        return TYPE_NULL;
    default:
        return TYPE_BOOLEAN;
    }
}

static bool holds(const json_t *list, const json_t *wanted)
{
    size_t index;
    json_t *value;
    json_array_foreach((json_t *)list, index, value)
    {
        if (json_equal(value, wanted))
            return true;
    }
    return false;
}

// The values that enum and const leave together, as an array; NULL when they leave all. Yours.
static json_t *listed_values(const json_t *schema)
{
    json_t *constant = json_object_get(schema, "const"), *list = json_object_get(schema, "enum");
    if (!constant)
        return json_is_array(list) ? json_incref(list) : NULL;
    return !list || holds(list, constant) ? json_pack("[O]", constant) : json_array();
}

static unsigned possible_types(const json_t *schema, const json_t *values)
{
    size_t index;
    json_t *value;
    unsigned types = 0;
    json_array_foreach((json_t *)values, index, value) types |= type_of(value);
    return values ? types & declared_types(schema) : declared_types(schema);
}

static void compare_values(struct walk *walk, const json_t *before, const json_t *after)
{
    size_t index;
    json_t *value;
    char text[80];
    const char *keyword = json_object_get(after, "const") ? "const" : "enum";
    json_t *old = listed_values(before), *fresh = listed_values(after);
    if (fresh && !old)
        report(walk, keyword, "only listed values are taken now, before any");
    if (fresh && old)
        json_array_foreach(old, index, value)
        {
            if (!holds(fresh, value))
                report(walk, keyword, "%s is taken no longer", words(value, text, sizeof text));
        }
    unsigned types = possible_types(before, old);
    if (types & ~declared_types(after))
        report_change(walk, "type", json_object_get(before, "type"),
                      json_object_get(after, "type"));
    json_decref(old);
    json_decref(fresh);
}

// ---- numbers ----

static int compare_numbers(const json_t *a, const json_t *b)
{
    if (json_is_integer(a) && json_is_integer(b)) {
        json_int_t x = json_integer_value(a), y = json_integer_value(b);
        return (x > y) - (x < y);
    }
    double x = json_number_value(a), y = json_number_value(b);
    return (x > y) - (x < y);
}

struct bound {
    const json_t *value; // NULL: none
    bool exclusive;
    const char *keyword;
};

// The tighter of the two keywords; sign is 1 for a lower bound, -1 for an upper one.
static struct bound bound_of(const json_t *schema, const char *inclusive, const char *exclusive,
                             int sign)
{
    const json_t *with = json_object_get(schema, inclusive);
    const json_t *without = json_object_get(schema, exclusive);
    if (without && (!with || sign * compare_numbers(without, with) >= 0))
        return (struct bound){without, true, exclusive};
    return (struct bound){with, false, inclusive};
}

static void compare_bound(struct walk *walk, const struct bound *before, const struct bound *after,
                          int sign)
{
    if (!after->value)
        return;
    int order = before->value ? sign * compare_numbers(after->value, before->value) : 1;
    if (order > 0 || (order == 0 && after->exclusive && !before->exclusive))
        report_change(walk, after->keyword, before->value, after->value);
}

static bool is_multiple(const json_t *of, const json_t *value)
{
    return json_is_integer(of) && json_is_integer(value) && json_integer_value(of) != 0 &&
           json_integer_value(value) % json_integer_value(of) == 0;
}

static void compare_number_rules(struct walk *walk, const json_t *before, const json_t *after)
{
    static const struct {
        const char *inclusive;
        const char *exclusive;
        int sign;
    } sides[] = {{"minimum", "exclusiveMinimum", 1}, {"maximum", "exclusiveMaximum", -1}};
    for (size_t i = 0; i < sizeof sides / sizeof *sides; i++) {
        struct bound old = bound_of(before, sides[i].inclusive, sides[i].exclusive, sides[i].sign);
        struct bound fresh = bound_of(after, sides[i].inclusive, sides[i].exclusive, sides[i].sign);
        compare_bound(walk, &old, &fresh, sides[i].sign);
    }
    const json_t *old = json_object_get(before, "multipleOf");
    const json_t *fresh = json_object_get(after, "multipleOf");
    if (fresh && (!old || (!json_equal(old, fresh) && !is_multiple(fresh, old))))
        report_change(walk, "multipleOf", old, fresh);
}

// ---- strings, arrays, objects ----

static void compare_counts(struct walk *walk, const char *least, const char *most,
                           const json_t *const both[2])
{
    const json_t *old = json_object_get(both[0], least), *fresh = json_object_get(both[1], least);
    if (fresh && json_integer_value(fresh) > json_integer_value(old))
        report_change(walk, least, old, fresh);
    old = json_object_get(both[0], most);
    fresh = json_object_get(both[1], most);
    if (fresh && (!old || json_integer_value(fresh) < json_integer_value(old)))
        report_change(walk, most, old, fresh);
}

static void compare_string_rules(struct walk *walk, const json_t *before, const json_t *after)
{
    static const char *const keywords[] = {"pattern", "format"};
    compare_counts(walk, "minLength", "maxLength", (const json_t *[]){before, after});
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
        const json_t *old = json_object_get(before, keywords[i]);
        const json_t *fresh = json_object_get(after, keywords[i]);
        if (fresh && (!old || !json_equal(old, fresh)))
            report_change(walk, keywords[i], old, fresh);
    }
}

// The schema below a keyword; what is not there takes anything.
static const json_t *below(const struct walk *walk, const json_t *schema, const char *keyword)
{
    const json_t *found = json_object_get(schema, keyword);
    return found ? found : walk->anything;
}

static void compare_below(struct walk *walk, const char *name, const json_t *before,
                          const json_t *after)
{
    size_t size = go_down(walk, name);
    compare(walk, before, after);
    come_back(walk, size);
}

static void compare_array_rules(struct walk *walk, const json_t *before, const json_t *after)
{
    compare_counts(walk, "minItems", "maxItems", (const json_t *[]){before, after});
    if (json_is_true(json_object_get(after, "uniqueItems")) &&
        !json_is_true(json_object_get(before, "uniqueItems")))
        report(walk, "uniqueItems", "items must differ now");
    compare_below(walk, "items", below(walk, before, "items"), below(walk, after, "items"));
}

// A member that only one of the two names falls under the other's additionalProperties.
static void compare_members(struct walk *walk, const json_t *before, const json_t *after)
{
    const char *name;
    json_t *schema;
    json_t *old = json_object_get(before, "properties"),
           *fresh = json_object_get(after, "properties");
    const json_t *old_rest = below(walk, before, "additionalProperties");
    const json_t *fresh_rest = below(walk, after, "additionalProperties");
    // Names that match a pattern were taken beside the rest.
    if (json_object_get(before, "patternProperties"))
        old_rest = walk->anything;
    size_t size = go_down(walk, "properties");
    json_object_foreach(old, name, schema)
    {
        const json_t *now = json_object_get(fresh, name);
        if (!now && json_is_false(fresh_rest))
            report(walk, "", "\"%s\" is taken no longer", name);
        else
            compare_below(walk, name, schema, now ? now : fresh_rest);
    }
    json_object_foreach(fresh, name, schema)
    {
        if (!json_object_get(old, name))
            compare_below(walk, name, old_rest, schema);
    }
    come_back(walk, size);
}

static void compare_object_rules(struct walk *walk, const json_t *before, const json_t *after)
{
    size_t index;
    json_t *name;
    compare_counts(walk, "minProperties", "maxProperties", (const json_t *[]){before, after});
    json_array_foreach(json_object_get(after, "required"), index, name)
    {
        if (!holds(json_object_get(before, "required"), name))
            report(walk, "required", "\"%s\" must be given now", json_string_value(name));
    }
    compare_members(walk, before, after);
    compare_below(walk, "additionalProperties", below(walk, before, "additionalProperties"),
                  below(walk, after, "additionalProperties"));
}

// ---- what is not judged ----

// loose: to drop it only takes more.
static const struct {
    const char *name;
    bool loose;
} unjudged[] = {{"$ref", true},
                {"allOf", true},
                {"anyOf", true},
                {"oneOf", true},
                {"not", true},
                {"if", false},
                {"then", false},
                {"else", false},
                {"prefixItems", false},
                {"contains", false},
                {"minContains", false},
                {"maxContains", false},
                {"patternProperties", false},
                {"propertyNames", true},
                {"dependentRequired", true},
                {"dependentSchemas", true}};

static void compare_unjudged(struct walk *walk, const json_t *before, const json_t *after)
{
    for (size_t i = 0; i < sizeof unjudged / sizeof *unjudged; i++) {
        const json_t *old = json_object_get(before, unjudged[i].name);
        const json_t *fresh = json_object_get(after, unjudged[i].name);
        bool same = old == fresh || (old && fresh && json_equal(old, fresh));
        if (!same && (fresh || !unjudged[i].loose))
            report(walk, unjudged[i].name,
                   "is another now; such a change cannot be judged and counts as stricter");
    }
}

static bool mentions(const json_t *value, const char *member)
{
    const char *name;
    size_t index;
    json_t *inner;
    json_object_foreach((json_t *)value, name, inner)
    {
        if (strcmp(name, member) == 0 || mentions(inner, member))
            return true;
    }
    json_array_foreach((json_t *)value, index, inner)
    {
        if (mentions(inner, member))
            return true;
    }
    return false;
}

// A reference in a place where a looser target may make a stricter whole.
static bool refers_against(const json_t *value)
{
    static const char *const against[] = {"not", "oneOf", "if", "contains"};
    const char *name;
    size_t index;
    json_t *inner;
    json_object_foreach((json_t *)value, name, inner)
    {
        for (size_t i = 0; i < sizeof against / sizeof *against; i++)
            if (strcmp(name, against[i]) == 0 && mentions(inner, "$ref"))
                return true;
        if (refers_against(inner))
            return true;
    }
    json_array_foreach((json_t *)value, index, inner)
    {
        if (refers_against(inner))
            return true;
    }
    return false;
}

// ---- a schema ----

static void compare_definitions(struct walk *walk, const json_t *before, const json_t *after)
{
    const char *name;
    json_t *schema;
    size_t size = go_down(walk, "$defs");
    json_object_foreach(json_object_get(before, "$defs"), name, schema)
    {
        const json_t *now = json_object_get(json_object_get(after, "$defs"), name);
        if (now)
            compare_below(walk, name, schema, now);
    }
    come_back(walk, size);
}

static void compare(struct walk *walk, const json_t *before, const json_t *after)
{
    if (json_is_false(before) || json_equal(before, after))
        return;
    if (json_is_false(after)) {
        report(walk, "", "nothing is taken here any more");
        return;
    }
    before = json_is_object(before) ? before : walk->anything;
    after = json_is_object(after) ? after : walk->anything;
    json_t *values = listed_values(before);
    unsigned types = possible_types(before, values);
    json_decref(values);
    compare_values(walk, before, after);
    if (types & TYPE_NUMBER)
        compare_number_rules(walk, before, after);
    if (types & TYPE_STRING)
        compare_string_rules(walk, before, after);
    if (types & TYPE_ARRAY)
        compare_array_rules(walk, before, after);
    if (types & TYPE_OBJECT)
        compare_object_rules(walk, before, after);
    compare_unjudged(walk, before, after);
    compare_definitions(walk, before, after);
}

size_t contract_compare_schema(const json_t *before, const json_t *after, const char *pointer,
                               json_t *list)
{
    struct walk walk = {.list = list, .anything = json_object()};
    buf_append_text(&walk.pointer, pointer);
    bool changed = !json_equal(before, after);
    if (changed && (refers_against(before) || refers_against(after)))
        report(&walk, "",
               "it changed and refers to itself below not, oneOf, if or contains; such a change "
               "cannot be judged and counts as stricter");
    else if (changed)
        compare(&walk, before, after);
    buf_finish(&walk.pointer);
    json_decref(walk.anything);
    return walk.found;
}
