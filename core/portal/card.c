// SPDX-License-Identifier: Apache-2.0
// The cards that the payment provider keeps.

#include "base/json.h"
#include "money/cards.h"
#include "portal/account.h"
#include "portal/visit.h"

enum { MOST_CARDS = 100 };

json_t *account_cards(struct visit *visit)
{
    struct err err;
    struct provider_cards cards = {.most = MOST_CARDS};
    if (!visit->portal->site->settings.provider)
        return NULL;
    cards.at = arena_zero(visit->arena, MOST_CARDS * sizeof *cards.at);
    bool answered =
        money_cards(visit->portal->services.money, &visit->identity.account, &cards, &err) == 0;
    json_t *list = json_array();
    for (size_t i = 0; answered && i < cards.count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "card", cards.at[i].id,
                                              "brand", cards.at[i].brand, "last4",
                                              cards.at[i].last4, "expires", cards.at[i].expires));
    return json_pack("{s:o, s:b, s:b}", "list", list, "silent", !answered, "none",
                     answered && cards.count == 0);
}

bool account_may_have_cards(struct visit *visit)
{
    return visit->portal->site->settings.provider &&
           money_has_customer(visit->portal->services.money, &visit->identity.account);
}

void visit_cards(struct visit *visit)
{
    if (visit_is_stranger(visit))
        return;
    json_t *model = account_cards(visit);
    if (model)
        visit_show_own(visit, 200, "cards", model);
    else
        visit_problem_code(visit, "not-found");
}

// Removing what is not kept any more is done already.
void visit_card_remove(struct visit *visit)
{
    struct err err = {0};
    const char *card = arena_string(visit->arena, visit_field(visit, "card"));
    if (!visit->signed_in) {
        visit_ask_to_sign_in(visit);
        return;
    }
    int rc = money_card_forget(visit->portal->services.money, &visit->identity.account, card,
                               visit->identity.device, &err);
    if (rc == ERR_UNAVAILABLE)
        visit_problem_code(visit, "provider-unavailable");
    else if (rc < 0 && rc != ERR_NOT_FOUND)
        visit_problem_err(visit, &err);
    else
        visit_redirect(visit, "/account/cards");
}
