// SPDX-License-Identifier: Apache-2.0
// Signing in with a browser: the number, then the code, bound to this browser by a cookie that
// holds the challenge's nonce and the masked number to show.

#include "auth/sign_in.h"

#include "auth/link.h"
#include "base/json.h"
#include "base/url.h"
#include "money/pay.h"
#include "portal/payment_view.h"
#include "portal/visit.h"

#include <stdio.h>

#define CHALLENGE_COOKIE "__Host-challenge"
#define MASK_COOKIE "__Host-number"

enum { CHALLENGE_SECONDS = 600, MOST_LINKS = 50, MOST_PAYMENTS = 20 };

// ---- the number ----

static void show_number_form(struct visit *visit, int status, const char *error)
{
    struct str next = visit_field(visit, "next"), phone = visit_field(visit, "phone");
    json_t *model = json_pack("{s:s, s:s}", "next", visit_safe_next(visit, next), "phone",
                              phone.size ? phone.data : "");
    if (error)
        json_object_set_new(model, "error", json_string(error));
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

static void go_to_code(struct visit *visit, const struct auth_challenge *challenge)
{
    char mask[PHONE_MASKED];
    struct buf encoded = {0}, path = {0};
    phone_mask(&challenge->phone, mask);
    url_encode(str_from(mask), &encoded);
    visit_set_cookie(visit, CHALLENGE_COOKIE, challenge->nonce, CHALLENGE_SECONDS);
    visit_set_cookie(visit, MASK_COOKIE, encoded.data, CHALLENGE_SECONDS);
    buf_append_text(&path, "/sign-in/code?next=");
    url_encode(str_from(visit_safe_next(visit, visit_field(visit, "next"))), &path);
    visit_redirect(visit, path.data);
    buf_finish(&encoded);
    buf_finish(&path);
}

void visit_sign_in_send(struct visit *visit)
{
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
    json_t *model = json_pack("{s:s, s:s}", "phone", shown.size ? shown.data : "", "next",
                              visit_safe_next(visit, visit_field(visit, "next")));
    if (error)
        json_object_set_new(model, "error", json_string(error));
    visit_show(visit, status, "sign-in-code", model);
    json_decref(model);
}

void visit_code(struct visit *visit)
{
    if (visit->signed_in)
        visit_redirect(visit, "/");
    else if (!http_request_cookie(visit->http, CHALLENGE_COOKIE).size)
        visit_redirect(visit, "/sign-in");
    else
        show_code_form(visit, 200, NULL);
}

void visit_code_send(struct visit *visit)
{
    struct err err;
    struct auth_signed_in signed_in = {0};
    struct auth_answer answer = {.nonce = http_request_cookie(visit->http, CHALLENGE_COOKIE),
                                 .code = visit_field(visit, "code"),
                                 .kind = AUTH_COOKIE,
                                 .label = http_request_field(visit->http, "user-agent")};
    if (!answer.nonce.size) {
        show_number_form(visit, 410, "code-expired");
        return;
    }
    int rc = answer.code.size ? auth_finish(visit->portal->services.auth, &answer, &signed_in, &err)
                              : ERR_DENIED;
    if (rc == 0) {
        visit_set_cookie(visit, "__Host-session", signed_in.token,
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
        auth_sign_out(visit->portal->services.auth, &visit->identity.account,
                      &visit->identity.session, &err);
    visit_set_cookie(visit, "__Host-session", "", 0);
    http_reply_field(visit->reply, "clear-site-data", STR("\"cache\", \"storage\""));
    visit_redirect(visit, "/");
}

// ---- the account ----

static json_t *linked_accounts(struct visit *visit)
{
    struct err err;
    struct auth_link *links = arena_zero(visit->arena, MOST_LINKS * sizeof *links);
    struct auth_link_list list = {&visit->identity.account, NULL, links, MOST_LINKS};
    int count = auth_link_list(visit->portal->services.auth, &list, &err);
    json_t *accounts = json_array();
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    for (int i = 0; i < count; i++) {
        const struct route *route = snapshot_find(snapshot, str_from(links[i].instance));
        if (!route)
            continue;
        json_t *label = json_parse(str_from(links[i].label), NULL);
        json_array_append_new(accounts,
                              json_pack("{s:o, s:O, s:s, s:s, s:s}", "title",
                                        label ? label : json_object(), "agency",
                                        visit_route_text(route, "title"), "account",
                                        links[i].reference, "url",
                                        arena_printf(visit->arena, "/%s/bills?account=%s",
                                                     links[i].instance, links[i].reference),
                                        "unlink_url",
                                        arena_printf(visit->arena, "/%s/unlink?account=%s",
                                                     links[i].instance, links[i].reference)));
    }
    snapshot_release(snapshot);
    return accounts;
}

static json_t *payments(struct visit *visit)
{
    struct err err;
    struct id ids[MOST_PAYMENTS];
    struct money *money = visit->portal->services.money;
    int count = money_payments_of(money, &visit->identity.account, ids, MOST_PAYMENTS, &err);
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        struct payment *payment;
        if (money_payment(money, id_str(&ids[i]), visit->arena, &payment, &err) == 0)
            json_array_append_new(list, payment_entry(payment, visit->arena));
    }
    return list;
}

void visit_account(struct visit *visit)
{
    struct err err;
    struct phone phone;
    char mask[PHONE_MASKED] = "";
    if (!visit->signed_in) {
        visit_ask_to_sign_in(visit);
        return;
    }
    if (auth_phone_of(visit->portal->services.auth, &visit->identity.account, &phone, &err) == 0)
        phone_mask(&phone, mask);
    json_t *model = json_pack("{s:s, s:o, s:o}", "phone", mask, "accounts", linked_accounts(visit),
                              "payments", payments(visit));
    visit_show(visit, 200, "account", model);
    json_decref(model);
}
