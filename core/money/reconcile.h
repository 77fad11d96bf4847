// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_RECONCILE_H
#define MEDINA_MONEY_RECONCILE_H

#include "base/json.h"
#include "money/camt.h"
#include "money/money.h"
#include "money/report.h"

// Ledger, provider and bank agree about a day of the city's, or each difference has a name. A day's
// captures, refunds and disputes stand against the rows of the provider's report; what its
// settlement pays and what the provider pays out stand against the entries of the bank's statement,
// which is the one of the day (or days) on which they are executed.

enum reconcile_kind {
    DIFFERENCE_MISSING,   // we have it, they do not
    DIFFERENCE_EXTRA,     // they have it, we do not
    DIFFERENCE_AMOUNT,    // both have it, with another amount
    DIFFERENCE_DAY,       // both have it, on another day
    DIFFERENCE_DUPLICATE, // they have it twice
};

struct reconcile_difference {
    enum reconcile_kind kind;
    bool bank;            // with the bank; else with the provider
    const char *about;    // "charge", "refund", …, "settlement", "payout", "entry"
    struct str payment;   // our id, may be empty
    struct str reference; // theirs
    int64_t ours, theirs; // amounts, 0 on the side that has none
    char our_day[CLOCK_DATE], their_day[CLOCK_DATE];
    int64_t line; // of their file; 0: none
};

struct reconcile_sums {
    int64_t charged, refunded, disputed; // refunds and lost money below zero
};

struct reconciliation {
    char day[CLOCK_DATE];
    struct reconcile_sums ledger, provider;
    int64_t fees, paid_out;  // of the provider: kept, and sent to the bank
    int64_t settled;         // what the day's settlement pays, 0 while it is open
    int64_t received, spent; // by the bank, of what is expected for the day
    struct reconcile_difference *differences;
    size_t count, capacity;
    int64_t posted;           // result of posting: transactions whose fee or payout is new
    struct report_row **good; // rows of the day without a difference
    size_t good_count;
};

struct reconcile_order {
    const char *day;      // "2026-03-01"
    const char *provider; // its name in the ledger
    const char *currency;
    struct str report, statement;
    size_t report_bytes;
    struct camt_limits bank;
    bool post; // the fees and payouts of the rows that are right, each once
};

// Changes nothing but what post says. ERR_INVALID or ERR_LIMIT for a file that is not read, with
// its line. *out lives in the arena.
int money_reconcile(struct money *money, const struct reconcile_order *order, struct arena *arena,
                    struct reconciliation **out, struct err *err);

const char *reconcile_kind_name(enum reconcile_kind kind); // "missing", …

// As JSON for the operator; each difference with what to do next.
json_t *reconcile_json(const struct reconciliation *result);

// Parts (reconcile_provider.c, reconcile_bank.c, reconcile_post.c) --------------------------------

struct reconcile_job {
    const struct reconcile_order *order;
    struct arena *arena;
    int64_t began, ended;
    struct report report;
    struct bank_statement statement;
    struct reconciliation *out;
};

int reconcile_provider(struct store_db *db, struct reconcile_job *job, struct err *err);
int reconcile_bank(struct store_db *db, struct reconcile_job *job, struct err *err);
int reconcile_post(struct money *money, struct reconcile_job *job, struct err *err);

// A place for one more.
struct reconcile_difference *reconcile_add(struct reconcile_job *job, enum reconcile_kind kind);

#endif
