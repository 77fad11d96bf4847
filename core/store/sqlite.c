// SPDX-License-Identifier: Apache-2.0
//
// The SQLite engine: connections, their settings and transactions.
//
// Durability: write-ahead log, synchronous=FULL and psow=0 (a torn sector cannot reach committed
// frames next to it). Every pragma is set and then asked for again on each connection; one that did
// not take is an error, not a surprise on the day of the power cut.
//
// Statements are in sqlite_statement.c.
#include "store/sqlite_db.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int code_of(int rc)
{
    switch (rc) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
    case SQLITE_CONSTRAINT_FOREIGNKEY:
    case SQLITE_CONSTRAINT_CHECK:
        return ERR_CONFLICT;
    default:
        break;
    }
    switch (rc & 0xFF) {
    case SQLITE_CONSTRAINT:
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_MISMATCH:
    case SQLITE_TOOBIG:
        return ERR_INVALID;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_UNAVAILABLE;
    case SQLITE_READONLY:
        return ERR_DENIED;
    default:
        return ERR_IO;
    }
}

// SQLite's messages name tables and columns, never values, so they may be logged.
int sqlite_error(struct store_db *db, int rc, const char *what, struct err *err)
{
    return err_set(err, code_of(rc), "%s: %s (SQLite %d)", what, sqlite3_errmsg(db->handle), rc);
}

// path as a URI, so that psow can be given; '?', '#' and '%' would mean something else there.
static char *uri_of(const char *path)
{
    struct buf uri = {0};
    buf_append_text(&uri, "file:");
    for (const char *p = path; *p; p++)
        if (strchr("?#%", *p))
            buf_printf(&uri, "%%%02X", (unsigned)(unsigned char)*p);
        else
            buf_append_char(&uri, *p);
    buf_append_text(&uri, "?psow=0");
    return buf_detach(&uri);
}

static int expect_pragma(struct store_db *db, const char *name, const char *expected,
                         struct err *err)
{
    char text[64];
    snprintf(text, sizeof text, "PRAGMA %s", name);
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(db->handle, text, -1, &statement, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(statement);
    const char *got = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    int status = 0;
    if (!got || strcmp(got, expected) != 0)
        status = err_set(err, ERR_IO, "pragma %s is %s and should be %s", name, got ? got : "unset",
                         expected);
    sqlite3_finalize(statement);
    return status;
}

static int set_pragmas(struct store_db *db, const struct store_config *config, struct err *err)
{
    static const struct {
        const char *name, *set, *expect;
    } rows[] = {{"journal_mode", "WAL", "wal"},     {"synchronous", "FULL", "2"},
                {"foreign_keys", "ON", "1"},        {"trusted_schema", "OFF", "0"},
                {"temp_store", "MEMORY", "2"},      {"mmap_size", "0", "0"},
                {"defer_foreign_keys", "OFF", "0"}, {"secure_delete", "FAST", "2"},
                {"query_only", NULL, NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *set = rows[i].set, *expect = rows[i].expect;
        if (!set) {
            set = db->role == DB_READER ? "ON" : "OFF";
            expect = db->role == DB_READER ? "1" : "0";
        }
        char text[80];
        snprintf(text, sizeof text, "PRAGMA %s=%s", rows[i].name, set);
        int status = db_script(db, text, err);
        if (status == 0)
            status = expect_pragma(db, rows[i].name, expect, err);
        if (status != 0)
            return status;
    }
    char text[48];
    snprintf(text, sizeof text, "PRAGMA cache_size=-%u", config->cache_kib);
    return db_script(db, text, err);
}

static int set_options(struct store_db *db, struct err *err)
{
    static const struct {
        int option, value;
    } rows[] = {{SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
                {SQLITE_DBCONFIG_DEFENSIVE, 1},
                {SQLITE_DBCONFIG_DQS_DML, 0},
                {SQLITE_DBCONFIG_DQS_DDL, 0},
                {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int now = -1;
        int rc = sqlite3_db_config(db->handle, rows[i].option, rows[i].value, &now);
        if (rc != SQLITE_OK || now != rows[i].value)
            return err_set(err, ERR_IO, "SQLite option %d did not take", rows[i].option);
    }
    int psow = -1;
    sqlite3_file_control(db->handle, "main", SQLITE_FCNTL_POWERSAFE_OVERWRITE, &psow);
    if (psow != 0)
        return err_set(err, ERR_IO, "psow is %d and should be 0", psow);
    return 0;
}

static int prepare_controls(struct store_db *db, struct err *err)
{
    const char *const texts[DB_CONTROLS] = {
        [DB_CONTROL_BEGIN] = db->role == DB_WRITER ? "BEGIN IMMEDIATE" : "BEGIN",
        [DB_CONTROL_COMMIT] = "COMMIT",
        [DB_CONTROL_ROLLBACK] = "ROLLBACK",
        [DB_CONTROL_SAVEPOINT] = "SAVEPOINT job",
        [DB_CONTROL_RELEASE] = "RELEASE job",
        [DB_CONTROL_ROLLBACK_TO] = "ROLLBACK TO job",
    };
    for (int i = 0; i < DB_CONTROLS; i++) {
        int rc = sqlite3_prepare_v3(db->handle, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                                    &db->controls[i], NULL);
        if (rc != SQLITE_OK)
            return sqlite_error(db, rc, texts[i], err);
    }
    return 0;
}

static int note_wal_pages(void *context, sqlite3 *handle, const char *name, int pages)
{
    (void)handle, (void)name;
    struct store_db *db = context;
    db->wal_pages = pages;
    return SQLITE_OK;
}

// Made here so that nobody else can read it; SQLite gives the log the mode of the file. One that is
// there is not opened: closing any descriptor of a file ends all POSIX locks that the process has
// on it (fcntl(2)), SQLite's among them, and then another host that closes the database believes
// to be the last one and takes our log away.
static int make_file(const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST ? 0 : err_set(err, ERR_IO, "%s: %m", path);
    close(fd);
    return 0;
}

static int open_handle(struct store_db *db, const struct store_config *config, struct err *err)
{
    int status = make_file(config->path, err);
    if (status != 0)
        return status;
    char *uri = uri_of(config->path);
    int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI | SQLITE_OPEN_EXRESCODE;
    int rc = sqlite3_open_v2(uri, &db->handle, flags, NULL);
    free(uri);
    if (rc != SQLITE_OK)
        return sqlite_error(db, rc, config->path, err);
    sqlite3_busy_timeout(db->handle, (int)config->busy_timeout_ms);
    return 0;
}

// Once a process and before SQLite's first use, after that it does nothing: without its statistics
// no allocation takes a lock that all connections share.
static void configure_once(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int db_open(struct store_db **out, const struct store_config *config, enum db_role role,
            struct err *err)
{
    configure_once();
    struct store_db *db = mem_zero(1, sizeof *db);
    db->role = role;
    store_sql_all(&db->statement_count);
    db->statements = mem_zero(db->statement_count, sizeof(sqlite3_stmt *));
    int status = open_handle(db, config, err);
    if (status == 0)
        status = set_options(db, err);
    if (status == 0)
        status = set_pragmas(db, config, err);
    if (status == 0)
        status = prepare_controls(db, err);
    if (status != 0) {
        db_close(db);
        return status;
    }
    sqlite3_wal_hook(db->handle, note_wal_pages, db); // replaces the automatic checkpoint
    *out = db;
    return 0;
}

void db_close(struct store_db *db)
{
    if (!db)
        return;
    for (size_t i = 0; i < db->statement_count; i++)
        sqlite3_finalize(db->statements[i]);
    for (int i = 0; i < DB_CONTROLS; i++)
        sqlite3_finalize(db->controls[i]);
    sqlite3_close(db->handle);
    free(db->statements);
    free(db);
}

static int run_control(struct store_db *db, enum db_control control)
{
    sqlite3_stmt *statement = db->controls[control];
    int rc = sqlite3_step(statement);
    int again = sqlite3_reset(statement);
    return rc == SQLITE_DONE ? SQLITE_OK : again ? again : rc;
}

int db_begin(struct store_db *db, struct err *err)
{
    db->stained = false;
    int rc = run_control(db, DB_CONTROL_BEGIN);
    return rc == SQLITE_OK ? 0 : sqlite_error(db, rc, "begin", err);
}

bool db_in_transaction(const struct store_db *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

void db_rollback(struct store_db *db)
{
    if (db_in_transaction(db))
        run_control(db, DB_CONTROL_ROLLBACK);
}

enum db_commit db_commit(struct store_db *db, struct err *err)
{
    if (!db_in_transaction(db)) {
        err_set(err, ERR_IO, "the transaction was closed before its commit");
        return DB_REFUSED;
    }
    int rc = run_control(db, DB_CONTROL_COMMIT);
    if (rc == SQLITE_OK)
        return DB_COMMITTED;
    sqlite_error(db, rc, "commit", err);
    db_rollback(db);
    // Only these two are found before anything is written; after any other the frames of the
    // commit may lie in the log, complete, and a restart would find them.
    bool before = (rc & 0xFF) == SQLITE_BUSY || (rc & 0xFF) == SQLITE_CONSTRAINT;
    return before ? DB_REFUSED : DB_UNKNOWN;
}

static void close_cursors(struct store_db *db)
{
    for (size_t i = 0; i < db->statement_count; i++)
        if (db->statements[i])
            sqlite3_reset(db->statements[i]);
    db->open_cursors = 0;
}

// What the job did counts only when all of it worked and nothing is left open.
static int judge_job(struct store_db *db, int status, struct err *err)
{
    if (status >= 0 && db->failure)
        status = err_set(err, db->failure, "%s", db->failure_err.message);
    if (db->open_cursors) {
        close_cursors(db);
        if (status >= 0)
            status = err_set(err, ERR_INVALID, "a job left a cursor open");
    }
    int deferred = 0, highest = 0;
    sqlite3_db_status(db->handle, SQLITE_DBSTATUS_DEFERRED_FKS, &deferred, &highest, 0);
    if (deferred && status >= 0)
        status = err_set(err, ERR_INVALID, "a job left a foreign key unresolved");
    return status;
}

// Ends the job's savepoint, if it has one.
static int end_savepoint(struct store_db *db, bool refused)
{
    int rc = refused ? run_control(db, DB_CONTROL_ROLLBACK_TO) : SQLITE_OK;
    return rc == SQLITE_OK ? run_control(db, DB_CONTROL_RELEASE) : rc;
}

int db_run_job(struct store_db *db, enum db_undo undo, const struct store_call *call,
               struct err *err)
{
    db->failure = 0;
    db->wrote = false;
    int rc = undo == DB_SAVEPOINT ? run_control(db, DB_CONTROL_SAVEPOINT) : SQLITE_OK;
    if (rc != SQLITE_OK)
        return sqlite_error(db, rc, "savepoint", err);
    int status = judge_job(db, call->job(db, call->argument, err), err);
    if (!db_in_transaction(db))
        return status < 0 ? status : err_set(err, ERR_IO, "the transaction was closed by a job");
    if (undo == DB_NO_SAVEPOINT) {
        db->stained |= status < 0 && db->wrote;
        return status;
    }
    rc = end_savepoint(db, status < 0);
    if (rc != SQLITE_OK) {
        status = sqlite_error(db, rc, "savepoint", err);
        db_rollback(db);
    }
    return status;
}

bool db_stained(const struct store_db *db)
{
    return db->stained;
}

int db_script(struct store_db *db, const char *text, struct err *err)
{
    int rc = sqlite3_exec(db->handle, text, NULL, NULL, NULL);
    return rc == SQLITE_OK ? 0 : sqlite_error(db, rc, "script", err);
}

STORE_SQL(store_settle, "UPDATE store_state SET value = value + 1 WHERE name = 'settled'");

int db_settle(struct store_db *db, struct err *err)
{
    int status = db_begin(db, err);
    if (status != 0)
        return status;
    status = store_exec(db, store_settle, BIND(), err);
    if (status < 0) {
        db_rollback(db);
        return status;
    }
    return db_commit(db, err) == DB_COMMITTED ? 0 : ERR_IO;
}

uint64_t db_wal_pages(const struct store_db *db)
{
    return (uint64_t)db->wal_pages;
}

int db_secure(struct store_db *db, struct err *err)
{
    int left = 0, moved = 0;
    int rc =
        sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_PASSIVE, &left, &moved);
    bool busy = (rc & 0xFF) == SQLITE_BUSY; // the other host's checkpoint does as well
    return rc == SQLITE_OK || busy ? 0 : sqlite_error(db, rc, "checkpoint at the start", err);
}

void db_checkpoint(struct store_db *db)
{
    int left = 0, moved = 0;
    sqlite3_wal_checkpoint_v2(db->handle, "main", SQLITE_CHECKPOINT_PASSIVE, &left, &moved);
}
