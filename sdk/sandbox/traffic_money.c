// SPDX-License-Identifier: Apache-2.0
// What is paid for fines, here or elsewhere, and plans of instalments. A payment is posted once:
// the same reference gets the same answer, another one for what is settled is refused.

#include "traffic.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST_PLAN = 1 };

// Half-up to the fils.
static int64_t part_of(int64_t amount, int64_t percent)
{
    return (amount * percent + 50) / 100;
}

static void settle(struct sandbox_request *request, json_t *owed, const char *reference,
                   int64_t amount)
{
    char time[CLOCK_TEXT];
    clock_format_local(clock_now(NULL), time);
    traffic_set(owed, "status", "paid");
    traffic_set(owed, "paid_reference", reference);
    traffic_set(owed, "paid_at", time);
    json_object_set_new(owed, "paid_amount", json_integer(amount));
    request->sandbox->changed = true;
}

// ---- plans ----

static json_t *find_plan(struct sandbox *sandbox, const char *number)
{
    return json_object_get(sandbox_collection(sandbox, "plans"), number);
}

// "P00000001.2"
static json_t *find_instalment(struct sandbox *sandbox, const char *id, json_t **plan)
{
    char number[24];
    size_t size = strcspn(id, ".");
    if (size >= sizeof number || !id[size])
        return NULL;
    memcpy(number, id, size);
    number[size] = '\0';
    *plan = find_plan(sandbox, number);
    size_t index = (size_t)strtoul(id + size + 1, NULL, 10);
    return index ? json_array_get(json_object_get(*plan, "instalments"), index - 1) : NULL;
}

static void set_fines(struct sandbox *sandbox, const json_t *plan, const char *status)
{
    size_t index;
    json_t *number;
    json_array_foreach(json_object_get(plan, "fines"), index, number)
    {
        traffic_set(traffic_fine(sandbox, json_string_value(number)), "status", status);
    }
}

static void end_plan_when_paid(struct sandbox *sandbox, json_t *plan)
{
    size_t index;
    json_t *instalment;
    json_array_foreach(json_object_get(plan, "instalments"), index, instalment)
    {
        if (!traffic_is(instalment, "paid"))
            return;
    }
    traffic_set(plan, "status", "paid");
    set_fines(sandbox, plan, "paid");
}

static json_t *instalments(const char *plan, int64_t total, const json_t *terms)
{
    int64_t down = part_of(total, json_get_integer(terms, "down_percent", 0));
    int64_t months = json_get_integer(terms, "months", 1), left = total - down;
    json_t *list = json_array();
    for (int64_t i = 0; i <= months; i++) {
        char id[40], due[CLOCK_DATE];
        struct civil day = clock_civil(clock_now(NULL));
        // The 31st becomes the last day of a shorter month's neighbour; the 28th exists in all.
        day.day = i && day.day > 28 ? 28 : day.day;
        day.month += (int)i;
        day.hour = 12;
        clock_format_date(clock_from_civil(&day), due);
        snprintf(id, sizeof id, "%s.%d", plan, (int)i + 1);
        // The last one takes what does not divide.
        int64_t amount = i == 0       ? down
                         : i < months ? left / months
                                      : left - left / months * (months - 1);
        json_array_append_new(list, json_pack("{s:s, s:s, s:I, s:s}", "id", id, "due", due,
                                              "amount", (json_int_t)amount, "status", "due"));
    }
    return list;
}

struct offer {
    json_t *file;
    json_t *fines; // numbers
    int64_t total;
    int64_t least;
};

static bool make_offer(struct sandbox_request *request, const json_t *terms, struct offer *offer)
{
    const char *number;
    json_t *fine;
    offer->file = json_object_getn(sandbox_collection(request->sandbox, "traffic"),
                                   request->part[0].data, request->part[0].size);
    if (!offer->file) {
        sandbox_error(request, 404, "account_unknown");
        return false;
    }
    offer->fines = json_array();
    json_object_foreach(sandbox_collection(request->sandbox, "fines"), number, fine)
    {
        const char *file = json_get_string(fine, "file");
        if (!traffic_is(fine, "due") || !str_is(request->part[0], file))
            continue;
        json_array_append_new(offer->fines, json_string(number));
        offer->total += json_get_integer(fine, "amount", 0);
    }
    bool company = json_get_boolean(offer->file, "company", false);
    offer->least = json_get_integer(terms, company ? "least_company" : "least", 0);
    return true;
}

void traffic_plan_offer(struct sandbox_request *request)
{
    json_t *schedule = traffic_schedule();
    const json_t *terms = json_object_get(schedule, "instalments");
    struct offer offer = {0};
    if (make_offer(request, terms, &offer))
        sandbox_json(request, 200,
                     json_pack("{s:I, s:I, s:O, s:o, s:b}", "total", (json_int_t)offer.total,
                               "least", (json_int_t)offer.least, "fines", offer.fines,
                               "instalments", instalments("P", offer.total, terms), "possible",
                               offer.total >= offer.least));
    json_decref(offer.fines);
    json_decref(schedule);
}

static json_t *make_plan(struct sandbox_request *request, const json_t *terms,
                         const struct offer *offer)
{
    char number[24];
    json_t *plans = sandbox_collection(request->sandbox, "plans");
    traffic_number(plans, "P", FIRST_PLAN, number);
    json_t *plan = json_pack("{s:s, s:s, s:O, s:O, s:I, s:o}", "plan", number, "status", "running",
                             "file", json_object_get(offer->file, "account"), "fines", offer->fines,
                             "total", (json_int_t)offer->total, "instalments",
                             instalments(number, offer->total, terms));
    json_object_set_new(plans, number, plan);
    set_fines(request->sandbox, plan, "plan");
    request->sandbox->changed = true;
    return plan;
}

void traffic_make_plan(struct sandbox_request *request)
{
    json_t *schedule = traffic_schedule();
    const json_t *terms = json_object_get(schedule, "instalments");
    struct offer offer = {0};
    if (make_offer(request, terms, &offer)) {
        if (offer.total < offer.least || !offer.total)
            sandbox_error(request, 422, "too_little_for_a_plan");
        else
            sandbox_json(request, 201, json_incref(make_plan(request, terms, &offer)));
    }
    json_decref(offer.fines);
    json_decref(schedule);
}

void traffic_file_plans(struct sandbox_request *request)
{
    const char *number;
    json_t *list = json_array(), *plan;
    json_object_foreach(sandbox_collection(request->sandbox, "plans"), number, plan)
    {
        if (str_is(request->part[0], json_get_string(plan, "file")))
            json_array_append(list, plan);
    }
    sandbox_json(request, 200, json_pack("{s:o}", "plans", list));
}

void traffic_show_plan(struct sandbox_request *request)
{
    json_t *plan = json_object_getn(sandbox_collection(request->sandbox, "plans"),
                                    request->part[0].data, request->part[0].size);
    if (plan)
        sandbox_json(request, 200, json_incref(plan));
    else
        sandbox_error(request, 404, "plan_unknown");
}

// ---- payments ----

// True when it answered: settled before, by this reference or another.
static bool answer_settled(struct sandbox_request *request, json_t *owed, const char *reference)
{
    const char *paid_by = json_get_string(owed, "paid_reference");
    if (paid_by && strcmp(paid_by, reference) == 0)
        sandbox_json(request, 200, json_pack("{s:O}", "paid", owed));
    else if (!traffic_is(owed, "due"))
        sandbox_error(request, 409, "fine_settled");
    else
        return false;
    return true;
}

static void take(struct sandbox_request *request, json_t *owed, const char *reference)
{
    int64_t percent = json_get_integer(request->body, "discount_percent", 0);
    int64_t amount = json_get_integer(request->body, "amount", 0);
    int64_t full = json_get_integer(owed, "amount", 0);
    if (percent < 0 || percent > 100 || amount != part_of(full, 100 - percent)) {
        sandbox_error(request, 422, "amount_differs");
        return;
    }
    settle(request, owed, reference, amount);
    sandbox_json(request, 201, json_pack("{s:O}", "paid", owed));
}

void traffic_pay(struct sandbox_request *request)
{
    const char *reference = sandbox_text(request, "reference");
    const char *instalment = sandbox_text(request, "instalment");
    json_t *plan = NULL;
    json_t *owed = instalment[0] ? find_instalment(request->sandbox, instalment, &plan)
                                 : traffic_fine(request->sandbox, sandbox_text(request, "fine"));
    if (!owed || !reference[0]) {
        sandbox_error(request, 404, "fine_unknown");
        return;
    }
    if (answer_settled(request, owed, reference))
        return;
    take(request, owed, reference);
    if (plan && traffic_is(owed, "paid"))
        end_plan_when_paid(request->sandbox, plan);
}

// For tests: somebody paid at a counter.
void traffic_pay_elsewhere(struct sandbox_request *request)
{
    json_t *fine = traffic_find_fine(request);
    if (!fine)
        return;
    settle(request, fine, "COUNTER-1", json_get_integer(fine, "amount", 0));
    sandbox_json(request, 200, json_pack("{s:O}", "paid", fine));
}
