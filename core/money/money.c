// SPDX-License-Identifier: Apache-2.0
#include "money/money.h"

#include "base/mem.h"
#include "loop/gather.h"
#include "money/checkout.h"
#include "money/money_internal.h"
#include "money/wallet_hold.h"

#include <stdlib.h>

static int64_t or_default(int64_t value, int64_t fallback)
{
    return value ? value : fallback;
}

int money_create(struct money **out, const struct money_config *config, struct err *err)
{
    const int64_t minute = 60 * 1000, day = 24 * 60 * minute;
    if (config->node < 0 || config->node > 99)
        return err_set(err, ERR_INVALID, "a node's number is 1 to 99");
    struct money *money = mem_zero(1, sizeof *money);
    struct money_config *own = &money->config;
    *own = *config;
    own->node = or_default(config->node, 1);
    own->render = config->render ? config->render : payment_write_json;
    own->lines_limit = or_default(config->lines_limit, 50);
    own->checkout_ms = or_default(config->checkout_ms, 30 * minute);
    own->quote_patience_ms = or_default(config->quote_patience_ms, 2 * minute);
    own->hold_ms = or_default(config->hold_ms, 45 * minute);
    own->claim_ms = or_default(config->claim_ms, 2 * minute);
    own->event_ms = or_default(config->event_ms, 2 * day);
    own->keep_answers_ms = or_default(config->keep_answers_ms, 35 * day);
    money->ids = (struct id_generator)ID_GENERATOR_INIT;
    pthread_mutex_init(&money->leases.lock, NULL);
    money->wallet = wallet_hold_provider(money);
    money->incarnation = money_id(money, money_now(money));
    *out = money;
    return 0;
}

void money_destroy(struct money *money)
{
    if (!money)
        return;
    pthread_mutex_destroy(&money->leases.lock);
    free(money->leases.at);
    free(money);
}

// --- what the other files share -----------------------------------------------------------------

struct money_ids money_ids_make(struct money *money, struct arena *arena, size_t count)
{
    struct money_ids ids = {.at = arena_alloc(arena, count * sizeof *ids.at), .count = count};
    int64_t now = money_now(money);
    for (size_t i = 0; i < count; i++)
        ids.at[i] = money_id(money, now);
    return ids;
}

const struct id *money_ids_next(struct money_ids *ids)
{
    if (ids->used == ids->count)
        abort(); // a job counted its ids wrong
    return &ids->at[ids->used++];
}

struct money_stamp money_stamp_make(struct money *money, struct arena *arena, size_t ids)
{
    struct money_stamp stamp = {.ids = money_ids_make(money, arena, ids),
                                .now = money_now(money),
                                .node = money->config.node};
    clock_format_date(stamp.now, stamp.date);
    receipt_code_make(stamp.code);
    return stamp;
}

struct provider *money_provider(struct money *money, const char *name)
{
    if (strcmp(name, WALLET) == 0)
        return &money->wallet;
    for (struct provider *const *at = money->config.providers; at && *at; at++)
        if (strcmp((*at)->name, name) == 0)
            return *at;
    return NULL;
}

int64_t money_fee(const struct money *money, const char *provider, struct str instance,
                  int64_t amount)
{
    const struct tariff *tariff = money->config.tariff;
    return tariff ? tariff_fee(tariff, instance, provider, amount) : 0;
}

int64_t money_backoff(int64_t checks)
{
    const int64_t longest = INT64_C(600000);
    int64_t wait = INT64_C(5000) << (checks > 7 ? 7 : checks);
    return wait > longest ? longest : wait;
}

struct intent_claim money_claim(const struct money *money)
{
    int64_t now = money_now(money);
    return (struct intent_claim){&money->incarnation, now, now + money->config.claim_ms};
}

void money_events_ready(const struct money *money)
{
    if (money->config.outbox_ready)
        money->config.outbox_ready(money->config.outbox_context);
}

// --- reading -------------------------------------------------------------------------------------

struct read_job {
    struct str id;
    struct arena *arena;
    struct payment **out;
};

static int read_job(struct store_db *db, void *argument, struct err *err)
{
    struct read_job *job = argument;
    return payment_read(db, job->id, job->arena, job->out, err);
}

int money_payment(struct money *money, struct str id, struct arena *arena, struct payment **out,
                  struct err *err)
{
    struct read_job job = {id, arena, out};
    if (!id_valid(id))
        return err_set(err, ERR_NOT_FOUND, "no such payment");
    return store_read(money->config.store, read_job, &job, err);
}

struct ids_job {
    const struct store_sql *sql;
    struct store_value key;
    struct id *ids;
    size_t limit, count;
};

static int ids_job(struct store_db *db, void *argument, struct err *err)
{
    struct ids_job *job = argument;
    struct store_cursor row;
    job->count = 0;
    int status =
        store_query(db, job->sql, BIND(job->key, bind_int((int64_t)job->limit)), &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        job->ids[job->count++] = id_from(cursor_text(&row, 0));
        status = 0;
    }
    return status;
}

STORE_SQL(payments_of, "SELECT id FROM payment WHERE payer = $1 ORDER BY id DESC LIMIT $2");

int money_payments_of(struct money *money, const struct id *payer, struct id *ids, size_t limit,
                      struct err *err)
{
    struct ids_job job = {payments_of, bind_text(id_str(payer)), ids, limit, 0};
    int status = store_read(money->config.store, ids_job, &job, err);
    return status < 0 ? status : (int)job.count;
}

// --- start-up and the clock ----------------------------------------------------------------------

STORE_SQL(dead_openings, "SELECT i.id, i.payment FROM payment_intent AS i "
                         "WHERE i.state = 'pending' AND i.kind = 'open' AND i.incarnation <> $1 "
                         "LIMIT 40");

enum { OPENINGS = 40 };

struct recover_job {
    struct intent_claim claim;
    struct money_stamp stamp;
    struct arena arena;
    size_t found;
};

// Pages that a dead host opened and showed to nobody.
static int let_go_job(struct store_db *db, void *argument, struct err *err)
{
    struct recover_job *job = argument;
    struct id intents[OPENINGS], payments[OPENINGS];
    struct store_cursor row;
    job->found = job->stamp.ids.used = 0;
    int status =
        store_query(db, dead_openings, BIND(bind_text(id_str(job->claim.incarnation))), &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        intents[job->found] = id_from(cursor_text(&row, 0));
        payments[job->found++] = id_from(cursor_text(&row, 1));
        status = 0;
    }
    for (size_t i = 0; status >= 0 && i < job->found; i++) {
        struct payment *payment;
        status = payment_read(db, id_str(&payments[i]), &job->arena, &payment, err);
        if (status >= 0)
            status = checkout_let_go(db, payment, &intents[i], &job->stamp, err);
    }
    return status;
}

static int recover_job(struct store_db *db, void *argument, struct err *err)
{
    struct recover_job *job = argument;
    return intent_recover(db, &job->claim, err);
}

int money_recover(struct money *money, struct err *err)
{
    struct recover_job job = {.claim = money_claim(money), .found = 1};
    int status = 0;
    while (status >= 0 && job.found > 0) {
        job.stamp = money_stamp_make(money, &job.arena, OPENINGS);
        status = store_run(money->config.store, let_go_job, &job, err);
    }
    arena_finish(&job.arena);
    if (status >= 0)
        status = store_run(money->config.store, recover_job, &job, err);
    return status < 0 ? status : 0;
}

STORE_SQL(payments_due, "SELECT id FROM payment WHERE next_check IS NOT NULL AND next_check <= $1 "
                        "ORDER BY next_check LIMIT $2");
STORE_SQL(events_old, "DELETE FROM provider_event WHERE (provider, id) IN "
                      "(SELECT provider, id FROM provider_event WHERE seen < $1 LIMIT $2)");

static int sweep_job(struct store_db *db, void *argument, struct err *err)
{
    enum { SWEEP = 200 };
    const int64_t *before = argument;
    int status = idempotency_sweep(db, *before, SWEEP, err);
    if (status >= 0)
        status = store_exec(db, events_old, BIND(bind_int(*before), bind_int(SWEEP)), err);
    return status;
}

struct advances {
    struct money *money;
    struct id *due;
};

static void advance_one(void *context, size_t index)
{
    struct advances *advances = context;
    payment_advance(advances->money, &advances->due[index], NULL); // what fails is due again later
}

int money_tick(struct money *money, size_t limit, struct err *err)
{
    int64_t now = money_now(money), before = now - money->config.keep_answers_ms;
    struct id *due = mem_zero(limit, sizeof *due);
    struct ids_job job = {payments_due, bind_int(now), due, limit, 0};
    int status = store_read(money->config.store, ids_job, &job, err);
    struct advances advances = {money, due};
    if (status >= 0) // at once: a provider that is slow with one does not delay the others
        gather(job.count, advance_one, &advances);
    free(due);
    if (status >= 0)
        status = store_run(money->config.store, sweep_job, &before, err);
    return status < 0 ? status : (int)job.count;
}
