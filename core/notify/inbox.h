// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_NOTIFY_INBOX_H
#define MEDINA_NOTIFY_INBOX_H

#include "base/arena.h"
#include "base/id.h"
#include "store/store.h"

// What the city has told a citizen, kept until read and after. A message is put in by the store job
// that makes it true; its words are made when it is read, in the reader's language, from its kind
// and its body:
//
//     payment.captured   {"payment", "receipt", "amount": money}    the agency has confirmed it
//     payment.refunded   {"payment", "amount": money}
//     payment.released   {"payment", "amount": money}               nothing was taken of a hold
//     payment.waiting    {"payment"}                                the agency has not answered
//     automatic.notice   {"instance", "account", "title", "amount", "date"}  will be paid then
//     automatic.failed   the same: it is tried again then
//     automatic.over-limit {"instance", "account", "title", "amount", "limit"}
//     automatic.given-up {"instance", "account", "title", "amount"}
//     others             of the room that puts them in
//
// The payer's account may be gone: then nobody is told, and that is no error.
struct inbox_message {
    const struct id *account;
    const char *id; // up to INBOX_ID; the same one again is the same message
    const char *kind;
    struct str body; // JSON object
    int64_t made;    // epoch ms
};

enum { INBOX_ID = 64, INBOX_KIND = 32 };

// Part of a job: 1 when it is new, 0 when it was there.
int inbox_put(struct store_db *db, const struct inbox_message *message, struct err *err);

struct inbox_entry {
    char id[INBOX_ID];
    char kind[INBOX_KIND];
    struct str body; // in the arena
    int64_t made;
    int64_t seen; // 0: not yet
};

// The newest first, into entries[limit]; returns how many.
struct inbox_query {
    const struct id *account;
    struct inbox_entry *entries;
    size_t limit;
    struct arena *arena;
};
int inbox_list(struct store *store, const struct inbox_query *query, struct err *err);

// How many are not seen yet.
int inbox_unseen(struct store *store, const struct id *account, int64_t *out, struct err *err);

// Marks what was made until then as seen; returns how many.
int inbox_see(struct store *store, const struct id *account, int64_t until, int64_t now,
              struct err *err);

// Part of a job: deletes up to limit messages made before then.
int inbox_sweep(struct store_db *db, int64_t before, int64_t limit, struct err *err);

// Part of the job that deletes an account.
int inbox_erase(struct store_db *db, const struct id *account, struct err *err);

#endif
