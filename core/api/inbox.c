// SPDX-License-Identifier: Apache-2.0
// The caller's inbox: kinds and values; a client words them as the pages do.

#include "notify/inbox.h"

#include "api/reply.h"
#include "api/route.h"
#include "base/clock.h"
#include "base/json.h"

enum { MOST_MESSAGES = 100 };

static json_t *message_json(const struct inbox_entry *entry)
{
    json_t *body = json_parse(entry->body, NULL);
    return json_pack("{s:s, s:s, s:o, s:b, s:o}", "id", entry->id, "kind", entry->kind, "at",
                     api_time(entry->made), "seen", entry->seen != 0, "values",
                     body ? body : json_object());
}

int api_inbox_list(struct api_request *request)
{
    struct err err;
    struct arena *arena = &request->http->arena;
    struct inbox_entry *entries = arena_zero(arena, MOST_MESSAGES * sizeof *entries);
    struct inbox_query query = {&request->identity.account, entries, MOST_MESSAGES, arena};
    int64_t unseen;
    int count = inbox_list(request->api->store, &query, &err);
    if (count < 0 ||
        inbox_unseen(request->api->store, &request->identity.account, &unseen, &err) < 0)
        return api_problem_err(request, &err);
    json_t *messages = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(messages, message_json(&entries[i]));
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    api_reply_value(request->reply, 200,
                    json_pack("{s:o, s:I}", "messages", messages, "unseen", (json_int_t)unseen));
    return 0;
}

// {"until": "the newest message's at"}: what came later stays unseen.
int api_inbox_see(struct api_request *request)
{
    struct err err;
    json_t *body = api_body(request);
    if (!body)
        return -1;
    const char *text = json_get_string(body, "until");
    int64_t until;
    bool valid = text && clock_parse(str_from(text), &until, NULL) == 0;
    json_decref(body);
    if (!valid)
        return api_fault(request, "/until", "format");
    int rc =
        inbox_see(request->api->store, &request->identity.account, until, clock_now(NULL), &err);
    if (rc < 0)
        return api_problem_err(request, &err);
    api_reply_value(request->reply, 200, json_pack("{s:i}", "seen", rc));
    return 0;
}
