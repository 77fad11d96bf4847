// SPDX-License-Identifier: Apache-2.0
// A value is a list of rules; a rule is a few selectors, each kind at most once and in any order
// (the specification wants dates before times, mappers do not), then a modifier (open, off,
// unknown) and a comment. Requiring each kind only once is what catches a forgotten semicolon:
// "Mo-Fr 08:00-18:00 Sa 10:00-12:00" would otherwise mean both spans on all six days.
//
// The parse has no recursion and fixed arrays; what it finds is copied into one block at the end.
#include "opening_hours_parser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int expected(const struct parser *parser, const char *what)
{
    const struct token *found = peek(parser, 0);
    if (found->kind == TOKEN_END)
        return fault_set(parser->fault, OPENING_HOURS_MALFORMED, found->at,
                         "expected %s, found the end", what);
    return fault_set(parser->fault, OPENING_HOURS_MALFORMED, found->at,
                     "expected %s, found \"%.*s\"", what, found->size > 40 ? 40 : found->size,
                     parser->text + found->at);
}

int unsupported(const struct parser *parser)
{
    const struct token *found = peek(parser, next_is(parser, TOKEN_OPEN_PARENTHESIS));
    if (found->kind != TOKEN_VARIABLE)
        return expected(parser, "a rule");
    return fault_set(parser->fault, OPENING_HOURS_UNSUPPORTED, found->at,
                     "times and dates that vary (%.*s) are not computed here", found->size,
                     parser->text + found->at);
}

int twice(const struct parser *parser, const char *what)
{
    return fault_set(parser->fault, OPENING_HOURS_MALFORMED, peek(parser, 0)->at,
                     "%s stand twice in one rule; a new rule begins after \";\"", what);
}

int too_many(const struct parser *parser, const char *what)
{
    return fault_set(parser->fault, OPENING_HOURS_LIMIT, peek(parser, 0)->at, "too many %s", what);
}

int take_number(struct parser *parser, int low, int high, const char *what, int *out)
{
    const struct token *token = peek(parser, 0);
    if (token->kind != TOKEN_NUMBER)
        return expected(parser, what);
    if (token->value < low || token->value > high)
        return fault_set(parser->fault, OPENING_HOURS_MALFORMED, token->at,
                         "expected %s from %d to %d, found %d", what, low, high, token->value);
    *out = token->value;
    parser->at++;
    return OPENING_HOURS_OK;
}

// Takes the comment that is next.
static void take_comment(struct parser *parser, struct rule *rule)
{
    const struct token *comment = peek(parser, 0);
    if (comment->size) {
        rule->comment = (uint16_t)parser->comment_size;
        memcpy(parser->comments + parser->comment_size, parser->text + comment->at, comment->size);
        parser->comment_size += (size_t)comment->size + 1; // the array began as zeros
    }
    parser->at++;
}

// A comment without open or off before it means unknown.
static void take_modifier(struct parser *parser, struct rule *rule)
{
    rule->state = OPENING_HOURS_UNKNOWN;
    if (next_is(parser, TOKEN_STATE)) {
        rule->state = (uint8_t)peek(parser, 0)->value;
        parser->at++;
    }
    if (next_is(parser, TOKEN_COMMENT))
        take_comment(parser, rule);
}

// Reads the selector that is next: 1, 0 when there is none, or a negative code.
static int parse_selector(struct parser *parser, struct rule *rule)
{
    int (*select)(struct parser *, struct rule *) = NULL;
    switch (peek(parser, 0)->kind) {
    case TOKEN_WEEKDAY:
    case TOKEN_HOLIDAY:
        select = select_days;
        break;
    case TOKEN_MONTH:
        select = select_dates;
        break;
    case TOKEN_YEAR:
        select = dated_year_is_next(parser) ? select_dates : select_years;
        break;
    case TOKEN_WEEK:
        select = select_weeks;
        break;
    default:
        if (!time_is_next(parser))
            return 0;
        select = select_times;
    }
    int code = select(parser, rule);
    if (code)
        return code;
    if (select != select_times)
        take(parser, TOKEN_COLON); // "Mar 01: 08:00-10:00", only for the reader
    return 1;
}

static bool separator_is_next(const struct parser *parser)
{
    int kind = peek(parser, 0)->kind;
    return kind == TOKEN_END || kind == TOKEN_SEMICOLON || kind == TOKEN_COMMA ||
           kind == TOKEN_FALLBACK;
}

static int parse_rule(struct parser *parser, struct rule *rule)
{
    rule->state = OPENING_HOURS_OPEN;
    size_t selectors = 0;
    int selected;
    while ((selected = parse_selector(parser, rule)) > 0)
        selectors++;
    if (selected < 0)
        return selected;
    if (next_is(parser, TOKEN_STATE) || next_is(parser, TOKEN_COMMENT))
        take_modifier(parser, rule);
    else if (!selectors)
        return expected(parser, "a rule (days, dates, times, open or off)");
    if (!separator_is_next(parser))
        return expected(parser, "\";\" and another rule");
    return OPENING_HOURS_OK;
}

static bool has_dates(const struct rule *rule)
{
    return rule->years.count || rule->dates.count || rule->weeks.count || rule->nths.count ||
           rule->months || rule->weekdays || rule->day_holidays || rule->holidays;
}

// Whether a rule after ";" replaces what earlier rules say of its days. Closed only covers, so that
// "08:00-20:00; 12:00-14:00 off" is a break; for the rest see opening_hours.h.
static bool rule_replaces(const struct parser *parser, size_t index)
{
    const struct rule *rule = &parser->rules[index];
    if (rule->state == OPENING_HOURS_CLOSED)
        return false;
    return has_dates(rule) ||
           (index > 0 && rule->state == OPENING_HOURS_OPEN && !has_dates(rule - 1));
}

// Reads all rules; leaves the fault to the rule that has it.
static int parse_rules(struct parser *parser)
{
    int separator = TOKEN_SEMICOLON;
    bool fallback = false;
    while (!next_is(parser, TOKEN_END)) {
        if (separator == TOKEN_SEMICOLON && take(parser, TOKEN_SEMICOLON))
            continue; // an empty rule
        if (parser->rule_count == OPENING_HOURS_RULES)
            return fault_set(parser->fault, OPENING_HOURS_LIMIT, peek(parser, 0)->at,
                             "more than %d rules", OPENING_HOURS_RULES);
        size_t index = parser->rule_count++;
        struct rule *rule = &parser->rules[index];
        int code = parse_rule(parser, rule);
        if (code)
            return code;
        // What follows a fallback by a comma belongs to it; a semicolon begins afresh.
        fallback = separator == TOKEN_FALLBACK || (separator == TOKEN_COMMA && fallback);
        rule->fallback = fallback;
        rule->replaces = separator == TOKEN_SEMICOLON && rule_replaces(parser, index);
        separator = peek(parser, 0)->kind;
        if (separator == TOKEN_END)
            return OPENING_HOURS_OK;
        parser->at++;
    }
    return parser->rule_count && separator == TOKEN_SEMICOLON ? OPENING_HOURS_OK
                                                              : expected(parser, "a rule");
}

static void note_uses(struct opening_hours *hours)
{
    hours->repeats_weekly = true;
    for (size_t i = 0; i < hours->rule_count; i++) {
        const struct rule *rule = &hours->rules[i];
        int holidays = rule->holidays | rule->day_holidays;
        hours->uses_school_holidays |= (holidays & HOLIDAY_SCHOOL) != 0;
        hours->uses_public_holidays |= (holidays & ~HOLIDAY_SCHOOL) != 0;
        hours->uses_weeks |= rule->weeks.count > 0;
        if (holidays || rule->weeks.count || rule->years.count || rule->dates.count ||
            rule->months || rule->nths.count)
            hours->repeats_weekly = false;
    }
}

// Copies count items of size bytes to *end, which is aligned to 4, and moves it.
static void *place(char **end, const void *items, size_t count, size_t size)
{
    char *at = *end;
    memcpy(at, items, count * size);
    *end = at + (count * size + 3) / 4 * 4;
    return at;
}

// One block: the head, then the arrays, each at a multiple of 4 (none holds wider fields).
static struct opening_hours *assemble(const struct parser *parser)
{
    size_t size = sizeof(struct opening_hours) + 6 * 4 + parser->rule_count * sizeof(struct rule) +
                  parser->span_count * sizeof(struct span) +
                  parser->date_count * sizeof(struct date_range) +
                  parser->week_count * sizeof(struct week_range) +
                  parser->year_count * sizeof(struct year_range) +
                  parser->nth_count * sizeof(struct nth_weekday) + parser->comment_size;
    struct opening_hours *hours = calloc(1, size);
    if (!hours)
        abort();
    char *end = (char *)(hours + 1);
    hours->rule_count = (uint16_t)parser->rule_count;
    hours->rules = place(&end, parser->rules, parser->rule_count, sizeof(struct rule));
    hours->spans = place(&end, parser->spans, parser->span_count, sizeof(struct span));
    hours->dates = place(&end, parser->dates, parser->date_count, sizeof(struct date_range));
    hours->weeks = place(&end, parser->weeks, parser->week_count, sizeof(struct week_range));
    hours->years = place(&end, parser->years, parser->year_count, sizeof(struct year_range));
    hours->nths = place(&end, parser->nths, parser->nth_count, sizeof(struct nth_weekday));
    hours->comments = place(&end, parser->comments, parser->comment_size, 1);
    note_uses(hours);
    return hours;
}

int opening_hours_parse(const char *text, size_t size, struct opening_hours **out,
                        struct opening_hours_fault *fault)
{
    struct opening_hours_fault unread;
    *out = NULL;
    struct parser *parser = calloc(1, sizeof *parser);
    if (!parser)
        abort();
    parser->text = text;
    parser->fault = fault ? fault : &unread;
    parser->comment_size = 1;
    int code = tokens_cut(text, size, parser->tokens, parser->fault);
    if (!code)
        code = parse_rules(parser);
    if (!code)
        *out = assemble(parser);
    free(parser);
    return code;
}

void opening_hours_destroy(struct opening_hours *hours)
{
    free(hours);
}
