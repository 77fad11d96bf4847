// SPDX-License-Identifier: Apache-2.0
#include "money/outcome.h"

#include "money/posting.h"
#include "money/receipt.h"

#include <stdio.h>

struct outcome_job {
    struct money *money;
    const struct payment *payment;
    const struct intent *intent;
    const struct provider_view *view;
    struct arena *arena; // for what the job reads; the caller's
    struct money_stamp stamp;
    bool given;
    int64_t wait_ms;
    bool events; // result: there are events to deliver
};

static int run(struct money *money, store_job *job, struct outcome_job *argument, size_t ids,
               struct err *err)
{
    struct arena arena = {0};
    argument->money = money;
    argument->arena = &arena;
    argument->stamp = money_stamp_make(money, &arena, ids);
    int status = store_run(money->config.store, job, argument, err);
    arena_finish(&arena);
    if (status >= 0 && argument->events)
        money_events_ready(money);
    return status < 0 ? status : 0;
}

// --- authorized --------------------------------------------------------------------------------

STORE_SQL(payment_authorize, "UPDATE payment SET authorized = $2, charge = $3, authorized_at = $4, "
                             "next_check = $4, checks = 0 WHERE id = $1 AND state = 'created'");

static int authorize(struct store_db *db, struct outcome_job *job, struct err *err)
{
    const struct id *id = &job->payment->id;
    int rows = store_exec(db, payment_authorize,
                          BIND(bind_text(id_str(id)), bind_int(job->payment->total),
                               bind_string(job->view->charge), bind_int(job->stamp.now)),
                          err);
    return rows <= 0 ? rows : payment_move(db, id, PAYMENT_CREATED, PAYMENT_AUTHORIZED, err);
}

static int authorized_job(struct store_db *db, void *argument, struct err *err)
{
    return authorize(db, argument, err);
}

int outcome_authorized(struct money *money, const struct payment *payment,
                       const struct provider_view *view, struct err *err)
{
    struct outcome_job job = {.payment = payment, .view = view};
    return run(money, authorized_job, &job, 0, err);
}

// --- captured ----------------------------------------------------------------------------------

STORE_SQL(payment_capture, "UPDATE payment SET captured = $4, captured_at = $2, receipt = $3, "
                           "receipt_code = $5, next_check = NULL, checks = 0, redirect = NULL "
                           "WHERE id = $1");
STORE_SQL(payment_pay_lines, "UPDATE payment_line SET accepted = coalesce(accepted, amount), "
                             "state = CASE WHEN accepted = 0 THEN 'released' ELSE 'paid' END, "
                             "delivered = CASE WHEN instance = 'wallet' THEN $2 ELSE delivered END "
                             "WHERE payment = $1 AND state = 'open'");

static int captured_job(struct store_db *db, void *argument, struct err *err)
{
    struct outcome_job *job = argument;
    const struct id *id = &job->payment->id;
    struct store_value key = bind_text(id_str(id));
    char receipt[RECEIPT_NUMBER];
    struct payment *now;
    job->stamp.ids.used = 0;
    int status = intent_finish(db, &job->intent->id, INTENT_DONE, job->stamp.now, err);
    job->events = status > 0;
    if (status > 0)
        status = authorize(db, job, err); // when the citizen was faster than a cancellation
    else
        return status;
    if (status >= 0)
        status = receipt_issue(db, job->stamp.node, job->stamp.date, receipt, err);
    if (status >= 0)
        status = payment_move(db, id, PAYMENT_AUTHORIZED, PAYMENT_CAPTURED, err);
    if (status >= 0)
        status = store_exec(db, payment_pay_lines, BIND(key, bind_int(job->stamp.now)), err);
    if (status >= 0)
        status = store_exec(db, payment_capture,
                            BIND(key, bind_int(job->stamp.now), bind_string(receipt),
                                 bind_int(job->view->amount), bind_string(job->stamp.code)),
                            err);
    if (status >= 0)
        status = payment_read(db, id_str(id), job->arena, &now, err);
    if (status >= 0)
        status = posting_capture(db, now, (struct ledger_party){LEDGER_CLEARING, now->provider},
                                 &job->stamp, err);
    if (status >= 0)
        status = money_put_events(db, now, "payment.captured", 0, 0, &job->stamp, err);
    if (status < 0)
        return status;
    struct activity_actor by = {ACTIVITY_CITIZEN, now->device.data};
    return money_note_paid(db, now, &by, job->stamp.now, err);
}

int outcome_captured(struct money *money, const struct payment *payment,
                     const struct intent *intent, const struct provider_view *view, struct err *err)
{
    struct outcome_job job = {.payment = payment, .intent = intent, .view = view};
    return run(money, captured_job, &job, (POSTING_TRANSFERS + 1) * payment->count, err);
}

// --- released ----------------------------------------------------------------------------------

STORE_SQL(payment_end, "UPDATE payment SET reason = $2, next_check = NULL, redirect = NULL "
                       "WHERE id = $1");
STORE_SQL(payment_release_lines, "UPDATE payment_line SET state = 'released' "
                                 "WHERE payment = $1 AND state = 'open'");
STORE_SQL(payment_state_of, "SELECT state FROM payment WHERE id = $1");

// What ran out of time ends as expired, what the provider or the network did as failed, the rest as
// voided.
static enum payment_state end_of(const char *reason)
{
    if (strcmp(reason, "expired") == 0 || strcmp(reason, "hold-expired") == 0)
        return PAYMENT_EXPIRED;
    bool failed = strcmp(reason, "declined") == 0 || strcmp(reason, "unavailable") == 0 ||
                  strcmp(reason, "amount-mismatch") == 0 || strcmp(reason, "closed") == 0;
    return failed ? PAYMENT_FAILED : PAYMENT_VOIDED;
}

int payment_release(struct store_db *db, const struct payment *payment, const char *reason,
                    struct err *err)
{
    struct store_value key = bind_text(id_str(&payment->id));
    struct store_cursor row;
    int status = store_one(db, payment_state_of, BIND(key), &row, err);
    if (status <= 0)
        return status;
    bool authorized = str_is(cursor_text(&row, 0), "authorized");
    cursor_finish(&row);
    status = payment_move(db, &payment->id, authorized ? PAYMENT_AUTHORIZED : PAYMENT_CREATED,
                          end_of(reason), err);
    if (status >= 0)
        status = store_exec(db, payment_end, BIND(key, bind_string(reason)), err);
    if (status >= 0)
        status = store_exec(db, payment_release_lines, BIND(key), err);
    return status;
}

static int released_job(struct store_db *db, void *argument, struct err *err)
{
    struct outcome_job *job = argument;
    enum intent_end end = job->intent->kind == INTENT_CANCEL ? INTENT_DONE : INTENT_FAILED;
    job->stamp.ids.used = 0;
    job->events = false;
    int status = intent_finish(db, &job->intent->id, end, job->stamp.now, err);
    if (status > 0)
        status = payment_release(db, job->payment, job->intent->reason, err);
    else
        return status;
    if (status >= 0)
        status = money_note_released(db, job->payment, job->intent->reason, job->stamp.now, err);
    if (status < 0 || !job->payment->hold || !job->payment->authorized)
        return status;
    // Whoever was told of the authorization must know that it is no more.
    job->events = true;
    return money_put_events(db, job->payment, "payment.released", 1, job->payment->total,
                            &job->stamp, err);
}

int outcome_released(struct money *money, const struct payment *payment,
                     const struct intent *intent, struct err *err)
{
    struct outcome_job job = {.payment = payment, .intent = intent};
    return run(money, released_job, &job, 1, err);
}

// --- refunded ----------------------------------------------------------------------------------

STORE_SQL(payment_refund_done,
          "UPDATE payment SET refunding = refunding - $2, refunded = refunded + $3, "
          "next_check = NULL, checks = 0 WHERE id = $1");
STORE_SQL(
    payment_refund_line,
    "UPDATE payment_line SET refunding = refunding - $3, refunded = refunded + $4, "
    "state = CASE WHEN refunded + $4 = coalesce(accepted, amount) THEN 'refunded' ELSE state END "
    "WHERE payment = $1 AND line = $2");
STORE_SQL(payment_check_again, "UPDATE payment SET next_check = $2 WHERE id = $1 AND EXISTS "
                               "(SELECT 1 FROM payment_intent WHERE payment = $1 "
                               "AND state = 'pending')");

// now: with this refund no longer on its way.
static int post_refund(struct store_db *db, struct outcome_job *job, const struct payment *now,
                       struct err *err)
{
    const struct payment_line *line = &now->lines[job->intent->line - 1];
    struct ledger_party reserve = {LEDGER_RESERVE, now->provider};
    struct posting_refund failed = {.payment = now,
                                    .line = line,
                                    .credit = reserve,
                                    .given = line->refunded + line->refunding,
                                    .amount = job->intent->amount,
                                    .back = true,
                                    .reason = "refund-failed"};
    if (!job->given)
        return posting_refund(db, &failed, &job->stamp, err);
    struct ledger_transfer transfer = {.id = money_ids_next(&job->stamp.ids),
                                       .debit = reserve,
                                       .credit = {LEDGER_CLEARING, now->provider},
                                       .amount = job->intent->amount,
                                       .currency = now->currency,
                                       .reason = "refund",
                                       .payment = now->id.text,
                                       .line = line->number,
                                       .made = job->stamp.now,
                                       .node = job->stamp.node};
    return ledger_post(db, &transfer, err);
}

static int update_refund(struct store_db *db, const struct outcome_job *job, struct err *err)
{
    const struct intent *intent = job->intent;
    struct store_value key = bind_text(id_str(&job->payment->id));
    struct store_value amount = bind_int(intent->amount);
    struct store_value given = bind_int(job->given ? intent->amount : 0);
    int status = store_exec(db, payment_refund_done, BIND(key, amount, given), err);
    if (status >= 0)
        status = store_exec(db, payment_refund_line,
                            BIND(key, bind_int(intent->line), amount, given), err);
    if (status >= 0)
        status = store_exec(db, payment_check_again, BIND(key, bind_int(job->stamp.now)), err);
    return status;
}

static int refunded_job(struct store_db *db, void *argument, struct err *err)
{
    struct outcome_job *job = argument;
    struct payment *now;
    job->stamp.ids.used = 0;
    job->events = false;
    int status = intent_finish(db, &job->intent->id, job->given ? INTENT_DONE : INTENT_FAILED,
                               job->stamp.now, err);
    if (status <= 0)
        return status;
    status = update_refund(db, job, err);
    if (status >= 0)
        status = payment_read(db, id_str(&job->payment->id), job->arena, &now, err);
    if (status >= 0)
        status = post_refund(db, job, now, err);
    if (status < 0 || !job->given)
        return status;
    job->events = true;
    if (now->refunded == now->captured)
        status = payment_move(db, &now->id, PAYMENT_CAPTURED, PAYMENT_REFUNDED, err);
    if (status >= 0)
        status = money_put_events(db, now, "payment.refunded", job->intent->line,
                                  job->intent->amount, &job->stamp, err);
    struct money_returned returned = {job->intent->reason, job->intent->amount, job->stamp.now};
    return status < 0 ? status : money_note_refunded(db, now, &returned, err);
}

int outcome_refunded(struct money *money, const struct payment *payment,
                     const struct intent *intent, bool given, struct err *err)
{
    struct outcome_job job = {.payment = payment, .intent = intent, .given = given};
    return run(money, refunded_job, &job, POSTING_TRANSFERS + 1, err);
}

// --- unknown -----------------------------------------------------------------------------------

STORE_SQL(payment_later, "UPDATE payment SET next_check = $2, checks = checks + 1 "
                         "WHERE id = $1 AND (next_check IS NULL OR next_check < $2)");

static int unknown_job(struct store_db *db, void *argument, struct err *err)
{
    struct outcome_job *job = argument;
    int status = 0;
    if (job->intent)
        status = intent_release(db, &job->intent->id, err);
    if (status < 0)
        return status;
    const struct payment *payment = job->payment;
    int64_t wait = job->wait_ms ? job->wait_ms : money_backoff(payment->checks);
    int64_t next = job->stamp.now + wait;
    if (payment->state == PAYMENT_CREATED && job->stamp.now < payment->expires &&
        next > payment->expires)
        next = payment->expires;
    return store_exec(db, payment_later, BIND(bind_text(id_str(&payment->id)), bind_int(next)),
                      err);
}

int outcome_unknown(struct money *money, const struct payment *payment, const struct intent *intent,
                    struct err *err)
{
    struct outcome_job job = {.payment = payment, .intent = intent};
    return run(money, unknown_job, &job, 0, err);
}

int outcome_wait(struct money *money, const struct payment *payment, int64_t wait_ms,
                 struct err *err)
{
    struct outcome_job job = {.payment = payment, .wait_ms = wait_ms};
    return run(money, unknown_job, &job, 0, err);
}
