// SPDX-License-Identifier: Apache-2.0
// Words are runs of ASCII letters, numbers runs of digits; "Mo08:00" is a word and a time. Spaces,
// no-break spaces included, only separate. A word in any other script is a fault: the syntax is
// English, and a guess at a translation could send somebody to a closed door.
#include "opening_hours_tokens.h"

#include "opening_hours_rules.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct word {
    char text[10];
    uint8_t kind;
    int8_t value;
};

static const struct word words[] = {
    {"mo", TOKEN_WEEKDAY, 0},
    {"tu", TOKEN_WEEKDAY, 1},
    {"we", TOKEN_WEEKDAY, 2},
    {"th", TOKEN_WEEKDAY, 3},
    {"fr", TOKEN_WEEKDAY, 4},
    {"sa", TOKEN_WEEKDAY, 5},
    {"su", TOKEN_WEEKDAY, 6},
    {"mon", TOKEN_WEEKDAY, 0},
    {"tue", TOKEN_WEEKDAY, 1},
    {"wed", TOKEN_WEEKDAY, 2},
    {"thu", TOKEN_WEEKDAY, 3},
    {"fri", TOKEN_WEEKDAY, 4},
    {"sat", TOKEN_WEEKDAY, 5},
    {"sun", TOKEN_WEEKDAY, 6},
    {"monday", TOKEN_WEEKDAY, 0},
    {"tuesday", TOKEN_WEEKDAY, 1},
    {"wednesday", TOKEN_WEEKDAY, 2},
    {"thursday", TOKEN_WEEKDAY, 3},
    {"friday", TOKEN_WEEKDAY, 4},
    {"saturday", TOKEN_WEEKDAY, 5},
    {"sunday", TOKEN_WEEKDAY, 6},
    {"jan", TOKEN_MONTH, 1},
    {"feb", TOKEN_MONTH, 2},
    {"mar", TOKEN_MONTH, 3},
    {"apr", TOKEN_MONTH, 4},
    {"may", TOKEN_MONTH, 5},
    {"jun", TOKEN_MONTH, 6},
    {"jul", TOKEN_MONTH, 7},
    {"aug", TOKEN_MONTH, 8},
    {"sep", TOKEN_MONTH, 9},
    {"oct", TOKEN_MONTH, 10},
    {"nov", TOKEN_MONTH, 11},
    {"dec", TOKEN_MONTH, 12},
    {"january", TOKEN_MONTH, 1},
    {"february", TOKEN_MONTH, 2},
    {"march", TOKEN_MONTH, 3},
    {"april", TOKEN_MONTH, 4},
    {"june", TOKEN_MONTH, 6},
    {"july", TOKEN_MONTH, 7},
    {"august", TOKEN_MONTH, 8},
    {"september", TOKEN_MONTH, 9},
    {"october", TOKEN_MONTH, 10},
    {"november", TOKEN_MONTH, 11},
    {"december", TOKEN_MONTH, 12},
    {"ph", TOKEN_HOLIDAY, HOLIDAY_PUBLIC},
    {"sh", TOKEN_HOLIDAY, HOLIDAY_SCHOOL},
    {"off", TOKEN_STATE, OPENING_HOURS_CLOSED},
    {"closed", TOKEN_STATE, OPENING_HOURS_CLOSED},
    {"open", TOKEN_STATE, OPENING_HOURS_OPEN},
    {"unknown", TOKEN_STATE, OPENING_HOURS_UNKNOWN},
    {"week", TOKEN_WEEK, 0},
    {"day", TOKEN_DAYS, 0},
    {"days", TOKEN_DAYS, 0},
    {"sunrise", TOKEN_VARIABLE, 0},
    {"sunset", TOKEN_VARIABLE, 0},
    {"dawn", TOKEN_VARIABLE, 0},
    {"dusk", TOKEN_VARIABLE, 0},
    {"easter", TOKEN_VARIABLE, 0},
};

struct cutter {
    const char *text;
    size_t size;
    size_t at;
    uint8_t before; // kind of the token before
    struct opening_hours_fault *fault;
};

int fault_set(struct opening_hours_fault *fault, int code, size_t at, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fault->at = at;
    vsnprintf(fault->message, sizeof fault->message, format, arguments);
    va_end(arguments);
    return code;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool starts_with(const struct cutter *cutter, const char *prefix)
{
    size_t size = strlen(prefix);
    return cutter->size - cutter->at >= size && !memcmp(cutter->text + cutter->at, prefix, size);
}

static void skip_spaces(struct cutter *cutter)
{
    for (;;) {
        char c = cutter->at < cutter->size ? cutter->text[cutter->at] : 'x';
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
            cutter->at++;
        else if (starts_with(cutter, "\xC2\xA0")) // U+00A0
            cutter->at += 2;
        else
            return;
    }
}

static int cut_word(struct cutter *cutter, struct token *token)
{
    const char *word = cutter->text + cutter->at;
    size_t size = 1;
    while (cutter->at + size < cutter->size && is_letter(word[size]))
        size++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i].text) != size || strncasecmp(words[i].text, word, size) != 0)
            continue;
        token->kind = words[i].kind;
        token->value = words[i].value;
        token->size = (uint16_t)size;
        return OPENING_HOURS_OK;
    }
    return fault_set(cutter->fault, OPENING_HOURS_MALFORMED, cutter->at,
                     "\"%.*s\" is not a word of this syntax; notes stand in double quotes",
                     size > 40 ? 40 : (int)size, word);
}

static int cut_number(struct cutter *cutter, struct token *token)
{
    if (starts_with(cutter, "24/7") && cutter->before != TOKEN_DASH) { // not in Mar 03-24/7
        token->kind = TOKEN_ALWAYS;
        token->size = 4;
        return OPENING_HOURS_OK;
    }
    const char *digits = cutter->text + cutter->at;
    size_t size = 0;
    int value = 0;
    while (cutter->at + size < cutter->size && is_digit(digits[size]) && size <= 4)
        value = value * 10 + (digits[size++] - '0');
    if (size > 4 || value > 2999)
        return fault_set(cutter->fault, OPENING_HOURS_MALFORMED, cutter->at,
                         "the number is too large");
    token->kind = value > 1900 ? TOKEN_YEAR : TOKEN_NUMBER;
    token->value = (int16_t)value;
    token->size = (uint16_t)size;
    return OPENING_HOURS_OK;
}

static int cut_comment(struct cutter *cutter, struct token *token)
{
    const char *first = cutter->text + cutter->at + 1;
    const char *quote = memchr(first, '"', cutter->size - cutter->at - 1);
    if (!quote)
        return fault_set(cutter->fault, OPENING_HOURS_MALFORMED, cutter->at,
                         "the quote that opens here is never closed");
    token->kind = TOKEN_COMMENT;
    token->at++;
    token->size = (uint16_t)(quote - first);
    return OPENING_HOURS_OK;
}

static int cut_sign(struct cutter *cutter, struct token *token)
{
    static const struct {
        char text[4];
        uint8_t kind;
    } signs[] = {
        {"||", TOKEN_FALLBACK},
        {"-", TOKEN_DASH},
        {",", TOKEN_COMMA},
        {";", TOKEN_SEMICOLON},
        {":", TOKEN_COLON},
        {"/", TOKEN_SLASH},
        {"+", TOKEN_PLUS},
        {"[", TOKEN_OPEN_BRACKET},
        {"]", TOKEN_CLOSE_BRACKET},
        {"(", TOKEN_OPEN_PARENTHESIS},
        {".", TOKEN_COLON},
        {")", TOKEN_CLOSE_PARENTHESIS},
        {"\xE2\x80\x93", TOKEN_DASH}, // U+2013 en dash
    };
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (!starts_with(cutter, signs[i].text))
            continue;
        token->kind = signs[i].kind;
        token->size = (uint16_t)strlen(signs[i].text);
        return OPENING_HOURS_OK;
    }
    unsigned byte = (unsigned char)cutter->text[cutter->at];
    if (byte > 0x20 && byte < 0x7F)
        return fault_set(cutter->fault, OPENING_HOURS_MALFORMED, cutter->at,
                         "\"%c\" is not a sign of this syntax", (int)byte);
    return fault_set(cutter->fault, OPENING_HOURS_MALFORMED, cutter->at,
                     "only ASCII is allowed outside double quotes, found byte 0x%02X", byte);
}

static int cut_token(struct cutter *cutter, struct token *token)
{
    char c = cutter->text[cutter->at];
    token->at = (uint16_t)cutter->at;
    int code = is_letter(c)  ? cut_word(cutter, token)
               : is_digit(c) ? cut_number(cutter, token)
               : c == '"'    ? cut_comment(cutter, token)
                             : cut_sign(cutter, token);
    cutter->at = (size_t)token->at + token->size + (token->kind == TOKEN_COMMENT);
    cutter->before = token->kind;
    return code;
}

int tokens_cut(const char *text, size_t size, struct token tokens[TOKENS_MAX],
               struct opening_hours_fault *fault)
{
    if (size > OPENING_HOURS_TEXT)
        return fault_set(fault, OPENING_HOURS_LIMIT, OPENING_HOURS_TEXT, "longer than %d bytes",
                         OPENING_HOURS_TEXT);
    struct cutter cutter = {.text = text, .size = size, .fault = fault};
    size_t count = 0;
    for (skip_spaces(&cutter); cutter.at < size; skip_spaces(&cutter)) {
        tokens[count] = (struct token){0};
        int code = cut_token(&cutter, &tokens[count++]);
        if (code)
            return code;
    }
    tokens[count] = (struct token){.kind = TOKEN_END, .at = (uint16_t)size};
    return OPENING_HOURS_OK;
}
