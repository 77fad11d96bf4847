// SPDX-License-Identifier: Apache-2.0
// One function a keyword: reads it from the schema's JSON into the rules of its node, or says what
// is wrong with it. The table at the end is the declared subset.
#include "base/mem.h"
#include "base/schema_node.h"

#include <stdlib.h>

enum rules_group { NODE, NUMBER, STRING, ARRAY, OBJECT, LOGIC };

struct keyword_call {
    struct schema_compiler *compiler;
    struct schema_node *node;
    const struct schema_place *place;
    const json_t *value;
    const struct keyword *keyword;
};

struct keyword {
    const char *name;
    int (*compile)(const struct keyword_call *call);
    enum rules_group group; // where the rule goes
    size_t offset;          // of the member that keeps it
};

static struct arena *arena_of(const struct keyword_call *call)
{
    return &call->compiler->schema->arena;
}

static struct schema_string_rules *string_rules(const struct keyword_call *call)
{
    struct schema_node *node = call->node;
    if (!node->string) {
        node->string = arena_zero(arena_of(call), sizeof *node->string);
        node->string->maximum_length = SIZE_MAX;
    }
    return node->string;
}

static struct schema_array_rules *array_rules(const struct keyword_call *call)
{
    struct schema_node *node = call->node;
    if (!node->array) {
        node->array = arena_zero(arena_of(call), sizeof *node->array);
        node->array->maximum_items = SIZE_MAX;
        node->array->minimum_contains = 1;
        node->array->maximum_contains = SIZE_MAX;
    }
    return node->array;
}

static struct schema_object_rules *object_rules(const struct keyword_call *call)
{
    struct schema_node *node = call->node;
    if (!node->object) {
        node->object = arena_zero(arena_of(call), sizeof *node->object);
        node->object->maximum_properties = SIZE_MAX;
    }
    return node->object;
}

// The member of the node's rules that this keyword fills; the rules are made when first needed.
static void *target_of(const struct keyword_call *call)
{
    struct schema_node *node = call->node;
    char *rules = (char *)node;
    switch (call->keyword->group) {
    case NODE:
        break;
    case NUMBER:
        if (!node->number)
            node->number = arena_zero(arena_of(call), sizeof *node->number);
        rules = (char *)node->number;
        break;
    case STRING:
        rules = (char *)string_rules(call);
        break;
    case ARRAY:
        rules = (char *)array_rules(call);
        break;
    case OBJECT:
        rules = (char *)object_rules(call);
        break;
    case LOGIC:
        if (!node->logic)
            node->logic = arena_zero(arena_of(call), sizeof *node->logic);
        rules = (char *)node->logic;
        break;
    }
    return rules + call->keyword->offset;
}

static struct schema_property *property_of(const struct keyword_call *call, struct str name)
{
    struct schema_object_rules *rules = object_rules(call);
    for (size_t i = 0; i < rules->count; i++)
        if (str_equal(rules->properties[i].name, name))
            return &rules->properties[i];
    if (rules->count == rules->capacity) {
        size_t capacity = rules->capacity ? rules->capacity * 2 : 8;
        struct schema_property *more = arena_zero(arena_of(call), capacity * sizeof *more);
        if (rules->count)
            memcpy(more, rules->properties, rules->count * sizeof *more);
        rules->properties = more;
        rules->capacity = capacity;
    }
    struct schema_property *property = &rules->properties[rules->count++];
    *property = (struct schema_property){.name = name};
    return property;
}

static int compare_properties(const void *a, const void *b)
{
    const struct schema_property *x = a, *y = b;
    if (x->name.size != y->name.size)
        return x->name.size < y->name.size ? -1 : 1;
    return x->name.size ? memcmp(x->name.data, y->name.data, x->name.size) : 0;
}

void schema_sort_properties(struct schema_object_rules *rules)
{
    if (rules->count)
        qsort(rules->properties, rules->count, sizeof *rules->properties, compare_properties);
}

const struct schema_property *schema_find_property(const struct schema_object_rules *rules,
                                                   struct str name)
{
    struct schema_property key = {.name = name};
    return rules->count
               ? bsearch(&key, rules->properties, rules->count, sizeof key, compare_properties)
               : NULL;
}

// A whole number from 0 up, also written 2.0.
static int keyword_count(const struct keyword_call *call)
{
    double value = json_number_value(call->value);
    if (!(schema_types_of(call->value) & SCHEMA_INTEGER) || value < 0 || value > 0x1p52)
        return schema_refuse(call->compiler, call->place, "must be a whole number, 0 or more");
    *(size_t *)target_of(call) = (size_t)value;
    return 0;
}

static int keyword_bound(const struct keyword_call *call)
{
    if (!json_is_number(call->value))
        return schema_refuse(call->compiler, call->place, "must be a number");
    *(const json_t **)target_of(call) = call->value;
    return 0;
}

static int keyword_below(const struct keyword_call *call)
{
    return schema_compile_node(call->compiler, call->value, call->place,
                               (const struct schema_node **)target_of(call));
}

static int keyword_list(const struct keyword_call *call)
{
    struct schema_nodes *out = target_of(call);
    size_t count = json_array_size(call->value);
    if (count == 0)
        return schema_refuse(call->compiler, call->place, "must be an array of schemas, not empty");
    out->items = arena_zero(arena_of(call), count * sizeof(struct schema_node *));
    out->count = count;
    for (size_t i = 0; i < count; i++) {
        struct schema_place below = {.parent = call->place, .index = i};
        int code = schema_compile_node(call->compiler, json_array_get(call->value, i), &below,
                                       &out->items[i]);
        if (code < 0)
            return code;
    }
    return 0;
}

static int require_object(const struct keyword_call *call)
{
    return json_is_object(call->value)
               ? 0
               : schema_refuse(call->compiler, call->place, "must be an object");
}

static int require_names(const struct keyword_call *call, const json_t *names,
                         const struct schema_place *place)
{
    if (!json_is_array(names))
        return schema_refuse(call->compiler, place, "must be an array of names");
    size_t first, second;
    for (size_t i = 0; i < json_array_size(names); i++)
        if (!json_is_string(json_array_get(names, i)))
            return schema_refuse(call->compiler, place, "must be an array of names");
    if (!schema_items_differ(names, &first, &second))
        return schema_refuse(call->compiler, place, "names the same twice");
    return 0;
}

static int keyword_note(const struct keyword_call *call)
{
    (void)call;
    return 0;
}

static int keyword_schema(const struct keyword_call *call)
{
    const char *uri = json_string_value(call->value);
    if (!uri || strcmp(uri, "https://json-schema.org/draft/2020-12/schema") != 0)
        return schema_refuse(call->compiler, call->place,
                             "must be https://json-schema.org/draft/2020-12/schema");
    return 0;
}

static int type_bit(const json_t *name, unsigned *bit)
{
    static const struct {
        const char *name;
        unsigned bit;
    } types[] = {{"null", SCHEMA_NULL},       {"boolean", SCHEMA_BOOLEAN},
                 {"integer", SCHEMA_INTEGER}, {"number", SCHEMA_NUMBER},
                 {"string", SCHEMA_STRING},   {"array", SCHEMA_ARRAY},
                 {"object", SCHEMA_OBJECT}};
    const char *text = json_string_value(name);
    for (size_t i = 0; text && i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].name, text) == 0) {
            *bit = types[i].bit;
            return 0;
        }
    }
    return ERR_INVALID;
}

static int keyword_type(const struct keyword_call *call)
{
    unsigned types = 0, bit = 0;
    bool list = json_is_array(call->value) && json_array_size(call->value) > 0;
    size_t count = list ? json_array_size(call->value) : 1;
    for (size_t i = 0; i < count; i++) {
        if (type_bit(list ? json_array_get(call->value, i) : call->value, &bit) < 0)
            return schema_refuse(call->compiler, call->place,
                                 "must name null, boolean, integer, number, string, array or "
                                 "object, or be an array of these");
        types |= bit;
    }
    call->node->types = types;
    return 0;
}

static int keyword_enum(const struct keyword_call *call)
{
    if (!json_is_array(call->value))
        return schema_refuse(call->compiler, call->place, "must be an array");
    call->node->choices = call->value;
    return 0;
}

static int keyword_const(const struct keyword_call *call)
{
    call->node->constant = call->value;
    return 0;
}

static int keyword_multiple_of(const struct keyword_call *call)
{
    if (json_number_value(call->value) <= 0)
        return schema_refuse(call->compiler, call->place, "must be a number greater than 0");
    keyword_bound(call);
    call->node->number->divisor = schema_decimal_of(call->value);
    return 0;
}

static int compile_pattern(const struct keyword_call *call, const struct schema_place *place,
                           struct str text, const struct schema_pattern **out)
{
    struct err why;
    *out = schema_pattern_compile(arena_of(call), text, &why);
    return *out ? 0 : schema_refuse(call->compiler, place, "%s", why.message);
}

static int keyword_pattern(const struct keyword_call *call)
{
    if (!json_is_string(call->value))
        return schema_refuse(call->compiler, call->place, "must be a string");
    struct str text = {json_string_value(call->value), json_string_length(call->value)};
    return compile_pattern(call, call->place, text, &string_rules(call)->pattern);
}

static int keyword_format(const struct keyword_call *call)
{
    const char *name = json_string_value(call->value);
    string_rules(call)->format = name ? schema_format_find(name) : NULL;
    if (!string_rules(call)->format)
        return schema_refuse(call->compiler, call->place,
                             "must be date, time, date-time, email, uri or uuid");
    return 0;
}

static int keyword_unique_items(const struct keyword_call *call)
{
    if (!json_is_boolean(call->value))
        return schema_refuse(call->compiler, call->place, "must be true or false");
    array_rules(call)->unique = json_is_true(call->value);
    return 0;
}

// Calls each(property, subschema's node) for every member of an object of schemas.
static int compile_members(const struct keyword_call *call,
                           int (*each)(const struct keyword_call *member, struct str name))
{
    if (require_object(call) < 0)
        return ERR_INVALID;
    const char *name;
    size_t size;
    json_t *value;
    json_object_keylen_foreach((json_t *)call->value, name, size, value)
    {
        struct schema_place below = {.parent = call->place, .key = {name, size}};
        struct keyword_call member = {call->compiler, call->node, &below, value, NULL};
        int code = each(&member, below.key);
        if (code < 0)
            return code;
    }
    return 0;
}

static int each_property(const struct keyword_call *member, struct str name)
{
    return schema_compile_node(member->compiler, member->value, member->place,
                               &property_of(member, name)->node);
}

static int keyword_properties(const struct keyword_call *call)
{
    return compile_members(call, each_property);
}

static int each_definition(const struct keyword_call *member, struct str name)
{
    (void)name;
    const struct schema_node *node;
    return schema_compile_node(member->compiler, member->value, member->place, &node);
}

static int keyword_definitions(const struct keyword_call *call)
{
    return compile_members(call, each_definition);
}

static int each_pattern_property(const struct keyword_call *member, struct str name)
{
    struct schema_object_rules *rules = object_rules(member);
    struct schema_pattern_property *entry = &rules->patterns[rules->pattern_count++];
    int code = compile_pattern(member, member->place, name, &entry->pattern);
    return code < 0
               ? code
               : schema_compile_node(member->compiler, member->value, member->place, &entry->node);
}

static int keyword_pattern_properties(const struct keyword_call *call)
{
    object_rules(call)->patterns =
        arena_zero(arena_of(call),
                   (json_object_size(call->value) + 1) * sizeof(struct schema_pattern_property));
    return compile_members(call, each_pattern_property);
}

static int keyword_required(const struct keyword_call *call)
{
    if (require_names(call, call->value, call->place) < 0)
        return ERR_INVALID;
    for (size_t i = 0; i < json_array_size(call->value); i++) {
        const json_t *name = json_array_get(call->value, i);
        struct str text = {json_string_value(name), json_string_length(name)};
        property_of(call, text)->required = true;
    }
    object_rules(call)->required = json_array_size(call->value);
    return 0;
}

static int each_dependent_required(const struct keyword_call *member, struct str name)
{
    property_of(member, name)->dependents = member->value;
    return require_names(member, member->value, member->place);
}

static int keyword_dependent_required(const struct keyword_call *call)
{
    return compile_members(call, each_dependent_required);
}

static int each_dependent_schema(const struct keyword_call *member, struct str name)
{
    return schema_compile_node(member->compiler, member->value, member->place,
                               &property_of(member, name)->dependent_schema);
}

static int keyword_dependent_schemas(const struct keyword_call *call)
{
    return compile_members(call, each_dependent_schema);
}

static int hexadecimal(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// One token of a pointer in a URI fragment: %XX, then ~1 and ~0 (RFC 6901 section 6). In place.
static bool decode_token(char *token)
{
    char *out = token;
    for (char *at = token; *at; at++) {
        int c = (unsigned char)*at;
        if (c == '%') {
            int high = hexadecimal(at[1]), low = high < 0 ? -1 : hexadecimal(at[2]);
            if (low < 0)
                return false;
            c = high * 16 + low;
            at += 2;
        }
        *out++ = (char)c;
    }
    *out = '\0';
    out = token;
    for (char *at = token; *at; at++) {
        if (*at == '~' && at[1] != '0' && at[1] != '1')
            return false;
        *out++ = *at != '~' ? *at : *++at == '0' ? '~' : '/';
    }
    *out = '\0';
    return true;
}

static const json_t *step_into(const json_t *from, const char *token)
{
    if (json_is_object(from))
        return json_object_get(from, token);
    int64_t index;
    if (str_to_integer(str_from(token), 0, INT32_MAX, &index))
        return json_array_get(from, (size_t)index);
    return NULL;
}

static int keyword_reference(const struct keyword_call *call)
{
    const char *text = json_string_value(call->value);
    if (!text || text[0] != '#' || (text[1] != '\0' && text[1] != '/'))
        return schema_refuse(call->compiler, call->place,
                             "only \"#\" and \"#/…\" in the same document can be referred to");
    const json_t *target = call->compiler->schema->document;
    struct str rest = {text[1] ? text + 2 : NULL, text[1] ? strlen(text + 2) : 0};
    while (rest.data && target) {
        char *token = arena_string(arena_of(call), str_cut(&rest, '/'));
        target = decode_token(token) ? step_into(target, token) : NULL;
    }
    if (!target)
        return schema_refuse(call->compiler, call->place, "refers to %s, which is not there", text);
    return schema_compile_node(call->compiler, target, call->place, &call->node->reference);
}

// Sorted by name.
static const struct keyword keywords[] = {
    {"$comment", keyword_note, NODE, 0},
    {"$defs", keyword_definitions, NODE, 0},
    {"$ref", keyword_reference, NODE, 0},
    {"$schema", keyword_schema, NODE, 0},
    {"additionalProperties", keyword_below, OBJECT,
     offsetof(struct schema_object_rules, additional)},
    {"allOf", keyword_list, LOGIC, offsetof(struct schema_logic_rules, all)},
    {"anyOf", keyword_list, LOGIC, offsetof(struct schema_logic_rules, any)},
    {"const", keyword_const, NODE, 0},
    {"contains", keyword_below, ARRAY, offsetof(struct schema_array_rules, contains)},
    {"contentEncoding", keyword_note, NODE, 0},
    {"contentMediaType", keyword_note, NODE, 0},
    {"default", keyword_note, NODE, 0},
    {"dependentRequired", keyword_dependent_required, NODE, 0},
    {"dependentSchemas", keyword_dependent_schemas, NODE, 0},
    {"deprecated", keyword_note, NODE, 0},
    {"description", keyword_note, NODE, 0},
    {"else", keyword_below, LOGIC, offsetof(struct schema_logic_rules, alternative)},
    {"enum", keyword_enum, NODE, 0},
    {"examples", keyword_note, NODE, 0},
    {"exclusiveMaximum", keyword_bound, NUMBER,
     offsetof(struct schema_number_rules, exclusive_maximum)},
    {"exclusiveMinimum", keyword_bound, NUMBER,
     offsetof(struct schema_number_rules, exclusive_minimum)},
    {"format", keyword_format, NODE, 0},
    {"if", keyword_below, LOGIC, offsetof(struct schema_logic_rules, condition)},
    {"items", keyword_below, ARRAY, offsetof(struct schema_array_rules, items)},
    {"maxContains", keyword_count, ARRAY, offsetof(struct schema_array_rules, maximum_contains)},
    {"maxItems", keyword_count, ARRAY, offsetof(struct schema_array_rules, maximum_items)},
    {"maxLength", keyword_count, STRING, offsetof(struct schema_string_rules, maximum_length)},
    {"maxProperties", keyword_count, OBJECT,
     offsetof(struct schema_object_rules, maximum_properties)},
    {"maximum", keyword_bound, NUMBER, offsetof(struct schema_number_rules, maximum)},
    {"minContains", keyword_count, ARRAY, offsetof(struct schema_array_rules, minimum_contains)},
    {"minItems", keyword_count, ARRAY, offsetof(struct schema_array_rules, minimum_items)},
    {"minLength", keyword_count, STRING, offsetof(struct schema_string_rules, minimum_length)},
    {"minProperties", keyword_count, OBJECT,
     offsetof(struct schema_object_rules, minimum_properties)},
    {"minimum", keyword_bound, NUMBER, offsetof(struct schema_number_rules, minimum)},
    {"multipleOf", keyword_multiple_of, NUMBER, offsetof(struct schema_number_rules, multiple_of)},
    {"not", keyword_below, LOGIC, offsetof(struct schema_logic_rules, negated)},
    {"oneOf", keyword_list, LOGIC, offsetof(struct schema_logic_rules, one)},
    {"pattern", keyword_pattern, NODE, 0},
    {"patternProperties", keyword_pattern_properties, NODE, 0},
    {"prefixItems", keyword_list, ARRAY, offsetof(struct schema_array_rules, prefix)},
    {"properties", keyword_properties, NODE, 0},
    {"propertyNames", keyword_below, OBJECT, offsetof(struct schema_object_rules, names)},
    {"readOnly", keyword_note, NODE, 0},
    {"required", keyword_required, NODE, 0},
    {"then", keyword_below, LOGIC, offsetof(struct schema_logic_rules, consequence)},
    {"title", keyword_note, NODE, 0},
    {"type", keyword_type, NODE, 0},
    {"uniqueItems", keyword_unique_items, NODE, 0},
    {"writeOnly", keyword_note, NODE, 0},
};

static int compare_keywords(const void *name, const void *entry)
{
    return strcmp(name, ((const struct keyword *)entry)->name);
}

int schema_compile_keyword(struct schema_compiler *compiler, struct schema_node *node,
                           const struct schema_place *place, const json_t *value)
{
    if (str_starts(place->key, STR("x-medina-")))
        return 0;
    const struct keyword *keyword =
        bsearch(place->key.data, keywords, sizeof keywords / sizeof *keywords, sizeof *keywords,
                compare_keywords);
    if (!keyword)
        return schema_refuse(compiler, place, "the keyword \"%.64s\" is not supported",
                             place->key.data);
    struct keyword_call call = {compiler, node, place, value, keyword};
    return keyword->compile(&call);
}
