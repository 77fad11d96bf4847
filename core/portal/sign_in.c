// SPDX-License-Identifier: Apache-2.0
// Signing in with a browser: the number, then the code, bound to this browser by a cookie that
// holds the challenge's nonce and the masked number to show.

#include "auth/sign_in.h"

#include "base/json.h"
#include "base/url.h"
#include "portal/device.h"
#include "portal/keep.h"
#include "portal/parcel.h"
#include "portal/visit.h"

#include <stdio.h>

#define CHALLENGE_COOKIE "__Host-challenge"
#define MASK_COOKIE "__Host-number"

enum { CHALLENGE_SECONDS = 600 };

static void set_error(json_t *model, const char *error, const char *field)
{
    if (!error)
        return;
    json_object_set_new(model, "error", json_string(error));
    json_object_set_new(model, "field", json_string(field));
}

// ---- the number ----

static void show_number_form(struct visit *visit, int status, const char *error)
{
    struct str next = visit_field(visit, "next"), phone = visit_field(visit, "phone");
    json_t *model = json_pack("{s:s, s:s, s:b}", "next", visit_safe_next(visit, next), "phone",
                              phone.size ? phone.data : "", "keeps", true);
    set_error(model, error, "phone");
    visit_show(visit, status, "sign-in", model);
    json_decref(model);
}

void visit_sign_in(struct visit *visit)
{
    if (visit->signed_in)
        visit_redirect(visit, visit_safe_next(visit, visit_field(visit, "next")));
    else
        show_number_form(visit, 200, NULL);
}

static const char *path_with_next(struct visit *visit, const char *path, const char *next)
{
    struct buf encoded = {0};
    url_encode(str_from(next), &encoded);
    const char *out = arena_printf(visit->arena, "%s?next=%s", path, encoded.data);
    buf_finish(&encoded);
    return out;
}

static void go_to_code(struct visit *visit, const struct auth_challenge *challenge)
{
    char mask[PHONE_MASKED];
    struct buf encoded = {0};
    const char *next = visit_safe_next(visit, visit_field(visit, "next"));
    phone_mask(&challenge->phone, mask);
    url_encode(str_from(mask), &encoded);
    visit_set_cookie(visit, CHALLENGE_COOKIE, challenge->nonce, CHALLENGE_SECONDS);
    visit_set_cookie(visit, MASK_COOKIE, encoded.data, CHALLENGE_SECONDS);
    visit_redirect(visit, path_with_next(visit, "/sign-in/code", next));
    buf_finish(&encoded);
}

void visit_sign_in_send(struct visit *visit)
{
    if (keep_switches(visit)) {
        show_number_form(visit, 200, NULL);
        return;
    }
    struct err err;
    struct auth_challenge challenge;
    struct auth_asking asking = {visit_field(visit, "phone"), visit->http->peer,
                                 str_from(pages_language_code(visit->language))};
    int rc = asking.phone.size ? auth_begin(visit->portal->services.auth, &asking, &challenge, &err)
                               : ERR_INVALID;
    if (rc == 0)
        go_to_code(visit, &challenge);
    else if (rc == ERR_INVALID)
        show_number_form(visit, 422, "phone");
    else if (rc == ERR_LIMIT)
        show_number_form(visit, 429, "too-many");
    else if (rc == ERR_UNAVAILABLE)
        visit_problem_code(visit, "sms-unavailable");
    else
        visit_problem_err(visit, &err);
}

// ---- the code ----

static void show_code_form(struct visit *visit, int status, const char *error)
{
    struct str mask = http_request_cookie(visit->http, MASK_COOKIE), shown = {0};
    url_decode(mask, false, visit->arena, &shown);
    const char *next = visit_safe_next(visit, visit_field(visit, "next"));
    json_t *model =
        json_pack("{s:s, s:s, s:s, s:b}", "phone", shown.size ? shown.data : "", "next", next,
                  "again_url", path_with_next(visit, "/sign-in", next), "keeps", true);
    set_error(model, error, "code");
    visit_show(visit, status, "sign-in-code", model);
    json_decref(model);
}

void visit_code(struct visit *visit)
{
    const char *next = visit_safe_next(visit, visit_field(visit, "next"));
    if (visit->signed_in)
        visit_redirect(visit, next);
    else if (!http_request_cookie(visit->http, CHALLENGE_COOKIE).size)
        visit_redirect(visit, path_with_next(visit, "/sign-in", next));
    else
        show_code_form(visit, 200, NULL);
}

void visit_code_send(struct visit *visit)
{
    if (keep_switches(visit)) {
        visit_code(visit);
        return;
    }
    struct err err;
    struct auth_signed_in signed_in = {0};
    char label[AUTH_LABEL];
    device_label(http_request_field(visit->http, "user-agent"), label);
    struct auth_answer answer = {.nonce = http_request_cookie(visit->http, CHALLENGE_COOKIE),
                                 .code = visit_field(visit, "code"),
                                 .kind = AUTH_COOKIE,
                                 .label = str_from(label)};
    if (!answer.nonce.size) {
        show_number_form(visit, 410, "code-expired");
        return;
    }
    int rc = answer.code.size ? auth_finish(visit->portal->services.auth, &answer, &signed_in, &err)
                              : ERR_DENIED;
    if (rc == 0) {
        visit_set_cookie(visit, SESSION_COOKIE, signed_in.token,
                         (signed_in.identity.expires - clock_now(NULL)) / 1000);
        visit_set_cookie(visit, CHALLENGE_COOKIE, "", 0);
        visit_set_cookie(visit, MASK_COOKIE, "", 0);
        visit_redirect(visit, visit_safe_next(visit, visit_field(visit, "next")));
    } else if (rc == ERR_DENIED || rc == ERR_INVALID) {
        show_code_form(visit, 422, "code-wrong");
    } else if (rc == ERR_LIMIT) {
        show_number_form(visit, 429, "code-tries");
    } else if (rc == ERR_TIMEOUT || rc == ERR_NOT_FOUND) {
        show_number_form(visit, 410, "code-expired");
    } else {
        visit_problem_err(visit, &err);
    }
}

void visit_sign_out(struct visit *visit)
{
    struct err err;
    if (visit->signed_in)
        auth_sign_out(visit->portal->services.auth, &visit->identity, &visit->identity.session,
                      &err);
    visit_forget_browser(visit);
    visit_redirect(visit, "/");
}
