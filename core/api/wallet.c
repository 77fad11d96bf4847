// SPDX-License-Identifier: Apache-2.0
// Money from a card into the caller's wallet, and back to the card.

#include "api/reply.h"
#include "api/route.h"
#include "base/json.h"
#include "host/purchase.h"
#include "money/top_up.h"

static int read_key(struct api_request *request, const char *route, struct idempotency_key *key)
{
    struct str given = http_request_field(request->http, "idempotency-key");
    if (!given.size)
        return api_problem(request, "key-missing");
    *key = (struct idempotency_key){.caller = id_str(&request->identity.account),
                                    .route = str_from(route),
                                    .key = given,
                                    .request = crypto_sha256(request->http->body)};
    return 0;
}

static int reply(struct api_request *request, int rc, struct money_answer *answer,
                 const struct err *err)
{
    if (rc < 0)
        return purchase_refuse(answer, err, &request->problem);
    http_reply_field(request->reply, "cache-control", STR("no-store"));
    if (answer->replayed)
        http_reply_field(request->reply, "idempotent-replayed", STR("true"));
    api_reply_json(request->reply, answer->status, buf_str(&answer->body));
    buf_finish(&answer->body);
    return 0;
}

int api_wallet_top_up(struct api_request *request)
{
    struct err err;
    struct money_answer answer;
    const struct api_settings *settings = request->api->settings;
    struct str back = str_from(arena_printf(&request->http->arena, "%s/%s/payments/{payment}",
                                            settings->public_url, request->language));
    struct money_top_up top_up = {.payer = &request->identity.account,
                                  .currency = settings->currency,
                                  .language = request->language,
                                  .device = request->identity.device,
                                  .return_url = back,
                                  .cancel_url = back};
    if (!settings->top_up || !settings->provider)
        return api_problem(request, "not-found");
    if (read_key(request, "POST /v1/wallet/top-up", &top_up.key) < 0)
        return -1;
    json_t *body = api_body(request);
    if (!body)
        return -1;
    top_up.amount = json_get_integer(body, "amount", 0);
    json_decref(body);
    if (top_up.amount < 1 || top_up.amount > LEDGER_AMOUNT_MAX)
        return api_fault(request, "/amount", "minimum");
    int rc = money_top_up(request->api->money, settings->provider, &top_up, &answer, &err);
    return reply(request, rc, &answer, &err);
}

// Also where top-ups are switched off by now: what came from a card goes back to it.
int api_wallet_redeem(struct api_request *request)
{
    struct err err;
    struct money_answer answer;
    struct money_redemption redemption = {.payer = &request->identity.account,
                                          .currency = request->api->settings->currency,
                                          .device = request->identity.device};
    if (read_key(request, "POST /v1/wallet/redeem", &redemption.key) < 0)
        return -1;
    int rc = money_redeem(request->api->money, &redemption, &answer, &err);
    return reply(request, rc, &answer, &err);
}
