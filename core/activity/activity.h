// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_ACTIVITY_ACTIVITY_H
#define MEDINA_ACTIVITY_ACTIVITY_H

#include "base/arena.h"
#include "base/id.h"
#include "store/store.h"

// Everything that was done on a citizen's account, by whom and when. A line is written by the store
// job that makes it true and is never changed; its words are made when it is read, in the reader's
// language, from its kind and its references:
//
//     account.made
//     session.started                        session.ended   by the citizen, on that device
//     session.removed   subject: the label of the other device, "" for all others
//     link.added        link.removed         instance
//     payment.made      payment.cancelled    payment.failed    payment.refunded
//                                            payment, amount; instance when it is one agency's
//     wallet.topped-up  wallet.redeemed      wallet.credited   amount, payment
//     automatic.agreed  automatic.stopped    instance
//     card.removed
//     profile.language  profile.number
//     service.submitted                      instance, operation; no input

enum activity_by {
    ACTIVITY_CITIZEN,
    ACTIVITY_AUTOMATIC, // a standing order of the citizen's
    ACTIVITY_OPERATOR,
    ACTIVITY_AGENCY,
    ACTIVITY_CITY, // the host by itself: a page that expired
    ACTIVITY_ACTORS
};

const char *activity_by_name(enum activity_by by); // "citizen", …

// Who does it. device is what the citizen's client calls itself, NULL or "" when it is not known.
struct activity_actor {
    enum activity_by by;
    const char *device;
};

enum { ACTIVITY_KIND = 32, ACTIVITY_NAME = 96, ACTIVITY_CURRENCY = 4 }; // with NUL

struct activity_note {
    const struct id *account;
    const char *kind;
    struct activity_actor actor;
    const char *instance, *operation, *payment, *subject; // NULL: none; cut to ACTIVITY_NAME
    int64_t amount;                                       // minor units, 0: none
    const char *currency;
    int64_t made; // epoch ms
};

// Part of a job. Nothing happens when there is no such account (any more).
int activity_put(struct store_db *db, const struct activity_note *note, struct err *err);

// A job of its own, for what is done outside the store (a plugin's operation).
int activity_add(struct store *store, const struct activity_note *note, struct err *err);

struct activity_entry {
    int64_t number; // from 1, in order of time for its account
    char kind[ACTIVITY_KIND];
    enum activity_by by;
    char device[ACTIVITY_NAME], instance[ACTIVITY_NAME], operation[ACTIVITY_NAME];
    char payment[ID_LENGTH + 1], subject[ACTIVITY_NAME];
    int64_t amount;
    char currency[ACTIVITY_CURRENCY];
    int64_t made;
};

// The newest first, into entries[limit]; returns how many. Those with made in [from, until), number
// below before (0: any), and a kind of this group ("payment"; NULL: any).
struct activity_query {
    const struct id *account;
    const char *group;
    int64_t from, until, before;
    struct activity_entry *entries;
    size_t limit;
};
int activity_list(struct store *store, const struct activity_query *query, struct err *err);

// The groups that kinds begin with, in the order in which they are offered; NULL ends.
extern const char *const activity_groups[];

// Part of a job: deletes up to limit lines made before then; all of an account's.
int activity_sweep(struct store_db *db, int64_t before, int64_t limit, struct err *err);
int activity_erase(struct store_db *db, const struct id *account, struct err *err);

#endif
