// SPDX-License-Identifier: Apache-2.0
// The selector that chooses times. A comma after a span is followed by another span or by another
// rule ("Mo-Fr 08:00-12:00, We 14:00-18:00"), so the token after it decides.
#include "opening_hours_parser.h"

enum { MINUTES_A_DAY = 24 * 60 };

bool time_is_next(const struct parser *parser)
{
    int kind = peek(parser, 0)->kind;
    return kind == TOKEN_NUMBER || kind == TOKEN_ALWAYS || kind == TOKEN_VARIABLE ||
           kind == TOKEN_OPEN_PARENTHESIS;
}

// A time of day as minutes; hours alone only when the whole span is written so.
static int take_time(struct parser *parser, int most_hours, bool hours_alone, int *out)
{
    if (next_is(parser, TOKEN_VARIABLE) || next_is(parser, TOKEN_OPEN_PARENTHESIS))
        return unsupported(parser);
    int hours;
    int code = take_number(parser, 0, most_hours, "an hour", &hours);
    if (code)
        return code;
    *out = hours * 60;
    if (hours_alone)
        return OPENING_HOURS_OK;
    if (!take(parser, TOKEN_COLON))
        return expected(parser, "\":\" and the minutes");
    if (next_is(parser, TOKEN_NUMBER) && peek(parser, 0)->size != 2)
        return expected(parser, "minutes of two digits");
    int minutes;
    code = take_number(parser, 0, 59, "minutes", &minutes);
    if (code)
        return code;
    *out += minutes;
    return OPENING_HOURS_OK;
}

static int append_span(struct parser *parser, struct rule *rule, struct span span)
{
    if (parser->span_count == SPANS_MAX)
        return too_many(parser, "spans of time");
    if (span.to > 2 * MINUTES_A_DAY)
        return fault_set(parser->fault, OPENING_HOURS_MALFORMED, peek(parser, 0)->at,
                         "the span passes midnight twice");
    // An open end lasts at most until the span after it in the list.
    struct span *before = rule->spans.count ? &parser->spans[parser->span_count - 1] : &span;
    if (before->open_end && before->from < span.from && before->to > span.from)
        before->to = span.from;
    parser->spans[parser->span_count++] = span;
    rule->spans.count++;
    return OPENING_HOURS_OK;
}

static struct span open_end(int from)
{
    int to = from >= 22 * 60 ? from + 8 * 60 : from >= 17 * 60 ? from + 10 * 60 : MINUTES_A_DAY;
    return (struct span){(uint16_t)from, (uint16_t)to, true};
}

static int take_span(struct parser *parser, struct rule *rule)
{
    if (take(parser, TOKEN_ALWAYS))
        return append_span(parser, rule, (struct span){0, MINUTES_A_DAY, false});
    bool hours_alone = peek(parser, 1)->kind == TOKEN_DASH && peek(parser, 3)->kind != TOKEN_COLON;
    int from;
    int to;
    int code = take_time(parser, 23, hours_alone, &from);
    if (code)
        return code;
    if (!hours_alone && take(parser, TOKEN_PLUS))
        return append_span(parser, rule, open_end(from));
    if (!take(parser, TOKEN_DASH))
        return expected(parser, "\"-\" and the closing time");
    code = take_time(parser, 48, hours_alone, &to);
    if (code)
        return code;
    if (to <= from)
        to += MINUTES_A_DAY;
    code = append_span(parser, rule, (struct span){(uint16_t)from, (uint16_t)to, false});
    if (!code && take(parser, TOKEN_PLUS))
        code = append_span(parser, rule, open_end(to));
    return code;
}

int select_times(struct parser *parser, struct rule *rule)
{
    if (rule->spans.count)
        return twice(parser, "times");
    rule->spans.first = (uint16_t)parser->span_count;
    for (;;) {
        int code = take_span(parser, rule);
        if (code)
            return code;
        if (next_is(parser, TOKEN_COMMA) && peek(parser, 1)->kind == TOKEN_NUMBER)
            parser->at++;
        else if (!time_is_next(parser)) // a space may stand for the comma
            return OPENING_HOURS_OK;
    }
}
