// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_LEDGER_H
#define MEDINA_MONEY_LEDGER_H

#include "base/id.h"
#include "store/store.h"

// Double entry, append-only. A transfer is one row that moves an amount from the debited account
// to the credited one, so the ledger sums to zero by construction. The balance of an account is
// what was credited minus what was debited:
//
//     wallet      what the city owes a citizen; never below zero
//     clearing    between a payment provider and the city; below zero is what the provider owes us
//     settlement  what the city owes an agency; below zero after refunds of money already paid out
//     fee         what providers keep
//     reserve     refunds on their way
//
// Accounts open with their first transfer. Functions here are parts of store jobs.

enum ledger_kind {
    LEDGER_WALLET,
    LEDGER_CLEARING,
    LEDGER_SETTLEMENT,
    LEDGER_FEE,
    LEDGER_RESERVE,
};

enum { LEDGER_CURRENCY = 4, LEDGER_OWNER = 64, LEDGER_NAME = 96 };

// The largest amount of one transfer: no sum of a city's transfers leaves 64 bits.
#define LEDGER_AMOUNT_MAX INT64_C(1000000000000)

struct ledger_party {
    enum ledger_kind kind;
    const char *owner; // citizen's account id, provider's name, instance; up to LEDGER_OWNER
};

struct ledger_transfer {
    const struct id *id;
    struct ledger_party debit, credit;
    int64_t amount;       // minor units, 1 to LEDGER_AMOUNT_MAX
    const char *currency; // ISO 4217, three capitals
    const char *reason;   // "capture", "refund", "deposit", …
    const char *payment;  // id, or NULL
    int64_t line;         // of the payment, from 1
    int64_t made;         // epoch ms
    int64_t node;         // of the host that posts it
};

// ERR_CONFLICT when a wallet does not hold the amount; ERR_INVALID for an amount, currency or owner
// that cannot be.
int ledger_post(struct store_db *db, const struct ledger_transfer *transfer, struct err *err);

// 0 for an account that was never opened.
int ledger_balance(struct store_db *db, struct ledger_party party, const char *currency,
                   int64_t *out, struct err *err);

// Compares every balance with the transfers it must come from. A read job (store_read).
struct ledger_report {
    int64_t accounts, transfers;
    int64_t differing;        // accounts whose balance is not what their transfers say
    char first[LEDGER_NAME];  // of them
    int64_t negative_guarded; // wallets below zero
    int64_t sum;              // of all balances; not 0 is a loss
};
int ledger_verify(struct store_db *db, void *report, struct err *err);

bool ledger_currency_valid(const char *currency);

#endif
