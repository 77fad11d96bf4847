// SPDX-License-Identifier: Apache-2.0
//
// A webhook says only "look at this payment", or this dispute: what happened is asked of the
// provider, so a repeated, late or reordered event can do no harm. An event is noted after it was
// dealt with; one that failed is refused, and the provider sends it again.
#include "money/dispute.h"
#include "money/money_internal.h"

#include <stdio.h>

STORE_SQL(event_find, "SELECT 1 FROM provider_event WHERE provider = $1 AND id = $2");
STORE_SQL(event_note, "INSERT INTO provider_event (provider, id, seen) VALUES ($1, $2, $3) "
                      "ON CONFLICT DO NOTHING");
STORE_SQL(payment_is_of, "SELECT 1 FROM payment WHERE id = $1 AND provider = $2");

struct webhook_job {
    const char *provider;
    const struct provider_event *event;
    int64_t now;
    bool seen, ours; // results
};

static int exists(struct store_db *db, const struct store_sql *sql, struct store_values values,
                  bool *out, struct err *err)
{
    struct store_cursor row;
    int found = store_one(db, sql, values, &row, err);
    *out = found == 1;
    cursor_finish(&row);
    return found < 0 ? found : 0;
}

static int find_job(struct store_db *db, void *argument, struct err *err)
{
    struct webhook_job *job = argument;
    struct store_value provider = bind_string(job->provider);
    int status =
        exists(db, event_find, BIND(provider, bind_string(job->event->id)), &job->seen, err);
    if (status == 0)
        status = exists(db, payment_is_of, BIND(bind_string(job->event->payment), provider),
                        &job->ours, err);
    return status;
}

static int note_job(struct store_db *db, void *argument, struct err *err)
{
    struct webhook_job *job = argument;
    return store_exec(db, event_note,
                      BIND(bind_string(job->provider), bind_string(job->event->id),
                           bind_int(job->now)),
                      err);
}

int money_webhook(struct money *money, const char *provider_name, struct str signature,
                  struct str body, struct err *err)
{
    struct provider *provider = money_provider(money, provider_name);
    if (!provider || !provider->verify)
        return err_set(err, ERR_NOT_FOUND, "no such payment provider");
    struct provider_event event = {.id = ""};
    int64_t now = money_now(money);
    int status = provider->verify(provider->context, signature, body, now, &event, err);
    if (status != 0)
        return status;
    struct webhook_job job = {.provider = provider_name, .event = &event, .now = now};
    status = store_read(money->config.store, find_job, &job, err);
    if (status < 0 || job.seen)
        return status;
    struct id payment = id_from(str_from(event.payment));
    if (event.dispute[0])
        status = dispute_look(money, provider_name, event.dispute, err);
    else if (job.ours)
        status = payment_advance(money, &payment, err);
    if (status == 0)
        status = store_run(money->config.store, note_job, &job, err);
    return status < 0 ? status : 0;
}
