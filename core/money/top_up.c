// SPDX-License-Identifier: Apache-2.0
#include "money/top_up.h"

#include "money/money_internal.h"

bool top_up_is(const struct payment_line *line)
{
    return str_is(line->instance, TOP_UP_INSTANCE);
}

STORE_SQL(top_up_open, "SELECT coalesce(CAST(sum(l.amount) AS BIGINT), 0) FROM payment AS p "
                       "JOIN payment_line AS l ON l.payment = p.id WHERE p.payer = $1 "
                       "AND l.instance = 'wallet' AND l.state = 'open'");

struct room {
    struct money *money;
    bool full; // result
};

// Part of the job that makes the payment.
static int check_room(void *context, struct store_db *db, const struct payment *payment,
                      struct err *err)
{
    struct room *room = context;
    struct store_cursor row;
    int64_t balance;
    int status = ledger_balance(db, (struct ledger_party){LEDGER_WALLET, payment->payer.text},
                                payment->currency, &balance, err);
    if (status == 0)
        status = store_one(db, top_up_open, BIND(bind_text(id_str(&payment->payer))), &row, err);
    if (status < 0)
        return status;
    int64_t open = cursor_int(&row, 0);
    cursor_finish(&row);
    room->full = balance + open + payment->total > room->money->config.wallet_cap;
    return room->full ? err_set(err, ERR_CONFLICT, "the wallet may not hold that much") : 0;
}

bool top_up_fits(struct money *money, const struct payment *payment)
{
    int64_t balance;
    return money_wallet(money, &payment->payer, payment->currency, &balance, NULL) == 0 &&
           balance + payment->total <= money->config.wallet_cap;
}

int money_top_up(struct money *money, const char *provider, const struct money_top_up *top_up,
                 struct money_answer *answer, struct err *err)
{
    struct id name = money_id(money, money_now(money));
    struct room room = {.money = money};
    struct money_item item = {.instance = STR(TOP_UP_INSTANCE),
                              .item = id_str(&name),
                              .title_en = STR("Wallet top-up"),
                              .title_ar = STR("شحن المحفظة"),
                              .reference = STR(""),
                              .pseudonym = STR(""),
                              .amount = top_up->amount};
    struct money_order order = {.key = top_up->key,
                                .payer = top_up->payer,
                                .currency = top_up->currency,
                                .language = top_up->language,
                                .by = {ACTIVITY_CITIZEN, top_up->device},
                                .items = &item,
                                .count = 1,
                                .return_url = top_up->return_url,
                                .cancel_url = top_up->cancel_url,
                                .also = check_room,
                                .also_context = &room};
    int status = money_checkout(money, provider, &order, answer, err);
    if (status < 0 && room.full)
        answer->refusal = MONEY_WALLET_FULL;
    return status;
}
