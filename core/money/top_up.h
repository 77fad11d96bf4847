// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_TOP_UP_H
#define MEDINA_MONEY_TOP_UP_H

#include "money/pay.h"

// Money from a card into the citizen's own wallet, and back to where it came from. A top-up is a
// card payment whose only line is of the instance TOP_UP_INSTANCE, a name that no plugin can have:
// its capture credits the payer's wallet instead of an agency, without a fee and without an event.
// What the wallet holds after it is at most money_config.wallet_cap; without a cap there are none.

#define TOP_UP_INSTANCE "wallet"

bool top_up_is(const struct payment_line *line);

struct money_top_up {
    struct idempotency_key key;
    const struct id *payer;
    const char *currency, *language;
    const char *device; // with which it is asked for, for the activity; NULL: not known
    int64_t amount;
    struct str return_url, cancel_url; // as in money_order
};

// Opens the provider's page, as money_checkout does. MONEY_WALLET_FULL: the wallet would hold more
// than it may, top-ups under way counted.
int money_top_up(struct money *money, const char *provider, const struct money_top_up *top_up,
                 struct money_answer *answer, struct err *err);

// Gives what is unspent back to the cards it came from, the newest top-up first, never more than
// the wallet holds and never more than came from each. What an operator has put in stays. In one
// job: refunds are begun, and go on in the background as any other. MONEY_NOTHING when nothing can
// be given back. (In refund.c.)
struct money_redemption {
    struct idempotency_key key;
    const struct id *payer;
    const char *currency;
    const char *device; // as above
};
int money_redeem(struct money *money, const struct money_redemption *redemption,
                 struct money_answer *answer, struct err *err);

// Whether there is room for the amount beside what the wallet holds: asked before a capture.
bool top_up_fits(struct money *money, const struct payment *payment);

#endif
