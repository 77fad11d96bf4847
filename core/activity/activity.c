// SPDX-License-Identifier: Apache-2.0
#include "activity/activity.h"

// Numbered in the job: it is a pure function of the database, and the newest line of an account
// lies on the page that the new one goes to.
STORE_SQL(activity_insert,
          "INSERT INTO activity (account, number, kind, actor, device, instance, operation, "
          "payment, subject, amount, currency, made) "
          "SELECT a.id, 1 + coalesce((SELECT max(b.number) FROM activity AS b "
          "WHERE b.account = $1), 0), $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 "
          "FROM account AS a WHERE a.id = $1");
STORE_SQL(activity_newest,
          "SELECT number, kind, actor, device, instance, operation, payment, subject, amount, "
          "currency, made FROM activity WHERE account = $1 AND number < $2 AND made >= $3 "
          "AND made < $4 ORDER BY number DESC");
STORE_SQL(activity_old, "DELETE FROM activity WHERE (account, number) IN "
                        "(SELECT account, number FROM activity WHERE made < $1 LIMIT $2)");
STORE_SQL(activity_all, "DELETE FROM activity WHERE account = $1");

static const char *const actors[ACTIVITY_ACTORS] = {"citizen", "automatic", "operator", "agency",
                                                    "city"};

const char *const activity_groups[] = {"payment", "wallet",  "automatic", "card",    "service",
                                       "link",    "session", "profile",   "account", NULL};

const char *activity_by_name(enum activity_by by)
{
    return actors[by];
}

// Cut to what a reader takes, never inside a character.
static struct store_value bind_name(const char *text)
{
    struct str name = str_from(text ? text : "");
    if (name.size >= ACTIVITY_NAME) {
        name.size = ACTIVITY_NAME - 1;
        while (name.size && !str_is_utf8(name))
            name.size--;
    }
    return bind_text(name);
}

int activity_put(struct store_db *db, const struct activity_note *note, struct err *err)
{
    return store_exec(db, activity_insert,
                      BIND(bind_text(id_str(note->account)), bind_string(note->kind),
                           bind_string(actors[note->actor.by]), bind_name(note->actor.device),
                           bind_name(note->instance), bind_name(note->operation),
                           bind_name(note->payment), bind_name(note->subject),
                           bind_int(note->amount),
                           bind_string(note->currency ? note->currency : ""), bind_int(note->made)),
                      err);
}

static int add_job(struct store_db *db, void *argument, struct err *err)
{
    return activity_put(db, argument, err);
}

int activity_add(struct store *store, const struct activity_note *note, struct err *err)
{
    struct activity_note copy = *note;
    int status = store_run(store, add_job, &copy, err);
    return status < 0 ? status : 0;
}

// ---- reading ----

static bool is_of_group(const struct activity_entry *entry, const char *group)
{
    size_t size = group ? strlen(group) : 0;
    return !group || (strncmp(entry->kind, group, size) == 0 && entry->kind[size] == '.');
}

static enum activity_by actor_of(struct str name)
{
    for (int i = 0; i < ACTIVITY_ACTORS; i++)
        if (str_is(name, actors[i]))
            return (enum activity_by)i;
    return ACTIVITY_CITY;
}

static void read_entry(const struct store_cursor *row, struct activity_entry *entry)
{
    *entry = (struct activity_entry){.number = cursor_int(row, 0),
                                     .by = actor_of(cursor_text(row, 2)),
                                     .amount = cursor_int(row, 8),
                                     .made = cursor_int(row, 10)};
    cursor_copy(row, 1, entry->kind, sizeof entry->kind);
    cursor_copy(row, 3, entry->device, sizeof entry->device);
    cursor_copy(row, 4, entry->instance, sizeof entry->instance);
    cursor_copy(row, 5, entry->operation, sizeof entry->operation);
    cursor_copy(row, 6, entry->payment, sizeof entry->payment);
    cursor_copy(row, 7, entry->subject, sizeof entry->subject);
    cursor_copy(row, 9, entry->currency, sizeof entry->currency);
}

struct list_job {
    const struct activity_query *query;
    size_t count;
};

static int list_job(struct store_db *db, void *argument, struct err *err)
{
    struct list_job *job = argument;
    const struct activity_query *query = job->query;
    struct store_cursor row;
    job->count = 0;
    int status = store_query(db, activity_newest,
                             BIND(bind_text(id_str(query->account)),
                                  bind_int(query->before ? query->before : INT64_MAX),
                                  bind_int(query->from), bind_int(query->until)),
                             &row, err);
    while (status == 0 && job->count < query->limit && (status = cursor_next(&row, err)) == 1) {
        read_entry(&row, &query->entries[job->count]);
        job->count += is_of_group(&query->entries[job->count], query->group);
        status = 0;
    }
    cursor_finish(&row);
    return status < 0 ? status : 0;
}

int activity_list(struct store *store, const struct activity_query *query, struct err *err)
{
    struct list_job job = {query, 0};
    int status = store_read(store, list_job, &job, err);
    return status < 0 ? status : (int)job.count;
}

// ---- forgetting ----

int activity_sweep(struct store_db *db, int64_t before, int64_t limit, struct err *err)
{
    return store_exec(db, activity_old, BIND(bind_int(before), bind_int(limit)), err);
}

int activity_erase(struct store_db *db, const struct id *account, struct err *err)
{
    return store_exec(db, activity_all, BIND(bind_text(id_str(account))), err);
}
