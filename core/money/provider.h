// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_PROVIDER_H
#define MEDINA_MONEY_PROVIDER_H

#include "base/err.h"
#include "base/str.h"

// What money asks of a payment provider that holds the citizen's money: a table of functions, one
// file per provider (card.c, wallet_hold.c). All are called inside tasks and suspend. What a code
// means:
//
//     0                done; the view says how things stand
//     ERR_DENIED       the provider refused; surely not done
//     ERR_UNAVAILABLE  surely nothing happened; later may help
//     ERR_UNKNOWN      it may have happened: look before asking again
//
// key makes asking again harmless: the provider answers the same key as it did the first time.

enum { PROVIDER_ID = 128, PROVIDER_URL = 1536 };

enum provider_state {
    PROVIDER_OPEN,       // the citizen has not paid, and still can
    PROVIDER_AUTHORIZED, // amount is held on the card
    PROVIDER_CAPTURED,   // amount was taken
    PROVIDER_GONE,       // expired or cancelled: nothing is or will be taken
};

struct provider_view {
    enum provider_state state;
    int64_t amount; // held or taken, minor units
    char currency[4];
    char session[PROVIDER_ID];
    char charge[PROVIDER_ID];    // empty until there is one
    char redirect[PROVIDER_URL]; // the provider's page, from open only
};

struct provider_order {
    const char *key;
    const char *payment;  // our id, comes back in webhooks
    const char *payer;    // account id; empty: anonymous
    const char *customer; // the provider's of the payer, whose kept cards it shows; NULL: none
    const char *currency; // ISO 4217
    const char *language; // "ar" or "en"
    int64_t amount;       // minor units
    int64_t expires;      // epoch ms
    struct str title;     // what the citizen reads on the provider's page
    struct str return_url, cancel_url;
};

struct provider_call {
    const char *key;
    const char *payment; // our id
    const char *session, *charge;
    int64_t amount; // to capture or to refund
};

struct provider_event {
    char id[PROVIDER_ID];
    char type[64];
    char payment[32];          // our id; empty when the event is about something else
    char dispute[PROVIDER_ID]; // the provider's name of a dispute; empty: about none
};

enum provider_dispute_state {
    PROVIDER_DISPUTE_ASKED, // the citizen's bank only asks: no money has moved
    PROVIDER_DISPUTE_OPEN,  // the provider has taken the amount back
    PROVIDER_DISPUTE_WON,   // and given it again
    PROVIDER_DISPUTE_LOST,
};

struct provider_dispute {
    char id[PROVIDER_ID];
    char payment[32]; // our id; empty: it is of nothing of ours
    char currency[4];
    char reason[64];
    enum provider_dispute_state state;
    int64_t amount, fee; // minor units; the fee is the provider's for the dispute so far
};

// One page of the provider's disputes, newest first.
struct provider_disputes {
    const char *after; // the id that the page before ended with; NULL: the first page
    struct provider_dispute *at;
    size_t most, count;
    bool more;
};

// A card that the provider keeps for a customer of its own: what tells it from another.
struct provider_card {
    char id[PROVIDER_ID];
    char brand[24];
    char last4[5];
    char expires[8]; // the month: "2030-12"
};

struct provider_cards {
    struct provider_card *at;
    size_t most, count;
};

struct provider {
    const char *name; // in payments, in ledger accounts
    void *context;
    // Opens a page on which the citizen can authorize the amount.
    int (*open)(void *context, const struct provider_order *order, struct provider_view *view,
                struct err *err);
    int (*look)(void *context, const char *session, struct provider_view *view, struct err *err);
    int (*capture)(void *context, const struct provider_call *call, struct err *err);
    // Closes the page (no charge given) or releases what is held (with a charge).
    int (*cancel)(void *context, const struct provider_call *call, struct err *err);
    int (*refund)(void *context, const struct provider_call *call, struct err *err);
    // 0 when the refund with this key exists, ERR_NOT_FOUND when surely not.
    int (*find_refund)(void *context, const struct provider_call *call, struct err *err);
    // The two above may be NULL, verify too: the provider refunds otherwise, or sends no webhooks.
    // How a dispute stands, and a page of all of them; both NULL for a provider without.
    int (*look_dispute)(void *context, const char *id, struct provider_dispute *out,
                        struct err *err);
    int (*disputes)(void *context, struct provider_disputes *page, struct err *err);
    // The provider's customer for an account, the same one when it is asked again; the cards that
    // are kept for it; and forgetting one, ERR_NOT_FOUND when it is not the customer's. All NULL
    // for a provider that keeps none.
    int (*customer)(void *context, const char *account, char out[PROVIDER_ID], struct err *err);
    int (*cards)(void *context, const char *customer, struct provider_cards *out, struct err *err);
    int (*forget_card)(void *context, const char *customer, const char *card, struct err *err);
    // Checks a webhook's signature and age (now: epoch ms); ERR_DENIED when it is not the
    // provider's.
    int (*verify)(void *context, struct str signature, struct str body, int64_t now,
                  struct provider_event *event, struct err *err);
};

#endif
