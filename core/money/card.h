// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_CARD_H
#define MEDINA_MONEY_CARD_H

#include "http/client.h"
#include "money/provider.h"

// Cards through an API of Stripe's shape: a Checkout Session whose PaymentIntent is captured by
// hand. https://docs.stripe.com/api/checkout/sessions, /payment_intents, /refunds; webhooks as
// https://docs.stripe.com/webhooks#verify-manually. The citizen gives the card on the provider's
// page; no card data comes here.
struct card_config {
    const char *name; // of the provider, in payments and ledger accounts
    const char *api;  // "https://api.stripe.com", without a slash at the end
    const char *secret_key;
    const char *webhook_secret;
    // http_client_send, or what a test puts in its place.
    int (*send)(struct http_client *client, const struct http_outgoing *outgoing,
                struct http_incoming *incoming, struct err *err);
    struct http_client *client;
    uint64_t timeout_ms; // of one call [20 s]; below money's claim_ms
    // Of a call about customers and kept cards, which a page or a payment waits for though it can
    // do without [2 s]
    uint64_t cards_timeout_ms;
    int64_t tolerance_ms; // of a webhook's age [5 minutes]
};

// Copies what it is given. ERR_INVALID when something is missing.
int card_create(struct provider **out, const struct card_config *config, struct err *err);
void card_destroy(struct provider *provider);

#endif
