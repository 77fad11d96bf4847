// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_MONEY_H
#define MEDINA_MONEY_MONEY_H

#include "base/clock.h"
#include "money/outbox.h"
#include "money/payment.h"
#include "money/provider.h"
#include "money/tariff.h"

// Payments. One struct money a process, shared by all loops; every function may be called from any
// task, by several at once, for the same payment too. README.md beside this file tells the flows.

// Asked before a capture, inside a task, of all lines at once: is the line still owed, and how
// much? An error other than ERR_UNAVAILABLE and ERR_TIMEOUT counts as "not owed". Of a payment on
// hold the amount is what was used, at most what was authorized; until that is known, wait_ms says
// when to ask again.
struct money_quote {
    bool owed;
    int64_t amount;
    int64_t wait_ms; // 0: decided
    char reason[32]; // why it is not owed, a stable word; may be empty
};
typedef int money_quoter(void *context, const struct payment *payment,
                         const struct payment_line *line, struct money_quote *out, struct err *err);

// 0 takes the default in brackets.
struct money_config {
    struct store *store;
    const struct clock *clock;         // NULL: the machine's
    int64_t node;                      // of this host, 1 to 99 [1]
    struct provider *const *providers; // of cards; NULL ends. The wallet is always there
    money_quoter *quote;
    void *quote_context;
    // The stored answer to a payment call; pure, runs on the store's thread [payment_write_json].
    void (*render)(void *context, const struct payment *payment, struct buf *out);
    void *render_context;
    // Part of the job that ends an event; may be NULL.
    int (*told)(void *context, struct store_db *db, const struct outbox_told *told,
                struct err *err);
    void *told_context;
    void (*outbox_ready)(void *context); // after a commit with events; from any task; may be NULL
    void *outbox_context;
    const struct tariff *tariff; // what the city adds to lines; NULL: nothing
    int64_t lines_limit;         // of one payment [50]
    int64_t checkout_ms;         // to pay on the provider's page [30 minutes]
    int64_t quote_patience_ms;   // an agency may be down for so long before we let go [2 minutes]
    int64_t hold_ms;             // an agency may take so long to say what was used [45 minutes]
    int64_t claim_ms;            // a provider call takes no longer [2 minutes]
    int64_t keep_answers_ms;     // idempotency [35 days]
    int64_t event_ms;            // an event is tried for so long, then it is a dead letter [2 days]
    int64_t wallet_cap;          // what a wallet may hold after a top-up; 0: no top-ups
    int64_t refund_alone;        // the largest refund that one operator decides alone [0]
};

int money_create(struct money **out, const struct money_config *config, struct err *err);
void money_destroy(struct money *money);

// Before serving: frees what a dead host held, so that the next ticks resolve it by asking.
int money_recover(struct money *money, struct err *err);

// Advances up to limit payments that are due and sweeps a little; returns how many. Call every
// second or so, inside a task, from one place.
int money_tick(struct money *money, size_t limit, struct err *err);

// What the city adds to an amount of this instance when it is paid by this provider ("wallet").
int64_t money_fee(const struct money *money, const char *provider, struct str instance,
                  int64_t amount);

// As it stands; lives in the arena. ERR_NOT_FOUND.
int money_payment(struct money *money, struct str id, struct arena *arena, struct payment **out,
                  struct err *err);

// The payment whose receipt has this number and this code, as people type it (receipt_code_read).
// ERR_NOT_FOUND, whichever of the two is wrong.
int money_receipt(struct money *money, struct str number, struct str code, struct arena *arena,
                  struct payment **out, struct err *err);

// The payer's payments, newest first, into ids[limit]; returns how many.
int money_payments_of(struct money *money, const struct id *payer, struct id *ids, size_t limit,
                      struct err *err);

// Verifies a provider's webhook and advances its payment. ERR_DENIED: not the provider's, or too
// old. A repeated event is 0 and does nothing. Any other error: let the provider send it again.
int money_webhook(struct money *money, const char *provider, struct str signature, struct str body,
                  struct err *err);

// Puts money into a wallet, from the clearing account of source; once for each reference.
struct money_deposit {
    const struct id *account;
    int64_t amount;
    const char *currency, *source, *reference;
};
int money_deposit(struct money *money, const struct money_deposit *deposit, struct err *err);
int money_wallet(struct money *money, const struct id *account, const char *currency,
                 int64_t *balance, struct err *err);

#endif
