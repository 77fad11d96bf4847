// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_MONEY_FIXTURE_H
#define TESTS_MONEY_FIXTURE_H

#include "base/id.h"
#include "money/ledger.h"

// A store in a folder of its own.
struct money_fixture {
    char folder[64];
    char path[96];
    struct store *store;
    struct id_generator ids;
};

void money_fixture_open(struct money_fixture *f);
void money_fixture_close(struct money_fixture *f);

int64_t balance_of(struct money_fixture *f, struct ledger_party party); // in AED
void expect_ledger_whole(struct money_fixture *f);

// With a connection of its own, as an operator with the sqlite3 tool would; false: refused.
bool run_outside(struct money_fixture *f, const char *sql);

#endif
