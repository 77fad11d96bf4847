// SPDX-License-Identifier: Apache-2.0
// Contactless fuel: a pump is chosen by its code, the card is authorized up to a limit, the pump is
// released, and what it gave is taken. README.md has the story and the money's rules.

#include "fuel.h"

#include <stdio.h>

struct settings fuel_settings = {.most = 50000, .offer_s = 15 * 60, .poll_ms = 1000};

void fuel_month(char out[PRICES_MONTH])
{
    struct medina_civil_time now = medina_civil_at(medina_now());
    snprintf(out, PRICES_MONTH, "%04d-%02d", now.year, now.month);
}

static void read_number(const json_t *configuration, const char *name, int64_t *out)
{
    const json_t *value = json_object_get(configuration, name);
    if (value)
        *out = json_integer_value(value);
}

static bool start(json_t *configuration)
{
    read_number(configuration, "most_per_fill", &fuel_settings.most);
    read_number(configuration, "offer_seconds", &fuel_settings.offer_s);
    read_number(configuration, "poll_ms", &fuel_settings.poll_ms);
    return true;
}

static bool take_data(const char *data, size_t size, char *reason, size_t reason_size)
{
    struct prices *prices;
    if (!prices_load(data, size, &prices, reason, reason_size))
        return false;
    prices_destroy(fuel_settings.prices);
    fuel_settings.prices = prices;
    return true;
}

static bool self_test(char *reason, size_t reason_size)
{
    if (!fuel_settings.prices)
        snprintf(reason, reason_size, "there are no prices");
    return fuel_settings.prices != NULL;
}

static void stop(void)
{
    prices_destroy(fuel_settings.prices);
}

MEDINA_PLUGIN(.start = start, .take_data = take_data, .self_test = self_test, .stop = stop,
              .operations = MEDINA_OPERATIONS({"stations", network_stations},
                                              {"station", network_station}, {"pump", network_pump},
                                              {"prices", network_prices}, {"order", order_make},
                                              {"quote", order_quote}, {"accept", fill_accept},
                                              {"follow", fill_follow}, {"stop", fill_stop}),
              .events = MEDINA_EVENTS({"payment.captured", fill_captured},
                                      {"payment.released", fill_released}))
