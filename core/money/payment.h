// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_PAYMENT_H
#define MEDINA_MONEY_PAYMENT_H

#include "base/arena.h"
#include "base/id.h"
#include "money/ledger.h"

// A payment and its lines, as they stand in the store.
//
//     created ──► authorized ──► captured ──► refunded (all of it; parts leave it captured)
//        │             │
//        └─────────────┴──► voided (cancelled, or an agency refused) · expired · failed
//
// A line is open until the payment ends, then paid or released; paid lines may become refunded.
// Each agency decides on its own lines: what one refuses is released, what the others take is
// captured. While a line is open or paid, no other payment can have its item.
//
// A payment on hold has one line, whose amount is a limit: it is authorized first, and the agency
// says afterwards what of it was used (a tank of fuel).

enum payment_state {
    PAYMENT_CREATED,
    PAYMENT_AUTHORIZED,
    PAYMENT_CAPTURED,
    PAYMENT_VOIDED,
    PAYMENT_EXPIRED,
    PAYMENT_FAILED,
    PAYMENT_REFUNDED,
    PAYMENT_STATES
};

// Of a line that no agency has decided on yet.
#define PAYMENT_UNDECIDED INT64_C(-1)

enum payment_line_state { LINE_OPEN, LINE_PAID, LINE_RELEASED, LINE_REFUNDED };

const char *payment_state_name(enum payment_state state); // "created", …
const char *payment_line_state_name(enum payment_line_state state);

// Whether the arrow is drawn above.
bool payment_may_move(enum payment_state from, enum payment_state to);

struct payment_line {
    int64_t number; // from 1
    struct str instance, item;
    struct str title_en, title_ar;
    struct str reference; // the agency's account, may be empty
    struct str pseudonym; // by which the instance knows the payer; empty: anonymous
    int64_t amount;       // what the citizen pays for it
    int64_t fee;          // the part of amount that the city keeps
    int64_t accepted;     // what the agency takes of amount, fee included; PAYMENT_UNDECIDED before
    int64_t refunding, refunded;
    struct str reason; // why this line was released, a stable word; empty otherwise
    enum payment_line_state state;
    int64_t delivered; // when the plugin acknowledged; 0: not yet
};

struct payment {
    struct id id;
    struct id payer; // empty: anonymous
    enum payment_state state;
    char provider[16];
    char currency[LEDGER_CURRENCY];
    char language[8];
    bool hold; // what is captured is decided after the authorization
    int64_t total, authorized, captured, refunding, refunded;
    struct str session, charge; // the provider's names, empty without
    struct str redirect;        // the provider's page while the payment is created
    struct str reason;          // a stable word for an end without money: "cancelled", …
    struct str receipt;
    struct str device;       // with which the citizen began it; empty: not known
    struct str receipt_code; // with which anybody may check the receipt
    int64_t created, expires, authorized_at, captured_at; // epoch ms, 0: never
    int64_t checks;                                       // how often advancing found nothing
    struct payment_line *lines;
    size_t count;
};

// What can still be refunded of a line.
int64_t payment_line_left(const struct payment_line *line);

// Parts of jobs. Everything of *out lies in the arena. ERR_NOT_FOUND.
int payment_read(struct store_db *db, struct str id, struct arena *arena, struct payment **out,
                 struct err *err);

// Writes a new payment with its lines; ERR_CONFLICT when another payment has one of the items.
int payment_insert(struct store_db *db, const struct payment *payment, int64_t next_check,
                   struct err *err);

// The payment as JSON for its payer.
void payment_write_json(void *context, const struct payment *payment, struct buf *out);

#endif
