// SPDX-License-Identifier: Apache-2.0
// A result that changes while somebody looks at its page: the page's own address with /stream after
// it sends the page's main part anew, made as the page was made. Without JavaScript nobody asks for
// it, and the page is reloaded.

#include "base/json.h"
#include "host/broker.h"
#include "host/citizen.h"
#include "host/live_stream.h"
#include "portal/visit.h"

static int ask(struct visit *visit, struct invoke *invoke, struct str *json,
               struct problem *problem)
{
    if (!invoke->operation->safe || !str_is(visit->http->method, "GET")) {
        problem_set(problem, "method-not-allowed");
        problem->allow = invoke->operation->safe ? "GET" : "POST";
        return -1;
    }
    invoke->input = pages_read_form(invoke->operation->input, visit->form, visit->form_count);
    int rc = 0;
    if (visit->signed_in)
        rc = citizen_fill_caller(visit->portal->services.auth, &visit->identity, invoke, problem);
    if (rc == 0)
        rc = invoke_operation(invoke, json, problem);
    json_decref(invoke->input);
    return rc;
}

static int look(void *context, struct arena *arena, struct live_result *result,
                struct problem *problem)
{
    struct visit *visit = context;
    visit_identify(visit);
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    struct invoke invoke = {.gate = visit->portal->services.gate,
                            .snapshot = snapshot,
                            .citizen = visit_citizen(visit),
                            .client = visit->http,
                            .arena = arena};
    int rc = invoke_find(snapshot, visit->part[0], visit->part[1], &invoke, problem);
    if (rc == 0)
        rc = ask(visit, &invoke, &result->json, problem);
    if (rc == 0)
        result->instance = arena_string(arena, str_from(invoke.route->instance));
    snapshot_release(snapshot);
    return rc;
}

// What stands in <main> of the page.
static struct str main_part(struct str page)
{
    const char *begin = memmem(page.data, page.size, "<main", 5);
    const char *end = memmem(page.data, page.size, "</main>", 7);
    if (!begin || !end || end < begin)
        return STR("");
    return (struct str){begin, (size_t)(end - begin) + 7};
}

static void render(struct visit *visit, const struct invoke *invoke, const json_t *result,
                   struct buf *out)
{
    struct buf page = {0};
    struct err err;
    json_t *input = pages_read_form(invoke->operation->input, visit->form, visit->form_count);
    struct page_operation operation = visit_page_operation(invoke->route, invoke->operation, input);
    if (pages_render_result(visit->portal->site->pages, &visit->page, &operation, result, &page,
                            &err) == 0)
        buf_append_str(out, main_part(buf_str(&page)));
    json_decref(input);
    buf_finish(&page);
}

static void write_page(void *context, struct str text, struct buf *out)
{
    struct visit *visit = context;
    struct problem problem = {0};
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    struct invoke invoke = {.citizen = visit_citizen(visit)};
    json_t *result = json_parse(text, NULL);
    if (invoke_find(snapshot, visit->part[0], visit->part[1], &invoke, &problem) == 0)
        render(visit, &invoke, result, out);
    problem_finish(&problem);
    json_decref(result);
    snapshot_release(snapshot);
}

// The page that is shown, not the stream: its links lead back to it.
static void name_shown_page(struct visit *visit)
{
    const char *mark = visit->http->query.size ? "?" : "";
    visit->page.path = arena_printf(visit->arena, "/" STR_FORMAT "/" STR_FORMAT "%s" STR_FORMAT,
                                    STR_ARGUMENTS(visit->part[0]), STR_ARGUMENTS(visit->part[1]),
                                    mark, STR_ARGUMENTS(visit->http->query));
}

// A browser that keeps no cookies has a new name with every request.
static struct str caller_of(const struct visit *visit)
{
    return visit->nonce_is_new && !visit->signed_in ? visit->http->peer : visit_citizen(visit);
}

void visit_stream(struct visit *visit)
{
    struct problem problem = {0};
    struct live_viewer viewer = {.live = gate_broker(visit->portal->services.gate)->live,
                                 .http = visit->http,
                                 .reply = visit->reply,
                                 .caller = caller_of(visit),
                                 .look = look,
                                 .write = write_page,
                                 .context = visit};
    name_shown_page(visit);
    if (live_stream(&viewer, &problem) < 0)
        visit_problem(visit, &problem);
}
