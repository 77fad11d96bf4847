// SPDX-License-Identifier: Apache-2.0
// What was done on the caller's account: kinds and references; a client words them as the pages do.

#include "activity/activity.h"

#include "api/reply.h"
#include "api/route.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/url.h"

enum { LINES = 50, MOST_LINES = 200 };

static json_t *line_json(const struct activity_entry *entry)
{
    char at[CLOCK_TEXT];
    const struct {
        const char *name, *value;
    } references[] = {{"device", entry->device},
                      {"instance", entry->instance},
                      {"operation", entry->operation},
                      {"payment", entry->payment},
                      {"subject", entry->subject}};
    clock_format(entry->made, at);
    json_t *line = json_pack("{s:I, s:s, s:s, s:s}", "number", (json_int_t)entry->number, "kind",
                             entry->kind, "by", activity_by_name(entry->by), "at", at);
    for (size_t i = 0; i < sizeof references / sizeof *references; i++)
        if (references[i].value[0])
            json_object_set_new(line, references[i].name, json_string(references[i].value));
    if (entry->amount)
        json_object_set_new(line, "amount",
                            json_pack("{s:I, s:s}", "amount", (json_int_t)entry->amount, "currency",
                                      entry->currency));
    return line;
}

static struct str parameter(const struct api_request *request, const char *name)
{
    return url_find_pair(request->http->query, name, &request->http->arena);
}

// An instant of the query; true when it is not given.
static bool read_time(const struct api_request *request, const char *name, int64_t *out)
{
    struct str text = parameter(request, name);
    return !text.size || clock_parse(text, out, NULL) == 0;
}

static bool read_number(const struct api_request *request, const char *name, int64_t most,
                        int64_t *out)
{
    struct str text = parameter(request, name);
    return !text.size || str_to_integer(text, 1, most, out);
}

static int read_query(struct api_request *request, struct activity_query *query)
{
    int64_t limit = LINES;
    struct str kind = parameter(request, "kind");
    for (const char *const *group = activity_groups; *group; group++)
        if (str_is(kind, *group))
            query->group = *group;
    if (kind.size && !query->group)
        return api_fault(request, "/kind", "enum");
    if (!read_time(request, "from", &query->from))
        return api_fault(request, "/from", "format");
    if (!read_time(request, "until", &query->until))
        return api_fault(request, "/until", "format");
    if (!read_number(request, "before", INT64_MAX, &query->before))
        return api_fault(request, "/before", "minimum");
    if (!read_number(request, "limit", MOST_LINES, &limit))
        return api_fault(request, "/limit", "maximum");
    query->limit = (size_t)limit;
    return 0;
}

int api_activity_list(struct api_request *request)
{
    struct err err;
    struct activity_query query = {.account = &request->identity.account, .until = INT64_MAX};
    if (read_query(request, &query) < 0)
        return -1;
    query.entries = arena_zero(&request->http->arena, query.limit * sizeof *query.entries);
    int count = activity_list(request->api->store, &query, &err);
    if (count < 0)
        return api_problem_err(request, &err);
    json_t *lines = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(lines, line_json(&query.entries[i]));
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    json_t *answer = json_pack("{s:o}", "lines", lines);
    if ((size_t)count == query.limit)
        json_object_set_new(answer, "before", json_integer(query.entries[count - 1].number));
    api_reply_value(request->reply, 200, answer);
    return 0;
}
