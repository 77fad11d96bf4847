/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#include <string.h>

json_t *medina_input(medina_call *call)
{
    if (!call->input) {
        json_t *input =
            json_loadb(call->input_text, call->input_size, JSON_REJECT_DUPLICATES, NULL);
        call->input = medina_call_keep(call, json_is_object(input) ? input : json_object());
        if (call->input != input)
            json_decref(input);
    }
    return call->input;
}

const char *medina_input_string(medina_call *call, const char *name)
{
    return json_string_value(json_object_get(medina_input(call), name));
}

int64_t medina_input_integer(medina_call *call, const char *name, int64_t fallback)
{
    json_t *value = json_object_get(medina_input(call), name);
    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

double medina_input_number(medina_call *call, const char *name, double fallback)
{
    json_t *value = json_object_get(medina_input(call), name);
    return json_is_number(value) ? json_number_value(value) : fallback;
}

bool medina_input_boolean(medina_call *call, const char *name, bool fallback)
{
    json_t *value = json_object_get(medina_input(call), name);
    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

static json_t *caller(medina_call *call)
{
    if (!call->caller) {
        json_t *parsed = json_loads(call->caller_text, JSON_REJECT_DUPLICATES, NULL);
        call->caller = medina_call_keep(call, parsed ? parsed : json_object());
    }
    return call->caller;
}

const char *medina_citizen(medina_call *call)
{
    return json_string_value(json_object_get(caller(call), "citizen"));
}

json_t *medina_links(medina_call *call)
{
    json_t *links = json_object_get(caller(call), "links");
    return json_is_array(links) ? links : medina_call_keep(call, json_array());
}

bool medina_owns(medina_call *call, const char *account)
{
    size_t index;
    json_t *link;
    json_array_foreach(medina_links(call), index, link)
    {
        const char *linked = json_string_value(json_object_get(link, "account"));
        if (linked && account && strcmp(linked, account) == 0)
            return true;
    }
    return false;
}

uint32_t medina_budget(medina_call *call)
{
    return call->budget_ms;
}
