// SPDX-License-Identifier: Apache-2.0
//
// A plugin's operation as a page: asked by GET when it is safe and has what it needs, otherwise its
// form; a submitted form that is wrong comes back with the mistakes beside the fields.
//
// What a submitted form has changed is shown after a redirect, so that reload, back and the other
// language ask for nothing twice: a next form stands at its own address, any other result travels
// in a cookie to …/done. A result too large for that is shown at once.

#include "auth/mark.h"
#include "base/json.h"
#include "base/url.h"
#include "host/citizen.h"
#include "portal/keep.h"
#include "portal/parcel.h"

#include <stdio.h>

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

// Where somebody is is nobody's to keep, not even in the address of a public page.
static bool says_where(const struct operation *operation, const json_t *input)
{
    const char *name;
    json_t *value;
    const json_t *properties = json_object_get(schema_document(operation->input), "properties");
    json_object_foreach((json_t *)input, name, value)
    {
        const char *kind = json_get_string(json_object_get(properties, name), "x-medina-input");
        if (kind && strcmp(kind, "latitude") == 0)
            return true;
    }
    return false;
}

// A result that may be cached for everybody may be kept by anybody.
static bool is_public(const struct desk *desk)
{
    const struct operation *operation = desk->invoke.operation;
    return operation->safe && operation->who == WHO_PUBLIC && operation->cache_seconds > 0 &&
           !says_where(operation, desk->invoke.input);
}

static void show_result(struct visit *visit, const struct desk *desk, const json_t *result)
{
    struct err err;
    if (visit_show_image(visit, result))
        return;
    if (is_public(desk))
        visit->page.keep = PAGES_KEEP_PUBLIC;
    struct page_operation operation =
        visit_page_operation(desk->invoke.route, desk->invoke.operation, desk->invoke.input);
    int rc = pages_render_result(visit->portal->site->pages, &visit->page, &operation, result,
                                 &visit->reply->body, &err);
    visit_rendered(visit, 200, rc, &err);
}

// ---- after a change ----

static void append_pair(struct buf *path, const char *name, const json_t *value)
{
    char number[32];
    struct str text = {json_string_value(value), json_string_length(value)};
    if (json_is_integer(value)) {
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        text = str_from(number);
    }
    if (!text.data)
        return;
    buf_append_char(path, memchr(path->data, '?', path->size) ? '&' : '?');
    url_encode(str_from(name), path);
    buf_append_char(path, '=');
    url_encode(text, path);
}

// A form for another operation, which shows it itself when it is asked without all its input.
static bool go_to_form(struct visit *visit, const struct desk *desk, const json_t *result)
{
    const json_t *action = json_object_get(result, "action");
    const char *type = json_get_string(result, "type"), *name;
    const char *id = json_get_string(action, "operation");
    const struct route *route = desk->invoke.route;
    if (strcmp(type, "form") != 0 || json_object_get(result, "schema") ||
        !manifest_operation(route->bundle->manifest, str_from(id)))
        return false;
    struct buf path = {0};
    json_t *value;
    buf_printf(&path, "/%s/%s", route->instance, id);
    json_object_foreach(json_object_get(action, "input"), name, value)
        append_pair(&path, name, value);
    visit_redirect(visit, arena_string(visit->arena, buf_str(&path)));
    buf_finish(&path);
    return true;
}

static bool go_to_done(struct visit *visit, const struct desk *desk, const json_t *result)
{
    const struct invoke *invoke = &desk->invoke;
    json_t *kept = json_pack("[s, s, O]", invoke->route->instance, invoke->operation->id, result);
    bool fits = parcel_send(visit, PARCEL_DONE, kept);
    if (fits)
        visit_redirect(visit, arena_printf(visit->arena, "/%s/%s/done", invoke->route->instance,
                                           invoke->operation->id));
    json_decref(kept);
    return fits;
}

static void answer(struct visit *visit, const struct desk *desk, struct str text)
{
    json_t *result = json_parse(text, NULL);
    bool safe = desk->invoke.operation->safe;
    if (safe || !(go_to_form(visit, desk, result) || go_to_done(visit, desk, result)))
        show_result(visit, desk, result);
    json_decref(result);
}

// What the parcel holds for this operation, rendered with no more trust than a plugin's answer.
static json_t *kept_result(const struct visit *visit)
{
    json_t *kept = parcel_open(visit, PARCEL_DONE);
    const json_t *instance = json_array_get(kept, 0), *id = json_array_get(kept, 1);
    bool ours = json_is_string(instance) && json_is_string(id) &&
                str_is(visit->part[0], json_string_value(instance)) &&
                str_is(visit->part[1], json_string_value(id));
    json_t *result = ours ? json_incref(json_array_get(kept, 2)) : NULL;
    json_decref(kept);
    return result;
}

void visit_done(struct visit *visit)
{
    struct desk desk = {.snapshot = gate_pin(visit->portal->services.gate),
                        .invoke = {.citizen = visit_citizen(visit)}};
    json_t *result = kept_result(visit);
    if (invoke_find(desk.snapshot, visit->part[0], visit->part[1], &desk.invoke, &desk.problem) < 0)
        visit_problem(visit, &desk.problem);
    else if (!visit->signed_in && desk.invoke.operation->who != WHO_PUBLIC)
        visit_ask_to_sign_in(visit);
    else if (result)
        show_result(visit, &desk, result);
    else
        visit_redirect(visit, arena_printf(visit->arena, "/%s", desk.invoke.route->instance));
    json_decref(result);
    snapshot_release(desk.snapshot);
}

// ---- asking ----

// What is only remembered does not change the answer.
static void note_use(struct visit *visit, const struct invoke *invoke, struct str result)
{
    const struct portal_services *services = &visit->portal->services;
    citizen_note_submitted(services->store, &visit->identity, invoke, result);
    auth_mark_used(services->auth, &visit->identity.account, invoke->route->instance, NULL);
}

static void run(struct visit *visit, struct desk *desk)
{
    struct invoke *invoke = &desk->invoke;
    struct str result;
    int rc = visit_take_files(visit, invoke, &desk->problem) ? 0 : -1;
    if (rc == 0 && visit->signed_in)
        rc = citizen_fill_caller(visit->portal->services.auth, &visit->identity, invoke,
                                 &desk->problem);
    if (rc == 0)
        rc = invoke_operation(invoke, &result, &desk->problem);
    if (rc == 0 && visit->signed_in)
        note_use(visit, invoke, result);
    if (rc == 0) {
        answer(visit, desk, result);
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

// Files that were chosen before the language was switched are kept with the rest.
static void show_again(struct visit *visit, struct desk *desk)
{
    if (visit_take_files(visit, &desk->invoke, &desk->problem))
        show_form(visit, desk, desk->invoke.input, NULL);
    else
        show_form(visit, desk, desk->invoke.input, desk->problem.errors);
    problem_finish(&desk->problem);
}

static void show_empty_form(struct visit *visit, const struct desk *desk)
{
    const struct invoke *invoke = &desk->invoke;
    json_t *kept = keep_take(visit, invoke->route->instance, invoke->operation->id);
    json_object_update_missing(kept, invoke->input);
    show_form(visit, desk, kept ? kept : invoke->input, NULL);
    json_decref(kept);
}

static void enter(struct visit *visit, bool submitted)
{
    struct desk desk = {.snapshot = gate_pin(visit->portal->services.gate)};
    struct invoke *invoke = &desk.invoke;
    *invoke = (struct invoke){.gate = visit->portal->services.gate,
                              .snapshot = desk.snapshot,
                              .citizen = visit_citizen(visit),
                              .client = visit->http,
                              .arena = visit->arena};
    if (invoke_find(desk.snapshot, visit->part[0], visit->part[1], invoke, &desk.problem) < 0) {
        visit_problem(visit, &desk.problem);
        snapshot_release(desk.snapshot);
        return;
    }
    const struct operation *operation = invoke->operation;
    invoke->input = pages_read_form(operation->input, visit->form, visit->form_count);
    if (!visit->signed_in && operation->who != WHO_PUBLIC) {
        if (submitted)
            keep_form(visit, visit->part[0], visit->part[1], invoke->input);
        visit_ask_to_sign_in(visit);
    } else if (keep_switches(visit)) {
        show_again(visit, &desk);
    } else if (submitted || (operation->safe && !needs_input(operation, invoke->input))) {
        run(visit, &desk);
    } else {
        show_empty_form(visit, &desk);
    }
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

// The session that the form was made for is over: nothing is done, and what was typed stands in the
// form that the page leads to.
void visit_submit_stale(struct visit *visit)
{
    struct desk desk = {.snapshot = gate_pin(visit->portal->services.gate)};
    struct invoke *invoke = &desk.invoke;
    if (keep_is_ours(visit) &&
        invoke_find(desk.snapshot, visit->part[0], visit->part[1], invoke, &desk.problem) == 0) {
        json_t *input = pages_read_form(invoke->operation->input, visit->form, visit->form_count);
        keep_form(visit, visit->part[0], visit->part[1], input);
        json_decref(input);
    }
    problem_finish(&desk.problem);
    snapshot_release(desk.snapshot);
    visit_stale(visit);
}
