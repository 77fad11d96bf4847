// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_SETTLEMENT_H
#define MEDINA_MONEY_SETTLEMENT_H

#include "base/json.h"
#include "money/money.h"
#include "money/payee.h"

// What the city owes each agency is paid once a day. A day of the city's is closed once, in order,
// some time after it is over; from then on it says the same for ever. A transfer belongs to the day
// in which it was made. For every account of an agency (an instance's, settlement:<instance>):
//
//     carried + captured + refunded + disputed + fees + other + late = payable + remainder
//
// carried is the remainder of the day before. What is positive is payable when the agency has a
// bank account in the configuration, and leaves in one transfer to the account of the bank; else,
// and when it is negative, it remains and is carried forward. Amounts are as the agency sees them:
// a refund is negative.
//
// late is what came into days that were closed, and should be 0: settlement.grace_ms is longer than
// any transfer waits for its commit.

#define SETTLEMENT_BANK "bank" // owner of the clearing account through which the city pays

// Ids carry the time at which they were made, which is that of their transfer but for clocks that
// were set back: a range of ids is so much wider than the instants that are looked for.
enum { SETTLEMENT_ID_SLACK_MS = 60 * 60 * 1000 };

struct settlement_terms {
    const struct payees *payees;
    const char *currency;
    int64_t grace_ms;       // after a day's end before it can be closed
    int64_t execution_days; // after the day: when the bank is to pay
};

struct settlement {
    struct str instance, agency; // agency empty: none names the instance
    struct str name, iban, bic;  // whom the bank pays; empty: nobody is known
    char currency[LEDGER_CURRENCY];
    int64_t carried, captured, refunded, disputed, fees, other, late;
    int64_t payable, remainder;
    struct id transfer; // which pays it out, and the bank's end-to-end id; empty: nothing is paid
};

struct settlement_day {
    char day[CLOCK_DATE];
    char execution[CLOCK_DATE];
    int64_t began, ended; // the day's instants, the end not in it
    int64_t made;         // when it was closed
    struct str debtor_name, debtor_iban, debtor_bic;
    struct settlement *at; // by instance
    size_t count;
    bool planned; // only would be: nothing is stored
};

// Closes the day ("2026-03-01"), or reads what closing it said. dry: only says what would be.
// ERR_CONFLICT: the day is not over yet, an earlier one is still open, the ledger disagrees with
// itself; ERR_NOT_FOUND: it was before the first day that was settled; ERR_UNAVAILABLE: the
// configuration names no account of the city's. *out lives in the arena.
struct settlement_order {
    const struct settlement_terms *terms;
    const char *day;
    bool dry;
};
int settlement_close(struct money *money, const struct settlement_order *order, struct arena *arena,
                     struct settlement_day **out, struct err *err);

// The oldest day that is over and not closed: 1 with it in day, 0 when there is none.
int settlement_due(struct money *money, const struct settlement_terms *terms, char day[CLOCK_DATE],
                   struct err *err);

// A closed day. ERR_NOT_FOUND.
int settlement_read(struct money *money, const char *day, struct arena *arena,
                    struct settlement_day **out, struct err *err);

// The files of a closed day, the same bytes whenever they are asked for. Every transfer of the day
// as a line of CSV (RFC 4180) with totals behind; and the order to the bank (pain.h), ERR_NOT_FOUND
// when the day pays nobody. ERR_CONFLICT: transfers came into the day after it was closed, so that
// the report would not be what it was.
int settlement_report(struct money *money, const char *day, struct buf *out, struct err *err);
int settlement_pain(struct money *money, const char *day, struct buf *out, struct err *err);

// The day as JSON for the operator.
json_t *settlement_json(const struct settlement_day *day);

// The instants between which the city's date is day; false when that is no date.
bool settlement_bounds(const char *day, int64_t *began, int64_t *ended);

// Parts of jobs (settlement_row.c) ----------------------------------------------------------------

int settlement_load(struct store_db *db, const char *day, struct arena *arena,
                    struct settlement_day **out, struct err *err);
int settlement_insert(struct store_db *db, const struct settlement_day *day, struct err *err);

// Where the closing of days stands: last "" when none is closed, first_made 0 when no transfer of
// an agency's was ever made.
struct settlement_state {
    char last[CLOCK_DATE];
    int64_t first_made;
    bool closed; // the day asked for
};
int settlement_look(struct store_db *db, const char *day, struct settlement_state *out,
                    struct err *err);

#endif
