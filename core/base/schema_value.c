// SPDX-License-Identifier: Apache-2.0
// Values as JSON Schema sees them: a number is a number however it is written, so 1 and 1.0 are
// equal, an integer may be written 1.0, and 0.0075 is a multiple of 0.0001 although neither has an
// exact binary form (both are taken as the shortest decimal that reads back the same).
#include "base/schema_value.h"
#include "base/buf.h"
#include "base/mem.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

unsigned schema_types_of(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return SCHEMA_OBJECT;
    case JSON_ARRAY:
        return SCHEMA_ARRAY;
    case JSON_STRING:
        return SCHEMA_STRING;
    case JSON_INTEGER:
        return SCHEMA_INTEGER | SCHEMA_NUMBER;
    case JSON_REAL: {
        double real = json_real_value(value);
        return real == trunc(real) ? SCHEMA_INTEGER | SCHEMA_NUMBER : SCHEMA_NUMBER;
    }
    case JSON_TRUE:
    case JSON_FALSE:
        return SCHEMA_BOOLEAN;
    default:
        return SCHEMA_NULL;
    }
}

static int compare_mixed(int64_t a, double b)
{
    if (b >= 0x1p63)
        return -1;
    if (b < -0x1p63)
        return 1;
    int64_t whole = (int64_t)b;
    if (a != whole)
        return a < whole ? -1 : 1;
    double rest = b - (double)whole;
    return rest > 0 ? -1 : rest < 0;
}

int schema_compare_numbers(const json_t *a, const json_t *b)
{
    if (json_is_integer(a) && json_is_integer(b)) {
        json_int_t x = json_integer_value(a), y = json_integer_value(b);
        return x < y ? -1 : x > y;
    }
    if (json_is_integer(a))
        return compare_mixed(json_integer_value(a), json_real_value(b));
    if (json_is_integer(b))
        return -compare_mixed(json_integer_value(b), json_real_value(a));
    double x = json_real_value(a), y = json_real_value(b);
    return x < y ? -1 : x > y;
}

static bool objects_equal(const json_t *a, const json_t *b)
{
    if (json_object_size(a) != json_object_size(b))
        return false;
    const char *name;
    size_t size;
    json_t *value;
    json_object_keylen_foreach((json_t *)a, name, size, value)
    {
        json_t *other = json_object_getn(b, name, size);
        if (!other || !schema_equal(value, other))
            return false;
    }
    return true;
}

static bool arrays_equal(const json_t *a, const json_t *b)
{
    if (json_array_size(a) != json_array_size(b))
        return false;
    for (size_t i = 0; i < json_array_size(a); i++)
        if (!schema_equal(json_array_get(a, i), json_array_get(b, i)))
            return false;
    return true;
}

bool schema_equal(const json_t *a, const json_t *b)
{
    if (json_is_number(a) && json_is_number(b))
        return schema_compare_numbers(a, b) == 0;
    if (json_typeof(a) != json_typeof(b))
        return false;
    switch (json_typeof(a)) {
    case JSON_OBJECT:
        return objects_equal(a, b);
    case JSON_ARRAY:
        return arrays_equal(a, b);
    case JSON_STRING:
        return str_equal((struct str){json_string_value(a), json_string_length(a)},
                         (struct str){json_string_value(b), json_string_length(b)});
    default:
        return true;
    }
}

struct schema_decimal schema_decimal_of(const json_t *number)
{
    if (json_is_integer(number)) {
        json_int_t value = json_integer_value(number);
        return (struct schema_decimal){value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 0};
    }
    double value = fabs(json_real_value(number));
    char text[40];
    int precision = 15;
    do
        snprintf(text, sizeof text, "%.*e", precision - 1, value);
    while (strtod(text, NULL) != value && ++precision <= 17);

    // "d.ddde±dd": the digits without the point, and the exponent they then stand at.
    struct schema_decimal out = {0};
    const char *at = text;
    for (; *at && *at != 'e'; at++)
        if (*at != '.')
            out.digits = out.digits * 10 + (uint64_t)(*at - '0');
    out.exponent = *at ? atoi(at + 1) - (int)(at - text > 1 ? at - text - 2 : 0) : 0;
    return out;
}

static uint64_t multiply_modulo(uint64_t a, uint64_t b, uint64_t modulus)
{
    return (uint64_t)((unsigned __int128)a * b % modulus);
}

bool schema_is_multiple(struct schema_decimal value, struct schema_decimal divisor)
{
    if (value.digits == 0)
        return true;
    while (value.exponent > divisor.exponent) {
        value.digits = multiply_modulo(value.digits, 10, divisor.digits);
        value.exponent--;
    }
    // A divisor at the higher power of ten grows until it is larger than any value left.
    for (; divisor.exponent > value.exponent; divisor.exponent--)
        if (__builtin_mul_overflow(divisor.digits, UINT64_C(10), &divisor.digits))
            return value.digits == 0;
    return value.digits % divisor.digits == 0;
}

size_t schema_count_points(struct str text)
{
    size_t points = 0;
    for (size_t i = 0; i < text.size; i++)
        points += ((unsigned char)text.data[i] & 0xC0) != 0x80;
    return points;
}

static int compare_names(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return x->size ? memcmp(x->data, y->data, x->size) : 0;
}

static void write_canonical(struct buf *out, const json_t *value);

static void write_object(struct buf *out, const json_t *object)
{
    size_t count = json_object_size(object), at = 0;
    struct str *names = mem_zero(count, sizeof *names);
    const char *name;
    size_t size;
    json_t *member;
    json_object_keylen_foreach((json_t *)object, name, size, member)
    {
        names[at++] = (struct str){name, size};
    }
    qsort(names, count, sizeof *names, compare_names);
    buf_printf(out, "o%zu:", count);
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "%zu:", names[i].size);
        buf_append_str(out, names[i]);
        write_canonical(out, json_object_getn(object, names[i].data, names[i].size));
    }
    free(names);
}

// Equal values, and only those, are written as equal bytes.
static void write_canonical(struct buf *out, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        write_object(out, value);
        return;
    case JSON_ARRAY:
        buf_printf(out, "a%zu:", json_array_size(value));
        for (size_t i = 0; i < json_array_size(value); i++)
            write_canonical(out, json_array_get(value, i));
        return;
    case JSON_STRING:
        buf_printf(out, "s%zu:", json_string_length(value));
        buf_append(out, json_string_value(value), json_string_length(value));
        return;
    case JSON_INTEGER:
        buf_printf(out, "i%" PRId64 ";", (int64_t)json_integer_value(value));
        return;
    case JSON_REAL: {
        double real = json_real_value(value);
        if (real == trunc(real) && real >= -0x1p63 && real < 0x1p63)
            buf_printf(out, "i%" PRId64 ";", (int64_t)real);
        else
            buf_printf(out, "r%.17g;", real);
        return;
    }
    default:
        buf_append_char(out, "tfn"[json_typeof(value) - JSON_TRUE]);
    }
}

struct canonical_item {
    struct str text;
    size_t index;
};

static int compare_items(const void *a, const void *b)
{
    const struct canonical_item *x = a, *y = b;
    return compare_names(&x->text, &y->text);
}

static bool few_items_differ(const json_t *array, size_t *first, size_t *second)
{
    for (size_t i = 1; i < json_array_size(array); i++) {
        for (size_t j = 0; j < i; j++) {
            if (schema_equal(json_array_get(array, i), json_array_get(array, j))) {
                *first = j;
                *second = i;
                return false;
            }
        }
    }
    return true;
}

// Comparing each with each would let a long array cost its square: sort what they are written as.
bool schema_items_differ(const json_t *array, size_t *first, size_t *second)
{
    enum { FEW = 16 };
    size_t count = json_array_size(array);
    if (count <= FEW)
        return few_items_differ(array, first, second);
    struct canonical_item *items = mem_zero(count, sizeof *items);
    struct buf text = {0};
    for (size_t i = 0; i < count; i++) {
        items[i].index = text.size; // for now: where its text starts
        write_canonical(&text, json_array_get(array, i));
    }
    for (size_t i = 0; i < count; i++) {
        size_t end = i + 1 < count ? items[i + 1].index : text.size;
        items[i].text = (struct str){text.data + items[i].index, end - items[i].index};
        items[i].index = i;
    }
    qsort(items, count, sizeof *items, compare_items);
    bool differ = true;
    for (size_t i = 1; i < count && differ; i++) {
        if (str_equal(items[i].text, items[i - 1].text)) {
            size_t a = items[i - 1].index, b = items[i].index;
            *first = a < b ? a : b;
            *second = a < b ? b : a;
            differ = false;
        }
    }
    buf_finish(&text);
    free(items);
    return differ;
}
