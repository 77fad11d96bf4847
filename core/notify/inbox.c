// SPDX-License-Identifier: Apache-2.0
#include "notify/inbox.h"

STORE_SQL(inbox_insert, "INSERT INTO inbox_message (account, id, kind, body, made) "
                        "SELECT id, $2, $3, $4, $5 FROM account WHERE id = $1 "
                        "ON CONFLICT (account, id) DO NOTHING");
STORE_SQL(inbox_newest, "SELECT id, kind, body, made, seen FROM inbox_message WHERE account = $1 "
                        "ORDER BY made DESC, id DESC LIMIT $2");
STORE_SQL(inbox_count, "SELECT count(*) FROM inbox_message WHERE account = $1 AND seen IS NULL");
STORE_SQL(inbox_mark, "UPDATE inbox_message SET seen = $3 "
                      "WHERE account = $1 AND made <= $2 AND seen IS NULL");
STORE_SQL(inbox_old, "DELETE FROM inbox_message WHERE (account, id) IN "
                     "(SELECT account, id FROM inbox_message WHERE made < $1 LIMIT $2)");

STORE_SQL(inbox_all, "DELETE FROM inbox_message WHERE account = $1");

int inbox_put(struct store_db *db, const struct inbox_message *message, struct err *err)
{
    return store_exec(db, inbox_insert,
                      BIND(bind_text(id_str(message->account)), bind_string(message->id),
                           bind_string(message->kind), bind_text(message->body),
                           bind_int(message->made)),
                      err);
}

struct list_job {
    const struct inbox_query *query;
    size_t count;
};

static int list_job(struct store_db *db, void *argument, struct err *err)
{
    struct list_job *job = argument;
    const struct inbox_query *query = job->query;
    struct store_cursor row;
    job->count = 0;
    int status =
        store_query(db, inbox_newest,
                    BIND(bind_text(id_str(query->account)), bind_int((int64_t)query->limit)), &row,
                    err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        struct inbox_entry *entry = &query->entries[job->count++];
        struct str body = cursor_text(&row, 2);
        cursor_copy(&row, 0, entry->id, sizeof entry->id);
        cursor_copy(&row, 1, entry->kind, sizeof entry->kind);
        entry->body = (struct str){arena_string(query->arena, body), body.size};
        entry->made = cursor_int(&row, 3);
        entry->seen = cursor_int(&row, 4);
        status = 0;
    }
    return status;
}

int inbox_list(struct store *store, const struct inbox_query *query, struct err *err)
{
    struct list_job job = {query, 0};
    int status = store_read(store, list_job, &job, err);
    return status < 0 ? status : (int)job.count;
}

struct count_job {
    const struct id *account;
    int64_t *out;
};

static int count_job(struct store_db *db, void *argument, struct err *err)
{
    struct count_job *job = argument;
    struct store_cursor row;
    int status = store_one(db, inbox_count, BIND(bind_text(id_str(job->account))), &row, err);
    if (status <= 0)
        return status;
    *job->out = cursor_int(&row, 0);
    cursor_finish(&row);
    return 0;
}

int inbox_unseen(struct store *store, const struct id *account, int64_t *out, struct err *err)
{
    struct count_job job = {account, out};
    *out = 0;
    return store_read(store, count_job, &job, err);
}

struct see_job {
    const struct id *account;
    int64_t until, now;
};

static int see_job(struct store_db *db, void *argument, struct err *err)
{
    struct see_job *job = argument;
    return store_exec(db, inbox_mark,
                      BIND(bind_text(id_str(job->account)), bind_int(job->until),
                           bind_int(job->now)),
                      err);
}

int inbox_see(struct store *store, const struct id *account, int64_t until, int64_t now,
              struct err *err)
{
    struct see_job job = {account, until, now};
    return store_run(store, see_job, &job, err);
}

int inbox_sweep(struct store_db *db, int64_t before, int64_t limit, struct err *err)
{
    return store_exec(db, inbox_old, BIND(bind_int(before), bind_int(limit)), err);
}

int inbox_erase(struct store_db *db, const struct id *account, struct err *err)
{
    return store_exec(db, inbox_all, BIND(bind_text(id_str(account))), err);
}
