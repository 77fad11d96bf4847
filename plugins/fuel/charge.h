// SPDX-License-Identifier: Apache-2.0
#ifndef FUEL_CHARGE_H
#define FUEL_CHARGE_H

#include <stdbool.h>
#include <stdint.h>

// What a citizen pays for what a pump says that it gave. Exact integers: millilitres, fils a litre,
// fils; a product is rounded half-up to the fils.

enum {
    CHARGE_MILLILITRES = 2000 * 1000, // of one fill; a pump that says more is wrong
    CHARGE_PRICE = 100 * 1000,        // fils a litre
    CHARGE_TOLERANCE = 1              // fils that a pump's own rounding may differ by
};

struct charge_meter {
    int64_t millilitres;
    int64_t price;      // that was agreed, fils a litre
    int64_t stated;     // by the pump, fils
    int64_t authorized; // fils; no more may be taken
};

struct charge {
    int64_t amount;   // to take: 0 … authorized
    int64_t expected; // litres × price
    int64_t loss;     // that the network bears: pumped beyond what was authorized
    bool differs;     // the stated amount is not litres × price: the lesser of the two is taken
};

int64_t charge_amount(int64_t millilitres, int64_t price);

// The most millilitres that cost no more than that.
int64_t charge_millilitres(int64_t amount, int64_t price);

// Whether the numbers can be a pump's at all.
bool charge_is_plausible(const struct charge_meter *meter);

struct charge charge_for(const struct charge_meter *meter);

#endif
