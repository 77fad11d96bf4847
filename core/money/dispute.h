// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_DISPUTE_H
#define MEDINA_MONEY_DISPUTE_H

#include "base/json.h"
#include "money/money.h"

// A citizen's bank takes a payment back (a chargeback). Webhook and poll both only say "look": how
// a dispute stands is asked of the provider, and one job takes it from where the store has it to
// there, so that it does not matter which of them come, how often and in which order.
//
//     open ──► won      the provider has taken the amount; and gives it again
//       └────► lost     or the liable agency bears it
//
//     opened  reserve:<provider>.disputes ──► clearing:<provider>       the amount
//             settlement:<liable>         ──► clearing:<provider>       the provider's fee
//     won     clearing:<provider>         ──► reserve:<provider>.disputes
//     lost    settlement:<liable>         ──► reserve:<provider>.disputes
//
// Liable is the instance of one line of the payment: the one of the disputed amount, else the
// oldest; an operator can name another (dispute_assign).

// Asks the provider about one and brings it forward. One that is of no payment of ours is 0 and
// does nothing: reconciliation names it.
int dispute_look(struct money *money, const char *provider, const char *id, struct err *err);

// Asks the provider for all of its newest disputes, and for each that is still open here. Call it
// now and then, inside a task, from one place.
int dispute_poll(struct money *money, const char *provider, struct err *err);

// Makes another line of the payment liable, and moves what its instance has borne already.
// ERR_NOT_FOUND: no such dispute or line.
int dispute_assign(struct money *money, const char *provider, const char *id, int64_t line,
                   struct err *err);

// The newest disputes as JSON, at most limit.
int dispute_list(struct money *money, size_t limit, json_t **out, struct err *err);

#endif
