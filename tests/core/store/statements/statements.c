// SPDX-License-Identifier: Apache-2.0
//
// Every statement of the host (the program links all rooms whole) on both engines. PostgreSQL is
// not a back end yet; this keeps it possible.
#include "base/arena.h"
#include "store/migrate.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef MEDINA_HAVE_LIBPQ
#include <libpq-fe.h>
#endif

static struct buf lower(const char *text)
{
    struct buf out = {0};
    for (; *text; text++)
        buf_append_char(&out, (char)tolower((unsigned char)*text));
    return out;
}

// A word of SQL, not a part of a longer one.
static bool has_word(const char *text, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = text; (at = strstr(at, word)); at += size) {
        bool before = at > text && (isalnum((unsigned char)at[-1]) || at[-1] == '_');
        bool after = isalnum((unsigned char)at[size]) || at[size] == '_';
        if (!before && !after)
            return true;
    }
    return false;
}

static bool sums_are_cast(const char *text)
{
    for (const char *at = text; (at = strstr(at, "sum(")); at += 4)
        if (at - text < 5 || strncmp(at - 5, "cast(", 5) != 0)
            return false;
    return true;
}

Test(statements, keep_to_what_both_engines_mean_alike)
{
    size_t count;
    const struct store_sql *all = store_sql_all(&count);
    cr_assert_gt(count, 3);
    for (size_t i = 0; i < count; i++) {
        struct buf text = lower(all[i].text);
        cr_expect_not(has_word(text.data, "like"), "%s uses LIKE", all[i].name);
        cr_expect_not(has_word(text.data, "replace into"), "%s uses REPLACE", all[i].name);
        cr_expect_not(has_word(text.data, "insert or"), "%s uses INSERT OR", all[i].name);
        cr_expect(sums_are_cast(text.data), "%s has a sum without a cast", all[i].name);
        buf_finish(&text);
    }
}

static struct store_db *open_database(char *folder)
{
    struct err err = {0};
    struct store_db *db = NULL;
    char path[128];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/city.db", folder);
    struct store_config config = {.path = path, .busy_timeout_ms = 1000, .cache_kib = 1000};
    cr_assert_eq(db_open(&db, &config, DB_WRITER, &err), 0, "%s", err.message);
    struct migrations ours = {0};
    ours.all = migration_all(&ours.count);
    cr_assert_eq(migrate(db, &ours, false, &err), 0, "%s", err.message);
    return db;
}

static void remove_folder(const char *folder)
{
    char command[160];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_assert_eq(system(command), 0);
}

Test(statements, all_prepare_on_sqlite)
{
    char folder[] = "/tmp/medina-statements-XXXXXX";
    struct store_db *db = open_database(folder);
    size_t count;
    const struct store_sql *all = store_sql_all(&count);
    for (size_t i = 0; i < count; i++) {
        struct err err = {0};
        cr_expect_eq(db_prepare(db, &all[i], &err), 0, "%s:%ld: %s", all[i].file, all[i].line,
                     err.message);
    }
    db_close(db);
    remove_folder(folder);
}

#ifdef MEDINA_HAVE_LIBPQ

// Runs a program of PostgreSQL's; as root it must be another user's.
static int run_as(const struct passwd *user, char *const *arguments)
{
    pid_t child = fork();
    if (child == 0) {
        if (user && (setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
            _exit(126);
        if (!freopen("/dev/null", "w", stdout))
            _exit(126);
        execv(arguments[0], arguments);
        _exit(127);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

struct server {
    char folder[64];
    struct arena arena;
    const struct passwd *user;
    char *bin;
    char *data;
};

static bool find_server(struct server *server)
{
    glob_t found = {0};
    if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &found) == 0) {
        struct str path = str_from(found.gl_pathv[found.gl_pathc - 1]);
        path.size -= strlen("/initdb");
        server->bin = arena_string(&server->arena, path);
    }
    globfree(&found);
    if (geteuid() == 0)
        server->user = getpwnam("postgres") ? getpwnam("postgres") : getpwnam("nobody");
    return server->bin && (geteuid() != 0 || server->user);
}

static void start_server(struct server *server)
{
    struct arena *a = &server->arena;
    strcpy(server->folder, "/tmp/medina-postgres-XXXXXX");
    cr_assert_not_null(mkdtemp(server->folder));
    if (server->user)
        cr_assert_eq(chown(server->folder, server->user->pw_uid, server->user->pw_gid), 0);
    server->data = arena_printf(a, "%s/data", server->folder);
    char *init[] = {arena_printf(a, "%s/initdb", server->bin),
                    "-D",
                    server->data,
                    "-U",
                    "medina",
                    "-A",
                    "trust",
                    "-E",
                    "UTF8",
                    "--locale=C",
                    "--no-sync",
                    NULL};
    cr_assert_eq(run_as(server->user, init), 0, "initdb failed");
    char *start[] = {arena_printf(a, "%s/pg_ctl", server->bin),
                     "-D",
                     server->data,
                     "-w",
                     "-t",
                     "60",
                     "-l",
                     arena_printf(a, "%s/log", server->folder),
                     "-o",
                     arena_printf(a, "-k %s -h '' -c fsync=off", server->folder),
                     "start",
                     NULL};
    cr_assert_eq(run_as(server->user, start), 0, "pg_ctl start failed");
}

static void stop_server(struct server *server)
{
    char *stop[] = {arena_printf(&server->arena, "%s/pg_ctl", server->bin),
                    "-D",
                    server->data,
                    "-m",
                    "immediate",
                    "-w",
                    "stop",
                    NULL};
    run_as(server->user, stop);
    remove_folder(server->folder);
    arena_finish(&server->arena);
}

static void note(struct buf *faults, const char *what, PGresult *result, ExecStatusType expected)
{
    if (PQresultStatus(result) != expected)
        buf_printf(faults, "%s: %s", what, PQresultErrorMessage(result));
    PQclear(result);
}

static void migrate_postgres(PGconn *connection, struct buf *faults)
{
    size_t count;
    const struct migration *all = migration_all(&count);
    note(faults, "migration table", PQexec(connection, migration_table), PGRES_COMMAND_OK);
    for (size_t i = 0; i < count; i++) {
        char name[32];
        snprintf(name, sizeof name, "%03d.postgres.sql", all[i].number);
        note(faults, name, PQexec(connection, all[i].postgres), PGRES_COMMAND_OK);
    }
}

STORE_SQL(columns_of_sqlite,
          "SELECT m.name || '.' || c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c "
          "WHERE m.type = 'table' ORDER BY 1");

static int list_columns(struct store_db *db, void *argument, struct err *err)
{
    struct store_cursor row;
    int status = store_query(db, columns_of_sqlite, BIND(), &row, err);
    while (status == 0 && cursor_next(&row, err) == 1) {
        buf_append_str(argument, cursor_text(&row, 0));
        buf_append_char(argument, '\n');
    }
    return status;
}

static void compare_columns(PGconn *connection, struct buf *faults)
{
    char folder[] = "/tmp/medina-statements-XXXXXX";
    struct store_db *db = open_database(folder);
    struct buf sqlite = {0}, postgres = {0};
    list_columns(db, &sqlite, NULL);
    PGresult *rows =
        PQexec(connection, "SELECT table_name || '.' || column_name FROM "
                           "information_schema.columns WHERE table_schema = 'public' ORDER BY 1");
    for (int i = 0; i < PQntuples(rows); i++)
        buf_printf(&postgres, "%s\n", PQgetvalue(rows, i, 0));
    PQclear(rows);
    if (!str_equal(buf_str(&sqlite), buf_str(&postgres)))
        buf_printf(faults, "SQLite has\n%s\nPostgreSQL has\n%s\n", sqlite.data, postgres.data);
    buf_finish(&sqlite);
    buf_finish(&postgres);
    db_close(db);
    remove_folder(folder);
}

Test(statements, all_prepare_on_postgresql_and_both_schemas_have_the_same_columns)
{
    struct server server = {0};
    if (!find_server(&server))
        cr_skip_test("no PostgreSQL server is installed");
    start_server(&server);
    struct buf faults = {0};
    char options[128];
    snprintf(options, sizeof options, "host=%s user=medina dbname=postgres", server.folder);
    PGconn *connection = PQconnectdb(options);
    if (PQstatus(connection) != CONNECTION_OK)
        buf_append_text(&faults, PQerrorMessage(connection));
    migrate_postgres(connection, &faults);
    size_t count;
    const struct store_sql *all = store_sql_all(&count);
    for (size_t i = 0; i < count; i++)
        if (!strstr(all[i].file, "/tests/"))
            note(&faults, all[i].name, PQprepare(connection, all[i].name, all[i].text, 0, NULL),
                 PGRES_COMMAND_OK);
    compare_columns(connection, &faults);
    PQfinish(connection);
    stop_server(&server);
    cr_expect_eq(faults.size, 0, "%s", faults.data);
    buf_finish(&faults);
}

#else

Test(statements, all_prepare_on_postgresql_and_both_schemas_have_the_same_columns)
{
    cr_skip_test("built without libpq");
}

#endif
