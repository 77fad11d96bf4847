// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_STORE_STATEMENT_H
#define MEDINA_STORE_STATEMENT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

// What a job sees of the database. Statements are static, written once for both engines and
// registered in a linker section, so that a test can prepare every statement the host has:
//
//     STORE_SQL(account_insert, "INSERT INTO account (id, created) VALUES ($1, $2)");
//     STORE_SQL(account_by_id, "SELECT created, level FROM account WHERE id = $1");
//
//     int status = store_exec(db, account_insert, BIND(bind_string(id), bind_int(now)), err);
//
//     struct store_cursor row;
//     int found = store_one(db, account_by_id, BIND(bind_string(id)), &row, err);
//     if (found <= 0)
//         return found < 0 ? found : err_set(err, ERR_NOT_FOUND, "no such account");
//     int64_t created = cursor_int(&row, 0);
//     cursor_finish(&row);
//
// Rules both engines keep: 64-bit integers, text and bytes only; time in epoch milliseconds; sums
// cast (`CAST(sum(x) AS BIGINT)`); no LIKE. A statement that fails fails its job, whatever the job
// returns; probe with SELECT or ON CONFLICT DO NOTHING instead of failing and going on.

struct store_db; // one job's database; valid until the job returns

struct store_sql {
    const char *name;
    const char *text; // parameters are $1, $2, …
    const char *file;
    long line;
};

// Defines the statement name (an array of one, so that it passes as a pointer).
#define STORE_SQL(name, text)                                                                      \
    static const struct store_sql name[1]                                                          \
        __attribute__((section("store_sql"), used, aligned(8))) = {                                \
            {#name, text, __FILE__, __LINE__}}

// All statements of the program, in no order.
const struct store_sql *store_sql_all(size_t *count);

enum store_kind { STORE_NULL, STORE_INTEGER, STORE_TEXT, STORE_BYTES };

struct store_value {
    enum store_kind kind;
    int64_t integer;
    struct str bytes; // borrowed until the statement ran
};

struct store_values {
    const struct store_value *at;
    size_t count;
};

// The parameters $1, $2, … in order; BIND() for none.
#define BIND(...)                                                                                  \
    ((struct store_values){(const struct store_value[]){__VA_ARGS__},                              \
                           sizeof((const struct store_value[]){__VA_ARGS__}) /                     \
                               sizeof(struct store_value)})

static inline struct store_value bind_null(void)
{
    return (struct store_value){.kind = STORE_NULL};
}

static inline struct store_value bind_int(int64_t value)
{
    return (struct store_value){.kind = STORE_INTEGER, .integer = value};
}

static inline struct store_value bind_text(struct str text)
{
    return (struct store_value){.kind = STORE_TEXT, .bytes = text};
}

static inline struct store_value bind_string(const char *text) // NULL binds NULL
{
    return text ? bind_text(str_from(text)) : bind_null();
}

static inline struct store_value bind_bytes(const void *data, size_t size)
{
    return (struct store_value){.kind = STORE_BYTES, .bytes = {(const char *)data, size}};
}

// Runs a statement to its end: the number of rows it changed, or a negative code. ERR_CONFLICT for
// a broken constraint (unique, foreign key, check), ERR_IO for what the disk refused.
int store_exec(struct store_db *db, const struct store_sql *sql, struct store_values values,
               struct err *err);

// The rows of a SELECT (or of RETURNING), one at a time. Lives on the job's stack.
struct store_cursor {
    struct store_db *db;
    const struct store_sql *sql;
    void *statement; // NULL: finished
};

// Binds; cursor_next gives the first row. One cursor a statement at a time.
int store_query(struct store_db *db, const struct store_sql *sql, struct store_values values,
                struct store_cursor *cursor, struct err *err);

// 1: a row is there; 0: no more, the cursor has finished itself; negative: failed, likewise.
int cursor_next(struct store_cursor *cursor, struct err *err);

// Query and first row in one: 1, 0 or negative as cursor_next. After 1 finish the cursor.
int store_one(struct store_db *db, const struct store_sql *sql, struct store_values values,
              struct store_cursor *cursor, struct err *err);

void cursor_finish(struct store_cursor *cursor); // may be called twice

// Columns from 0. Asking for another type than the column's is a mistake that fails the job; NULL
// reads as 0 or the empty str. Borrowed bytes last until cursor_next or cursor_finish.
bool cursor_null(const struct store_cursor *cursor, int column);
int64_t cursor_int(const struct store_cursor *cursor, int column);
struct str cursor_text(const struct store_cursor *cursor, int column);
struct str cursor_bytes(const struct store_cursor *cursor, int column);

// NUL-terminated copy of a text; one that does not fit fails the job and gives "".
void cursor_copy(const struct store_cursor *cursor, int column, char *out, size_t size);

#endif
