// SPDX-License-Identifier: Apache-2.0
#ifndef SANDBOX_TARIFF_H
#define SANDBOX_TARIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What a month of electricity and water costs. Tariffs are files with validity dates
// (data/tariff-*. json), never code; a bill is a pure function of a tariff, a month and what the
// meters counted.
//
// All arithmetic is on integers: quantities are thousandths of the meter's unit, rates are
// millionths of a fils per unit, and every line, and the VAT of every line, is computed exactly and
// rounded once, half up, to the fils.
//
// A tariff file is an object:
//   "tariff"       its name
//   "from", "until"  first and last month it applies to, "2025-03"; without "until" it goes on
//   "vat_percent"  decimal text, "5"
//   "lines"        in the order of the bill, each with
//     "id", "title" {"en", "ar"}, "vat" (boolean), "settles_to" (who is paid, "municipality") and
//     "kind" (the first two name the "meter" and its "unit"):
//       "steps"     by use of "meter": "steps" [{"to": "2000", "fils": "23"}, …, {"fils": "38"}]
//       "per-unit"  by use of "meter": "fils", times "factor" units of the rate in one of the
//       meter's "fixed"     "fils" for a month "rent"      "percent" of a year's rent, one twelfth
//       a month
//   A "fils" of the last three kinds is a decimal text, or a list of [first month, decimal text] in
//   ascending order of which the last that has begun holds: ["2025-01", "1.5"], ["2026-01", "2"].

enum {
    TARIFF_LINES = 12,
    TARIFF_STEPS = 6,
    TARIFF_DATES = 120, // dated rates of one line
};

struct tariff; // immutable; may be used by several threads

// 0 and *out is the caller's, to be destroyed; or -1 with *out NULL and a reason that names the
// field.
int tariff_load(const char *json, size_t size, struct tariff **out, char *reason,
                size_t reason_size);
void tariff_destroy(struct tariff *tariff); // NULL is fine

const char *tariff_name(const struct tariff *tariff);

struct tariff_month {
    int year;
    int month; // 1 to 12
};

bool tariff_covers(const struct tariff *tariff, struct tariff_month month);

struct tariff_use {
    const char *meter;   // as the tariff's lines name it
    int64_t thousandths; // of its unit (kWh, cubic metres, gallons), 0 to 10^11
};

struct tariff_usage {
    struct tariff_month month;
    const struct tariff_use *uses;
    size_t use_count;
    int64_t yearly_rent; // fils, 0 to 10^12; 0 for an account without housing fee
};

struct tariff_step {
    int64_t quantity; // thousandths of the meter's unit
    int64_t rate;     // millionths of a fils per unit
    int64_t amount;   // fils; the steps of a line add up to the line
};

struct tariff_line { // texts live as long as the tariff
    const char *id;
    const char *title_en;
    const char *title_ar;
    const char *settles_to;
    const char *meter; // NULL for fixed and rent
    const char *unit;  // of that meter, "kWh"; NULL without meter
    int64_t quantity;  // thousandths of the meter's unit; 0 for fixed and rent
    int64_t rate;      // per-unit: millionths of a fils per unit of the rate; otherwise 0
    int64_t amount;    // fils before VAT
    int64_t vat;       // fils
    size_t step_count; // of "steps": those that were reached
    struct tariff_step steps[TARIFF_STEPS];
};

struct tariff_bill {
    size_t line_count;
    struct tariff_line lines[TARIFF_LINES];
    int64_t amount; // fils, the sum of the lines before VAT
    int64_t vat;    // the sum of the lines' VAT
    int64_t total;  // amount + vat
};

// Computes a bill. A line whose meter the usage does not have, or rent that is 0, is left out. -1
// with a reason when the tariff does not cover the month, has no rate for it, or a quantity is out
// of range.
int tariff_compute(const struct tariff *tariff, const struct tariff_usage *usage,
                   struct tariff_bill *bill, char *reason, size_t reason_size);

// What of the bill's total, VAT included, is due to one payee.
int64_t tariff_due_to(const struct tariff_bill *bill, const char *payee);

#endif
