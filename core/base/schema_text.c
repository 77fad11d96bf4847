// SPDX-License-Identifier: Apache-2.0
// Query strings and forms carry texts; a schema says what they stand for.
#include "base/schema_node.h"

#include <stdlib.h>

enum { NUMBER_BYTES = 64 };

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

// The ASCII form of a number written with Arabic-Indic (U+0660), Eastern Arabic-Indic (U+06F0) or
// ASCII digits and with U+066B or a point; false when it does not fit.
static bool fold_number(struct str text, char out[NUMBER_BYTES])
{
    size_t at = 0;
    text = str_trim(text);
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        unsigned char d = i + 1 < text.size ? (unsigned char)text.data[i + 1] : 0;
        char folded = text.data[i];
        if (c == 0xD9 && ((d >= 0xA0 && d <= 0xA9) || d == 0xAB))
            folded = d == 0xAB ? '.' : (char)('0' + d - 0xA0), i++;
        else if (c == 0xDB && d >= 0xB0 && d <= 0xB9)
            folded = (char)('0' + d - 0xB0), i++;
        if (at + 1 == NUMBER_BYTES)
            return false;
        out[at++] = folded;
    }
    out[at] = '\0';
    return at > 0;
}

static json_t *read_number(struct str text)
{
    char folded[NUMBER_BYTES];
    if (!fold_number(text, folded))
        return NULL;
    json_t *value = json_loads(folded, JSON_DECODE_ANY, NULL);
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
