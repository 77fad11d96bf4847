// SPDX-License-Identifier: Apache-2.0
//
// The wallet as a payment provider, for payments that are authorized first and captured later. What
// a card provider keeps about a charge is a row of wallet_hold here; what it holds lies in the
// account clearing:wallet between the citizen's wallet and the agency:
//
//     open      wallet ──► clearing:wallet                          held
//     capture   the rest: clearing:wallet ──► wallet                captured (the agency's part is
//                                                                   moved by outcome_captured)
//     cancel    clearing:wallet ──► wallet                          gone
//
// Refunds never come here: to a wallet they are one job (refund.c).
#include "money/wallet_hold.h"

#include <stdio.h>

STORE_SQL(hold_find, "SELECT account, currency, amount, captured, state FROM wallet_hold "
                     "WHERE payment = $1");
STORE_SQL(hold_make,
          "INSERT INTO wallet_hold (payment, account, currency, amount, captured, state) "
          "VALUES ($1, $2, $3, $4, 0, 'held')");
STORE_SQL(hold_awaited, "SELECT 1 FROM payment WHERE id = $1 AND state = 'created'");
STORE_SQL(hold_end, "UPDATE wallet_hold SET state = $2, captured = $3 "
                    "WHERE payment = $1 AND state = 'held'");

struct hold {
    char account[ID_LENGTH + 1];
    char currency[LEDGER_CURRENCY];
    int64_t amount, captured;
    enum provider_state state;
};

// 1 and *out, 0 when there is none, or negative.
static int find(struct store_db *db, const char *payment, struct hold *out, struct err *err)
{
    struct store_cursor row;
    int found = store_one(db, hold_find, BIND(bind_string(payment)), &row, err);
    if (found <= 0)
        return found;
    cursor_copy(&row, 0, out->account, sizeof out->account);
    cursor_copy(&row, 1, out->currency, sizeof out->currency);
    out->amount = cursor_int(&row, 2);
    out->captured = cursor_int(&row, 3);
    struct str state = cursor_text(&row, 4);
    out->state = str_is(state, "held")       ? PROVIDER_AUTHORIZED
                 : str_is(state, "captured") ? PROVIDER_CAPTURED
                                             : PROVIDER_GONE;
    cursor_finish(&row);
    return 1;
}

static void show(const struct hold *hold, const char *payment, struct provider_view *view)
{
    *view = (struct provider_view){.state = hold->state,
                                   .amount = hold->state == PROVIDER_CAPTURED ? hold->captured
                                                                              : hold->amount};
    memcpy(view->currency, hold->currency, sizeof view->currency);
    snprintf(view->session, sizeof view->session, "%s", payment);
    snprintf(view->charge, sizeof view->charge, "%s", payment);
}

// One job for all: what differs is the order to open or the call to end.
struct hold_job {
    const struct provider_order *order; // open
    const struct provider_call *call;   // capture (amount > 0) or cancel
    struct provider_view *view;
    struct money_stamp stamp;
    int64_t captured;
};

static int post(struct store_db *db, struct hold_job *job, const struct hold *hold, bool back,
                struct err *err)
{
    const char *payment = back ? job->call->payment : job->order->payment;
    struct ledger_party wallet = {LEDGER_WALLET, hold->account};
    struct ledger_party held = {LEDGER_CLEARING, WALLET};
    struct ledger_transfer transfer = {.id = money_ids_next(&job->stamp.ids),
                                       .debit = back ? held : wallet,
                                       .credit = back ? wallet : held,
                                       .amount = back ? hold->amount - job->captured : hold->amount,
                                       .currency = hold->currency,
                                       .reason = back ? "hold-release" : "hold",
                                       .payment = payment,
                                       .line = 1,
                                       .made = job->stamp.now,
                                       .node = job->stamp.node};
    return transfer.amount == 0 ? 0 : ledger_post(db, &transfer, err);
}

// Whether the wallet can hold it, and somebody still waits for it: a payment that was let go
// meanwhile gets nothing.
static int check_open(struct store_db *db, const struct hold *hold, const char *payment,
                      struct err *err)
{
    struct store_cursor row;
    int64_t balance;
    int found = store_one(db, hold_awaited, BIND(bind_string(payment)), &row, err);
    if (found < 0)
        return found;
    cursor_finish(&row);
    if (found == 0)
        return err_set(err, ERR_UNAVAILABLE, "the payment was let go meanwhile");
    found = ledger_balance(db, (struct ledger_party){LEDGER_WALLET, hold->account}, hold->currency,
                           &balance, err);
    if (found == 0 && balance < hold->amount)
        return err_set(err, ERR_DENIED, "the wallet does not hold that much");
    return found;
}

static int open_job(struct store_db *db, void *argument, struct err *err)
{
    struct hold_job *job = argument;
    const struct provider_order *order = job->order;
    struct hold hold = {.state = PROVIDER_AUTHORIZED, .amount = order->amount};
    job->stamp.ids.used = 0;
    int found = find(db, order->payment, &hold, err);
    if (found == 0) {
        snprintf(hold.account, sizeof hold.account, "%s", order->payer);
        snprintf(hold.currency, sizeof hold.currency, "%s", order->currency);
        found = check_open(db, &hold, order->payment, err);
        if (found == 0)
            found = store_exec(db, hold_make,
                               BIND(bind_string(order->payment), bind_string(hold.account),
                                    bind_string(hold.currency), bind_int(hold.amount)),
                               err);
        if (found >= 0)
            found = post(db, job, &hold, false, err);
    }
    if (found >= 0)
        show(&hold, order->payment, job->view);
    return found < 0 ? found : 0;
}

static int run(struct money *money, store_job *function, struct hold_job *job, struct err *err)
{
    struct arena arena = {0};
    job->stamp = money_stamp_make(money, &arena, 1);
    int status = store_run(money->config.store, function, job, err);
    arena_finish(&arena);
    return status < 0 ? status : 0;
}

static int hold_open(void *context, const struct provider_order *order, struct provider_view *view,
                     struct err *err)
{
    struct hold_job job = {.order = order, .view = view};
    if (!order->payer[0])
        return err_set(err, ERR_DENIED, "a wallet belongs to somebody who is signed in");
    return run(context, open_job, &job, err);
}

struct look_job {
    const char *session;
    struct provider_view *view;
};

static int look_job(struct store_db *db, void *argument, struct err *err)
{
    struct look_job *job = argument;
    struct hold hold = {0};
    int found = find(db, job->session, &hold, err);
    if (found < 0)
        return found;
    if (found == 0)
        hold.state = PROVIDER_GONE; // it was never opened
    show(&hold, job->session, job->view);
    return 0;
}

static int hold_look(void *context, const char *session, struct provider_view *view,
                     struct err *err)
{
    const struct money *money = context;
    struct look_job job = {session, view};
    return store_read(money->config.store, look_job, &job, err);
}

static int end(struct store_db *db, struct hold_job *job, const struct hold *hold, struct err *err)
{
    const char *state = job->captured > 0 ? "captured" : "gone";
    int status = store_exec(db, hold_end,
                            BIND(bind_string(job->call->payment), bind_string(state),
                                 bind_int(job->captured)),
                            err);
    return status < 0 ? status : post(db, job, hold, true, err);
}

static int end_job(struct store_db *db, void *argument, struct err *err)
{
    struct hold_job *job = argument;
    struct hold hold;
    job->stamp.ids.used = 0;
    int found = find(db, job->call->payment, &hold, err);
    if (found < 0)
        return found;
    bool capture = job->captured > 0;
    if (found == 0 || hold.state != PROVIDER_AUTHORIZED || job->captured > hold.amount) {
        bool again =
            found && capture && hold.state == PROVIDER_CAPTURED && hold.captured == job->captured;
        again = again || (found && !capture && hold.state == PROVIDER_GONE);
        return again ? 0 : err_set(err, ERR_DENIED, "the wallet does not hold that for it");
    }
    return end(db, job, &hold, err);
}

int wallet_hold_let_go(struct store_db *db, const struct payment *payment,
                       struct money_stamp *stamp, struct err *err)
{
    struct hold hold;
    struct provider_call call = {.payment = payment->id.text};
    struct hold_job job = {.call = &call, .stamp = *stamp};
    int found = find(db, call.payment, &hold, err);
    if (found <= 0 || hold.state != PROVIDER_AUTHORIZED)
        return found < 0 ? found : 0;
    int status = end(db, &job, &hold, err);
    stamp->ids.used = job.stamp.ids.used;
    return status;
}

static int hold_capture(void *context, const struct provider_call *call, struct err *err)
{
    struct hold_job job = {.call = call, .captured = call->amount};
    return run(context, end_job, &job, err);
}

static int hold_cancel(void *context, const struct provider_call *call, struct err *err)
{
    struct hold_job job = {.call = call};
    return run(context, end_job, &job, err);
}

struct provider wallet_hold_provider(struct money *money)
{
    return (struct provider){.name = WALLET,
                             .context = money,
                             .open = hold_open,
                             .look = hold_look,
                             .capture = hold_capture,
                             .cancel = hold_cancel};
}
