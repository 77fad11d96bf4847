// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include "base/mem.h"

#include <stdlib.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

// ---- checking ----
//
// Each check_* takes the position of its first byte and returns the position after its last, or
// NULL when the grammar is broken; fault then tells where.

struct scan {
    const char *end;
    const char *fault;
};

static const char *skip_blanks(const struct scan *scan, const char *p)
{
    // Mostly there are none, and then one comparison says so.
    if (p < scan->end && (unsigned char)*p > ' ')
        return p;
    while (p < scan->end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
        p++;
    return p;
}

static const char *broken(struct scan *scan, const char *p)
{
    scan->fault = p;
    return NULL;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static unsigned hex4(const char *p)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        value = value * 16 + (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return value;
}

static bool is_unicode_escape(const struct scan *scan, const char *p)
{
    return scan->end - p >= 6 && p[0] == '\\' && p[1] == 'u' && is_hex(p[2]) && is_hex(p[3]) &&
           is_hex(p[4]) && is_hex(p[5]);
}

// After a backslash at p. A lone surrogate has no character and is refused.
static const char *check_escape(struct scan *scan, const char *p)
{
    if (scan->end - p < 2)
        return broken(scan, p);
    if (p[1] != 'u')
        return strchr("\"\\/bfnrt", p[1]) && p[1] ? p + 2 : broken(scan, p);
    if (!is_unicode_escape(scan, p))
        return broken(scan, p);
    unsigned unit = hex4(p + 2);
    if (unit < 0xD800 || unit > 0xDFFF)
        return p + 6;
    if (unit > 0xDBFF || !is_unicode_escape(scan, p + 6))
        return broken(scan, p);
    unsigned low = hex4(p + 8);
    return low >= 0xDC00 && low <= 0xDFFF ? p + 12 : broken(scan, p);
}

// What most strings consist of: printable ASCII without the quote and the backslash.
static bool is_plain(unsigned char c)
{
    static const bool plain[256] = {[0x20 ... 0x21] = true,
                                    [0x23 ... 0x5B] = true,
                                    [0x5D ... 0x7F] = true};
    return plain[c];
}

// The first byte from p that is not plain, or the end. Sixteen at a time where the processor can:
// half of a gateway's work on a result is looking for the ends of its strings.
static const char *skip_plain(const char *p, const char *end)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    const __m128i blank = _mm_set1_epi8(' ');
    for (; end - p >= 16; p += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
        // Signed: bytes beyond ASCII are below the blank too.
        __m128i stops = _mm_or_si128(_mm_cmplt_epi8(bytes, blank),
                                     _mm_or_si128(_mm_cmpeq_epi8(bytes, quote),
                                                  _mm_cmpeq_epi8(bytes, backslash)));
        unsigned mask = (unsigned)_mm_movemask_epi8(stops);
        if (mask)
            return p + __builtin_ctz(mask);
    }
#endif
    while (p < end && is_plain((unsigned char)*p))
        p++;
    return p;
}

static const char *check_string(struct scan *scan, const char *p)
{
    const char *begin = p, *end = scan->end;
    bool ascii = true;
    for (p++;;) {
        p = skip_plain(p, end);
        if (p == end || *p == '"')
            break;
        unsigned char c = (unsigned char)*p;
        if (c < 0x20)
            return broken(scan, p);
        ascii = ascii && c < 0x80;
        p = c == '\\' ? check_escape(scan, p) : p + 1;
        if (!p)
            return NULL;
    }
    if (p == scan->end)
        return broken(scan, begin);
    if (!ascii && !str_is_utf8((struct str){begin, (size_t)(p - begin)}))
        return broken(scan, begin);
    return p + 1;
}

static const char *skip_digits(const struct scan *scan, const char *p)
{
    while (p < scan->end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

static const char *check_number(struct scan *scan, const char *p)
{
    const char *begin = p;
    p += *p == '-';
    const char *digits = p;
    p = skip_digits(scan, p);
    if (p == digits || (*digits == '0' && p > digits + 1))
        return broken(scan, begin);
    if (p < scan->end && *p == '.') {
        digits = ++p;
        p = skip_digits(scan, p);
        if (p == digits)
            return broken(scan, begin);
    }
    if (p < scan->end && (*p == 'e' || *p == 'E')) {
        p++;
        p += p < scan->end && (*p == '+' || *p == '-');
        digits = p;
        p = skip_digits(scan, p);
        if (p == digits)
            return broken(scan, begin);
    }
    return p;
}

static const char *check_scalar(struct scan *scan, const char *p)
{
    static const struct str words[] = {{"true", 4}, {"false", 5}, {"null", 4}};
    if (*p == '"')
        return check_string(scan, p);
    if (*p == '-' || (*p >= '0' && *p <= '9'))
        return check_number(scan, p);
    struct str rest = {p, (size_t)(scan->end - p)};
    for (size_t i = 0; i < 3; i++)
        if (str_starts(rest, words[i]))
            return p + words[i].size;
    return broken(scan, p);
}

static const char *check_key(struct scan *scan, const char *p)
{
    p = skip_blanks(scan, p);
    if (p == scan->end || *p != '"')
        return broken(scan, p);
    p = check_string(scan, p);
    if (!p)
        return NULL;
    p = skip_blanks(scan, p);
    return p < scan->end && *p == ':' ? p + 1 : broken(scan, p);
}

// Closes containers for as long as they end here; *level is how many are open after. kinds has a
// bit a level: 1 for an object. Returns the start of the next value, or the end of the text.
static const char *after_value(struct scan *scan, const char *p, uint64_t *kinds, unsigned *level)
{
    while (*level) {
        bool object = (*kinds >> (*level - 1)) & 1;
        p = skip_blanks(scan, p);
        if (p == scan->end)
            return broken(scan, p);
        if (*p == ',')
            return object ? check_key(scan, p + 1) : p + 1;
        if (*p != (object ? '}' : ']'))
            return broken(scan, p);
        p++;
        --*level;
    }
    return p;
}

// Opens the container at p; the start of its first value, or, when it is empty, its closing mark.
static const char *open_container(struct scan *scan, const char *p, uint64_t *kinds,
                                  unsigned *level, bool *empty)
{
    bool object = *p == '{';
    *kinds = (*kinds & ~(UINT64_C(1) << *level)) | ((uint64_t)object << *level);
    ++*level;
    p = skip_blanks(scan, p + 1);
    *empty = p < scan->end && *p == (object ? '}' : ']');
    return *empty || !object ? p : check_key(scan, p);
}

static const char *check_value(struct scan *scan, const char *p, unsigned depth)
{
    uint64_t kinds = 0;
    unsigned level = 0;
    do {
        p = skip_blanks(scan, p);
        if (p == scan->end)
            return broken(scan, p);
        if (*p == '{' || *p == '[') {
            bool empty;
            if (level == depth)
                return broken(scan, p);
            p = open_container(scan, p, &kinds, &level, &empty);
            if (!p)
                return NULL;
            if (!empty)
                continue;
        } else {
            p = check_scalar(scan, p);
        }
        if (p)
            p = after_value(scan, p, &kinds, &level);
    } while (p && level);
    return p;
}

int json_check(struct str text, unsigned depth, struct err *err)
{
    struct scan scan = {.end = text.data + text.size};
    const char *p = text.size ? check_value(&scan, text.data, depth < 64 ? depth : 64) : NULL;
    if (p) {
        p = skip_blanks(&scan, p);
        if (p == scan.end)
            return 0;
        scan.fault = p;
    }
    return err_set(err, ERR_INVALID, "not valid JSON at byte %zu",
                   scan.fault ? (size_t)(scan.fault - text.data) : 0);
}

// ---- parsing ----

json_t *json_parse(struct str text, struct err *err)
{
    json_error_t error;
    if (json_check(text, JSON_DEPTH, err) < 0)
        return NULL;
    json_t *value =
        json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!value)
        err_set(err, ERR_INVALID, "not valid JSON in line %d: %s", error.line, error.text);
    return value;
}

// ---- writing ----

void json_append_string(struct buf *out, struct str text)
{
    static const char hex[] = "0123456789abcdef";
    buf_reserve(out, text.size + 2);
    buf_append_char(out, '"');
    size_t plain = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_append(out, text.data + plain, i - plain);
        plain = i + 1;
        if (c < 0x20) {
            char escape[] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
            buf_append(out, escape, sizeof escape);
        } else {
            buf_append_char(out, '\\');
            buf_append_char(out, (char)c);
        }
    }
    buf_append(out, text.data + plain, text.size - plain);
    buf_append_char(out, '"');
}

static int append_piece(const char *data, size_t size, void *out)
{
    buf_append(out, data, size);
    return 0;
}

static void append_value(struct buf *out, const json_t *value);

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void append_object(struct buf *out, const json_t *object)
{
    enum { FEW = 32 };
    const char *few[FEW], *name;
    size_t count = json_object_size(object), i = 0;
    const char **names = count > FEW ? mem_alloc(count * sizeof *names) : few;
    json_t *member;
    json_object_foreach((json_t *)object, name, member) names[i++] = name;
    qsort(names, count, sizeof *names, by_name);
    buf_append_char(out, '{');
    for (i = 0; i < count; i++) {
        if (i)
            buf_append_char(out, ',');
        json_append_string(out, str_from(names[i]));
        buf_append_char(out, ':');
        append_value(out, json_object_get(object, names[i]));
    }
    buf_append_char(out, '}');
    if (names != few)
        free(names);
}

static void append_array(struct buf *out, const json_t *array)
{
    buf_append_char(out, '[');
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (i)
            buf_append_char(out, ',');
        append_value(out, json_array_get(array, i));
    }
    buf_append_char(out, ']');
}

static void append_value(struct buf *out, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        append_object(out, value);
        return;
    case JSON_ARRAY:
        append_array(out, value);
        return;
    case JSON_STRING:
        json_append_string(out, (struct str){json_string_value(value), json_string_length(value)});
        return;
    case JSON_INTEGER:
        buf_append_integer(out, json_integer_value(value));
        return;
    case JSON_REAL:
        json_dump_callback(value, append_piece, out, JSON_ENCODE_ANY);
        return;
    default:
        buf_append_text(out, json_is_null(value) ? "null" : json_is_true(value) ? "true" : "false");
    }
}

void json_append_canonical(struct buf *out, const json_t *value)
{
    if (value)
        append_value(out, value);
}

const char *json_get_string(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

int64_t json_get_integer(const json_t *object, const char *name, int64_t fallback)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool json_get_boolean(const json_t *object, const char *name, bool fallback)
{
    const json_t *value = json_object_get(object, name);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}
