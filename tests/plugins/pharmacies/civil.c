// SPDX-License-Identifier: Apache-2.0
#include "civil.h"

#include <criterion/criterion.h>

static int32_t day(int year, int month, int mday)
{
    return civil_day_number((struct civil_date){year, month, mday});
}

Test(civil, day_zero_is_the_first_of_january_1970)
{
    cr_assert_eq(day(1970, 1, 1), 0);
    cr_assert_eq(day(1969, 12, 31), -1);
    cr_assert_eq(day(2000, 3, 1), 11017);
}

Test(civil, every_day_of_1900_to_2100_follows_the_one_before)
{
    struct civil_date date = {1900, 1, 1};
    for (int32_t number = day(1900, 1, 1); date.year < 2101; number++) {
        cr_assert_eq(civil_day_number(date), number);
        struct civil_date back = civil_date_of(number);
        cr_assert(back.year == date.year && back.month == date.month && back.day == date.day);
        if (++date.day > civil_days_in_month(date.year, date.month)) {
            date.day = 1;
            date.month = date.month % 12 + 1;
            date.year += date.month == 1;
        }
    }
}

Test(civil, february_has_29_days_in_leap_years_only)
{
    cr_assert_eq(civil_days_in_month(2024, 2), 29);
    cr_assert_eq(civil_days_in_month(2025, 2), 28);
    cr_assert_eq(civil_days_in_month(2000, 2), 29);
    cr_assert_eq(civil_days_in_month(2100, 2), 28);
}

Test(civil, weekdays_count_from_monday)
{
    cr_assert_eq(civil_weekday(day(1970, 1, 1)), 3);
    cr_assert_eq(civil_weekday(day(2026, 3, 6)), 4, "6 March 2026 is a Friday");
    cr_assert_eq(civil_weekday(day(1900, 1, 1)), 0);
}

Test(civil, weeks_are_those_of_iso_8601)
{
    cr_assert_eq(civil_iso_week(day(2026, 1, 1)), 1);
    cr_assert_eq(civil_iso_week(day(2027, 1, 1)), 53);
    cr_assert_eq(civil_iso_week(day(2024, 12, 30)), 1);
    cr_assert_eq(civil_iso_week(day(2023, 1, 1)), 52);
    cr_assert_eq(civil_iso_week(day(2020, 12, 31)), 53);
}
