// SPDX-License-Identifier: Apache-2.0
#include "host/purchase.h"

#include "auth/auth.h"
#include "host/quote.h"

// Why nothing was paid, from what the money room says.
int purchase_refuse(const struct money_answer *answer, const struct err *err,
                    struct problem *problem)
{
    switch (answer->refusal) {
    case MONEY_KEY_REUSED:
        problem_set(problem, "key-reused");
        return -1;
    case MONEY_IN_FLIGHT:
        problem_set(problem, "in-flight");
        problem->retry_after_s = 1;
        return -1;
    case MONEY_ITEM_TAKEN:
        problem_set(problem, "already-paid");
        return -1;
    case MONEY_INSUFFICIENT:
        problem_set(problem, "insufficient-funds");
        return -1;
    case MONEY_WALLET_FULL:
        problem_set(problem, "wallet-full");
        return -1;
    case MONEY_NOTHING:
        problem_set(problem, "nothing-to-redeem");
        return -1;
    case MONEY_STALE: // of refunds
    case MONEY_NONE:
        break;
    }
    if (err->code == ERR_INVALID)
        problem_set(problem, "invalid-input");
    else if (err->code == ERR_UNAVAILABLE)
        problem_set(problem, "provider-unavailable");
    else
        problem_from_err(problem, err);
    return -1;
}

static int quote_all(const struct purchase *purchase, struct money_item *items,
                     struct problem *problem)
{
    for (size_t i = 0; i < purchase->count; i++) {
        struct quote quote;
        const struct purchase_item *item = &purchase->items[i];
        struct quote_request request = {purchase->gate, item->instance, item->item,
                                        purchase->currency, item->amount};
        if (quote_item(&request, purchase->arena, &quote, problem) < 0)
            return -1;
        if (!quote.owed) {
            problem_set(problem, "already-paid");
            return -1;
        }
        if (item->amount && item->amount != quote.amount) {
            problem_set(problem, "amount-refused");
            return -1;
        }
        struct str pseudonym = STR("");
        if (purchase->payer) {
            struct auth_pseudonym name =
                auth_pseudonym(purchase->auth, request.instance, purchase->payer);
            pseudonym = str_from(arena_string(purchase->arena, str_from(name.text)));
        }
        items[i] = (struct money_item){.instance = request.instance,
                                       .item = request.item,
                                       .title_en = quote.title_en,
                                       .title_ar = quote.title_ar,
                                       .reference = quote.account,
                                       .pseudonym = pseudonym,
                                       .amount = quote.amount,
                                       .hold = quote.hold};
    }
    return 0;
}

static int pay(const struct purchase *purchase, const struct money_order *order,
               struct money_answer *answer, struct err *err)
{
    // What is captured later is authorized first, from the wallet as from a card.
    const char *provider = purchase->provider;
    if (!provider && order->items[0].hold && !order->also)
        provider = "wallet";
    if (provider)
        return money_checkout(purchase->money, provider, order, answer, err);
    return money_pay_wallet(purchase->money, order, answer, err);
}

// Why an item has no price now may be that this very call has paid for it before: then what was
// answered is answered again.
static int replay_or_refuse(const struct purchase *purchase, struct money_answer *answer,
                            struct problem *problem)
{
    struct err err = {0};
    int rc = money_replay(purchase->money, &purchase->key, answer, &err);
    if (rc == 0)
        return -1;
    problem_finish(problem);
    return rc > 0 ? 0 : purchase_refuse(answer, &err, problem);
}

int purchase_make(const struct purchase *purchase, struct money_answer *answer,
                  struct problem *problem)
{
    struct err err = {0};
    *answer = (struct money_answer){0};
    struct money_item *items = arena_zero(purchase->arena, purchase->count * sizeof *items);
    if (quote_all(purchase, items, problem) < 0)
        return replay_or_refuse(purchase, answer, problem);
    struct money_order order = {.key = purchase->key,
                                .payer = purchase->payer,
                                .currency = purchase->currency,
                                .language = purchase->language,
                                .by = purchase->by,
                                .items = items,
                                .count = purchase->count,
                                .return_url = purchase->return_url,
                                .cancel_url = purchase->cancel_url,
                                .also = purchase->also,
                                .also_context = purchase->also_context};
    int rc = pay(purchase, &order, answer, &err);
    return rc < 0 ? purchase_refuse(answer, &err, problem) : 0;
}
