// SPDX-License-Identifier: Apache-2.0
#include "money/posting.h"

#include "money/top_up.h"

#define CITY "city" // whose the fees are

static int post(struct store_db *db, const struct payment *payment, const struct payment_line *line,
                struct ledger_transfer transfer, struct money_stamp *stamp, struct err *err)
{
    if (transfer.amount == 0)
        return 0;
    transfer.id = money_ids_next(&stamp->ids);
    transfer.currency = payment->currency;
    transfer.payment = payment->id.text;
    transfer.line = line->number;
    transfer.made = stamp->now;
    transfer.node = stamp->node;
    return ledger_post(db, &transfer, err);
}

// Whose the line's money is: its instance's (a line's text need not end with a zero byte), or, of a
// top-up, the payer's own.
static struct ledger_party agency_of(const struct payment *payment, const struct payment_line *line,
                                     char owner[LEDGER_OWNER + 1])
{
    if (top_up_is(line))
        return (struct ledger_party){LEDGER_WALLET, payment->payer.text};
    size_t size = line->instance.size < LEDGER_OWNER ? line->instance.size : LEDGER_OWNER;
    memcpy(owner, line->instance.data, size);
    owner[size] = 0;
    return (struct ledger_party){LEDGER_SETTLEMENT, owner};
}

int posting_capture(struct store_db *db, const struct payment *payment, struct ledger_party debit,
                    struct money_stamp *stamp, struct err *err)
{
    int status = 0;
    for (size_t i = 0; status == 0 && i < payment->count; i++) {
        const struct payment_line *line = &payment->lines[i];
        if (line->state != LINE_PAID)
            continue;
        char owner[LEDGER_OWNER + 1];
        struct ledger_transfer share = {.debit = debit,
                                        .credit = agency_of(payment, line, owner),
                                        .amount = line->accepted - line->fee,
                                        .reason = "capture"};
        struct ledger_transfer fee = {.debit = debit,
                                      .credit = {LEDGER_FEE, CITY},
                                      .amount = line->fee,
                                      .reason = "fee"};
        status = post(db, payment, line, share, stamp, err);
        if (status == 0)
            status = post(db, payment, line, fee, stamp, err);
    }
    return status;
}

// How much of what was given back is the agency's: its share goes first.
static int64_t agency_share(const struct payment_line *line, int64_t given)
{
    int64_t share = line->accepted - line->fee;
    return given < share ? given : share;
}

int posting_refund(struct store_db *db, const struct posting_refund *refund,
                   struct money_stamp *stamp, struct err *err)
{
    const struct payment_line *line = refund->line;
    char owner[LEDGER_OWNER + 1];
    struct ledger_party agency = agency_of(refund->payment, line, owner), city = {LEDGER_FEE, CITY};
    int64_t of_agency =
        agency_share(line, refund->given + refund->amount) - agency_share(line, refund->given);
    bool back = refund->back;
    struct ledger_transfer share = {.debit = back ? refund->credit : agency,
                                    .credit = back ? agency : refund->credit,
                                    .amount = of_agency,
                                    .reason = refund->reason};
    struct ledger_transfer fee = {.debit = back ? refund->credit : city,
                                  .credit = back ? city : refund->credit,
                                  .amount = refund->amount - of_agency,
                                  .reason = refund->reason};
    int status = post(db, refund->payment, line, share, stamp, err);
    return status < 0 ? status : post(db, refund->payment, line, fee, stamp, err);
}
