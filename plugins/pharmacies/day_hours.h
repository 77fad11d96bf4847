// SPDX-License-Identifier: Apache-2.0
#ifndef PHARMACIES_DAY_HOURS_H
#define PHARMACIES_DAY_HOURS_H

#include "opening_hours.h"

enum day_hours_kind {
    DAY_HOURS_CLOSED,  // all day
    DAY_HOURS_ALL_DAY, // open from midnight to midnight
    DAY_HOURS_UNKNOWN, // all day
    DAY_HOURS_SPANS,   // the text says when
};

enum { DAY_HOURS_TEXT = 400 };

// The hours of one day as a line of a timetable: "08:00–12:00, 20:00–02:00 (by appointment)". A
// span past midnight that ends before noon stands with the day it begins; a comment stands once
// behind the spans it belongs to. The text is cut to its size between characters; it is empty
// unless there are spans or an all-day comment.
enum day_hours_kind day_hours(const struct opening_hours *hours,
                              const struct opening_hours_calendar *calendar, int32_t day,
                              char text[DAY_HOURS_TEXT]);

#endif
