// SPDX-License-Identifier: Apache-2.0
// A year here begins on 1 March, so that the leap day is the last day of its year and the length
// of the months before a given month is one linear expression: months of 31, 30, 31, 30, 31 days
// repeat every 153 days.
#include "civil.h"

#include <stdbool.h>

enum {
    DAYS_IN_400_YEARS = 146097,
    DAYS_FROM_YEAR_0 = 719468, // from 0000-03-01 to 1970-01-01
};

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int32_t civil_day_number(struct civil_date date)
{
    int year = date.month > 2 ? date.year : date.year - 1;
    int month = (date.month + 9) % 12; // 0 is March
    int cycle = year / 400;
    int year_of_cycle = year % 400;
    int day_of_year = (153 * month + 2) / 5 + date.day - 1;
    int day_of_cycle = year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
    return cycle * DAYS_IN_400_YEARS + day_of_cycle - DAYS_FROM_YEAR_0;
}

struct civil_date civil_date_of(int32_t day_number)
{
    int days = day_number + DAYS_FROM_YEAR_0;
    int cycle = days / DAYS_IN_400_YEARS;
    int day_of_cycle = days % DAYS_IN_400_YEARS;
    // The three subtracted or added terms take out the leap days of 4, 100 and 400 years.
    int year_of_cycle =
        (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 - day_of_cycle / 146096) / 365;
    int day_of_year =
        day_of_cycle - (year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100);
    int month = (5 * day_of_year + 2) / 153; // 0 is March
    struct civil_date date = {
        .year = cycle * 400 + year_of_cycle + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = day_of_year - (153 * month + 2) / 5 + 1,
    };
    return date;
}

int civil_weekday(int32_t day_number)
{
    int weekday = (day_number + 3) % 7; // 1970-01-01 was a Thursday
    return weekday < 0 ? weekday + 7 : weekday;
}

int civil_days_in_month(int year, int month)
{
    static const signed char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

int civil_iso_week(int32_t day_number)
{
    int32_t thursday = day_number - civil_weekday(day_number) + 3;
    struct civil_date january = {civil_date_of(thursday).year, 1, 1};
    return (thursday - civil_day_number(january)) / 7 + 1;
}
