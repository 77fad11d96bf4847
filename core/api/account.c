// SPDX-License-Identifier: Apache-2.0
// What is the caller's own: sessions, the language, favourites, and the end of the account.

#include "api/reply.h"
#include "api/route.h"
#include "auth/mark.h"
#include "auth/profile.h"
#include "base/json.h"
#include "host/deletion.h"

enum { MOST_SESSIONS = 100, MOST_MARKS = 200 };

static int reply_private(struct api_request *request, json_t *answer)
{
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    api_reply_value(request->reply, 200, answer);
    return 0;
}

static int reply_done(struct api_request *request)
{
    request->reply->status = 204;
    return 0;
}

// ---- sessions ----

int api_sessions_list(struct api_request *request)
{
    struct err err;
    struct auth_session *sessions =
        arena_zero(&request->http->arena, MOST_SESSIONS * sizeof *sessions);
    int count = auth_sessions(request->api->auth, &request->identity.account, sessions,
                              MOST_SESSIONS, &err);
    if (count < 0)
        return api_problem_err(request, &err);
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        const struct auth_session *session = &sessions[i];
        bool own = str_equal(id_str(&session->id), id_str(&request->identity.session));
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:b, s:o, s:o, s:o}", "session",
                                        session->id.text, "kind",
                                        session->kind == AUTH_COOKIE ? "browser" : "app", "device",
                                        session->label, "this", own, "since",
                                        api_time(session->created), "seen", api_time(session->seen),
                                        "expires", api_time(session->expires)));
    }
    return reply_private(request, json_pack("{s:o}", "sessions", list));
}

int api_session_remove(struct api_request *request)
{
    struct err err;
    struct id session = id_from(request->part[0]);
    int rc = auth_sign_out(request->api->auth, &request->identity, &session, &err);
    return rc < 0 ? api_problem_err(request, &err) : reply_done(request);
}

// All but the caller's own: that one ends by DELETE /v1/session.
int api_sessions_remove(struct api_request *request)
{
    struct err err;
    int rc = auth_sign_out_everywhere(request->api->auth, &request->identity, true, &err);
    return rc < 0 ? api_problem_err(request, &err)
                  : reply_private(request, json_pack("{s:i}", "ended", rc));
}

// ---- profile ----

int api_profile_show(struct api_request *request)
{
    struct err err;
    struct phone phone;
    char mask[PHONE_MASKED], language[AUTH_LANGUAGE];
    const struct id *account = &request->identity.account;
    int rc = auth_phone_of(request->api->auth, account, &phone, &err);
    if (rc == 0)
        rc = auth_language_of(request->api->auth, account, language, &err);
    if (rc < 0)
        return api_problem_err(request, &err);
    phone_mask(&phone, mask);
    return reply_private(request, json_pack("{s:s, s:s?}", "phone", mask, "language",
                                            language[0] ? language : NULL));
}

int api_profile_put(struct api_request *request)
{
    struct err err;
    json_t *body = api_body(request);
    if (!body)
        return -1;
    const char *text = json_get_string(body, "language");
    struct str language = str_from(text ? text : "");
    int rc = auth_choose_language(request->api->auth, &request->identity, language, &err);
    json_decref(body);
    if (rc == ERR_INVALID)
        return api_fault(request, "/language", "enum");
    return rc < 0 ? api_problem_err(request, &err) : api_profile_show(request);
}

// ---- favourites ----

int api_favourites_list(struct api_request *request)
{
    struct err err;
    struct auth_mark *marks = arena_zero(&request->http->arena, MOST_MARKS * sizeof *marks);
    int count = auth_marks(request->api->auth, &request->identity.account, marks, MOST_MARKS, &err);
    if (count < 0)
        return api_problem_err(request, &err);
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        if (marks[i].favourite)
            json_array_append_new(list, json_pack("{s:s, s:o}", "instance", marks[i].instance,
                                                  "since", api_time(marks[i].favourite)));
    return reply_private(request, json_pack("{s:o}", "favourites", list));
}

static int mark(struct api_request *request, bool favourite)
{
    struct err err;
    int rc = auth_mark_favourite(request->api->auth, &request->identity.account,
                                 request->part[0].data, favourite, &err);
    return rc < 0 ? api_problem_err(request, &err) : reply_done(request);
}

int api_favourite_put(struct api_request *request)
{
    struct snapshot *snapshot = gate_pin(request->api->gate);
    bool known = snapshot_find(snapshot, request->part[0]);
    snapshot_release(snapshot);
    return known ? mark(request, true) : api_problem(request, "not-found");
}

int api_favourite_remove(struct api_request *request)
{
    return mark(request, false);
}

// ---- deletion ----

static struct deletion_desk desk_of(const struct api *api)
{
    return (struct deletion_desk){api->auth, api->money, api->store, api->sms,
                                  api->settings->currency};
}

int api_deletion_code(struct api_request *request)
{
    struct err err;
    struct person bars;
    struct auth_challenge challenge = {0};
    struct deletion_desk desk = desk_of(request->api);
    struct auth_step step = {&request->identity, STEP_DELETE, request->http->peer,
                             str_from(request->language)};
    int rc = deletion_look(&desk, &request->identity.account, &bars, &err);
    if (rc == 0 && (bars.open || bars.balance))
        return api_problem(request, "account-in-use");
    if (rc == 0)
        rc = auth_step_begin(request->api->auth, &step, &challenge, &err);
    return api_reply_challenge(request, rc, &challenge, &err);
}

static int refuse_deletion(struct api_request *request, int rc, const struct err *err)
{
    if (rc == ERR_CONFLICT)
        return api_problem(request, "account-in-use");
    if (rc == ERR_DENIED)
        return api_problem(request, "wrong-code");
    if (rc == ERR_NOT_FOUND || rc == ERR_TIMEOUT || rc == ERR_LIMIT)
        return api_problem(request, "expired-code");
    if (rc == ERR_UNAVAILABLE)
        return api_problem(request, "provider-unavailable");
    return api_problem_err(request, err);
}

// {"challenge", "code", "confirm": true}. A second call has no session any more.
int api_deletion_finish(struct api_request *request)
{
    struct err err = {0};
    struct person bars;
    struct deletion_desk desk = desk_of(request->api);
    json_t *body = api_body(request);
    if (!body)
        return -1;
    const char *challenge = json_get_string(body, "challenge");
    const char *code = json_get_string(body, "code");
    int rc = -1;
    if (!challenge || !code)
        api_fault(request, challenge ? "/code" : "/challenge", "required");
    else if (!json_is_true(json_object_get(body, "confirm")))
        api_fault(request, "/confirm", "const");
    else
        rc = 0;
    if (rc == 0) {
        struct auth_step_answer answer = {&request->identity, STEP_DELETE, str_from(challenge),
                                          str_from(code)};
        rc = deletion_run(&desk, &answer, str_from(request->language), &bars, &err);
        rc = rc < 0 ? refuse_deletion(request, rc, &err) : reply_done(request);
    }
    json_decref(body);
    return rc;
}
