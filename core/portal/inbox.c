// SPDX-License-Identifier: Apache-2.0
// What the city has told a citizen. Looking changes nothing: a button marks what was shown as read.

#include "notify/inbox.h"

#include "base/clock.h"
#include "base/json.h"
#include "portal/visit.h"

enum { MOST_MESSAGES = 50 };

// The words are the pages room's, by kind; here is only what goes into them.
static json_t *message(struct visit *visit, const struct inbox_entry *entry)
{
    char time[CLOCK_TEXT];
    json_t *body = json_parse(entry->body, NULL);
    const char *payment = json_get_string(body, "payment");
    clock_format_local(entry->made, time);
    json_t *out = json_pack("{s:s, s:{s:s}, s:b}", "kind", entry->kind, "time", "time", time,
                            "unread", entry->seen == 0);
    if (payment)
        json_object_set_new(out, "url",
                            json_string(arena_printf(visit->arena, "/payments/%s", payment)));
    else if (strncmp(entry->kind, "automatic.", 10) == 0)
        json_object_set_new(out, "url", json_string("/account/automatic"));
    json_object_set_new(out, "values", body ? body : json_object());
    return out;
}

void visit_inbox(struct visit *visit)
{
    struct err err;
    if (!visit->signed_in) {
        visit_ask_to_sign_in(visit);
        return;
    }
    struct inbox_entry *entries = arena_zero(visit->arena, MOST_MESSAGES * sizeof *entries);
    struct inbox_query query = {&visit->identity.account, entries, MOST_MESSAGES, visit->arena};
    int count = inbox_list(visit->portal->services.store, &query, &err);
    if (count < 0) {
        visit_problem_err(visit, &err);
        return;
    }
    bool unread = false;
    json_t *messages = json_array();
    for (int i = 0; i < count; i++) {
        json_array_append_new(messages, message(visit, &entries[i]));
        unread = unread || entries[i].seen == 0;
    }
    json_t *model =
        json_pack("{s:o, s:b, s:s}", "messages", messages, "unread", unread, "until",
                  arena_printf(visit->arena, "%lld", (long long)(count ? entries[0].made : 0)));
    visit->page.keep = PAGES_KEEP_PERSONAL;
    visit_show(visit, 200, "inbox", model);
    json_decref(model);
}

// Up to the newest message that the page showed: one that came meanwhile stays unread.
void visit_inbox_see(struct visit *visit)
{
    struct err err;
    int64_t until;
    if (!visit->signed_in)
        visit_ask_to_sign_in(visit);
    else if (!str_to_integer(visit_field(visit, "until"), 0, INT64_MAX, &until))
        visit_problem_code(visit, "bad-request");
    else if (inbox_see(visit->portal->services.store, &visit->identity.account, until,
                       clock_now(NULL), &err) < 0)
        visit_problem_err(visit, &err);
    else
        visit_redirect(visit, "/inbox");
}
