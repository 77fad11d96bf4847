// SPDX-License-Identifier: Apache-2.0
#ifndef FINES_RULES_H
#define FINES_RULES_H

#include <stddef.h>
#include <stdint.h>

// Discounts for paying early, as data: each authority has its own, and changes them.
//
//     {"rules": [{"authority": "coast-police", "from": "2025-01-01", "to": "2027-12-31",
//                 "days_from": 0, "days_to": 60, "percent": 35, "excluded": ["red-light"]}]}
//
// A rule holds on the days from…to (of paying, both included) for an offence of that authority that
// is days_from…days_to days old (both included; 0 is the day of the offence) and whose code is not
// excluded. Of several that hold the highest percentage counts; they are never added up. Days are
// the city's.

struct rules;

// Reads all of it or nothing: -1 and why, with the place ("rules[2].percent: …").
int rules_load(const char *text, size_t size, struct rules **out, char *reason, size_t reason_size);
void rules_destroy(struct rules *rules);
size_t rules_count(const struct rules *rules);

struct offence {
    const char *authority;
    const char *code;
    int32_t day;
};

struct discount {
    int percent;   // 0: none
    int32_t until; // the last day on which it holds, when there is one
};

struct discount rules_discount(const struct rules *rules, const struct offence *offence,
                               int32_t today);

// What is left of an amount of fils, half-up to the fils.
int64_t rules_net(int64_t amount, int percent);

#endif
