// SPDX-License-Identifier: Apache-2.0
// The wallet's page: what it holds, filling it by card, and back to the card.

#include "base/digits.h"
#include "base/json.h"
#include "money/decimal.h"
#include "money/top_up.h"
#include "portal/account.h"
#include "portal/visit.h"

bool account_read_amount(struct visit *visit, const char *field, int64_t *amount)
{
    struct buf text = {0}, plain = {0};
    digits_fold(&text, str_trim(visit_field(visit, field)));
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] != ',')
            buf_append_char(&plain, text.data[i]);
    bool good = plain.size &&
                decimal_read(buf_str(&plain), visit->portal->site->settings.currency, amount) &&
                *amount > 0 && *amount <= LEDGER_AMOUNT_MAX;
    buf_finish(&text);
    buf_finish(&plain);
    return good;
}

json_t *account_wallet(struct visit *visit)
{
    struct err err;
    int64_t balance;
    const struct portal_settings *settings = &visit->portal->site->settings;
    if (!settings->wallet || money_wallet(visit->portal->services.money, &visit->identity.account,
                                          settings->currency, &balance, &err) < 0)
        return NULL;
    return json_pack("{s:{s:I, s:s}, s:s, s:b, s:b, s:s, s:s}", "balance", "amount",
                     (json_int_t)balance, "currency", settings->currency, "currency",
                     settings->currency, "top_up", settings->top_up && settings->provider,
                     "redeemable", balance > 0, "top_up_key", visit_fresh_key(visit), "redeem_key",
                     visit_fresh_key(visit));
}

void visit_wallet(struct visit *visit)
{
    if (visit_is_stranger(visit))
        return;
    json_t *model = account_wallet(visit);
    if (model)
        visit_show_own(visit, 200, "wallet", model);
    else
        visit_problem_code(visit, "not-found");
}

static struct idempotency_key key_of(struct visit *visit, const char *route, struct str body)
{
    return (struct idempotency_key){.caller = id_str(&visit->identity.account),
                                    .route = str_from(route),
                                    .key = visit_field(visit, "key"),
                                    .request = crypto_sha256(body)};
}

// A second click with the same key is led to the payment of the first.
static void lead_on(struct visit *visit, struct money_answer *answer)
{
    if (answer->redirect[0])
        visit_leave(visit, arena_string(visit->arena, str_from(answer->redirect)));
    else
        visit_redirect(visit, arena_printf(visit->arena, "/payments/%s", answer->payment.text));
    buf_finish(&answer->body);
}

static void refuse(struct visit *visit, const struct money_answer *answer, const struct err *err)
{
    struct problem problem = {0};
    purchase_refuse(answer, err, &problem);
    visit_problem(visit, &problem);
}

void visit_top_up(struct visit *visit)
{
    struct err err = {0};
    struct money_answer answer;
    const struct portal_settings *settings = &visit->portal->site->settings;
    struct str back =
        str_from(arena_printf(visit->arena, "%s/%s/payments/{payment}", settings->public_url,
                              pages_language_code(visit->language)));
    struct money_top_up top_up = {.payer = &visit->identity.account,
                                  .currency = settings->currency,
                                  .language = pages_language_code(visit->language),
                                  .device = visit->identity.device,
                                  .return_url = back,
                                  .cancel_url = back};
    if (!visit->signed_in) {
        visit_ask_to_sign_in(visit);
        return;
    }
    if (!settings->top_up || !settings->provider) {
        visit_problem_code(visit, "not-found");
        return;
    }
    if (!account_read_amount(visit, "amount", &top_up.amount)) {
        visit_problem_code(visit, "invalid-input");
        return;
    }
    top_up.key = key_of(visit, "page top-up", visit_field(visit, "amount"));
    if (money_top_up(visit->portal->services.money, settings->provider, &top_up, &answer, &err) < 0)
        refuse(visit, &answer, &err);
    else
        lead_on(visit, &answer);
}

void visit_redeem(struct visit *visit)
{
    struct err err = {0};
    struct money_answer answer;
    struct money_redemption redemption = {.key = key_of(visit, "page redeem", STR("")),
                                          .payer = &visit->identity.account,
                                          .currency = visit->portal->site->settings.currency,
                                          .device = visit->identity.device};
    if (!visit->signed_in) {
        visit_ask_to_sign_in(visit);
        return;
    }
    if (money_redeem(visit->portal->services.money, &redemption, &answer, &err) < 0) {
        refuse(visit, &answer, &err);
        return;
    }
    buf_finish(&answer.body);
    visit_redirect(visit, "/account/wallet");
}
