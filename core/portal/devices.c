// SPDX-License-Identifier: Apache-2.0
// Where the citizen is signed in, and signing out there.

#include "base/json.h"
#include "portal/account.h"
#include "portal/device.h"

enum { MOST_SESSIONS = 100 };

// A label that is a browser's whole User-Agent was kept by an older host.
static json_t *device(struct visit *visit, const struct auth_session *session)
{
    char label[AUTH_LABEL], created[CLOCK_TEXT], seen[CLOCK_TEXT];
    snprintf(label, sizeof label, "%s", session->label);
    if (session->kind == AUTH_COOKIE && strncmp(label, "Mozilla/", 8) == 0)
        device_label(str_from(session->label), label);
    clock_format_local(session->created, created);
    clock_format_local(session->seen, seen);
    bool own = str_equal(id_str(&session->id), id_str(&visit->identity.session));
    return json_pack("{s:s, s:s, s:b, s:b, s:{s:s}, s:{s:s}}", "session", session->id.text, "label",
                     label, "app", session->kind == AUTH_BEARER, "this", own, "since", "time",
                     created, "seen", "time", seen);
}

void visit_devices(struct visit *visit)
{
    struct err err;
    if (visit_is_stranger(visit))
        return;
    struct auth_session *sessions = arena_zero(visit->arena, MOST_SESSIONS * sizeof *sessions);
    int count = auth_sessions(visit->portal->services.auth, &visit->identity.account, sessions,
                              MOST_SESSIONS, &err);
    if (count < 0) {
        visit_problem_err(visit, &err);
        return;
    }
    json_t *devices = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(devices, device(visit, &sessions[i]));
    json_t *model = json_pack("{s:o, s:b}", "devices", devices, "others", count > 1);
    struct str done = visit_field(visit, "done");
    if (str_is(done, "ended") || str_is(done, "others-ended"))
        json_object_set_new(model, "done", json_stringn(done.data, done.size));
    visit_show_own(visit, 200, "devices", model);
}

// One of another account is as good as none; one that has ended is ended already.
static void end_one(struct visit *visit, struct str session)
{
    struct err err;
    struct id id = id_from(session);
    bool own = str_equal(id_str(&id), id_str(&visit->identity.session));
    int rc = auth_sign_out(visit->portal->services.auth, &visit->identity, &id, &err);
    if (rc == ERR_NOT_FOUND)
        visit_problem_code(visit, "not-found");
    else if (rc < 0)
        visit_problem_err(visit, &err);
    else
        visit_redirect(visit, own ? "/" : "/account/devices?done=ended");
    if (rc == 0 && own)
        visit_forget_browser(visit);
}

void visit_devices_end(struct visit *visit)
{
    struct err err;
    struct str what = visit_field(visit, "do");
    bool all = str_is(what, "all");
    if (visit_is_stranger(visit))
        return;
    if (!what.size) {
        end_one(visit, visit_field(visit, "session"));
        return;
    }
    if (!all && !str_is(what, "others")) {
        visit_problem_code(visit, "bad-request");
        return;
    }
    int rc = auth_sign_out_everywhere(visit->portal->services.auth, &visit->identity, !all, &err);
    if (rc < 0) {
        visit_problem_err(visit, &err);
        return;
    }
    if (all)
        visit_forget_browser(visit);
    visit_redirect(visit, all ? "/" : "/account/devices?done=others-ended");
}
