// SPDX-License-Identifier: Apache-2.0
#include "facilities.h"

#include "civil.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEATURE(id, place, properties)                                                             \
    "{\"type\":\"Feature\",\"id\":" id ",\"geometry\":{\"type\":\"Point\",\"coordinates\":" place  \
    "},\"properties\":{" properties "}}"
#define COLLECTION(features) "{\"type\":\"FeatureCollection\",\"features\":[" features "]}"

static struct facilities *load(const char *geojson)
{
    struct facilities *set;
    struct facilities_fault fault = {0};
    cr_assert_eq(facilities_load(geojson, strlen(geojson), &set, &fault), 0, "%s", fault.message);
    return set;
}

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    char *data = calloc(1, 1 << 20);
    *size = fread(data, 1, (1 << 20) - 1, file);
    fclose(file);
    return data;
}

static struct facilities *load_street(void)
{
    size_t size;
    char *data =
        read_file(MEDINA_SOURCE_DIR "/tests/plugins/pharmacies/data/street.geojson", &size);
    struct facilities *set = load(data);
    free(data);
    return set;
}

static void refused(const char *geojson, const char *message)
{
    struct facilities *set;
    struct facilities_fault fault = {0};
    cr_assert_eq(facilities_load(geojson, strlen(geojson), &set, &fault), -1, "%s", message);
    cr_assert_null(set);
    cr_assert_str_eq(fault.message, message);
}

// 6 March 2026, a Friday, at 16:00.
static struct facility_moment friday_afternoon(void)
{
    return (struct facility_moment){
        .now = {civil_day_number((struct civil_date){2026, 3, 6}), 16 * 60},
        .calendar = {{NULL, 0, true}, {NULL, 0, true}},
    };
}

// The ids that a query finds, with spaces between them, and the total.
static const char *find(const struct facilities *set, struct facility_query query)
{
    static char ids[2000];
    struct facility_match matches[FACILITIES_PAGE];
    struct facility_moment moment = friday_afternoon();
    query.limit = query.limit ? query.limit : FACILITIES_PAGE;
    size_t total;
    size_t count = facilities_find(set, &query, &moment, matches, &total);
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(ids + used, sizeof ids - used, "%s ", matches[i].facility->id);
    snprintf(ids + used, sizeof ids - used, "of %zu", total);
    return ids;
}

Test(facilities, a_facility_is_read_with_all_its_tags)
{
    struct facilities *set = load_street();
    const struct facility *doctor = facilities_by_id(set, "2");
    cr_assert_eq(doctor->kind, FACILITY_DOCTORS);
    cr_assert_eq(doctor->gender, FACILITY_FEMALE);
    cr_assert_str_eq(doctor->name_ar, "د. أمينة السدري", "a name goes by its script");
    cr_assert_eq(doctor->speciality_count, 2);
    cr_assert_str_eq(doctor->specialities[1], "paediatrics");
    cr_assert_eq(doctor->language_count, 2);
    cr_assert_float_eq(doctor->latitude, 25.22, 1e-9);
    const struct facility *pharmacy = facilities_by_id(set, "north");
    cr_assert_str_eq(pharmacy->phone, "+971 4 000 0001");
    cr_assert_str_eq(pharmacy->area_ar, "البرشاء");
    cr_assert_eq(pharmacy->language_count, 1, "language:fr is no");
    const struct facility *abra = facilities_by_id(set, "way/3");
    cr_assert_str_eq(abra->name_ar, "Abra Pharmacy", "the only name stands for both");
    cr_assert_null(abra->phone);
    cr_assert_null(facilities_by_id(set, "nowhere"));
    facilities_destroy(set);
}

Test(facilities, hours_that_vary_with_the_sun_are_unknown_and_counted)
{
    struct facilities *set = load_street();
    struct facility_moment moment = friday_afternoon();
    struct opening_hours_answer answer;
    facility_ask(facilities_by_id(set, "way/3"), &moment, &answer);
    cr_assert_eq(answer.state, OPENING_HOURS_UNKNOWN);
    cr_assert_str_eq(facilities_by_id(set, "way/3")->hours_text, "sunrise-sunset");
    cr_assert_eq(facilities_without_hours(set), 1);
    facilities_destroy(set);
}

Test(facilities, without_a_place_they_come_in_the_order_of_their_english_names)
{
    struct facilities *set = load_street();
    cr_assert_str_eq(find(set, (struct facility_query){0}), "way/3 2 north of 3");
    cr_assert_str_eq(find(set, (struct facility_query){.offset = 1, .limit = 1}), "2 of 3");
    cr_assert_str_eq(find(set, (struct facility_query){.offset = 9}), "of 3");
    facilities_destroy(set);
}

Test(facilities, near_a_place_they_come_by_distance_within_the_radius)
{
    struct facilities *set = load_street();
    struct facility_query query = {.near = true, .latitude = 25.231, .longitude = 55.3};
    cr_assert_str_eq(find(set, query), "north 2 way/3 of 3");
    query.radius = 1500;
    cr_assert_str_eq(find(set, query), "north 2 of 2");
    query.radius = 50;
    cr_assert_str_eq(find(set, query), "of 0");
    facilities_destroy(set);
}

Test(facilities, a_distance_is_along_the_great_circle_in_metres)
{
    cr_assert_float_eq(facility_distance(25.23, 55.3, 25.22, 55.3), 1111.95, 0.1);
    cr_assert_float_eq(facility_distance(25.2, 55.3, 25.2, 55.3), 0, 1e-6);
    // Dubai to London, checked against GeographicLib's 5,473 km on the ellipsoid (0.5 %).
    cr_assert_float_eq(facility_distance(25.2048, 55.2708, 51.5074, -0.1278), 5473e3, 27e3);
    cr_assert_float_eq(facility_distance(0, 0, 0, 180), 20015114, 2, "antipodes");
}

Test(facilities, each_condition_restricts_and_all_hold_together)
{
    struct facilities *set = load_street();
    struct facility_query query = {.kinds = 1U << FACILITY_PHARMACY};
    cr_assert_str_eq(find(set, query), "way/3 north of 2");
    query.open = FACILITY_OPEN_NOW;
    cr_assert_str_eq(find(set, query), "north of 1");
    cr_assert_str_eq(find(set, (struct facility_query){.open = FACILITY_OPEN_NOW}), "2 north of 2");
    cr_assert_str_eq(find(set, (struct facility_query){.open = FACILITY_OPEN_ALWAYS}),
                     "north of 1");
    cr_assert_str_eq(find(set, (struct facility_query){.gender = FACILITY_FEMALE}), "2 of 1");
    cr_assert_str_eq(find(set, (struct facility_query){.gender = FACILITY_MALE}), "of 0");
    cr_assert_str_eq(find(set, (struct facility_query){.language = "en"}), "2 of 1");
    cr_assert_str_eq(find(set, (struct facility_query){.speciality = "paediatrics"}), "2 of 1");
    facilities_destroy(set);
}

Test(facilities, an_area_is_found_in_both_languages_with_and_without_its_article)
{
    struct facilities *set = load_street();
    static const char *const spellings[] = {"Al Barsha", "al-barsha", "BARSHA", "البرشاء", "برشا"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        cr_assert_str_eq(find(set, (struct facility_query){.area = spellings[i]}), "north of 1");
    cr_assert_str_eq(find(set, (struct facility_query){.area = "Bar"}), "of 0");
    size_t count;
    cr_assert_str_eq(facilities_area(set, 0, &count)->area_en, "Al Barsha");
    cr_assert_eq(count, 1);
    cr_assert_str_eq(facilities_area(set, 1, &count)->area_en, "Mirdif");
    cr_assert_null(facilities_area(set, 2, &count));
    facilities_destroy(set);
}

Test(facilities, a_search_reads_names_and_areas_in_both_languages)
{
    struct facilities *set = load_street();
    cr_assert_str_eq(find(set, (struct facility_query){.text = "dune barsha"}), "north of 1");
    cr_assert_str_eq(find(set, (struct facility_query){.text = "امينه"}), "2 of 1");
    cr_assert_str_eq(find(set, (struct facility_query){.text = "صيدليه"}), "north of 1");
    cr_assert_str_eq(find(set, (struct facility_query){.text = "zebra"}), "of 0");
    facilities_destroy(set);
}

#define WITH(members, features)                                                                    \
    "{\"type\":\"FeatureCollection\"," members ",\"features\":[" features "]}"

Test(facilities, a_file_brings_its_holidays_which_are_known_for_their_years)
{
    struct facilities *set = load(WITH(
        "\"properties\":{\"medina:public_holidays\":[\"2026-12-02\",\"2026-01-01\"]}",
        FEATURE("1", "[55,25]",
                "\"amenity\":\"pharmacy\",\"name\":\"A\",\"opening_hours\":\"24/7; PH off\"")));
    struct facility_moment moment = friday_afternoon();
    moment.now.day = civil_day_number((struct civil_date){2026, 12, 2});
    moment.calendar = facilities_calendar(set, moment.now.day);
    struct opening_hours_answer answer;
    facility_ask(facilities_by_id(set, "1"), &moment, &answer);
    cr_assert_eq(answer.state, OPENING_HOURS_CLOSED);
    cr_assert_not(moment.calendar.school_holidays.known);
    moment.now.day = civil_day_number((struct civil_date){2027, 3, 5});
    moment.calendar = facilities_calendar(set, moment.now.day);
    facility_ask(facilities_by_id(set, "1"), &moment, &answer);
    cr_assert_eq(answer.state, OPENING_HOURS_UNKNOWN, "nobody named the holidays of 2027");
    facilities_destroy(set);
}

Test(facilities, a_source_that_must_be_named_is_kept)
{
    struct facilities *set =
        load(WITH("\"copyright\":\"© OpenStreetMap contributors\"",
                  FEATURE("1", "[55,25]", "\"amenity\":\"pharmacy\",\"name\":\"A\"")));
    cr_assert_str_eq(facilities_attribution(set), "© OpenStreetMap contributors");
    cr_assert_not(facilities_is_sample(set));
    facilities_destroy(set);
}

#define ONE(properties) COLLECTION(FEATURE("\"a\"", "[55,25]", properties))
#define NAMED "\"amenity\":\"clinic\",\"name\":\"A\","

Test(facilities, a_malformed_file_is_refused_whole_with_the_feature_and_the_field)
{
    refused(ONE("\"name\":\"A\""), "features[0] (a): amenity: expected pharmacy, clinic, doctors, "
                                   "hospital or dentist");
    refused(ONE("\"amenity\":\"bar\",\"name\":\"A\""),
            "features[0] (a): amenity: expected pharmacy, clinic, doctors, hospital or dentist");
    refused(ONE("\"amenity\":\"clinic\""),
            "features[0] (a): name: expected name, name:en or name:ar");
    refused(ONE("\"amenity\":\"clinic\",\"name\":5"), "features[0] (a): name: expected a text");
    refused(ONE(NAMED "\"opening_hours\":\"Mo-Fr 25:00-26:00\""),
            "features[0] (a): opening_hours: byte 6: expected an hour from 0 to 23, found 25");
    refused(ONE(NAMED "\"gender\":\"x\""), "features[0] (a): gender: expected female or male");
    refused(ONE(NAMED "\"phone\":\"call us\""),
            "features[0] (a): phone: expected a telephone number, as +971 4 000 0000");
    refused(ONE(NAMED "\"addr:suburb\":\"a\\u0007b\""),
            "features[0] (a): addr:suburb: has a control character");
    refused(COLLECTION(FEATURE("\"a\"", "[55,25]", NAMED "\"x\":1") "," FEATURE("\"a\"", "[55,25]",
                                                                                NAMED "\"x\":1")),
            "id: two features are a");
    refused(COLLECTION(FEATURE("\"a\"", "[55,25]",
                               NAMED "\"x\":1") "," FEATURE("\"b c\"", "[55,25]", NAMED "\"x\":1")),
            "features[1]: id: expected a whole number or a text of 1 to 79 ASCII characters");
    refused(COLLECTION(FEATURE("\"a\"", "[25]", NAMED "\"x\":1")),
            "features[0] (a): geometry.coordinates: expected [longitude, latitude]");
    refused(COLLECTION(FEATURE("\"a\"", "[25.2,155.3]", NAMED "\"x\":1")),
            "features[0] (a): geometry.coordinates: longitude is -180 to 180 and latitude -90 to "
            "90, in this order");
    refused(COLLECTION("{\"type\":\"Feature\",\"id\":\"a\",\"geometry\":{\"type\":\"Polygon\"},"
                       "\"properties\":{}}"),
            "features[0] (a): geometry.type: expected \"Point\" (export areas with their centre)");
    refused(COLLECTION("{\"type\":\"Feature\",\"id\":\"a\"}"),
            "features[0]: properties: expected an object");
    refused(COLLECTION("7"), "features[0]: type: expected \"Feature\"");
    refused(COLLECTION(""), "features: expected an array of at least one feature");
    refused(WITH("\"medina:public_holidays\":[\"2026-02-29\"]", ""),
            "medina:public_holidays[0]: expected a date, as \"2026-01-01\"");
    refused(WITH("\"medina:school_holidays\":\"all\"", ""),
            "medina:school_holidays: expected an array of at most 2000 dates");
    refused("{\"type\":\"Feature\"}", "type: expected \"FeatureCollection\"");
    refused("[]", "type: expected \"FeatureCollection\"");
}

Test(facilities, what_is_no_json_or_says_a_thing_twice_is_refused)
{
    refused(ONE("\"amenity\":\"clinic\",\"amenity\":\"pharmacy\",\"name\":\"A\""),
            "not JSON: line 1, column 159: duplicate object key near '\"amenity\"'");
    struct facilities *set;
    struct facilities_fault fault;
    cr_assert_eq(facilities_load("{", 1, &set, &fault), -1);
    cr_assert(strstr(fault.message, "not JSON: line 1"), "%s", fault.message);
    char deep[200];
    memset(deep, '[', sizeof deep);
    cr_assert_eq(facilities_load(deep, sizeof deep, &set, &fault), -1);
    cr_assert_str_eq(fault.message, "nested deeper than 16 levels");
}

Test(facilities, the_shipped_file_is_a_marked_sample_of_150_with_every_kind_and_both_names)
{
    size_t size;
    char *data = read_file(MEDINA_SOURCE_DIR "/plugins/pharmacies/facilities.geojson", &size);
    struct facilities *set;
    struct facilities_fault fault = {0};
    cr_assert_eq(facilities_load(data, size, &set, &fault), 0, "%s", fault.message);
    free(data);
    cr_assert(facilities_is_sample(set));
    cr_assert_eq(facilities_count(set), 150);
    struct facility_match matches[FACILITIES_PAGE];
    struct facility_moment moment = friday_afternoon();
    for (int kind = 0; kind < FACILITY_KINDS; kind++) {
        struct facility_query query = {.kinds = 1U << kind, .limit = FACILITIES_PAGE};
        size_t total;
        size_t count = facilities_find(set, &query, &moment, matches, &total);
        cr_assert_geq(total, 8);
        for (size_t i = 0; i < count; i++) {
            const struct facility *facility = matches[i].facility;
            cr_assert_str_neq(facility->name_en, facility->name_ar);
            cr_assert_str_neq(facility->area_en, facility->area_ar);
            bool in_dubai = facility->latitude > 24.7 && facility->latitude < 25.36 &&
                            facility->longitude > 55.0 && facility->longitude < 56.2;
            cr_assert(in_dubai, "%s", facility->id);
        }
    }
    facilities_destroy(set);
}

// Distances by the index against distances by a look at each.
Test(facilities, a_search_near_finds_exactly_what_lies_within_the_radius)
{
    enum { COUNT = 500 };
    size_t capacity = COUNT * 200;
    char *json = malloc(capacity);
    size_t used =
        (size_t)snprintf(json, capacity, "{\"type\":\"FeatureCollection\",\"features\":[");
    double places[COUNT][2];
    unsigned seed = 7;
    for (int i = 0; i < COUNT; i++) {
        for (int k = 0; k < 2; k++) {
            seed = seed * 1664525 + 1013904223;
            places[i][k] = (k ? 55.0 : 25.0) + round((seed >> 8) / 16777216.0 * 4e5) / 1e6;
        }
        used +=
            (size_t)snprintf(json + used, capacity - used,
                             "%s{\"type\":\"Feature\",\"id\":%d,\"geometry\":{\"type\":\"Point\","
                             "\"coordinates\":[%.6f,%.6f]},\"properties\":{\"amenity\":\"clinic\","
                             "\"name\":\"C%d\"}}",
                             i ? "," : "", i, places[i][1], places[i][0], i);
    }
    snprintf(json + used, capacity - used, "]}");
    struct facilities *set = load(json);
    free(json);
    struct facility_match matches[FACILITIES_PAGE];
    struct facility_moment moment = friday_afternoon();
    for (int i = 0; i < COUNT; i += 17) {
        struct facility_query query = {.near = true,
                                       .latitude = places[i][0],
                                       .longitude = places[i][1],
                                       .radius = 3000 + i * 10,
                                       .limit = FACILITIES_PAGE};
        size_t expected = 0;
        for (int k = 0; k < COUNT; k++)
            expected += facility_distance(places[i][0], places[i][1], places[k][0], places[k][1]) <=
                        query.radius;
        size_t total;
        size_t count = facilities_find(set, &query, &moment, matches, &total);
        cr_assert_eq(total, expected);
        cr_assert_lt(matches[0].distance, 0.01, "itself comes first");
        for (size_t k = 1; k < count; k++)
            cr_assert_leq(matches[k - 1].distance, matches[k].distance);
        size_t nearer = 0;
        for (int k = 0; k < COUNT; k++)
            nearer += facility_distance(places[i][0], places[i][1], places[k][0], places[k][1]) <
                      matches[count - 1].distance - 1e-6;
        cr_assert_eq(nearer, count - 1, "the page is the nearest of all");
        double last = matches[count - 1].distance;
        query.offset = count;
        if (facilities_find(set, &query, &moment, matches, &total))
            cr_assert_geq(matches[0].distance, last, "the next page goes on");
    }
    facilities_destroy(set);
}
