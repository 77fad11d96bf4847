// SPDX-License-Identifier: Apache-2.0
#include "fuel.h"

#include <stdio.h>
#include <string.h>

int64_t fuel_integer(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

const char *fuel_string(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

json_t *fuel_row(const char *label_key, json_t *value)
{
    return json_pack("{s:o, s:o}", "label", medina_text(label_key, NULL), "value", value);
}

json_t *fuel_action(const char *operation, json_t *input, const char *title_key, const char *style)
{
    return json_pack("{s:s, s:o, s:o, s:s}", "operation", operation, "input", input, "title",
                     medina_text(title_key, NULL), "style", style);
}

json_t *fuel_badge(const char *title_key, const char *kind)
{
    return json_pack("{s:o, s:s}", "title", medina_text(title_key, NULL), "kind", kind);
}

json_t *fuel_grade_title(const char *grade)
{
    char key[40];
    snprintf(key, sizeof key, "grade.%s", grade);
    return medina_text(key, NULL);
}

json_t *fuel_litres(int64_t millilitres)
{
    return json_pack("{s:f, s:o, s:i}", "number", (double)millilitres / 1000, "unit",
                     medina_text("unit.litre", NULL), "decimals", 2);
}

// ---- the steps of a fill ----

enum stage { STAGE_CARD, STAGE_RELEASED, STAGE_FILLING, STAGE_PAID, STAGES };

static const char *const step_titles[STAGES] = {"step.card", "step.released", "step.filling",
                                                "step.paid"};

static bool took_nothing(const json_t *order)
{
    return order_is_closed(order) && fuel_integer(order, "charged") == 0;
}

static enum stage stage_of(const json_t *order, const json_t *reading)
{
    const char *state = fuel_string(reading, "state");
    if (order_is_closed(order))
        return STAGES;
    if (!fuel_string(order, "reference")[0])
        return STAGE_CARD;
    if (strcmp(state, "filling") == 0)
        return STAGE_FILLING;
    return strcmp(state, "finished") == 0 || strcmp(state, "cancelled") == 0 ? STAGE_PAID
                                                                             : STAGE_RELEASED;
}

static json_t *steps_of(const json_t *order, enum stage stage)
{
    json_t *steps = json_array();
    bool nothing = took_nothing(order);
    for (enum stage i = 0; i < STAGES; i++) {
        const char *state = i < stage ? "done" : i == stage ? "active" : "waiting";
        if (nothing && (i == STAGE_FILLING || i == STAGE_PAID))
            state = "cancelled";
        json_array_append_new(steps, json_pack("{s:o, s:s}", "title",
                                               medina_text(step_titles[i], NULL), "state", state));
    }
    return steps;
}

static json_t *facts_of(const json_t *order, const json_t *reading)
{
    const json_t *measured = order_is_closed(order) ? order : reading;
    json_t *rows = json_array();
    json_array_append_new(rows, fuel_row("fill.litres",
                                         fuel_litres(fuel_integer(measured, "millilitres"))));
    if (order_is_closed(order))
        json_array_append_new(rows, fuel_row("fill.charged",
                                             medina_money(fuel_integer(order, "charged"))));
    else
        json_array_append_new(rows, fuel_row("fill.amount",
                                             medina_money(fuel_integer(reading, "amount"))));
    json_array_append_new(rows, fuel_row("fill.limit", medina_money(fuel_integer(order, "limit"))));
    json_array_append_new(rows, fuel_row("fill.price", medina_money(fuel_integer(order, "price"))));
    json_array_append_new(rows,
                          fuel_row("fill.grade", fuel_grade_title(fuel_string(order, "grade"))));
    json_array_append_new(rows, fuel_row("fill.station",
                                         json_deep_copy(json_object_get(order, "station"))));
    json_array_append_new(rows, fuel_row("fill.pump",
                                         json_pack("{s:s}", "id", fuel_string(order, "pump"))));
    return json_pack("{s:o}", "rows", rows);
}

// What comes next, or why it is over.
static json_t *next_of(const json_t *order, const json_t *reading, enum stage stage)
{
    static const char *const nexts[STAGES] = {"next.card", "next.released", "next.filling",
                                              "next.paid"};
    char key[60];
    if (!order_is_closed(order) && stage != STAGE_CARD && !reading)
        return medina_text("next.silent", NULL);
    if (!order_is_closed(order))
        return medina_text(nexts[stage], NULL);
    if (json_object_get(order, "incident") && !took_nothing(order))
        return medina_text("over.incident", NULL);
    snprintf(key, sizeof key, "%s.%s", took_nothing(order) ? "nothing" : "over",
             fuel_string(order, "reason"));
    return medina_text(key, NULL);
}

static void add_actions(json_t *result, const json_t *order, enum stage stage)
{
    json_t *input = json_pack("{s:s}", "item", fuel_string(order, "item"));
    json_t *actions = json_array();
    if (!order_is_closed(order))
        json_array_append_new(actions,
                              fuel_action("follow", json_incref(input), "fill.look", "secondary"));
    if (stage == STAGE_RELEASED || stage == STAGE_FILLING)
        json_array_append_new(actions,
                              fuel_action("stop", json_incref(input), "fill.stop", "danger"));
    json_object_set_new(result, "actions", actions);
    json_decref(input);
}

json_t *present_status(const json_t *order, const json_t *reading)
{
    enum stage stage = stage_of(order, reading);
    const char *state = took_nothing(order) ? "cancelled" : stage == STAGES ? "done" : "active";
    json_t *result =
        json_pack("{s:s, s:o, s:O, s:s, s:o, s:o, s:[o]}", "type", "status", "title",
                  medina_text("fill.title", "pump", fuel_string(order, "pump"), NULL), "reference",
                  json_object_get(order, "item"), "state", state, "steps", steps_of(order, stage),
                  "next", next_of(order, reading, stage), "sections", facts_of(order, reading));
    if (!order_is_closed(order))
        json_object_set(result, "live", json_object_get(order, "item"));
    add_actions(result, order, stage);
    return result;
}
