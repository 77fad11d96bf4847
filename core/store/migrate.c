// SPDX-License-Identifier: Apache-2.0
#include "store/migrate.h"

#include "base/crypto.h"

#include <stdlib.h>

const char migration_table[] = "CREATE TABLE IF NOT EXISTS store_migration ("
                               "number BIGINT PRIMARY KEY, kind TEXT NOT NULL, "
                               "hash TEXT NOT NULL, applied BIGINT NOT NULL)";

STORE_SQL(migration_list, "SELECT number, hash FROM store_migration ORDER BY number");
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

// Compares what the database has with what the host knows; *next is the first number it lacks.
static int check_applied(struct store_db *db, size_t *next, struct err *err)
{
    size_t known;
    const struct migration *all = migration_all(&known);
    struct store_cursor row;
    int status = store_query(db, migration_list, BIND(), &row, err);
    *next = 1;
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        size_t number = (size_t)cursor_int(&row, 0);
        status = 0;
        if (number > known) {
            status = err_set(err, ERR_CONFLICT,
                             "the database is newer than this host: it has migration %zu, this "
                             "host knows %zu; start the newer host",
                             number, known);
            break;
        }
        struct buf hash = {0};
        hash_text(all[number - 1].sqlite, &hash);
        if (number != *next || !str_equal(cursor_text(&row, 1), buf_str(&hash)))
            status =
                err_set(err, ERR_CONFLICT,
                        "the database was made by another migration %zu than this host's", number);
        buf_finish(&hash);
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

int migrate(struct store_db *db, int64_t now_ms, struct err *err)
{
    size_t count, next;
    const struct migration *all = migration_all(&count);
    int status = db_script(db, migration_table, err);
    if (status == 0)
        status = check_applied(db, &next, err);
    for (; status == 0 && next <= count; next++) {
        status = apply_in_transaction(db, &all[next - 1], now_ms, err);
        if (status != 0)
            err_prefix(err, "migration %03zu", next);
    }
    return status;
}
