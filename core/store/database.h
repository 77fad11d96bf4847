// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_STORE_DATABASE_H
#define MEDINA_STORE_DATABASE_H

#include "store/store.h"

// One connection, used by one thread at a time: what writer and readers need of an engine beyond
// the statements. sqlite.c is the one implementation; a second engine is a second file.

enum db_role { DB_WRITER, DB_READER };

struct store_call {
    store_job *job;
    void *argument;
};

// Opens, sets and asserts every pragma; the writer creates the file.
int db_open(struct store_db **out, const struct store_config *config, enum db_role role,
            struct err *err);
void db_close(struct store_db *db);

int db_begin(struct store_db *db, struct err *err);
void db_rollback(struct store_db *db);

// True when the transaction that db_begin opened still is: an engine may roll back on its own.
bool db_in_transaction(const struct store_db *db);

enum db_commit {
    DB_COMMITTED,
    DB_REFUSED, // surely not on disk; rolled back
    DB_UNKNOWN, // may be on disk; the connection is to be closed
};
enum db_commit db_commit(struct store_db *db, struct err *err);

// Runs the job. One that is refused, whose statement failed or that left something open or deferred
// is undone: back to the savepoint when there is one; otherwise, when it wrote something first, the
// transaction is stained and must go as a whole.
enum db_undo { DB_NO_SAVEPOINT, DB_SAVEPOINT };
int db_run_job(struct store_db *db, enum db_undo undo, const struct store_call *call,
               struct err *err);
bool db_stained(const struct store_db *db);

// Several statements at once, without parameters or results; for migrations.
int db_script(struct store_db *db, const char *text, struct err *err);

// Writes one row, so that whatever an unknown commit left in the log is either below it or gone.
int db_settle(struct store_db *db, struct err *err);

// Prepares without running; for the test of all statements.
int db_prepare(struct store_db *db, const struct store_sql *sql, struct err *err);

uint64_t db_wal_pages(const struct store_db *db);
void db_checkpoint(struct store_db *db);

// The same at the start, when it must work: ERR_IO. Nothing to do while another host runs here.
int db_secure(struct store_db *db, struct err *err);

#endif
