// SPDX-License-Identifier: Apache-2.0
// What belongs to who is signed in: the hub, linked accounts and payments. An account is unlinked
// by the host itself, so that it also works while the agency does not answer.

#include "portal/account.h"

#include "auth/link.h"
#include "auth/sign_in.h"
#include "base/json.h"
#include "base/url.h"
#include "money/pay.h"
#include "notify/inbox.h"
#include "portal/payment_view.h"

enum { MOST_LINKS = 50, MOST_PAYMENTS = 50, MOST_SESSIONS = 100 };

// The page of one account: the first operation that people start with and that takes an account.
static const char *account_page(struct visit *visit, const struct route *route,
                                const char *reference)
{
    const struct manifest *manifest = route->bundle->manifest;
    for (size_t i = 0; i < manifest->operation_count; i++) {
        const struct operation *operation = &manifest->operations[i];
        const json_t *properties = json_object_get(schema_document(operation->input), "properties");
        if (operation->role != ROLE_ENTRY || !operation->safe ||
            !json_object_get(properties, "account"))
            continue;
        struct buf encoded = {0};
        url_encode(str_from(reference), &encoded);
        const char *path = arena_printf(visit->arena, "/%s/%s?account=%s", route->instance,
                                        operation->id, encoded.data);
        buf_finish(&encoded);
        return path;
    }
    return arena_printf(visit->arena, "/%s", route->instance);
}

json_t *account_links(struct visit *visit, const struct snapshot *snapshot, const char *instance)
{
    struct err err;
    struct auth_link *links = arena_zero(visit->arena, MOST_LINKS * sizeof *links);
    struct auth_link_list list = {&visit->identity.account, instance, links, MOST_LINKS};
    int count = auth_link_list(visit->portal->services.auth, &list, &err);
    json_t *accounts = json_array();
    for (int i = 0; i < count; i++) {
        const struct route *route = snapshot_find(snapshot, str_from(links[i].instance));
        if (!route)
            continue;
        json_t *label = json_parse(str_from(links[i].label), NULL);
        const json_t *agency = visit_route_text(route, "title");
        json_array_append_new(accounts, json_pack("{s:o, s:o, s:s, s:s, s:s}", "title",
                                                  label ? label : json_object(), "agency",
                                                  agency ? json_deep_copy(agency) : json_object(),
                                                  "account", links[i].reference, "url",
                                                  account_page(visit, route, links[i].reference),
                                                  "instance", links[i].instance));
    }
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

// What the hub shows beside the names of its pages; what cannot be said now is left out.
static json_t *hub(struct visit *visit)
{
    struct err err;
    int64_t unseen;
    struct auth *auth = visit->portal->services.auth;
    const struct id *account = &visit->identity.account;
    struct auth_session *sessions = arena_zero(visit->arena, MOST_SESSIONS * sizeof *sessions);
    int devices = auth_sessions(auth, account, sessions, MOST_SESSIONS, &err);
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    json_t *links = account_links(visit, snapshot, NULL);
    json_t *automatic = account_automatic(visit, snapshot), *wallet = account_wallet(visit);
    snapshot_release(snapshot);
    json_t *model =
        json_pack("{s:s, s:b, s:b}", "phone", account_phone(visit), "automatic",
                  json_array_size(automatic) > 0, "cards", account_may_have_cards(visit));
    json_object_set_new(model, "wallet", wallet ? wallet : json_false());
    if (json_array_size(links))
        json_object_set_new(model, "links", json_integer((json_int_t)json_array_size(links)));
    if (devices > 0)
        json_object_set_new(model, "devices", json_integer(devices));
    if (inbox_unseen(visit->portal->services.store, account, &unseen, &err) == 0 && unseen)
        json_object_set_new(model, "unseen", json_integer(unseen));
    json_decref(automatic);
    json_decref(links);
    return model;
}

const char *account_phone(struct visit *visit)
{
    struct err err;
    struct phone phone;
    char mask[PHONE_MASKED] = "";
    if (auth_phone_of(visit->portal->services.auth, &visit->identity.account, &phone, &err) == 0)
        phone_mask(&phone, mask);
    return arena_string(visit->arena, str_from(mask));
}

void visit_show_own(struct visit *visit, int status, const char *page, json_t *model)
{
    visit_show(visit, status, page, model);
    json_decref(model);
}

void visit_account(struct visit *visit)
{
    if (!visit_is_stranger(visit))
        visit_show_own(visit, 200, "account", hub(visit));
}

void visit_links(struct visit *visit)
{
    if (visit_is_stranger(visit))
        return;
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    json_t *model = json_pack("{s:o}", "accounts", account_links(visit, snapshot, NULL));
    snapshot_release(snapshot);
    visit_show_own(visit, 200, "links", model);
}

void visit_payments(struct visit *visit)
{
    if (!visit_is_stranger(visit))
        visit_show_own(visit, 200, "payments", json_pack("{s:o}", "payments", payments(visit)));
}

// Unlinking what is not linked any more is done already.
void visit_unlink(struct visit *visit)
{
    struct err err;
    struct str instance = visit_field(visit, "instance"), account = visit_field(visit, "account");
    if (visit_is_stranger(visit))
        return;
    struct auth_link_place place = {&visit->identity.account, arena_string(visit->arena, instance),
                                    arena_string(visit->arena, account), visit->identity.device};
    int rc = !instance.size || !account.size
                 ? ERR_NOT_FOUND
                 : auth_link_remove(visit->portal->services.auth, &place, &err);
    if (rc < 0 && rc != ERR_NOT_FOUND)
        visit_problem_err(visit, &err);
    else
        visit_redirect(visit, "/account/links");
}
