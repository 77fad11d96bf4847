// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

static void use_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static int64_t parsed(const char *text)
{
    int64_t ms = -1;
    struct err err = {0};
    cr_assert_eq(clock_parse(str_from(text), &ms, &err), 0, "%s: %s", text, err.message);
    return ms;
}

Test(clock, instants_are_written_and_read_back)
{
    use_zone("Asia/Dubai");
    char text[CLOCK_TEXT];
    clock_format(1772353800000, text);
    cr_assert_str_eq(text, "2026-03-01T08:30:00Z");
    clock_format_local(1772353800007, text);
    cr_assert_str_eq(text, "2026-03-01T12:30:00.007+04:00");
    cr_assert_eq(parsed(text), 1772353800007);
    clock_format(-1, text);
    cr_assert_str_eq(text, "1969-12-31T23:59:59.999Z");
    cr_assert_eq(parsed(text), -1);
    cr_assert_eq(parsed("2026-03-01t08:30:00.123456z"), 1772353800123);
    cr_assert_eq(parsed("2024-02-29T00:00:00-03:30"), 1709177400000);
}

Test(clock, what_is_not_rfc_3339_is_refused)
{
    static const char *const bad[] = {"",
                                      "2026-03-01",
                                      "2026-03-01T08:30:00",
                                      "2026-03-01 08:30:00Z",
                                      "2026-02-29T08:30:00Z",
                                      "2026-13-01T08:30:00Z",
                                      "2026-03-01T24:00:00Z",
                                      "2026-03-01T08:30:00+4:00",
                                      "2026-03-01T08:30:00.Z",
                                      "2026-03-01T08:30:00Zx",
                                      "26-03-01T08:30:00Z"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms = 7;
        cr_assert_eq(clock_parse(str_from(bad[i]), &ms, NULL), ERR_INVALID, "%s", bad[i]);
        cr_assert_eq(ms, 7);
    }
}

Test(clock, a_civil_date_is_the_citys_not_the_utc_one)
{
    use_zone("Asia/Dubai");
    int64_t late = parsed("2026-02-28T21:00:00Z"); // 1 March, one in the morning
    struct civil civil = clock_civil(late);
    cr_assert(civil.month == 3 && civil.day == 1 && civil.hour == 1 && civil.weekday == 0);
    char date[CLOCK_DATE];
    clock_format_date(late, date);
    cr_assert_str_eq(date, "2026-03-01");
    cr_assert_eq(clock_from_civil(&civil), late);
    civil.day = 0;
    cr_assert_eq(clock_civil(clock_from_civil(&civil)).day, 28);
}

Test(clock, a_fixed_clock_stands_still)
{
    struct clock clock = {0};
    cr_assert_gt(clock_now(&clock), 1700000000000);
    clock_fix(&clock, 42);
    cr_assert_eq(clock_now(&clock), 42);
    cr_assert_gt(clock_now(NULL), 1700000000000);
}
