// SPDX-License-Identifier: Apache-2.0
//
// send:   reserve (count the send, store the code's hash)  ─ job
//         hand the message over                            ─ outside any transaction
//         take the reservation back if it surely failed    ─ job
// look:   part of the job that acts on it. A wrong code must cost a try, so the job commits and
//         reports what it found instead of failing.
//
// A host that dies between reserving and handing over leaves a send counted that was never made:
// the limits err on the side of silence.
#include "auth/code.h"

#include <arpa/inet.h>
#include <stdio.h>

// ---- sending ----

struct send_job {
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
static int check_limit(struct store_db *db, struct send_job *job, const struct crypto_hash *subject,
                       int64_t most, struct err *err)
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

static int send_job(struct store_db *db, void *argument, struct err *err)
{
    struct send_job *job = argument;
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
    struct send_job *job = argument;
    struct store_value id = bind_text(id_str(&job->id));
    int status = store_exec(db, send_forget, BIND(bind_hash(&job->number), id), err);
    if (status >= 0)
        status = store_exec(db, send_forget, BIND(bind_hash(&job->address), id), err);
    if (status >= 0)
        status = store_exec(db, code_forget, BIND(bind_hash(&job->nonce)), err);
    return status;
}

static struct crypto_hash hash_code(const struct auth *auth, struct str nonce, const char *code)
{
    struct str parts[] = {STR("code"), nonce, str_from(code)};
    return auth_hash(auth, AUTH_KEY_CODE, parts, 3);
}

// What the code may be used for, and by which session, is part of the name under which it is found.
static struct crypto_hash hash_nonce(const struct auth *auth, struct str nonce,
                                     const struct code_use *use)
{
    struct str parts[5] = {STR("nonce"), nonce, str_from(use->purpose)};
    if (!use->who)
        return auth_hash(auth, AUTH_KEY_CODE, parts, 2);
    parts[3] = id_str(&use->who->account);
    parts[4] = id_str(&use->who->session);
    return auth_hash(auth, AUTH_KEY_CODE, parts, 5);
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
static int hand_over(struct auth *auth, struct send_job *job, const struct auth_message *message,
                     struct err *err)
{
    int status = auth->config.send(auth->config.send_context, message, err);
    if (status == 0 || status == ERR_UNKNOWN)
        return 0;
    store_run(auth->config.store, unsend_job, job, NULL);
    return err_set(err, ERR_UNAVAILABLE, "the message with the code could not be handed over");
}

int code_send(struct auth *auth, const struct code_order *order, struct auth_challenge *out,
              struct err *err)
{
    char code[AUTH_CODE_DIGITS + 1];
    snprintf(code, sizeof code, "%06u", crypto_random_below(1000000));
    auth_random_token(out->nonce);
    int64_t now = auth_now(auth);
    out->phone = *order->phone;
    out->expires = now + auth->config.code_ttl_ms;
    struct send_job job = {.number = hash_number(auth, order->phone),
                           .address = hash_address(auth, order->address),
                           .nonce = hash_nonce(auth, str_from(out->nonce), &order->use),
                           .code = hash_code(auth, str_from(out->nonce), code),
                           .id = id_next(&auth->ids, now),
                           .phone = order->phone,
                           .config = &auth->config,
                           .now = now};
    int status = store_run(auth->config.store, send_job, &job, err);
    if (status >= 0 && job.retry_at) {
        out->retry_after_ms = job.retry_at - now;
        status = err_set(err, ERR_LIMIT, "too many codes were asked for");
    }
    if (status >= 0) {
        struct auth_message message = {order->phone, code, order->use.purpose, order->language};
        status = hand_over(auth, &job, &message, err);
    }
    crypto_wipe(code, sizeof code);
    return status < 0 ? status : 0;
}

// ---- looking ----

STORE_SQL(code_find, "SELECT phone, code, expires, tries_left FROM sign_in_code WHERE nonce = $1");
STORE_SQL(code_try, "UPDATE sign_in_code SET tries_left = tries_left - 1 WHERE nonce = $1");

int code_prepare(const struct auth *auth, const struct code_answer *answer, struct code_look *out,
                 struct err *err)
{
    char code[32];
    *out = (struct code_look){.now = auth_now(auth)};
    if (answer->nonce.size != AUTH_TOKEN - 1)
        return err_set(err, ERR_NOT_FOUND, "no code is waiting for this client");
    if (phone_digits(answer->code, code, sizeof code) != AUTH_CODE_DIGITS)
        code[0] = '\0'; // wrong, whatever it is, and it costs a try like any other
    out->nonce = hash_nonce(auth, answer->nonce, &answer->use);
    out->code = hash_code(auth, answer->nonce, code);
    crypto_wipe(code, sizeof code);
    return 0;
}

static int find(struct store_db *db, struct code_look *look, struct err *err)
{
    struct store_cursor row;
    look->verdict = CODE_UNKNOWN;
    look->tries_left = 0;
    int found = store_one(db, code_find, BIND(bind_hash(&look->nonce)), &row, err);
    if (found <= 0)
        return found;
    struct str code = cursor_bytes(&row, 1);
    look->tries_left = cursor_int(&row, 3);
    cursor_copy(&row, 0, look->phone.e164, sizeof look->phone.e164);
    if (look->now >= cursor_int(&row, 2))
        look->verdict = CODE_EXPIRED;
    else if (look->tries_left == 0)
        look->verdict = CODE_USED_UP;
    else if (code.size == CRYPTO_SIZE && crypto_equal(code.data, look->code.bytes, CRYPTO_SIZE))
        look->verdict = CODE_RIGHT;
    else
        look->verdict = CODE_WRONG;
    cursor_finish(&row);
    return 0;
}

int code_look(struct store_db *db, struct code_look *look, struct err *err)
{
    int status = find(db, look, err);
    if (status < 0 || (look->verdict != CODE_WRONG && look->verdict != CODE_RIGHT))
        return status;
    bool right = look->verdict == CODE_RIGHT;
    look->tries_left -= !right;
    status = store_exec(db, right ? code_forget : code_try, BIND(bind_hash(&look->nonce)), err);
    return status < 0 ? status : right;
}

int code_report(const struct code_look *look, struct err *err)
{
    switch (look->verdict) {
    case CODE_UNKNOWN:
        return err_set(err, ERR_NOT_FOUND, "no code is waiting for this client");
    case CODE_EXPIRED:
        return err_set(err, ERR_TIMEOUT, "the code has expired");
    case CODE_USED_UP:
        return err_set(err, ERR_LIMIT, "the tries are used up");
    case CODE_WRONG:
        return look->tries_left ? err_set(err, ERR_DENIED, "a wrong code")
                                : err_set(err, ERR_LIMIT, "a wrong code, and the last try");
    case CODE_RIGHT:
        break;
    }
    return 0;
}
