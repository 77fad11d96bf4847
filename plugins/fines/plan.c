// SPDX-License-Identifier: Apache-2.0
// Paying in instalments: what the department offers for all fines of a file, and what is left of a
// plan. The fines of a running plan are paid by its instalments alone.
#include "present.h"

#include "day.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool own_file(medina_call *call, const char *file)
{
    if (medina_owns(call, file))
        return true;
    medina_fail(call, MEDINA_DENIED, "fines.not-yours");
    return false;
}

// "P00000001.2" is the second payment of its plan.
json_t *fines_instalment(const json_t *instalment)
{
    int32_t due;
    const char *id = fines_text(instalment, "id"), *dot = strchr(id, '.');
    int64_t amount = fines_number(instalment, "amount");
    if (!dot || amount < 1 || !day_read(fines_text(instalment, "due"), &due))
        return NULL;
    char plan[16];
    snprintf(plan, sizeof plan, "%.*s", (int)(dot - id), id);
    json_t *item = json_pack("{s:s, s:o, s:o, s:s}", "id", id, "title",
                             medina_text("plan.item", "number", dot + 1, "plan", plan, NULL),
                             "amount", medina_money(amount), "due", fines_text(instalment, "due"));
    if (fine_is(instalment, "due"))
        json_object_set_new(item, "pay", json_object());
    return item;
}

static const json_t *next_of(const json_t *plan)
{
    size_t index;
    json_t *instalment;
    json_array_foreach(json_object_get(plan, "instalments"), index, instalment)
    {
        if (fine_is(instalment, "due"))
            return instalment;
    }
    return NULL;
}

bool fines_add_instalments(medina_call *call, json_t *items, const char *file)
{
    const medina_http_reply *reply = medina_http_get(call, "/files/%s/plans", file);
    size_t index;
    json_t *plan;
    if (!medina_http_ok(reply) || !json_object_get(reply->json, "plans"))
        return false;
    json_array_foreach(json_object_get(reply->json, "plans"), index, plan)
    {
        const json_t *next = next_of(plan);
        json_t *item = next ? fines_instalment(next) : NULL;
        if (next && !item)
            return false;
        if (!item)
            continue;
        json_object_set_new(item, "account", json_string(file));
        json_object_set_new(item, "open",
                            present_action("plans", json_pack("{s:s}", "account", file),
                                           "plan.open", "secondary"));
        json_array_append_new(items, item);
    }
    return true;
}

static json_t *table_of(const json_t *instalments)
{
    json_t *rows = json_array(), *instalment;
    size_t index;
    json_array_foreach(instalments, index, instalment)
    {
        json_array_append_new(rows,
                              json_pack("[{s:s}, o, o]", "date", fines_text(instalment, "due"),
                                        medina_money(fines_number(instalment, "amount")),
                                        medina_text(fine_is(instalment, "paid") ? "status.paid"
                                                                                : "status.due",
                                                    NULL)));
    }
    return json_pack("{s:[{s:o}, {s:o, s:s}, {s:o}], s:o}", "columns", "title",
                     medina_text("plan.due", NULL), "title", medina_text("plan.amount", NULL),
                     "align", "end", "title", medina_text("plan.state", NULL), "rows", rows);
}

void fines_offer(medina_call *call)
{
    const char *file = medina_input_string(call, "account");
    if (!own_file(call, file))
        return;
    json_t *answer = fines_answer(call, medina_http_get(call, "/files/%s/plan-offer", file),
                                  "instalments", "fines.file-unknown");
    if (!answer)
        return;
    bool possible = json_is_true(json_object_get(answer, "possible"));
    json_t *rows =
        json_pack("[o, o]", present_row("plan.total", medina_money(fines_number(answer, "total"))),
                  present_row("plan.least", medina_money(fines_number(answer, "least"))));
    json_t *sections = json_pack("[{s:o}]", "rows", rows);
    json_t *result = json_pack("{s:s, s:o, s:o, s:o}", "type", "detail", "title",
                               medina_text("plan.title", NULL), "summary",
                               medina_text(possible ? "plan.summary" : "plan.too-little", NULL),
                               "sections", sections);
    if (possible) {
        json_t *schedule = table_of(json_object_get(answer, "instalments"));
        json_array_append_new(sections,
                              json_pack("{s:o, s:o}", "title", medina_text("plan.schedule", NULL),
                                        "table", schedule));
        json_object_set_new(result, "actions",
                            json_pack("[o]",
                                      present_action("plan", json_pack("{s:s}", "account", file),
                                                     "plan.accept", "primary")));
    }
    medina_return(call, result);
}

void fines_plan(medina_call *call)
{
    char path[64];
    const char *file = medina_input_string(call, "account");
    if (!own_file(call, file))
        return;
    snprintf(path, sizeof path, "/files/%s/plans", file);
    medina_http_reply *reply = medina_http_post(call, path, json_object(), NULL);
    if (reply->status == MEDINA_OK && reply->http_status == 422) {
        medina_fail(call, MEDINA_REFUSED, "fines.too-little-for-a-plan");
        return;
    }
    json_t *answer = fines_answer(call, reply, "plan", "fines.file-unknown");
    if (!answer)
        return;
    json_t *result = present_done("plan.made", medina_text("plan.made-body", NULL),
                                  present_action("plans", json_pack("{s:s}", "account", file),
                                                 "plan.open", "primary"));
    json_object_set_new(result, "reference", json_string(fines_text(answer, "plan")));
    medina_return(call, result);
}

void fines_plans(medina_call *call)
{
    const char *file = medina_input_string(call, "account");
    json_t *sections = json_array(), *items = json_array(), *plan;
    size_t index;
    json_t *answer = own_file(call, file)
                         ? fines_answer(call, medina_http_get(call, "/files/%s/plans", file),
                                        "plans", "fines.file-unknown")
                         : NULL;
    json_array_foreach(json_object_get(answer, "plans"), index, plan)
    {
        const json_t *next = next_of(plan);
        json_t *item = next ? fines_instalment(next) : NULL;
        if (item)
            json_array_append_new(items, item);
        json_array_append_new(sections,
                              json_pack("{s:o, s:o}", "title",
                                        medina_text("plan.number", "plan", fines_text(plan, "plan"),
                                                    NULL),
                                        "table", table_of(json_object_get(plan, "instalments"))));
    }
    if (!answer) {
        json_decref(items);
        json_decref(sections);
        return;
    }
    json_array_insert_new(sections, 0, json_pack("{s:o}", "items", items));
    medina_return(call, json_pack("{s:s, s:o, s:o}", "type", "detail", "title",
                                  medina_text("plan.title", NULL), "sections", sections));
}
