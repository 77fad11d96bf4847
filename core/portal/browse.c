// SPDX-License-Identifier: Apache-2.0
// All services by category and by agency, and how they are.

#include "base/json.h"
#include "portal/catalogue.h"

// A page that is the same for everybody.
static void show_prepared(struct visit *visit, enum portal_page page, catalogue_model *make)
{
    struct err err;
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    const json_t *shared = catalogue_prepared(visit, snapshot, page, make);
    int rc = pages_render(visit->portal->site->pages, &visit->page, catalogue_template(page),
                          shared, NULL, &visit->reply->body, &err);
    snapshot_release(snapshot);
    visit_rendered(visit, 200, rc, &err);
}

// Shows the model, or that there is no such page.
static void show_found(struct visit *visit, const char *page, json_t *model)
{
    if (model)
        visit_show(visit, 200, page, model);
    else
        visit_problem_code(visit, "not-found");
    json_decref(model);
}

// ---- by category ----

static json_t *services_model(const struct snapshot *snapshot, struct arena *arena)
{
    return json_pack("{s:o}", "categories", catalogue_categories(snapshot, arena));
}

void visit_services(struct visit *visit)
{
    show_prepared(visit, PORTAL_SERVICES, services_model);
}

void visit_category(struct visit *visit)
{
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    json_t *model = catalogue_category(snapshot, visit->part[0], visit->arena);
    snapshot_release(snapshot);
    show_found(visit, "category", model);
}

// ---- by agency ----

static json_t *agency_entry(json_t *agencies, const struct route *route, const char *id)
{
    size_t index;
    json_t *entry;
    json_array_foreach(agencies, index, entry)
    {
        if (strcmp(json_get_string(entry, "id"), id) == 0)
            return entry;
    }
    const json_t *name = route_text(route, "agency");
    entry = json_pack("{s:s, s:o, s:s+, s:[]}", "id", id, "title", json_deep_copy(name), "url",
                      "/agencies/", id, "services");
    json_array_append_new(agencies, entry);
    return entry;
}

static json_t *agencies_model(const struct snapshot *snapshot, struct arena *arena)
{
    json_t *agencies = json_array();
    for (size_t i = 0; i < snapshot->count; i++) {
        const struct route *route = &snapshot->routes[i];
        json_t *entry = agency_entry(agencies, route, catalogue_agency(route, arena));
        json_array_append_new(json_object_get(entry, "services"), catalogue_service(route, arena));
    }
    return json_pack("{s:o}", "agencies", agencies);
}

void visit_agencies(struct visit *visit)
{
    show_prepared(visit, PORTAL_AGENCIES, agencies_model);
}

void visit_agency(struct visit *visit)
{
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    json_t *all = agencies_model(snapshot, visit->arena), *entry, *found = NULL;
    size_t index;
    snapshot_release(snapshot);
    json_array_foreach(json_object_get(all, "agencies"), index, entry)
    {
        if (str_is(visit->part[0], json_get_string(entry, "id")))
            found = json_incref(entry);
    }
    json_decref(all);
    show_found(visit, "agency", found);
}

// ---- how they are ----

static json_t *status_model(const struct snapshot *snapshot, struct arena *arena)
{
    json_t *services = json_array();
    size_t down = 0;
    for (size_t i = 0; i < snapshot->count; i++) {
        json_array_append_new(services, catalogue_service(&snapshot->routes[i], arena));
        down += snapshot->routes[i].runner_count == 0;
    }
    return json_pack("{s:o, s:I}", "services", services, "down", (json_int_t)down);
}

void visit_service_status(struct visit *visit)
{
    show_prepared(visit, PORTAL_STATUS, status_model);
}
