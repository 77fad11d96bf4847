// SPDX-License-Identifier: Apache-2.0
// Signing in with a one-time code, the session and the linked accounts, for clients that hold a
// bearer token (RFC 6750).

#include "auth/sign_in.h"

#include "api/reply.h"
#include "api/route.h"
#include "auth/link.h"
#include "base/json.h"

static struct str member(const json_t *body, const char *name)
{
    const char *text = json_get_string(body, name);
    return text ? str_from(text) : (struct str){0};
}

int api_reply_challenge(struct api_request *request, int rc, const struct auth_challenge *challenge,
                        const struct err *err)
{
    if (rc == ERR_LIMIT) {
        api_problem(request, "too-many-requests");
        request->problem.retry_after_s = (unsigned)(challenge->retry_after_ms / 1000 + 1);
        return -1;
    }
    if (rc == ERR_UNAVAILABLE)
        return api_problem(request, "sms-unavailable");
    if (rc < 0)
        return api_problem_err(request, err);
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    api_reply_value(request->reply, 202,
                    json_pack("{s:s, s:o}", "challenge", challenge->nonce, "expires",
                              api_time(challenge->expires)));
    return 0;
}

int api_sign_in_begin(struct api_request *request)
{
    struct err err;
    struct auth_challenge challenge;
    json_t *body = api_body(request);
    if (!body)
        return -1;
    struct auth_asking asking = {member(body, "phone"), request->http->peer,
                                 str_from(request->language)};
    int rc =
        asking.phone.data ? auth_begin(request->api->auth, &asking, &challenge, &err) : ERR_INVALID;
    json_decref(body);
    if (rc == ERR_INVALID)
        return api_fault(request, "/phone", "phone");
    return api_reply_challenge(request, rc, &challenge, &err);
}

int api_sign_in_finish(struct api_request *request)
{
    struct err err;
    struct auth_signed_in signed_in = {0};
    json_t *body = api_body(request);
    if (!body)
        return -1;
    struct auth_answer answer = {.nonce = member(body, "challenge"),
                                 .code = member(body, "code"),
                                 .kind = AUTH_BEARER,
                                 .label = member(body, "device")};
    int rc = !answer.nonce.data || !answer.code.data
                 ? ERR_INVALID
                 : auth_finish(request->api->auth, &answer, &signed_in, &err);
    bool no_challenge = !answer.nonce.data;
    json_decref(body);
    if (rc == ERR_INVALID)
        return api_fault(request, no_challenge ? "/challenge" : "/code", "required");
    if (rc == ERR_DENIED)
        return api_problem(request, "wrong-code");
    if (rc == ERR_NOT_FOUND || rc == ERR_TIMEOUT || rc == ERR_LIMIT)
        return api_problem(request, "expired-code");
    if (rc < 0)
        return api_problem_err(request, &err);
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    api_reply_value(request->reply, 201,
                    json_pack("{s:s, s:o, s:b}", "token", signed_in.token, "expires",
                              api_time(signed_in.identity.expires), "new_account",
                              signed_in.is_new));
    return 0;
}

int api_session_show(struct api_request *request)
{
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    api_reply_value(request->reply, 200,
                    json_pack("{s:s, s:s, s:s, s:o}", "session", request->identity.session.text,
                              "account", request->identity.account.text, "level",
                              request->identity.level >= AUTH_LEVEL_VERIFIED ? "verified" : "phone",
                              "expires", api_time(request->identity.expires)));
    return 0;
}

int api_session_end(struct api_request *request)
{
    struct err err;
    int rc =
        auth_sign_out(request->api->auth, &request->identity, &request->identity.session, &err);
    if (rc < 0)
        return api_problem_err(request, &err);
    request->reply->status = 204;
    return 0;
}

int api_links_list(struct api_request *request)
{
    enum { MOST = 50 };
    struct err err;
    struct auth_link *links = arena_zero(&request->http->arena, MOST * sizeof *links);
    struct auth_link_list list = {&request->identity.account, NULL, links, MOST};
    int count = auth_link_list(request->api->auth, &list, &err);
    if (count < 0)
        return api_problem_err(request, &err);
    json_t *array = json_array();
    for (int i = 0; i < count; i++) {
        json_t *label = json_parse(str_from(links[i].label), NULL);
        json_array_append_new(array,
                              json_pack("{s:s, s:s, s:o}", "instance", links[i].instance, "account",
                                        links[i].reference, "label", label ? label : json_null()));
    }
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    api_reply_value(request->reply, 200, json_pack("{s:o}", "links", array));
    return 0;
}

int api_link_remove(struct api_request *request)
{
    struct err err;
    struct auth_link_place place = {&request->identity.account, request->part[0].data,
                                    request->part[1].data, request->identity.device};
    int rc = auth_link_remove(request->api->auth, &place, &err);
    if (rc < 0)
        return api_problem_err(request, &err);
    request->reply->status = 204;
    return 0;
}
