// SPDX-License-Identifier: Apache-2.0
#ifndef PHARMACIES_OPENING_HOURS_PARSER_H
#define PHARMACIES_OPENING_HOURS_PARSER_H

#include "opening_hours_rules.h"
#include "opening_hours_tokens.h"

// The state of one parse: private to opening_hours_parse and the selectors it calls. A slice of a
// rule is the run of items appended while the rule is the last one.
struct parser {
    const char *text;
    struct opening_hours_fault *fault;
    size_t at; // index of the next token
    size_t rule_count;
    size_t span_count;
    size_t date_count;
    size_t week_count;
    size_t year_count;
    size_t nth_count;
    size_t comment_size; // bytes used of comments
    struct token tokens[TOKENS_MAX];
    struct rule rules[OPENING_HOURS_RULES];
    struct span spans[SPANS_MAX];
    struct date_range dates[DATES_MAX];
    struct week_range weeks[WEEKS_MAX];
    struct year_range years[YEARS_MAX];
    struct nth_weekday nths[NTHS_MAX];
    char comments[OPENING_HOURS_TEXT + 2];
};

static inline const struct token *peek(const struct parser *parser, size_t ahead)
{
    const struct token *token = &parser->tokens[parser->at];
    while (ahead-- > 0 && token->kind != TOKEN_END)
        token++;
    return token;
}

static inline bool next_is(const struct parser *parser, enum token_kind kind)
{
    return parser->tokens[parser->at].kind == kind;
}

// Moves past the next token when it is of that kind.
static inline bool take(struct parser *parser, enum token_kind kind)
{
    bool found = next_is(parser, kind);
    parser->at += found;
    return found;
}

// A fault at the next token: "expected …, found …".
int expected(const struct parser *parser, const char *what);

// A fault at a word whose time or date varies (sunrise), after a parenthesis or not.
int unsupported(const struct parser *parser);

int twice(const struct parser *parser, const char *what);    // a selector of a kind already had
int too_many(const struct parser *parser, const char *what); // an array is full

// Takes a number within [low, high]; what names it in the fault.
int take_number(struct parser *parser, int low, int high, const char *what, int *out);

// Each reads one selector, its first token being next, into the rule, which must not have had one
// of that kind; 0 or a code with the fault filled.
int select_days(struct parser *parser, struct rule *rule);  // weekdays and holidays
int select_dates(struct parser *parser, struct rule *rule); // months and dates
int select_weeks(struct parser *parser, struct rule *rule);
int select_years(struct parser *parser, struct rule *rule);
int select_times(struct parser *parser, struct rule *rule);

// True when a date of some year is next (2026 Mar 01) rather than a year alone.
bool dated_year_is_next(const struct parser *parser);

// True when a span of time must be next: nothing else begins so.
bool time_is_next(const struct parser *parser);

#endif
