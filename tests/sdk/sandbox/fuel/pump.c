// SPDX-License-Identifier: Apache-2.0
// What a pump shows at a moment follows from its authorization alone.
#include "fuel.h"

#include <criterion/criterion.h>

enum { AT = 1000000, PRICE = 258 };

// A nozzle lifted after a second, a litre a second from then on, the tank full after ten.
static json_t *authorization(const char *member, int value)
{
    json_t *driver = json_pack("{s:i, s:i, s:i, s:i, s:i}", "lift_ms", 1000, "tank_ml", 10000,
                               "flow_ml", 1000, "start_within_ms", 60000, "offline_ms", -1);
    if (member)
        json_object_set_new(driver, member, json_integer(value));
    return json_pack("{s:i, s:i, s:i, s:o}", "at", AT, "price", PRICE, "limit_ml", 50000, "driver",
                     driver);
}

static void shows(const json_t *pump, int after_ms, const char *state, int64_t millilitres)
{
    struct fuel_reading reading = fuel_read(pump, AT + after_ms);
    cr_assert_str_eq(reading.state, state, "after %d ms: %s", after_ms, reading.state);
    cr_assert_eq(reading.millilitres, millilitres, "after %d ms", after_ms);
}

Test(pump, is_released_fills_and_is_hung_up)
{
    json_t *pump = authorization(NULL, 0);
    shows(pump, 0, "released", 0);
    shows(pump, 999, "released", 0);
    shows(pump, 1001, "filling", 1);
    shows(pump, 6000, "filling", 5000);
    shows(pump, 11000, "finished", 10000);
    shows(pump, 9999999, "finished", 10000);
    cr_assert_str_eq(fuel_read(pump, AT + 11000).reason, "hung-up");
    cr_assert_eq(fuel_read(pump, AT + 11000).amount, 2580);
    json_decref(pump);
}

Test(pump, stops_at_the_limit_unless_it_is_broken)
{
    json_t *pump = authorization("tank_ml", 90000);
    shows(pump, 51000, "finished", 50000);
    cr_assert_str_eq(fuel_read(pump, AT + 51000).reason, "limit");
    json_object_set_new(json_object_get(pump, "driver"), "overrun_ml", json_integer(1500));
    shows(pump, 90000, "finished", 51500);
    json_decref(pump);
}

Test(pump, is_given_back_when_nobody_lifts_the_nozzle)
{
    json_t *pump = authorization("lift_ms", -1);
    shows(pump, 59999, "released", 0);
    shows(pump, 60000, "cancelled", 0);
    cr_assert_str_eq(fuel_read(pump, AT + 60000).reason, "not-started");
    json_decref(pump);
}

Test(pump, keeps_what_it_gave_when_it_is_stopped_or_lost)
{
    json_t *pump = authorization(NULL, 0);
    json_object_set_new(pump, "stopped_at", json_integer(AT + 4000));
    shows(pump, 3000, "filling", 2000);
    shows(pump, 8000, "finished", 3000);
    json_object_set_new(pump, "stopped_at", json_integer(AT + 500));
    shows(pump, 8000, "cancelled", 0);
    json_decref(pump);
    pump = authorization("offline_ms", 5000);
    shows(pump, 8000, "finished", 4000);
    cr_assert_str_eq(fuel_read(pump, AT + 8000).reason, "offline");
    json_decref(pump);
}
