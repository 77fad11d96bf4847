// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_PAY_H
#define MEDINA_MONEY_PAY_H

#include "activity/activity.h"
#include "money/idempotency.h"
#include "money/money.h"

// Taking, keeping and giving back money: what moves a payment from state to state.

struct money_item {
    struct str instance, item, title_en, title_ar, reference, pseudonym;
    int64_t amount; // without the city's fee
    bool hold;      // amount is a limit (see payment.h); alone in its order, without a fee
};

struct money_order {
    struct idempotency_key key;
    const struct id *payer; // NULL: anonymous, not with the wallet
    const char *currency;
    const char *language;
    struct activity_actor by; // who pays; a citizen's device is kept with the payment
    const struct money_item *items;
    size_t count;
    struct str return_url, cancel_url; // {payment} stands for its id; not used by the wallet
    // Part of the job that pays from the wallet, or of the one that makes the payment before a page
    // is opened, before anything else is written; may be NULL. Its error
    // refuses the payment, what it writes commits with it. Not called for a replay.
    int (*also)(void *context, struct store_db *db, const struct payment *payment, struct err *err);
    void *also_context;
};

enum money_refusal {
    MONEY_NONE,
    MONEY_KEY_REUSED,   // the key was used with another body (422)
    MONEY_IN_FLIGHT,    // the first call with this key has no answer yet (409)
    MONEY_ITEM_TAKEN,   // another payment has an item: see taken_line and other (409)
    MONEY_INSUFFICIENT, // the wallet does not hold the total (402)
    MONEY_WALLET_FULL,  // a wallet would hold more than it may (409)
    MONEY_NOTHING,      // nothing in the wallet came from a card (409)
    MONEY_STALE,        // another amount can be refunded than the caller saw (409)
};

struct money_answer {
    int status;      // HTTP's, of the stored answer
    struct buf body; // the stored answer; the caller's: buf_finish
    bool replayed;
    struct id payment;
    char redirect[PROVIDER_URL]; // not in a replay: it is in the body
    enum money_refusal refusal;
    int64_t taken_line;
    struct id other; // the payment that has the item, when it is the same payer's
};

// The answer that a call with this key got before: 1 and *answer filled in, 0 when the key is new.
// ERR_CONFLICT with answer->refusal for a key of another request or one under way. For a call whose
// items are not owed any more: this very call may have paid for them.
int money_replay(struct money *money, const struct idempotency_key *key,
                 struct money_answer *answer, struct err *err);

// Pays from the wallet in one store job: payment, transfers, receipt, events and the answer commit
// together. ERR_CONFLICT with a refusal; ERR_INVALID for an order that cannot be.
int money_pay_wallet(struct money *money, const struct money_order *order,
                     struct money_answer *answer, struct err *err);

// Makes a payment and opens the provider's page for it; the citizen goes to answer->redirect.
// Beyond the above ERR_UNAVAILABLE: no page could be opened, nothing is held.
int money_checkout(struct money *money, const char *provider, const struct money_order *order,
                   struct money_answer *answer, struct err *err);

// Brings the payment as far as it gets now, asking the provider and the agencies. Webhook, return
// page, tick and start-up all call this; calling it twice does no harm. 0 also when there is
// nothing to do or another caller is at it; see the payment for where it stands.
int payment_advance(struct money *money, const struct id *payment, struct err *err);

// The same for a page that wants to show the end, inside a task: while another caller is at it,
// looks again for up to ms milliseconds.
int payment_wait(struct money *money, const struct id *payment, uint64_t ms, struct err *err);

// The citizen gives up: closes the provider's page or releases what is held. 0 also when it was too
// late and the money was taken: see the payment.
int payment_cancel(struct money *money, const struct id *payment, struct err *err);

struct refund_decision;

struct money_refund {
    struct idempotency_key key;
    const struct id *payment;
    int64_t line;   // from 1
    int64_t amount; // minor units, at most what is left of the line
    int64_t seen;   // what the caller believes to be left: a refund made twice is noticed
    const char *reason;
    const struct refund_decision *decision; // why it may be made (refund_request.h), or NULL
};

// Refunds a line or a part of it, to where the money came from. ERR_CONFLICT when so much is not
// left, or another amount than the caller saw; ERR_NOT_FOUND. A card refund that the provider has
// not taken yet goes on in the background.
int payment_refund(struct money *money, const struct money_refund *refund,
                   struct money_answer *answer, struct err *err);

#endif
