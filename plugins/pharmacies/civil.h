// SPDX-License-Identifier: Apache-2.0
#ifndef PHARMACIES_CIVIL_H
#define PHARMACIES_CIVIL_H

#include <stdint.h>

// Civil dates (proleptic Gregorian calendar) as day numbers, day 0 being 1970-01-01. No time zone,
// no clock: a caller converts an instant to the city's civil time before it comes here. Years 1 to
// 9999.

struct civil_date {
    int year;
    int month; // 1 to 12
    int day;   // 1 to 31
};

// The day number of a date that exists; a month or day out of range is the caller's mistake.
int32_t civil_day_number(struct civil_date date);
struct civil_date civil_date_of(int32_t day_number);

int civil_weekday(int32_t day_number); // 0 Monday to 6 Sunday
int civil_days_in_month(int year, int month);
int civil_iso_week(int32_t day_number); // 1 to 53 (ISO 8601: week 1 has the year's first Thursday)

#endif
