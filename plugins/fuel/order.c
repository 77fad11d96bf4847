// SPDX-License-Identifier: Apache-2.0
// From the form to an item that the host can authorize. The price is the month's at this moment and
// stays with the order, over a month's end too.

#include "charge.h"
#include "fuel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { ITEM = 32 };

#define DAY_MS (UINT64_C(24) * 60 * 60 * 1000)

// As long as it can be followed; one that nobody has paid for goes the next day.
static const uint64_t paid_ms = 35 * DAY_MS, unpaid_ms = DAY_MS;

// ---- storage ----

static void key_of(const char *item, char key[80])
{
    snprintf(key, 80, "order:%s", item);
}

json_t *order_load(medina_call *call, const char *item, enum medina_status *status)
{
    char key[80];
    struct medina_bytes value;
    key_of(item, key);
    *status = medina_kv_get(call, key, &value);
    if (*status == MEDINA_NOT_FOUND)
        *status = MEDINA_OK;
    else if (*status == MEDINA_OK)
        return json_loadb(value.data, value.size, 0, NULL);
    return NULL;
}

enum medina_status order_save(medina_call *call, const json_t *order)
{
    char key[80], *text = json_dumps(order, JSON_COMPACT);
    if (!text)
        return MEDINA_FAILED;
    key_of(fuel_string(order, "item"), key);
    enum medina_status status =
        medina_kv_put(call, key, (struct medina_bytes){text, strlen(text)},
                      fuel_string(order, "reference")[0] ? paid_ms : unpaid_ms);
    free(text);
    return status;
}

bool order_is_closed(const json_t *order)
{
    return json_is_true(json_object_get(order, "closed"));
}

// ---- ordering ----

static void new_item(char out[ITEM])
{
    unsigned char bytes[12];
    size_t used = 5;
    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        abort();
    memcpy(out, "fuel.", used);
    for (size_t i = 0; i < sizeof bytes; i++, used += 2)
        snprintf(out + used, 3, "%02x", bytes[i]);
}

// The limit in fils and millilitres, by whichever of the two was given. NULL, or why not.
static const char *read_limit(medina_call *call, int64_t price, int64_t *limit, int64_t *limit_ml)
{
    int64_t amount = medina_input_integer(call, "limit_amount", 0);
    int64_t litres = medina_input_integer(call, "limit_litres", 0);
    if ((amount > 0) == (litres > 0))
        return "fuel.one-limit";
    *limit = amount ? amount : litres * price;
    *limit_ml = amount ? charge_millilitres(amount, price) : litres * 1000;
    return *limit > fuel_settings.most ? "fuel.limit-too-high" : NULL;
}

static const char *why_not(const json_t *pump, const char *grade, int64_t price)
{
    size_t index;
    json_t *sold;
    const char *state = fuel_string(pump, "state");
    bool sells = false;
    json_array_foreach(json_object_get(pump, "grades"), index, sold)
    {
        sells = sells || (json_string_value(sold) && strcmp(json_string_value(sold), grade) == 0);
    }
    if (!sells)
        return "fuel.not-sold";
    if (strcmp(state, "free") != 0)
        return strcmp(state, "busy") == 0 ? "fuel.pump-busy" : "fuel.pump-offline";
    return price ? NULL : "fuel.no-price";
}

static json_t *payable_of(const json_t *order)
{
    return json_pack("{s:O, s:o, s:o, s:O, s:{}}", "id", json_object_get(order, "item"), "title",
                     medina_text("order.item", "pump", fuel_string(order, "pump"), NULL), "amount",
                     medina_money(fuel_integer(order, "limit")), "account",
                     json_object_get(order, "pump"), "pay");
}

static json_t *build(medina_call *call, const json_t *pump, int64_t price, const char **fault)
{
    char item[ITEM], month[PRICES_MONTH];
    int64_t limit, limit_ml, now = medina_now() / 1000;
    const char *grade = medina_input_string(call, "grade");
    *fault = why_not(pump, grade, price);
    if (!*fault)
        *fault = read_limit(call, price, &limit, &limit_ml);
    if (*fault)
        return NULL;
    new_item(item);
    fuel_month(month);
    return json_pack("{s:s, s:s, s:O, s:O, s:s, s:I, s:I, s:I, s:s, s:I}", "item", item, "citizen",
                     medina_citizen(call), "pump", json_object_get(pump, "code"), "station",
                     json_object_get(json_object_get(pump, "station"), "name"), "grade", grade,
                     "price", (json_int_t)price, "limit", (json_int_t)limit, "limit_ml",
                     (json_int_t)limit_ml, "month", month, "made", (json_int_t)now);
}

void order_make(medina_call *call)
{
    char month[PRICES_MONTH];
    const char *fault;
    json_t *pump = network_find_pump(call, medina_input_string(call, "code"));
    if (!pump)
        return;
    fuel_month(month);
    int64_t price =
        prices_at(fuel_settings.prices, month, prices_grade(medina_input_string(call, "grade")));
    json_t *order = build(call, pump, price, &fault);
    if (!order) {
        medina_fail(call, MEDINA_REFUSED, fault ? fault : "fuel.not-sold");
        return;
    }
    if (order_save(call, order) == MEDINA_OK)
        medina_return(call,
                      json_pack("{s:s, s:o, s:o, s:[o]}", "type", "payment", "title",
                                medina_text("order.title", NULL), "summary",
                                medina_text("order.summary", NULL), "items", payable_of(order)));
    else
        medina_fail(call, MEDINA_LIMITED, "fuel.try-again");
    json_decref(order);
}

// ---- quoting ----

// An order is for one fill: nobody pays for one that a payment has already, nor for one that was
// left lying. A payment that was made in time is not quoted again.
static bool is_owed(const json_t *order)
{
    return !order_is_closed(order) && !fuel_string(order, "reference")[0] &&
           medina_now() / 1000 <= fuel_integer(order, "made") + fuel_settings.offer_s;
}

void order_quote(medina_call *call)
{
    enum medina_status status;
    json_t *order = order_load(call, medina_input_string(call, "item"), &status);
    if (order)
        medina_return(call, json_pack("{s:s, s:o, s:b, s:b, s:o}", "type", "data", "title",
                                      medina_text("order.title", NULL), "owed", is_owed(order),
                                      "hold", 1, "payable", payable_of(order)));
    else if (status == MEDINA_OK)
        medina_fail(call, MEDINA_NOT_FOUND, "fuel.no-such-order");
    else
        medina_fail(call, MEDINA_UPSTREAM, "fuel.try-again");
    json_decref(order);
}
