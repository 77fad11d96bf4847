// SPDX-License-Identifier: Apache-2.0
#include "auth/step.h"

#include "auth/code.h"

int auth_step_begin(struct auth *auth, const struct auth_step *step, struct auth_challenge *out,
                    struct err *err)
{
    struct phone phone;
    *out = (struct auth_challenge){0};
    int status = auth_phone_of(auth, &step->who->account, &phone, err);
    struct code_order order = {&phone, {step->purpose, step->who}, step->address, step->language};
    return status < 0 ? status : code_send(auth, &order, out, err);
}

static int finish_job(struct store_db *db, void *argument, struct err *err)
{
    return code_look(db, argument, err);
}

int auth_step_finish(struct auth *auth, const struct auth_step_answer *answer, struct err *err)
{
    struct code_look look;
    struct code_answer code = {answer->nonce, answer->code, {answer->purpose, answer->who}};
    int status = code_prepare(auth, &code, &look, err);
    if (status == 0)
        status = store_run(auth->config.store, finish_job, &look, err);
    return status < 0 ? status : code_report(&look, err);
}
