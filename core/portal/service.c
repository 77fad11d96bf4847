// SPDX-License-Identifier: Apache-2.0
// A plugin's operation as a page: asked by GET when it is safe and has what it needs, otherwise its
// form; a submitted form that is wrong comes back with the mistakes beside the fields.

#include "base/json.h"
#include "host/citizen.h"
#include "portal/visit.h"

struct desk {
    struct snapshot *snapshot;
    struct invoke invoke;
    struct problem problem;
};

static void show_form(struct visit *visit, const struct desk *desk, const json_t *values,
                      const json_t *errors)
{
    struct err err;
    struct page_operation operation =
        visit_page_operation(desk->invoke.route, desk->invoke.operation, NULL);
    int rc = pages_render_form(visit->portal->site->pages, &visit->page, &operation, values, errors,
                               &visit->reply->body, &err);
    visit_rendered(visit, errors ? 422 : 200, rc, &err);
}

static void show_result(struct visit *visit, const struct desk *desk, struct str text)
{
    struct err err;
    json_t *result = json_parse(text, NULL);
    struct page_operation operation =
        visit_page_operation(desk->invoke.route, desk->invoke.operation, desk->invoke.input);
    int rc = pages_render_result(visit->portal->site->pages, &visit->page, &operation, result,
                                 &visit->reply->body, &err);
    json_decref(result);
    visit_rendered(visit, 200, rc, &err);
}

static void run(struct visit *visit, struct desk *desk)
{
    struct invoke *invoke = &desk->invoke;
    struct str result;
    int rc = 0;
    if (visit->signed_in)
        rc = citizen_fill_caller(visit->portal->services.auth, &visit->identity, invoke,
                                 &desk->problem);
    if (rc == 0)
        rc = invoke_operation(invoke, &result, &desk->problem);
    if (rc == 0) {
        show_result(visit, desk, result);
    } else if (desk->problem.errors) {
        show_form(visit, desk, invoke->input, desk->problem.errors);
        problem_finish(&desk->problem);
    } else if (desk->problem.status == 422 && desk->problem.text.size) {
        // The plugin's own objection stands above its form, with what was typed.
        json_t *text = json_parse(desk->problem.text, NULL);
        json_t *errors = json_pack("[{s:s, s:o}]", "pointer", "", "text", text);
        show_form(visit, desk, invoke->input, errors);
        json_decref(errors);
        problem_finish(&desk->problem);
    } else {
        visit_problem(visit, &desk->problem);
    }
}

static bool needs_input(const struct operation *operation, const json_t *input)
{
    size_t index;
    json_t *name;
    json_array_foreach(json_object_get(schema_document(operation->input), "required"), index, name)
    {
        if (!json_object_get(input, json_string_value(name)))
            return true;
    }
    return false;
}

static void enter(struct visit *visit, bool submitted)
{
    struct desk desk = {.snapshot = gate_pin(visit->portal->services.gate)};
    struct invoke *invoke = &desk.invoke;
    *invoke = (struct invoke){.gate = visit->portal->services.gate,
                              .snapshot = desk.snapshot,
                              .client = visit->http,
                              .arena = visit->arena};
    if (invoke_find(desk.snapshot, visit->part[0], visit->part[1], invoke, &desk.problem) < 0) {
        visit_problem(visit, &desk.problem);
        snapshot_release(desk.snapshot);
        return;
    }
    invoke->input = pages_read_form(invoke->operation->input, visit->form, visit->form_count);
    if (!visit->signed_in && invoke->operation->who != WHO_PUBLIC)
        visit_ask_to_sign_in(visit);
    else if (submitted ||
             (invoke->operation->safe && !needs_input(invoke->operation, invoke->input)))
        run(visit, &desk);
    else
        show_form(visit, &desk, invoke->input, NULL);
    json_decref(invoke->input);
    snapshot_release(desk.snapshot);
}

void visit_operation(struct visit *visit)
{
    enter(visit, false);
}

void visit_submit(struct visit *visit)
{
    enter(visit, true);
}
