// SPDX-License-Identifier: Apache-2.0
// The back end of a network of filling stations: its stations and their pumps, what a litre costs
// in a month, authorizations of pumps, and what was settled for them. An authorization is named by
// whoever asks for it, so asking twice is asking once; its price is the one it was made with, over
// a month's end too. What a pump gave and nobody settled is the network's own loss.

#include "fuel.h"

#include "base/clock.h"
#include "sandbox.h"

#include <stdio.h>

extern const char fuel_stations_json[], fuel_stations_json_end[];
extern const char fuel_prices_json[], fuel_prices_json_end[];

// ---- what there is ----

static json_t *document(struct sandbox *sandbox, const char *name, struct str text)
{
    json_t *parsed = json_object_get(sandbox->documents, name);
    if (!parsed) {
        parsed = json_parse(text, NULL);
        json_object_set_new(sandbox->documents, name, parsed);
    }
    return parsed;
}

static const json_t *stations(struct sandbox *sandbox)
{
    struct str text = {fuel_stations_json, (size_t)(fuel_stations_json_end - fuel_stations_json)};
    return json_object_get(document(sandbox, "fuel-stations", text), "stations");
}

static const json_t *months(struct sandbox *sandbox)
{
    struct str text = {fuel_prices_json, (size_t)(fuel_prices_json_end - fuel_prices_json)};
    return json_object_get(document(sandbox, "fuel-prices", text), "months");
}

static json_t *find_pump(struct sandbox *sandbox, const char *code, json_t **station_out)
{
    size_t index, at;
    json_t *station, *pump;
    json_array_foreach((json_t *)stations(sandbox), index, station)
    {
        json_array_foreach(json_object_get(station, "pumps"), at, pump)
        {
            if (strcmp(json_get_string(pump, "code"), code) == 0) {
                *station_out = station;
                return pump;
            }
        }
    }
    return NULL;
}

static json_t *driver_of(struct sandbox *sandbox, const char *pump)
{
    json_t *driver = fuel_default_driver();
    json_object_update(driver, json_object_get(sandbox_collection(sandbox, "fuel_drivers"), pump));
    return driver;
}

static bool is_busy(struct sandbox *sandbox, const char *pump)
{
    const char *reference;
    json_t *authorization;
    json_object_foreach(sandbox_collection(sandbox, "fuel"), reference, authorization)
    {
        const char *state = fuel_read(authorization, clock_now(NULL)).state;
        if (strcmp(json_get_string(authorization, "pump"), pump) == 0 &&
            (strcmp(state, "released") == 0 || strcmp(state, "filling") == 0))
            return true;
    }
    return false;
}

static const char *pump_state(struct sandbox *sandbox, const char *pump)
{
    json_t *driver = driver_of(sandbox, pump);
    bool offline = json_get_boolean(driver, "offline", false);
    json_decref(driver);
    return offline ? "offline" : is_busy(sandbox, pump) ? "busy" : "free";
}

static json_t *station_summary(struct sandbox *sandbox, const json_t *station)
{
    json_t *pumps = json_object_get(station, "pumps"), *pump, *shown = json_deep_copy(station);
    size_t index;
    json_object_del(shown, "pumps");
    json_t *list = json_array();
    json_array_foreach(pumps, index, pump)
    {
        const char *code = json_get_string(pump, "code");
        json_array_append_new(list, json_pack("{s:s, s:s, s:O}", "code", code, "state",
                                              pump_state(sandbox, code), "grades",
                                              json_object_get(pump, "grades")));
    }
    json_object_set_new(shown, "pumps", list);
    return shown;
}

void fuel_stations(struct sandbox_request *request)
{
    json_t *list = json_array(), *station;
    size_t index;
    json_array_foreach((json_t *)stations(request->sandbox), index, station)
    {
        json_array_append_new(list, station_summary(request->sandbox, station));
    }
    sandbox_json(request, 200, json_pack("{s:o}", "stations", list));
}

static const char *named(struct sandbox_request *request)
{
    return arena_string(&request->http->arena, request->part[0]);
}

void fuel_pump(struct sandbox_request *request)
{
    json_t *station, *pump = find_pump(request->sandbox, named(request), &station);
    if (!pump) {
        sandbox_error(request, 404, "pump_unknown");
        return;
    }
    json_t *shown = json_deep_copy(pump);
    json_object_set_new(shown, "state", json_string(pump_state(request->sandbox, named(request))));
    json_object_set_new(shown, "station",
                        json_pack("{s:O, s:O, s:O}", "id", json_object_get(station, "id"), "name",
                                  json_object_get(station, "name"), "address",
                                  json_object_get(station, "address")));
    sandbox_json(request, 200, shown);
}

void fuel_prices(struct sandbox_request *request)
{
    sandbox_json(request, 200, json_pack("{s:O}", "months", months(request->sandbox)));
}

// ---- authorizations ----

static json_t *shown_authorization(const json_t *authorization)
{
    struct fuel_reading reading = fuel_read(authorization, clock_now(NULL));
    json_t *shown = json_deep_copy(authorization);
    json_object_del(shown, "driver");
    json_object_set_new(shown, "state", json_string(reading.state));
    json_object_set_new(shown, "reason", json_string(reading.reason));
    json_object_set_new(shown, "millilitres", json_integer(reading.millilitres));
    json_object_set_new(shown, "amount", json_integer(reading.amount));
    // Until somebody settles it, all of it is the network's.
    int64_t pumped = fuel_amount(reading.millilitres, json_get_integer(shown, "price", 0));
    int64_t loss = pumped - json_get_integer(shown, "settled", 0);
    json_object_set_new(shown, "loss", json_integer(loss > 0 ? loss : 0));
    return shown;
}

static json_t *find_authorization(struct sandbox_request *request, const char *reference)
{
    json_t *found = json_object_get(sandbox_collection(request->sandbox, "fuel"), reference);
    if (!found)
        sandbox_error(request, 404, "authorization_unknown");
    return found;
}

static bool sells(const json_t *pump, const char *grade)
{
    size_t index;
    json_t *sold;
    json_array_foreach(json_object_get(pump, "grades"), index, sold)
    {
        if (strcmp(json_string_value(sold), grade) == 0)
            return true;
    }
    return false;
}

// A price is good when it was one of the network's in this month or in the one before: it was
// agreed with a citizen a little while ago.
static bool price_is_good(struct sandbox *sandbox, const char *grade, int64_t price)
{
    struct civil now = clock_civil(clock_now(NULL));
    size_t index;
    json_t *month;
    json_array_foreach((json_t *)months(sandbox), index, month)
    {
        int year, number;
        if (sscanf(json_get_string(month, "month"), "%4d-%2d", &year, &number) != 2)
            continue;
        int age = (now.year - year) * 12 + now.month - number;
        if ((age == 0 || age == 1) &&
            json_get_integer(json_object_get(month, "prices"), grade, 0) == price)
            return true;
    }
    return false;
}

// Why the pump is not released; NULL when it may be.
static const char *objection(struct sandbox_request *request, const json_t *pump, int *status)
{
    const char *code = sandbox_text(request, "pump"), *grade = sandbox_text(request, "grade");
    int64_t price = json_get_integer(request->body, "price", 0);
    *status = 404;
    if (!pump)
        return "pump_unknown";
    *status = 422;
    if (!sandbox_text(request, "reference")[0] || !sells(pump, grade) ||
        json_get_integer(request->body, "limit_ml", 0) <= 0)
        return "not_sold";
    if (!price_is_good(request->sandbox, grade, price))
        return "price_unknown";
    *status = 409;
    const char *state = pump_state(request->sandbox, code);
    if (strcmp(state, "offline") == 0)
        return "pump_offline";
    return strcmp(state, "busy") == 0 ? "pump_busy" : NULL;
}

void fuel_authorize(struct sandbox_request *request)
{
    static const char *const kept[] = {"reference", "pump", "grade", "price", "limit", "limit_ml"};
    json_t *station, *all = sandbox_collection(request->sandbox, "fuel");
    const char *pump = sandbox_text(request, "pump");
    json_t *before = json_object_get(all, sandbox_text(request, "reference"));
    int status;
    if (before) {
        sandbox_json(request, 200, shown_authorization(before));
        return;
    }
    const char *why = objection(request, find_pump(request->sandbox, pump, &station), &status);
    if (why) {
        sandbox_error(request, status, why);
        return;
    }
    json_t *made = json_pack("{s:I, s:o}", "at", (json_int_t)clock_now(NULL), "driver",
                             driver_of(request->sandbox, pump));
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        json_object_set(made, kept[i], json_object_get(request->body, kept[i]));
    json_object_set_new(all, sandbox_text(request, "reference"), made);
    request->sandbox->changed = true;
    sandbox_json(request, 201, shown_authorization(made));
}

void fuel_authorization(struct sandbox_request *request)
{
    json_t *found = find_authorization(request, named(request));
    if (found)
        sandbox_json(request, 200, shown_authorization(found));
}

// Before the nozzle is lifted this gives the pump back; after that it stops the flow.
void fuel_cancel(struct sandbox_request *request)
{
    json_t *found = find_authorization(request, named(request));
    if (!found)
        return;
    if (!json_object_get(found, "stopped_at")) {
        json_object_set_new(found, "stopped_at", json_integer(clock_now(NULL)));
        request->sandbox->changed = true;
    }
    sandbox_json(request, 200, shown_authorization(found));
}

// ---- money ----

// What the city has collected for an authorization; the same reference settles it once.
void fuel_settle(struct sandbox_request *request)
{
    json_t *found = find_authorization(request, sandbox_text(request, "reference"));
    int64_t amount = json_get_integer(request->body, "amount", -1);
    if (!found)
        return;
    json_t *settled = json_object_get(found, "settled");
    if (amount < 0 || (settled && json_integer_value(settled) != amount)) {
        sandbox_error(request, 409, "settled_otherwise");
        return;
    }
    json_object_set_new(found, "settled", json_integer(amount));
    if (json_object_get(request->body, "incident"))
        json_object_set(found, "incident", json_object_get(request->body, "incident"));
    request->sandbox->changed = true;
    sandbox_json(request, settled ? 200 : 201, shown_authorization(found));
}

void fuel_incident(struct sandbox_request *request)
{
    json_t *found = find_authorization(request, named(request));
    if (!found)
        return;
    json_object_set(found, "incident", request->body);
    request->sandbox->changed = true;
    sandbox_json(request, 200, shown_authorization(found));
}

// ---- a tester's orders ----

void fuel_drive(struct sandbox_request *request)
{
    json_t *station;
    const char *pump = named(request);
    if (!find_pump(request->sandbox, pump, &station)) {
        sandbox_error(request, 404, "pump_unknown");
        return;
    }
    json_object_set(sandbox_collection(request->sandbox, "fuel_drivers"), pump, request->body);
    request->sandbox->changed = true;
    sandbox_json(request, 200, driver_of(request->sandbox, pump));
}
