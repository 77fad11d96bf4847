// SPDX-License-Identifier: Apache-2.0
// Home and a service's own page, and what all pages of services share: all from the manifests of
// what is loaded now.

#include "portal/catalogue.h"

#include "base/json.h"
#include "host/citizen.h"
#include "portal/account.h"
#include "portal/due.h"
#include "portal/favourite.h"

#include <stdio.h>

// The order in which categories stand on the home page.
static const char *const categories[] = {
    "utilities", "transport", "fines",   "fuel",      "health",  "housing",     "family",
    "education", "business",  "justice", "documents", "culture", "environment",
};

enum { CATEGORIES = sizeof categories / sizeof *categories, SLUG = 60 };

static json_t *text(const json_t *borrowed)
{
    return borrowed ? json_deep_copy(borrowed) : json_object();
}

// ---- what is loaded, in the words of models ----

json_t *catalogue_service(const struct route *route, struct arena *arena)
{
    char since[CLOCK_TEXT] = "";
    clock_format(route->since, since);
    json_t *entry =
        json_pack("{s:o, s:o, s:o, s:s, s:s}", "title", text(route_text(route, "title")), "agency",
                  text(route_text(route, "agency")), "summary", text(route_text(route, "summary")),
                  "url", arena_printf(arena, "/%s", route->instance), "state",
                  !route->runner_count ? "down"
                  : route->canary      ? "trial"
                                       : "up");
    if (route->since)
        json_object_set_new(entry, "since", json_pack("{s:s}", "time", since));
    return entry;
}

const char *catalogue_agency(const struct route *route, struct arena *arena)
{
    const char *own = json_get_string(json_object_get(route->configuration, "agency"), "en");
    char *slug = arena_zero(arena, SLUG + 1);
    size_t size = 0;
    for (; own && *own && size < SLUG; own++) {
        char c = (char)(*own >= 'A' && *own <= 'Z' ? *own | 0x20 : *own);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            slug[size++] = c;
        else if (size && slug[size - 1] != '-')
            slug[size++] = '-';
    }
    while (size && slug[size - 1] == '-')
        slug[--size] = '\0';
    return size ? slug : route->bundle->manifest->agency_id;
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

static const char *category_name(size_t category)
{
    return category < CATEGORIES ? categories[category] : "other";
}

// With at most so many services; NULL when it has none.
static json_t *category_entry(const struct snapshot *snapshot, size_t category, struct arena *arena,
                              size_t most)
{
    json_t *services = json_array();
    size_t count = 0;
    for (size_t i = 0; i < snapshot->count; i++) {
        if (category_of(&snapshot->routes[i]) != category)
            continue;
        if (count++ < most)
            json_array_append_new(services, catalogue_service(&snapshot->routes[i], arena));
    }
    json_t *entry =
        json_pack("{s:s, s:s+, s:I, s:o}", "category", category_name(category), "url", "/services/",
                  category_name(category), "count", (json_int_t)count, "services", services);
    if (count)
        return entry;
    json_decref(entry);
    return NULL;
}

static json_t *category_list(const struct snapshot *snapshot, struct arena *arena, size_t most)
{
    json_t *list = json_array();
    for (size_t c = 0; c <= CATEGORIES; c++) {
        json_t *entry = category_entry(snapshot, c, arena, most);
        if (entry)
            json_array_append_new(list, entry);
    }
    return list;
}

json_t *catalogue_categories(const struct snapshot *snapshot, struct arena *arena)
{
    return category_list(snapshot, arena, arena ? SIZE_MAX : 0);
}

json_t *catalogue_category(const struct snapshot *snapshot, struct str name, struct arena *arena)
{
    for (size_t c = 0; c <= CATEGORIES; c++)
        if (str_is(name, category_name(c)))
            return category_entry(snapshot, c, arena, SIZE_MAX);
    return NULL;
}

const char *catalogue_template(enum portal_page page)
{
    static const char *const names[PORTAL_PAGES] = {"home", "services", "agencies",
                                                    "service-status"};
    return names[page];
}

const json_t *catalogue_prepared(struct visit *visit, const struct snapshot *snapshot,
                                 enum portal_page page, catalogue_model *make)
{
    struct prepared *prepared = &visit->portal->prepared[page][visit->language];
    if (prepared->view && prepared->snapshot == snapshot->number)
        return prepared->view;
    json_t *model = make(snapshot, visit->arena);
    json_decref(prepared->view);
    prepared->view = pages_prepare(visit->portal->site->pages, visit->language, visit->page.now,
                                   catalogue_template(page), model, NULL);
    prepared->snapshot = snapshot->number;
    json_decref(model);
    return prepared->view;
}

// ---- home ----

// A few of each category: with many services the page stays small.
static json_t *home_model(const struct snapshot *snapshot, struct arena *arena)
{
    return json_pack("{s:o, s:I}", "categories", category_list(snapshot, arena, HOME_SERVICES),
                     "count", (json_int_t)snapshot->count);
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
    if (!visit->signed_in)
        visit->page.keep = PAGES_KEEP_PUBLIC;
    // Asked for last: due_collect waits, and another visit may prepare the page anew meanwhile.
    json_t *shared =
        json_incref((json_t *)catalogue_prepared(visit, snapshot, PORTAL_HOME, home_model));
    int rc = pages_render(pages, &visit->page, "home", shared, own, &visit->reply->body, &err);
    json_decref(shared);
    json_decref(own);
    snapshot_release(snapshot);
    visit_rendered(visit, 200, rc, &err);
}

// ---- one service ----

// What the manifest says beforehand of the service, or of one of its operations.
static void set_offer(json_t *entry, const json_t *document)
{
    static const char *const members[] = {"needs", "cost", "takes"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        const json_t *value = json_object_get(document, members[i]);
        if (value)
            json_object_set_new(entry, members[i], json_deep_copy(value));
    }
}

static json_t *operations(const struct visit *visit, const struct route *route)
{
    json_t *list = json_array();
    const struct manifest *manifest = route->bundle->manifest;
    for (size_t i = 0; i < manifest->operation_count; i++) {
        const struct operation *operation = &manifest->operations[i];
        if (operation->role != ROLE_ENTRY || operation->who == WHO_HOST)
            continue;
        json_t *entry =
            json_pack("{s:o, s:o, s:s, s:b}", "title",
                      text(json_object_get(operation->document, "title")), "summary",
                      text(json_object_get(operation->document, "summary")), "url",
                      arena_printf(visit->arena, "/%s/%s", route->instance, operation->id),
                      "signed_in_only", !visit->signed_in && operation->who != WHO_PUBLIC);
        set_offer(entry, operation->document);
        json_array_append_new(list, entry);
    }
    return list;
}

static json_t *service_model(struct visit *visit, const struct snapshot *snapshot,
                             const struct route *route)
{
    const char *agency = catalogue_agency(route, visit->arena);
    const char *category = category_name(category_of(route));
    json_t *model = catalogue_service(route, visit->arena);
    json_object_set_new(model, "agency_url", json_sprintf("/agencies/%s", agency));
    json_object_set_new(model, "category", json_string(category));
    json_object_set_new(model, "operations", operations(visit, route));
    json_object_set_new(model, "unavailable", json_boolean(route->runner_count == 0));
    set_offer(model, route->bundle->manifest->document);
    if (visit->signed_in && route->bundle->manifest->may_link)
        json_object_set_new(model, "accounts", account_links(visit, snapshot, route->instance));
    if (visit->signed_in)
        json_object_set_new(model, "favourite", favourite_star(visit, route->instance));
    return model;
}

void visit_service(struct visit *visit)
{
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    const struct route *route = snapshot_find(snapshot, visit->part[0]);
    json_t *model = route ? service_model(visit, snapshot, route) : NULL;
    if (!visit->signed_in)
        visit->page.keep = PAGES_KEEP_PUBLIC;
    snapshot_release(snapshot);
    if (model)
        visit_show(visit, 200, "service", model);
    else
        visit_problem_code(visit, "not-found");
    json_decref(model);
}
