// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_STORE_SQLITE_DB_H
#define MEDINA_STORE_SQLITE_DB_H

#include "store/database.h"

#include <sqlite3.h>

// Shared by sqlite.c (connections, transactions) and sqlite_statement.c; nobody else includes it.

enum db_control {
    DB_CONTROL_BEGIN,
    DB_CONTROL_COMMIT,
    DB_CONTROL_ROLLBACK,
    DB_CONTROL_SAVEPOINT,
    DB_CONTROL_RELEASE,
    DB_CONTROL_ROLLBACK_TO,
    DB_CONTROLS
};

struct store_db {
    sqlite3 *handle;
    enum db_role role;
    sqlite3_stmt *controls[DB_CONTROLS];
    sqlite3_stmt **statements; // by index in the linker section store_sql
    size_t statement_count;
    unsigned open_cursors;
    bool wrote;   // the job has changed something
    bool stained; // a job without a savepoint was refused after it wrote
    int failure;  // of the first statement that failed in this job, 0 when none did
    struct err failure_err;
    int wal_pages; // as of the last commit
};

// Fills *err from what SQLite says and returns the code.
int sqlite_error(struct store_db *db, int rc, const char *what, struct err *err);

#endif
