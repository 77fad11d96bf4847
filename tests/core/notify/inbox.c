// SPDX-License-Identifier: Apache-2.0
#include "notify/inbox.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

struct inbox_fixture {
    char folder[64], path[96];
    struct store *store;
    struct id_generator ids;
    struct id citizen, stranger;
    struct arena arena;
};

STORE_SQL(test_account, "INSERT INTO account (id, created) VALUES ($1, 0)");

static int make_account(struct store_db *db, void *argument, struct err *err)
{
    return store_exec(db, test_account, BIND(bind_text(id_str(argument))), err);
}

static void open_inbox(struct inbox_fixture *f)
{
    struct err err = {0};
    *f = (struct inbox_fixture){.ids = ID_GENERATOR_INIT};
    snprintf(f->folder, sizeof f->folder, "/tmp/medina-inbox-XXXXXX");
    cr_assert_not_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/city.db", f->folder);
    struct store_config config = {.path = f->path};
    cr_assert_eq(store_create(&f->store, &config, &err), 0, "%s", err.message);
    f->citizen = id_next(&f->ids, 1000);
    f->stranger = id_next(&f->ids, 1000);
    cr_assert_geq(store_run(f->store, make_account, &f->citizen, NULL), 0);
}

static void close_inbox(struct inbox_fixture *f)
{
    char command[128];
    store_destroy(f->store);
    arena_finish(&f->arena);
    snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
    cr_assert_eq(system(command), 0);
}

static int put_job(struct store_db *db, void *argument, struct err *err)
{
    return inbox_put(db, argument, err);
}

static int put(struct inbox_fixture *f, const struct id *account, const char *id, int64_t made)
{
    struct inbox_message message = {account, id, "payment.captured", STR("{\"payment\":\"p\"}"),
                                    made};
    return store_run(f->store, put_job, &message, NULL);
}

static int list(struct inbox_fixture *f, struct inbox_entry *entries, size_t limit)
{
    struct inbox_query query = {&f->citizen, entries, limit, &f->arena};
    return inbox_list(f->store, &query, NULL);
}

Test(inbox, the_same_message_twice_is_told_once_and_the_newest_comes_first)
{
    struct inbox_fixture f;
    struct inbox_entry entries[8];
    open_inbox(&f);
    cr_assert_eq(put(&f, &f.citizen, "a", 10), 1);
    cr_assert_eq(put(&f, &f.citizen, "b", 20), 1);
    cr_assert_eq(put(&f, &f.citizen, "a", 30), 0);
    cr_assert_eq(list(&f, entries, 8), 2);
    cr_assert_str_eq(entries[0].id, "b");
    cr_assert_str_eq(entries[1].id, "a");
    cr_assert_eq(entries[1].made, 10);
    cr_assert(str_is(entries[0].body, "{\"payment\":\"p\"}"));
    cr_assert_eq(list(&f, entries, 1), 1);
    close_inbox(&f);
}

Test(inbox, nobody_is_told_when_the_account_is_gone)
{
    struct inbox_fixture f;
    open_inbox(&f);
    cr_assert_eq(put(&f, &f.stranger, "a", 10), 0);
    close_inbox(&f);
}

Test(inbox, what_came_after_the_page_was_shown_stays_unseen)
{
    struct inbox_fixture f;
    struct inbox_entry entries[8];
    int64_t unseen;
    open_inbox(&f);
    put(&f, &f.citizen, "a", 10);
    put(&f, &f.citizen, "b", 20);
    put(&f, &f.citizen, "c", 30);
    cr_assert_eq(inbox_unseen(f.store, &f.citizen, &unseen, NULL), 0);
    cr_assert_eq(unseen, 3);
    cr_assert_eq(inbox_see(f.store, &f.citizen, 20, 99, NULL), 2);
    cr_assert_eq(inbox_see(f.store, &f.stranger, 99, 99, NULL), 0);
    cr_assert_eq(inbox_unseen(f.store, &f.citizen, &unseen, NULL), 0);
    cr_assert_eq(unseen, 1);
    cr_assert_eq(list(&f, entries, 8), 3);
    cr_assert_eq(entries[0].seen, 0);
    cr_assert_eq(entries[1].seen, 99);
    close_inbox(&f);
}

static int sweep_job(struct store_db *db, void *argument, struct err *err)
{
    return inbox_sweep(db, *(int64_t *)argument, 2, err);
}

Test(inbox, old_messages_go_a_few_at_a_time)
{
    struct inbox_fixture f;
    struct inbox_entry entries[8];
    int64_t before = 25;
    open_inbox(&f);
    static const char *const ids[] = {"a", "b", "c", "d"};
    for (int i = 0; i < 4; i++)
        put(&f, &f.citizen, ids[i], 5 + 7 * i); // 5, 12, 19, 26
    cr_assert_eq(store_run(f.store, sweep_job, &before, NULL), 2);
    cr_assert_eq(store_run(f.store, sweep_job, &before, NULL), 1);
    cr_assert_eq(store_run(f.store, sweep_job, &before, NULL), 0);
    cr_assert_eq(list(&f, entries, 8), 1);
    cr_assert_str_eq(entries[0].id, "d");
    close_inbox(&f);
}
