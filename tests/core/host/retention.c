// SPDX-License-Identifier: Apache-2.0
#include "host/retention.h"

#include "activity/activity.h"
#include "auth/erase.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAYMENTS = 1203 }; // more than one sweep's job takes

STORE_SQL(test_retention_account, "INSERT INTO account (id, created) VALUES ($1, 0)");
STORE_SQL(test_retention_payment,
          "INSERT INTO payment (id, payer, provider, currency, state, total, authorized, captured, "
          "refunding, refunded, language, created, expires, checks) "
          "VALUES ($1, $2, 'card', 'AED', 'failed', 5, 0, 0, 0, 0, 'en', 1, 2, 0)");
STORE_SQL(test_retention_count, "SELECT count(*) FROM payment WHERE payer = $1");

struct estate {
    struct id gone, here;
    int64_t count; // result
};

static int make_job(struct store_db *db, void *argument, struct err *err)
{
    struct estate *estate = argument;
    const struct id *accounts[] = {&estate->gone, &estate->here};
    int status = 0;
    for (int i = 0; status >= 0 && i < 2; i++)
        status = store_exec(db, test_retention_account, BIND(bind_text(id_str(accounts[i]))), err);
    for (int i = 0; status >= 0 && i < PAYMENTS; i++) {
        char name[32];
        snprintf(name, sizeof name, "p%d", i);
        status = store_exec(db, test_retention_payment,
                            BIND(bind_string(name), bind_text(id_str(accounts[i == 0]))), err);
    }
    return status < 0 ? status : auth_erase(db, &estate->gone, 1000, err);
}

static int count_job(struct store_db *db, void *argument, struct err *err)
{
    struct estate *estate = argument;
    struct store_cursor row;
    int status =
        store_one(db, test_retention_count, BIND(bind_text(id_str(&estate->gone))), &row, err);
    if (status <= 0)
        return status;
    estate->count = cursor_int(&row, 0);
    cursor_finish(&row);
    return store_one(db, test_retention_count, BIND(bind_text(id_str(&estate->here))), &row, err) ==
                   1
               ? (cursor_finish(&row), 0)
               : ERR_IO;
}

Test(retention, payments_of_a_deleted_account_are_nobodys_when_their_term_is_over)
{
    char folder[] = "/tmp/medina-retention-XXXXXX", path[64], command[96];
    struct err err = {0};
    struct store *store;
    struct id_generator ids = ID_GENERATOR_INIT;
    struct estate estate = {.gone = id_next(&ids, 1), .here = id_next(&ids, 2)};
    struct retention retention = {.activity_ms = 1, .payments_ms = 5000};
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/city.db", folder);
    struct store_config config = {.path = path};
    cr_assert_eq(store_create(&store, &config, &err), 0, "%s", err.message);
    cr_assert_geq(store_run(store, make_job, &estate, &err), 0, "%s", err.message);
    cr_assert_eq(retention_sweep(store, &retention, 5999, &err), 0, "%s", err.message);
    cr_assert_geq(store_run(store, count_job, &estate, &err), 0, "%s", err.message);
    cr_assert_eq(estate.count, PAYMENTS - 1, "the term is not over");
    cr_assert_eq(retention_sweep(store, &retention, 6001, &err), 0, "%s", err.message);
    cr_assert_geq(store_run(store, count_job, &estate, &err), 0, "%s", err.message);
    cr_assert_eq(estate.count, 0);
    cr_assert_eq(retention_sweep(store, &retention, 6001, &err), 0, "there is nothing left to do");
    store_destroy(store);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

Test(retention, lines_of_activity_go_after_their_time)
{
    char folder[] = "/tmp/medina-retention-XXXXXX", path[64], command[96];
    struct err err = {0};
    struct store *store;
    struct id_generator ids = ID_GENERATOR_INIT;
    struct estate estate = {.gone = id_next(&ids, 1), .here = id_next(&ids, 2)};
    struct retention retention = {.activity_ms = 100, .payments_ms = 1};
    struct activity_entry entries[4];
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/city.db", folder);
    struct store_config config = {.path = path};
    cr_assert_eq(store_create(&store, &config, &err), 0, "%s", err.message);
    cr_assert_geq(store_run(store, make_job, &estate, &err), 0, "%s", err.message);
    for (int64_t made = 1000; made <= 1001; made++) {
        struct activity_note note = {.account = &estate.here,
                                     .kind = "session.started",
                                     .made = made};
        cr_assert_eq(activity_add(store, &note, &err), 0, "%s", err.message);
    }
    cr_assert_eq(retention_sweep(store, &retention, 1101, &err), 0, "%s", err.message);
    struct activity_query query = {.account = &estate.here,
                                   .until = INT64_MAX,
                                   .entries = entries,
                                   .limit = 4};
    cr_assert_eq(activity_list(store, &query, &err), 1);
    cr_assert_eq(entries[0].made, 1001);
    store_destroy(store);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}
