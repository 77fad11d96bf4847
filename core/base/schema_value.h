// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_BASE_SCHEMA_VALUE_H
#define MEDINA_BASE_SCHEMA_VALUE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <jansson.h>
#include <stdint.h>

// Inside of base/schema: what can be asked about single values.

enum schema_type {
    SCHEMA_NULL = 1,
    SCHEMA_BOOLEAN = 2,
    SCHEMA_INTEGER = 4, // also a real without a fraction
    SCHEMA_NUMBER = 8,
    SCHEMA_STRING = 16,
    SCHEMA_ARRAY = 32,
    SCHEMA_OBJECT = 64,
    SCHEMA_ANY = 127,
};

// digits × 10^exponent, the shortest decimal that reads back as the number.
struct schema_decimal {
    uint64_t digits;
    int exponent;
};

// Values (schema_value.c): equality and order as JSON Schema sees them, 1 and 1.0 being the same.
unsigned schema_types_of(const json_t *value);
bool schema_equal(const json_t *a, const json_t *b);
int schema_compare_numbers(const json_t *a, const json_t *b);
struct schema_decimal schema_decimal_of(const json_t *number);
bool schema_is_multiple(struct schema_decimal value, struct schema_decimal divisor);
size_t schema_count_points(struct str text);

// False when two items are equal; *first and *second are then their indexes.
bool schema_items_differ(const json_t *array, size_t *first, size_t *second);

// Formats (schema_format.c): static storage, NULL for a name that is not asserted.
struct schema_format {
    const char *name;
    bool (*matches)(struct str text);
};
const struct schema_format *schema_format_find(const char *name);

// Patterns (schema_pattern.c), owned by the arena.
struct schema_pattern;
const struct schema_pattern *schema_pattern_compile(struct arena *arena, struct str text,
                                                    struct err *err);
const char *schema_pattern_text(const struct schema_pattern *pattern);

// 1 it does, 0 it does not, ERR_LIMIT: finding out would take too much work.
int schema_pattern_matches(const struct schema_pattern *pattern, struct str text);

#endif
