// SPDX-License-Identifier: Apache-2.0
// The plugin: its data, and what its files share.
#include "fines.h"

#include "day.h"

#include <stdio.h>

// What a plugin has one of: the interface gives its functions no context.
static struct rules *rules;

const struct rules *fines_rules(void)
{
    return rules;
}

int32_t fines_today(void)
{
    struct medina_civil_time now = medina_civil_at(medina_now());
    return day_number(now.year, now.month, now.day);
}

json_t *fines_answer(medina_call *call, const medina_http_reply *reply, const char *wanted,
                     const char *unknown)
{
    if (medina_http_ok(reply) && json_object_get(reply->json, wanted))
        return reply->json;
    if (reply->status == MEDINA_OK && reply->http_status == 404)
        medina_fail(call, MEDINA_NOT_FOUND, unknown);
    else
        medina_fail(call, MEDINA_UPSTREAM, "fines.agency-unavailable");
    return NULL;
}

const char *fines_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

int64_t fines_number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static bool take_data(const char *data, size_t size, char *reason, size_t reason_size)
{
    struct rules *fresh;
    if (rules_load(data, size, &fresh, reason, reason_size) < 0)
        return false;
    rules_destroy(rules);
    rules = fresh;
    medina_log(MEDINA_LOG_INFORMATION, "%zu discount rules", rules_count(rules));
    return true;
}

// 35 % of a fine of AED 600, and what does not divide: the arithmetic that money depends on.
static bool self_test(char *reason, size_t reason_size)
{
    if (rules && rules_net(60000, 35) == 39000 && rules_net(333, 25) == 250)
        return true;
    snprintf(reason, reason_size, rules ? "discounts are computed wrongly" : "there are no rules");
    return false;
}

static void stop(void)
{
    rules_destroy(rules);
}

MEDINA_PLUGIN(.take_data = take_data, .self_test = self_test, .stop = stop,
              .operations = MEDINA_OPERATIONS(
                  {"plate", fines_plate}, {"licence", fines_licence}, {"file", fines_file},
                  {"mine", fines_mine}, {"fine", fines_show}, {"photo", fines_photo},
                  {"link", fines_link}, {"confirm", fines_confirm}, {"unlink", fines_unlink},
                  {"due", fines_due}, {"quote", fines_quote}, {"dispute", fines_dispute},
                  {"dispute-status", fines_dispute_status}, {"driver", fines_driver},
                  {"plan-offer", fines_offer}, {"plan", fines_plan}, {"plans", fines_plans}),
              .events = MEDINA_EVENTS({"payment.captured", fines_captured}))
