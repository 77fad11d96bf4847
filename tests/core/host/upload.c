// SPDX-License-Identifier: Apache-2.0
// The keeper of citizens' files by itself; the whole way is tests/e2e/files.test.mjs.
#include "host/upload.h"

#include "base/clock.h"
#include "base/json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

STORE_SQL(test_upload_rows, "SELECT count(*) FROM upload");
STORE_SQL(test_upload_swap, "UPDATE upload SET content = (SELECT other.content FROM upload other "
                            "WHERE other.id <> upload.id)");

struct drawer {
    struct store *store;
    struct uploads *uploads;
    struct arena arena;
    char folder[64];
    json_t *accept;
    struct upload_field field;
};

static const struct upload_place place = {{"account-1", 9}, "fines", "dispute"};
static const struct upload_content png = {{"\x89PNG\r\n\x1A\nrest", 12}, {"image/png", 9}};

static void drawer_open(struct drawer *drawer, int64_t keep_ms)
{
    char path[96];
    struct err err;
    struct crypto_key key = {{7}};
    *drawer = (struct drawer){.accept = json_pack("[s]", "image/png")};
    cr_assert_eq(crypto_start(NULL), 0);
    strcpy(drawer->folder, "/tmp/medina-upload-XXXXXX");
    cr_assert(mkdtemp(drawer->folder));
    snprintf(path, sizeof path, "%s/medina.db", drawer->folder);
    struct store_config config = {.path = path, .started_ms = 1};
    cr_assert_eq(store_create(&drawer->store, &config, &err), 0, "%s", err.message);
    struct uploads_options options = {.store = drawer->store,
                                      .key = &key,
                                      .most_bytes = 1000,
                                      .per_account = 100,
                                      .keep_ms = keep_ms,
                                      .sent_ms = 0};
    uploads_create(&drawer->uploads, &options);
    drawer->field = (struct upload_field){"evidence", drawer->accept, 1000};
}

static void drawer_close(struct drawer *drawer)
{
    char command[96];
    uploads_destroy(drawer->uploads);
    store_destroy(drawer->store);
    arena_finish(&drawer->arena);
    json_decref(drawer->accept);
    snprintf(command, sizeof command, "rm -r %s", drawer->folder);
    cr_assert_eq(system(command), 0);
}

static struct upload put(struct drawer *drawer)
{
    struct err err;
    struct upload upload;
    int rc = uploads_put(drawer->uploads, &place, &drawer->field, &png, &upload, &err);
    cr_assert_eq(rc, 0, "%s", err.message);
    return upload;
}

static int rows_job(struct store_db *db, void *argument, struct err *err)
{
    struct store_cursor row;
    int rc = store_one(db, test_upload_rows, BIND(), &row, err);
    if (rc > 0) {
        *(int64_t *)argument = cursor_int(&row, 0);
        cursor_finish(&row);
    }
    return rc;
}

static int64_t rows(struct drawer *drawer)
{
    int64_t count = -1;
    cr_assert_geq(store_run(drawer->store, rows_job, &count, NULL), 0);
    return count;
}

static int swap_job(struct store_db *db, void *argument, struct err *err)
{
    (void)argument;
    return store_exec(db, test_upload_swap, BIND(), err);
}

Test(upload, what_was_put_is_given_back_with_its_type)
{
    struct drawer drawer;
    struct str content, media;
    drawer_open(&drawer, 60000);
    struct upload upload = put(&drawer);
    cr_assert_eq(uploads_check(drawer.uploads, &place, "evidence", str_from(upload.handle), NULL),
                 0);
    cr_assert_eq(uploads_check(drawer.uploads, &place, "other", str_from(upload.handle), NULL),
                 ERR_NOT_FOUND);
    cr_assert_eq(uploads_open(drawer.uploads, &place, str_from(upload.handle), &drawer.arena,
                              &content, &media, NULL),
                 0);
    cr_assert(str_equal(content, png.bytes));
    cr_assert(str_is(media, "image/png"));
    drawer_close(&drawer);
}

Test(upload, the_sweep_deletes_what_has_expired_and_nothing_else)
{
    struct drawer drawer;
    drawer_open(&drawer, 60000);
    struct upload kept = put(&drawer);
    for (int i = 0; i < 70; i++) { // more than one round of the sweep
        struct upload sent = put(&drawer);
        cr_assert_eq(uploads_sent(drawer.uploads, str_from(sent.handle), NULL), 0);
    }
    cr_assert_eq(rows(&drawer), 71);
    cr_assert_eq(uploads_sweep(drawer.uploads, NULL), 0);
    cr_assert_eq(rows(&drawer), 1);
    cr_assert_eq(uploads_check(drawer.uploads, &place, "evidence", str_from(kept.handle), NULL), 0);
    drawer_close(&drawer);
}

Test(upload, a_row_that_was_exchanged_for_another_does_not_open)
{
    struct drawer drawer;
    struct str content, media;
    drawer_open(&drawer, 60000);
    struct upload upload = put(&drawer);
    put(&drawer);
    cr_assert_geq(store_run(drawer.store, swap_job, NULL, NULL), 0);
    cr_assert_eq(uploads_open(drawer.uploads, &place, str_from(upload.handle), &drawer.arena,
                              &content, &media, NULL),
                 ERR_IO);
    drawer_close(&drawer);
}

Test(upload, the_fields_own_limit_counts_too)
{
    struct drawer drawer;
    struct upload upload;
    drawer_open(&drawer, 60000);
    drawer.field.most_bytes = 11;
    cr_assert_eq(uploads_put(drawer.uploads, &place, &drawer.field, &png, &upload, NULL),
                 ERR_LIMIT);
    drawer.field.most_bytes = 12;
    cr_assert_eq(uploads_put(drawer.uploads, &place, &drawer.field, &png, &upload, NULL), 0);
    drawer_close(&drawer);
}
