// SPDX-License-Identifier: Apache-2.0
#include "host/history.h"

#include "base/clock.h"

STORE_SQL(event_add, "INSERT INTO plugin_event (id, instance, at, actor, verb, version, reason, "
                     "outcome) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
STORE_SQL(events_trim, "DELETE FROM plugin_event WHERE instance = $1 AND id NOT IN "
                       "(SELECT id FROM plugin_event WHERE instance = $1 ORDER BY id DESC "
                       "LIMIT $2)");
STORE_SQL(event_list, "SELECT at, actor, verb, version, reason, outcome FROM plugin_event "
                      "WHERE instance = $1 ORDER BY id DESC LIMIT $2");

struct addition {
    const struct history_event *event;
    unsigned most;
};

static int add_job(struct store_db *db, void *argument, struct err *err)
{
    const struct addition *addition = argument;
    const struct history_event *event = addition->event;
    int rc = store_exec(db, event_add,
                        BIND(bind_string(event->id.text), bind_string(event->instance),
                             bind_int(id_time(&event->id)), bind_string(event->actor),
                             bind_string(event->verb), bind_string(event->version),
                             bind_string(event->reason), bind_string(event->outcome)),
                        err);
    if (rc >= 0)
        rc = store_exec(db, events_trim,
                        BIND(bind_string(event->instance), bind_int(addition->most)), err);
    return rc < 0 ? rc : 0;
}

int history_add(struct store *store, const struct history_event *event, unsigned most,
                struct err *err)
{
    struct addition addition = {event, most};
    return store_run(store, add_job, &addition, err);
}

struct listing {
    const char *instance;
    unsigned count;
    json_t *list;
};

static json_t *text(const struct store_cursor *row, int column)
{
    struct str value = cursor_text(row, column);
    return json_stringn(value.data, value.size);
}

static int list_job(struct store_db *db, void *argument, struct err *err)
{
    static const char *const members[] = {"actor", "verb", "version", "reason", "outcome"};
    struct listing *listing = argument;
    struct store_cursor row;
    json_array_clear(listing->list);
    int rc = store_query(db, event_list,
                         BIND(bind_string(listing->instance), bind_int(listing->count)), &row, err);
    while (rc >= 0 && (rc = cursor_next(&row, err)) > 0) {
        char time[CLOCK_TEXT];
        clock_format(cursor_int(&row, 0), time);
        json_t *event = json_pack("{s:s}", "time", time);
        for (int i = 0; i < 5; i++)
            json_object_set_new(event, members[i], text(&row, i + 1));
        json_array_append_new(listing->list, event);
    }
    return rc < 0 ? rc : 0;
}

int history_read(struct store *store, const char *instance, unsigned count, json_t **list,
                 struct err *err)
{
    struct listing listing = {instance, count, json_array()};
    int rc = store_read(store, list_job, &listing, err);
    if (rc < 0) {
        json_decref(listing.list);
        return rc;
    }
    *list = listing.list;
    return 0;
}
