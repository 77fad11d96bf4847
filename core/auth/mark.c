// SPDX-License-Identifier: Apache-2.0
#include "auth/mark.h"

#include "auth/auth_internal.h"

// A service's last use is written at most this often.
#define USED_MS INT64_C(300000)

STORE_SQL(mark_list, "SELECT instance, favourite, used FROM service_mark WHERE account = $1 "
                     "ORDER BY instance LIMIT $2");
STORE_SQL(mark_favourite, "INSERT INTO service_mark (account, instance, favourite) "
                          "SELECT id, $2, $3 FROM account WHERE id = $1 "
                          "ON CONFLICT (account, instance) DO UPDATE SET "
                          "favourite = coalesce(service_mark.favourite, excluded.favourite)");
STORE_SQL(mark_plain, "UPDATE service_mark SET favourite = NULL "
                      "WHERE account = $1 AND instance = $2");
STORE_SQL(mark_last_use, "SELECT used FROM service_mark WHERE account = $1 AND instance = $2");
STORE_SQL(mark_used, "INSERT INTO service_mark (account, instance, used) "
                     "SELECT id, $2, $3 FROM account WHERE id = $1 "
                     "ON CONFLICT (account, instance) DO UPDATE SET used = excluded.used");

struct list_job {
    const struct id *account;
    struct auth_mark *marks;
    size_t limit, count;
};

static int list_job(struct store_db *db, void *argument, struct err *err)
{
    struct list_job *job = argument;
    struct store_cursor row;
    job->count = 0;
    int status = store_query(db, mark_list,
                             BIND(bind_text(id_str(job->account)), bind_int((int64_t)job->limit)),
                             &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        struct auth_mark *mark = &job->marks[job->count++];
        *mark = (struct auth_mark){.favourite = cursor_int(&row, 1), .used = cursor_int(&row, 2)};
        cursor_copy(&row, 0, mark->instance, sizeof mark->instance);
        status = 0;
    }
    return status;
}

int auth_marks(struct auth *auth, const struct id *account, struct auth_mark *marks, size_t limit,
               struct err *err)
{
    struct list_job job = {account, marks, limit, 0};
    int status = store_read(auth->config.store, list_job, &job, err);
    return status < 0 ? status : (int)job.count;
}

struct mark_job {
    const struct id *account;
    const char *instance;
    const struct store_sql *sql;
    int64_t now;
    int64_t used; // result
};

static int write_job(struct store_db *db, void *argument, struct err *err)
{
    const struct mark_job *job = argument;
    struct store_value account = bind_text(id_str(job->account));
    struct store_value instance = bind_string(job->instance);
    return job->now ? store_exec(db, job->sql, BIND(account, instance, bind_int(job->now)), err)
                    : store_exec(db, job->sql, BIND(account, instance), err);
}

int auth_mark_favourite(struct auth *auth, const struct id *account, const char *instance,
                        bool favourite, struct err *err)
{
    struct mark_job job = {.account = account,
                           .instance = instance,
                           .sql = favourite ? mark_favourite : mark_plain,
                           .now = favourite ? auth_now(auth) : 0};
    int status = store_run(auth->config.store, write_job, &job, err);
    return status < 0 ? status : 0;
}

static int last_use_job(struct store_db *db, void *argument, struct err *err)
{
    struct mark_job *job = argument;
    struct store_cursor row;
    job->used = 0;
    int found =
        store_one(db, mark_last_use,
                  BIND(bind_text(id_str(job->account)), bind_string(job->instance)), &row, err);
    if (found <= 0)
        return found;
    job->used = cursor_int(&row, 0);
    cursor_finish(&row);
    return 0;
}

int auth_mark_used(struct auth *auth, const struct id *account, const char *instance,
                   struct err *err)
{
    struct mark_job job = {.account = account,
                           .instance = instance,
                           .sql = mark_used,
                           .now = auth_now(auth)};
    int status = store_read(auth->config.store, last_use_job, &job, err);
    if (status >= 0 && job.now - job.used >= USED_MS)
        status = store_run(auth->config.store, write_job, &job, err);
    return status < 0 ? status : 0;
}
