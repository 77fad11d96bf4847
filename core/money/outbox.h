// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_OUTBOX_H
#define MEDINA_MONEY_OUTBOX_H

#include "base/arena.h"
#include "base/id.h"
#include "store/store.h"

// Events for plugin instances, written in the transaction that makes them true and delivered at
// least once until the plugin acknowledges: take (a lease), deliver, then acknowledge, defer or
// refuse. Events of one payment to one instance come in order: the next is not due before the one
// before is acknowledged. A plugin tells a repetition by the event's id.
//
// A lease is this host's memory and no write in the store: a host that dies gives all of them back,
// and a second host on the same store delivers what is leased here once more.
struct money;

struct outbox_event {
    struct id id;
    struct id payment;
    char instance[64];
    char kind[32];   // "payment.captured", "payment.refunded", "payment.released"
    struct str body; // JSON, in the arena
    int64_t made;
    int64_t attempts; // deferred so often before
    int64_t since;    // tried since then
};

struct outbox_claim {
    const char *instance;
    int64_t lease_ms;            // after which it may be taken again
    struct outbox_event *events; // filled
    size_t limit;
    struct arena *arena;
};

// How an event ended, for whoever tells the citizen (money_config.told): a plugin took it, or
// nobody did in time.
struct outbox_told {
    const struct outbox_event *event;
    bool dead;
    int64_t now;
};

// Takes what is due for an instance, longest due first; returns how many.
int outbox_take(struct money *money, const struct outbox_claim *claim, struct err *err);

// The plugin has them: they are gone, and their lines count as delivered.
int outbox_acknowledge(struct money *money, const struct outbox_event *events, size_t count,
                       struct err *err);

// Not now: due again after a time that doubles from 1 s to 10 minutes; after event_ms of that it is
// a dead letter.
int outbox_defer(struct money *money, const struct outbox_event *event, struct err *err);

// Never: what the citizen paid to this instance with this payment is refunded.
int outbox_refuse(struct money *money, const struct outbox_event *event, struct err *err);

// The same for some of the event's lines, by their numbers; the others were taken.
struct outbox_lines {
    const int64_t *numbers;
    size_t count;
};
int outbox_refuse_lines(struct money *money, const struct outbox_event *event,
                        struct outbox_lines lines, struct err *err);

// Instances that have events due at this moment, into names[limit]; returns how many.
int outbox_instances(struct money *money, char (*names)[64], size_t limit, struct err *err);

// For metrics and for telling an operator.
struct outbox_status {
    int64_t waiting;
    int64_t oldest_ms; // age of the oldest; 0 without any
    int64_t dead;      // of those waiting
};
int outbox_status(struct money *money, struct outbox_status *out, struct err *err);

// Events that nobody took in time, oldest first, into letters[limit]; returns how many. The
// plugin's later events of the same payment wait behind them.
struct outbox_dead {
    struct id id, payment;
    char instance[64];
    char kind[32];
    int64_t made, attempts, died;
};
int outbox_list_dead(struct money *money, struct outbox_dead *letters, size_t limit,
                     struct err *err);

// Tries a dead event again from now on, or all of them (an empty id); returns how many.
// ERR_NOT_FOUND.
int outbox_replay(struct money *money, struct str id, struct err *err);

// Part of a job: one event.
struct outbox_new {
    const struct id *id;
    const struct id *payment;
    struct str instance;
    const char *kind;
    struct str body;
    int64_t now;
};
int outbox_put(struct store_db *db, const struct outbox_new *event, struct err *err);

#endif
