// SPDX-License-Identifier: Apache-2.0
// What belongs to who is signed in: linked accounts and payments. An account is unlinked by the
// host itself, so that it also works while the agency does not answer.

#include "portal/account.h"

#include "auth/link.h"
#include "auth/sign_in.h"
#include "base/json.h"
#include "base/url.h"
#include "money/pay.h"
#include "notify/inbox.h"
#include "portal/payment_view.h"

enum { MOST_LINKS = 50, MOST_PAYMENTS = 20 };

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
    struct snapshot *snapshot = gate_pin(visit->portal->services.gate);
    json_t *model = json_pack("{s:s, s:o, s:o}", "phone", mask, "accounts",
                              account_links(visit, snapshot, NULL), "payments", payments(visit));
    json_t *wallet = account_wallet(visit);
    json_object_set_new(model, "wallet", wallet ? wallet : json_false());
    json_t *cards = account_cards(visit);
    json_object_set_new(model, "cards", cards ? cards : json_false());
    json_object_set_new(model, "automatic", account_automatic(visit, snapshot));
    snapshot_release(snapshot);
    int64_t unseen;
    if (inbox_unseen(visit->portal->services.store, &visit->identity.account, &unseen, &err) == 0 &&
        unseen)
        json_object_set_new(model, "unseen", json_integer(unseen));
    visit_show(visit, 200, "account", model);
    json_decref(model);
}

// Unlinking what is not linked any more is done already.
void visit_unlink(struct visit *visit)
{
    struct err err;
    struct str instance = visit_field(visit, "instance"), account = visit_field(visit, "account");
    if (!visit->signed_in) {
        visit_ask_to_sign_in(visit);
        return;
    }
    int rc = !instance.size || !account.size
                 ? ERR_NOT_FOUND
                 : auth_link_remove(visit->portal->services.auth, &visit->identity.account,
                                    arena_string(visit->arena, instance),
                                    arena_string(visit->arena, account), &err);
    if (rc < 0 && rc != ERR_NOT_FOUND)
        visit_problem_err(visit, &err);
    else
        visit_redirect(visit, "/account");
}
