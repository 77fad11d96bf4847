// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_STANDING_H
#define MEDINA_HOST_STANDING_H

#include "activity/activity.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "money/payment.h"

// Standing orders: the bills of a linked account are paid from the wallet by themselves, up to a
// limit and never without a notice. What is kept, and what has to be done next; automatic.h does
// it.
//
//     (listed, due soon) ──► announced ──pay_at──► paid
//            │                ▲   │ ▲                 an amount that rose is announced anew
//            │                │   └─┴─► failed ──► given-up      tried again daily until it is due
//            └──► over ───────┘         (told once for each amount over the limit)

enum {
    STANDING_DAYS = 3, // of notice, when nothing is said
    STANDING_DAYS_MOST = 14,
    STANDING_REFERENCE = 64, // with NUL, as an instance's name
    STANDING_ITEM = 129,
    STANDING_BODY = 1200,
    STANDING_ITEMS = 64 // of one account that are looked at
};

struct standing {
    struct id account;
    char instance[STANDING_REFERENCE], reference[STANDING_REFERENCE];
    char language[8]; // of text messages
    int64_t most;     // minor units a bill, the city's fee included
    int64_t days;     // of notice, 1 to STANDING_DAYS_MOST
    bool active;
    int64_t consented; // epoch ms: when these terms were agreed to
};

struct standing_key {
    const struct id *account;
    const char *instance, *reference;
};

// Writes it, or changes its terms. Switched off it forgets what it had announced: switched on
// again it announces anew.
int standing_put(struct store *store, const struct standing *order, const struct activity_actor *by,
                 struct err *err);
int standing_get(struct store *store, const struct standing_key *key, struct standing *out,
                 struct err *err); // ERR_NOT_FOUND
int standing_remove(struct store *store, const struct standing_key *key,
                    const struct activity_actor *by, struct err *err); // ERR_NOT_FOUND

// Part of the job that deletes an account: its orders and all that was told of their bills.
int standing_erase(struct store_db *db, const struct id *account, struct err *err);

// Those that are switched on, in the order of their keys, from behind after (NULL: the first) into
// orders[limit]; returns how many.
struct standing_page {
    const struct standing *after;
    struct standing *orders;
    size_t limit;
};
int standing_list(struct store *store, const struct standing_page *page, struct err *err);

// ---- bills ----

enum standing_state { ITEM_ANNOUNCED, ITEM_FAILED, ITEM_OVER, ITEM_PAID, ITEM_GIVEN_UP };

const char *standing_state_name(enum standing_state state); // "announced", …

// What was last told of a bill.
struct standing_notice {
    char item[STANDING_ITEM];
    enum standing_state state;
    int64_t amount; // no more is paid
    int64_t pay_at; // not before
    int64_t told;   // messages
    char body[STANDING_BODY];
    bool texted;
};

// Of one order, by item, into notices[limit]; returns how many.
struct standing_notices {
    struct standing_key key;
    struct standing_notice *notices;
    size_t limit;
};
int standing_notices(struct store *store, const struct standing_notices *query, struct err *err);

// Tells the citizen in the inbox and notes it, together. 1; 0 when the order is not there or
// switched off any more: then nothing is told.
struct standing_telling {
    struct standing_key key;
    const char *item;
    enum standing_state state;
    int64_t amount, pay_at;
    const char *body; // JSON of the message (STANDING_BODY)
    int64_t now;
};
int standing_tell(struct store *store, const struct standing_telling *telling, struct err *err);

// The kind of message that tells of this state (notify/inbox.h), NULL for none.
const char *standing_kind(enum standing_state state);

// The last message of the item has gone out, or the agency does not list the item any more.
int standing_texted(struct store *store, const struct standing_key *key, const char *item,
                    struct err *err);
int standing_forget(struct store *store, const struct standing_key *key, const char *item,
                    struct err *err);

// Part of the job that pays (money_order.also): marks the item as paid. ERR_DENIED, and nothing is
// paid, when it was not announced, not for so much, not for this early, when it was paid before or
// when the order does not allow it any more. context is a struct standing_paying.
struct standing_paying {
    struct standing_key key;
    const char *item;
    int64_t now;
};
int standing_pay(void *context, struct store_db *db, const struct payment *payment,
                 struct err *err);

// ---- what comes next ----

// A bill as the agency lists it; amount with the city's fee.
struct standing_item {
    const char *id;
    int64_t amount;
    const char *due; // "2026-03-01"
};

struct standing_rules {
    int64_t now;
    int64_t lead_days; // bills are announced so long before the notice has to begin
};

enum standing_step { STANDING_WAIT, STANDING_ANNOUNCE, STANDING_REFUSE, STANDING_PAY };

// notice: what was told of the item, or NULL.
enum standing_step standing_decide(const struct standing *order,
                                   const struct standing_notice *notice,
                                   const struct standing_item *item,
                                   const struct standing_rules *rules);

// When it is tried again after a try that failed now; 0: not before it is due, so it is given up.
int64_t standing_again(const struct standing_item *item, int64_t now);

#endif
