// SPDX-License-Identifier: Apache-2.0
//
// Giving back: the amount leaves the agency's settlement account at once. To a wallet it goes in
// the same job. To a card it waits in the reserve while the provider is asked, and goes on to the
// clearing account when the provider has it, or back to the agency when it will not.
#include "money/order.h"
#include "money/posting.h"
#include "money/refund_request.h"
#include "money/top_up.h"

#include <stdio.h>

struct refund_job {
    struct money *money;
    const struct money_refund *refund;
    struct money_answer *answer;
    struct arena *arena;
    struct payment *payment; // read by the job
    struct intent intent;
    struct intent_claim claim;
    struct money_stamp stamp;
    bool to_wallet;
};

int refund_check(const struct payment *payment, int64_t line, int64_t amount, int64_t seen,
                 struct err *err)
{
    if (line < 1 || line > (int64_t)payment->count)
        return err_set(err, ERR_NOT_FOUND, "the payment has no such line");
    int64_t left = payment_line_left(&payment->lines[line - 1]);
    if (seen != left)
        return err_set(err, ERR_CONFLICT, "%lld can be refunded of the line, not %lld",
                       (long long)left, (long long)seen);
    if (amount > left)
        return err_set(err, ERR_CONFLICT, "so much is not left of the line");
    return 0;
}

static int check_refund(struct refund_job *job, struct err *err)
{
    const struct money_refund *refund = job->refund;
    int status = refund_check(job->payment, refund->line, refund->amount, refund->seen, err);
    if (status == ERR_CONFLICT &&
        refund->seen != payment_line_left(&job->payment->lines[refund->line - 1]))
        job->answer->refusal = MONEY_STALE;
    return status;
}

STORE_SQL(refund_reserve, "UPDATE payment SET refunding = refunding + $2, next_check = $3 "
                          "WHERE id = $1 AND state = 'captured'");
STORE_SQL(refund_reserve_line, "UPDATE payment_line SET refunding = refunding + $3 "
                               "WHERE payment = $1 AND line = $2 AND state = 'paid'");
STORE_SQL(refund_now, "UPDATE payment SET refunded = refunded + $2 "
                      "WHERE id = $1 AND state = 'captured'");
STORE_SQL(refund_now_line,
          "UPDATE payment_line SET refunded = refunded + $3, state = CASE WHEN refunded + $3 = "
          "coalesce(accepted, amount) THEN 'refunded' ELSE state END "
          "WHERE payment = $1 AND line = $2 AND state = 'paid'");

static int post(struct store_db *db, struct refund_job *job, struct err *err)
{
    const struct payment *payment = job->payment;
    const struct payment_line *line = &payment->lines[job->refund->line - 1];
    struct ledger_party wallet = {LEDGER_WALLET, payment->payer.text};
    struct ledger_party reserve = {LEDGER_RESERVE, payment->provider};
    struct posting_refund posting = {.payment = payment,
                                     .line = line,
                                     .credit = job->to_wallet ? wallet : reserve,
                                     .given = line->refunded + line->refunding,
                                     .amount = job->refund->amount,
                                     .reason = job->to_wallet ? "refund" : "refund-reserve"};
    return posting_refund(db, &posting, &job->stamp, err);
}

// The rows must be there: check_refund has just read them in the same transaction.
static int update(struct store_db *db, struct refund_job *job, struct err *err)
{
    struct store_value id = bind_text(id_str(&job->payment->id));
    struct store_value amount = bind_int(job->refund->amount);
    struct store_value line = bind_int(job->refund->line);
    int rows = job->to_wallet ? store_exec(db, refund_now, BIND(id, amount), err)
                              : store_exec(db, refund_reserve,
                                           BIND(id, amount, bind_int(job->claim.until)), err);
    if (rows == 1)
        rows = store_exec(db, job->to_wallet ? refund_now_line : refund_reserve_line,
                          BIND(id, line, amount), err);
    return rows == 0 ? err_set(err, ERR_CONFLICT, "the payment is not captured") : rows;
}

static int finish_wallet(struct store_db *db, struct refund_job *job, struct err *err)
{
    int status = payment_read(db, id_str(job->refund->payment), job->arena, &job->payment, err);
    if (status == 0 && job->payment->refunded == job->payment->captured)
        status = payment_move(db, &job->payment->id, PAYMENT_CAPTURED, PAYMENT_REFUNDED, err);
    if (status >= 0)
        status = money_put_events(db, job->payment, "payment.refunded", job->refund->line,
                                  job->refund->amount, &job->stamp, err);
    struct money_returned returned = {job->refund->reason, job->refund->amount, job->stamp.now};
    return status < 0 ? status : money_note_refunded(db, job->payment, &returned, err);
}

static int store_answer(struct store_db *db, struct refund_job *job, struct err *err)
{
    struct money_answer *answer = job->answer;
    answer->payment = job->payment->id;
    answer->status = job->to_wallet ? 201 : 202;
    buf_clear(&answer->body);
    buf_printf(&answer->body,
               "{\"refund\":\"%s\",\"payment\":\"%s\",\"line\":%lld,\"amount\":{\"amount\":%lld,"
               "\"currency\":\"%s\"},\"state\":\"%s\"}",
               job->intent.id.text, job->payment->id.text, (long long)job->refund->line,
               (long long)job->refund->amount, job->payment->currency,
               job->to_wallet ? "done" : "pending");
    struct idempotency_note note = {.key = &job->refund->key,
                                    .payment = &job->payment->id,
                                    .now = job->stamp.now,
                                    .status = answer->status,
                                    .body = buf_str(&answer->body)};
    return idempotency_start(db, &note, err);
}

static int refund_job(struct store_db *db, void *argument, struct err *err)
{
    struct refund_job *job = argument;
    job->stamp.ids.used = 0;
    int status = order_check_key(db, &job->refund->key, job->answer, err);
    if (status != 0)
        return status;
    status = payment_read(db, id_str(job->refund->payment), job->arena, &job->payment, err);
    if (status == 0)
        status = check_refund(job, err);
    if (status < 0)
        return status;
    job->to_wallet = strcmp(job->payment->provider, WALLET) == 0;
    status = update(db, job, err);
    if (status >= 0)
        status = post(db, job, err);
    if (status >= 0)
        status = job->to_wallet ? finish_wallet(db, job, err)
                                : intent_begin(db, &job->intent, &job->claim, err);
    if (status >= 0 && job->refund->decision)
        status = refund_decide(db, job->refund->decision, err);
    return status < 0 ? status : store_answer(db, job, err);
}

static int run_refund(struct money *money, const struct money_refund *refund,
                      struct money_answer *answer, struct arena *arena, struct err *err)
{
    struct refund_job job = {.money = money, .refund = refund, .answer = answer, .arena = arena};
    job.stamp = money_stamp_make(money, arena, POSTING_TRANSFERS + 1);
    job.claim = money_claim(money);
    job.claim.until = job.claim.now; // nobody's: advancing takes it over
    job.intent = (struct intent){.id = money_id(money, job.claim.now),
                                 .payment = *refund->payment,
                                 .kind = INTENT_REFUND,
                                 .line = refund->line,
                                 .amount = refund->amount};
    snprintf(job.intent.reason, sizeof job.intent.reason, "%s", refund->reason);
    int status = store_run(money->config.store, refund_job, &job, err);
    if (status < 0 || answer->replayed)
        return status;
    if (job.to_wallet)
        money_events_ready(money);
    else
        payment_advance(money, refund->payment, NULL); // what it cannot do now, a tick will
    return 0;
}

int payment_refund(struct money *money, const struct money_refund *refund,
                   struct money_answer *answer, struct err *err)
{
    memset(answer, 0, sizeof *answer);
    int status = idempotency_check(&refund->key, err);
    if (status != 0)
        return status;
    if (refund->amount < 1)
        return err_set(err, ERR_INVALID, "a refund is at least 1");
    if (!refund->reason || !refund->reason[0] ||
        strlen(refund->reason) >= sizeof((struct intent *)0)->reason)
        return err_set(err, ERR_INVALID, "a refund has a reason, one short word");
    struct arena arena = {0};
    status = run_refund(money, refund, answer, &arena, err);
    arena_finish(&arena);
    if (status < 0)
        buf_finish(&answer->body);
    return status < 0 ? status : 0;
}

// --- a wallet's money back to its cards ----------------------------------------------------------

enum { TOP_UPS = 20 }; // of one redemption; what is left of older ones, the next

STORE_SQL(redeem_top_ups,
          "SELECT p.id FROM payment AS p JOIN payment_line AS l ON l.payment = p.id "
          "WHERE p.payer = $1 AND p.state = 'captured' AND p.currency = $2 "
          "AND l.instance = 'wallet' AND l.state = 'paid' "
          "AND coalesce(l.accepted, l.amount) - l.refunded - l.refunding > 0 "
          "ORDER BY p.id DESC LIMIT $3");

struct redeem_job {
    struct money *money;
    const struct money_redemption *redemption;
    struct money_answer *answer;
    struct arena *arena;
    struct intent_claim claim;
    struct money_stamp stamp;
    struct id payments[TOP_UPS];
    int count;
};

static int read_top_ups(struct store_db *db, struct redeem_job *job, struct err *err)
{
    struct store_cursor row;
    job->count = 0;
    int status = store_query(db, redeem_top_ups,
                             BIND(bind_text(id_str(job->redemption->payer)),
                                  bind_string(job->redemption->currency), bind_int(TOP_UPS)),
                             &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        job->payments[job->count++] = id_from(cursor_text(&row, 0));
        status = 0;
    }
    cursor_finish(&row);
    return status;
}

// Begins the refund of one top-up, at most *most, from which it is taken.
static int redeem_one(struct store_db *db, struct redeem_job *job, const struct id *payment,
                      int64_t *most, struct err *err)
{
    struct money_refund refund = {.payment = payment, .line = 1};
    struct refund_job part = {.money = job->money, .refund = &refund, .arena = job->arena};
    int status = payment_read(db, id_str(payment), job->arena, &part.payment, err);
    if (status < 0)
        return status;
    int64_t left = payment_line_left(&part.payment->lines[0]);
    refund.amount = left < *most ? left : *most;
    part.claim = job->claim;
    part.stamp = job->stamp;
    part.intent = (struct intent){.id = *money_ids_next(&part.stamp.ids),
                                  .payment = *payment,
                                  .kind = INTENT_REFUND,
                                  .line = 1,
                                  .amount = refund.amount,
                                  .reason = "redeemed"};
    status = update(db, &part, err);
    if (status >= 0)
        status = post(db, &part, err);
    if (status >= 0)
        status = intent_begin(db, &part.intent, &part.claim, err);
    job->stamp = part.stamp;
    *most -= refund.amount;
    return status < 0 ? status : 0;
}

static int store_redemption(struct store_db *db, struct redeem_job *job, int64_t amount,
                            struct err *err)
{
    struct money_answer *answer = job->answer;
    answer->status = 202;
    buf_clear(&answer->body);
    buf_printf(&answer->body, "{\"redeemed\":{\"amount\":%lld,\"currency\":\"%s\"},\"payments\":[",
               (long long)amount, job->redemption->currency);
    for (int i = 0; i < job->count; i++)
        buf_append_texts(&answer->body, i ? ",\"" : "\"", job->payments[i].text, "\"", NULL);
    buf_append_text(&answer->body, "]}");
    struct idempotency_note note = {.key = &job->redemption->key,
                                    .payment = &job->payments[0],
                                    .now = job->stamp.now,
                                    .status = answer->status,
                                    .body = buf_str(&answer->body)};
    return idempotency_start(db, &note, err);
}

static int redeem_job(struct store_db *db, void *argument, struct err *err)
{
    struct redeem_job *job = argument;
    int64_t balance;
    job->stamp.ids.used = 0;
    job->count = 0;
    int status = order_check_key(db, &job->redemption->key, job->answer, err);
    if (status != 0)
        return status;
    status = ledger_balance(db, (struct ledger_party){LEDGER_WALLET, job->redemption->payer->text},
                            job->redemption->currency, &balance, err);
    if (status == 0)
        status = read_top_ups(db, job, err);
    int64_t left = balance;
    int found = job->count;
    for (job->count = 0; status == 0 && job->count < found && left > 0; job->count++)
        status = redeem_one(db, job, &job->payments[job->count], &left, err);
    if (status == 0 && job->count == 0) {
        job->answer->refusal = MONEY_NOTHING;
        return err_set(err, ERR_CONFLICT, "nothing in the wallet came from a card");
    }
    struct activity_note note = {.account = job->redemption->payer,
                                 .kind = "wallet.redeemed",
                                 .actor = {ACTIVITY_CITIZEN, job->redemption->device},
                                 .amount = balance - left,
                                 .currency = job->redemption->currency,
                                 .made = job->stamp.now};
    if (status >= 0)
        status = activity_put(db, &note, err);
    return status < 0 ? status : store_redemption(db, job, balance - left, err);
}

int money_redeem(struct money *money, const struct money_redemption *redemption,
                 struct money_answer *answer, struct err *err)
{
    struct arena arena = {0};
    struct redeem_job job = {.money = money, .redemption = redemption, .answer = answer};
    memset(answer, 0, sizeof *answer);
    int status = idempotency_check(&redemption->key, err);
    if (status != 0)
        return status;
    job.arena = &arena;
    job.stamp = money_stamp_make(money, &arena, TOP_UPS * (POSTING_TRANSFERS + 1));
    job.claim = money_claim(money);
    job.claim.until = job.claim.now; // nobody's: advancing takes it over
    status = store_run(money->config.store, redeem_job, &job, err);
    for (int i = 0; status >= 0 && !answer->replayed && i < job.count; i++)
        payment_advance(money, &job.payments[i], NULL); // what it cannot do now, a tick will
    arena_finish(&arena);
    if (status < 0)
        buf_finish(&answer->body);
    return status < 0 ? status : 0;
}

// --- an agency that will not take what was paid to it --------------------------------------------

static bool is_refused(const struct outbox_lines *lines, int64_t number)
{
    for (size_t i = 0; i < lines->count; i++)
        if (lines->numbers[i] == number)
            return true;
    return false;
}

// lines NULL: all of them.
static int refuse(struct money *money, const struct outbox_event *event,
                  const struct outbox_lines *lines, struct err *err)
{
    struct arena arena = {0};
    struct payment *payment;
    int status = money_payment(money, id_str(&event->payment), &arena, &payment, err);
    for (size_t i = 0; status == 0 && i < payment->count; i++) {
        const struct payment_line *line = &payment->lines[i];
        int64_t left = payment_line_left(line);
        if (!str_is(line->instance, event->instance) || left == 0 ||
            (lines && !is_refused(lines, line->number)))
            continue;
        char key[ID_LENGTH + 32];
        snprintf(key, sizeof key, "%s-%lld", event->id.text, (long long)line->number);
        struct money_refund refund = {.key = {.caller = STR("outbox"),
                                              .route = STR("refuse"),
                                              .key = str_from(key)},
                                      .payment = &event->payment,
                                      .line = line->number,
                                      .amount = left,
                                      .seen = left,
                                      .reason = "agency-refused"};
        struct money_answer answer;
        status = payment_refund(money, &refund, &answer, err);
        buf_finish(&answer.body);
    }
    arena_finish(&arena);
    return status < 0 ? status : outbox_acknowledge(money, event, 1, err);
}

int outbox_refuse(struct money *money, const struct outbox_event *event, struct err *err)
{
    return refuse(money, event, NULL, err);
}

int outbox_refuse_lines(struct money *money, const struct outbox_event *event,
                        struct outbox_lines lines, struct err *err)
{
    return refuse(money, event, &lines, err);
}
