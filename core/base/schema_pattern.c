// SPDX-License-Identifier: Apache-2.0
// JSON Schema's patterns are ECMA-262 regular expressions with the u flag; the engine is PCRE2. The
// text is read once and written anew for PCRE2: what both write alike is copied, what they write
// differently is translated (`.`, \s, \v, [ in a class), and what only PCRE2 understands is
// refused, so that the same pattern means the same in a client's browser. A look-behind must be of
// bounded width, which ECMA-262 does not ask for: it is refused by PCRE2, at compile time.
//
// Matching without the just-in-time compiler (no executable memory, no 32 KB of stack) and with a
// limit on backtracking.
#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/buf.h"
#include "base/schema.h"
#include "base/schema_value.h"

#include <pcre2.h>
#include <stdatomic.h>

enum { MATCH_LIMIT = 100000, HEAP_LIMIT_KB = 1024 };

struct schema_pattern {
    char *text;
    pcre2_code *code;
    pcre2_match_context *limits;
    // Where a match keeps its place: 20 KB, made for the first and kept for the next. Whoever takes
    // it has it alone; another thread at the same time makes its own.
    _Atomic(pcre2_match_data *) spare;
};

struct translation {
    struct str text;
    size_t at;
    struct buf out;
    bool in_class;
    bool repeatable_done; // the last thing was a quantifier
    struct err *err;
};

static int refuse(struct translation *t, const char *why)
{
    return err_set(t->err, ERR_INVALID, "pattern, at byte %zu: %s", t->at, why);
}

static char peek(const struct translation *t, size_t ahead)
{
    return t->at + ahead < t->text.size ? t->text.data[t->at + ahead] : '\0';
}

static void copy(struct translation *t, size_t size)
{
    buf_append(&t->out, t->text.data + t->at, size);
    t->at += size;
}

static void replace(struct translation *t, size_t size, const char *with)
{
    buf_append_text(&t->out, with);
    t->at += size;
}

// \p{Letter}, \p{General_Category=Letter}: PCRE2 knows the short names of the general categories,
// and the scripts and binary properties by the names ECMA-262 gives them.
static int translate_property(struct translation *t)
{
    static const char *const categories[][2] = {
        {"Letter", "L"},       {"Lowercase_Letter", "Ll"}, {"Uppercase_Letter", "Lu"},
        {"Mark", "M"},         {"Nonspacing_Mark", "Mn"},  {"Number", "N"},
        {"Punctuation", "P"},  {"Decimal_Number", "Nd"},   {"Symbol", "S"},
        {"Separator", "Z"},    {"Space_Separator", "Zs"},  {"Other", "C"},
        {"Other_Letter", "Lo"}};
    const char *close = memchr(t->text.data + t->at, '}', t->text.size - t->at);
    if (peek(t, 2) != '{' || !close)
        return refuse(t, "\\p needs a property in braces");
    struct str name = {t->text.data + t->at + 3, (size_t)(close - t->text.data) - t->at - 3};
    static const char *const prefixes[] = {"General_Category=", "gc="};
    for (size_t i = 0; i < 2; i++)
        if (str_starts(name, str_from(prefixes[i])))
            name = str_from_offset(name, strlen(prefixes[i]));
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        if (str_is(name, categories[i][0]))
            name = str_from(categories[i][1]);
    buf_printf(&t->out, "\\%c{" STR_FORMAT "}", peek(t, 1), STR_ARGUMENTS(name));
    t->at = (size_t)(close - t->text.data) + 1;
    return 0;
}

static int translate_space(struct translation *t, bool negated)
{
    if (!t->in_class)
        replace(t, 2, negated ? "[^\\s\\uFEFF\\p{Z}]" : "[\\s\\uFEFF\\p{Z}]");
    else if (!negated)
        replace(t, 2, "\\s\\uFEFF\\p{Z}");
    else
        return refuse(t, "\\S inside a class is not supported");
    return 0;
}

static int translate_escape(struct translation *t)
{
    char c = peek(t, 1);
    switch (c) {
    case 's':
    case 'S':
        return translate_space(t, c == 'S');
    case 'p':
    case 'P':
        return translate_property(t);
    case 'v':
        replace(t, 2, "\\x0B");
        return 0;
    case '0':
        if (peek(t, 2) >= '0' && peek(t, 2) <= '9')
            return refuse(t, "octal escapes are not ECMA-262");
        replace(t, 2, "\\x00");
        return 0;
    case 'B':
        if (t->in_class)
            return refuse(t, "\\B inside a class is not ECMA-262");
        copy(t, 2);
        return 0;
    default:
        if (c == '\0' || !strchr("dDwWbnrtfxukc123456789^$\\.*+?()[]{}|/-", c))
            return refuse(t, "this escape is not ECMA-262");
        copy(t, 2);
        return 0;
    }
}

static int translate_group(struct translation *t)
{
    if (peek(t, 1) == '*')
        return refuse(t, "(*…) is not ECMA-262");
    if (peek(t, 1) != '?') {
        copy(t, 1);
        return 0;
    }
    char c = peek(t, 2), d = peek(t, 3);
    bool name = (d >= 'a' && d <= 'z') || (d >= 'A' && d <= 'Z') || d == '_';
    if (c == ':' || c == '=' || c == '!')
        copy(t, 3);
    else if (c == '<' && (d == '=' || d == '!'))
        copy(t, 4);
    else if (c == '<' && name)
        copy(t, 3);
    else
        return refuse(t, "this kind of group is not ECMA-262");
    return 0;
}

// {n} {n,} {n,m}
static int translate_braces(struct translation *t)
{
    size_t size = 1, digits = 0;
    while (peek(t, size) >= '0' && peek(t, size) <= '9')
        size++, digits++;
    if (digits && peek(t, size) == ',')
        for (size++; peek(t, size) >= '0' && peek(t, size) <= '9';)
            size++;
    if (!digits || peek(t, size) != '}')
        return refuse(t, "a brace that is no quantifier must be escaped");
    copy(t, size + 1);
    return 0;
}

static int translate_quantifier(struct translation *t, char c)
{
    if (t->repeatable_done)
        return refuse(t, "nothing to repeat");
    int code = 0;
    if (c == '{')
        code = translate_braces(t);
    else
        copy(t, 1);
    if (peek(t, 0) == '?')
        copy(t, 1);
    t->repeatable_done = true;
    return code;
}

static int translate_in_class(struct translation *t, char c)
{
    if (c == '\\')
        return translate_escape(t);
    if (c == '[')
        replace(t, 1, "\\[");
    else
        copy(t, 1);
    if (c == ']')
        t->in_class = false;
    return 0;
}

static int translate_next(struct translation *t)
{
    char c = peek(t, 0);
    if (t->in_class)
        return translate_in_class(t, c);
    if (c != '\0' && strchr("*+?{", c))
        return translate_quantifier(t, c);
    t->repeatable_done = false;
    switch (c) {
    case '\\':
        return translate_escape(t);
    case '(':
        return translate_group(t);
    case '.':
        replace(t, 1, "[^\\n\\r\\u2028\\u2029]");
        return 0;
    case '[':
        t->in_class = true;
        copy(t, peek(t, 1) == '^' ? 2 : 1);
        return 0;
    case ']':
    case '}':
        return refuse(t, "an unpaired bracket must be escaped");
    default:
        copy(t, 1);
        return 0;
    }
}

static int translate(struct translation *t)
{
    int code = 0;
    while (code == 0 && t->at < t->text.size)
        code = translate_next(t);
    return code;
}

static void release(void *object)
{
    struct schema_pattern *pattern = object;
    pcre2_match_data_free(atomic_load(&pattern->spare));
    pcre2_code_free(pattern->code);
    pcre2_match_context_free(pattern->limits);
}

const struct schema_pattern *schema_pattern_compile(struct arena *arena, struct str text,
                                                    struct err *err)
{
    struct translation t = {.text = text, .err = err};
    struct schema_pattern *pattern = NULL;
    if (translate(&t) == 0) {
        int number;
        size_t offset;
        pcre2_compile_context *context = pcre2_compile_context_create(NULL);
        pcre2_set_compile_extra_options(context, PCRE2_EXTRA_ALT_BSUX);
        pcre2_code *code = pcre2_compile((PCRE2_SPTR)(t.out.data ? t.out.data : ""), t.out.size,
                                         PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX |
                                             PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF |
                                             PCRE2_NEVER_BACKSLASH_C,
                                         &number, &offset, context);
        pcre2_compile_context_free(context);
        if (code) {
            pattern = arena_zero(arena, sizeof *pattern);
            pattern->text = arena_string(arena, text);
            pattern->code = code;
            pattern->limits = pcre2_match_context_create(NULL);
            pcre2_set_match_limit(pattern->limits, MATCH_LIMIT);
            pcre2_set_heap_limit(pattern->limits, HEAP_LIMIT_KB);
            arena_on_finish(arena, release, pattern);
        } else {
            PCRE2_UCHAR message[128] = "";
            pcre2_get_error_message(number, message, sizeof message);
            err_set(err, ERR_INVALID, "pattern: %s", (const char *)message);
        }
    }
    buf_finish(&t.out);
    return pattern;
}

const char *schema_pattern_text(const struct schema_pattern *pattern)
{
    return pattern->text;
}

// Not part of what the pattern is: it may be const for everybody else.
static pcre2_match_data *take_spare(const struct schema_pattern *pattern)
{
    struct schema_pattern *owner = (struct schema_pattern *)pattern;
    pcre2_match_data *match = atomic_exchange(&owner->spare, NULL);
    return match ? match : pcre2_match_data_create(1, NULL);
}

static void put_spare(const struct schema_pattern *pattern, pcre2_match_data *match)
{
    struct schema_pattern *owner = (struct schema_pattern *)pattern;
    pcre2_match_data_free(atomic_exchange(&owner->spare, match));
}

int schema_pattern_matches(const struct schema_pattern *pattern, struct str text)
{
    if (text.size > SCHEMA_PATTERN_BYTES)
        return ERR_LIMIT;
    pcre2_match_data *match = take_spare(pattern);
    int found = match ? pcre2_match(pattern->code, (PCRE2_SPTR)(text.data ? text.data : ""),
                                    text.size, 0, 0, match, pattern->limits)
                      : PCRE2_ERROR_NOMEMORY;
    put_spare(pattern, match);
    return found >= 0 ? 1 : found == PCRE2_ERROR_NOMATCH ? 0 : ERR_LIMIT;
}
