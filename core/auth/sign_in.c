// SPDX-License-Identifier: Apache-2.0
//
// The code comes back, and the number's account, made now when there is none, gets a session.
#include "auth/sign_in.h"

#include "activity/activity.h"
#include "auth/code.h"
#include "auth/session_internal.h"

int auth_begin(struct auth *auth, const struct auth_asking *asking, struct auth_challenge *out,
               struct err *err)
{
    struct phone phone;
    *out = (struct auth_challenge){0};
    int status = phone_parse(asking->phone, auth->config.plan, &phone, err);
    struct code_order order = {&phone, {"", NULL}, asking->address, asking->language};
    return status != 0 ? status : code_send(auth, &order, out, err);
}

struct finish_job {
    struct code_look look;
    struct session_new session;
    struct id fresh_account; // taken when the number is new
    // results
    struct id account;
    bool is_new;
};

STORE_SQL(account_of_phone, "SELECT account FROM account_phone WHERE phone = $1");
STORE_SQL(account_make, "INSERT INTO account (id, created) VALUES ($1, $2)");
STORE_SQL(account_phone_make,
          "INSERT INTO account_phone (phone, account, since) VALUES ($1, $2, $3)");

static int find_account(struct store_db *db, struct finish_job *job, struct err *err)
{
    struct store_cursor row;
    const char *phone = job->look.phone.e164;
    int found = store_one(db, account_of_phone, BIND(bind_string(phone)), &row, err);
    job->is_new = found == 0;
    if (found == 1) {
        cursor_copy(&row, 0, job->account.text, sizeof job->account.text);
        cursor_finish(&row);
        return 0;
    }
    if (found < 0)
        return found;
    job->account = job->fresh_account;
    struct store_value id = bind_text(id_str(&job->account)), now = bind_int(job->look.now);
    int status = store_exec(db, account_make, BIND(id, now), err);
    if (status >= 0)
        status = store_exec(db, account_phone_make, BIND(bind_string(phone), id, now), err);
    return status;
}

static int tell(struct store_db *db, const struct finish_job *job, const char *kind,
                struct err *err)
{
    struct activity_note note = {.account = &job->account,
                                 .kind = kind,
                                 .actor = {ACTIVITY_CITIZEN, job->session.label},
                                 .made = job->look.now};
    return activity_put(db, &note, err);
}

static int finish_job(struct store_db *db, void *argument, struct err *err)
{
    struct finish_job *job = argument;
    int status = code_look(db, &job->look, err);
    if (status != 1)
        return status;
    status = find_account(db, job, err);
    if (status >= 0)
        status = session_insert(db, &job->session, job->account.text, err);
    if (status >= 0 && job->is_new)
        status = tell(db, job, "account.made", err);
    return status < 0 ? status : tell(db, job, "session.started", err);
}

int auth_finish(struct auth *auth, const struct auth_answer *answer, struct auth_signed_in *out,
                struct err *err)
{
    *out = (struct auth_signed_in){0};
    struct finish_job job = {0};
    struct code_answer code = {answer->nonce, answer->code, {"", NULL}};
    int status = code_prepare(auth, &code, &job.look, err);
    if (status < 0)
        return status;
    job.session = session_prepare(auth, answer->kind, answer->label, out->token);
    job.fresh_account = id_next(&auth->ids, job.look.now);
    status = store_run(auth->config.store, finish_job, &job, err);
    out->tries_left = job.look.tries_left;
    if (status >= 0)
        status = code_report(&job.look, err);
    if (status < 0) {
        crypto_wipe(out->token, sizeof out->token);
        return status;
    }
    out->identity = (struct auth_identity){.account = job.account,
                                           .session = job.session.id,
                                           .level = job.session.level,
                                           .expires = job.session.expires};
    memcpy(out->identity.device, job.session.label, sizeof out->identity.device);
    out->is_new = job.is_new;
    return 0;
}
