// SPDX-License-Identifier: Apache-2.0
// Services that the citizen has marked, and those used last.

#include "portal/favourite.h"

#include "auth/mark.h"
#include "base/json.h"

#include <stdlib.h>

enum { MOST_MARKS = 200, RECENT = 5 };

static int read_marks(struct visit *visit, struct auth_mark **marks)
{
    struct err err;
    *marks = arena_zero(visit->arena, MOST_MARKS * sizeof **marks);
    return auth_marks(visit->portal->services.auth, &visit->identity.account, *marks, MOST_MARKS,
                      &err);
}

static int by_favourite(const void *left, const void *right)
{
    const struct auth_mark *a = left, *b = right;
    return (a->favourite < b->favourite) - (a->favourite > b->favourite);
}

static int by_use(const void *left, const void *right)
{
    const struct auth_mark *a = left, *b = right;
    return (a->used < b->used) - (a->used > b->used);
}

static void append(struct visit *visit, const struct snapshot *snapshot, json_t *list,
                   const char *instance)
{
    const struct route *route = snapshot_find(snapshot, str_from(instance));
    const json_t *title = route ? visit_route_text(route, "title") : NULL;
    if (title)
        json_array_append_new(list, json_pack("{s:o, s:s}", "title", json_deep_copy(title), "url",
                                              arena_printf(visit->arena, "/%s", instance)));
}

void favourite_add_mine(struct visit *visit, const struct snapshot *snapshot, json_t *model)
{
    struct auth_mark *marks;
    int count = read_marks(visit, &marks);
    size_t size = count > 0 ? (size_t)count : 0;
    json_t *favourites = json_array(), *recent = json_array();
    qsort(marks, size, sizeof *marks, by_favourite);
    for (size_t i = 0; i < size && marks[i].favourite; i++)
        append(visit, snapshot, favourites, marks[i].instance);
    qsort(marks, size, sizeof *marks, by_use);
    for (size_t i = 0; i < size && marks[i].used && json_array_size(recent) < RECENT; i++)
        append(visit, snapshot, recent, marks[i].instance);
    json_object_set_new(model, "mine",
                        json_boolean(json_array_size(favourites) + json_array_size(recent) > 0));
    json_object_set_new(model, "favourites", favourites);
    json_object_set_new(model, "recent", recent);
}

json_t *favourite_star(struct visit *visit, const char *instance)
{
    struct auth_mark *marks;
    int count = read_marks(visit, &marks);
    bool on = false;
    for (int i = 0; i < count; i++)
        on = on || (marks[i].favourite && strcmp(marks[i].instance, instance) == 0);
    return json_pack("{s:s, s:b}", "instance", instance, "on", on);
}

// A mark of an instance that is not loaded may be taken away, but none is made.
void visit_favourite(struct visit *visit)
{
    struct err err;
    const char *instance = arena_string(visit->arena, visit_field(visit, "instance"));
    bool add = str_is(visit_field(visit, "do"), "add");
    if (visit_is_stranger(visit))
        return;
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    bool known = snapshot_find(snapshot, str_from(instance));
    snapshot_release(snapshot);
    if ((add && !known) || (!add && !str_is(visit_field(visit, "do"), "remove")))
        visit_problem_code(visit, "not-found");
    else if (auth_mark_favourite(visit->portal->services.auth, &visit->identity.account, instance,
                                 add, &err) < 0)
        visit_problem_err(visit, &err);
    else
        visit_redirect(visit, known ? arena_printf(visit->arena, "/%s", instance) : "/");
}
