// SPDX-License-Identifier: Apache-2.0
#include "auth/auth_internal.h"

#include "base/mem.h"

#include <stdlib.h>

static const char *const key_names[AUTH_KEYS] = {"code", "limit",     "session",
                                                 "csrf", "pseudonym", "upload"};

STORE_SQL(key_make, "INSERT INTO server_key (name, secret, made) VALUES ($1, $2, $3) "
                    "ON CONFLICT (name) DO NOTHING");
STORE_SQL(key_read, "SELECT secret FROM server_key WHERE name = $1");

struct keys_job {
    struct crypto_key fresh[AUTH_KEYS]; // used for what the store does not have yet
    struct crypto_key keys[AUTH_KEYS];
    int64_t now;
};

static int keys_job(struct store_db *db, void *argument, struct err *err)
{
    struct keys_job *job = argument;
    for (int i = 0; i < AUTH_KEYS; i++) {
        struct store_cursor row;
        int status = store_exec(db, key_make,
                                BIND(bind_string(key_names[i]),
                                     bind_bytes(job->fresh[i].bytes, sizeof job->fresh[i].bytes),
                                     bind_int(job->now)),
                                err);
        if (status >= 0)
            status = store_one(db, key_read, BIND(bind_string(key_names[i])), &row, err);
        if (status <= 0)
            return status < 0 ? status : err_set(err, ERR_IO, "a server key is missing");
        struct str secret = cursor_bytes(&row, 0);
        bool whole = secret.size == sizeof job->keys[i].bytes;
        if (whole)
            memcpy(job->keys[i].bytes, secret.data, secret.size);
        cursor_finish(&row);
        if (!whole)
            return err_set(err, ERR_IO, "the server key %s is damaged", key_names[i]);
    }
    return 0;
}

static int64_t or_default(int64_t value, int64_t fallback)
{
    return value ? value : fallback;
}

static void fill_defaults(struct auth_config *config)
{
    const int64_t minute = 60 * 1000, hour = 60 * minute, day = 24 * hour;
    config->plan = config->plan ? config->plan : &phone_plan_emirates;
    config->code_ttl_ms = or_default(config->code_ttl_ms, 5 * minute);
    config->code_tries = or_default(config->code_tries, 5);
    config->send_window_ms = or_default(config->send_window_ms, hour);
    config->sends_per_number = or_default(config->sends_per_number, 3);
    config->sends_per_address = or_default(config->sends_per_address, 3);
    config->cookie_ttl_ms = or_default(config->cookie_ttl_ms, 12 * hour);
    config->cookie_idle_ms = or_default(config->cookie_idle_ms, 2 * hour);
    config->bearer_ttl_ms = or_default(config->bearer_ttl_ms, 90 * day);
    config->bearer_idle_ms = or_default(config->bearer_idle_ms, 30 * day);
    config->sessions_per_account = or_default(config->sessions_per_account, 20);
    config->links_per_account = or_default(config->links_per_account, 50);
}

int auth_create(struct auth **out, const struct auth_config *config, struct err *err)
{
    struct keys_job job = {.now = clock_now(config->clock)};
    crypto_random(job.fresh, sizeof job.fresh);
    int status = store_run(config->store, keys_job, &job, err);
    if (status >= 0) {
        struct auth *auth = mem_zero(1, sizeof *auth);
        auth->config = *config;
        fill_defaults(&auth->config);
        memcpy(auth->keys, job.keys, sizeof auth->keys);
        auth->ids = (struct id_generator)ID_GENERATOR_INIT;
        *out = auth;
    }
    crypto_wipe(&job, sizeof job);
    return status < 0 ? status : 0;
}

void auth_destroy(struct auth *auth)
{
    if (!auth)
        return;
    crypto_wipe(auth->keys, sizeof auth->keys);
    free(auth);
}

struct crypto_hash auth_hash(const struct auth *auth, enum auth_key key, const struct str *parts,
                             size_t count)
{
    return crypto_keyed_hash(&auth->keys[key], parts, count);
}

void auth_random_token(char *out)
{
    uint8_t random[CRYPTO_SIZE];
    struct buf text = {0};
    crypto_random(random, sizeof random);
    crypto_base64url(random, sizeof random, &text);
    memcpy(out, text.data, text.size + 1);
    crypto_wipe(text.data, text.size);
    crypto_wipe(random, sizeof random);
    buf_finish(&text);
}

void auth_upload_key(const struct auth *auth, struct crypto_key *key)
{
    *key = auth->keys[AUTH_KEY_UPLOAD];
}

struct auth_pseudonym auth_pseudonym(const struct auth *auth, struct str instance,
                                     const struct id *account)
{
    struct str parts[] = {instance, id_str(account)};
    struct crypto_hash hash = auth_hash(auth, AUTH_KEY_NAME, parts, 2);
    struct auth_pseudonym name = {{0}};
    struct buf text = {0};
    crypto_base64url(hash.bytes, 16, &text); // 128 bits, 22 characters
    memcpy(name.text, text.data, text.size + 1);
    buf_finish(&text);
    return name;
}

STORE_SQL(phone_of, "SELECT phone FROM account_phone WHERE account = $1");

struct phone_job {
    const struct id *account;
    struct phone *out;
};

static int phone_job(struct store_db *db, void *argument, struct err *err)
{
    struct phone_job *job = argument;
    struct store_cursor row;
    int found = store_one(db, phone_of, BIND(bind_text(id_str(job->account))), &row, err);
    if (found <= 0)
        return found < 0 ? found : err_set(err, ERR_NOT_FOUND, "the account has no number");
    cursor_copy(&row, 0, job->out->e164, sizeof job->out->e164);
    cursor_finish(&row);
    return 0;
}

int auth_phone_of(struct auth *auth, const struct id *account, struct phone *out, struct err *err)
{
    struct phone_job job = {account, out};
    return store_read(auth->config.store, phone_job, &job, err);
}

// Some hundred rows a job, so that nobody waits long behind a sweep.
enum { SWEEP = 500 };

STORE_SQL(sweep_codes, "DELETE FROM sign_in_code WHERE nonce IN "
                       "(SELECT nonce FROM sign_in_code WHERE expires < $1 LIMIT $2)");
STORE_SQL(sweep_sends, "DELETE FROM sign_in_send WHERE (subject, id) IN "
                       "(SELECT subject, id FROM sign_in_send WHERE made < $1 LIMIT $2)");
STORE_SQL(sweep_sessions, "DELETE FROM session WHERE token IN "
                          "(SELECT token FROM session WHERE expires < $1 LIMIT $2)");

struct sweep_job {
    const struct store_sql *sql;
    int64_t before;
};

static int sweep_job(struct store_db *db, void *argument, struct err *err)
{
    struct sweep_job *job = argument;
    return store_exec(db, job->sql, BIND(bind_int(job->before), bind_int(SWEEP)), err);
}

int auth_sweep(struct auth *auth, struct err *err)
{
    int64_t now = auth_now(auth);
    // A code is kept for a window after it expired, so that a late answer hears why it is refused.
    struct sweep_job jobs[] = {{sweep_codes, now - auth->config.send_window_ms},
                               {sweep_sends, now - auth->config.send_window_ms},
                               {sweep_sessions, now}};
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        int deleted = SWEEP;
        while (deleted == SWEEP)
            deleted = store_run(auth->config.store, sweep_job, &jobs[i], err);
        if (deleted < 0)
            return deleted;
    }
    return 0;
}
