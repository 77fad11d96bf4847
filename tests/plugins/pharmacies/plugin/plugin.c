// SPDX-License-Identifier: Apache-2.0
// The plugin as its callers see it: pharmacies.so behind medina/abi.h, with a host that only keeps
// the outcome. The clock is the machine's, so what is asked of the time holds at every time.
#include "base/schema.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <jansson.h>
#include <medina/abi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct {
    const struct medina_plugin *plugin;
    uint32_t call;
    uint32_t status;
    char code[80];
    json_t *body;
} seen;

static struct medina_bytes bytes_of(const char *text)
{
    return (struct medina_bytes){text, strlen(text)};
}

static void on_finish(void *context, uint32_t call, const struct medina_outcome *outcome)
{
    (void)context;
    cr_assert_eq(call, seen.call);
    seen.status = outcome->status;
    snprintf(seen.code, sizeof seen.code, "%.*s", (int)outcome->code.size,
             outcome->code.size ? outcome->code.data : "");
    json_decref(seen.body);
    seen.body =
        outcome->body.size ? json_loadb(outcome->body.data, outcome->body.size, 0, NULL) : NULL;
    cr_assert_leq(outcome->body.size, 64 * 1024, "a result has at most 64 KB");
}

static void on_log(void *context, uint32_t level, struct medina_bytes text)
{
    (void)context;
    (void)level;
    (void)text;
}

static int64_t machine_clock(void *context)
{
    (void)context;
    return (int64_t)time(NULL) * 1000;
}

static void four_hours_ahead(void *context, int64_t ms, struct medina_civil_time *out)
{
    (void)context;
    (void)ms;
    *out = (struct medina_civil_time){.offset_minutes = 240};
}

static const void *clock_extension(void *context, const char *name)
{
    static const struct medina_clock_extension clock = {sizeof clock, machine_clock,
                                                        four_hours_ahead};
    (void)context;
    return strcmp(name, MEDINA_CLOCK_EXTENSION) == 0 ? &clock : NULL;
}

static const struct medina_host host = {.magic = MEDINA_ABI_MAGIC,
                                        .major = MEDINA_ABI_MAJOR,
                                        .size = sizeof host,
                                        .finish = on_finish,
                                        .log = on_log,
                                        .get_extension = clock_extension};

// A file of the tests' data, NUL-terminated; good until the next one is read.
static const char *read_data(const char *name)
{
    static char data[16 * 1024];
    char path[512];
    snprintf(path, sizeof path, "%s/tests/plugins/pharmacies/data/%s", MEDINA_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    data[fread(data, 1, sizeof data - 1, file)] = '\0';
    fclose(file);
    return data;
}

static void start(const char *data)
{
    void *file = dlopen(PLUGIN_FILE, RTLD_NOW | RTLD_LOCAL);
    cr_assert_not_null(file, "%s", dlerror());
    medina_entry *entry = (medina_entry *)dlsym(file, MEDINA_ENTRY_SYMBOL);
    cr_assert_not_null(entry);
    seen.plugin = entry();
    char reason[512] = "";
    struct medina_start_info info = {.instance = bytes_of("pharmacies"),
                                     .configuration = bytes_of("{}"),
                                     .data = bytes_of(data)};
    cr_assert_eq(seen.plugin->start(&host, &info, reason, sizeof reason), 0, "%s", reason);
}

static void stop(void)
{
    seen.plugin->stop();
    json_decref(seen.body);
}

// The body of the outcome, borrowed until the next call.
static json_t *call(const char *operation, const char *input)
{
    struct medina_call_info info = {.call = ++seen.call,
                                    .budget_ms = 1000,
                                    .operation = bytes_of(operation),
                                    .input = bytes_of(input)};
    seen.status = UINT32_MAX;
    seen.plugin->call(&info);
    cr_assert_neq(seen.status, UINT32_MAX, "%s answers at once", operation);
    return seen.body;
}

static const char *english(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(json_object_get(object, member), "en"));
    return text ? text : "";
}

// The ids of a places result with spaces between them.
static const char *ids(const json_t *result)
{
    static char text[1000];
    size_t used = 0;
    size_t index;
    json_t *place;
    text[0] = '\0';
    json_array_foreach(json_object_get(result, "places"), index, place) used +=
        (size_t)snprintf(text + used, sizeof text - used, "%s%s", index ? " " : "",
                         json_string_value(json_object_get(place, "id")));
    return text;
}

TestSuite(pharmacies_plugin, .fini = stop);

// How many of an operation's answers about each place of a result are valid results.
static size_t valid_details(const struct schema *schema, json_t *places)
{
    size_t valid = 0;
    size_t index;
    json_t *place;
    json_array_foreach(places, index, place)
    {
        char *input = json_dumps(json_object_get(json_object_get(place, "open"), "input"), 0);
        valid += schema_validate(schema, call("show", input), NULL) == 0;
        free(input);
    }
    return valid;
}

Test(pharmacies_plugin, every_answer_is_a_result_as_the_sdk_describes_them)
{
    json_t *document = json_load_file(MEDINA_SOURCE_DIR "/sdk/docs/results.schema.json", 0, NULL);
    struct err err;
    struct schema *schema = schema_compile(document, &err);
    cr_assert_not_null(schema, "%s", err.message);
    start("");
    static const char *const searches[] = {"{}",
                                           "{\"page\":3}",
                                           "{\"kind\":\"doctors\"}",
                                           "{\"kind\":\"hospital\"}",
                                           "{\"open\":true,\"latitude\":25.2,\"longitude\":55.3}",
                                           "{\"area\":\"Atlantis\"}"};
    for (size_t i = 0; i < sizeof searches / sizeof *searches; i++) {
        json_t *result = json_incref(call("find", searches[i]));
        cr_assert_eq(schema_validate(schema, result, NULL), 0, "%s", searches[i]);
        json_t *places = json_object_get(result, "places");
        cr_assert_eq(valid_details(schema, places), json_array_size(places), "%s", searches[i]);
        json_decref(result);
    }
    json_t *areas = call("areas", "{}");
    cr_assert_eq(schema_validate(schema, areas, NULL), 0);
    json_object_del(areas, "items");
    cr_assert_neq(schema_validate(schema, areas, NULL), 0, "the schema does look");
    schema_destroy(schema);
    json_decref(document);
}

Test(pharmacies_plugin, the_sample_is_served_a_page_at_a_time_and_says_that_it_is_invented)
{
    start("");
    json_t *result = call("find", "{}");
    cr_assert_eq(seen.status, MEDINA_OK);
    cr_assert_str_eq(json_string_value(json_object_get(result, "type")), "places");
    cr_assert_eq(json_array_size(json_object_get(result, "places")), 20);
    cr_assert_str_eq(english(result, "summary"), "Found: 150");
    cr_assert(strstr(english(result, "attribution"), "invented"));
    json_t *more = json_object_get(json_object_get(result, "more"), "input");
    cr_assert_eq(json_integer_value(json_object_get(more, "page")), 2);
    result = call("find", "{\"page\":8}");
    cr_assert_eq(json_array_size(json_object_get(result, "places")), 10);
    cr_assert_null(json_object_get(result, "more"));
}

Test(pharmacies_plugin, what_is_open_day_and_night_is_open_now_and_says_so)
{
    start(read_data("three.geojson"));
    json_t *result = call("find", "{\"open\":true}");
    cr_assert_str_eq(ids(result), "day-and-night");
    cr_assert_str_eq(english(result, "title"), "Pharmacies, clinics and hospitals open now");
    cr_assert_str_eq(english(result, "attribution"), "© OpenStreetMap contributors");
    result = call("find", "{\"always\":true,\"kind\":\"pharmacy\"}");
    cr_assert_str_eq(ids(result), "day-and-night");
    cr_assert_str_eq(english(result, "title"), "Pharmacies open day and night");
    json_t *opening =
        json_object_get(json_array_get(json_object_get(result, "places"), 0), "opening");
    cr_assert_str_eq(json_string_value(json_object_get(opening, "state")), "open");
    cr_assert(json_is_true(json_object_get(opening, "always")));
}

Test(pharmacies_plugin, each_condition_of_a_search_restricts_it)
{
    start(read_data("three.geojson"));
    cr_assert_str_eq(ids(call("find", "{\"kind\":\"clinic\"}")), "shut");
    cr_assert_str_eq(ids(call("find", "{\"area\":\"برشا\"}")), "day-and-night");
    cr_assert_str_eq(ids(call("find", "{\"text\":\"الكثبان\"}")), "day-and-night");
    cr_assert_str_eq(ids(call("find", "{\"gender\":\"female\",\"language\":\"ar\"}")), "doctor");
    cr_assert_str_eq(ids(call("find", "{\"speciality\":\"general\"}")), "doctor");
    json_t *nothing = call("find", "{\"area\":\"Atlantis\"}");
    cr_assert_str_eq(ids(nothing), "");
    cr_assert(strlen(english(nothing, "empty")) > 0);
}

Test(pharmacies_plugin, near_a_coordinate_the_nearest_comes_first_with_its_distance)
{
    start(read_data("three.geojson"));
    json_t *result = call("find", "{\"latitude\":25.2,\"longitude\":55.3}");
    cr_assert_str_eq(ids(result), "doctor shut day-and-night");
    json_t *first = json_array_get(json_object_get(result, "places"), 0);
    cr_assert_eq(json_integer_value(json_object_get(first, "distance")), 1112);
    cr_assert_not_null(json_object_get(result, "near"));
    result = call("find", "{\"latitude\":25.2,\"longitude\":55.3,\"radius\":2500}");
    cr_assert_str_eq(ids(result), "doctor shut");
}

Test(pharmacies_plugin, a_local_telephone_number_becomes_one_that_can_be_dialled)
{
    start(read_data("three.geojson"));
    json_t *place =
        json_array_get(json_object_get(call("find", "{\"id\":\"day-and-night\"}"), "places"), 0);
    cr_assert_str_eq(json_string_value(json_object_get(place, "phone")), "+97140000001");
}

Test(pharmacies_plugin, a_detail_shows_the_coming_week)
{
    start(read_data("three.geojson"));
    json_t *result = call("show", "{\"id\":\"day-and-night\"}");
    cr_assert_str_eq(json_string_value(json_object_get(result, "type")), "detail");
    cr_assert_str_eq(english(result, "title"), "Dune Light");
    cr_assert_str_eq(english(json_object_get(result, "badge"), "title"), "Open day and night");
    json_t *week = json_array_get(json_object_get(result, "sections"), 1);
    json_t *rows = json_object_get(json_object_get(week, "table"), "rows");
    cr_assert_eq(json_array_size(rows), 7);
    size_t index;
    json_t *row;
    json_array_foreach(rows, index, row)
        cr_assert_str_eq(json_string_value(json_object_get(json_array_get(row, 2), "en")),
                         "Open 24 hours");
    json_t *action = json_array_get(json_object_get(result, "actions"), 0);
    cr_assert_str_eq(json_string_value(json_object_get(action, "operation")), "find");
    result = call("show", "{\"id\":\"shut\"}");
    cr_assert_str_eq(english(json_object_get(result, "badge"), "title"), "Closed");
}

Test(pharmacies_plugin, hours_that_cannot_be_computed_are_shown_as_they_were_written)
{
    start(read_data("three.geojson"));
    json_t *result = call("show", "{\"id\":\"doctor\"}");
    cr_assert_str_eq(english(json_object_get(result, "badge"), "title"), "Hours not certain");
    char *text = json_dumps(result, 0);
    cr_assert(strstr(text, "sunrise-sunset"));
    cr_assert(strstr(text, "\"magic\""), "a speciality without a name is shown by its code");
    cr_assert_null(strstr(text, "speciality.magic"));
    free(text);
}

Test(pharmacies_plugin, an_unknown_facility_is_not_found_in_both_languages)
{
    start(read_data("three.geojson"));
    json_t *body = call("show", "{\"id\":\"nowhere\"}");
    cr_assert_eq(seen.status, MEDINA_NOT_FOUND);
    cr_assert_str_eq(seen.code, "pharmacies.no-such-facility");
    cr_assert(json_string_length(json_object_get(body, "en")) > 0);
    cr_assert(json_string_length(json_object_get(body, "ar")) > 0);
    call("find", "{\"id\":\"nowhere\"}");
    cr_assert_eq(seen.status, MEDINA_NOT_FOUND);
}

Test(pharmacies_plugin, the_areas_lead_to_what_lies_in_them)
{
    start("");
    json_t *items = json_object_get(call("areas", "{}"), "items");
    json_incref(items);
    json_int_t sum = 0;
    size_t index;
    json_t *item;
    json_array_foreach(items, index, item)
    {
        sum += json_integer_value(json_object_get(json_object_get(item, "value"), "number"));
        cr_assert_str_neq(english(item, "title"), "");
    }
    cr_assert_eq(sum, 150);
    json_t *open = json_object_get(json_array_get(items, 0), "open");
    char *input = json_dumps(json_object_get(open, "input"), 0);
    json_int_t count = json_integer_value(
        json_object_get(json_object_get(json_array_get(items, 0), "value"), "number"));
    json_t *found = call("find", input);
    cr_assert_eq((json_int_t)json_array_size(json_object_get(found, "places")), count);
    free(input);
    json_decref(items);
}

Test(pharmacies_plugin, a_new_file_replaces_the_old_one_and_a_malformed_one_does_not)
{
    start("");
    char reason[512] = "";
    cr_assert_eq(seen.plugin->take_data(bytes_of(read_data("three.geojson")), reason,
                                        sizeof reason),
                 0, "%s", reason);
    cr_assert_str_eq(english(call("find", "{}"), "summary"), "Found: 3");
    cr_assert_eq(seen.plugin->take_data(bytes_of(read_data("malformed.geojson")), reason,
                                        sizeof reason),
                 -1);
    cr_assert_str_eq(reason, "features[0] (a): opening_hours: byte 1: \"am\" is not a word of this "
                             "syntax; notes stand in double quotes");
    cr_assert_str_eq(english(call("find", "{}"), "summary"), "Found: 3");
}
