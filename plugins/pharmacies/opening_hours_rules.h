// SPDX-License-Identifier: Apache-2.0
#ifndef PHARMACIES_OPENING_HOURS_RULES_H
#define PHARMACIES_OPENING_HOURS_RULES_H

#include "opening_hours.h"

// What opening_hours_parse compiles and opening_hours_ask evaluates: private to those two.
//
// A rule is a conjunction of up to five date conditions (years, dates, weeks, days, holidays; one
// that is absent holds always), each of them a list of alternatives, and a list of time spans (none
// means the whole day). The items of all rules stand in shared arrays; a rule names its slice.

struct span { // minutes from the midnight the rule's day begins with
    uint16_t from;
    uint16_t to; // after from; past 1440 it reaches into the next day
    bool open_end;
};

// Inclusive. A day of the year is month * 32 + day; without a year (0) the range recurs, and wraps
// around the new year when it ends before it begins.
struct date_range {
    int16_t from_year;
    int16_t to_year;
    uint16_t from;
    uint16_t to;
    uint8_t period; // every so many days from the first, 0 for each day; within one month
};

struct week_range {
    uint8_t from;
    uint8_t to;
    uint8_t period; // 0 or every so many weeks
};

struct year_range {
    int16_t from;
    int16_t to;
    int16_t period; // 0 or every so many years
};

// Fr[2] +1 day: the day that many days after such a weekday.
struct nth_weekday {
    uint8_t weekday; // 0 Monday
    int8_t offset;   // days
    uint16_t nth;    // bit 0 the first to bit 4 the fifth, bit 5 the last to bit 9 the fifth last
};

// Bits of struct rule's holidays and day_holidays, and of a day's facts.
enum holiday {
    HOLIDAY_PUBLIC = 1,
    HOLIDAY_AFTER_PUBLIC = 2,  // PH +1 day
    HOLIDAY_BEFORE_PUBLIC = 4, // PH -1 day
    HOLIDAY_SCHOOL = 8,
};

struct slice {
    uint16_t first;
    uint16_t count;
};

struct rule {
    struct slice spans;
    struct slice years;
    struct slice dates;
    struct slice weeks;
    struct slice nths;
    uint16_t months;      // bit 1 January to bit 12 December; alternatives to dates
    uint8_t weekdays;     // bit 0 Monday to bit 6 Sunday; alternatives to nths and day_holidays
    uint8_t day_holidays; // holidays listed with weekdays: Mo-Fr,PH
    uint8_t holidays;     // holidays as a condition of their own: PH Mo-Fr
    uint8_t state;        // enum opening_hours_state
    bool fallback;        // after ||
    bool replaces;        // what earlier rules say of the days it applies to
    uint16_t comment;     // offset into the comments, 0 for none
};

enum {
    SPANS_MAX = 128,
    DATES_MAX = 128,
    WEEKS_MAX = 64,
    YEARS_MAX = 64,
    NTHS_MAX = 64,
};

struct opening_hours {
    uint16_t rule_count;
    bool uses_public_holidays;
    bool uses_school_holidays;
    bool uses_weeks;
    bool repeats_weekly; // nothing but weekdays and times: eight days show all changes there are
    struct rule *rules;
    struct span *spans;
    struct date_range *dates;
    struct week_range *weeks;
    struct year_range *years;
    struct nth_weekday *nths;
    char *comments; // NUL-terminated strings from offset 1 on
};

#endif
