// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_CARDS_H
#define MEDINA_MONEY_CARDS_H

#include "money/money.h"

// Cards that a citizen lets a provider keep. The provider's page offers to keep a card and shows
// those that are kept; the host knows the provider's customer of the account, no card: each list
// is asked for. Nothing is charged without the citizen on that page.
//
// All are called inside tasks and suspend, for nothing here is asked in a transaction.

// The account's kept cards, of all providers, up to the list's most; none and no call when the
// account has never been to a provider. ERR_UNAVAILABLE: a provider does not answer as it should.
int money_cards(struct money *money, const struct id *account, struct provider_cards *out,
                struct err *err);

// Whether the account has been to a provider that keeps cards; asks no provider.
bool money_has_customer(struct money *money, const struct id *account);

// Has the provider forget a card of the account. ERR_NOT_FOUND when the account has no such card,
// whoever else may; ERR_UNAVAILABLE as above: list them again. device: with which it is asked for.
int money_card_forget(struct money *money, const struct id *account, const char *card,
                      const char *device, struct err *err);

// The provider's customer of the account, made when there is none yet. False when there is none to
// be had: the page is opened without.
bool cards_customer(struct money *money, struct provider *provider, const struct id *account,
                    char out[PROVIDER_ID]);

#endif
