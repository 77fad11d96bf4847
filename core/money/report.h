// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_REPORT_H
#define MEDINA_MONEY_REPORT_H

#include "base/arena.h"
#include "base/err.h"

// What a card provider says it did: its report of balance transactions as CSV, in the shape of
// Stripe's (https://docs.stripe.com/reports/balance-transaction-types). Columns are found by their
// names, in any order; others are passed over:
//
//     id | balance_transaction_id              needed, once
//     type | reporting_category                charge, refund, dispute, payout, …
//     source | source_id | charge_id           what it is about (ch_…, re_…, po_…)
//     payment_intent_id | payment_intent       by which a payment knows its charge
//     amount | gross, fee, net                 "12.50", net is amount less fee
//     currency                                 in capitals or not
//     created_utc                              "2026-03-01 08:30:00" or RFC 3339
//     payment_metadata[payment]                our own name of the payment, may be missing

enum report_kind {
    REPORT_CHARGE,
    REPORT_REFUND,
    REPORT_DISPUTE,  // taken back by the citizen's bank, amount below zero
    REPORT_REVERSAL, // and given again: the dispute is won
    REPORT_FEE,      // of the provider, by itself
    REPORT_PAYOUT,   // on its way to the city's bank, amount below zero
    REPORT_OTHER,
    REPORT_KINDS
};

const char *report_kind_name(enum report_kind kind);

struct report_row {
    int64_t line; // of the file
    enum report_kind kind;
    struct str id, source, charge, payment; // charge: the payment intent, else the source
    int64_t amount, fee;                    // minor units, as the city's balance moves
    int64_t created;                        // epoch ms
};

struct report {
    struct report_row *rows;
    size_t count;
};

// Reads it all; texts live in the arena or in text. ERR_INVALID names line and column; another
// currency than the city's is one.
int report_read(struct str text, const char *currency, struct arena *arena, struct report *out,
                struct err *err);

#endif
