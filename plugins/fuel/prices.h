// SPDX-License-Identifier: Apache-2.0
#ifndef FUEL_PRICES_H
#define FUEL_PRICES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

// What a litre of each grade costs in a month: the plugin's data file, replaced while it serves
// (medina plugin data).
//
//     {"sample": true, "months": [{"month": "2025-12", "prices": {"super-98": 270, …}}, …]}
//
// Every month names every grade, in fils a litre with VAT; months follow one another without gap.

enum { PRICES_GRADES = 4, PRICES_MONTH = 8 };

extern const char *const prices_grades[PRICES_GRADES]; // "super-98", …

// -1 when there is no such grade.
int prices_grade(const char *name);

struct prices;

// Reads the whole file; false with the place and what is wrong with it.
bool prices_load(const char *text, size_t size, struct prices **out, char *reason,
                 size_t reason_size);
void prices_destroy(struct prices *prices);

bool prices_are_sample(const struct prices *prices);

// Fils a litre; 0 when the file does not have the month.
int64_t prices_at(const struct prices *prices, const char *month, int grade);

// The month at that place, oldest first; NULL past the last.
const char *prices_month_at(const struct prices *prices, size_t index);

#endif
