// SPDX-License-Identifier: Apache-2.0
// Query strings and forms carry texts; a schema says what they stand for.
#include "base/digits.h"
#include "base/schema_node.h"

enum { NUMBER_BYTES = 128 };

static const struct schema_node *behind_references(const struct schema_node *node)
{
    for (int i = 0; i < SCHEMA_DEPTH && node && node->reference && node->types == SCHEMA_ANY; i++)
        node = node->reference;
    return node;
}

static const struct schema_node *declared(const struct schema *schema, struct str name)
{
    const struct schema_node *root = behind_references(schema->root);
    const struct schema_property *property =
        root->object ? schema_find_property(root->object, name) : NULL;
    return property ? behind_references(property->node) : NULL;
}

static json_t *read_number(struct str text)
{
    if (text.size > NUMBER_BYTES)
        return NULL;
    struct buf folded = {0};
    digits_fold(&folded, str_trim(text));
    json_t *value = json_loadb(folded.data ? folded.data : "", folded.size, JSON_DECODE_ANY, NULL);
    buf_finish(&folded);
    if (json_is_number(value))
        return value;
    json_decref(value);
    return NULL;
}

static json_t *read_as(unsigned types, struct str text)
{
    json_t *value = NULL;
    if (!(types & SCHEMA_STRING)) {
        if (types & (SCHEMA_INTEGER | SCHEMA_NUMBER))
            value = read_number(text);
        if (!value && (types & SCHEMA_BOOLEAN) && (str_is(text, "true") || str_is(text, "false")))
            value = json_boolean(str_is(text, "true"));
    }
    return value ? value : json_stringn(text.data ? text.data : "", text.size);
}

bool schema_property_is_array(const struct schema *schema, struct str property)
{
    const struct schema_node *node = declared(schema, property);
    return node && node->types == SCHEMA_ARRAY;
}

json_t *schema_value_from_text(const struct schema *schema, struct str property, struct str text)
{
    const struct schema_node *node = declared(schema, property);
    if (node && node->types == SCHEMA_ARRAY)
        node = node->array ? behind_references(node->array->items) : NULL;
    return read_as(node ? node->types : SCHEMA_ANY, text);
}
