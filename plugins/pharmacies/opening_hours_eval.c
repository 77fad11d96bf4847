// SPDX-License-Identifier: Apache-2.0
// For a day the rules that apply are two sets of bits: those whose dates match that day, and those
// whose dates match the day before (their spans past midnight reach into it). The last rule of the
// day that replaces earlier ones cuts both sets off below it. Within the day the state is then a
// step function of the minute: the rules are laid over each other in order, each rule's own day
// first and its reach from the day before second, and it can only change at the ends of their
// spans.
//
// A search for the next change walks days; a day with the same two sets as the day before it, which
// brought no change, cannot bring one either and costs only the matching.
#include "opening_hours_rules.h"

#include "civil.h"

enum { MINUTES_A_DAY = 24 * 60 };

struct day {
    int32_t number;
    struct civil_date date;
    int month_days;
    int weekday;
    int week;
    unsigned holidays; // enum holiday
};

struct view { // the rules that have a say on one day, bit i for rule i
    uint64_t today;
    uint64_t yesterday;
};

struct verdict {
    uint8_t state;
    int16_t rule; // the one that decided, -1 for none
};

static bool contains(const struct opening_hours_days *set, int32_t day)
{
    size_t low = 0;
    size_t high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->days[middle] == day)
            return true;
        if (set->days[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static unsigned holidays_of(const struct opening_hours *hours,
                            const struct opening_hours_calendar *calendar, int32_t day)
{
    unsigned holidays = 0;
    if (hours->uses_public_holidays) {
        const struct opening_hours_days *set = &calendar->public_holidays;
        holidays |= contains(set, day) ? HOLIDAY_PUBLIC : 0;
        holidays |= contains(set, day - 1) ? HOLIDAY_AFTER_PUBLIC : 0;
        holidays |= contains(set, day + 1) ? HOLIDAY_BEFORE_PUBLIC : 0;
    }
    if (hours->uses_school_holidays && contains(&calendar->school_holidays, day))
        holidays |= HOLIDAY_SCHOOL;
    return holidays;
}

static void day_set(struct day *day, int32_t number)
{
    day->number = number;
    day->date = civil_date_of(number);
    day->month_days = civil_days_in_month(day->date.year, day->date.month);
    day->weekday = civil_weekday(number);
}

static void day_next(struct day *day)
{
    day->number++;
    day->weekday = day->weekday == 6 ? 0 : day->weekday + 1;
    if (++day->date.day > day->month_days)
        day_set(day, day->number);
}

static bool nth_matches(const struct nth_weekday *item, const struct day *today)
{
    struct day shifted = *today;
    if (item->offset)
        day_set(&shifted, today->number - item->offset);
    if (shifted.weekday != item->weekday)
        return false;
    int nth = (shifted.date.day - 1) / 7;
    int nth_last = (shifted.month_days - shifted.date.day) / 7;
    return item->nth & (1U << nth | 1U << (nth_last + 5));
}

static bool date_matches(const struct date_range *range, const struct civil_date *date)
{
    int day = date->month * 32 + date->day;
    if (range->from_year) {
        if (date->year < range->from_year || date->year > range->to_year ||
            (date->year == range->from_year && day < range->from) ||
            (date->year == range->to_year && day > range->to))
            return false;
    } else if (range->from <= range->to ? day < range->from || day > range->to
                                        : day < range->from && day > range->to) {
        return false;
    }
    return !range->period || (day - range->from) % range->period == 0;
}

static bool in_weekdays(const struct opening_hours *hours, const struct rule *rule,
                        const struct day *day)
{
    if (rule->weekdays & 1U << day->weekday || rule->day_holidays & day->holidays)
        return true;
    for (size_t i = 0; i < rule->nths.count; i++)
        if (nth_matches(&hours->nths[rule->nths.first + i], day))
            return true;
    return !rule->weekdays && !rule->day_holidays && !rule->nths.count;
}

static bool in_dates(const struct opening_hours *hours, const struct rule *rule,
                     const struct civil_date *date)
{
    if (!rule->months && !rule->dates.count)
        return true;
    if (rule->months & 1U << date->month)
        return true;
    for (size_t i = 0; i < rule->dates.count; i++)
        if (date_matches(&hours->dates[rule->dates.first + i], date))
            return true;
    return false;
}

static bool in_weeks(const struct opening_hours *hours, const struct rule *rule, int week)
{
    for (size_t i = 0; i < rule->weeks.count; i++) {
        const struct week_range *range = &hours->weeks[rule->weeks.first + i];
        if (week >= range->from && week <= range->to &&
            (!range->period || (week - range->from) % range->period == 0))
            return true;
    }
    return !rule->weeks.count;
}

static bool in_years(const struct opening_hours *hours, const struct rule *rule, int year)
{
    for (size_t i = 0; i < rule->years.count; i++) {
        const struct year_range *range = &hours->years[rule->years.first + i];
        if (year >= range->from && year <= range->to &&
            (!range->period || (year - range->from) % range->period == 0))
            return true;
    }
    return !rule->years.count;
}

static uint64_t rules_of(const struct opening_hours *hours,
                         const struct opening_hours_calendar *calendar, struct day *day)
{
    uint64_t rules = 0;
    if (hours->uses_public_holidays || hours->uses_school_holidays)
        day->holidays = holidays_of(hours, calendar, day->number);
    if (hours->uses_weeks)
        day->week = civil_iso_week(day->number);
    for (size_t i = 0; i < hours->rule_count; i++) {
        const struct rule *rule = &hours->rules[i];
        if (in_weekdays(hours, rule, day) && (!rule->holidays || rule->holidays & day->holidays) &&
            in_dates(hours, rule, &day->date) && in_weeks(hours, rule, day->week) &&
            in_years(hours, rule, day->date.year))
            rules |= UINT64_C(1) << i;
    }
    return rules;
}

static struct view view_of(const struct opening_hours *hours, uint64_t yesterday, uint64_t today)
{
    for (size_t i = hours->rule_count; i-- > 0;)
        if (today & UINT64_C(1) << i && hours->rules[i].replaces) {
            uint64_t from_here = ~UINT64_C(0) << i;
            return (struct view){today & from_here, yesterday & from_here};
        }
    return (struct view){today, yesterday};
}

static void lay_over(struct verdict *verdict, const struct opening_hours *hours, size_t index,
                     bool open_end)
{
    const struct rule *rule = &hours->rules[index];
    if (rule->fallback && verdict->state != OPENING_HOURS_CLOSED)
        return;
    verdict->rule = (int16_t)index;
    verdict->state = rule->state;
    if (open_end && rule->state == OPENING_HOURS_OPEN)
        verdict->state = OPENING_HOURS_UNKNOWN;
}

static struct verdict verdict_at(const struct opening_hours *hours, const struct view *view,
                                 int minute)
{
    struct verdict verdict = {OPENING_HOURS_CLOSED, -1};
    for (uint64_t left = view->today | view->yesterday; left; left &= left - 1) {
        size_t i = (size_t)__builtin_ctzll(left);
        const struct slice spans = hours->rules[i].spans;
        const struct span *span = &hours->spans[spans.first];
        bool today = view->today >> i & 1;
        bool yesterday = view->yesterday >> i & 1;
        if (today && !spans.count)
            lay_over(&verdict, hours, i, false);
        for (size_t k = 0; today && k < spans.count; k++)
            if (minute >= span[k].from && minute < span[k].to)
                lay_over(&verdict, hours, i, span[k].open_end);
        int reach = minute + MINUTES_A_DAY;
        for (size_t k = 0; yesterday && k < spans.count; k++)
            if (reach >= span[k].from && reach < span[k].to)
                lay_over(&verdict, hours, i, span[k].open_end);
    }
    return verdict;
}

// The first minute after this one at which the state may change, MINUTES_A_DAY when there is none.
// Every day's first minute is one; -1 asks for it.
static int next_point(const struct opening_hours *hours, const struct view *view, int after)
{
    int best = after < 0 ? 0 : MINUTES_A_DAY;
    for (uint64_t left = view->today | view->yesterday; left && best; left &= left - 1) {
        size_t i = (size_t)__builtin_ctzll(left);
        const struct slice spans = hours->rules[i].spans;
        bool today = view->today >> i & 1;
        bool yesterday = view->yesterday >> i & 1;
        for (size_t k = 0; k < 2 * (size_t)spans.count; k++) {
            const struct span *span = &hours->spans[spans.first + k / 2];
            int minute = k % 2 ? span->to : span->from;
            if (today && minute > after && minute < best)
                best = minute;
            minute -= MINUTES_A_DAY;
            if (yesterday && minute > after && minute < best)
                best = minute;
        }
    }
    return best;
}

// A walk over days.
struct walk {
    const struct opening_hours *hours;
    const struct opening_hours_calendar *calendar;
    struct day day;
    uint64_t yesterday; // the rules whose dates match
    uint64_t today;
    struct view view;
};

static void walk_begin(struct walk *walk, int32_t day)
{
    day_set(&walk->day, day - 1);
    walk->yesterday = rules_of(walk->hours, walk->calendar, &walk->day);
    day_next(&walk->day);
    walk->today = rules_of(walk->hours, walk->calendar, &walk->day);
    walk->view = view_of(walk->hours, walk->yesterday, walk->today);
}

// To the next day; returns whether the same rules apply to it as to the day before it.
static bool walk_on(struct walk *walk)
{
    day_next(&walk->day);
    uint64_t today = rules_of(walk->hours, walk->calendar, &walk->day);
    bool same = walk->yesterday == walk->today && walk->today == today;
    walk->yesterday = walk->today;
    walk->today = today;
    if (!same)
        walk->view = view_of(walk->hours, walk->yesterday, walk->today);
    return same;
}

// Fills the answer's change with the first one before limit, when there is one.
static void find_change(struct walk *walk, int minute, struct opening_hours_time limit,
                        struct opening_hours_answer *answer)
{
    bool whole_day = false; // the day before was looked at from its first minute on
    for (;;) {
        while ((minute = next_point(walk->hours, &walk->view, minute)) < MINUTES_A_DAY) {
            if (walk->day.number == limit.day && minute >= limit.minute)
                return;
            struct verdict verdict = verdict_at(walk->hours, &walk->view, minute);
            if (verdict.state == answer->state)
                continue;
            answer->changes = true;
            answer->next = verdict.state;
            answer->until = (struct opening_hours_time){walk->day.number, minute};
            return;
        }
        bool same;
        do {
            same = walk_on(walk);
            if (walk->day.number > limit.day)
                return;
        } while (same && whole_day);
        whole_day = true;
        minute = -1;
    }
}

static const char *comment_of(const struct opening_hours *hours, struct verdict verdict)
{
    uint16_t comment = verdict.rule < 0 ? 0 : hours->rules[verdict.rule].comment;
    return comment ? hours->comments + comment : NULL;
}

// False when the answer depends on days that the caller does not know.
static bool calendar_suffices(const struct opening_hours *hours,
                              const struct opening_hours_calendar *calendar)
{
    return (!hours->uses_public_holidays || calendar->public_holidays.known) &&
           (!hours->uses_school_holidays || calendar->school_holidays.known);
}

void opening_hours_ask(const struct opening_hours *hours,
                       const struct opening_hours_calendar *calendar, struct opening_hours_time now,
                       int horizon_days, struct opening_hours_answer *answer)
{
    *answer = (struct opening_hours_answer){.state = OPENING_HOURS_UNKNOWN};
    if (!calendar_suffices(hours, calendar))
        return;
    struct walk walk = {.hours = hours, .calendar = calendar};
    walk_begin(&walk, now.day);
    struct verdict verdict = verdict_at(hours, &walk.view, now.minute);
    answer->state = verdict.state;
    answer->comment = comment_of(hours, verdict);
    if (hours->repeats_weekly && horizon_days > 8)
        horizon_days = 8;
    find_change(&walk, now.minute, (struct opening_hours_time){now.day + horizon_days, now.minute},
                answer);
}

size_t opening_hours_day(const struct opening_hours *hours,
                         const struct opening_hours_calendar *calendar, int32_t day,
                         struct opening_hours_stretch *stretches, size_t max)
{
    if (!calendar_suffices(hours, calendar)) {
        if (max)
            stretches[0] =
                (struct opening_hours_stretch){0, MINUTES_A_DAY, OPENING_HOURS_UNKNOWN, NULL};
        return max > 0;
    }
    struct walk walk = {.hours = hours, .calendar = calendar};
    walk_begin(&walk, day);
    size_t count = 0;
    for (int from = 0, to; from < MINUTES_A_DAY; from = to) {
        struct verdict verdict = verdict_at(hours, &walk.view, from);
        const char *comment = comment_of(hours, verdict);
        to = next_point(hours, &walk.view, from);
        if (verdict.state == OPENING_HOURS_CLOSED)
            continue;
        struct opening_hours_stretch *last = count ? &stretches[count - 1] : NULL;
        if (last && last->to == from && last->state == verdict.state && last->comment == comment)
            last->to = to;
        else if (count == max)
            break;
        else
            stretches[count++] = (struct opening_hours_stretch){from, to, verdict.state, comment};
    }
    return count;
}
