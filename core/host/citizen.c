// SPDX-License-Identifier: Apache-2.0
#include "host/citizen.h"

#include "activity/activity.h"
#include "auth/link.h"
#include "base/json.h"
#include "base/log.h"

enum { MOST_LINKS = 50 };

int citizen_links(struct auth *auth, const struct id *account, const char *instance,
                  struct arena *arena, struct str *json, struct err *err)
{
    struct auth_link *links = arena_zero(arena, MOST_LINKS * sizeof *links);
    struct auth_link_list list = {account, instance, links, MOST_LINKS};
    int count = auth_link_list(auth, &list, err);
    if (count < 0)
        return count;
    struct buf text = {0};
    buf_append_char(&text, '[');
    for (int i = 0; i < count; i++) {
        // Only what the agency has confirmed counts as owned.
        if (!links[i].proven)
            continue;
        buf_append_text(&text, text.size > 1 ? ",{\"account\":" : "{\"account\":");
        json_append_string(&text, str_from(links[i].reference));
        buf_append_text(&text, ",\"label\":");
        buf_append_text(&text, links[i].label[0] ? links[i].label : "null");
        buf_append_char(&text, '}');
    }
    buf_append_char(&text, ']');
    *json = (struct str){arena_string(arena, buf_str(&text)), text.size};
    buf_finish(&text);
    return 0;
}

int citizen_fill_caller(struct auth *auth, const struct auth_identity *identity,
                        struct invoke *invoke, struct problem *problem)
{
    struct err err;
    const char *instance = invoke->route->instance;
    struct auth_pseudonym name = auth_pseudonym(auth, str_from(instance), &identity->account);
    invoke->caller = (struct invoke_caller){
        .signed_in = true,
        .verified = identity->level >= AUTH_LEVEL_VERIFIED,
        .account = str_from(arena_string(invoke->arena, id_str(&identity->account))),
        .citizen = str_from(arena_string(invoke->arena, str_from(name.text)))};
    if (!invoke->route->bundle->manifest->may_link)
        return 0;
    if (citizen_links(auth, &identity->account, instance, invoke->arena, &invoke->caller.links,
                      &err) < 0) {
        problem_from_err(problem, &err);
        return -1;
    }
    return 0;
}

void citizen_note_submitted(struct store *store, const struct auth_identity *identity,
                            const struct invoke *invoke, struct str result)
{
    struct err err;
    json_t *document = invoke->operation->safe ? NULL : json_parse(result, NULL);
    const char *type = json_get_string(document, "type");
    bool step = type && strcmp(type, "form") == 0;
    json_decref(document);
    if (invoke->operation->safe || step)
        return;
    struct activity_note note = {.account = &identity->account,
                                 .kind = "service.submitted",
                                 .actor = {ACTIVITY_CITIZEN, identity->device},
                                 .instance = invoke->route->instance,
                                 .operation = invoke->operation->id,
                                 .made = clock_now(NULL)};
    if (activity_add(store, &note, &err) < 0)
        log_line(LOG_LEVEL_WARNING, "host", "an activity is not noted: %s", err.message);
}
