// SPDX-License-Identifier: Apache-2.0
#include "portal/keep.h"

#include "base/json.h"
#include "portal/parcel.h"

bool keep_switches(const struct visit *visit)
{
    return visit_field(visit, PAGES_SWITCH).size > 0;
}

bool keep_is_ours(const struct visit *visit)
{
    struct str site = http_request_field(visit->http, "sec-fetch-site");
    struct str origin = http_request_field(visit->http, "origin");
    if (site.size)
        return str_is(site, "same-origin");
    return origin.size && str_is(origin, visit->portal->site->settings.public_url);
}

void keep_form(struct visit *visit, struct str instance, struct str operation, const json_t *input)
{
    json_t *kept = json_pack("[s%, s%, O]", instance.data, instance.size, operation.data,
                             operation.size, input);
    if (kept)
        parcel_send(visit, PARCEL_KEPT, kept);
    json_decref(kept);
}

static bool is_text(const json_t *value, const char *text)
{
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

json_t *keep_take(struct visit *visit, const char *instance, const char *operation)
{
    json_t *kept = parcel_open(visit, PARCEL_KEPT), *input = NULL;
    if (is_text(json_array_get(kept, 0), instance) && is_text(json_array_get(kept, 1), operation)) {
        input = json_incref(json_array_get(kept, 2));
        parcel_drop(visit, PARCEL_KEPT);
    }
    json_decref(kept);
    return json_is_object(input) ? input : (json_decref(input), NULL);
}
