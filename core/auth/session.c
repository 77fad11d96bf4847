// SPDX-License-Identifier: Apache-2.0
#include "activity/activity.h"
#include "auth/session_internal.h"

// A session's last use is written at most this often.
#define TOUCH_MS INT64_C(300000)

static struct crypto_hash hash_token(const struct auth *auth, struct str token)
{
    return auth_hash(auth, AUTH_KEY_SESSION, &token, 1);
}

// Cut to what fits, never inside a character.
static void copy_label(struct str label, char out[AUTH_LABEL])
{
    if (!str_is_utf8(label))
        label.size = 0;
    if (label.size >= AUTH_LABEL) {
        label.size = AUTH_LABEL - 1;
        while (label.size && !str_is_utf8(label))
            label.size--;
    }
    if (label.size)
        memcpy(out, label.data, label.size);
    out[label.size] = '\0';
}

struct session_new session_prepare(struct auth *auth, enum auth_kind kind, struct str label,
                                   char *token)
{
    const struct auth_config *config = &auth->config;
    auth_random_token(token);
    int64_t now = auth_now(auth);
    struct session_new session = {
        .token_hash = hash_token(auth, str_from(token)),
        .id = id_next(&auth->ids, now),
        .kind = kind,
        .level = AUTH_LEVEL_PHONE,
        .now = now,
        .expires = now + (kind == AUTH_COOKIE ? config->cookie_ttl_ms : config->bearer_ttl_ms),
        .most = config->sessions_per_account,
    };
    copy_label(label, session.label);
    return session;
}

STORE_SQL(session_make,
          "INSERT INTO session (token, id, account, kind, level, label, created, seen, expires) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)");
STORE_SQL(session_end_oldest,
          "DELETE FROM session WHERE token IN (SELECT token FROM session WHERE account = $1 "
          "ORDER BY created DESC, id DESC LIMIT 1000 OFFSET $2)");

int session_insert(struct store_db *db, const struct session_new *session, const char *account,
                   struct err *err)
{
    int status =
        store_exec(db, session_make,
                   BIND(bind_bytes(session->token_hash.bytes, sizeof session->token_hash.bytes),
                        bind_text(id_str(&session->id)), bind_string(account),
                        bind_int(session->kind), bind_int(session->level),
                        bind_string(session->label), bind_int(session->now),
                        bind_int(session->expires)),
                   err);
    if (status < 0)
        return status;
    return store_exec(db, session_end_oldest, BIND(bind_string(account), bind_int(session->most)),
                      err);
}

STORE_SQL(session_find, "SELECT id, account, kind, level, seen, expires, label FROM session "
                        "WHERE token = $1");
STORE_SQL(session_touch, "UPDATE session SET seen = $2 WHERE token = $1 AND seen < $2");

struct identify_job {
    struct crypto_hash token_hash;
    bool found;
    struct auth_identity identity;
    enum auth_kind kind;
    int64_t seen, now;
};

static int identify_job(struct store_db *db, void *argument, struct err *err)
{
    struct identify_job *job = argument;
    struct store_cursor row;
    int found =
        store_one(db, session_find,
                  BIND(bind_bytes(job->token_hash.bytes, sizeof job->token_hash.bytes)), &row, err);
    job->found = found == 1;
    if (found <= 0)
        return found;
    cursor_copy(&row, 0, job->identity.session.text, sizeof job->identity.session.text);
    cursor_copy(&row, 1, job->identity.account.text, sizeof job->identity.account.text);
    job->kind = (enum auth_kind)cursor_int(&row, 2);
    job->identity.level = (enum auth_level)cursor_int(&row, 3);
    job->seen = cursor_int(&row, 4);
    job->identity.expires = cursor_int(&row, 5);
    cursor_copy(&row, 6, job->identity.device, sizeof job->identity.device);
    cursor_finish(&row);
    return 0;
}

static int touch_job(struct store_db *db, void *argument, struct err *err)
{
    struct identify_job *job = argument;
    return store_exec(db, session_touch,
                      BIND(bind_bytes(job->token_hash.bytes, sizeof job->token_hash.bytes),
                           bind_int(job->now)),
                      err);
}

int auth_identify(struct auth *auth, enum auth_kind kind, struct str token,
                  struct auth_identity *out, struct err *err)
{
    if (token.size != AUTH_TOKEN - 1)
        return err_set(err, ERR_DENIED, "not a session");
    struct identify_job job = {.token_hash = hash_token(auth, token), .now = auth_now(auth)};
    int status = store_read(auth->config.store, identify_job, &job, err);
    if (status < 0)
        return status;
    int64_t idle = kind == AUTH_COOKIE ? auth->config.cookie_idle_ms : auth->config.bearer_idle_ms;
    if (!job.found || job.kind != kind || job.now >= job.identity.expires ||
        job.now - job.seen >= idle)
        return err_set(err, ERR_DENIED, "the session is unknown or over");
    // Only a note of use: a store that is busy now does not sign anyone out.
    if ((job.now - job.seen >= TOUCH_MS || job.now - job.seen >= idle / 4) &&
        store_run(auth->config.store, touch_job, &job, NULL) == 0)
        job.seen = job.now;
    *out = job.identity;
    out->idle = job.seen + idle < out->expires ? job.seen + idle : out->expires;
    return 0;
}

STORE_SQL(session_label, "SELECT label FROM session WHERE id = $1 AND account = $2");
STORE_SQL(session_end, "DELETE FROM session WHERE id = $1 AND account = $2");
STORE_SQL(session_end_others, "DELETE FROM session WHERE account = $1 AND id <> $2");

struct end_job {
    const struct auth_identity *who;
    const struct id *session; // NULL: all
    bool only_others;
    int64_t now;
};

static int tell_end(struct store_db *db, const struct end_job *job, const char *subject,
                    struct err *err)
{
    bool own = job->session && str_equal(id_str(job->session), id_str(&job->who->session));
    struct activity_note note = {.account = &job->who->account,
                                 .kind = own ? "session.ended" : "session.removed",
                                 .actor = {ACTIVITY_CITIZEN, job->who->device},
                                 .subject = own ? "" : subject,
                                 .made = job->now};
    return activity_put(db, &note, err);
}

static int end_one_job(struct store_db *db, void *argument, struct err *err)
{
    const struct end_job *job = argument;
    struct store_value key[] = {bind_text(id_str(job->session)),
                                bind_text(id_str(&job->who->account))};
    struct store_cursor row;
    char label[AUTH_LABEL];
    int status = store_one(db, session_label, BIND(key[0], key[1]), &row, err);
    if (status <= 0)
        return status < 0 ? status : err_set(err, ERR_NOT_FOUND, "the account has no such session");
    cursor_copy(&row, 0, label, sizeof label);
    cursor_finish(&row);
    status = store_exec(db, session_end, BIND(key[0], key[1]), err);
    return status < 0 ? status : tell_end(db, job, label, err);
}

static int end_all_job(struct store_db *db, void *argument, struct err *err)
{
    const struct end_job *job = argument;
    const struct auth_identity *who = job->who;
    int ended = store_exec(db, session_end_others,
                           BIND(bind_text(id_str(&who->account)),
                                bind_string(job->only_others ? who->session.text : "")),
                           err);
    int status = ended > 0 ? tell_end(db, job, "", err) : ended;
    return status < 0 ? status : ended;
}

int auth_sign_out(struct auth *auth, const struct auth_identity *who, const struct id *session,
                  struct err *err)
{
    struct end_job job = {.who = who, .session = session, .now = auth_now(auth)};
    int status = store_run(auth->config.store, end_one_job, &job, err);
    return status < 0 ? status : 0;
}

int auth_sign_out_everywhere(struct auth *auth, const struct auth_identity *who, bool only_others,
                             struct err *err)
{
    struct end_job job = {.who = who, .only_others = only_others, .now = auth_now(auth)};
    return store_run(auth->config.store, end_all_job, &job, err);
}

STORE_SQL(session_list, "SELECT id, kind, label, created, seen, expires FROM session "
                        "WHERE account = $1 AND expires > $2 ORDER BY created DESC, id DESC "
                        "LIMIT $3");

struct list_job {
    const struct id *account;
    struct auth_session *sessions;
    size_t limit, count;
    int64_t now;
};

static int list_job(struct store_db *db, void *argument, struct err *err)
{
    struct list_job *job = argument;
    struct store_cursor row;
    job->count = 0;
    int status = store_query(db, session_list,
                             BIND(bind_text(id_str(job->account)), bind_int(job->now),
                                  bind_int((int64_t)job->limit)),
                             &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        struct auth_session *session = &job->sessions[job->count++];
        cursor_copy(&row, 0, session->id.text, sizeof session->id.text);
        session->kind = (enum auth_kind)cursor_int(&row, 1);
        cursor_copy(&row, 2, session->label, sizeof session->label);
        session->created = cursor_int(&row, 3);
        session->seen = cursor_int(&row, 4);
        session->expires = cursor_int(&row, 5);
        status = 0;
    }
    return status;
}

int auth_sessions(struct auth *auth, const struct id *account, struct auth_session *sessions,
                  size_t limit, struct err *err)
{
    struct list_job job = {.account = account,
                           .sessions = sessions,
                           .limit = limit,
                           .now = auth_now(auth)};
    int status = store_read(auth->config.store, list_job, &job, err);
    return status < 0 ? status : (int)job.count;
}
