// SPDX-License-Identifier: Apache-2.0
// The search page: what can be done first, the service it belongs to below it, and where nothing
// was found what else to try.

#include "host/directory.h"
#include "portal/catalogue.h"

static json_t *copy(const json_t *text)
{
    return text ? json_deep_copy(text) : json_object();
}

static json_t *result_of(const struct visit *visit, const struct directory_entry *entry)
{
    const struct route *route = entry->route;
    const struct operation *operation = entry->operation;
    const json_t *document = operation ? operation->document : NULL;
    const json_t *titled = entry->intent ? entry->intent : document;
    bool closed = operation && operation->who != WHO_PUBLIC && !visit->signed_in;
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:s, s:b, s:b, s:b}", "title",
        copy(operation ? json_object_get(titled, "title") : route_text(route, "title")), "summary",
        copy(entry->intent ? NULL // its title says it; the operation's summary is of all it can
             : operation   ? json_object_get(document, "summary")
                           : route_text(route, "summary")),
        "agency", copy(route_text(route, "agency")), "service",
        copy(operation ? route_text(route, "title") : NULL), "url",
        directory_path(entry, visit->arena), "action", operation != NULL, "signed_in_only", closed,
        "unavailable", route->runner_count == 0);
}

void visit_search(struct visit *visit)
{
    struct str query = str_trim(visit_field(visit, "q"));
    json_t *model = json_object();
    if (query.size) {
        struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
        struct directory_answer answer;
        json_t *results = json_array();
        directory_search(visit->portal->services.directory, snapshot, query, &answer);
        for (size_t i = 0; i < answer.count; i++)
            json_array_append_new(results, result_of(visit, &answer.entries[i]));
        json_object_set_new(model, "results", results);
        json_object_set_new(model, "cut", json_boolean(answer.cut));
        json_object_set_new(model, "partly", json_boolean(answer.count && answer.unknown));
        if (!answer.count)
            json_object_set_new(model, "categories", catalogue_categories(snapshot, NULL));
        snapshot_release(snapshot);
        struct str shown = fold_cut(query, SEARCH_SHOWN);
        visit->page.query = arena_string(visit->arena, shown);
    }
    visit_show(visit, 200, "search", model);
    json_decref(model);
}
