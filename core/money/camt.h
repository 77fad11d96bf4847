// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_CAMT_H
#define MEDINA_MONEY_CAMT_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/err.h"

// The bank's statement of account: ISO 20022 camt.053.001.08, read with expat. Of a document type
// declaration, entities of its own, other messages and other currencies nothing is read: they are
// refused. Entries that are not booked yet are passed over.

struct bank_entry {
    int64_t line;          // of the file
    int64_t amount;        // minor units; what left the account is below zero
    char date[CLOCK_DATE]; // booked, else valued
    struct str reference;  // end to end, as the payer gave it; may be empty
    struct str number;     // the bank's own; may be empty
    struct str text;       // what is said of it, all remittance lines
};

struct bank_statement {
    struct bank_entry *entries;
    size_t count;
};

struct camt_limits {
    const char *currency;
    const char *iban; // of the account that it must be of
    size_t bytes;
    unsigned depth; // of elements
};

// Reads it all into the arena. ERR_INVALID names the line; so it does when a statement's balances
// and entries do not add up. ERR_LIMIT names the limit.
int camt_read(struct str text, const struct camt_limits *limits, struct arena *arena,
              struct bank_statement *out, struct err *err);

#endif
