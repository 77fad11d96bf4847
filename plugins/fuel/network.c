// SPDX-License-Identifier: Apache-2.0
// What anybody may ask of the network: stations near a place, a pump, prices.

#include "fuel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATIONS_SHOWN = 20, MONTHS_SHOWN = 12, CODE = 8 };

json_t *network_ask(medina_call *call, const medina_http_reply *reply, const char *wanted,
                    const char *unknown)
{
    if (medina_http_ok(reply) && json_object_get(reply->json, wanted))
        return reply->json;
    if (reply->status == MEDINA_OK && reply->http_status == 404)
        medina_fail(call, MEDINA_NOT_FOUND, unknown);
    else
        medina_fail(call, MEDINA_UPSTREAM, "fuel.network-silent");
    return NULL;
}

static json_t *ask_stations(medina_call *call)
{
    json_t *answer =
        network_ask(call, medina_http_get(call, "/stations"), "stations", "fuel.no-such-station");
    return json_object_get(answer, "stations");
}

// ---- stations ----

struct point {
    double latitude, longitude; // degrees
};

struct found {
    const json_t *station;
    double metres;
};

static double metres_between(struct point a, struct point b)
{
    const double radian = 3.14159265358979323846 / 180, earth = 6371000;
    double up = sin((b.latitude - a.latitude) * radian / 2);
    double across = sin((b.longitude - a.longitude) * radian / 2);
    double chord = up * up + cos(a.latitude * radian) * cos(b.latitude * radian) * across * across;
    return 2 * earth * asin(fmin(1, sqrt(chord)));
}

static struct point point_of(const json_t *object)
{
    return (struct point){json_number_value(json_object_get(object, "latitude")),
                          json_number_value(json_object_get(object, "longitude"))};
}

static int by_distance(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    return x->metres < y->metres ? -1 : x->metres > y->metres;
}

static bool sells(const json_t *pump, const char *grade)
{
    size_t index;
    json_t *sold;
    json_array_foreach(json_object_get(pump, "grades"), index, sold)
    {
        if (!grade || strcmp(json_string_value(sold) ? json_string_value(sold) : "", grade) == 0)
            return true;
    }
    return false;
}

// Pumps of the station that sell the grade (NULL: any), and how many of them are free.
static int count_pumps(const json_t *station, const char *grade, int *free_pumps)
{
    size_t index;
    json_t *pump;
    int count = 0;
    *free_pumps = 0;
    json_array_foreach(json_object_get(station, "pumps"), index, pump)
    {
        if (!sells(pump, grade))
            continue;
        count++;
        *free_pumps += strcmp(fuel_string(pump, "state"), "free") == 0;
    }
    return count;
}

static json_t *free_badge(int free_pumps)
{
    char number[16];
    snprintf(number, sizeof number, "%d", free_pumps);
    if (free_pumps == 0)
        return fuel_badge("station.none-free", "warning");
    return json_pack("{s:o, s:s}", "title", medina_text("station.free", "count", number, NULL),
                     "kind", "success");
}

static json_t *place_of(const struct found *found, const char *grade, bool near)
{
    const json_t *station = found->station;
    int free_pumps, count = count_pumps(station, grade, &free_pumps);
    struct point point = point_of(station);
    json_t *place =
        json_pack("{s:O, s:O, s:O, s:{s:f, s:f}, s:o, s:[o], s:o}", "id",
                  json_object_get(station, "id"), "title", json_object_get(station, "name"),
                  "subtitle", json_object_get(station, "address"), "coordinate", "latitude",
                  point.latitude, "longitude", point.longitude, "badge", free_badge(free_pumps),
                  "rows", fuel_row("station.pumps", json_pack("{s:i}", "number", count)), "open",
                  fuel_action("station",
                              json_pack("{s:O}", "station", json_object_get(station, "id")),
                              "station.open", "secondary"));
    if (near && place)
        json_object_set_new(place, "distance", json_integer((json_int_t)(found->metres + 0.5)));
    return place;
}

void network_stations(medina_call *call)
{
    const char *grade = medina_input_string(call, "grade");
    bool near = json_object_get(medina_input(call), "latitude") != NULL;
    struct point here = point_of(medina_input(call));
    struct found found[256];
    json_t *stations = ask_stations(call), *station, *places = json_array();
    size_t index, count = 0;
    json_array_foreach(stations, index, station)
    {
        int free_pumps;
        if (count < sizeof found / sizeof *found && count_pumps(station, grade, &free_pumps))
            found[count++] = (struct found){station, metres_between(here, point_of(station))};
    }
    if (near)
        qsort(found, count, sizeof *found, by_distance);
    for (size_t i = 0; i < count && i < STATIONS_SHOWN; i++)
        json_array_append_new(places, place_of(&found[i], grade, near));
    json_t *result =
        json_pack("{s:s, s:o, s:o, s:o, s:[o]}", "type", "places", "title",
                  medina_text(near ? "stations.near" : "stations.title", NULL), "empty",
                  medina_text("stations.empty", NULL), "places", places, "actions",
                  fuel_action("pump", json_object(), "stations.pump", "primary"));
    if (near)
        json_object_set_new(result, "near",
                            json_pack("{s:f, s:f}", "latitude", here.latitude, "longitude",
                                      here.longitude));
    if (stations)
        medina_return(call, result);
    else
        json_decref(result);
}

static json_t *pump_badge(const json_t *pump)
{
    const char *state = fuel_string(pump, "state");
    if (strcmp(state, "free") == 0)
        return fuel_badge("pump.free", "success");
    return strcmp(state, "busy") == 0 ? fuel_badge("pump.busy", "warning")
                                      : fuel_badge("pump.offline", "error");
}

static json_t *pump_items(const json_t *station)
{
    json_t *items = json_array(), *pump;
    size_t index;
    json_array_foreach(json_object_get(station, "pumps"), index, pump)
    {
        const char *code = fuel_string(pump, "code");
        json_array_append_new(items, json_pack("{s:o, s:o, s:o}", "title",
                                               medina_text("pump.title", "pump", code, NULL),
                                               "badge", pump_badge(pump), "open",
                                               fuel_action("pump", json_pack("{s:s}", "code", code),
                                                           "pump.open", "secondary")));
    }
    return items;
}

void network_station(medina_call *call)
{
    const char *wanted = medina_input_string(call, "station");
    json_t *stations = ask_stations(call), *station;
    size_t index;
    json_array_foreach(stations, index, station)
    {
        if (strcmp(fuel_string(station, "id"), wanted) != 0)
            continue;
        medina_return(call, json_pack("{s:s, s:O, s:O, s:o, s:o}", "type", "list", "title",
                                      json_object_get(station, "name"), "summary",
                                      json_object_get(station, "address"), "empty",
                                      medina_text("station.no-pumps", NULL), "items",
                                      pump_items(station)));
        return;
    }
    if (stations)
        medina_fail(call, MEDINA_NOT_FOUND, "fuel.no-such-station");
}

// ---- a pump ----

json_t *network_find_pump(medina_call *call, const char *code)
{
    char upper[CODE];
    snprintf(upper, sizeof upper, "%s", code);
    for (char *at = upper; *at; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (char)(*at - 'a' + 'A');
    return network_ask(call, medina_http_get(call, "/pumps/%s", upper), "station",
                       "fuel.no-such-pump");
}

static json_t *price_table(const json_t *pump)
{
    char month[PRICES_MONTH];
    json_t *rows = json_array();
    fuel_month(month);
    for (int i = 0; i < PRICES_GRADES; i++) {
        int64_t price = prices_at(fuel_settings.prices, month, i);
        if (price && (!pump || sells(pump, prices_grades[i])))
            json_array_append_new(rows, json_pack("[o, o]", fuel_grade_title(prices_grades[i]),
                                                  medina_money(price)));
    }
    return json_pack("{s:o, s:{s:[{s:o}, {s:o, s:s}], s:o}}", "title",
                     medina_text("prices.now", NULL), "table", "columns", "title",
                     medina_text("prices.grade", NULL), "title", medina_text("prices.litre", NULL),
                     "align", "end", "rows", rows);
}

void network_pump(medina_call *call)
{
    json_t *pump = network_find_pump(call, medina_input_string(call, "code"));
    if (!pump)
        return;
    const char *code = fuel_string(pump, "code");
    const json_t *station = json_object_get(pump, "station");
    json_t *actions = json_array();
    if (strcmp(fuel_string(pump, "state"), "free") == 0)
        json_array_append_new(actions, fuel_action("order", json_pack("{s:s}", "code", code),
                                                   "pump.fill", "primary"));
    json_t *facts =
        json_pack("{s:[o, o, o]}", "rows",
                  fuel_row("fill.station", json_deep_copy(json_object_get(station, "name"))),
                  fuel_row("station.address", json_deep_copy(json_object_get(station, "address"))),
                  fuel_row("pump.number",
                           json_pack("{s:O}", "number", json_object_get(pump, "number"))));
    medina_return(call, json_pack("{s:s, s:o, s:o, s:[o, o], s:o}", "type", "detail", "title",
                                  medina_text("pump.title", "pump", code, NULL), "badge",
                                  pump_badge(pump), "sections", facts, price_table(pump), "actions",
                                  actions));
}

// ---- prices ----

// The year up to this month.
static json_t *price_chart(const char *now)
{
    json_t *labels = json_array(), *series = json_array();
    size_t end = 0;
    const char *month;
    while ((month = prices_month_at(fuel_settings.prices, end)) && strcmp(month, now) <= 0)
        end++;
    size_t begin = end > MONTHS_SHOWN ? end - MONTHS_SHOWN : 0;
    for (size_t i = begin; i < end; i++)
        json_array_append_new(labels, json_pack("{s:s}", "month",
                                                prices_month_at(fuel_settings.prices, i)));
    for (int grade = 0; grade < PRICES_GRADES; grade++) {
        json_t *values = json_array();
        for (size_t i = begin; i < end; i++) {
            month = prices_month_at(fuel_settings.prices, i);
            json_array_append_new(values,
                                  json_real((double)prices_at(fuel_settings.prices, month, grade) /
                                            100));
        }
        json_array_append_new(series,
                              json_pack("{s:o, s:o}", "title",
                                        fuel_grade_title(prices_grades[grade]), "values", values));
    }
    return json_pack("{s:o, s:{s:s, s:o, s:o, s:o}}", "title", medina_text("prices.year", NULL),
                     "chart", "kind", "line", "unit", medina_text("unit.price", NULL), "labels",
                     labels, "series", series);
}

void network_prices(medina_call *call)
{
    char now[PRICES_MONTH];
    fuel_month(now);
    json_t *result = json_pack("{s:s, s:o, s:[o]}", "type", "detail", "title",
                               medina_text("prices.title", NULL), "sections", price_table(NULL));
    json_t *chart = price_chart(now);
    if (json_array_size(json_object_get(json_object_get(chart, "chart"), "labels")) > 1)
        json_array_append(json_object_get(result, "sections"), chart);
    json_decref(chart);
    if (prices_are_sample(fuel_settings.prices))
        json_object_set_new(result, "summary", medina_text("prices.sample", NULL));
    medina_return(call, result);
}
