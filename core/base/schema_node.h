// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_BASE_SCHEMA_NODE_H
#define MEDINA_BASE_SCHEMA_NODE_H

#include "base/arena.h"
#include "base/schema.h"
#include "base/schema_value.h"

#include <stdint.h>

// Inside of base/schema: the compiled form. Every subschema is one node; rules are grouped by the
// type of value they speak about, so that checking a string never looks at what arrays must be.

struct schema_nodes {
    const struct schema_node **items;
    size_t count;
};

struct schema_number_rules {
    const json_t *minimum;
    const json_t *maximum;
    const json_t *exclusive_minimum;
    const json_t *exclusive_maximum;
    const json_t *multiple_of;
    struct schema_decimal divisor; // of multiple_of
};

struct schema_string_rules {
    size_t minimum_length;
    size_t maximum_length;
    const struct schema_pattern *pattern;
    const struct schema_format *format;
};

struct schema_array_rules {
    struct schema_nodes prefix;
    const struct schema_node *items; // for those after the prefix
    size_t minimum_items;
    size_t maximum_items;
    const struct schema_node *contains;
    size_t minimum_contains;
    size_t maximum_contains;
    bool unique;
};

// One name that the schema mentions, in properties, required or a dependent… keyword.
struct schema_property {
    struct str name;
    const struct schema_node *node; // NULL: not in properties
    bool required;
    const json_t *dependents; // names that must come with this one
    const struct schema_node *dependent_schema;
};

struct schema_pattern_property {
    const struct schema_pattern *pattern;
    const struct schema_node *node;
};

struct schema_object_rules {
    struct schema_property *properties; // sorted by size, then bytes, once compiled
    size_t count;
    size_t capacity;
    size_t required;
    struct schema_pattern_property *patterns;
    size_t pattern_count;
    const struct schema_node *additional;
    const struct schema_node *names;
    size_t minimum_properties;
    size_t maximum_properties;
};

struct schema_logic_rules {
    struct schema_nodes all;
    struct schema_nodes any;
    struct schema_nodes one;
    const struct schema_node *negated; // not
    const struct schema_node *condition;
    const struct schema_node *consequence;
    const struct schema_node *alternative;
};

struct schema_node {
    const json_t *source; // where it was compiled from, borrowed from the schema's document
    bool never;           // the schema `false`
    bool marked;          // search for cycles: being visited
    unsigned height;      // search for cycles: 1 + longest chain in place; 0 not yet known
    unsigned types;       // of enum schema_type
    const json_t *constant;
    const json_t *choices;
    const struct schema_node *reference;
    struct schema_number_rules *number;
    struct schema_string_rules *string;
    struct schema_array_rules *array;
    struct schema_object_rules *object;
    struct schema_logic_rules *logic;
};

struct schema {
    struct arena arena; // owns the nodes and patterns
    json_t *document;
    struct schema_node **nodes;
    size_t count;
    size_t capacity;
    const struct schema_node *root;
};

// The way from the root of a document to a place in it, linked upwards on the stack.
struct schema_place {
    const struct schema_place *parent;
    struct str key; // data NULL: the array index below
    size_t index;
};

char *schema_place_pointer(const struct schema_place *place); // RFC 6901; freed by the caller

// What is being compiled.
struct schema_compiler {
    struct schema *schema;
    unsigned depth;
    struct err *err;
};

// ERR_INVALID with "#pointer: message".
int schema_refuse(struct schema_compiler *compiler, const struct schema_place *place,
                  const char *format, ...) __attribute__((format(printf, 3, 4)));

// The node of a subschema, compiled once however often it is referred to.
int schema_compile_node(struct schema_compiler *compiler, const json_t *source,
                        const struct schema_place *place, const struct schema_node **out);

// Reads one keyword of a schema object into its node.
int schema_compile_keyword(struct schema_compiler *compiler, struct schema_node *node,
                           const struct schema_place *place, const json_t *value);

void schema_sort_properties(struct schema_object_rules *rules);
const struct schema_property *schema_find_property(const struct schema_object_rules *rules,
                                                   struct str name);

#endif
