// SPDX-License-Identifier: Apache-2.0
// Home, search and a service's own page, all from the manifests of what is loaded now.

#include "base/json.h"
#include "host/citizen.h"
#include "portal/account.h"
#include "portal/due.h"
#include "portal/favourite.h"
#include "portal/visit.h"

#include <stdio.h>

// The order in which categories stand on the home page.
static const char *const categories[] = {
    "utilities", "transport", "fines",   "fuel",      "health",  "housing",     "family",
    "education", "business",  "justice", "documents", "culture", "environment",
};

enum { CATEGORIES = sizeof categories / sizeof *categories };

static json_t *text(const json_t *borrowed)
{
    return borrowed ? json_deep_copy(borrowed) : json_object();
}

static json_t *service_entry(const struct route *route, struct arena *arena)
{
    return json_pack("{s:o, s:o, s:o, s:s}", "title", text(visit_route_text(route, "title")),
                     "agency", text(visit_route_text(route, "agency")), "summary",
                     text(visit_route_text(route, "summary")), "url",
                     arena_printf(arena, "/%s", route->instance));
}

// CATEGORIES for one that is not in the list: it stands last, under "other".
static size_t category_of(const struct route *route)
{
    const json_t *own = json_object_get(route->configuration, "category");
    const char *name = json_is_string(own)
                           ? json_string_value(own)
                           : json_get_string(route->bundle->manifest->document, "category");
    size_t index = 0;
    while (index < CATEGORIES && strcmp(name, categories[index]) != 0)
        index++;
    return index;
}

static json_t *catalogue(const struct snapshot *snapshot, struct arena *arena)
{
    json_t *list = json_array();
    for (size_t c = 0; c <= CATEGORIES; c++) {
        json_t *services = json_array();
        for (size_t i = 0; i < snapshot->count; i++)
            if (category_of(&snapshot->routes[i]) == c)
                json_array_append_new(services, service_entry(&snapshot->routes[i], arena));
        if (json_array_size(services))
            json_array_append_new(list, json_pack("{s:s, s:O}", "category",
                                                  c < CATEGORIES ? categories[c] : "other",
                                                  "services", services));
        json_decref(services);
    }
    return json_pack("{s:o}", "categories", list);
}

// Prepared again only when what is loaded has changed.
static const json_t *shared_home(struct visit *visit, const struct snapshot *snapshot)
{
    struct portal *portal = visit->portal;
    enum pages_language language = visit->language;
    if (portal->home[language] && portal->home_snapshot[language] == snapshot->number)
        return portal->home[language];
    json_t *model = catalogue(snapshot, visit->arena);
    json_decref(portal->home[language]);
    portal->home[language] =
        pages_prepare(portal->site->pages, language, visit->page.now, "home", model, NULL);
    portal->home_snapshot[language] = snapshot->number;
    json_decref(model);
    return portal->home[language];
}

void visit_home(struct visit *visit)
{
    struct err err;
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    const struct pages *pages = visit->portal->site->pages;
    json_t *own = NULL;
    if (visit->signed_in) {
        json_t *due = due_collect(visit, snapshot);
        json_t *model = json_pack("{s:o}", "due", due);
        favourite_add_mine(visit, snapshot, model);
        own = pages_prepare(pages, visit->language, visit->page.now, "home", model, NULL);
        json_decref(model);
    }
    // Asked for last: due_collect waits, and another visit may prepare the page anew meanwhile.
    json_t *shared = json_incref((json_t *)shared_home(visit, snapshot));
    int rc = pages_render(pages, &visit->page, "home", shared, own, &visit->reply->body, &err);
    json_decref(shared);
    json_decref(own);
    snapshot_release(snapshot);
    visit_rendered(visit, 200, rc, &err);
}

// ---- search ----

static bool holds(const json_t *value, struct str words)
{
    const char *haystack = json_string_value(value);
    char needle[100];
    snprintf(needle, sizeof needle, STR_FORMAT, STR_ARGUMENTS(words));
    return haystack && needle[0] && strcasestr(haystack, needle);
}

static bool any_holds(const json_t *value, struct str words)
{
    const char *name;
    size_t index;
    json_t *member;
    bool found = holds(value, words);
    if (json_is_object(value))
        json_object_foreach((json_t *)value, name, member) found =
            found || any_holds(member, words);
    if (json_is_array(value))
        json_array_foreach(value, index, member) found = found || any_holds(member, words);
    return found;
}

// Every word must stand somewhere in the service's texts or keywords.
static bool is_match(const struct route *route, struct str query)
{
    const json_t *document = route->bundle->manifest->document;
    const json_t *texts[] = {visit_route_text(route, "title"), visit_route_text(route, "summary"),
                             visit_route_text(route, "agency"),
                             json_object_get(document, "keywords"),
                             json_object_get(document, "operations")};
    bool any = false;
    while (query.size) {
        struct str word = str_cut(&query, ' ');
        bool found = !word.size;
        for (size_t i = 0; i < sizeof texts / sizeof *texts && !found; i++)
            found = any_holds(texts[i], word);
        if (!found)
            return false;
        any = any || word.size;
    }
    return any;
}

void visit_search(struct visit *visit)
{
    struct str query = str_trim(visit_field(visit, "q"));
    json_t *model = json_object();
    if (query.size && query.size < 200) {
        struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
        json_t *services = json_array();
        for (size_t i = 0; i < snapshot->count; i++)
            if (is_match(&snapshot->routes[i], query))
                json_array_append_new(services, service_entry(&snapshot->routes[i], visit->arena));
        json_object_set_new(model, "services", services);
        snapshot_release(snapshot);
        visit->page.query = arena_string(visit->arena, query);
    }
    visit_show(visit, 200, "search", model);
    json_decref(model);
}

// ---- one service ----

static json_t *operations(const struct visit *visit, const struct route *route)
{
    json_t *list = json_array();
    const struct manifest *manifest = route->bundle->manifest;
    for (size_t i = 0; i < manifest->operation_count; i++) {
        const struct operation *operation = &manifest->operations[i];
        if (operation->role != ROLE_ENTRY)
            continue;
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:s, s:b}", "title",
                            text(json_object_get(operation->document, "title")), "summary",
                            text(json_object_get(operation->document, "summary")), "url",
                            arena_printf(visit->arena, "/%s/%s", route->instance, operation->id),
                            "signed_in_only", !visit->signed_in && operation->who != WHO_PUBLIC));
    }
    return list;
}

void visit_service(struct visit *visit)
{
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    const struct route *route = snapshot_find(snapshot, visit->part[0]);
    if (!route) {
        snapshot_release(snapshot);
        visit_problem_code(visit, "not-found");
        return;
    }
    json_t *model =
        json_pack("{s:o, s:o, s:o, s:o, s:b}", "title", text(visit_route_text(route, "title")),
                  "agency", text(visit_route_text(route, "agency")), "summary",
                  text(visit_route_text(route, "summary")), "operations", operations(visit, route),
                  "unavailable", route->runner_count == 0);
    if (visit->signed_in && route->bundle->manifest->may_link)
        json_object_set_new(model, "accounts", account_links(visit, snapshot, route->instance));
    if (visit->signed_in)
        json_object_set_new(model, "favourite", favourite_star(visit, route->instance));
    snapshot_release(snapshot);
    visit_show(visit, 200, "service", model);
    json_decref(model);
}
