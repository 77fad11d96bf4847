// SPDX-License-Identifier: Apache-2.0
// Pharmacies, clinics, doctors, hospitals and dentists of a city: which are open, where, until
// when.
//
//     find    places: by kind, area, text, speciality, language, gender; open now or always; near
//     show    one of them with its week
//     areas   the areas there are, each leading to find
//
// The facilities are a GeoJSON file (facilities.h): the sample in this plugin until an operator
// brings another. A new file is read whole beside the old set and takes its place only then.
#include "present.h"

#include "civil.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE = 20, DAY_SECONDS = 24 * 60 * 60, AREAS_MAX = 250 };

// What a plugin has one of: the interface gives its functions no context.
static struct {
    struct facilities *facilities;
    bool own_offset; // the data are of a place with other clocks than the city's
    int utc_offset;  // then: minutes
    char calling_code[8];
} plugin = {.calling_code = "971"};

static bool start(json_t *configuration)
{
    const json_t *offset = json_object_get(configuration, "utc_offset_minutes");
    const char *code = json_string_value(json_object_get(configuration, "calling_code"));
    plugin.own_offset = offset != NULL;
    plugin.utc_offset = (int)json_integer_value(offset);
    if (code)
        snprintf(plugin.calling_code, sizeof plugin.calling_code, "%s", code);
    return true;
}

static bool take_data(const char *data, size_t size, char *reason, size_t reason_size)
{
    struct facilities *facilities;
    struct facilities_fault fault;
    if (facilities_load(data, size, &facilities, &fault)) {
        snprintf(reason, reason_size, "%s", fault.message);
        return false;
    }
    facilities_destroy(plugin.facilities);
    plugin.facilities = facilities;
    medina_log(MEDINA_LOG_INFORMATION, "%zu facilities, %zu of them without hours that can be read",
               facilities_count(facilities), facilities_without_hours(facilities));
    return true;
}

static struct presentation now(void)
{
    int64_t ms = medina_now();
    int offset = plugin.own_offset ? plugin.utc_offset : medina_civil_at(ms).offset_minutes;
    int64_t seconds = ms / 1000 + (int64_t)offset * 60;
    struct presentation how = {
        .utc_offset = offset,
        .calling_code = plugin.calling_code,
        .sample = facilities_is_sample(plugin.facilities),
        .attribution = facilities_attribution(plugin.facilities),
    };
    how.moment.now.day = (int32_t)(seconds / DAY_SECONDS);
    how.moment.now.minute = (int32_t)(seconds % DAY_SECONDS / 60);
    how.moment.calendar = facilities_calendar(plugin.facilities, how.moment.now.day);
    return how;
}

static bool self_test(char *reason, size_t reason_size)
{
    if (!plugin.facilities) {
        snprintf(reason, reason_size, "there are no facilities");
        return false;
    }
    struct presentation how = now();
    struct facility_query query = {.near = true, .limit = 1};
    struct facility_match match;
    size_t total;
    facilities_find(plugin.facilities, &query, &how.moment, &match, &total);
    if (total == facilities_count(plugin.facilities))
        return true;
    snprintf(reason, reason_size, "a search for everything found %zu of %zu", total,
             facilities_count(plugin.facilities));
    return false;
}

static void stop(void)
{
    facilities_destroy(plugin.facilities);
}

static void read_query(medina_call *call, struct facility_query *query)
{
    const char *kind = medina_input_string(call, "kind");
    const char *gender = medina_input_string(call, "gender");
    enum facility_kind wanted;
    *query = (struct facility_query){
        .area = medina_input_string(call, "area"),
        .text = medina_input_string(call, "text"),
        .speciality = medina_input_string(call, "speciality"),
        .language = medina_input_string(call, "language"),
        .near = json_object_get(medina_input(call), "latitude") != NULL,
        .latitude = medina_input_number(call, "latitude", 0),
        .longitude = medina_input_number(call, "longitude", 0),
        .radius = (double)medina_input_integer(call, "radius", 0),
        .offset = (size_t)(medina_input_integer(call, "page", 1) - 1) * PAGE,
        .limit = PAGE,
    };
    if (kind && facility_kind_of(kind, &wanted))
        query->kinds = 1U << wanted;
    if (gender)
        query->gender = strcmp(gender, "female") ? FACILITY_MALE : FACILITY_FEMALE;
    if (medina_input_boolean(call, "always", false))
        query->open = FACILITY_OPEN_ALWAYS;
    else if (medina_input_boolean(call, "open", false))
        query->open = FACILITY_OPEN_NOW;
}

// "Pharmacies open now", from the kind and the condition of the query.
static json_t *title_of(medina_call *call, const struct facility_query *query)
{
    static const char *const conditions[] = {"any", "open", "always"};
    const char *kind = query->kinds ? medina_input_string(call, "kind") : "all";
    char key[64];
    snprintf(key, sizeof key, "find.%s.%s", kind, conditions[query->open]);
    return medina_text(key, NULL);
}

static json_t *places_of(const struct facility_match *matches, size_t count, bool with_kind,
                         bool near, const struct presentation *how)
{
    json_t *places = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *place = present_place(&matches[i], how, with_kind);
        if (near)
            json_object_set_new(place, "distance",
                                json_integer((json_int_t)(matches[i].distance + 0.5)));
        json_array_append_new(places, place);
    }
    return places;
}

static void return_places(medina_call *call, json_t *result, const struct presentation *how)
{
    json_t *attribution = present_attribution(how);
    if (attribution)
        json_object_set_new(result, "attribution", attribution);
    medina_return(call, result);
}

// One facility as a place: its telephone and the way there are links of a place.
static void find_one(medina_call *call, const char *id)
{
    struct presentation how = now();
    struct facility_match match = {.facility = facilities_by_id(plugin.facilities, id)};
    if (!match.facility) {
        medina_fail(call, MEDINA_NOT_FOUND, "pharmacies.no-such-facility");
        return;
    }
    facility_ask(match.facility, &how.moment, &match.answer);
    return_places(call,
                  json_pack("{s:s, s:o, s:o}", "type", "places", "title",
                            medina_text("find.one", NULL), "places",
                            places_of(&match, 1, true, false, &how)),
                  &how);
}

static json_t *next_page(medina_call *call)
{
    json_t *input = json_deep_copy(medina_input(call));
    json_object_set_new(input, "page", json_integer(medina_input_integer(call, "page", 1) + 1));
    return present_action("find", input, "find.more");
}

static void find(medina_call *call)
{
    const char *id = medina_input_string(call, "id");
    if (id) {
        find_one(call, id);
        return;
    }
    struct presentation how = now();
    struct facility_query query;
    struct facility_match matches[PAGE];
    size_t total;
    read_query(call, &query);
    size_t count = facilities_find(plugin.facilities, &query, &how.moment, matches, &total);
    char number[24];
    snprintf(number, sizeof number, "%zu", total);
    json_t *result = json_pack("{s:s, s:o, s:o, s:o, s:o, s:[o]}", "type", "places", "title",
                               title_of(call, &query), "summary",
                               medina_text("find.count", "count", number, NULL), "empty",
                               medina_text("find.empty", NULL), "places",
                               places_of(matches, count, !query.kinds, query.near, &how), "actions",
                               present_action("areas", json_object(), "find.areas"));
    if (query.near)
        json_object_set_new(result, "near",
                            json_pack("{s:f, s:f}", "latitude", query.latitude, "longitude",
                                      query.longitude));
    if (query.offset + count < total)
        json_object_set_new(result, "more", next_page(call));
    return_places(call, result, &how);
}

static void show(medina_call *call)
{
    const struct facility *facility =
        facilities_by_id(plugin.facilities, medina_input_string(call, "id"));
    if (!facility) {
        medina_fail(call, MEDINA_NOT_FOUND, "pharmacies.no-such-facility");
        return;
    }
    struct presentation how = now();
    medina_return(call, present_detail(facility, &how));
}

static void areas(medina_call *call)
{
    json_t *items = json_array();
    const struct facility *facility;
    size_t count;
    for (size_t i = 0; i < AREAS_MAX && (facility = facilities_area(plugin.facilities, i, &count));
         i++)
        json_array_append_new(
            items,
            json_pack("{s:o, s:{s:I}, s:o}", "title",
                      medina_text_of(facility->area_en, facility->area_ar), "value", "number",
                      (json_int_t)count, "open",
                      present_action("find", json_pack("{s:s}", "area", facility->area_en), NULL)));
    medina_return(call, json_pack("{s:s, s:o, s:o, s:o}", "type", "list", "title",
                                  medina_text("areas.title", NULL), "empty",
                                  medina_text("areas.empty", NULL), "items", items));
}

MEDINA_PLUGIN(.start = start, .take_data = take_data, .self_test = self_test, .stop = stop,
              .operations = MEDINA_OPERATIONS({"find", find}, {"show", show}, {"areas", areas}))
