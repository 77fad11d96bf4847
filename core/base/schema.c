// SPDX-License-Identifier: Apache-2.0
// A schema is compiled into nodes (schema_node.h) and then only read. The parts:
//
//   schema.c           the document: nodes, references, the search for cycles
//   schema_keyword.c   one function a keyword: from JSON to rules
//   schema_check.c     a value against the rules
//   schema_value.c     equality, order, multiples
//   schema_format.c    formats          schema_pattern.c   regular expressions
//
// References are resolved while compiling and may be circular: a node is entered in the table
// before its keywords are read, so a reference to a node under construction finds it. What must not
// be circular is the way a node checks one and the same value (allOf, if, $ref …): that would never
// end, and the search for cycles refuses it.
#include "base/schema.h"

#include "base/buf.h"
#include "base/mem.h"
#include "base/schema_node.h"

#include <stdio.h>
#include <stdlib.h>

enum { COMPILE_DEPTH = 64, IN_PLACE_DEPTH = 32 };

static void place_append(struct buf *out, const struct schema_place *place)
{
    if (!place)
        return;
    place_append(out, place->parent);
    buf_append_char(out, '/');
    if (!place->key.data) {
        buf_append_integer(out, (int64_t)place->index);
        return;
    }
    for (size_t i = 0; i < place->key.size; i++) {
        char c = place->key.data[i];
        if (c == '~')
            buf_append_text(out, "~0");
        else if (c == '/')
            buf_append_text(out, "~1");
        else
            buf_append_char(out, c);
    }
}

char *schema_place_pointer(const struct schema_place *place)
{
    struct buf out = {0};
    place_append(&out, place);
    return buf_detach(&out);
}

int schema_refuse(struct schema_compiler *compiler, const struct schema_place *place,
                  const char *format, ...)
{
    char message[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    char *pointer = schema_place_pointer(place);
    err_set(compiler->err, ERR_INVALID, "#%s: %s", pointer, message);
    free(pointer);
    return ERR_INVALID;
}

static struct schema_node *node_find(const struct schema *schema, const json_t *source)
{
    for (size_t i = 0; i < schema->count; i++)
        if (schema->nodes[i]->source == source)
            return schema->nodes[i];
    return NULL;
}

static struct schema_node *node_add(struct schema *schema, const json_t *source)
{
    struct schema_node *node = arena_zero(&schema->arena, sizeof *node);
    node->source = source;
    node->types = SCHEMA_ANY;
    if (schema->count == schema->capacity) {
        schema->capacity = schema->capacity ? schema->capacity * 2 : 32;
        schema->nodes = mem_resize(schema->nodes, schema->capacity * sizeof(struct schema_node *));
    }
    schema->nodes[schema->count++] = node;
    return node;
}

static int compile_keywords(struct schema_compiler *compiler, struct schema_node *node,
                            const struct schema_place *place)
{
    const char *name;
    size_t size;
    json_t *value;
    json_object_keylen_foreach((json_t *)node->source, name, size, value)
    {
        struct schema_place below = {.parent = place, .key = {name, size}};
        int code = schema_compile_keyword(compiler, node, &below, value);
        if (code < 0)
            return code;
    }
    if (node->object)
        schema_sort_properties(node->object);
    return 0;
}

int schema_compile_node(struct schema_compiler *compiler, const json_t *source,
                        const struct schema_place *place, const struct schema_node **out)
{
    struct schema *schema = compiler->schema;
    struct schema_node *node = node_find(schema, source);
    *out = node;
    if (node)
        return 0;
    if (!json_is_object(source) && !json_is_boolean(source))
        return schema_refuse(compiler, place, "a schema must be an object, true or false");
    if (schema->count == SCHEMA_NODES)
        return err_set(compiler->err, ERR_LIMIT, "more than %d subschemas", SCHEMA_NODES);
    if (compiler->depth == COMPILE_DEPTH)
        return err_set(compiler->err, ERR_LIMIT, "nested more than %d deep", COMPILE_DEPTH);
    node = node_add(schema, source);
    node->never = json_is_false(source);
    *out = node;
    compiler->depth++;
    int code = json_is_object(source) ? compile_keywords(compiler, node, place) : 0;
    compiler->depth--;
    return code;
}

static unsigned height_of(struct schema_node *node, unsigned depth);

// The height of what a node checks its own value against; 0 when it finds a circle or the limit.
static bool raise_height(const struct schema_node *below, unsigned depth, unsigned *height)
{
    if (!below)
        return true;
    unsigned found = height_of((struct schema_node *)below, depth + 1);
    if (found == 0)
        return false;
    if (found + 1 > *height)
        *height = found + 1;
    return true;
}

static bool raise_heights(struct schema_nodes nodes, unsigned depth, unsigned *height)
{
    for (size_t i = 0; i < nodes.count; i++)
        if (!raise_height(nodes.items[i], depth, height))
            return false;
    return true;
}

static unsigned height_of(struct schema_node *node, unsigned depth)
{
    if (node->height)
        return node->height;
    if (node->marked || depth > IN_PLACE_DEPTH)
        return 0;
    node->marked = true;
    unsigned height = 1;
    bool fine = raise_height(node->reference, depth, &height);
    const struct schema_logic_rules *logic = node->logic;
    if (fine && logic)
        fine = raise_heights(logic->all, depth, &height) &&
               raise_heights(logic->any, depth, &height) &&
               raise_heights(logic->one, depth, &height) &&
               raise_height(logic->negated, depth, &height) &&
               raise_height(logic->condition, depth, &height) &&
               raise_height(logic->consequence, depth, &height) &&
               raise_height(logic->alternative, depth, &height);
    const struct schema_object_rules *object = node->object;
    for (size_t i = 0; fine && object && i < object->count; i++)
        fine = raise_height(object->properties[i].dependent_schema, depth, &height);
    node->marked = false;
    if (!fine || height > IN_PLACE_DEPTH)
        return 0;
    return node->height = height;
}

static int refuse_circles(struct schema *schema, struct err *err)
{
    for (size_t i = 0; i < schema->count; i++) {
        if (height_of(schema->nodes[i], 0) == 0) {
            char *text = json_dumps(schema->nodes[i]->source, JSON_COMPACT | JSON_ENCODE_ANY);
            err_set(err, ERR_INVALID,
                    "#: the subschema %.120s refers to itself without going down into the value, "
                    "or more than %d deep",
                    text ? text : "", IN_PLACE_DEPTH);
            free(text);
            return ERR_INVALID;
        }
    }
    return 0;
}

struct schema *schema_compile(const json_t *document, struct err *err)
{
    json_t *copy = json_deep_copy(document);
    if (!copy) {
        err_set(err, ERR_INVALID, "#: not a JSON document");
        return NULL;
    }
    struct schema *schema = mem_zero(1, sizeof *schema);
    schema->document = copy;
    struct schema_compiler compiler = {.schema = schema, .err = err};
    if (schema_compile_node(&compiler, copy, NULL, &schema->root) < 0 ||
        refuse_circles(schema, err) < 0) {
        schema_destroy(schema);
        return NULL;
    }
    return schema;
}

void schema_destroy(struct schema *schema)
{
    if (!schema)
        return;
    arena_finish(&schema->arena);
    json_decref(schema->document);
    free(schema->nodes);
    free(schema);
}

const json_t *schema_document(const struct schema *schema)
{
    return schema->document;
}
