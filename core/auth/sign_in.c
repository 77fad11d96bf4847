// SPDX-License-Identifier: Apache-2.0
//
// begin:   reserve (count the send, store the code's hash)  ─ job
//          hand the message over                            ─ outside any transaction
//          take the reservation back if it surely failed    ─ job
// finish:  one job. A wrong code must cost a try, so the job commits and reports what it found
//          instead of failing.
//
// A host that dies between reserving and handing over leaves a send counted that was never made:
// the limits err on the side of silence.
#include "auth/sign_in.h"

#include "auth/session_internal.h"

#include <arpa/inet.h>
#include <stdio.h>

// --- asking for a code -------------------------------------------------------------------------

struct begin_job {
    struct crypto_hash number, address; // subjects of the limits
    struct crypto_hash nonce, code;
    struct id id;
    const struct phone *phone;
    const struct auth_config *config;
    int64_t now;
    int64_t retry_at; // result: over a limit until then; 0 is not
};

STORE_SQL(sends_since, "SELECT count(*), min(made) FROM sign_in_send "
                       "WHERE subject = $1 AND made > $2");
STORE_SQL(send_note, "INSERT INTO sign_in_send (subject, id, made) VALUES ($1, $2, $3)");
STORE_SQL(send_forget, "DELETE FROM sign_in_send WHERE subject = $1 AND id = $2");
STORE_SQL(code_make, "INSERT INTO sign_in_code (nonce, phone, code, expires, tries_left) "
                     "VALUES ($1, $2, $3, $4, $5)");
STORE_SQL(code_forget, "DELETE FROM sign_in_code WHERE nonce = $1");

static struct store_value bind_hash(const struct crypto_hash *hash)
{
    return bind_bytes(hash->bytes, sizeof hash->bytes);
}

// Raises job->retry_at when the subject has had its sends.
static int check_limit(struct store_db *db, struct begin_job *job,
                       const struct crypto_hash *subject, int64_t most, struct err *err)
{
    int64_t window = job->config->send_window_ms;
    struct store_cursor row;
    int status = store_one(db, sends_since, BIND(bind_hash(subject), bind_int(job->now - window)),
                           &row, err);
    if (status <= 0)
        return status;
    if (cursor_int(&row, 0) >= most) {
        int64_t free_at = cursor_int(&row, 1) + window;
        job->retry_at = free_at > job->retry_at ? free_at : job->retry_at;
    }
    cursor_finish(&row);
    return 0;
}

static int begin_job(struct store_db *db, void *argument, struct err *err)
{
    struct begin_job *job = argument;
    job->retry_at = 0;
    int status = check_limit(db, job, &job->number, job->config->sends_per_number, err);
    if (status == 0)
        status = check_limit(db, job, &job->address, job->config->sends_per_address, err);
    if (status < 0 || job->retry_at)
        return status;
    const struct crypto_hash *subjects[] = {&job->number, &job->address};
    for (int i = 0; status >= 0 && i < 2; i++)
        status = store_exec(db, send_note,
                            BIND(bind_hash(subjects[i]), bind_text(id_str(&job->id)),
                                 bind_int(job->now)),
                            err);
    if (status < 0)
        return status;
    return store_exec(db, code_make,
                      BIND(bind_hash(&job->nonce), bind_string(job->phone->e164),
                           bind_hash(&job->code), bind_int(job->now + job->config->code_ttl_ms),
                           bind_int(job->config->code_tries)),
                      err);
}

static int unsend_job(struct store_db *db, void *argument, struct err *err)
{
    struct begin_job *job = argument;
    struct store_value id = bind_text(id_str(&job->id));
    int status = store_exec(db, send_forget, BIND(bind_hash(&job->number), id), err);
    if (status >= 0)
        status = store_exec(db, send_forget, BIND(bind_hash(&job->address), id), err);
    if (status >= 0)
        status = store_exec(db, code_forget, BIND(bind_hash(&job->nonce)), err);
    return status;
}

static struct crypto_hash hash_code(const struct auth *auth, const char *nonce, const char *code)
{
    struct str parts[] = {STR("code"), str_from(nonce), str_from(code)};
    return auth_hash(auth, AUTH_KEY_CODE, parts, 3);
}

static struct crypto_hash hash_nonce(const struct auth *auth, struct str nonce)
{
    struct str parts[] = {STR("nonce"), nonce};
    return auth_hash(auth, AUTH_KEY_CODE, parts, 2);
}

// One home has one IPv6 /64, whatever address a device takes in it; ::ffff:a.b.c.d is a.b.c.d.
static struct crypto_hash hash_address(const struct auth *auth, struct str address)
{
    char text[INET6_ADDRSTRLEN] = "";
    uint8_t bytes[16];
    struct str subject = address;
    if (address.size < sizeof text) {
        snprintf(text, sizeof text, STR_FORMAT, STR_ARGUMENTS(address));
        if (inet_pton(AF_INET, text, bytes) == 1)
            subject = (struct str){(char *)bytes, 4};
        else if (inet_pton(AF_INET6, text, bytes) == 1)
            subject = memcmp(bytes, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0
                          ? (struct str){(char *)bytes + 12, 4}
                          : (struct str){(char *)bytes, 8};
    }
    struct str parts[] = {STR("address"), subject};
    return auth_hash(auth, AUTH_KEY_LIMIT, parts, 2);
}

static struct crypto_hash hash_number(const struct auth *auth, const struct phone *phone)
{
    struct str parts[] = {STR("number"), str_from(phone->e164)};
    return auth_hash(auth, AUTH_KEY_LIMIT, parts, 2);
}

// Hands the code over; takes the reservation back when it surely did not leave.
static int hand_over(struct auth *auth, struct begin_job *job, const struct auth_message *message,
                     struct err *err)
{
    int status = auth->config.send(auth->config.send_context, message, err);
    if (status == 0 || status == ERR_UNKNOWN)
        return 0;
    store_run(auth->config.store, unsend_job, job, NULL);
    return err_set(err, ERR_UNAVAILABLE, "the message with the code could not be handed over");
}

int auth_begin(struct auth *auth, const struct auth_asking *asking, struct auth_challenge *out,
               struct err *err)
{
    *out = (struct auth_challenge){0};
    int status = phone_parse(asking->phone, auth->config.plan, &out->phone, err);
    if (status != 0)
        return status;
    char code[AUTH_CODE_DIGITS + 1];
    snprintf(code, sizeof code, "%06u", crypto_random_below(1000000));
    auth_random_token(out->nonce);
    int64_t now = auth_now(auth);
    out->expires = now + auth->config.code_ttl_ms;
    struct begin_job job = {.number = hash_number(auth, &out->phone),
                            .address = hash_address(auth, asking->address),
                            .nonce = hash_nonce(auth, str_from(out->nonce)),
                            .code = hash_code(auth, out->nonce, code),
                            .id = id_next(&auth->ids, now),
                            .phone = &out->phone,
                            .config = &auth->config,
                            .now = now};
    status = store_run(auth->config.store, begin_job, &job, err);
    if (status >= 0 && job.retry_at) {
        out->retry_after_ms = job.retry_at - now;
        status = err_set(err, ERR_LIMIT, "too many codes were asked for");
    }
    if (status >= 0) {
        struct auth_message message = {&out->phone, code, asking->language};
        status = hand_over(auth, &job, &message, err);
    }
    crypto_wipe(code, sizeof code);
    return status < 0 ? status : 0;
}

// --- answering with it -------------------------------------------------------------------------

enum verdict { UNKNOWN_NONCE, EXPIRED, USED_UP, WRONG, RIGHT };

struct finish_job {
    struct crypto_hash nonce, code;
    struct session_new session;
    struct id fresh_account; // taken when the number is new
    int64_t now;
    // results
    enum verdict verdict;
    int64_t tries_left;
    struct id account;
    bool is_new;
};

STORE_SQL(code_find, "SELECT phone, code, expires, tries_left FROM sign_in_code WHERE nonce = $1");
STORE_SQL(code_try, "UPDATE sign_in_code SET tries_left = tries_left - 1 WHERE nonce = $1");
STORE_SQL(account_of_phone, "SELECT account FROM account_phone WHERE phone = $1");
STORE_SQL(account_make, "INSERT INTO account (id, created) VALUES ($1, $2)");
STORE_SQL(account_phone_make,
          "INSERT INTO account_phone (phone, account, since) VALUES ($1, $2, $3)");

static int find_code(struct store_db *db, struct finish_job *job, struct phone *phone,
                     struct err *err)
{
    struct store_cursor row;
    job->verdict = UNKNOWN_NONCE;
    job->tries_left = 0;
    int found = store_one(db, code_find, BIND(bind_hash(&job->nonce)), &row, err);
    if (found <= 0)
        return found;
    struct str code = cursor_bytes(&row, 1);
    job->tries_left = cursor_int(&row, 3);
    cursor_copy(&row, 0, phone->e164, sizeof phone->e164);
    if (job->now >= cursor_int(&row, 2))
        job->verdict = EXPIRED;
    else if (job->tries_left == 0)
        job->verdict = USED_UP;
    else if (code.size == CRYPTO_SIZE && crypto_equal(code.data, job->code.bytes, CRYPTO_SIZE))
        job->verdict = RIGHT;
    else
        job->verdict = WRONG;
    cursor_finish(&row);
    return 0;
}

static int find_account(struct store_db *db, struct finish_job *job, const struct phone *phone,
                        struct err *err)
{
    struct store_cursor row;
    int found = store_one(db, account_of_phone, BIND(bind_string(phone->e164)), &row, err);
    job->is_new = found == 0;
    if (found == 1) {
        cursor_copy(&row, 0, job->account.text, sizeof job->account.text);
        cursor_finish(&row);
        return 0;
    }
    if (found < 0)
        return found;
    job->account = job->fresh_account;
    struct store_value id = bind_text(id_str(&job->account)), now = bind_int(job->now);
    int status = store_exec(db, account_make, BIND(id, now), err);
    if (status >= 0)
        status = store_exec(db, account_phone_make, BIND(bind_string(phone->e164), id, now), err);
    return status;
}

static int finish_job(struct store_db *db, void *argument, struct err *err)
{
    struct finish_job *job = argument;
    struct phone phone = {{0}};
    int status = find_code(db, job, &phone, err);
    if (status >= 0 && job->verdict == WRONG) {
        job->tries_left--;
        return store_exec(db, code_try, BIND(bind_hash(&job->nonce)), err);
    }
    if (status < 0 || job->verdict != RIGHT)
        return status;
    status = store_exec(db, code_forget, BIND(bind_hash(&job->nonce)), err);
    if (status >= 0)
        status = find_account(db, job, &phone, err);
    if (status >= 0)
        status = session_insert(db, &job->session, job->account.text, err);
    return status;
}

static int report(const struct finish_job *job, struct auth_signed_in *out, struct err *err)
{
    out->tries_left = job->tries_left;
    switch (job->verdict) {
    case UNKNOWN_NONCE:
        return err_set(err, ERR_NOT_FOUND, "no code is waiting for this client");
    case EXPIRED:
        return err_set(err, ERR_TIMEOUT, "the code has expired");
    case USED_UP:
        return err_set(err, ERR_LIMIT, "the tries are used up");
    case WRONG:
        return job->tries_left ? err_set(err, ERR_DENIED, "a wrong code")
                               : err_set(err, ERR_LIMIT, "a wrong code, and the last try");
    case RIGHT:
        break;
    }
    out->identity = (struct auth_identity){.account = job->account,
                                           .session = job->session.id,
                                           .level = job->session.level,
                                           .expires = job->session.expires};
    out->is_new = job->is_new;
    return 0;
}

int auth_finish(struct auth *auth, const struct auth_answer *answer, struct auth_signed_in *out,
                struct err *err)
{
    *out = (struct auth_signed_in){0};
    char nonce[AUTH_TOKEN], code[32];
    if (answer->nonce.size != AUTH_TOKEN - 1)
        return err_set(err, ERR_NOT_FOUND, "no code is waiting for this client");
    snprintf(nonce, sizeof nonce, STR_FORMAT, STR_ARGUMENTS(answer->nonce));
    if (phone_digits(answer->code, code, sizeof code) != AUTH_CODE_DIGITS)
        code[0] = '\0'; // wrong, whatever it is, and it costs a try like any other
    struct finish_job job = {.nonce = hash_nonce(auth, answer->nonce),
                             .code = hash_code(auth, nonce, code),
                             .session =
                                 session_prepare(auth, answer->kind, answer->label, out->token),
                             .fresh_account = id_next(&auth->ids, auth_now(auth)),
                             .now = auth_now(auth)};
    int status = store_run(auth->config.store, finish_job, &job, err);
    if (status >= 0)
        status = report(&job, out, err);
    if (status < 0)
        crypto_wipe(out->token, sizeof out->token);
    crypto_wipe(code, sizeof code);
    return status;
}
