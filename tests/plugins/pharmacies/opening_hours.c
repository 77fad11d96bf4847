// SPDX-License-Identifier: Apache-2.0
// What a person would expect of opening hours, by hand; opening_hours.test.mjs compares with npm at
// large.
#include "opening_hours.h"

#include "civil.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct opening_hours *parse(const char *text)
{
    struct opening_hours *hours;
    struct opening_hours_fault fault = {0};
    int code = opening_hours_parse(text, strlen(text), &hours, &fault);
    cr_assert_eq(code, OPENING_HOURS_OK, "%s: byte %zu: %s", text, fault.at, fault.message);
    return hours;
}

static struct opening_hours_time at(int year, int month, int day, int hour, int minute)
{
    return (struct opening_hours_time){civil_day_number((struct civil_date){year, month, day}),
                                       hour * 60 + minute};
}

// "open 2026-03-06 22:00 closed" or "open for 30 days", and the comment.
static const char *ask(const char *text, struct opening_hours_time now)
{
    static const char *const names[] = {"closed", "open", "unknown"};
    static char said[200];
    int32_t national_days[] = {at(2026, 12, 2, 0, 0).day, at(2026, 12, 3, 0, 0).day};
    int32_t school[] = {at(2026, 7, 6, 0, 0).day};
    struct opening_hours_calendar calendar = {{national_days, 2, true}, {school, 1, true}};
    struct opening_hours *hours = parse(text);
    struct opening_hours_answer answer;
    opening_hours_ask(hours, &calendar, now, 30, &answer);
    struct civil_date date = civil_date_of(answer.until.day);
    if (answer.changes)
        snprintf(said, sizeof said, "%s %04d-%02d-%02d %02d:%02d %s%s%s", names[answer.state],
                 date.year, date.month, date.day, (int)answer.until.minute / 60,
                 (int)answer.until.minute % 60, names[answer.next], answer.comment ? " " : "",
                 answer.comment ? answer.comment : "");
    else
        snprintf(said, sizeof said, "%s for 30 days%s%s", names[answer.state],
                 answer.comment ? " " : "", answer.comment ? answer.comment : "");
    opening_hours_destroy(hours);
    return said;
}

static void refused(const char *text, int code, size_t byte, const char *words)
{
    struct opening_hours *hours;
    struct opening_hours_fault fault = {0};
    cr_assert_eq(opening_hours_parse(text, strlen(text), &hours, &fault), code, "%s", text);
    cr_assert_null(hours);
    cr_assert_eq(fault.at, byte, "%s: at %zu, not %zu: %s", text, fault.at, byte, fault.message);
    cr_assert(strstr(fault.message, words), "%s: \"%s\"", text, fault.message);
}

// 6 March 2026 is a Friday.
Test(opening_hours, a_friday_break_closes_for_the_prayer_and_says_so)
{
    const char *text = "Mo-Su 08:00-23:00; Fr 12:00-13:30 off \"Friday prayer\"";
    cr_assert_str_eq(ask(text, at(2026, 3, 6, 11, 0)), "open 2026-03-06 12:00 closed");
    cr_assert_str_eq(ask(text, at(2026, 3, 6, 12, 0)),
                     "closed 2026-03-06 13:30 open Friday prayer");
    cr_assert_str_eq(ask(text, at(2026, 3, 5, 12, 0)), "open 2026-03-05 23:00 closed");
}

Test(opening_hours, a_range_of_days_wraps_around_the_week)
{
    const char *text = "Sa-Th 08:00-22:00; Fr 14:00-22:00";
    cr_assert_str_eq(ask(text, at(2026, 3, 5, 22, 0)), "closed 2026-03-06 14:00 open");
    cr_assert_str_eq(ask(text, at(2026, 3, 7, 8, 0)), "open 2026-03-07 22:00 closed");
}

Test(opening_hours, a_span_past_midnight_belongs_to_the_day_it_begins)
{
    cr_assert_str_eq(ask("Th 20:00-02:00", at(2026, 3, 6, 1, 59)), "open 2026-03-06 02:00 closed");
    cr_assert_str_eq(ask("Th 20:00-26:00", at(2026, 3, 5, 23, 0)), "open 2026-03-06 02:00 closed");
    cr_assert_str_eq(ask("Th 20:00-02:00", at(2026, 3, 5, 1, 0)), "closed 2026-03-05 20:00 open");
}

Test(opening_hours, always_open_never_changes)
{
    cr_assert_str_eq(ask("24/7", at(2026, 3, 6, 4, 0)), "open for 30 days");
    cr_assert_str_eq(ask("Mo-Su 00:00-24:00", at(2026, 3, 6, 4, 0)), "open for 30 days");
    cr_assert_str_eq(ask("off \"renovation\"", at(2026, 3, 6, 4, 0)),
                     "closed for 30 days renovation");
}

Test(opening_hours, a_public_holiday_follows_the_callers_calendar)
{
    const char *text = "Mo-Su 08:00-22:00; PH 16:00-20:00";
    cr_assert_str_eq(ask(text, at(2026, 12, 1, 22, 0)), "closed 2026-12-02 16:00 open");
    cr_assert_str_eq(ask(text, at(2026, 12, 4, 8, 0)), "open 2026-12-04 22:00 closed");
    cr_assert_str_eq(ask("24/7; PH off", at(2026, 12, 1, 12, 0)), "open 2026-12-02 00:00 closed");
    cr_assert_str_eq(ask("24/7; SH off", at(2026, 7, 6, 12, 0)), "closed 2026-07-07 00:00 open");
}

Test(opening_hours, hours_that_depend_on_holidays_nobody_named_are_unknown)
{
    struct opening_hours *hours = parse("Mo-Su 08:00-22:00; PH off");
    struct opening_hours_calendar nothing = {0};
    struct opening_hours_answer answer;
    opening_hours_ask(hours, &nothing, at(2026, 3, 6, 12, 0), 30, &answer);
    cr_assert_eq(answer.state, OPENING_HOURS_UNKNOWN);
    cr_assert_not(answer.changes);
    struct opening_hours_stretch stretch;
    cr_assert_eq(opening_hours_day(hours, &nothing, at(2026, 3, 6, 0, 0).day, &stretch, 1), 1);
    cr_assert_eq(stretch.state, OPENING_HOURS_UNKNOWN);
    opening_hours_destroy(hours);
}

Test(opening_hours, dated_hours_of_ramadan_replace_the_usual_ones)
{
    const char *text = "Sa-Th 08:00-22:00; 2026 Feb 18-2026 Mar 19 10:00-16:00,20:00-01:00";
    cr_assert_str_eq(ask(text, at(2026, 3, 3, 17, 0)), "closed 2026-03-03 20:00 open");
    cr_assert_str_eq(ask(text, at(2026, 3, 4, 0, 30)), "open 2026-03-04 01:00 closed");
    cr_assert_str_eq(ask(text, at(2026, 3, 21, 17, 0)), "open 2026-03-21 22:00 closed");
}

Test(opening_hours, a_fallback_speaks_only_where_nothing_is_open)
{
    const char *text = "Mo-Su 08:00-18:00 || \"call first\"";
    cr_assert_str_eq(ask(text, at(2026, 3, 6, 9, 0)), "open 2026-03-06 18:00 unknown");
    cr_assert_str_eq(ask(text, at(2026, 3, 6, 18, 0)), "unknown 2026-03-07 08:00 open call first");
}

Test(opening_hours, an_open_end_is_unknown_from_its_beginning)
{
    cr_assert_str_eq(ask("08:00-17:00+", at(2026, 3, 6, 9, 0)), "open 2026-03-06 17:00 unknown");
    cr_assert_str_eq(ask("08:00-17:00+", at(2026, 3, 6, 20, 0)), "unknown 2026-03-07 03:00 closed");
}

Test(opening_hours, a_change_at_the_horizon_is_not_reported)
{
    struct opening_hours *hours = parse("Fr 08:00-09:00");
    struct opening_hours_calendar nothing = {0};
    struct opening_hours_answer answer;
    opening_hours_ask(hours, &nothing, at(2026, 3, 6, 8, 0), 1, &answer);
    cr_assert(answer.changes);
    opening_hours_ask(hours, &nothing, at(2026, 3, 6, 9, 0), 7, &answer);
    cr_assert(answer.changes);
    opening_hours_ask(hours, &nothing, at(2026, 3, 6, 8, 0), 7, &answer);
    cr_assert(answer.changes);
    opening_hours_ask(hours, &nothing, at(2026, 3, 5, 8, 0), 1, &answer);
    cr_assert_not(answer.changes, "it opens exactly one day later");
    opening_hours_destroy(hours);
}

Test(opening_hours, a_day_lists_its_stretches_cut_at_midnight)
{
    struct opening_hours *hours =
        parse("Mo-Su 09:00-13:00,16:00-02:00; Fr 14:00-15:00 unknown \"call\"");
    struct opening_hours_calendar nothing = {0};
    struct opening_hours_stretch found[4];
    int32_t thursday = at(2026, 3, 5, 0, 0).day;
    cr_assert_eq(opening_hours_day(hours, &nothing, thursday, found, 4), 3);
    cr_assert(found[0].from == 0 && found[0].to == 120);
    cr_assert(found[1].from == 540 && found[1].to == 780);
    cr_assert(found[2].from == 960 && found[2].to == 1440);
    cr_assert_eq(opening_hours_day(hours, &nothing, thursday, found, 2), 2, "no more than asked");
    cr_assert_eq(opening_hours_day(hours, &nothing, thursday + 1, found, 4), 1);
    cr_assert_eq(found[0].state, OPENING_HOURS_UNKNOWN);
    cr_assert_str_eq(found[0].comment, "call");
    opening_hours_destroy(hours);
}

Test(opening_hours, a_fault_names_its_byte_and_what_was_expected)
{
    refused("Mo-Fr 08:00-", OPENING_HOURS_MALFORMED, 12, "an hour, found the end");
    refused("Mo-Fr 08:00-18:00 Sa 10:00-12:00", OPENING_HOURS_MALFORMED, 18,
            "weekdays stand twice");
    refused("Mo-Fr 25:00-26:00", OPENING_HOURS_MALFORMED, 6, "an hour from 0 to 23, found 25");
    refused("Feb 30 off", OPENING_HOURS_MALFORMED, 4, "from 1 to 29");
    refused("Montag 08:00-10:00", OPENING_HOURS_MALFORMED, 0, "\"Montag\" is not a word");
    refused("يوميا 08:00-10:00", OPENING_HOURS_MALFORMED, 0, "only ASCII");
    refused("Mo \"call", OPENING_HOURS_MALFORMED, 3, "never closed");
    refused("Mo-Fr 10:00-sunset", OPENING_HOURS_UNSUPPORTED, 12, "sunset");
    refused("(sunrise-01:00)-18:00", OPENING_HOURS_UNSUPPORTED, 1, "sunrise");
}

Test(opening_hours, every_array_has_a_limit)
{
    char text[OPENING_HOURS_TEXT + 2];
    memset(text, ' ', sizeof text);
    refused("", OPENING_HOURS_MALFORMED, 0, "expected a rule");
    struct opening_hours *hours;
    struct opening_hours_fault fault;
    cr_assert_eq(opening_hours_parse(text, OPENING_HOURS_TEXT + 1, &hours, &fault),
                 OPENING_HOURS_LIMIT);
    static const struct {
        const char *unit;
        int count;
        const char *words;
    } many[] = {
        {"off;", OPENING_HOURS_RULES + 1, "more than 64 rules"},
        {"1-2,", 129, "too many spans"},
        {"Jan1,", 129, "too many dates"},
        {"Mo[1],", 65, "too many weekdays"},
        {"2026,", 65, "too many years"},
    };
    for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
        size_t size = 0;
        for (int k = 0; k < many[i].count; k++)
            size += (size_t)snprintf(text + size, sizeof text - size, "%s", many[i].unit);
        cr_assert_eq(opening_hours_parse(text, size, &hours, &fault), OPENING_HOURS_LIMIT, "%s: %s",
                     many[i].unit, fault.message);
        cr_assert(strstr(fault.message, many[i].words), "%s", fault.message);
    }
}

Test(opening_hours, bytes_that_are_no_text_are_refused_and_never_read_past_their_end)
{
    unsigned seed = 1;
    for (int round = 0; round < 20000; round++) {
        static const char alphabet[] = "MoTuFrPH0124-:;,|\"+[]/ Janweekoff24/7\x80\xE2\xC2";
        size_t size = seed % 40;
        char *text = malloc(size ? size : 1); // exact, so that AddressSanitizer sees an overrun
        for (size_t i = 0; i < size; i++) {
            seed = seed * 1664525 + 1013904223;
            text[i] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        seed = seed * 1664525 + 1013904223;
        struct opening_hours *hours;
        struct opening_hours_fault fault;
        int code = opening_hours_parse(text, size, &hours, &fault);
        cr_assert_eq(code == OPENING_HOURS_OK, hours != NULL);
        if (code)
            cr_assert(fault.at <= size && fault.message[0]);
        opening_hours_destroy(hours);
        free(text);
    }
}
