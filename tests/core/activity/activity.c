// SPDX-License-Identifier: Apache-2.0
#include "activity/activity.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/medina-activity-XXXXXX";
static struct store *store;
static struct id citizen, neighbour;
static struct id_generator ids = ID_GENERATOR_INIT;

STORE_SQL(test_account_make, "INSERT INTO account (id, created) VALUES ($1, 1)");
STORE_SQL(test_account_drop, "DELETE FROM account WHERE id = $1");

static int account_job(struct store_db *db, void *argument, struct err *err)
{
    return store_exec(db, test_account_make, BIND(bind_text(id_str(argument))), err);
}

static int erase_job(struct store_db *db, void *argument, struct err *err)
{
    int status = activity_erase(db, argument, err);
    return status < 0 ? status
                      : store_exec(db, test_account_drop, BIND(bind_text(id_str(argument))), err);
}

static void open_store(void)
{
    struct err err = {0};
    char path[64];
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/medina.db", folder);
    struct store_config config = {.path = path};
    cr_assert_eq(store_create(&store, &config, &err), 0, "%s", err.message);
    citizen = id_next(&ids, 1);
    neighbour = id_next(&ids, 2);
    cr_assert_geq(store_run(store, account_job, &citizen, NULL), 0);
    cr_assert_geq(store_run(store, account_job, &neighbour, NULL), 0);
}

static void close_store(void)
{
    char command[128];
    store_destroy(store);
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(activity, .init = open_store, .fini = close_store);

static void note(const struct id *account, const char *kind, int64_t made)
{
    struct err err = {0};
    struct activity_note line = {.account = account,
                                 .kind = kind,
                                 .actor = {ACTIVITY_CITIZEN, "Chrome on Android"},
                                 .instance = "water",
                                 .amount = 500,
                                 .currency = "AED",
                                 .made = made};
    cr_assert_eq(activity_add(store, &line, &err), 0, "%s", err.message);
}

static int list(struct activity_query query, struct activity_entry *entries, size_t limit)
{
    query.account = query.account ? query.account : &citizen;
    query.until = query.until ? query.until : INT64_MAX;
    query.entries = entries;
    query.limit = limit;
    return activity_list(store, &query, NULL);
}

Test(activity, lines_are_read_newest_first_and_only_by_their_account)
{
    struct activity_entry entries[8];
    note(&citizen, "session.started", 10);
    note(&neighbour, "session.started", 11);
    note(&citizen, "payment.made", 12);
    cr_assert_eq(list((struct activity_query){0}, entries, 8), 2);
    cr_assert_str_eq(entries[0].kind, "payment.made");
    cr_assert_eq(entries[0].number, 2);
    cr_assert_eq(entries[0].amount, 500);
    cr_assert_str_eq(entries[0].currency, "AED");
    cr_assert_str_eq(entries[1].device, "Chrome on Android");
    cr_assert_eq(entries[1].made, 10);
    cr_assert_eq(list((struct activity_query){.account = &neighbour}, entries, 8), 1);
}

Test(activity, a_page_goes_on_where_the_last_one_ended)
{
    struct activity_entry entries[2];
    for (int i = 1; i <= 5; i++)
        note(&citizen, "session.started", i);
    cr_assert_eq(list((struct activity_query){0}, entries, 2), 2);
    cr_assert_eq(entries[1].number, 4);
    cr_assert_eq(list((struct activity_query){.before = 4}, entries, 2), 2);
    cr_assert_eq(entries[0].number, 3);
    cr_assert_eq(list((struct activity_query){.before = 2}, entries, 2), 1);
}

Test(activity, group_and_time_choose_and_a_group_is_a_whole_word)
{
    struct activity_entry entries[8];
    note(&citizen, "payment.made", 10);
    note(&citizen, "session.started", 20);
    note(&citizen, "payment.refunded", 30);
    cr_assert_eq(list((struct activity_query){.group = "payment"}, entries, 8), 2);
    cr_assert_eq(list((struct activity_query){.group = "pay"}, entries, 8), 0);
    cr_assert_eq(list((struct activity_query){.from = 10, .until = 30}, entries, 8), 2);
    cr_assert_eq(list((struct activity_query){.from = 30, .until = 31}, entries, 8), 1);
}

static int sweep_job(struct store_db *db, void *argument, struct err *err)
{
    return activity_sweep(db, *(int64_t *)argument, 100, err);
}

Test(activity, old_lines_are_swept_and_numbers_go_on)
{
    struct activity_entry entries[8];
    int64_t before = 15;
    note(&citizen, "payment.made", 10);
    note(&citizen, "payment.made", 20);
    cr_assert_eq(store_run(store, sweep_job, &before, NULL), 1);
    note(&citizen, "payment.made", 30);
    cr_assert_eq(list((struct activity_query){0}, entries, 8), 2);
    cr_assert_eq(entries[0].number, 3);
}

Test(activity, of_a_deleted_account_nothing_is_left_and_nothing_is_written)
{
    struct activity_entry entries[8];
    note(&citizen, "payment.made", 10);
    cr_assert_geq(store_run(store, erase_job, &citizen, NULL), 0);
    note(&citizen, "payment.refunded", 20);
    cr_assert_eq(list((struct activity_query){0}, entries, 8), 0);
}

Test(activity, a_long_label_is_cut_between_characters)
{
    struct activity_entry entries[1];
    char label[300] = "";
    for (int i = 0; i < 60; i++)
        strcat(label, "جه");
    struct activity_note line = {.account = &citizen,
                                 .kind = "session.started",
                                 .actor = {ACTIVITY_CITIZEN, label},
                                 .made = 1};
    cr_assert_eq(activity_add(store, &line, NULL), 0);
    cr_assert_eq(list((struct activity_query){0}, entries, 1), 1);
    cr_assert(str_is_utf8(str_from(entries[0].device)));
    cr_assert_gt(strlen(entries[0].device), 80);
}
