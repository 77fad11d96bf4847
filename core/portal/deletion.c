// SPDX-License-Identifier: Apache-2.0
// Deleting the account: what goes and what stays, a fresh code, a tick, and it is gone.

#include "host/deletion.h"

#include "base/json.h"
#include "portal/account.h"
#include "portal/step.h"

static struct deletion_desk desk_of(const struct visit *visit)
{
    const struct portal_services *services = &visit->portal->services;
    return (struct deletion_desk){services->auth, services->money, services->store, services->sms,
                                  visit->portal->site->settings.currency};
}

static void show(struct visit *visit, int status, const char *error)
{
    struct err err;
    struct person bars;
    struct deletion_desk desk = desk_of(visit);
    if (deletion_look(&desk, &visit->identity.account, &bars, &err) < 0) {
        visit_problem_err(visit, &err);
        return;
    }
    json_t *model = json_pack("{s:b, s:b, s:I, s:b}", "open", bars.open > 0, "balance", 0, "stays",
                              (json_int_t)visit->portal->site->settings.payments_years, "may",
                              !bars.open && !bars.balance);
    if (bars.balance)
        json_object_set_new(model, "balance",
                            json_pack("{s:I, s:s}", "amount", (json_int_t)bars.balance, "currency",
                                      desk.currency));
    if (error)
        json_object_set_new(model, "error", json_string(error));
    visit_show_own(visit, status, "delete", model);
}

static void show_confirm(struct visit *visit, int status, const char *error)
{
    json_t *model = json_pack("{s:s}", "phone", step_number(visit));
    if (error)
        json_object_set_new(model, "error", json_string(error));
    visit_show_own(visit, status, "delete-confirm", model);
}

void visit_delete(struct visit *visit)
{
    if (!visit_is_stranger(visit))
        show(visit, 200, NULL);
}

// Nobody gets a code that would be refused for another reason.
void visit_delete_send(struct visit *visit)
{
    struct err err = {0};
    struct person bars;
    struct deletion_desk desk = desk_of(visit);
    if (visit_is_stranger(visit))
        return;
    int rc = deletion_look(&desk, &visit->identity.account, &bars, &err);
    if (rc == 0 && (bars.open || bars.balance)) {
        show(visit, 409, NULL);
        return;
    }
    if (rc == 0)
        rc = step_send(visit, STEP_DELETE, &err);
    if (rc == ERR_LIMIT)
        show(visit, 429, "too-many");
    else if (rc == ERR_UNAVAILABLE)
        visit_problem_code(visit, "sms-unavailable");
    else if (rc < 0)
        visit_problem_err(visit, &err);
    else
        visit_redirect(visit, "/account/delete/confirm");
}

void visit_delete_confirm(struct visit *visit)
{
    if (visit_is_stranger(visit))
        return;
    if (step_is_waiting(visit))
        show_confirm(visit, 200, NULL);
    else
        visit_redirect(visit, "/account/delete");
}

static void refuse(struct visit *visit, const struct err *err)
{
    int status;
    const char *error = step_error(err->code, &status);
    if (err->code == ERR_CONFLICT)
        show(visit, 409, NULL);
    else if (err->code == ERR_UNAVAILABLE)
        visit_problem_code(visit, "provider-unavailable");
    else if (err->code == ERR_DENIED)
        show_confirm(visit, status, error);
    else if (error)
        show(visit, status, error);
    else
        visit_problem_err(visit, err);
}

void visit_delete_finish(struct visit *visit)
{
    struct err err = {0};
    struct person bars;
    struct deletion_desk desk = desk_of(visit);
    if (visit_is_stranger(visit))
        return;
    if (!str_is(visit_field(visit, "agreed"), "yes")) {
        show_confirm(visit, 422, "tick");
        return;
    }
    struct auth_step_answer answer = step_answer(visit, STEP_DELETE);
    if (deletion_run(&desk, &answer, str_from(pages_language_code(visit->language)), &bars, &err) <
        0) {
        refuse(visit, &err);
        return;
    }
    step_over(visit);
    visit_forget_browser(visit);
    visit_redirect(visit, "/account/deleted");
}

void visit_deleted(struct visit *visit)
{
    if (visit->signed_in)
        visit_redirect(visit, "/account");
    else
        visit_show(visit, 200, "deleted", NULL);
}
