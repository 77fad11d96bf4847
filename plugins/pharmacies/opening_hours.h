// SPDX-License-Identifier: Apache-2.0
#ifndef PHARMACIES_OPENING_HOURS_H
#define PHARMACIES_OPENING_HOURS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// OpenStreetMap's opening_hours syntax
// (wiki.openstreetmap.org/wiki/Key:opening_hours/specification), compiled once and asked often: is
// this place open at a civil time, until when, and what comment goes with it. Pure computation over
// libc: no clock, no time zone, no holiday of its own.
//
// Understood: weekdays in lists and ranges that wrap (Sa-Th), nth weekdays (Fr[1], Fr[-1] +2 days),
// PH and SH (in a list with weekdays, or before weekdays as a condition; PH +1 day, PH -1 day),
// months, dates and date ranges with or without a year (Dec 24-Jan 02, 2026 Mar 01-2026 Mar 30,
// Jan 05-31/7), ISO weeks (week 2-52/2), years (2026-2028, 2026+), several time spans, spans past
// midnight (20:00-02:00, 18:00-26:00), open ends (08:00+, 14:00-17:00+), 24/7, open, closed, off,
// unknown, comments in double quotes; and the rule separators ";" (the later rule replaces the
// day),
// "," (adds to it) and "||" (only where nothing before says open or unknown).
// Tolerated, as real data has it: any case, single-digit hours, hours without minutes (10-18), a
// dot for the colon of a time, an en dash, English day and month names in full, a colon after the
// dates.
//
// Two rules of evaluation that the specification leaves to the reader follow npm's opening_hours:
// a rule without any date replaces earlier rules only when the rule just before it has no date
// either; and an open end means unknown, for 8 hours from 22:00 on, for 10 from 17:00 on, else to
// midnight, or until the next span of the same rule begins.

struct opening_hours; // immutable once parsed; may be read by several threads

enum opening_hours_code {
    OPENING_HOURS_OK = 0,
    OPENING_HOURS_MALFORMED = -1,   // not a value of this syntax
    OPENING_HOURS_UNSUPPORTED = -2, // valid, but the answer needs what is not known here: sunrise,
                                    // sunset, dawn, dusk, easter. Treat as unknown.
    OPENING_HOURS_LIMIT = -3,       // longer than OPENING_HOURS_TEXT, or too many rules or parts
};

enum { OPENING_HOURS_TEXT = 1024, OPENING_HOURS_RULES = 64 };

struct opening_hours_fault {
    size_t at;         // byte offset in the text where the fault was seen
    char message[160]; // English: what was expected there
};

// Compiles size bytes of UTF-8. On OPENING_HOURS_OK *out is the caller's, to be destroyed;
// otherwise *out is NULL and *fault (which may be NULL) is filled.
int opening_hours_parse(const char *text, size_t size, struct opening_hours **out,
                        struct opening_hours_fault *fault);
void opening_hours_destroy(struct opening_hours *hours); // NULL is fine

enum opening_hours_state { OPENING_HOURS_CLOSED, OPENING_HOURS_OPEN, OPENING_HOURS_UNKNOWN };

// Days as civil day numbers (civil.h), ascending, borrowed. Not known is different from empty:
// hours that mention PH (or SH) answer unknown at all times when the caller does not know those
// days.
struct opening_hours_days {
    const int32_t *days;
    size_t count;
    bool known;
};

struct opening_hours_calendar {
    struct opening_hours_days public_holidays; // PH
    struct opening_hours_days school_holidays; // SH
};

struct opening_hours_time {
    int32_t day;    // civil day number, in the city's zone
    int32_t minute; // of that day, 0 to 1439
};

struct opening_hours_answer {
    enum opening_hours_state state;
    bool changes;                    // false: the same state throughout the days asked for
    struct opening_hours_time until; // if changes: the first minute of another state
    enum opening_hours_state next;   // if changes: that state
    const char *comment; // of the rule that decided, NULL for none; lives as long as hours
};

// The state at now, and the next change of state strictly within horizon_days (1 to 3,660) after
// now. A change of comment alone is not a change. Allocates nothing.
void opening_hours_ask(const struct opening_hours *hours,
                       const struct opening_hours_calendar *calendar, struct opening_hours_time now,
                       int horizon_days, struct opening_hours_answer *answer);

// One stretch of a civil day in one state that is not closed.
struct opening_hours_stretch {
    int from; // minute of the day
    int to;   // 1 to 1440, after from
    enum opening_hours_state state;
    const char *comment; // borrowed, may be NULL
};

// The stretches of one civil day in ascending order, at most max of them; returns how many. Hours
// past midnight show as a stretch to 1440 and one from 0 on the next day.
size_t opening_hours_day(const struct opening_hours *hours,
                         const struct opening_hours_calendar *calendar, int32_t day,
                         struct opening_hours_stretch *stretches, size_t max);

#endif
