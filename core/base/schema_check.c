// SPDX-License-Identifier: Apache-2.0
// A value against a compiled schema. Two modes in one walk: with a list of faults everything wrong
// is written down; without, the walk ends at the first mistake (a caller that only wants yes or no,
// and the branches of anyOf, oneOf, not and if, whose inner mistakes would only confuse). Where a
// value is stands in a chain of places on the stack and becomes a pointer only when something is
// wrong.
#include "base/buf.h"
#include "base/mem.h"
#include "base/schema_node.h"

#include <stdlib.h>

struct check {
    struct schema_faults *faults; // NULL: stop at the first mistake
    size_t steps;                 // left
    unsigned depth;
    const char *limit; // the limit that was hit: the value is refused whatever `not` makes of it
};

static bool check_node(struct check *check, const struct schema_node *node, const json_t *value,
                       const struct schema_place *place);

static bool full(const struct check *check)
{
    return !check->faults || check->faults->count == SCHEMA_FAULTS;
}

// Always false, so that a mistake is one line. Takes the parameters.
static bool fault(struct check *check, const struct schema_place *place, const char *keyword,
                  json_t *parameters)
{
    struct schema_faults *faults = check->faults;
    if (!faults->items)
        faults->items = mem_zero(SCHEMA_FAULTS, sizeof *faults->items);
    faults->items[faults->count++] = (struct schema_fault){schema_place_pointer(place), keyword,
                                                           parameters ? parameters : json_object()};
    return false;
}

static bool fault_count(struct check *check, const struct schema_place *place, const char *keyword,
                        size_t limit)
{
    return full(check)
               ? false
               : fault(check, place, keyword, json_pack("{s:I}", "limit", (json_int_t)limit));
}

static bool fault_value(struct check *check, const struct schema_place *place, const char *keyword,
                        const char *name, const json_t *value)
{
    // Copied: the schema's own values are shared between threads, their reference counts too.
    return full(check)
               ? false
               : fault(check, place, keyword, json_pack("{s:o}", name, json_deep_copy(value)));
}

static bool fault_text(struct check *check, const struct schema_place *place, const char *keyword,
                       const char *name, struct str text)
{
    return full(check) ? false
                       : fault(check, place, keyword,
                               json_pack("{s:o}", name, json_stringn(text.data, text.size)));
}

// Whether a branch holds, its mistakes unsaid.
static bool holds(struct check *check, const struct schema_node *node, const json_t *value,
                  const struct schema_place *place)
{
    struct schema_faults *faults = check->faults;
    check->faults = NULL;
    bool valid = check_node(check, node, value, place);
    check->faults = faults;
    return valid;
}

// A value whose check was cut short is invalid, even where the cut is below a `not`.
static bool hit_limit(struct check *check, const struct schema_place *place, const char *limit)
{
    if (!check->limit)
        fault_text(check, place, "limit", "limit", str_from(limit));
    check->limit = limit;
    return false;
}

static bool spend(struct check *check, size_t steps, const struct schema_place *place)
{
    if (check->steps < steps)
        return hit_limit(check, place, "steps");
    check->steps -= steps;
    return true;
}

// A pattern may look at the rest of a string from each of its characters: its square is spent.
static bool matches(struct check *check, const struct schema_pattern *pattern, struct str text,
                    const struct schema_place *place)
{
    if (text.size <= SCHEMA_PATTERN_BYTES && !spend(check, text.size * text.size / 256, place))
        return false;
    int found = schema_pattern_matches(pattern, text);
    return found < 0 ? hit_limit(check, place, "pattern") : found;
}

static bool check_number(struct check *check, const struct schema_number_rules *rules,
                         const json_t *value, const struct schema_place *place)
{
    bool valid = true;
    if (rules->minimum && schema_compare_numbers(value, rules->minimum) < 0)
        valid = fault_value(check, place, "minimum", "limit", rules->minimum);
    if (rules->maximum && schema_compare_numbers(value, rules->maximum) > 0)
        valid = fault_value(check, place, "maximum", "limit", rules->maximum);
    if (rules->exclusive_minimum && schema_compare_numbers(value, rules->exclusive_minimum) <= 0)
        valid = fault_value(check, place, "exclusiveMinimum", "limit", rules->exclusive_minimum);
    if (rules->exclusive_maximum && schema_compare_numbers(value, rules->exclusive_maximum) >= 0)
        valid = fault_value(check, place, "exclusiveMaximum", "limit", rules->exclusive_maximum);
    if (rules->multiple_of && !schema_is_multiple(schema_decimal_of(value), rules->divisor))
        valid = fault_value(check, place, "multipleOf", "limit", rules->multiple_of);
    return valid;
}

static bool check_string(struct check *check, const struct schema_string_rules *rules,
                         const json_t *value, const struct schema_place *place)
{
    struct str text = {json_string_value(value), json_string_length(value)};
    bool valid = true;
    if (rules->minimum_length > 0 || rules->maximum_length != SIZE_MAX) {
        size_t points = schema_count_points(text);
        if (points < rules->minimum_length)
            valid = fault_count(check, place, "minLength", rules->minimum_length);
        if (points > rules->maximum_length)
            valid = fault_count(check, place, "maxLength", rules->maximum_length);
    }
    // A string that is too long is not worth a match.
    if (valid && rules->pattern && !matches(check, rules->pattern, text, place))
        valid = check->limit ? false
                             : fault_text(check, place, "pattern", "pattern",
                                          str_from(schema_pattern_text(rules->pattern)));
    if (rules->format && !rules->format->matches(text))
        valid = fault_text(check, place, "format", "format", str_from(rules->format->name));
    return valid;
}

static bool check_contains(struct check *check, const struct schema_array_rules *rules,
                           const json_t *value, const struct schema_place *place)
{
    size_t found = 0;
    for (size_t i = 0; i < json_array_size(value); i++) {
        struct schema_place below = {.parent = place, .index = i};
        found += holds(check, rules->contains, json_array_get(value, i), &below);
    }
    if (found >= rules->minimum_contains && found <= rules->maximum_contains)
        return true;
    if (full(check))
        return false;
    json_t *parameters = json_pack("{s:I, s:I}", "minimum", (json_int_t)rules->minimum_contains,
                                   "found", (json_int_t)found);
    if (rules->maximum_contains != SIZE_MAX)
        json_object_set_new(parameters, "maximum",
                            json_integer((json_int_t)rules->maximum_contains));
    return fault(check, place, "contains", parameters);
}

static bool check_items(struct check *check, const struct schema_array_rules *rules,
                        const json_t *value, const struct schema_place *place)
{
    bool valid = true;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const struct schema_node *node =
            i < rules->prefix.count ? rules->prefix.items[i] : rules->items;
        struct schema_place below = {.parent = place, .index = i};
        if (node && !check_node(check, node, json_array_get(value, i), &below)) {
            valid = false;
            if (full(check))
                break;
        }
    }
    return valid;
}

static bool check_array(struct check *check, const struct schema_array_rules *rules,
                        const json_t *value, const struct schema_place *place)
{
    bool valid = true;
    size_t count = json_array_size(value), first, second;
    if (count < rules->minimum_items)
        valid = fault_count(check, place, "minItems", rules->minimum_items);
    if (count > rules->maximum_items)
        valid = fault_count(check, place, "maxItems", rules->maximum_items);
    if ((rules->items || rules->prefix.count) && (valid || !full(check)))
        valid &= check_items(check, rules, value, place);
    if (rules->contains && (valid || !full(check)))
        valid &= check_contains(check, rules, value, place);
    if (rules->unique && (valid || !full(check)) && !schema_items_differ(value, &first, &second))
        valid = full(check) ? false
                            : fault(check, place, "uniqueItems",
                                    json_pack("{s:I, s:I}", "first", (json_int_t)first, "second",
                                              (json_int_t)second));
    return valid;
}

static bool check_property_name(struct check *check, const struct schema_node *names,
                                const struct schema_place *place)
{
    json_t *name = json_stringn(place->key.data, place->key.size);
    bool valid = holds(check, names, name, place);
    json_decref(name);
    return valid ? true : fault_text(check, place, "propertyNames", "property", place->key);
}

static bool check_pattern_properties(struct check *check, const struct schema_object_rules *rules,
                                     const json_t *member, const struct schema_place *place,
                                     bool *covered)
{
    bool valid = true;
    for (size_t i = 0; i < rules->pattern_count; i++) {
        if (matches(check, rules->patterns[i].pattern, place->key, place)) {
            *covered = true;
            valid &= check_node(check, rules->patterns[i].node, member, place);
        }
    }
    return valid;
}

static bool check_member(struct check *check, const struct schema_object_rules *rules,
                         const struct schema_property *property, const json_t *member,
                         const struct schema_place *place)
{
    bool covered = property && property->node, valid = true;
    if (covered)
        valid = check_node(check, property->node, member, place);
    if (rules->names)
        valid &= check_property_name(check, rules->names, place);
    if (rules->pattern_count)
        valid &= check_pattern_properties(check, rules, member, place, &covered);
    if (rules->additional && !covered) {
        if (rules->additional->never)
            return fault_text(check, place, "additionalProperties", "property", place->key);
        valid &= check_node(check, rules->additional, member, place);
    }
    return valid;
}

static bool check_required(struct check *check, const struct schema_object_rules *rules,
                           const json_t *value, const struct schema_place *place)
{
    for (size_t i = 0; i < rules->count && !full(check); i++) {
        const struct schema_property *property = &rules->properties[i];
        if (property->required &&
            !json_object_getn(value, property->name.data, property->name.size)) {
            struct schema_place below = {.parent = place, .key = property->name};
            fault_text(check, &below, "required", "property", property->name);
        }
    }
    return false;
}

static bool check_dependents(struct check *check, const struct schema_property *property,
                             const json_t *value, const struct schema_place *place)
{
    bool valid = true;
    if (property->dependent_schema)
        valid = check_node(check, property->dependent_schema, value, place);
    for (size_t i = 0; i < json_array_size(property->dependents); i++) {
        const json_t *name = json_array_get(property->dependents, i);
        struct str text = {json_string_value(name), json_string_length(name)};
        if (json_object_getn(value, text.data, text.size))
            continue;
        valid = false;
        if (full(check))
            break;
        struct schema_place below = {.parent = place, .key = text};
        fault(check, &below, "dependentRequired",
              json_pack("{s:o, s:o}", "property", json_stringn(text.data, text.size), "because",
                        json_stringn(property->name.data, property->name.size)));
    }
    return valid;
}

static bool check_members(struct check *check, const struct schema_object_rules *rules,
                          const json_t *value, const struct schema_place *place)
{
    bool valid = true;
    size_t required = 0, size;
    const char *name;
    json_t *member;
    json_object_keylen_foreach((json_t *)value, name, size, member)
    {
        struct schema_place below = {.parent = place, .key = {name, size}};
        const struct schema_property *property = schema_find_property(rules, below.key);
        required += property && property->required;
        valid &= check_member(check, rules, property, member, &below);
        if (property && (property->dependents || property->dependent_schema))
            valid &= check_dependents(check, property, value, place);
        if (!valid && full(check))
            return false;
    }
    return required == rules->required ? valid : check_required(check, rules, value, place);
}

static bool check_object(struct check *check, const struct schema_object_rules *rules,
                         const json_t *value, const struct schema_place *place)
{
    bool valid = true;
    size_t count = json_object_size(value);
    if (count < rules->minimum_properties)
        valid = fault_count(check, place, "minProperties", rules->minimum_properties);
    if (count > rules->maximum_properties)
        valid = fault_count(check, place, "maxProperties", rules->maximum_properties);
    if (!valid && full(check))
        return false;
    return check_members(check, rules, value, place) && valid;
}

static bool check_choices_of(struct check *check, const struct schema_logic_rules *rules,
                             const json_t *value, const struct schema_place *place)
{
    bool valid = true, any = rules->any.count == 0;
    for (size_t i = 0; i < rules->any.count && !any; i++)
        any = holds(check, rules->any.items[i], value, place);
    if (!any)
        valid = full(check) ? false : fault(check, place, "anyOf", NULL);
    size_t matched = 0;
    for (size_t i = 0; i < rules->one.count; i++)
        matched += holds(check, rules->one.items[i], value, place);
    if (rules->one.count && matched != 1)
        valid = full(check) ? false
                            : fault(check, place, "oneOf",
                                    json_pack("{s:I}", "matched", (json_int_t)matched));
    return valid;
}

static bool check_logic(struct check *check, const struct schema_logic_rules *rules,
                        const json_t *value, const struct schema_place *place)
{
    bool valid = true;
    for (size_t i = 0; i < rules->all.count && (valid || !full(check)); i++)
        valid &= check_node(check, rules->all.items[i], value, place);
    if (valid || !full(check))
        valid &= check_choices_of(check, rules, value, place);
    if (rules->negated && holds(check, rules->negated, value, place))
        valid = full(check) ? false : fault(check, place, "not", NULL);
    if (rules->condition && (valid || !full(check))) {
        const struct schema_node *then =
            holds(check, rules->condition, value, place) ? rules->consequence : rules->alternative;
        if (then)
            valid &= check_node(check, then, value, place);
    }
    return valid;
}

static json_t *type_names(unsigned types)
{
    static const char *const names[] = {"null",   "boolean", "integer", "number",
                                        "string", "array",   "object"};
    json_t *out = json_array();
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (types & (1u << i))
            json_array_append_new(out, json_string(names[i]));
    return out;
}

static bool is_among(const json_t *choices, const json_t *value)
{
    for (size_t i = 0; i < json_array_size(choices); i++)
        if (schema_equal(json_array_get(choices, i), value))
            return true;
    return false;
}

static bool check_rules(struct check *check, const struct schema_node *node, const json_t *value,
                        const struct schema_place *place)
{
    if (json_is_string(value))
        return !node->string || check_string(check, node->string, value, place);
    if (json_is_object(value))
        return !node->object || check_object(check, node->object, value, place);
    if (json_is_array(value))
        return !node->array || check_array(check, node->array, value, place);
    if (json_is_number(value))
        return !node->number || check_number(check, node->number, value, place);
    return true;
}

static bool check_keywords(struct check *check, const struct schema_node *node, const json_t *value,
                           const struct schema_place *place)
{
    if (node->never)
        return full(check) ? false : fault(check, place, "false", NULL);
    if (node->types != SCHEMA_ANY && !(node->types & schema_types_of(value)))
        return full(check) ? false
                           : fault(check, place, "type",
                                   json_pack("{s:o}", "expected", type_names(node->types)));
    bool valid = true;
    if (node->constant && !schema_equal(node->constant, value))
        valid = fault_value(check, place, "const", "expected", node->constant);
    if (node->choices && !is_among(node->choices, value))
        valid = fault_value(check, place, "enum", "allowed", node->choices);
    if (valid || !full(check))
        valid &= check_rules(check, node, value, place);
    if (node->reference && (valid || !full(check)))
        valid &= check_node(check, node->reference, value, place);
    if (node->logic && (valid || !full(check)))
        valid &= check_logic(check, node->logic, value, place);
    return valid;
}

static bool check_node(struct check *check, const struct schema_node *node, const json_t *value,
                       const struct schema_place *place)
{
    if (check->depth == SCHEMA_DEPTH)
        return hit_limit(check, place, "depth");
    if (check->limit || !spend(check, 1, place))
        return false;
    check->depth++;
    bool valid = check_keywords(check, node, value, place);
    check->depth--;
    return valid;
}

int schema_validate(const struct schema *schema, const json_t *value, struct schema_faults *faults)
{
    struct check check = {.faults = faults, .steps = SCHEMA_STEPS};
    bool valid = check_node(&check, schema->root, value, NULL) && !check.limit;
    if (check.limit && faults && faults->count == 0)
        fault_text(&check, NULL, "limit", "limit", str_from(check.limit));
    return valid ? 0 : ERR_INVALID;
}

void schema_faults_finish(struct schema_faults *faults)
{
    for (size_t i = 0; i < faults->count; i++) {
        free(faults->items[i].pointer);
        json_decref(faults->items[i].parameters);
    }
    free(faults->items);
    *faults = (struct schema_faults){0};
}

json_t *schema_faults_json(const struct schema_faults *faults)
{
    json_t *out = json_array();
    for (size_t i = 0; i < faults->count; i++) {
        const struct schema_fault *item = &faults->items[i];
        json_array_append_new(out, json_pack("{s:s, s:s, s:O}", "pointer", item->pointer, "keyword",
                                             item->keyword, "parameters", item->parameters));
    }
    return out;
}
