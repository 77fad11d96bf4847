// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_AUTOMATIC_H
#define MEDINA_HOST_AUTOMATIC_H

#include "host/gate.h"
#include "money/money.h"
#include "notify/sms.h"

// Pays the bills of standing orders (standing.h). Each round asks, for every order that is switched
// on, the plugin's operation with the role "due" what its one linked account owes, and then
// announces, pays or says why not. The citizen is not there: the host asks with that link alone.
//
// A notice is in the inbox before its time begins to run; the text message goes out after it and
// again in the next round when the gateway did not take it. The payment and the note that it was
// made are one transaction, and its idempotency key is made of account and item.
//
// One task on one gateway loop of one host (main/tenure.h).
struct automatic;

struct automatic_options {
    struct gate *gate;
    struct auth *auth;
    struct money *money;
    struct store *store;
    const struct sms *sms;
    const char *currency, *public_url; // borrowed
    uint64_t look_ms;                  // between two rounds; 0: never
    int64_t lead_days;                 // see standing_rules
};

void automatic_create(struct automatic **out, const struct automatic_options *options);
void automatic_destroy(struct automatic *automatic); // after its end

// From any thread. It may be started again after automatic_end.
void automatic_start(struct automatic *automatic);
void automatic_stop(struct automatic *automatic); // it ends after the order that it is at

// Inside a task: stops it and returns when it has ended; at once when it does not run.
void automatic_end(struct automatic *automatic);

// Parts ------------------------------------------------------------------------------------------

struct standing;

// One order, inside a task on the gate's loop (automatic_order.c).
void automatic_tend(const struct automatic_options *options, const struct standing *order);

// The notices of the order that have not gone out as text messages yet (automatic_text.c).
struct standing_notice;
void automatic_text(const struct automatic_options *options, const struct standing *order,
                    const struct standing_notice *notices, size_t count);

// Whether bills of this instance can be paid by themselves: it may be paid and says what is due.
bool automatic_serves(const struct snapshot *snapshot, const char *instance);

// Whether the citizen may have an order for this account: it is linked, theirs, and served.
// ERR_NOT_FOUND when not.
struct standing_key;
int automatic_may(struct auth *auth, struct gate *gate, const struct standing_key *key,
                  struct err *err);

#endif
