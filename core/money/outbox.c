// SPDX-License-Identifier: Apache-2.0
#include "money/outbox.h"

#include "money/money_internal.h"

STORE_SQL(outbox_insert,
          "INSERT INTO outbox (payment, instance, id, kind, body, made, due, attempts) "
          "VALUES ($1, $2, $3, $4, $5, $6, $6, 0)");
// Due, and nothing older of the same payment for the same instance waits.
STORE_SQL(outbox_due, "SELECT o.payment, o.id, o.kind, o.body, o.made, o.attempts FROM outbox AS o "
                      "WHERE o.instance = $1 AND o.due <= $2 AND NOT EXISTS "
                      "(SELECT 1 FROM outbox AS e WHERE e.payment = o.payment "
                      "AND e.instance = o.instance AND e.id < o.id) ORDER BY o.due LIMIT $3");
STORE_SQL(outbox_lease, "UPDATE outbox SET due = $4, attempts = attempts + 1 "
                        "WHERE payment = $1 AND instance = $2 AND id = $3");
STORE_SQL(outbox_postpone, "UPDATE outbox SET due = $4 "
                           "WHERE payment = $1 AND instance = $2 AND id = $3");
STORE_SQL(outbox_delete, "DELETE FROM outbox WHERE payment = $1 AND instance = $2 AND id = $3");
STORE_SQL(outbox_delivered, "UPDATE payment_line SET delivered = $3 "
                            "WHERE payment = $1 AND instance = $2 AND delivered IS NULL");
STORE_SQL(outbox_names, "SELECT DISTINCT instance FROM outbox WHERE due <= $1 LIMIT $2");
STORE_SQL(outbox_state, "SELECT count(*), coalesce(min(made), 0) FROM outbox");

int outbox_put(struct store_db *db, const struct outbox_new *event, struct err *err)
{
    return store_exec(db, outbox_insert,
                      BIND(bind_text(id_str(event->payment)), bind_text(event->instance),
                           bind_text(id_str(event->id)), bind_string(event->kind),
                           bind_text(event->body), bind_int(event->now)),
                      err);
}

struct take_job {
    const struct outbox_claim *claim;
    size_t count;
    int64_t now;
};

static int read_due(struct store_db *db, struct take_job *job, struct err *err)
{
    const struct outbox_claim *claim = job->claim;
    struct store_cursor row;
    job->count = 0;
    int status = store_query(db, outbox_due,
                             BIND(bind_string(claim->instance), bind_int(job->now),
                                  bind_int((int64_t)claim->limit)),
                             &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        struct outbox_event *event = &claim->events[job->count++];
        *event = (struct outbox_event){0};
        event->payment = id_from(cursor_text(&row, 0));
        event->id = id_from(cursor_text(&row, 1));
        cursor_copy(&row, 2, event->kind, sizeof event->kind);
        struct str body = cursor_text(&row, 3);
        event->body = (struct str){arena_string(claim->arena, body), body.size};
        event->made = cursor_int(&row, 4);
        event->attempts = cursor_int(&row, 5) + 1;
        strncpy(event->instance, claim->instance, sizeof event->instance - 1);
        status = 0;
    }
    return status;
}

static int take_job(struct store_db *db, void *argument, struct err *err)
{
    struct take_job *job = argument;
    int status = read_due(db, job, err);
    for (size_t i = 0; status >= 0 && i < job->count; i++) {
        const struct outbox_event *event = &job->claim->events[i];
        status = store_exec(db, outbox_lease,
                            BIND(bind_text(id_str(&event->payment)),
                                 bind_string(job->claim->instance), bind_text(id_str(&event->id)),
                                 bind_int(job->now + job->claim->lease_ms)),
                            err);
    }
    return status;
}

int outbox_take(struct money *money, const struct outbox_claim *claim, struct err *err)
{
    struct take_job job = {.claim = claim, .now = money_now(money)};
    int status = store_run(money->config.store, take_job, &job, err);
    return status < 0 ? status : (int)job.count;
}

struct acknowledge_job {
    const struct outbox_event *events;
    size_t count;
    int64_t now;
};

static int acknowledge_job(struct store_db *db, void *argument, struct err *err)
{
    struct acknowledge_job *job = argument;
    int status = 0;
    for (size_t i = 0; status >= 0 && i < job->count; i++) {
        const struct outbox_event *event = &job->events[i];
        struct store_value payment = bind_text(id_str(&event->payment));
        struct store_value instance = bind_string(event->instance);
        status = store_exec(db, outbox_delete,
                            BIND(payment, instance, bind_text(id_str(&event->id))), err);
        if (status > 0 && strcmp(event->kind, "payment.captured") == 0)
            status =
                store_exec(db, outbox_delivered, BIND(payment, instance, bind_int(job->now)), err);
    }
    return status;
}

int outbox_acknowledge(struct money *money, const struct outbox_event *events, size_t count,
                       struct err *err)
{
    struct acknowledge_job job = {events, count, money_now(money)};
    int status = store_run(money->config.store, acknowledge_job, &job, err);
    return status < 0 ? status : 0;
}

struct defer_job {
    const struct outbox_event *event;
    int64_t due;
};

static int defer_job(struct store_db *db, void *argument, struct err *err)
{
    struct defer_job *job = argument;
    return store_exec(db, outbox_postpone,
                      BIND(bind_text(id_str(&job->event->payment)),
                           bind_string(job->event->instance), bind_text(id_str(&job->event->id)),
                           bind_int(job->due)),
                      err);
}

int outbox_defer(struct money *money, const struct outbox_event *event, struct err *err)
{
    const int64_t longest = INT64_C(600000);
    int64_t doublings = event->attempts < 1 ? 0 : event->attempts > 11 ? 10 : event->attempts - 1;
    int64_t wait = INT64_C(1000) << doublings;
    struct defer_job job = {event, money_now(money) + (wait > longest ? longest : wait)};
    int status = store_run(money->config.store, defer_job, &job, err);
    return status < 0 ? status : 0;
}

struct names_job {
    char (*names)[64];
    size_t limit, count;
    int64_t now;
};

static int names_job(struct store_db *db, void *argument, struct err *err)
{
    struct names_job *job = argument;
    struct store_cursor row;
    job->count = 0;
    int status = store_query(db, outbox_names,
                             BIND(bind_int(job->now), bind_int((int64_t)job->limit)), &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        cursor_copy(&row, 0, job->names[job->count++], sizeof *job->names);
        status = 0;
    }
    return status;
}

int outbox_instances(struct money *money, char (*names)[64], size_t limit, struct err *err)
{
    struct names_job job = {names, limit, 0, money_now(money)};
    int status = store_read(money->config.store, names_job, &job, err);
    return status < 0 ? status : (int)job.count;
}

static int status_job(struct store_db *db, void *argument, struct err *err)
{
    struct outbox_status *out = argument;
    struct store_cursor row;
    int status = store_one(db, outbox_state, BIND(), &row, err);
    if (status <= 0)
        return status;
    out->waiting = cursor_int(&row, 0);
    out->oldest_ms = cursor_int(&row, 1);
    cursor_finish(&row);
    return 0;
}

int outbox_status(struct money *money, struct outbox_status *out, struct err *err)
{
    int status = store_read(money->config.store, status_job, out, err);
    if (status == 0 && out->waiting)
        out->oldest_ms = money_now(money) - out->oldest_ms;
    return status;
}
