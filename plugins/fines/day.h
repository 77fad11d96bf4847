// SPDX-License-Identifier: Apache-2.0
#ifndef FINES_DAY_H
#define FINES_DAY_H

#include <stdbool.h>
#include <stdint.h>

// Days of the calendar as numbers, day 0 being 1970-01-01 (proleptic Gregorian). No clock here: the
// city's date comes from medina_civil_at.

enum { DAY_TEXT = 11 };

int32_t day_number(int year, int month, int day);

// "2026-03-01" and nothing else; false for a date that does not exist.
bool day_read(const char *text, int32_t *day);
void day_write(int32_t day, char out[DAY_TEXT]);

#endif
