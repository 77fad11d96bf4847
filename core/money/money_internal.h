// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_INTERNAL_H
#define MEDINA_MONEY_INTERNAL_H

#include "money/intent.h"
#include "money/money.h"
#include "money/pay.h"
#include "money/receipt.h"

// Events that somebody of this host is delivering.
struct outbox_leases {
    pthread_mutex_t lock;
    struct outbox_lease {
        struct id id;
        int64_t until;
    } * at;
    size_t count, capacity;
};

struct money {
    struct money_config config; // defaults filled in
    struct id_generator ids;
    struct id incarnation; // of this host: another's intents are a dead host's
    struct outbox_leases leases;
    struct provider wallet; // for what is captured later
};

#define WALLET "wallet"

static inline int64_t money_now(const struct money *money)
{
    return clock_now(money->config.clock);
}

static inline struct id money_id(struct money *money, int64_t now)
{
    return id_next(&money->ids, now);
}

// Ids for a job, which may not make any itself and may run again: it sets used to 0 first.
struct money_ids {
    struct id *at;
    size_t count, used;
};
struct money_ids money_ids_make(struct money *money, struct arena *arena, size_t count);
const struct id *money_ids_next(struct money_ids *ids);

struct provider *money_provider(struct money *money, const char *name); // NULL: unknown

// How long to wait before looking again, after so many looks: 5 s doubling to 10 minutes.
int64_t money_backoff(int64_t checks);

// A claim from now on, for as long as a provider call may take.
struct intent_claim money_claim(const struct money *money);

void money_events_ready(const struct money *money);

// What the jobs that end a payment share: who posts, when, with which ids.
struct money_stamp {
    struct money_ids ids;
    int64_t now, node;
    char date[CLOCK_DATE];   // the city's
    char code[RECEIPT_CODE]; // of a receipt, should one be issued
};
struct money_stamp money_stamp_make(struct money *money, struct arena *arena, size_t ids);

// Parts of jobs ---------------------------------------------------------------------------------

// An event of this kind to every instance of the payment's lines that are paid by it, or only to
// the one line's when only is not 0; amount then is the part that changed.
int money_put_events(struct store_db *db, const struct payment *payment, const char *kind,
                     int64_t only, int64_t amount, struct money_stamp *stamp, struct err *err);

// The payer's activity (note.c): nothing for an anonymous payment. captured is set for what was
// paid; a refund says what came back and why.
int money_note_paid(struct store_db *db, const struct payment *payment,
                    const struct activity_actor *by, int64_t now, struct err *err);
int money_note_released(struct store_db *db, const struct payment *payment, const char *reason,
                        int64_t now, struct err *err);
struct money_returned {
    const char *reason;
    int64_t amount, now;
};
int money_note_refunded(struct store_db *db, const struct payment *payment,
                        const struct money_returned *returned, struct err *err);

// Whether so much of the line can be refunded: ERR_CONFLICT when not, or when what was seen is not
// what is left.
int refund_check(const struct payment *payment, int64_t line, int64_t amount, int64_t seen,
                 struct err *err);

// From one state to another, or ERR_CONFLICT when it is not in the first (or the arrow does not
// exist).
int payment_move(struct store_db *db, const struct id *id, enum payment_state from,
                 enum payment_state to, struct err *err);

#endif
