// SPDX-License-Identifier: Apache-2.0
//
// Statements on SQLite. A connection keeps one prepared statement for each STORE_SQL it has met,
// found by the statement's index in the linker section.
#include "store/sqlite_db.h"

#include <stdio.h>

extern const struct store_sql store_sql_first[] __asm__("__start_store_sql");
extern const struct store_sql store_sql_end[] __asm__("__stop_store_sql");

const struct store_sql *store_sql_all(size_t *count)
{
    *count = (size_t)(store_sql_end - store_sql_first);
    return store_sql_first;
}

// A statement of the job failed: the job fails with it (the first one wins).
static int job_failure(struct store_db *db, int code, struct err *err, const char *message)
{
    if (!db->failure) {
        db->failure = code;
        err_set(&db->failure_err, code, "%s", message);
    }
    return err_set(err, code, "%s", message);
}

static int statement_error(struct store_db *db, const struct store_sql *sql, int rc,
                           struct err *err)
{
    struct err seen;
    sqlite_error(db, rc, sql->name, &seen);
    return job_failure(db, seen.code, err, seen.message);
}

// $N counts by first appearance in SQLite; ?N means N. Quoted text and comments stay.
static void number_parameters(const char *text, struct buf *out)
{
    char quote = 0;
    for (const char *p = text; *p; p++) {
        if (quote) {
            quote = *p == quote ? '\0' : quote;
        } else if (*p == '\'' || *p == '"') {
            quote = *p;
        } else if (*p == '$' && p[1] >= '1' && p[1] <= '9') {
            buf_append_char(out, '?');
            continue;
        }
        buf_append_char(out, *p);
    }
}

static int find_statement(struct store_db *db, const struct store_sql *sql, sqlite3_stmt **out,
                          struct err *err)
{
    size_t index = (size_t)(sql - store_sql_first);
    sqlite3_stmt **slot = &db->statements[index];
    if (!*slot) {
        struct buf text = {0};
        number_parameters(sql->text, &text);
        int rc = sqlite3_prepare_v3(db->handle, text.data, (int)text.size,
                                    SQLITE_PREPARE_PERSISTENT, slot, NULL);
        buf_finish(&text);
        if (rc != SQLITE_OK)
            return statement_error(db, sql, rc, err);
    }
    if (sqlite3_stmt_busy(*slot))
        return job_failure(db, ERR_INVALID, err, "a statement is run while a cursor is on it");
    *out = *slot;
    return 0;
}

int db_prepare(struct store_db *db, const struct store_sql *sql, struct err *err)
{
    sqlite3_stmt *statement;
    return find_statement(db, sql, &statement, err);
}

static int bind_one(sqlite3_stmt *statement, int index, const struct store_value *value)
{
    const char *data = value->bytes.data ? value->bytes.data : "";
    switch (value->kind) {
    case STORE_INTEGER:
        return sqlite3_bind_int64(statement, index, value->integer);
    case STORE_TEXT:
        return sqlite3_bind_text64(statement, index, data, value->bytes.size, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case STORE_BYTES:
        return sqlite3_bind_blob64(statement, index, data, value->bytes.size, SQLITE_STATIC);
    case STORE_NULL:
        break;
    }
    return sqlite3_bind_null(statement, index);
}

static int bind_all(struct store_db *db, const struct store_sql *sql, struct store_values values,
                    sqlite3_stmt **out, struct err *err)
{
    int status = find_statement(db, sql, out, err);
    if (status != 0)
        return status;
    if (sqlite3_bind_parameter_count(*out) != (int)values.count)
        return job_failure(db, ERR_INVALID, err, "a statement got the wrong number of values");
    for (size_t i = 0; i < values.count; i++) {
        int rc = bind_one(*out, (int)i + 1, &values.at[i]);
        if (rc != SQLITE_OK)
            return statement_error(db, sql, rc, err);
    }
    return 0;
}

// A failed statement, or one that is not INSERT, UPDATE or DELETE, may have changed things too.
static void note_write(struct store_db *db, sqlite3_stmt *statement, int rc)
{
    if (sqlite3_stmt_readonly(statement))
        return;
    const char *text = sqlite3_sql(statement);
    bool counted = rc == SQLITE_DONE && strchr("IUD", text[0]);
    if (!counted || sqlite3_changes64(db->handle) > 0)
        db->wrote = true;
}

int store_exec(struct store_db *db, const struct store_sql *sql, struct store_values values,
               struct err *err)
{
    sqlite3_stmt *statement;
    int status = bind_all(db, sql, values, &statement, err);
    if (status != 0)
        return status;
    int rc;
    do
        rc = sqlite3_step(statement);
    while (rc == SQLITE_ROW);
    note_write(db, statement, rc);
    if (rc != SQLITE_DONE)
        status = statement_error(db, sql, rc, err);
    sqlite3_reset(statement);
    if (status != 0)
        return status;
    return sqlite3_stmt_readonly(statement) ? 0 : (int)sqlite3_changes64(db->handle);
}

int store_query(struct store_db *db, const struct store_sql *sql, struct store_values values,
                struct store_cursor *cursor, struct err *err)
{
    sqlite3_stmt *statement;
    *cursor = (struct store_cursor){.db = db, .sql = sql};
    int status = bind_all(db, sql, values, &statement, err);
    if (status != 0)
        return status;
    cursor->statement = statement;
    db->open_cursors++;
    return 0;
}

int cursor_next(struct store_cursor *cursor, struct err *err)
{
    if (!cursor->statement)
        return 0;
    int rc = sqlite3_step(cursor->statement);
    note_write(cursor->db, cursor->statement, rc);
    if (rc == SQLITE_ROW)
        return 1;
    int status = rc == SQLITE_DONE ? 0 : statement_error(cursor->db, cursor->sql, rc, err);
    cursor_finish(cursor);
    return status;
}

int store_one(struct store_db *db, const struct store_sql *sql, struct store_values values,
              struct store_cursor *cursor, struct err *err)
{
    int status = store_query(db, sql, values, cursor, err);
    return status == 0 ? cursor_next(cursor, err) : status;
}

void cursor_finish(struct store_cursor *cursor)
{
    if (!cursor->statement)
        return;
    sqlite3_reset(cursor->statement);
    cursor->statement = NULL;
    cursor->db->open_cursors--;
}

// False for NULL and for another type, which is a mistake of the job.
static bool column_is(const struct store_cursor *cursor, int column, int type)
{
    int is = sqlite3_column_type(cursor->statement, column);
    if (is == type)
        return true;
    if (is != SQLITE_NULL) {
        char message[160];
        snprintf(message, sizeof message, "%s: column %d has another type", cursor->sql->name,
                 column);
        job_failure(cursor->db, ERR_INVALID, NULL, message);
    }
    return false;
}

bool cursor_null(const struct store_cursor *cursor, int column)
{
    return sqlite3_column_type(cursor->statement, column) == SQLITE_NULL;
}

int64_t cursor_int(const struct store_cursor *cursor, int column)
{
    if (!column_is(cursor, column, SQLITE_INTEGER))
        return 0;
    return sqlite3_column_int64(cursor->statement, column);
}

struct str cursor_text(const struct store_cursor *cursor, int column)
{
    if (!column_is(cursor, column, SQLITE_TEXT))
        return (struct str){0};
    const char *data = (const char *)sqlite3_column_text(cursor->statement, column);
    return (struct str){data, (size_t)sqlite3_column_bytes(cursor->statement, column)};
}

struct str cursor_bytes(const struct store_cursor *cursor, int column)
{
    if (!column_is(cursor, column, SQLITE_BLOB))
        return (struct str){0};
    const char *data = sqlite3_column_blob(cursor->statement, column);
    return (struct str){data, (size_t)sqlite3_column_bytes(cursor->statement, column)};
}

void cursor_copy(const struct store_cursor *cursor, int column, char *out, size_t size)
{
    struct str text = cursor_text(cursor, column);
    if (text.size >= size) {
        job_failure(cursor->db, ERR_INVALID, NULL, "a text does not fit where it is copied to");
        text.size = 0;
    }
    if (text.size)
        memcpy(out, text.data, text.size);
    out[text.size] = '\0';
}
