// SPDX-License-Identifier: Apache-2.0
#ifndef SANDBOX_TARIFF_RATES_H
#define SANDBOX_TARIFF_RATES_H

#include "tariff.h"

// What tariff_load reads and tariff_compute uses: private to those two.

// A quantity of 10^8 units at 10^6 fils and a factor of 10^3 is 10^17 fils: twelve such lines and
// their VAT are still an int64_t.
#define TARIFF_MOST_QUANTITY INT64_C(100000000000) // thousandths
#define TARIFF_MOST_RATE INT64_C(1000000000000)    // millionths of a fils
#define TARIFF_MOST_FACTOR INT64_C(1000000000)     // millionths
#define TARIFF_MOST_PERCENT INT64_C(100000000)     // millionths
#define TARIFF_MOST_RENT INT64_C(1000000000000)    // fils

enum line_kind { LINE_STEPS, LINE_PER_UNIT, LINE_FIXED, LINE_RENT };

struct step {
    int64_t to;   // thousandths of a unit; INT64_MAX for the last
    int64_t rate; // millionths of a fils per unit
};

struct dated_rate {
    int from; // month number: year * 12 + month - 1
    int64_t rate;
};

struct line {
    enum line_kind kind;
    bool vat;
    const char *id;
    const char *title_en;
    const char *title_ar;
    const char *settles_to;
    const char *meter; // NULL for fixed and rent
    const char *unit;
    int64_t factor;    // per-unit: millionths
    int64_t percent;   // rent: millionths of a percent
    size_t first_rate; // per-unit and fixed
    size_t rate_count;
    size_t step_count;
    struct step steps[TARIFF_STEPS];
};

struct tariff {
    const char *name;
    int from; // month numbers, both inclusive
    int until;
    int64_t vat_percent; // millionths of a percent
    size_t line_count;
    struct line lines[TARIFF_LINES];
    size_t rate_count;
    struct dated_rate rates[TARIFF_LINES * TARIFF_DATES];
    void *json; // the parsed file; the texts above are its
};

#endif
