// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_MONEY_TREASURY_H
#define TESTS_MONEY_TREASURY_H

#include "fixture.h"
#include "money/settlement.h"

#define CITY_IBAN "AE070331234567890123456"
#define WATER_IBAN "AE460090000000123456789"
#define TOLL_IBAN "AE450260001015336968101"

// A city in Dubai's zone whose agencies "water" and "toll" have accounts, and "fines" has none.
struct treasury {
    struct money_fixture f;
    struct payees *payees;
    struct settlement_terms terms;
};

void treasury_open(struct treasury *t);
void treasury_close(struct treasury *t);

// The agencies of the configuration from now on, as its JSON.
void treasury_set_agencies(struct treasury *t, const char *agencies);

// A transfer between an instance's account and the card provider's clearing account, above zero to
// the agency; made at that instant.
void move_money(struct treasury *t, const char *instance, int64_t amount, const char *reason,
                int64_t made);

// The instant of a civil time of 2026 in the city.
int64_t at(int month, int day, int hour, int minute);

// Closes the day, which must work; the result lives in the arena.
struct settlement_day *close_day(struct treasury *t, const char *day, struct arena *arena);
int try_close(struct treasury *t, const char *day, struct err *err);

// Of that instance; fails without.
struct settlement *row_of(struct settlement_day *day, const char *instance);

#endif
