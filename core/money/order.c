// SPDX-License-Identifier: Apache-2.0
#include "money/order.h"

#include "money/top_up.h"

#include <stdio.h>

enum { INSTANCE_MOST = 63, ITEM_MOST = 128, TEXT_MOST = 300 };

static bool text_fits(struct str text, size_t least, size_t most)
{
    return text.size >= least && text.size <= most && str_is_utf8(text);
}

static int check_item(const struct money_order *order, size_t index, struct err *err)
{
    const struct money_item *item = &order->items[index];
    if (item->amount < 1 || item->amount > LEDGER_AMOUNT_MAX)
        return err_set(err, ERR_INVALID, "line %zu: an amount is 1 to %lld minor units", index + 1,
                       (long long)LEDGER_AMOUNT_MAX);
    if (!text_fits(item->instance, 1, INSTANCE_MOST) || !text_fits(item->item, 1, ITEM_MOST))
        return err_set(err, ERR_INVALID, "line %zu: it names an instance and an item", index + 1);
    if (!text_fits(item->title_en, 1, TEXT_MOST) || !text_fits(item->title_ar, 1, TEXT_MOST) ||
        !text_fits(item->reference, 0, ITEM_MOST) || !text_fits(item->pseudonym, 0, ITEM_MOST))
        return err_set(err, ERR_INVALID, "line %zu: a text is missing or too long", index + 1);
    if (item->hold && order->count > 1)
        return err_set(err, ERR_INVALID, "line %zu: what is decided later is paid for alone",
                       index + 1);
    for (size_t i = 0; i < index; i++)
        if (str_equal(order->items[i].instance, item->instance) &&
            str_equal(order->items[i].item, item->item))
            return err_set(err, ERR_INVALID, "line %zu: the same item as line %zu", index + 1,
                           i + 1);
    return 0;
}

static int check_order(const struct money *money, const struct money_order *order, struct err *err)
{
    int status = idempotency_check(&order->key, err);
    if (status != 0)
        return status;
    if (!ledger_currency_valid(order->currency))
        return err_set(err, ERR_INVALID, "a currency is three capitals");
    if (order->count < 1 || order->count > (size_t)money->config.lines_limit)
        return err_set(err, ERR_INVALID, "a payment has 1 to %lld lines",
                       (long long)money->config.lines_limit);
    for (size_t i = 0; status == 0 && i < order->count; i++)
        status = check_item(order, i, err);
    return status;
}

int order_build(struct money *money, const char *provider, const struct money_order *order,
                struct arena *arena, struct payment **out, struct err *err)
{
    int status = check_order(money, order, err);
    if (status != 0)
        return status;
    struct payment *payment = arena_zero(arena, sizeof *payment);
    payment->created = money_now(money);
    payment->expires = payment->created + money->config.checkout_ms;
    payment->id = money_id(money, payment->created);
    if (order->payer)
        payment->payer = *order->payer;
    snprintf(payment->provider, sizeof payment->provider, "%s", provider);
    snprintf(payment->currency, sizeof payment->currency, "%s", order->currency);
    snprintf(payment->language, sizeof payment->language, "%s",
             order->language ? order->language : "en");
    if (order->payer && order->by.by == ACTIVITY_CITIZEN && order->by.device)
        payment->device = str_from(order->by.device);
    payment->count = order->count;
    payment->lines = arena_zero(arena, order->count * sizeof *payment->lines);
    for (size_t i = 0; i < order->count; i++) {
        const struct money_item *item = &order->items[i];
        bool free = item->hold || str_is(item->instance, TOP_UP_INSTANCE);
        int64_t fee = free ? 0 : money_fee(money, provider, item->instance, item->amount);
        payment->lines[i] = (struct payment_line){.number = (int64_t)i + 1,
                                                  .instance = item->instance,
                                                  .item = item->item,
                                                  .title_en = item->title_en,
                                                  .title_ar = item->title_ar,
                                                  .reference = item->reference,
                                                  .pseudonym = item->pseudonym,
                                                  .amount = item->amount + fee,
                                                  .fee = fee,
                                                  .accepted = PAYMENT_UNDECIDED};
        payment->total += payment->lines[i].amount;
        payment->hold = item->hold;
    }
    if (payment->total > LEDGER_AMOUNT_MAX)
        return err_set(err, ERR_INVALID, "the total is more than %lld",
                       (long long)LEDGER_AMOUNT_MAX);
    *out = payment;
    return 0;
}

int order_check_key(struct store_db *db, const struct idempotency_key *key,
                    struct money_answer *answer, struct err *err)
{
    struct idempotency_found found = {.body = &answer->body};
    answer->refusal = MONEY_NONE;
    answer->replayed = false;
    int status = idempotency_look(db, key, &found, err);
    if (status < 0)
        return status;
    switch (found.state) {
    case IDEMPOTENCY_NEW:
        return 0;
    case IDEMPOTENCY_REPLAY:
        answer->status = found.status;
        answer->payment = found.payment;
        answer->replayed = true;
        return 1;
    case IDEMPOTENCY_IN_FLIGHT:
        answer->refusal = MONEY_IN_FLIGHT;
        return err_set(err, ERR_CONFLICT, "the first call with this key is still under way");
    case IDEMPOTENCY_MISMATCH:
        break;
    }
    answer->refusal = MONEY_KEY_REUSED;
    return err_set(err, ERR_CONFLICT, "the key was used for another request");
}

STORE_SQL(order_holder, "SELECT l.payment, p.payer FROM payment_line AS l "
                        "JOIN payment AS p ON p.id = l.payment WHERE l.instance = $1 "
                        "AND l.item = $2 AND l.state IN ('open', 'paid')");

int order_check_items(struct store_db *db, const struct payment *payment,
                      struct money_answer *answer, struct err *err)
{
    answer->taken_line = 0;
    answer->other = (struct id){0};
    for (size_t i = 0; i < payment->count; i++) {
        const struct payment_line *line = &payment->lines[i];
        struct store_cursor row;
        int found = store_one(db, order_holder,
                              BIND(bind_text(line->instance), bind_text(line->item)), &row, err);
        if (found < 0)
            return found;
        if (found == 0)
            continue;
        // Only the payer of the other payment hears which it is.
        if (payment->payer.text[0] && str_is(cursor_text(&row, 1), payment->payer.text))
            answer->other = id_from(cursor_text(&row, 0));
        cursor_finish(&row);
        answer->taken_line = line->number;
        answer->refusal = MONEY_ITEM_TAKEN;
        return err_set(err, ERR_CONFLICT, "another payment has the item of line %lld",
                       (long long)line->number);
    }
    return 0;
}
