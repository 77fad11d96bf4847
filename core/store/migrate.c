// SPDX-License-Identifier: Apache-2.0
#include "store/migrate.h"

#include "base/crypto.h"

#include <stdlib.h>

const char migration_table[] = "CREATE TABLE IF NOT EXISTS store_migration ("
                               "number BIGINT PRIMARY KEY, kind TEXT NOT NULL, "
                               "hash TEXT NOT NULL, applied BIGINT NOT NULL)";

STORE_SQL(migration_list, "SELECT number, hash, kind FROM store_migration ORDER BY number");
STORE_SQL(migration_note, "INSERT INTO store_migration (number, kind, hash, applied) "
                          "VALUES ($1, $2, $3, $4)");

const char *migration_kind(const char *text)
{
    struct str all = str_from(text);
    if (str_starts(all, STR("-- expand: ")))
        return "expand";
    return str_starts(all, STR("-- contract: ")) ? "contract" : NULL;
}

static void hash_text(const char *text, struct buf *out)
{
    struct crypto_hash hash = crypto_sha256(str_from(text));
    crypto_hex(hash.bytes, sizeof hash.bytes, out);
}

static int check_known(const struct migrations *migrations, const struct store_cursor *row,
                       size_t number, struct err *err)
{
    struct buf hash = {0};
    hash_text(migrations->all[number - 1].sqlite, &hash);
    bool same = str_equal(cursor_text(row, 1), buf_str(&hash));
    buf_finish(&hash);
    return same
               ? 0
               : err_set(err, ERR_CONFLICT,
                         "the database was made by another migration %zu than this host's", number);
}

// A newer host was here. What it added does no harm; what it took away would.
static int check_unknown(const struct migrations *migrations, const struct store_cursor *row,
                         size_t number, struct err *err)
{
    if (str_is(cursor_text(row, 2), "expand"))
        return 0;
    return err_set(err, ERR_CONFLICT,
                   "the database is newer than this host: it has migration %zu, this host knows "
                   "%zu; start the newer host",
                   number, migrations->count);
}

// Compares what the database has with what the host knows; *next is the first number it lacks.
static int check_applied(struct store_db *db, const struct migrations *migrations, size_t *next,
                         struct err *err)
{
    struct store_cursor row;
    int status = store_query(db, migration_list, BIND(), &row, err);
    *next = 1;
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        size_t number = (size_t)cursor_int(&row, 0);
        if (number != *next)
            status = err_set(err, ERR_CONFLICT, "the database lacks migration %zu but has %zu",
                             *next, number);
        else if (number > migrations->count)
            status = check_unknown(migrations, &row, number, err);
        else
            status = check_known(migrations, &row, number, err);
        *next = number + 1;
    }
    cursor_finish(&row);
    return status;
}

static int apply(struct store_db *db, const struct migration *migration, int64_t now_ms,
                 struct err *err)
{
    const char *kind = migration_kind(migration->sqlite);
    if (!kind)
        return err_set(err, ERR_INVALID, "the first line names neither expand nor contract");
    int status = db_script(db, migration->sqlite, err);
    if (status != 0)
        return status;
    struct buf hash = {0};
    hash_text(migration->sqlite, &hash);
    status = store_exec(db, migration_note,
                        BIND(bind_int(migration->number), bind_string(kind),
                             bind_text(buf_str(&hash)), bind_int(now_ms)),
                        err);
    buf_finish(&hash);
    return status < 0 ? status : 0;
}

static int apply_in_transaction(struct store_db *db, const struct migration *migration,
                                int64_t now_ms, struct err *err)
{
    int status = db_begin(db, err);
    if (status != 0)
        return status;
    status = apply(db, migration, now_ms, err);
    if (status == 0 && db_commit(db, err) != DB_COMMITTED)
        status = ERR_IO;
    db_rollback(db);
    return status;
}

static bool contracts(const struct migration *migration)
{
    const char *kind = migration_kind(migration->sqlite);
    return kind && strcmp(kind, "contract") == 0;
}

// What contracts waits for the older host's end, and nothing may be built on it before.
static int check_waiting(const struct migrations *migrations, size_t first, struct err *err)
{
    for (size_t number = first; number <= migrations->count; number++)
        if (!contracts(&migrations->all[number - 1]))
            return err_set(err, ERR_CONFLICT,
                           "migration %zu needs %zu, which waits until no older host runs; "
                           "upgrade to the release between the two first, or stop this host and "
                           "start the new one",
                           number, first);
    return 0;
}

int migrate(struct store_db *db, const struct migrations *migrations, bool older_runs,
            struct err *err)
{
    size_t next;
    int status = db_script(db, migration_table, err);
    if (status == 0)
        status = check_applied(db, migrations, &next, err);
    for (; status == 0 && next <= migrations->count; next++) {
        const struct migration *migration = &migrations->all[next - 1];
        if (older_runs && contracts(migration))
            return check_waiting(migrations, next, err);
        status = apply_in_transaction(db, migration, migrations->now_ms, err);
        if (status != 0)
            err_prefix(err, "migration %03zu", next);
    }
    return status;
}

int migrate_rest(struct store_db *db, const struct migrations *migrations, struct err *err)
{
    size_t next;
    int status = check_applied(db, migrations, &next, err);
    for (; status == 0 && next <= migrations->count; next++) {
        status = apply(db, &migrations->all[next - 1], migrations->now_ms, err);
        if (status != 0)
            err_prefix(err, "migration %03zu", next);
    }
    return status;
}
