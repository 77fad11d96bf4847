// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PAGES_FORMAT_H
#define MEDINA_PAGES_FORMAT_H

#include "base/buf.h"
#include "pages/phrases.h"

#include <stdbool.h>
#include <stdint.h>

// Numbers, money, dates and times as people read them. Digits are the Western ones (0–9) in both
// languages, as on the UAE's government services; separators are the comma and the point. Civil
// times are those of the process's time zone, which main sets to the city's.
//
// All append to *out.

struct civil_date {
    int year;
    int month; // 1–12
    int day;   // 1–31
};

// RFC 3339 full-date, date-time, and "2025-12"; false when it is not one.
bool format_read_date(struct str text, struct civil_date *out);
bool format_read_month(struct str text, struct civil_date *out); // day is 1
bool format_read_time(struct str text, int64_t *seconds);        // since the epoch

struct civil_date format_date_at(int64_t seconds);

// Whole days from one date to another, negative when it lies before.
int64_t format_days_between(struct civil_date from, struct civil_date to);

void format_integer(struct buf *out, int64_t value); // 1,234

// Rounded half away from zero to at most 6 decimals; with decimals < 0, as many as it has, up to 3.
void format_number(struct buf *out, double value, int decimals);

// In front of what is negative: a true minus, which screen readers say and a hyphen is not, and
// before it U+200E, which keeps it there in a text from right to left. CLDR has a hyphen.
#define FORMAT_MINUS "\u200e\u2212"

// amount in minor units of an ISO 4217 currency: "AED 583.13", "583.13 د.إ."; as in CLDR, a minus
// stands before all of it.
void format_money(const struct phrases *phrases, struct buf *out, int64_t amount,
                  struct str currency);

// Its number alone, without a minus: "1,583.13".
void format_money_number(struct buf *out, int64_t amount, struct str currency);

// The currency as it stands in format_money: its name in the language, else its code; "" for what
// is no code. Borrowed from one of the two.
struct str format_currency(const struct phrases *phrases, struct str currency);

// The number of decimals of a currency: 2, but 3 for some neighbours' and 0 for a few.
int format_money_decimals(struct str currency);

// The bare number of an amount, as a form field takes it: "583.13".
void format_money_plain(struct buf *out, int64_t amount, struct str currency);

// The reverse, from either numerals, with or without separators of thousands; false when it is no
// amount of that currency.
bool format_read_money(struct str text, struct str currency, int64_t *amount);

void format_date(const struct phrases *phrases, struct buf *out, struct civil_date date);
void format_month(const struct phrases *phrases, struct buf *out, struct civil_date date);
void format_short_month(const struct phrases *phrases, struct buf *out, struct civil_date date);
void format_clock(const struct phrases *phrases, struct buf *out, int64_t seconds); // 9:30 am
void format_seconds(struct buf *out, int64_t seconds);                              // 14:03:22
void format_time(const struct phrases *phrases, struct buf *out, int64_t seconds);  // with the date

// A coming time seen from now: "11:00 pm", "tomorrow at 8:00 am", "Sunday at 8:00 am", or with its
// date. *today is set when it is only a time of day.
void format_coming(const struct phrases *phrases, struct buf *out, int64_t seconds, int64_t now,
                   bool *today);

// "Due 20 December 2025, in 3 days"; *overdue is set when it lies before today.
void format_due(const struct phrases *phrases, struct buf *out, struct civil_date due, int64_t now,
                bool *overdue);

void format_distance(const struct phrases *phrases, struct buf *out, int64_t metres);

#endif
