// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_BASE_CLOCK_H
#define MEDINA_BASE_CLOCK_H

#include "base/err.h"
#include "base/str.h"

#include <stdatomic.h>

// Instants are milliseconds since 1970 in UTC; civil dates are the city's. main sets TZ to the
// city's zone and calls tzset() once at start, so the process's zone is the city's zone, whatever
// the machine's is.

// The wall clock of a service. Zero-initialised it is the machine's; a test fixes it.
struct clock {
    _Atomic int64_t fixed_ms; // not 0: the time it is
};

int64_t clock_now(const struct clock *clock); // NULL is the machine's clock
void clock_fix(struct clock *clock, int64_t ms);

// For durations and deadlines only; never stored.
uint64_t clock_monotonic_ms(void);
uint64_t clock_monotonic_ns(void);

enum { CLOCK_TEXT = 40, CLOCK_DATE = 16 };

// RFC 3339 with milliseconds only when they are not 0: "2026-03-01T08:30:00Z", and in the city's
// zone "2026-03-01T12:30:00+04:00".
void clock_format(int64_t ms, char out[CLOCK_TEXT]);
void clock_format_local(int64_t ms, char out[CLOCK_TEXT]);

// Any RFC 3339 date-time, fractions cut to milliseconds; ERR_INVALID for anything else, a date that
// does not exist included.
int clock_parse(struct str text, int64_t *ms, struct err *err);

struct civil {
    int year, month, day;     // month and day from 1
    int hour, minute, second; // of the city's clock
    int weekday;              // 0 is Sunday
};

struct civil clock_civil(int64_t ms);

// The instant of a civil time; fields out of range carry over (day 0 is the last of the month
// before). A time that a change of clocks skips or repeats is read as the C library reads it.
int64_t clock_from_civil(const struct civil *civil);

// The city's date: "2026-03-01".
void clock_format_date(int64_t ms, char out[CLOCK_DATE]);

#endif
