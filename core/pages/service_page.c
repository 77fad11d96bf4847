// SPDX-License-Identifier: Apache-2.0
#include "pages/service_page.h"

static void set_str(json_t *object, const char *name, struct str text)
{
    json_object_set_new(object, name,
                        text.size ? json_stringn(text.data, text.size) : json_false());
}

// Templates ask for these inside of others that have them too.
static void set_missing(json_t *object, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!json_object_get(object, names[i]))
            json_object_set_new(object, names[i], json_false());
}

// ---- categories ----

// A category of the manifest's list has its name and icon here; any other is under "other".
static void name_category(const struct view *view, json_t *category)
{
    static const char *const names[] = {"url", "count"};
    const char *name = json_string_value(json_object_get(category, "category"));
    struct str title = phrases_named(view->phrases, "category", name ? name : "");
    const char *icon = title.data ? name : "service";
    if (!title.data)
        title = phrases_named(view->phrases, "category", "other");
    if (!json_is_string(json_object_get(category, "title")))
        set_str(category, "title", title);
    json_object_set_new(category, "icon", json_string(icon));
    int64_t count = json_integer_value(json_object_get(category, "count"));
    bool more = count > (int64_t)json_array_size(json_object_get(category, "services"));
    json_object_set_new(category, "more", json_false());
    if (more)
        view_set_phrase(view, category, "more", PHRASE_SERVICES_ALL, count, NULL, 0);
    set_missing(category, names, sizeof names / sizeof *names);
}

bool service_page_categories(const struct view *view, json_t *categories)
{
    bool any = false;
    for (size_t i = 0; i < json_array_size(categories); i++) {
        json_t *category = json_array_get(categories, i);
        name_category(view, category);
        any = any || json_is_string(json_object_get(category, "more"));
    }
    return any;
}

// ---- how a service is ----

// everyday: what is as it should be needs no badge.
static void set_state(const struct view *view, json_t *service, bool everyday)
{
    static const char *const names[] = {"summary", "agency"};
    const char *state = json_string_value(json_object_get(service, "state"));
    struct str title =
        state ? phrases_named(view->phrases, "service-status.state", state) : (struct str){0};
    bool up = !state || strcmp(state, "up") == 0, down = state && strcmp(state, "down") == 0;
    const char *kind = up ? "success" : down ? "warning" : "information";
    bool shown = title.size && !(everyday && !down);
    json_object_set_new(service, "badge",
                        shown ? json_pack("{s:s%, s:s}", "title", title.data, title.size, "kind",
                                          kind)
                              : json_false());
    json_t *since = json_incref(json_object_get(service, "since"));
    json_object_set_new(service, "since", json_false());
    if (json_is_string(since)) {
        struct str time = {json_string_value(since), json_string_length(since)};
        struct phrase_value value = {"time", time, false};
        view_set_phrase(view, service, "since", PHRASE_STATUS_SINCE, 0, &value, 1);
    }
    json_decref(since);
    set_missing(service, names, sizeof names / sizeof *names);
}

static void set_states(const struct view *view, json_t *services, bool everyday)
{
    for (size_t i = 0; i < json_array_size(services); i++)
        set_state(view, json_array_get(services, i), everyday);
}

void service_page_services(const struct view *view, json_t *out, const json_t *model)
{
    json_t *categories = json_object_get(out, "categories");
    (void)model;
    service_page_categories(view, categories);
    for (size_t i = 0; i < json_array_size(categories); i++)
        set_states(view, json_object_get(json_array_get(categories, i), "services"), true);
}

void service_page_category(const struct view *view, json_t *out, const json_t *model)
{
    (void)model;
    name_category(view, out);
    json_object_set(out, "page_title", json_object_get(out, "title"));
    set_states(view, json_object_get(out, "services"), true);
}

void service_page_agencies(const struct view *view, json_t *out, const json_t *model)
{
    json_t *agencies = json_object_get(out, "agencies");
    (void)model;
    for (size_t i = 0; i < json_array_size(agencies); i++) {
        json_t *agency = json_array_get(agencies, i);
        view_set_phrase(view, agency, "count", PHRASE_SERVICES_COUNT,
                        (int64_t)json_array_size(json_object_get(agency, "services")), NULL, 0);
    }
}

void service_page_agency(const struct view *view, json_t *out, const json_t *model)
{
    json_t *services = json_object_get(out, "services");
    (void)model;
    set_states(view, services, true);
    for (size_t i = 0; i < json_array_size(services); i++) // the page's heading says it
        json_object_set_new(json_array_get(services, i), "agency", json_false());
}

void service_page_status(const struct view *view, json_t *out, const json_t *model)
{
    int64_t down = json_integer_value(json_object_get(model, "down"));
    set_states(view, json_object_get(out, "services"), false);
    json_object_set_new(out, "kind", json_string(down ? "warning" : "success"));
    view_set_phrase(view, out, "sentence", down ? PHRASE_STATUS_DOWN : PHRASE_STATUS_UP, down, NULL,
                    0);
}

// ---- one service ----

static void set_duration(const struct view *view, json_t *out, const json_t *takes)
{
    static const struct {
        const char *unit;
        enum phrase phrase;
    } units[] = {{"minutes", PHRASE_SERVICE_MINUTES},
                 {"hours", PHRASE_SERVICE_HOURS},
                 {"days", PHRASE_SERVICE_DAYS}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const json_t *count = json_object_get(takes, units[i].unit);
        if (json_is_integer(count))
            view_set_phrase(view, out, "takes", units[i].phrase, json_integer_value(count), NULL,
                            0);
    }
    if (!json_is_string(json_object_get(out, "takes")))
        json_object_set_new(out, "takes", json_false());
}

// Needs, cost and duration, as far as the manifest says them.
static void set_offer(const struct view *view, json_t *out, const json_t *model)
{
    static const char *const names[] = {"needs", "has_needs", "cost"};
    const json_t *cost = json_object_get(model, "cost");
    json_t *price = json_incref(json_object_get(out, "cost"));
    bool priced = json_is_object(price);
    json_object_set_new(out, "price", priced ? price : json_false());
    if (priced)
        json_object_set_new(out, "cost", json_false());
    else
        json_decref(price);
    if (json_is_string(cost)) // "free"
        set_str(out, "cost", phrases_named(view->phrases, "service", "free"));
    set_duration(view, out, json_object_get(model, "takes"));
    set_missing(out, names, sizeof names / sizeof *names);
    json_object_set_new(out, "has_offer",
                        json_boolean(json_is_true(json_object_get(out, "has_needs")) ||
                                     json_is_string(json_object_get(out, "cost")) || priced ||
                                     json_is_string(json_object_get(out, "takes"))));
}

void service_page_service(const struct view *view, json_t *out, const json_t *model)
{
    static const char *const names[] = {"agency_url", "category"};
    json_t *operations = json_object_get(out, "operations");
    const json_t *given = json_object_get(model, "operations");
    const char *category = json_string_value(json_object_get(out, "category"));
    set_state(view, out, false);
    set_offer(view, out, model);
    for (size_t i = 0; i < json_array_size(operations); i++)
        set_offer(view, json_array_get(operations, i), json_array_get(given, i));
    set_str(out, "category_title",
            category ? phrases_named(view->phrases, "category", category) : (struct str){0});
    set_missing(out, names, sizeof names / sizeof *names);
}

// ---- search ----

void service_page_search(const struct view *view, json_t *out, const json_t *model)
{
    static const char *const names[] = {"service", "agency", "summary"};
    const json_t *results = json_object_get(model, "results");
    json_t *shown = json_object_get(out, "results");
    json_object_set_new(out, "asked", json_boolean(json_is_array(results)));
    for (size_t i = 0; i < json_array_size(shown); i++) {
        json_t *result = json_array_get(shown, i);
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (!json_is_string(json_object_get(result, names[k])))
                json_object_set_new(result, names[k], json_false());
    }
    service_page_categories(view, json_object_get(out, "categories"));
    view_set_phrase(view, out, "found", PHRASE_SEARCH_FOUND, (int64_t)json_array_size(results),
                    NULL, 0);
}
