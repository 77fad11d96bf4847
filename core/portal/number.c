// SPDX-License-Identifier: Apache-2.0
// Changing the number: a code to the old one, then one to the new one.

#include "auth/profile.h"
#include "base/json.h"
#include "host/account_text.h"
#include "portal/account.h"
#include "portal/step.h"

static void show(struct visit *visit, int status, const char *page, const char *error)
{
    struct str typed = visit_field(visit, "phone");
    bool first = strcmp(page, "number") == 0;
    json_t *model =
        json_pack("{s:s, s:s}", "phone", first ? account_phone(visit) : step_number(visit), "typed",
                  typed.size ? typed.data : "");
    if (error)
        json_object_set_new(model, "error", json_string(error));
    visit_show_own(visit, status, page, model);
}

// A code could not be sent, or was not right: on which page that is said. One that is good for no
// further try leads to the beginning.
static void refuse(struct visit *visit, const char *page, const struct err *err)
{
    int status;
    const char *error = step_error(err->code, &status);
    if (err->code == ERR_UNAVAILABLE)
        visit_problem_code(visit, "sms-unavailable");
    else if (!error)
        visit_problem_err(visit, err);
    else
        show(visit, status, err->code == ERR_DENIED ? page : "number", error);
}

void visit_number(struct visit *visit)
{
    if (!visit_is_stranger(visit))
        show(visit, 200, "number", NULL);
}

void visit_number_send(struct visit *visit)
{
    struct err err = {0};
    if (visit_is_stranger(visit))
        return;
    int rc = step_send(visit, STEP_NUMBER, &err);
    if (rc == ERR_LIMIT)
        show(visit, 429, "number", "too-many");
    else if (rc < 0)
        refuse(visit, "number", &err);
    else
        visit_redirect(visit, "/account/number/change");
}

void visit_number_change(struct visit *visit)
{
    if (visit_is_stranger(visit))
        return;
    if (step_is_waiting(visit))
        show(visit, 200, "number-change", NULL);
    else
        visit_redirect(visit, "/account/number");
}

void visit_number_change_send(struct visit *visit)
{
    struct err err = {0};
    struct auth_challenge challenge;
    if (visit_is_stranger(visit))
        return;
    struct auth_number number = {.answer = step_answer(visit, STEP_NUMBER),
                                 .phone = visit_field(visit, "phone"),
                                 .address = visit->http->peer,
                                 .language = str_from(pages_language_code(visit->language))};
    int rc = number.phone.size
                 ? auth_number_begin(visit->portal->services.auth, &number, &challenge, &err)
                 : ERR_INVALID;
    if (rc == ERR_INVALID) {
        show(visit, 422, "number-change", "phone");
    } else if (rc == ERR_CONFLICT) {
        show(visit, 422, "number-change", "number-same");
    } else if (rc == ERR_LIMIT && challenge.retry_after_ms) {
        show(visit, 429, "number", "too-many");
    } else if (rc < 0) {
        refuse(visit, "number-change", &err);
    } else {
        step_keep(visit, &challenge);
        visit_redirect(visit, "/account/number/confirm");
    }
}

void visit_number_confirm(struct visit *visit)
{
    if (visit_is_stranger(visit))
        return;
    if (step_is_waiting(visit))
        show(visit, 200, "number-confirm", NULL);
    else
        visit_redirect(visit, "/account/number");
}

void visit_number_finish(struct visit *visit)
{
    struct err err = {0};
    struct phone before, after;
    if (visit_is_stranger(visit))
        return;
    struct auth_step_answer answer = step_answer(visit, STEP_NUMBER_NEW);
    int rc = auth_number_finish(visit->portal->services.auth, &answer, &before, &after, &err);
    if (rc == ERR_CONFLICT) {
        step_over(visit);
        show(visit, 409, "number", "number-taken");
    } else if (rc < 0) {
        refuse(visit, "number-confirm", &err);
    } else {
        step_over(visit);
        account_text_number(visit->portal->services.sms, &before, &after,
                            str_from(pages_language_code(visit->language)));
        visit_redirect(visit, "/account/profile?done=changed");
    }
}
