// SPDX-License-Identifier: Apache-2.0
#include "auth/link.h"

#include "activity/activity.h"
#include "auth/auth_internal.h"

STORE_SQL(link_count, "SELECT count(*) FROM linked_account WHERE account = $1 "
                      "AND NOT (instance = $2 AND reference = $3)");
STORE_SQL(link_known, "SELECT proven FROM linked_account "
                      "WHERE account = $1 AND instance = $2 AND reference = $3");
STORE_SQL(link_add, "INSERT INTO linked_account "
                    "(account, instance, reference, label, proven, created) "
                    "VALUES ($1, $2, $3, $4, $5, $6) "
                    "ON CONFLICT (account, instance, reference) DO UPDATE SET "
                    "label = excluded.label, proven = CASE WHEN linked_account.proven = 1 THEN 1 "
                    "ELSE excluded.proven END");
STORE_SQL(link_remove, "DELETE FROM linked_account "
                       "WHERE account = $1 AND instance = $2 AND reference = $3");
STORE_SQL(link_list, "SELECT instance, reference, label, proven, created FROM linked_account "
                     "WHERE account = $1 ORDER BY instance, reference LIMIT $2");
STORE_SQL(link_list_of_instance,
          "SELECT instance, reference, label, proven, created FROM linked_account "
          "WHERE account = $1 AND instance = $3 ORDER BY reference LIMIT $2");

struct add_job {
    const struct id *account;
    const struct auth_link *link;
    int64_t now, most;
};

static int tell(struct store_db *db, const struct auth_link_place *place, const char *kind,
                int64_t now, struct err *err)
{
    struct activity_note note = {.account = place->account,
                                 .kind = kind,
                                 .actor = {ACTIVITY_CITIZEN, place->device},
                                 .instance = place->instance,
                                 .made = now};
    return activity_put(db, &note, err);
}

// Whether the link becomes the citizen's by this: 1, 0 when it is already.
static int becomes_proven(struct store_db *db, const struct add_job *job, struct err *err)
{
    struct store_cursor row;
    int found = store_one(db, link_known,
                          BIND(bind_text(id_str(job->account)), bind_string(job->link->instance),
                               bind_string(job->link->reference)),
                          &row, err);
    if (found < 0)
        return found;
    bool known = found == 1 && cursor_int(&row, 0) != 0;
    cursor_finish(&row);
    return job->link->proven && !known;
}

static int add_job(struct store_db *db, void *argument, struct err *err)
{
    struct add_job *job = argument;
    struct store_value account = bind_text(id_str(job->account));
    struct store_value instance = bind_string(job->link->instance);
    struct store_value reference = bind_string(job->link->reference);
    struct store_cursor row;
    int status = store_one(db, link_count, BIND(account, instance, reference), &row, err);
    if (status <= 0)
        return status;
    bool full = cursor_int(&row, 0) >= job->most;
    cursor_finish(&row);
    if (full)
        return err_set(err, ERR_LIMIT, "a citizen links at most %lld accounts",
                       (long long)job->most);
    int told = becomes_proven(db, job, err);
    status = told < 0 ? told
                      : store_exec(db, link_add,
                                   BIND(account, instance, reference, bind_string(job->link->label),
                                        bind_int(job->link->proven), bind_int(job->now)),
                                   err);
    struct auth_link_place place = {job->account, job->link->instance, NULL, NULL};
    return status < 0 || told == 0 ? status : tell(db, &place, "link.added", job->now, err);
}

int auth_link_add(struct auth *auth, const struct id *account, const struct auth_link *link,
                  struct err *err)
{
    if (!link->instance[0] || !link->reference[0])
        return err_set(err, ERR_INVALID, "a link names an instance and a reference");
    struct add_job job = {account, link, auth_now(auth), auth->config.links_per_account};
    int status = store_run(auth->config.store, add_job, &job, err);
    return status < 0 ? status : 0;
}

struct remove_job {
    const struct auth_link_place *place;
    int64_t now;
};

static int remove_job(struct store_db *db, void *argument, struct err *err)
{
    struct remove_job *job = argument;
    const struct auth_link_place *place = job->place;
    int rows = store_exec(db, link_remove,
                          BIND(bind_text(id_str(place->account)), bind_string(place->instance),
                               bind_string(place->reference)),
                          err);
    if (rows <= 0)
        return rows < 0 ? rows : err_set(err, ERR_NOT_FOUND, "the citizen has no such link");
    return tell(db, place, "link.removed", job->now, err);
}

int auth_link_remove(struct auth *auth, const struct auth_link_place *place, struct err *err)
{
    struct remove_job job = {place, auth_now(auth)};
    int status = store_run(auth->config.store, remove_job, &job, err);
    return status < 0 ? status : 0;
}

struct list_job {
    const struct auth_link_list *list;
    size_t count;
};

static int list_job(struct store_db *db, void *argument, struct err *err)
{
    struct list_job *job = argument;
    const struct auth_link_list *list = job->list;
    struct store_value account = bind_text(id_str(list->account));
    struct store_value limit = bind_int((int64_t)list->limit);
    struct store_cursor row;
    job->count = 0;
    int status = list->instance
                     ? store_query(db, link_list_of_instance,
                                   BIND(account, limit, bind_string(list->instance)), &row, err)
                     : store_query(db, link_list, BIND(account, limit), &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        struct auth_link *link = &list->links[job->count++];
        cursor_copy(&row, 0, link->instance, sizeof link->instance);
        cursor_copy(&row, 1, link->reference, sizeof link->reference);
        cursor_copy(&row, 2, link->label, sizeof link->label);
        link->proven = cursor_int(&row, 3) != 0;
        link->created = cursor_int(&row, 4);
        status = 0;
    }
    return status;
}

int auth_link_list(struct auth *auth, const struct auth_link_list *list, struct err *err)
{
    struct list_job job = {.list = list};
    int status = store_read(auth->config.store, list_job, &job, err);
    return status < 0 ? status : (int)job.count;
}
