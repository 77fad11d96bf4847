// SPDX-License-Identifier: Apache-2.0
#include "fuel.h"

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t fuel_amount(int64_t millilitres, int64_t price)
{
    return (millilitres * price + 500) / 1000;
}

json_t *fuel_default_driver(void)
{
    return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "lift_ms", 3000, "tank_ml", 38250,
                     "flow_ml", 900, "start_within_ms", 60000, "offline_ms", -1, "overrun_ml", 0,
                     "amount_off", 0);
}

// The moment at which somebody or something other than the driver ends it; INT64_MAX: none.
static int64_t cut_at(const json_t *authorization, const char **reason)
{
    const json_t *driver = json_object_get(authorization, "driver");
    int64_t at = json_get_integer(authorization, "at", 0);
    int64_t stopped = json_get_integer(authorization, "stopped_at", INT64_MAX);
    int64_t offline = json_get_integer(driver, "offline_ms", -1);
    int64_t lost = offline < 0 ? INT64_MAX : at + offline;
    *reason = lost < stopped ? "offline" : "cancelled";
    return least(lost, stopped);
}

static struct fuel_reading before_lift(int64_t waited, int64_t patience, bool cut,
                                       const char *cut_reason)
{
    if (cut)
        return (struct fuel_reading){.state = "cancelled", .reason = cut_reason};
    if (waited >= patience)
        return (struct fuel_reading){.state = "cancelled", .reason = "not-started"};
    return (struct fuel_reading){.state = "released", .reason = ""};
}

struct fuel_reading fuel_read(const json_t *authorization, int64_t now_ms)
{
    const json_t *driver = json_object_get(authorization, "driver");
    const char *cut_reason;
    int64_t cut = cut_at(authorization, &cut_reason);
    int64_t passed = least(now_ms, cut) - json_get_integer(authorization, "at", 0);
    int64_t lift = json_get_integer(driver, "lift_ms", 0);
    int64_t patience = json_get_integer(driver, "start_within_ms", 60000);
    if (lift < 0 || lift >= patience || passed < lift)
        return before_lift(passed, patience, cut <= now_ms, cut_reason);
    int64_t limit =
        json_get_integer(authorization, "limit_ml", 0) + json_get_integer(driver, "overrun_ml", 0);
    int64_t tank = json_get_integer(driver, "tank_ml", 0), target = least(tank, limit);
    int64_t flowed = (passed - lift) * json_get_integer(driver, "flow_ml", 1000) / 1000;
    struct fuel_reading reading = {.millilitres = least(flowed, target)};
    bool all = flowed >= target;
    reading.state = all || cut <= now_ms ? "finished" : "filling";
    reading.reason = all ? (tank < limit ? "hung-up" : "limit") : cut <= now_ms ? cut_reason : "";
    reading.amount = fuel_amount(reading.millilitres, json_get_integer(authorization, "price", 0));
    if (reading.reason[0])
        reading.amount += json_get_integer(driver, "amount_off", 0);
    return reading;
}
