// SPDX-License-Identifier: Apache-2.0
// Where text messages end: an API for who sends them, a page and a list for who reads them.

#include "sandbox.h"

#include "base/clock.h"
#include "base/url.h"

enum { MOST_MESSAGES = 200 };

static json_t *messages(struct sandbox *sandbox)
{
    json_t *list = json_object_get(sandbox->state, "sms");
    if (!list) {
        list = json_array();
        json_object_set_new(sandbox->state, "sms", list);
    }
    return list;
}

void sms_put(struct sandbox *sandbox, const char *to, const char *text)
{
    char time[CLOCK_TEXT];
    json_t *list = messages(sandbox);
    clock_format_local(clock_now(NULL), time);
    json_array_insert_new(list, 0,
                          json_pack("{s:s, s:s, s:s}", "to", to, "text", text, "time", time));
    while (json_array_size(list) > MOST_MESSAGES)
        json_array_remove(list, json_array_size(list) - 1);
    sandbox->changed = true;
}

void sms_receive(struct sandbox_request *request)
{
    const char *to = sandbox_text(request, "to"), *text = sandbox_text(request, "text");
    if (to[0] != '+' || !text[0]) {
        sandbox_error(request, 422, "to_and_text_are_needed");
        return;
    }
    sms_put(request->sandbox, to, text);
    sandbox_json(request, 202, json_pack("{s:b}", "accepted", 1));
}

// Newest first; of one number with ?to=.
static json_t *select_messages(struct sandbox_request *request)
{
    struct str to = url_find_pair(request->http->query, "to", &request->http->arena);
    json_t *found = json_array(), *message;
    size_t index;
    json_array_foreach(messages(request->sandbox), index, message)
    {
        if (!to.size || str_is(to, json_get_string(message, "to")))
            json_array_append(found, message);
    }
    return json_pack("{s:o}", "messages", found);
}

void sms_list(struct sandbox_request *request)
{
    sandbox_json(request, 200, select_messages(request));
}

void sms_page(struct sandbox_request *request)
{
    sandbox_page(request, 200, "sms", select_messages(request));
}
