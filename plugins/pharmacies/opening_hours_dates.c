// SPDX-License-Identifier: Apache-2.0
// The selectors that choose days: weekdays and holidays, months and dates, weeks, years. Each is a
// list of alternatives with commas between them.
#include "opening_hours_parser.h"

// Takes "/ number" when it is next; *out stays 0 without it.
static int take_period(struct parser *parser, int low, int high, int *out)
{
    *out = 0;
    return take(parser, TOKEN_SLASH) ? take_number(parser, low, high, "a period", out)
                                     : OPENING_HOURS_OK;
}

// Takes "+ 2 days" or "- 1 day" when it is next; *out stays 0 without it.
static int take_day_offset(struct parser *parser, int most, int *out)
{
    *out = 0;
    int sign = next_is(parser, TOKEN_PLUS) ? 1 : next_is(parser, TOKEN_DASH) ? -1 : 0;
    if (!sign || peek(parser, 1)->kind != TOKEN_NUMBER || peek(parser, 2)->kind != TOKEN_DAYS)
        return OPENING_HOURS_OK;
    parser->at++;
    int days;
    int code = take_number(parser, 0, most, "a number of days", &days);
    parser->at++;
    *out = sign * days;
    return code;
}

// One number, or a range of them, between the brackets of Fr[1,3-4,-1], as bits of nth.
static int take_nth(struct parser *parser, uint16_t *nth)
{
    int from;
    bool from_the_end = take(parser, TOKEN_DASH);
    int code = take_number(parser, 1, 5, "which weekday of the month", &from);
    if (code)
        return code;
    int to = from;
    if (!from_the_end && take(parser, TOKEN_DASH))
        code = take_number(parser, from, 5, "the end of the range", &to);
    for (int i = from; i <= to; i++)
        *nth = (uint16_t)(*nth | 1U << (from_the_end ? i + 4 : i - 1));
    return code;
}

static int take_nth_weekday(struct parser *parser, struct rule *rule)
{
    if (parser->nth_count == NTHS_MAX)
        return too_many(parser, "weekdays in brackets");
    struct nth_weekday *item = &parser->nths[parser->nth_count++];
    item->weekday = (uint8_t)peek(parser, 0)->value;
    parser->at += 2; // the weekday and its bracket
    int code;
    do
        code = take_nth(parser, &item->nth);
    while (!code && take(parser, TOKEN_COMMA));
    if (code)
        return code;
    if (!take(parser, TOKEN_CLOSE_BRACKET))
        return expected(parser, "\"]\"");
    int offset;
    code = take_day_offset(parser, 6, &offset);
    item->offset = (int8_t)offset;
    rule->nths.count++;
    return code;
}

static int take_weekdays(struct parser *parser, struct rule *rule)
{
    if (peek(parser, 1)->kind == TOKEN_OPEN_BRACKET)
        return take_nth_weekday(parser, rule);
    int from = peek(parser, 0)->value;
    int to = from;
    parser->at++;
    if (take(parser, TOKEN_DASH)) {
        if (!next_is(parser, TOKEN_WEEKDAY))
            return expected(parser, "a weekday");
        to = peek(parser, 0)->value;
        parser->at++;
    }
    for (int day = from;; day = (day + 1) % 7) {
        rule->weekdays = (uint8_t)(rule->weekdays | 1U << day);
        if (day == to)
            return OPENING_HOURS_OK;
    }
}

static int take_holiday(struct parser *parser, uint8_t *holidays)
{
    int kind = peek(parser, 0)->value;
    parser->at++;
    int offset = 0;
    if (kind == HOLIDAY_PUBLIC) {
        int code = take_day_offset(parser, 1, &offset);
        if (code)
            return code;
    }
    if (offset)
        kind = offset > 0 ? HOLIDAY_AFTER_PUBLIC : HOLIDAY_BEFORE_PUBLIC;
    *holidays = (uint8_t)(*holidays | kind);
    return OPENING_HOURS_OK;
}

// A list with a weekday in it is one condition (Mo-Fr,PH: either); holidays alone are another, so
// that "PH Mo-Fr" means the holidays that fall on a weekday.
int select_days(struct parser *parser, struct rule *rule)
{
    bool had_weekdays = rule->weekdays || rule->nths.count;
    size_t begin = parser->at;
    uint8_t holidays = 0;
    bool weekdays = false;
    rule->nths.first = had_weekdays ? rule->nths.first : (uint16_t)parser->nth_count;
    do {
        int code;
        if (next_is(parser, TOKEN_WEEKDAY)) {
            weekdays = true;
            code = take_weekdays(parser, rule);
        } else if (next_is(parser, TOKEN_HOLIDAY)) {
            code = take_holiday(parser, &holidays);
        } else {
            return expected(parser, "a weekday or PH");
        }
        if (code)
            return code;
    } while (take(parser, TOKEN_COMMA));
    if ((weekdays && had_weekdays) || (!weekdays && rule->holidays)) {
        parser->at = begin;
        return twice(parser, weekdays ? "weekdays" : "holidays");
    }
    if (weekdays)
        rule->day_holidays = holidays;
    else
        rule->holidays = holidays;
    return OPENING_HOURS_OK;
}

bool dated_year_is_next(const struct parser *parser)
{
    if (peek(parser, 1)->kind != TOKEN_MONTH || peek(parser, 2)->kind != TOKEN_NUMBER)
        return false;
    // 2026 Mar 10:00-12:00 is a year, a month and a span of time.
    int after = peek(parser, 5)->kind;
    return peek(parser, 3)->kind != TOKEN_COLON || peek(parser, 4)->kind != TOKEN_NUMBER ||
           (after != TOKEN_DASH && after != TOKEN_PLUS);
}

// True when the month that is next has a day: Mar 10, not Mar and not Mar 10:00-12:00.
static bool month_has_day(const struct parser *parser)
{
    int after = peek(parser, 4)->kind;
    return peek(parser, 1)->kind == TOKEN_NUMBER &&
           (peek(parser, 2)->kind != TOKEN_COLON || peek(parser, 3)->kind != TOKEN_NUMBER ||
            (after != TOKEN_DASH && after != TOKEN_PLUS));
}

static int take_day_of_month(struct parser *parser, int month, uint16_t *out)
{
    static const signed char days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int day;
    int code = take_number(parser, 1, days[month - 1], "a day of the month", &day);
    *out = (uint16_t)(code ? 0 : month * 32 + day);
    return code;
}

// The end of the range whose beginning is in *range: Dec 24-26, Dec 24-Jan 02, 2026 Mar 01-Apr 15,
// 2026 Dec 24-2027 Jan 02. The dash is taken already.
static int take_range_end(struct parser *parser, struct date_range *range)
{
    if (next_is(parser, TOKEN_NUMBER)) {
        size_t begin = parser->at;
        int code = take_day_of_month(parser, range->from / 32, &range->to);
        if (code || range->to >= range->from)
            return code;
        parser->at = begin;
        return expected(parser, "a later day of the month");
    }
    if (range->from_year && next_is(parser, TOKEN_YEAR)) {
        range->to_year = peek(parser, 0)->value;
        parser->at++;
    }
    if (!next_is(parser, TOKEN_MONTH) || peek(parser, 1)->kind != TOKEN_NUMBER)
        return expected(parser, "the last date of the range, as Dec 24");
    size_t begin = parser->at++;
    int code = take_day_of_month(parser, parser->tokens[begin].value, &range->to);
    if (code)
        return code;
    if (range->from_year && (range->to_year < range->from_year ||
                             (range->to_year == range->from_year && range->to < range->from))) {
        parser->at = begin;
        return expected(parser, "a later date");
    }
    return OPENING_HOURS_OK;
}

static int append_date(struct parser *parser, struct rule *rule, struct date_range range)
{
    if (parser->date_count == DATES_MAX)
        return too_many(parser, "dates");
    parser->dates[parser->date_count++] = range;
    rule->dates.count++;
    return OPENING_HOURS_OK;
}

// A date or a range of dates, and further days of the same month: Jan 01, Dec 24-26,31.
static int take_dates(struct parser *parser, struct rule *rule)
{
    struct date_range range = {0};
    if (next_is(parser, TOKEN_YEAR)) {
        range.from_year = range.to_year = peek(parser, 0)->value;
        parser->at++;
    }
    int month = peek(parser, 0)->value;
    parser->at++;
    for (;;) {
        int period = 0;
        int code = take_day_of_month(parser, month, &range.from);
        if (code)
            return code;
        range.to = range.from;
        if (take(parser, TOKEN_DASH))
            code = take_range_end(parser, &range);
        bool one_month = range.to / 32 == month && range.from_year == range.to_year;
        if (!code && one_month && range.to > range.from)
            code = take_period(parser, 1, 31, &period);
        range.period = (uint8_t)period;
        if (!code)
            code = append_date(parser, rule, range);
        if (code || !one_month || !next_is(parser, TOKEN_COMMA) ||
            peek(parser, 1)->kind != TOKEN_NUMBER)
            return code;
        parser->at++;
    }
}

static int take_months(struct parser *parser, struct rule *rule)
{
    int from = peek(parser, 0)->value;
    int to = from;
    parser->at++;
    if (take(parser, TOKEN_DASH)) {
        if (!next_is(parser, TOKEN_MONTH))
            return expected(parser, "a month");
        if (month_has_day(parser))
            return expected(parser, "a month without a day, as the range began");
        to = peek(parser, 0)->value;
        parser->at++;
    }
    for (int month = from;; month = month % 12 + 1) {
        rule->months = (uint16_t)(rule->months | 1U << month);
        if (month == to)
            return OPENING_HOURS_OK;
    }
}

int select_dates(struct parser *parser, struct rule *rule)
{
    if (rule->months || rule->dates.count)
        return twice(parser, "dates");
    rule->dates.first = (uint16_t)parser->date_count;
    do {
        int code;
        if ((next_is(parser, TOKEN_YEAR) && dated_year_is_next(parser)) ||
            (next_is(parser, TOKEN_MONTH) && month_has_day(parser)))
            code = take_dates(parser, rule);
        else if (next_is(parser, TOKEN_MONTH))
            code = take_months(parser, rule);
        else
            code = expected(parser, "a month or a date");
        if (code)
            return code;
    } while (take(parser, TOKEN_COMMA));
    return OPENING_HOURS_OK;
}

int select_weeks(struct parser *parser, struct rule *rule)
{
    if (rule->weeks.count)
        return twice(parser, "weeks");
    rule->weeks.first = (uint16_t)parser->week_count;
    do {
        int from;
        int period = 0;
        take(parser, TOKEN_WEEK);
        int code = take_number(parser, 1, 53, "a week of the year", &from);
        int to = from;
        if (!code && take(parser, TOKEN_DASH))
            code = take_number(parser, from, 53, "the last week", &to);
        if (!code && to > from)
            code = take_period(parser, 2, 26, &period);
        if (code)
            return code;
        if (parser->week_count == WEEKS_MAX)
            return too_many(parser, "weeks");
        parser->weeks[parser->week_count++] =
            (struct week_range){(uint8_t)from, (uint8_t)to, (uint8_t)period};
        rule->weeks.count++;
    } while (take(parser, TOKEN_COMMA));
    return OPENING_HOURS_OK;
}

static int take_years(struct parser *parser, struct year_range *range)
{
    if (!next_is(parser, TOKEN_YEAR))
        return expected(parser, "a year");
    range->from = range->to = peek(parser, 0)->value;
    parser->at++;
    if (take(parser, TOKEN_PLUS)) {
        range->to = INT16_MAX;
        return OPENING_HOURS_OK;
    }
    if (take(parser, TOKEN_DASH)) {
        if (!next_is(parser, TOKEN_YEAR) || peek(parser, 0)->value <= range->from)
            return expected(parser, "a later year");
        range->to = peek(parser, 0)->value;
        parser->at++;
    } else if (next_is(parser, TOKEN_SLASH)) {
        range->to = INT16_MAX;
    }
    int period;
    int code = take_period(parser, 1, 100, &period);
    range->period = (int16_t)period;
    return code;
}

int select_years(struct parser *parser, struct rule *rule)
{
    if (rule->years.count)
        return twice(parser, "years");
    rule->years.first = (uint16_t)parser->year_count;
    do {
        if (parser->year_count == YEARS_MAX)
            return too_many(parser, "years");
        int code = take_years(parser, &parser->years[parser->year_count]);
        if (code)
            return code;
        parser->year_count++;
        rule->years.count++;
    } while (take(parser, TOKEN_COMMA));
    return OPENING_HOURS_OK;
}
