// SPDX-License-Identifier: Apache-2.0
#ifndef FUEL_FUEL_H
#define FUEL_FUEL_H

#include "prices.h"

#include <medina/plugin.h>

// What the files of the plugin share. README.md tells the story of one fill.

struct settings {
    struct prices *prices;
    int64_t most;    // fils that one fill may authorize
    int64_t offer_s; // an order that nobody has paid for is good so long
    int64_t poll_ms; // between two looks at a pump
};

extern struct settings fuel_settings; // a plugin has one: the interface gives no context

// The city's month at this moment, "2026-11".
void fuel_month(char out[PRICES_MONTH]);

// ---- network.c: the network's back end ----

// The answer when it has the member that is wanted; NULL after the call was failed: with unknown
// after a 404, otherwise for a network that does not answer as it should.
json_t *network_ask(medina_call *call, const medina_http_reply *reply, const char *wanted,
                    const char *unknown);
void network_stations(medina_call *call); // the operation "stations"
void network_station(medina_call *call);  // and so on
void network_pump(medina_call *call);
void network_prices(medina_call *call);

// The pump, or NULL after the call was failed.
json_t *network_find_pump(medina_call *call, const char *code);

// ---- order.c: what a citizen has ordered, in the plugin's storage ----
//
// One JSON object an item, kept for a month, or for a day when nobody pays for it:
//
//     {"item", "citizen", "pump", "number", "station", "grade", "price", "limit", "limit_ml",
//      "month", "made",                     when it was ordered
//      "reference",                         once a pump was asked for: "<payment>.<line>"
//      "closed", "charged", "millilitres", "reason", "incident"}   when it is over

void order_make(medina_call *call);  // the operation "order"
void order_quote(medina_call *call); // and "quote"

// NULL when there is none (after MEDINA_OK), or the storage did not answer. Kept until the call
// ends.
json_t *order_load(medina_call *call, const char *item, enum medina_status *status);
enum medina_status order_save(medina_call *call, const json_t *order);
bool order_is_closed(const json_t *order);

// ---- fill.c: after the card was authorized ----

void fill_accept(medina_call *call); // the operations
void fill_follow(medina_call *call);
void fill_stop(medina_call *call);
void fill_captured(medina_call *call); // the events "payment.captured"
void fill_released(medina_call *call); // and "payment.released"

// ---- present.c ----

int64_t fuel_integer(const json_t *object, const char *name);    // 0 when absent
const char *fuel_string(const json_t *object, const char *name); // "" when absent
json_t *fuel_row(const char *label_key, json_t *value);
json_t *fuel_action(const char *operation, json_t *input, const char *title_key, const char *style);
json_t *fuel_badge(const char *title_key, const char *kind);
json_t *fuel_grade_title(const char *grade);
json_t *fuel_litres(int64_t millilitres);

// Where an order stands, as a result of type status; reading is the network's word on its
// authorization, NULL when there is none or it is over.
json_t *present_status(const json_t *order, const json_t *reading);

#endif
