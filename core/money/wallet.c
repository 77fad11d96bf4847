// SPDX-License-Identifier: Apache-2.0
//
// Paying from the wallet: no provider to wait for, so one job does all of it and the payment is
// born captured. This is the shortest way a payment can take through the store.
#include "money/order.h"
#include "money/posting.h"
#include "money/receipt.h"

struct pay_job {
    struct money *money;
    const struct money_order *order;
    struct payment *payment;
    struct money_answer *answer;
    struct money_stamp stamp;
    char receipt[RECEIPT_NUMBER];
};

// Every refusal is found before anything is written: one that came later would cost the jobs that
// share the transaction a second run.
static int check(struct store_db *db, struct pay_job *job, struct err *err)
{
    const struct payment *payment = job->payment;
    int64_t balance = 0;
    int status = order_check_items(db, payment, job->answer, err);
    if (status == 0)
        status = ledger_balance(db, (struct ledger_party){LEDGER_WALLET, payment->payer.text},
                                payment->currency, &balance, err);
    if (status == 0 && balance < payment->total) {
        job->answer->refusal = MONEY_INSUFFICIENT;
        status = err_set(err, ERR_CONFLICT, "the wallet does not hold that much");
    }
    if (status == 0 && job->order->also)
        status = job->order->also(job->order->also_context, db, payment, err);
    return status;
}

static int store_answer(struct store_db *db, struct pay_job *job, struct err *err)
{
    const struct money_config *config = &job->money->config;
    struct money_answer *answer = job->answer;
    buf_clear(&answer->body);
    config->render(config->render_context, job->payment, &answer->body);
    answer->status = 201;
    answer->payment = job->payment->id;
    struct idempotency_note note = {.key = &job->order->key,
                                    .payment = &job->payment->id,
                                    .now = job->stamp.now,
                                    .status = answer->status,
                                    .body = buf_str(&answer->body)};
    return idempotency_start(db, &note, err);
}

static int pay_job(struct store_db *db, void *argument, struct err *err)
{
    struct pay_job *job = argument;
    job->stamp.ids.used = 0;
    int status = order_check_key(db, &job->order->key, job->answer, err);
    if (status != 0)
        return status;
    status = check(db, job, err);
    if (status < 0)
        return status;
    status = receipt_issue(db, job->stamp.node, job->stamp.date, job->receipt, err);
    job->payment->receipt = str_from(job->receipt);
    job->payment->receipt_code = str_from(job->stamp.code);
    if (status >= 0)
        status = payment_insert(db, job->payment, 0, err);
    if (status >= 0)
        status = posting_capture(db, job->payment,
                                 (struct ledger_party){LEDGER_WALLET, job->payment->payer.text},
                                 &job->stamp, err);
    if (status >= 0)
        status = money_put_events(db, job->payment, "payment.captured", 0, 0, &job->stamp, err);
    if (status >= 0)
        status = money_note_paid(db, job->payment, &job->order->by, job->stamp.now, err);
    if (status >= 0)
        status = store_answer(db, job, err);
    return status;
}

// An order that is paid the moment it is written.
static void make_captured(struct payment *payment)
{
    payment->state = PAYMENT_CAPTURED;
    payment->authorized = payment->captured = payment->total;
    payment->authorized_at = payment->captured_at = payment->created;
    for (size_t i = 0; i < payment->count; i++) {
        payment->lines[i].state = LINE_PAID;
        payment->lines[i].accepted = payment->lines[i].amount;
    }
}

int money_pay_wallet(struct money *money, const struct money_order *order,
                     struct money_answer *answer, struct err *err)
{
    struct arena arena = {0};
    struct pay_job job = {.money = money, .order = order, .answer = answer};
    memset(answer, 0, sizeof *answer);
    if (!order->payer)
        return err_set(err, ERR_INVALID, "a wallet belongs to somebody who is signed in");
    if (order->count && order->items[0].hold)
        return err_set(err, ERR_INVALID, "a hold is authorized first: see money_checkout");
    int status = order_build(money, WALLET, order, &arena, &job.payment, err);
    if (status == 0) {
        make_captured(job.payment);
        job.stamp = money_stamp_make(money, &arena, (POSTING_TRANSFERS + 1) * order->count);
        status = store_run(money->config.store, pay_job, &job, err);
    }
    arena_finish(&arena);
    if (status < 0)
        buf_finish(&answer->body);
    else if (!answer->replayed)
        money_events_ready(money);
    return status < 0 ? status : 0;
}
