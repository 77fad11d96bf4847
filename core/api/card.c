// SPDX-License-Identifier: Apache-2.0
// The cards that the payment provider keeps for the caller.

#include "api/reply.h"
#include "api/route.h"
#include "base/json.h"
#include "money/cards.h"

enum { MOST_CARDS = 100 };

static int refuse(struct api_request *request, const struct err *err)
{
    return err->code == ERR_UNAVAILABLE ? api_problem(request, "provider-unavailable")
                                        : api_problem_err(request, err);
}

int api_cards_list(struct api_request *request)
{
    struct err err = {0};
    struct provider_cards cards = {.most = MOST_CARDS};
    cards.at = arena_zero(&request->http->arena, MOST_CARDS * sizeof *cards.at);
    if (money_cards(request->api->money, &request->identity.account, &cards, &err) < 0)
        return refuse(request, &err);
    json_t *list = json_array();
    for (size_t i = 0; i < cards.count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "card", cards.at[i].id,
                                              "brand", cards.at[i].brand, "last4",
                                              cards.at[i].last4, "expires", cards.at[i].expires));
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    api_reply_value(request->reply, 200, json_pack("{s:o}", "cards", list));
    return 0;
}

int api_card_remove(struct api_request *request)
{
    struct err err = {0};
    const char *card = arena_string(&request->http->arena, request->part[0]);
    if (money_card_forget(request->api->money, &request->identity.account, card,
                          request->identity.device, &err) < 0)
        return refuse(request, &err);
    request->reply->status = 204;
    return 0;
}
