// SPDX-License-Identifier: Apache-2.0
#ifndef SANDBOX_PROVIDER_H
#define SANDBOX_PROVIDER_H

#include "sandbox.h"

// What the provider's API (provider.c) and its pages (provider_page.c) share.

json_t *provider_session(struct sandbox_request *request, struct str id); // NULL: none
json_t *provider_intent_of(struct sandbox_request *request, const json_t *session);
void provider_set_status(json_t *object, const char *status);
bool provider_is(const json_t *object, const char *status);
// Taken back, or about to be: such a charge is not refunded on top of that.
bool provider_is_disputed(struct sandbox_request *request, const char *intent);
void provider_let_expire(struct sandbox_request *request, json_t *session);

// ---- provider_card.c ----

struct provider_typed_card {
    const char *number; // digits, at least four
    size_t behaviour;   // which test card it is
};

bool provider_has_customer(struct sandbox_request *request, const char *customer);
// The customer's kept cards, a list that is yours; and one of them, NULL when it has no such card.
json_t *provider_kept_cards(struct sandbox_request *request, const char *customer);
const json_t *provider_kept_card(struct sandbox_request *request, const char *customer,
                                 const char *id);
// Keeps a card that was typed on the page, unless its expiry is none.
void provider_keep_card(struct sandbox_request *request, const char *customer,
                        const struct provider_typed_card *typed);

#endif
