// SPDX-License-Identifier: Apache-2.0
#include "base/str.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool str_equal_ignoring_case(struct str a, struct str b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (lower(a.data[i]) != lower(b.data[i]))
            return false;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct str str_trim(struct str a)
{
    while (a.size && is_blank(a.data[0]))
        a = (struct str){a.data + 1, a.size - 1};
    while (a.size && is_blank(a.data[a.size - 1]))
        a.size--;
    return a;
}

struct str str_cut(struct str *rest, char separator)
{
    const char *found = rest->size ? memchr(rest->data, separator, rest->size) : NULL;
    struct str head = *rest;
    if (!found) {
        *rest = (struct str){0};
        return head;
    }
    head.size = (size_t)(found - rest->data);
    *rest = (struct str){found + 1, rest->size - head.size - 1};
    return head;
}

bool str_to_integer(struct str a, int64_t low, int64_t high, int64_t *out)
{
    bool negative = a.size && a.data[0] == '-';
    size_t at = negative;
    if (at == a.size)
        return false;
    int64_t value = 0;
    for (; at < a.size; at++) {
        int digit = a.data[at] - '0';
        if (digit < 0 || digit > 9)
            return false;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return false;
    }
    if (value < low || value > high)
        return false;
    *out = value;
    return true;
}

// Length of the well-formed sequence at p, 0 when there is none (Unicode 15, table 3-7).
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high, length;
    } rows[] = {{0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
                {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3},
                {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
                {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
    if (p[0] < 0x80)
        return 1;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (p[0] < rows[i].first_low || p[0] > rows[i].first_high)
            continue;
        if (left < rows[i].length || p[1] < rows[i].second_low || p[1] > rows[i].second_high)
            return 0;
        for (size_t k = 2; k < rows[i].length; k++)
            if ((p[k] & 0xC0) != 0x80)
                return 0;
        return rows[i].length;
    }
    return 0;
}

bool str_is_utf8(struct str a)
{
    const unsigned char *p = (const unsigned char *)a.data;
    for (size_t i = 0; i < a.size;) {
        size_t length = utf8_sequence(p + i, a.size - i);
        if (!length)
            return false;
        i += length;
    }
    return true;
}
