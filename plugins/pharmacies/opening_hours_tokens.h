// SPDX-License-Identifier: Apache-2.0
#ifndef PHARMACIES_OPENING_HOURS_TOKENS_H
#define PHARMACIES_OPENING_HOURS_TOKENS_H

#include "opening_hours.h"

// The words and signs of an opening_hours value: private to opening_hours_parse.

enum token_kind {
    TOKEN_END,
    TOKEN_NUMBER,   // value; a run of at most four digits
    TOKEN_YEAR,     // value; 1901 to 2999
    TOKEN_WEEKDAY,  // value 0 Monday to 6 Sunday
    TOKEN_MONTH,    // value 1 to 12
    TOKEN_HOLIDAY,  // value: HOLIDAY_PUBLIC or HOLIDAY_SCHOOL
    TOKEN_STATE,    // value: enum opening_hours_state
    TOKEN_WEEK,     // the word week
    TOKEN_DAYS,     // the word day or days
    TOKEN_VARIABLE, // sunrise, sunset, dawn, dusk, easter
    TOKEN_ALWAYS,   // 24/7
    TOKEN_COMMENT,  // at and size are those of the text between the quotes
    TOKEN_FALLBACK, // ||
    TOKEN_DASH,
    TOKEN_COMMA,
    TOKEN_SEMICOLON,
    TOKEN_COLON, // or the dot of 10.30
    TOKEN_SLASH,
    TOKEN_PLUS,
    TOKEN_OPEN_BRACKET,
    TOKEN_CLOSE_BRACKET,
    TOKEN_OPEN_PARENTHESIS,
    TOKEN_CLOSE_PARENTHESIS,
};

struct token {
    uint8_t kind;
    uint16_t at; // byte offset in the text
    uint16_t size;
    int16_t value;
};

enum { TOKENS_MAX = OPENING_HOURS_TEXT + 1 };

// Cuts the text into tokens, the last one TOKEN_END. Returns OPENING_HOURS_OK, or a code with
// *fault filled (which is not NULL here).
int tokens_cut(const char *text, size_t size, struct token tokens[TOKENS_MAX],
               struct opening_hours_fault *fault);

// Fills *fault and returns code.
int fault_set(struct opening_hours_fault *fault, int code, size_t at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
