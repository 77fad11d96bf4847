// SPDX-License-Identifier: Apache-2.0
//
// The questions outlive the page when an agency is slow: they live in a block of their own,
// counted, and the page takes what has come when its budget is over.

#include "portal/due.h"

#include "base/json.h"
#include "base/mem.h"
#include "host/citizen.h"
#include "loop/task.h"

#include <stdlib.h>

enum { BUDGET_MS = 800, MOST = 32 };

struct round;

struct question {
    struct round *round;
    struct invoke invoke;
    struct arena arena;
    json_t *answer;
    bool asked;
};

struct round {
    struct snapshot *snapshot;
    struct question questions[MOST];
    size_t count;
    size_t missing;
    unsigned references;
    bool page_waits;
    struct signal all;
};

static void round_release(struct round *round)
{
    if (--round->references > 0)
        return;
    for (size_t i = 0; i < round->count; i++) {
        json_decref(round->questions[i].answer);
        json_decref(round->questions[i].invoke.input);
        arena_finish(&round->questions[i].arena);
    }
    snapshot_release(round->snapshot);
    free(round);
}

static void ask(void *argument)
{
    struct question *question = argument;
    struct round *round = question->round;
    struct problem problem = {0};
    struct str result;
    if (invoke_operation(&question->invoke, &result, &problem) == 0)
        question->answer = json_parse(result, NULL);
    problem_finish(&problem);
    if (--round->missing == 0 && round->page_waits)
        signal_raise(&round->all);
    round_release(round);
}

static void add_question(struct visit *visit, struct round *round, const struct route *everybodys)
{
    // The round outlives the page: what it keeps of the visit is in its own memory.
    struct str citizen = id_str(&visit->identity.account);
    const struct route *route = route_for(everybodys, citizen);
    const struct operation *operation = manifest_with_role(route->bundle->manifest, ROLE_DUE);
    struct problem problem = {0};
    if (!operation || round->count == MOST)
        return;
    struct question *question = &round->questions[round->count];
    question->round = round;
    question->invoke =
        (struct invoke){.gate = visit->portal->services.gate,
                        .snapshot = round->snapshot,
                        .route = route,
                        .operation = operation,
                        .citizen = {arena_string(&question->arena, citizen), citizen.size},
                        .arena = &question->arena};
    if (citizen_fill_caller(visit->portal->services.auth, &visit->identity, &question->invoke,
                            &problem) < 0 ||
        str_is(question->invoke.caller.links, "[]") || !question->invoke.caller.links.size) {
        problem_finish(&problem);
        arena_finish(&question->arena);
        return;
    }
    question->invoke.input = json_object();
    round->count++;
}

static void start(struct visit *visit, struct round *round)
{
    for (size_t i = 0; i < round->count; i++) {
        struct question *question = &round->questions[i];
        if (task_spawn(gate_loop(visit->portal->services.gate), ask, question) != 0)
            continue;
        question->asked = true;
        round->missing++;
        round->references++;
    }
}

static void add_items(const struct question *question, json_t *items)
{
    size_t index;
    json_t *item;
    const struct route *route = question->invoke.route;
    json_array_foreach(json_object_get(question->answer, "items"), index, item)
    {
        json_t *copy = json_deep_copy(item);
        json_object_set_new(copy, "instance", json_string(route->instance));
        json_object_set_new(copy, "subtitle", json_deep_copy(visit_route_text(route, "title")));
        json_t *open = json_object_get(copy, "open");
        if (open)
            json_object_set_new(open, "instance", json_string(route->instance));
        json_array_append_new(items, copy);
    }
}

json_t *due_collect(struct visit *visit, struct snapshot *snapshot)
{
    struct round *round = mem_zero(1, sizeof *round);
    json_t *items = json_array(), *late = json_array();
    round->snapshot = snapshot_hold(snapshot);
    round->references = 1;
    signal_init(&round->all);
    for (size_t i = 0; i < snapshot->count; i++)
        add_question(visit, round, &snapshot->routes[i]);
    round->page_waits = true;
    start(visit, round);
    if (round->missing)
        signal_wait(&round->all, loop_now(gate_loop(visit->portal->services.gate)) + BUDGET_MS);
    round->page_waits = false;
    for (size_t i = 0; i < round->count; i++) {
        if (round->questions[i].answer)
            add_items(&round->questions[i], items);
        else
            json_array_append_new(late, json_pack("{s:O}", "agency",
                                                  visit_route_text(round->questions[i].invoke.route,
                                                                   "agency")));
    }
    round_release(round);
    return json_pack("{s:o, s:o}", "items", items, "late", late);
}
