// SPDX-License-Identifier: Apache-2.0
#include "host/storage.h"

#include <endian.h>

STORE_SQL(value_get, "SELECT value FROM plugin_value WHERE instance = $1 AND name = $2 "
                     "AND (expires = 0 OR expires > $3)");
STORE_SQL(value_put, "INSERT INTO plugin_value (instance, name, value, expires) "
                     "VALUES ($1, $2, $3, $4) ON CONFLICT (instance, name) DO UPDATE SET "
                     "value = excluded.value, expires = excluded.expires");
STORE_SQL(value_remove, "DELETE FROM plugin_value WHERE instance = $1 AND name = $2");
STORE_SQL(value_size, "SELECT CAST(length(value) + length(name) AS BIGINT) FROM plugin_value "
                      "WHERE instance = $1 AND name = $2");
// Bytes are ordered as memcmp orders them by both engines, and the primary key is in that order.
STORE_SQL(value_scan, "SELECT name, value FROM plugin_value WHERE instance = $1 AND name >= $2 "
                      "AND name < $3 AND (expires = 0 OR expires > $4) ORDER BY name LIMIT $5");
STORE_SQL(usage_get, "SELECT bytes FROM plugin_usage WHERE instance = $1");
STORE_SQL(usage_add, "INSERT INTO plugin_usage (instance, bytes) VALUES ($1, $2) "
                     "ON CONFLICT (instance) DO UPDATE SET bytes = plugin_usage.bytes + $2");
// An insert of a negative sum would break the check before it finds the row that is there.
STORE_SQL(usage_take, "UPDATE plugin_usage SET bytes = bytes - $2 WHERE instance = $1");
STORE_SQL(expired_size,
          "SELECT coalesce(CAST(sum(length(value) + length(name)) AS BIGINT), 0) FROM plugin_value "
          "WHERE instance = $1 AND expires > 0 AND expires <= $2");
STORE_SQL(expired_remove,
          "DELETE FROM plugin_value WHERE instance = $1 AND expires > 0 AND expires <= $2");

struct job {
    const struct storage_request *request;
    struct arena *arena;
    struct str value;
    int status;
};

static struct store_value instance_of(const struct job *job)
{
    return bind_string(job->request->instance);
}

// Names are kept as bytes, so that both engines count them alike.
static struct store_value name_of(const struct job *job)
{
    const struct str name = job->request->kv->key;
    return bind_bytes(name.data, name.size);
}

static int one_integer(struct store_db *db, const struct store_sql *sql, struct store_values values,
                       int64_t *out, struct err *err)
{
    struct store_cursor row;
    *out = 0;
    int rc = store_one(db, sql, values, &row, err);
    if (rc > 0) {
        *out = cursor_int(&row, 0);
        cursor_finish(&row);
    }
    return rc < 0 ? rc : 0;
}

static int change_usage(struct store_db *db, const struct job *job, int64_t bytes, struct err *err)
{
    if (bytes == 0)
        return 0;
    if (bytes < 0)
        return store_exec(db, usage_take, BIND(instance_of(job), bind_int(-bytes)), err);
    return store_exec(db, usage_add, BIND(instance_of(job), bind_int(bytes)), err);
}

// What has expired counts no longer.
static int sweep(struct store_db *db, const struct job *job, struct err *err)
{
    int64_t bytes;
    struct store_value now = bind_int(job->request->now_ms);
    int rc = one_integer(db, expired_size, BIND(instance_of(job), now), &bytes, err);
    if (rc < 0 || bytes == 0)
        return rc;
    rc = store_exec(db, expired_remove, BIND(instance_of(job), now), err);
    return rc < 0 ? rc : change_usage(db, job, -bytes, err);
}

static int get(struct store_db *db, struct job *job, struct err *err)
{
    struct store_cursor row;
    int rc =
        store_one(db, value_get,
                  BIND(instance_of(job), name_of(job), bind_int(job->request->now_ms)), &row, err);
    job->status = rc > 0 ? WIRE_OK : WIRE_NOT_FOUND;
    if (rc > 0) {
        struct str value = cursor_bytes(&row, 0);
        job->value = (struct str){arena_string(job->arena, value), value.size};
        cursor_finish(&row);
    }
    return rc < 0 ? rc : 0;
}

// 0 is never; a time to live beyond all time ends at its end.
static int64_t expiry(int64_t now_ms, uint64_t ttl_ms)
{
    if (ttl_ms == 0)
        return 0;
    return ttl_ms < (uint64_t)(INT64_MAX - now_ms) ? now_ms + (int64_t)ttl_ms : INT64_MAX;
}

static int put(struct store_db *db, struct job *job, struct err *err)
{
    const struct wire_kv *kv = job->request->kv;
    int64_t old, used, fresh = (int64_t)(kv->key.size + kv->value.size);
    int rc = sweep(db, job, err);
    if (rc >= 0)
        rc = one_integer(db, value_size, BIND(instance_of(job), name_of(job)), &old, err);
    if (rc >= 0)
        rc = one_integer(db, usage_get, BIND(instance_of(job)), &used, err);
    if (rc < 0)
        return rc;
    if (used - old + fresh > (int64_t)job->request->quota) {
        job->status = WIRE_LIMITED;
        return 0;
    }
    int64_t expires = expiry(job->request->now_ms, kv->ttl_ms);
    rc = store_exec(db, value_put,
                    BIND(instance_of(job), name_of(job), bind_bytes(kv->value.data, kv->value.size),
                         bind_int(expires)),
                    err);
    job->status = WIRE_OK;
    return rc < 0 ? rc : change_usage(db, job, fresh - old, err);
}

static int remove_value(struct store_db *db, struct job *job, struct err *err)
{
    int64_t old;
    int rc = one_integer(db, value_size, BIND(instance_of(job), name_of(job)), &old, err);
    if (rc >= 0)
        rc = store_exec(db, value_remove, BIND(instance_of(job), name_of(job)), err);
    if (rc < 0)
        return rc;
    job->status = rc > 0 ? WIRE_OK : WIRE_NOT_FOUND;
    return change_usage(db, job, -old, err);
}

static int compare_and_set(struct store_db *db, struct job *job, struct err *err)
{
    int rc = get(db, job, err);
    if (rc < 0)
        return rc;
    struct str expected = job->request->kv->expected;
    bool same = job->status == WIRE_OK ? expected.size && str_equal(job->value, expected)
                                       : expected.size == 0;
    if (same)
        return put(db, job, err);
    job->status = WIRE_CONFLICT;
    return 0;
}

// ---- scanning ----

// The first name that may come: the prefix itself, or what follows the name that came last.
static struct str scan_begin(const struct job *job)
{
    struct str prefix = job->request->kv->key, after = job->request->kv->value;
    size_t common = prefix.size < after.size ? prefix.size : after.size;
    int order = common ? memcmp(after.data, prefix.data, common) : 0;
    if (!after.size || order < 0 || (order == 0 && after.size < prefix.size))
        return prefix;
    // With a NUL after it: the next one in the order of bytes. arena_string ends with one.
    return (struct str){arena_string(job->arena, after), after.size + 1};
}

// The first name behind all that begin with the prefix. Names are UTF-8, so that 0xFF is behind
// every one.
static struct str scan_end(const struct job *job)
{
    struct str prefix = job->request->kv->key;
    char *end = arena_string(job->arena, prefix.size ? prefix : STR("\xFE"));
    size_t size = prefix.size ? prefix.size : 1;
    end[size - 1]++;
    return (struct str){end, size};
}

static void append_number(struct buf *out, size_t number)
{
    uint32_t little = htole32((uint32_t)number);
    buf_append(out, &little, sizeof little);
}

// True when the piece is full and the pair has to wait for the next.
static bool append_pair(struct buf *out, struct str name, struct str value)
{
    if (out->size + name.size + value.size > STORAGE_SCAN_BYTES)
        return true;
    append_number(out, name.size);
    append_number(out, value.size);
    buf_append_str(out, name);
    buf_append_str(out, value);
    return false;
}

static int scan_rows(struct store_db *db, const struct job *job, struct buf *out, struct err *err)
{
    struct store_cursor row;
    uint32_t wanted = job->request->kv->limit, pairs = 0;
    struct str begin = scan_begin(job), end = scan_end(job);
    if (wanted == 0 || wanted > STORAGE_SCAN_PAIRS)
        wanted = STORAGE_SCAN_PAIRS;
    bool more = false;
    append_number(out, 0);
    int rc = store_query(db, value_scan,
                         BIND(instance_of(job), bind_bytes(begin.data, begin.size),
                              bind_bytes(end.data, end.size), bind_int(job->request->now_ms),
                              bind_int((int64_t)wanted + 1)),
                         &row, err);
    while (rc >= 0 && !more && (rc = cursor_next(&row, err)) > 0)
        more = pairs++ == wanted || append_pair(out, cursor_bytes(&row, 0), cursor_bytes(&row, 1));
    if (more)
        cursor_finish(&row);
    out->data[0] = more;
    return rc < 0 ? rc : 0;
}

static int scan(struct store_db *db, struct job *job, struct err *err)
{
    struct buf out = {0};
    int rc = scan_rows(db, job, &out, err);
    job->status = WIRE_OK;
    job->value = (struct str){arena_string(job->arena, buf_str(&out)), out.size};
    buf_finish(&out);
    return rc;
}

static int storage_job(struct store_db *db, void *argument, struct err *err)
{
    static int (*const verbs[])(struct store_db *, struct job *,
                                struct err *) = {[WIRE_KV_GET] = get,
                                                 [WIRE_KV_PUT] = put,
                                                 [WIRE_KV_DELETE] = remove_value,
                                                 [WIRE_KV_COMPARE_AND_SET] = compare_and_set,
                                                 [WIRE_KV_SCAN] = scan};
    struct job *job = argument;
    job->value = (struct str){0};
    return verbs[job->request->kv->verb](db, job, err);
}

// A scan's prefix may be empty or end within a character; every other name is a whole one.
static bool fits(const struct wire_kv *kv)
{
    if (kv->verb == WIRE_KV_SCAN)
        return kv->key.size <= STORAGE_NAME && kv->value.size <= STORAGE_NAME &&
               (kv->key.size == 0 || (unsigned char)kv->key.data[kv->key.size - 1] != 0xFF);
    return kv->key.size > 0 && kv->key.size <= STORAGE_NAME && kv->value.size <= STORAGE_VALUE &&
           str_is_utf8(kv->key);
}

int storage_serve(struct store *store, const struct storage_request *request, struct arena *arena,
                  struct str *value, struct err *err)
{
    const struct wire_kv *kv = request->kv;
    if (kv->verb >= WIRE_KV_VERBS)
        return err_set(err, ERR_PROTOCOL, "storage verb %u", kv->verb);
    if (!fits(kv))
        return WIRE_LIMITED;
    struct job job = {.request = request, .arena = arena};
    bool reads = kv->verb == WIRE_KV_GET || kv->verb == WIRE_KV_SCAN;
    int rc = reads ? store_read(store, storage_job, &job, err)
                   : store_run(store, storage_job, &job, err);
    *value = job.value;
    return rc < 0 ? rc : job.status;
}
