// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_POSTING_H
#define MEDINA_MONEY_POSTING_H

#include "money/money_internal.h"

// The transfers behind a payment: what its lines' capture and refunds move. Parts of jobs.
//
//     capture   debit ──► settlement:<instance> (accepted - fee) and fee:city (fee)
//     refund    settlement:<instance> first, then fee:city ──► credit

// The most transfers of one line's capture or refund.
enum { POSTING_TRANSFERS = 2 };

// Every line that is paid, from debit.
int posting_capture(struct store_db *db, const struct payment *payment, struct ledger_party debit,
                    struct money_stamp *stamp, struct err *err);

// amount more of the line is given back, to credit (or from it, when it comes back: a refund that
// failed). given is what was refunded or on its way without this amount.
struct posting_refund {
    const struct payment *payment;
    const struct payment_line *line;
    struct ledger_party credit;
    int64_t given, amount;
    bool back;
    const char *reason;
};
int posting_refund(struct store_db *db, const struct posting_refund *refund,
                   struct money_stamp *stamp, struct err *err);

#endif
