// SPDX-License-Identifier: Apache-2.0
#include "money/outbox.h"

#include "base/mem.h"
#include "money/money_internal.h"

STORE_SQL(outbox_insert,
          "INSERT INTO outbox (payment, instance, id, kind, body, made, due, attempts) "
          "VALUES ($1, $2, $3, $4, $5, $6, $6, 0)");
// Due, and nothing older of the same payment for the same instance waits.
STORE_SQL(outbox_due, "SELECT o.payment, o.id, o.kind, o.body, o.made, o.attempts, "
                      "coalesce(o.since, o.made) FROM outbox AS o "
                      "WHERE o.instance = $1 AND o.due <= $2 AND NOT EXISTS "
                      "(SELECT 1 FROM outbox AS e WHERE e.payment = o.payment "
                      "AND e.instance = o.instance AND e.id < o.id) ORDER BY o.due LIMIT $3");
STORE_SQL(outbox_postpone, "UPDATE outbox SET due = $4, attempts = attempts + 1 "
                           "WHERE payment = $1 AND instance = $2 AND id = $3");
STORE_SQL(outbox_die, "UPDATE outbox SET due = 9000000000000000000, died = $4, "
                      "attempts = attempts + 1 "
                      "WHERE payment = $1 AND instance = $2 AND id = $3");
STORE_SQL(outbox_delete, "DELETE FROM outbox WHERE payment = $1 AND instance = $2 AND id = $3");
STORE_SQL(outbox_delivered, "UPDATE payment_line SET delivered = $3 "
                            "WHERE payment = $1 AND instance = $2 AND delivered IS NULL");
STORE_SQL(outbox_names, "SELECT DISTINCT instance FROM outbox WHERE due <= $1 LIMIT $2");
STORE_SQL(outbox_state, "SELECT count(*), coalesce(min(made), 0), "
                        "(SELECT count(*) FROM outbox WHERE died IS NOT NULL) FROM outbox");

int outbox_put(struct store_db *db, const struct outbox_new *event, struct err *err)
{
    return store_exec(db, outbox_insert,
                      BIND(bind_text(id_str(event->payment)), bind_text(event->instance),
                           bind_text(id_str(event->id)), bind_string(event->kind),
                           bind_text(event->body), bind_int(event->now)),
                      err);
}

// --- leases --------------------------------------------------------------------------------------

// Under the lock: the event's lease, NULL without one.
static struct outbox_lease *find_lease(struct outbox_leases *leases, const struct id *id)
{
    for (size_t i = 0; i < leases->count; i++)
        if (memcmp(leases->at[i].id.text, id->text, sizeof id->text) == 0)
            return &leases->at[i];
    return NULL;
}

static void end_leases(struct outbox_leases *leases, const struct outbox_event *events,
                       size_t count)
{
    pthread_mutex_lock(&leases->lock);
    for (size_t i = 0; i < count; i++) {
        struct outbox_lease *lease = find_lease(leases, &events[i].id);
        if (lease)
            *lease = leases->at[--leases->count];
    }
    pthread_mutex_unlock(&leases->lock);
}

static size_t count_leases(struct outbox_leases *leases, int64_t now)
{
    pthread_mutex_lock(&leases->lock);
    for (size_t i = 0; i < leases->count;)
        if (leases->at[i].until <= now)
            leases->at[i] = leases->at[--leases->count];
        else
            i++;
    size_t count = leases->count;
    pthread_mutex_unlock(&leases->lock);
    return count;
}

// Keeps of the events those that nobody has leased, up to limit, and leases them.
static size_t lease_events(struct outbox_leases *leases, const struct outbox_claim *claim,
                           const struct outbox_event *found, size_t count, int64_t now)
{
    size_t kept = 0;
    pthread_mutex_lock(&leases->lock);
    if (leases->count + count > leases->capacity) {
        leases->capacity = 2 * (leases->count + count);
        leases->at = mem_resize(leases->at, leases->capacity * sizeof *leases->at);
    }
    for (size_t i = 0; i < count && kept < claim->limit; i++) {
        if (find_lease(leases, &found[i].id))
            continue;
        leases->at[leases->count++] = (struct outbox_lease){found[i].id, now + claim->lease_ms};
        claim->events[kept++] = found[i];
    }
    pthread_mutex_unlock(&leases->lock);
    return kept;
}

// --- taking --------------------------------------------------------------------------------------

struct take_job {
    const struct outbox_claim *claim;
    struct outbox_event *found;
    size_t limit, count;
    int64_t now;
};

static void read_event(const struct store_cursor *row, const struct outbox_claim *claim,
                       struct outbox_event *event)
{
    *event = (struct outbox_event){0};
    event->payment = id_from(cursor_text(row, 0));
    event->id = id_from(cursor_text(row, 1));
    cursor_copy(row, 2, event->kind, sizeof event->kind);
    struct str body = cursor_text(row, 3);
    event->body = (struct str){arena_string(claim->arena, body), body.size};
    event->made = cursor_int(row, 4);
    event->attempts = cursor_int(row, 5);
    event->since = cursor_int(row, 6);
    strncpy(event->instance, claim->instance, sizeof event->instance - 1);
}

static int take_job(struct store_db *db, void *argument, struct err *err)
{
    struct take_job *job = argument;
    struct store_cursor row;
    job->count = 0;
    int status = store_query(db, outbox_due,
                             BIND(bind_string(job->claim->instance), bind_int(job->now),
                                  bind_int((int64_t)job->limit)),
                             &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        read_event(&row, job->claim, &job->found[job->count++]);
        status = 0;
    }
    return status;
}

int outbox_take(struct money *money, const struct outbox_claim *claim, struct err *err)
{
    struct take_job job = {.claim = claim, .now = money_now(money)};
    job.limit = claim->limit + count_leases(&money->leases, job.now);
    job.found = arena_alloc(claim->arena, job.limit * sizeof *job.found);
    int status = store_read(money->config.store, take_job, &job, err);
    if (status < 0)
        return status;
    return (int)lease_events(&money->leases, claim, job.found, job.count, job.now);
}

// --- what became of them -------------------------------------------------------------------------

static int tell(struct store_db *db, const struct money_config *config,
                const struct outbox_told *told, struct err *err)
{
    return config->told ? config->told(config->told_context, db, told, err) : 0;
}

struct acknowledge_job {
    const struct money_config *config;
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
        if (status <= 0)
            continue;
        struct outbox_told told = {event, false, job->now};
        if (strcmp(event->kind, "payment.captured") == 0)
            status =
                store_exec(db, outbox_delivered, BIND(payment, instance, bind_int(job->now)), err);
        if (status >= 0)
            status = tell(db, job->config, &told, err);
    }
    return status;
}

int outbox_acknowledge(struct money *money, const struct outbox_event *events, size_t count,
                       struct err *err)
{
    struct acknowledge_job job = {&money->config, events, count, money_now(money)};
    int status = store_run(money->config.store, acknowledge_job, &job, err);
    end_leases(&money->leases, events, count);
    return status < 0 ? status : 0;
}

struct defer_job {
    const struct money_config *config;
    const struct outbox_event *event;
    int64_t due; // or, of one that dies, now
    bool dies;
};

static int defer_job(struct store_db *db, void *argument, struct err *err)
{
    struct defer_job *job = argument;
    struct outbox_told told = {job->event, true, job->due};
    int status =
        store_exec(db, job->dies ? outbox_die : outbox_postpone,
                   BIND(bind_text(id_str(&job->event->payment)), bind_string(job->event->instance),
                        bind_text(id_str(&job->event->id)), bind_int(job->due)),
                   err);
    return status > 0 && job->dies ? tell(db, job->config, &told, err) : status;
}

int outbox_defer(struct money *money, const struct outbox_event *event, struct err *err)
{
    const int64_t longest = INT64_C(600000);
    int64_t doublings = event->attempts > 10 ? 10 : event->attempts;
    int64_t wait = INT64_C(1000) << doublings;
    int64_t now = money_now(money);
    struct defer_job job = {&money->config, event, now + (wait > longest ? longest : wait), false};
    job.dies = job.due - event->since > money->config.event_ms;
    if (job.dies)
        job.due = now;
    int status = store_run(money->config.store, defer_job, &job, err);
    end_leases(&money->leases, event, 1);
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
    out->dead = cursor_int(&row, 2);
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

// --- dead letters --------------------------------------------------------------------------------

STORE_SQL(outbox_dead, "SELECT id, payment, instance, kind, made, attempts, died FROM outbox "
                       "WHERE died IS NOT NULL ORDER BY id LIMIT $1");
STORE_SQL(outbox_revive, "UPDATE outbox SET due = $2, since = $2, died = NULL, attempts = 0 "
                         "WHERE died IS NOT NULL AND (id = $1 OR $1 = '')");

struct dead_job {
    struct outbox_dead *letters;
    size_t limit, count;
};

static int dead_job(struct store_db *db, void *argument, struct err *err)
{
    struct dead_job *job = argument;
    struct store_cursor row;
    job->count = 0;
    int status = store_query(db, outbox_dead, BIND(bind_int((int64_t)job->limit)), &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        struct outbox_dead *letter = &job->letters[job->count++];
        letter->id = id_from(cursor_text(&row, 0));
        letter->payment = id_from(cursor_text(&row, 1));
        cursor_copy(&row, 2, letter->instance, sizeof letter->instance);
        cursor_copy(&row, 3, letter->kind, sizeof letter->kind);
        letter->made = cursor_int(&row, 4);
        letter->attempts = cursor_int(&row, 5);
        letter->died = cursor_int(&row, 6);
        status = 0;
    }
    return status;
}

int outbox_list_dead(struct money *money, struct outbox_dead *letters, size_t limit,
                     struct err *err)
{
    struct dead_job job = {letters, limit, 0};
    int status = store_read(money->config.store, dead_job, &job, err);
    return status < 0 ? status : (int)job.count;
}

struct revive_job {
    struct str id;
    int64_t now;
};

static int revive_job(struct store_db *db, void *argument, struct err *err)
{
    const struct revive_job *job = argument;
    return store_exec(db, outbox_revive, BIND(bind_text(job->id), bind_int(job->now)), err);
}

int outbox_replay(struct money *money, struct str id, struct err *err)
{
    struct revive_job job = {id, money_now(money)};
    int rows = store_run(money->config.store, revive_job, &job, err);
    if (rows > 0)
        money_events_ready(money);
    else if (rows == 0 && id.size)
        return err_set(err, ERR_NOT_FOUND, "no dead event has this id");
    return rows;
}
