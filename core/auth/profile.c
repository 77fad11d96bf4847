// SPDX-License-Identifier: Apache-2.0
#include "auth/profile.h"

#include "activity/activity.h"
#include "auth/code.h"

static int tell(struct store_db *db, const struct auth_identity *who, const char *kind,
                const char *subject, int64_t now, struct err *err)
{
    struct activity_note note = {.account = &who->account,
                                 .kind = kind,
                                 .actor = {ACTIVITY_CITIZEN, who->device},
                                 .subject = subject,
                                 .made = now};
    return activity_put(db, &note, err);
}

// ---- language ----

STORE_SQL(language_of, "SELECT language FROM account WHERE id = $1");
STORE_SQL(language_choose, "UPDATE account SET language = $2 WHERE id = $1 "
                           "AND coalesce(language, '') <> $2");

struct language_job {
    const struct auth_identity *who;
    const struct id *account;
    char *language;
    int64_t now;
};

static int language_of_job(struct store_db *db, void *argument, struct err *err)
{
    struct language_job *job = argument;
    struct store_cursor row;
    int found = store_one(db, language_of, BIND(bind_text(id_str(job->account))), &row, err);
    job->language[0] = '\0';
    if (found <= 0)
        return found;
    if (!cursor_null(&row, 0))
        cursor_copy(&row, 0, job->language, AUTH_LANGUAGE);
    cursor_finish(&row);
    return 0;
}

int auth_language_of(struct auth *auth, const struct id *account, char out[AUTH_LANGUAGE],
                     struct err *err)
{
    struct language_job job = {.account = account, .language = out};
    int status = store_read(auth->config.store, language_of_job, &job, err);
    return status < 0 ? status : 0;
}

static int choose_job(struct store_db *db, void *argument, struct err *err)
{
    struct language_job *job = argument;
    int rows = store_exec(db, language_choose,
                          BIND(bind_text(id_str(job->account)), bind_string(job->language)), err);
    return rows <= 0 ? rows : tell(db, job->who, "profile.language", job->language, job->now, err);
}

int auth_choose_language(struct auth *auth, const struct auth_identity *who, struct str language,
                         struct err *err)
{
    char chosen[AUTH_LANGUAGE];
    if (!str_is(language, "ar") && !str_is(language, "en"))
        return err_set(err, ERR_INVALID, "not a language of these pages");
    memcpy(chosen, language.data, language.size);
    chosen[language.size] = '\0';
    struct language_job job = {who, &who->account, chosen, auth_now(auth)};
    int status = store_run(auth->config.store, choose_job, &job, err);
    return status < 0 ? status : 0;
}

// ---- number ----

int auth_number_begin(struct auth *auth, const struct auth_number *number,
                      struct auth_challenge *out, struct err *err)
{
    struct phone phone, before;
    *out = (struct auth_challenge){0};
    const struct auth_identity *who = number->answer.who;
    int status = phone_parse(number->phone, auth->config.plan, &phone, err);
    if (status == 0)
        status = auth_phone_of(auth, &who->account, &before, err);
    if (status == 0 && strcmp(before.e164, phone.e164) == 0)
        status = err_set(err, ERR_CONFLICT, "the account has this number already");
    if (status == 0)
        status = auth_step_finish(auth, &number->answer, err);
    struct code_order order = {&phone, {STEP_NUMBER_NEW, who}, number->address, number->language};
    return status < 0 ? status : code_send(auth, &order, out, err);
}

STORE_SQL(number_owner, "SELECT account FROM account_phone WHERE phone = $1");
STORE_SQL(number_of, "SELECT phone FROM account_phone WHERE account = $1");
STORE_SQL(number_drop, "DELETE FROM account_phone WHERE account = $1");
STORE_SQL(number_set, "INSERT INTO account_phone (phone, account, since) VALUES ($1, $2, $3)");

struct number_job {
    struct code_look look;
    const struct auth_identity *who;
    struct phone before;
    bool taken;
};

static int swap(struct store_db *db, struct number_job *job, struct err *err)
{
    struct store_value account = bind_text(id_str(&job->who->account));
    struct store_value phone = bind_string(job->look.phone.e164);
    int status = store_exec(db, number_drop, BIND(account), err);
    if (status >= 0)
        status = store_exec(db, number_set, BIND(phone, account, bind_int(job->look.now)), err);
    return status < 0 ? status : tell(db, job->who, "profile.number", NULL, job->look.now, err);
}

// A taken number is a finding, not a failure: the code is used up all the same.
static int number_job(struct store_db *db, void *argument, struct err *err)
{
    struct number_job *job = argument;
    struct store_cursor row;
    job->taken = false;
    int status = code_look(db, &job->look, err);
    if (status != 1)
        return status;
    status = store_one(db, number_owner, BIND(bind_string(job->look.phone.e164)), &row, err);
    if (status == 1)
        cursor_finish(&row);
    job->taken = status == 1;
    if (status != 0)
        return status;
    status = store_one(db, number_of, BIND(bind_text(id_str(&job->who->account))), &row, err);
    if (status <= 0)
        return status < 0 ? status : err_set(err, ERR_NOT_FOUND, "the account has no number");
    cursor_copy(&row, 0, job->before.e164, sizeof job->before.e164);
    cursor_finish(&row);
    return swap(db, job, err);
}

int auth_number_finish(struct auth *auth, const struct auth_step_answer *answer,
                       struct phone *before, struct phone *after, struct err *err)
{
    struct number_job job = {.who = answer->who};
    struct code_answer code = {answer->nonce, answer->code, {STEP_NUMBER_NEW, answer->who}};
    int status = code_prepare(auth, &code, &job.look, err);
    if (status == 0)
        status = store_run(auth->config.store, number_job, &job, err);
    if (status >= 0)
        status = code_report(&job.look, err);
    if (status == 0 && job.taken)
        status = err_set(err, ERR_CONFLICT, "the number has an account of its own");
    *before = job.before;
    *after = job.look.phone;
    return status;
}
