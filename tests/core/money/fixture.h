// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_MONEY_FIXTURE_H
#define TESTS_MONEY_FIXTURE_H

#include "fake.h"
#include "money/money.h"
#include "money/pay.h"

#include <stdatomic.h>

// A store in a folder of its own, money with a clock that stands still, a fake card provider, and
// agencies that answer quotes as told.
struct money_fixture {
    char folder[64];
    char path[96];
    struct store *store;
    struct id_generator ids;
    struct clock clock;
    struct fake *fake;
    struct provider provider;
    struct provider *providers[2];
    struct money *money;
    struct id citizen; // with a wallet that a test fills
    // How agencies answer a quote.
    int quote_result;
    bool not_owed;
    int64_t quote_change; // added to the amount
    // Or, when set, line by line.
    int (*answer)(struct money_fixture *f, const struct payment_line *line,
                  struct money_quote *out);
    const struct tariff *tariff;
    int64_t event_ms, refund_alone, wallet_cap;
    struct store_config terms; // of the store, but its path
    atomic_int events_ready;
};

void money_fixture_open(struct money_fixture *f);
void money_fixture_restart(struct money_fixture *f); // a new host on the same file
void money_fixture_close(struct money_fixture *f);
void money_fixture_stop(struct money_fixture *f); // no threads: a child may be forked

void advance_clock(struct money_fixture *f, int64_t ms);
void fill_wallet(struct money_fixture *f, int64_t amount);

int64_t balance_of(struct money_fixture *f, struct ledger_party party); // in AED
void expect_ledger_whole(struct money_fixture *f);
void expect_books_whole(struct money_fixture *f); // the payments with it (money/verify.h)

// With a connection of its own, as an operator with the sqlite3 tool would; false: refused.
bool run_outside(struct money_fixture *f, const char *sql);
int64_t ask_outside(struct money_fixture *f, const char *sql); // one number

// An order of the citizen for one item of "water"; the key is also the request's body.
struct small_order {
    struct money_item item;
    struct money_order order;
};
void small_order(struct money_fixture *f, struct small_order *out, const char *key,
                 const char *item, int64_t amount);

int pay_wallet(struct money_fixture *f, const char *key, const char *item, int64_t amount,
               struct money_answer *answer);

// Checks a card payment of 1000 fils out, which must work: its id.
struct id checkout(struct money_fixture *f, const char *item);

// What can be refunded of the payment's first line, 0 of a payment that is not there.
int64_t left_of(struct money_fixture *f, const struct id *payment);

enum payment_state state_of(struct money_fixture *f, const struct id *payment);

#endif
