// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

void money_fixture_open(struct money_fixture *f)
{
    *f = (struct money_fixture){.ids = ID_GENERATOR_INIT};
    snprintf(f->folder, sizeof f->folder, "/tmp/medina-money-XXXXXX");
    cr_assert_not_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/city.db", f->folder);
    struct store_config config = {.path = f->path};
    struct err err = {0};
    cr_assert_eq(store_create(&f->store, &config, &err), 0, "%s", err.message);
}

void money_fixture_close(struct money_fixture *f)
{
    store_destroy(f->store);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
    cr_assert_eq(system(command), 0);
}

struct balance_query {
    struct ledger_party party;
    int64_t balance;
};

static int read_balance(struct store_db *db, void *argument, struct err *err)
{
    struct balance_query *query = argument;
    return ledger_balance(db, query->party, "AED", &query->balance, err);
}

int64_t balance_of(struct money_fixture *f, struct ledger_party party)
{
    struct balance_query query = {.party = party};
    struct err err = {0};
    cr_assert_eq(store_read(f->store, read_balance, &query, &err), 0, "%s", err.message);
    return query.balance;
}

void expect_ledger_whole(struct money_fixture *f)
{
    struct ledger_report report;
    struct err err = {0};
    cr_assert_eq(store_read(f->store, ledger_verify, &report, &err), 0, "%s", err.message);
    cr_assert_eq(report.differing, 0, "%s differs from its transfers", report.first);
    cr_assert_eq(report.sum, 0);
    cr_assert_eq(report.negative_guarded, 0);
}

bool run_outside(struct money_fixture *f, const char *sql)
{
    sqlite3 *handle;
    cr_assert_eq(sqlite3_open(f->path, &handle), SQLITE_OK);
    sqlite3_busy_timeout(handle, 5000);
    bool done = sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_close(handle);
    return done;
}
