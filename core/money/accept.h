// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_ACCEPT_H
#define MEDINA_MONEY_ACCEPT_H

#include "money/money.h"

// Asking the agencies of an authorized payment, all lines at once, what they take of it. An agency
// that cannot say now is asked again until quote_patience_ms (hold_ms for a hold) have passed since
// the authorization; then its line counts as refused, and the others are captured without it.

enum accept_verdict {
    ACCEPT_LATER,   // ask again after wait_ms; 0: as the back-off says
    ACCEPT_CAPTURE, // amount is taken
    ACCEPT_RELEASE, // no agency takes anything; reason says why
};

struct acceptance {
    enum accept_verdict verdict;
    int64_t amount; // the sum of what the lines accept
    int64_t wait_ms;
    const char *reason; // of the first line, a stable word
};

// Suspends. Fills in accepted and reason of the payment's lines; their texts lie in the arena.
struct acceptance accept_ask(struct money *money, struct payment *payment, struct arena *arena);

// What a provider must say that it took: what the lines accepted, or all of them when nobody was
// asked.
int64_t accept_expected(const struct payment *payment);

// Part of a job: writes down what was decided on the lines.
int accept_write(struct store_db *db, const struct payment *payment, struct err *err);

#endif
