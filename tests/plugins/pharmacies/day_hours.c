// SPDX-License-Identifier: Apache-2.0
#include "day_hours.h"

#include "civil.h"

#include <criterion/criterion.h>
#include <string.h>

static char line[DAY_HOURS_TEXT];

// 6 March 2026 is a Friday.
static enum day_hours_kind friday(const char *text)
{
    static const struct opening_hours_calendar no_holidays = {{NULL, 0, true}, {NULL, 0, true}};
    struct opening_hours *hours;
    struct opening_hours_fault fault;
    cr_assert_eq(opening_hours_parse(text, strlen(text), &hours, &fault), 0, "%s", fault.message);
    enum day_hours_kind kind =
        day_hours(hours, &no_holidays, civil_day_number((struct civil_date){2026, 3, 6}), line);
    opening_hours_destroy(hours);
    return kind;
}

Test(day_hours, a_day_with_a_break_reads_as_its_spans)
{
    cr_assert_eq(friday("Mo-Su 08:00-22:00; Fr 12:00-13:30 off"), DAY_HOURS_SPANS);
    cr_assert_str_eq(line, "08:00–12:00, 13:30–22:00");
    friday("10:00-24:00");
    cr_assert_str_eq(line, "10:00–24:00");
}

Test(day_hours, hours_past_midnight_stand_with_the_day_they_begin)
{
    friday("Th,Fr 20:00-02:00");
    cr_assert_str_eq(line, "20:00–02:00");
    friday("Th 20:00-02:00; Fr 09:00-12:00");
    cr_assert_str_eq(line, "09:00–12:00", "Friday's rule replaces what Thursday left over");
    friday("Th 20:00-13:00");
    cr_assert_str_eq(line, "00:00–13:00", "beyond noon it is a day of its own");
    cr_assert_eq(friday("Th 20:00-02:00"), DAY_HOURS_CLOSED);
}

Test(day_hours, a_whole_day_needs_no_times)
{
    cr_assert_eq(friday("24/7"), DAY_HOURS_ALL_DAY);
    cr_assert_str_eq(line, "");
    cr_assert_eq(friday("off"), DAY_HOURS_CLOSED);
    cr_assert_eq(friday("\"by appointment\""), DAY_HOURS_UNKNOWN);
    cr_assert_str_eq(line, "by appointment");
}

Test(day_hours, a_comment_stands_once_behind_the_spans_it_belongs_to)
{
    friday("08:00-12:00,14:00-18:00 \"call first\"");
    cr_assert_str_eq(line, "08:00–12:00, 14:00–18:00 (call first)");
    friday("08:00-12:00, Fr 14:00-18:00 \"call first\"");
    cr_assert_str_eq(line, "08:00–12:00, 14:00–18:00 (call first)");
}

Test(day_hours, a_line_that_is_too_long_is_cut_between_characters)
{
    char text[OPENING_HOURS_TEXT + 1] = "08:00-09:00 \"";
    while (strlen(text) < 600)
        strcat(text, "ص");
    strcat(text, "\"");
    friday(text);
    cr_assert_leq(strlen(line), DAY_HOURS_TEXT - 1);
    cr_assert_geq(strlen(line), DAY_HOURS_TEXT - 4);
    unsigned last = (unsigned char)line[strlen(line) - 1];
    cr_assert_neq(last & 0xC0, 0xC0, "a first byte without its second");
}
