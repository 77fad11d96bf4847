// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_VERIFY_H
#define MEDINA_MONEY_VERIFY_H

#include "money/ledger.h"

// Holds all that is stored about money against itself: every balance against its transfers
// (ledger_verify), and the payments, refunds, disputes and settlements against the transfers that
// they must have made. Changes nothing.

struct verify_finding {
    const char *check; // a stable word: "captured", "refunded", …
    const char *what;  // what must hold, in English
    int64_t count;     // of those for which it does not
    char first[LEDGER_NAME];
};

enum { VERIFY_CHECKS = 16 };

struct verify_report {
    struct ledger_report ledger;
    struct verify_finding findings[VERIFY_CHECKS]; // only those with a count
    size_t count;
};

// A read job (store_read); argument is a struct verify_report.
int money_verify(struct store_db *db, void *report, struct err *err);

// Nothing differs.
bool verify_whole(const struct verify_report *report);

#endif
