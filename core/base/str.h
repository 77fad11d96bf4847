// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_BASE_STR_H
#define MEDINA_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// A borrowed run of bytes: never owned, not NUL-terminated, data may be NULL when size is 0.
struct str {
    const char *data;
    size_t size;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})
#define STR_FORMAT "%.*s"
#define STR_ARGUMENTS(s) (int)(s).size, (s).data

static inline struct str str_from(const char *text)
{
    return (struct str){text, text ? strlen(text) : 0};
}

static inline bool str_equal(struct str a, struct str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool str_is(struct str a, const char *text)
{
    return str_equal(a, str_from(text));
}

static inline bool str_starts(struct str a, struct str prefix)
{
    return a.size >= prefix.size && (!prefix.size || !memcmp(a.data, prefix.data, prefix.size));
}

// The bytes from offset on; empty when offset is past the end.
static inline struct str str_from_offset(struct str a, size_t offset)
{
    return offset >= a.size ? (struct str){0} : (struct str){a.data + offset, a.size - offset};
}

// ASCII only, as HTTP field names are compared.
bool str_equal_ignoring_case(struct str a, struct str b);

// Without ASCII spaces and tabs at both ends.
struct str str_trim(struct str a);

// Cuts *rest at the first separator: returns what stood before it and leaves what comes after.
// Without a separator returns all and leaves *rest empty with data NULL.
struct str str_cut(struct str *rest, char separator);

// A whole decimal number within [low, high]; false leaves *out alone.
bool str_to_integer(struct str a, int64_t low, int64_t high, int64_t *out);

// True when the bytes are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
bool str_is_utf8(struct str a);

#endif
