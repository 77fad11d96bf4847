// SPDX-License-Identifier: Apache-2.0
// From the authorized card to what is taken. The host asks "accept" again and again, under one
// payment: the first time the pump is released, after that its meter is read, until it is done. The
// network is always asked under the same reference, so that asking twice releases a pump once.

#include "charge.h"
#include "fuel.h"

#include <stdio.h>
#include <string.h>

enum { REFERENCE = 96 };

// ---- what the network says ----

// Why a fill is over, in words that the strings have.
static const char *reason_of(const json_t *reading)
{
    static const char *const words[] = {"hung-up", "limit", "cancelled", "not-started", "offline"};
    const char *reason = fuel_string(reading, "reason");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], reason) == 0)
            return words[i];
    return "ended";
}

static bool is_over(const json_t *reading)
{
    const char *state = fuel_string(reading, "state");
    return strcmp(state, "finished") == 0 || strcmp(state, "cancelled") == 0;
}

static struct charge_meter meter_of(const json_t *order, const json_t *reading, int64_t authorized)
{
    return (struct charge_meter){.millilitres = fuel_integer(reading, "millilitres"),
                                 .price = fuel_integer(order, "price"),
                                 .stated = fuel_integer(reading, "amount"),
                                 .authorized = authorized};
}

// A meter's numbers on this very authorization, or NULL.
static json_t *reading_of(const json_t *order, const medina_http_reply *reply)
{
    struct charge_meter meter = meter_of(order, reply->json, 0);
    if (!medina_http_ok(reply) || !json_is_integer(json_object_get(reply->json, "millilitres")) ||
        !json_is_integer(json_object_get(reply->json, "amount")) ||
        strcmp(fuel_string(reply->json, "reference"), fuel_string(order, "reference")) != 0 ||
        !fuel_string(reply->json, "state")[0] || !charge_is_plausible(&meter))
        return NULL;
    return reply->json;
}

static medina_http_reply *release_pump(medina_call *call, const json_t *order)
{
    static const char *const members[] = {"reference", "pump",  "grade",
                                          "price",     "limit", "limit_ml"};
    json_t *body = json_object();
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_object_set(body, members[i], json_object_get(order, members[i]));
    return medina_http_post(call, "/authorizations", body, fuel_string(order, "reference"));
}

// The network will not do it: the word for why. NULL: it has not said so.
static const char *refusal_of(const medina_http_reply *reply)
{
    if (reply->status != MEDINA_OK || reply->http_status < 400 || reply->http_status >= 500 ||
        reply->http_status == 408 || reply->http_status == 429)
        return NULL;
    const char *code = fuel_string(json_object_get(reply->json, "error"), "code");
    if (strcmp(code, "pump_offline") == 0)
        return "offline";
    return strcmp(code, "pump_busy") == 0 ? "busy" : "refused";
}

// ---- answering the host ----

static void answer_waiting(medina_call *call)
{
    medina_return(call, json_pack("{s:s, s:o, s:s, s:I}", "type", "data", "title",
                                  medina_text("order.title", NULL), "state", "waiting", "after_ms",
                                  (json_int_t)fuel_settings.poll_ms));
}

static void answer_refused(medina_call *call, const char *reason)
{
    medina_return(call, json_pack("{s:s, s:o, s:s, s:s}", "type", "data", "title",
                                  medina_text("order.title", NULL), "state", "refused", "reason",
                                  reason));
}

static void answer_over(medina_call *call, const json_t *order)
{
    if (json_is_true(json_object_get(order, "refused"))) {
        answer_refused(call, fuel_string(order, "reason"));
        return;
    }
    medina_return(call, json_pack("{s:s, s:o, s:s, s:o}", "type", "data", "title",
                                  medina_text("order.title", NULL), "state", "accepted", "amount",
                                  medina_money(fuel_integer(order, "charged"))));
}

static void publish(medina_call *call, const json_t *order, const json_t *reading)
{
    medina_publish(call, fuel_string(order, "item"), present_status(order, reading));
}

// ---- the end of a fill ----

static json_t *incident_of(const struct charge *charge, const struct charge_meter *meter)
{
    if (!charge->differs && !charge->loss)
        return NULL;
    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "kind",
                     charge->differs ? "amount-differs" : "overrun", "millilitres",
                     (json_int_t)meter->millilitres, "price", (json_int_t)meter->price, "stated",
                     (json_int_t)meter->stated, "expected", (json_int_t)charge->expected, "taken",
                     (json_int_t)charge->amount, "loss", (json_int_t)charge->loss);
}

// Told at once so that somebody looks at the pump; the settlement says it again, until it is heard.
static void report(medina_call *call, const json_t *order, const json_t *incident)
{
    char path[REFERENCE + 40];
    medina_log(MEDINA_LOG_ERROR, "incident %s at pump %s: %lld ml, stated %lld fils, taken %lld",
               fuel_string(incident, "kind"), fuel_string(order, "pump"),
               (long long)fuel_integer(incident, "millilitres"),
               (long long)fuel_integer(incident, "stated"),
               (long long)fuel_integer(incident, "taken"));
    snprintf(path, sizeof path, "/authorizations/%s/incident", fuel_string(order, "reference"));
    medina_http_post(call, path, json_deep_copy(incident), NULL);
}

static void mark_closed(json_t *order, const char *reason, int64_t charged)
{
    json_object_set_new(order, "closed", json_true());
    json_object_set_new(order, "reason", json_string(reason));
    json_object_set_new(order, "charged", json_integer(charged));
}

// Writes down what is taken before anybody is told, so that it is the same when asked again.
static bool close_order(medina_call *call, json_t *order, const char *reason, int64_t charged)
{
    mark_closed(order, reason, charged);
    if (order_save(call, order) == MEDINA_OK)
        return true;
    medina_fail(call, MEDINA_UPSTREAM, "fuel.try-again");
    return false;
}

static void finish(medina_call *call, json_t *order, const json_t *reading)
{
    struct charge_meter meter =
        meter_of(order, reading, medina_input_integer(call, "authorized", 0));
    struct charge charge = charge_for(&meter);
    json_t *incident = incident_of(&charge, &meter);
    json_object_set_new(order, "millilitres", json_integer(meter.millilitres));
    if (incident)
        json_object_set_new(order, "incident", incident);
    if (!close_order(call, order, reason_of(reading), charge.amount))
        return;
    if (incident)
        report(call, order, incident);
    publish(call, order, NULL);
    answer_over(call, order);
}

static void refuse(medina_call *call, json_t *order, const char *reason)
{
    json_object_set_new(order, "refused", json_true());
    if (!close_order(call, order, reason, 0))
        return;
    publish(call, order, NULL);
    answer_over(call, order);
}

// ---- accept ----

// The order belongs to the payment that asks first.
static bool take_order(medina_call *call, json_t *order, const char *reference)
{
    const char *taken_by = fuel_string(order, "reference");
    if (taken_by[0] && strcmp(taken_by, reference) != 0) {
        answer_refused(call, "used");
        return false;
    }
    if (taken_by[0])
        return true;
    json_object_set_new(order, "reference", json_string(reference));
    if (order_save(call, order) == MEDINA_OK)
        return true;
    medina_fail(call, MEDINA_UPSTREAM, "fuel.try-again");
    return false;
}

static void accept_order(medina_call *call, json_t *order)
{
    char reference[REFERENCE];
    snprintf(reference, sizeof reference, "%s.%lld", medina_input_string(call, "payment"),
             (long long)medina_input_integer(call, "line", 0));
    if (!take_order(call, order, reference))
        return;
    if (order_is_closed(order)) {
        answer_over(call, order);
        return;
    }
    medina_http_reply *reply = release_pump(call, order);
    const char *refusal = refusal_of(reply);
    const json_t *reading = reading_of(order, reply);
    if (refusal) {
        refuse(call, order, refusal);
    } else if (reading && is_over(reading)) {
        finish(call, order, reading);
    } else {
        // A network that is silent may have released the pump all the same: nothing is known yet.
        publish(call, order, reading);
        answer_waiting(call);
    }
}

void fill_accept(medina_call *call)
{
    enum medina_status status;
    json_t *order = order_load(call, medina_input_string(call, "item"), &status);
    if (order)
        accept_order(call, order);
    else if (status == MEDINA_OK)
        answer_refused(call, "unknown");
    else
        medina_fail(call, MEDINA_UPSTREAM, "fuel.try-again");
    json_decref(order);
}

// ---- the citizen's side ----

// The caller's own order, or NULL after the call was failed: another's is as good as none.
static json_t *own_order(medina_call *call)
{
    enum medina_status status;
    json_t *order = order_load(call, medina_input_string(call, "item"), &status);
    const char *citizen = medina_citizen(call);
    if (order && citizen && strcmp(fuel_string(order, "citizen"), citizen) == 0)
        return order;
    if (order || status == MEDINA_OK)
        medina_fail(call, MEDINA_NOT_FOUND, "fuel.no-such-order");
    else
        medina_fail(call, MEDINA_UPSTREAM, "fuel.try-again");
    json_decref(order);
    return NULL;
}

void fill_follow(medina_call *call)
{
    json_t *order = own_order(call);
    if (!order)
        return;
    const char *reference = fuel_string(order, "reference");
    const json_t *reading = NULL;
    if (reference[0] && !order_is_closed(order))
        reading = reading_of(order, medina_http_get(call, "/authorizations/%s", reference));
    medina_return(call, present_status(order, reading));
    json_decref(order);
}

static void stop_pump(medina_call *call, const json_t *order)
{
    char path[REFERENCE + 40];
    snprintf(path, sizeof path, "/authorizations/%s/cancel", fuel_string(order, "reference"));
    json_t *answer = network_ask(call, medina_http_post(call, path, json_object(), NULL), "state",
                                 "fuel.nothing-to-stop");
    if (answer)
        medina_return(call,
                      json_pack("{s:s, s:s, s:o, s:o, s:[o]}", "type", "message", "kind", "success",
                                "title", medina_text("stopped.title", NULL), "body",
                                medina_text("stopped.body", NULL), "actions",
                                fuel_action("follow",
                                            json_pack("{s:s}", "item", fuel_string(order, "item")),
                                            "stopped.see", "primary")));
}

void fill_stop(medina_call *call)
{
    json_t *order = own_order(call);
    if (!order)
        return;
    if (order_is_closed(order) || !fuel_string(order, "reference")[0])
        medina_fail(call, MEDINA_REFUSED, "fuel.nothing-to-stop");
    else
        stop_pump(call, order);
    json_decref(order);
}

// ---- after the capture ----

enum settled { SETTLED, REFUSED, LATER };

static enum settled settle_line(medina_call *call, const json_t *line, const char *payment)
{
    char reference[REFERENCE];
    enum medina_status status;
    snprintf(reference, sizeof reference, "%s.%lld", payment,
             (long long)fuel_integer(line, "line"));
    json_t *order = order_load(call, fuel_string(line, "item"), &status);
    json_t *body = json_pack("{s:s, s:I, s:O*}", "reference", reference, "amount",
                             (json_int_t)fuel_integer(json_object_get(line, "amount"), "amount"),
                             "incident", json_object_get(order, "incident"));
    json_decref(order);
    medina_http_reply *reply = medina_http_post(call, "/settlements", body, reference);
    if (medina_http_ok(reply) && strcmp(fuel_string(reply->json, "reference"), reference) == 0)
        return SETTLED;
    return reply->status == MEDINA_OK && (reply->http_status == 404 || reply->http_status == 409)
               ? REFUSED
               : LATER;
}

// Settling is idempotent by reference, so an event that comes again does no harm. A network that
// does not know the fill has no claim to the money.
void fill_captured(medina_call *call)
{
    json_t *event = medina_input(call), *line;
    size_t index, counts[3] = {0};
    json_array_foreach(json_object_get(event, "lines"), index, line)
    {
        counts[settle_line(call, line, fuel_string(event, "payment"))]++;
    }
    if (counts[REFUSED] && !counts[SETTLED] && !counts[LATER])
        medina_fail(call, MEDINA_REFUSED, "fuel.no-such-order");
    else if (counts[LATER] || counts[REFUSED])
        medina_fail(call, MEDINA_UPSTREAM, "fuel.network-silent");
    else
        medina_return(call, json_object());
}

// ---- after a release ----

// What the pump gave for nothing is the network's loss; its books say so when it is settled with 0.
static json_t *loss_of(const json_t *order, const json_t *reading)
{
    struct charge_meter meter = meter_of(order, reading, 0);
    struct charge charge = charge_for(&meter);
    json_t *incident = incident_of(&charge, &meter);
    if (incident)
        json_object_set_new(incident, "kind", json_string("not-collected"));
    return incident;
}

// The hold ran out, the card's authorization did, or the capture failed: the pump is stopped and
// nothing is taken. False: the network has not heard of it yet.
static bool end_released(medina_call *call, json_t *order)
{
    char path[REFERENCE + 40];
    const char *reference = fuel_string(order, "reference");
    snprintf(path, sizeof path, "/authorizations/%s/cancel", reference);
    medina_http_reply *reply = medina_http_post(call, path, json_object(), NULL);
    bool unknown = reply->status == MEDINA_OK && reply->http_status == 404;
    const json_t *reading = reading_of(order, reply);
    if (!reading && !unknown)
        return false;
    json_t *incident = reading ? loss_of(order, reading) : NULL;
    if (incident) {
        json_object_set_new(order, "incident", incident);
        report(call, order, incident);
        json_t *body =
            json_pack("{s:s, s:i, s:O}", "reference", reference, "amount", 0, "incident", incident);
        if (!medina_http_ok(medina_http_post(call, "/settlements", body, reference)))
            return false;
    }
    json_object_set_new(order, "millilitres", json_integer(fuel_integer(reading, "millilitres")));
    return true;
}

static enum settled release_line(medina_call *call, const json_t *line, const char *payment)
{
    char reference[REFERENCE];
    enum medina_status status;
    snprintf(reference, sizeof reference, "%s.%lld", payment,
             (long long)fuel_integer(line, "line"));
    json_t *order = order_load(call, fuel_string(line, "item"), &status);
    bool ours = order && strcmp(fuel_string(order, "reference"), reference) == 0;
    // A pump that was never asked for, or gave nothing, is over already.
    bool over = !ours || (order_is_closed(order) && fuel_integer(order, "charged") == 0);
    enum settled done = status == MEDINA_OK ? SETTLED : LATER;
    if (done == SETTLED && !over) {
        done = end_released(call, order) ? SETTLED : LATER;
        mark_closed(order, "released", 0);
        if (done == SETTLED && order_save(call, order) != MEDINA_OK)
            done = LATER;
        if (done == SETTLED)
            publish(call, order, NULL);
    }
    json_decref(order);
    return done;
}

void fill_released(medina_call *call)
{
    json_t *event = medina_input(call), *line;
    size_t index;
    bool done = true;
    json_array_foreach(json_object_get(event, "lines"), index, line)
    {
        done = release_line(call, line, fuel_string(event, "payment")) == SETTLED && done;
    }
    if (done)
        medina_return(call, json_object());
    else
        medina_fail(call, MEDINA_UPSTREAM, "fuel.network-silent");
}
