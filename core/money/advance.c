// SPDX-License-Identifier: Apache-2.0
//
// Advancing a payment: read where it stands, do the one next thing, read again.
//
//     a pending intent     claim it, then look at the provider before doing it again
//     created              look: paid on the page? → authorized · page gone or late? → intent
//     cancel authorized           ask every agency for a fresh quote → intent capture, or intent
//     cancel anything else        at rest
//
//     intent capture       capture → captured
//     intent cancel        close the page or release the card → voided, expired, failed
//     intent refund        refund → refunded in part or whole
//
// An intent is committed before the provider is asked, and at most one that decides is pending, so
// two callers never do two different things. What a provider did is asked of the provider, never
// guessed; a claim that ends without an answer leaves the intent for the next caller.
#include "loop/task.h"
#include "money/accept.h"
#include "money/checkout.h"
#include "money/outcome.h"

#include <stdio.h>

enum { ROUNDS = 8 }; // created to captured takes three

// What one step came to, beside an error: MOVED says look again, BUSY that somebody else is at it.
enum { AT_REST, MOVED, BUSY };

struct advance {
    struct money *money;
    struct provider *provider;
    struct payment *payment;
    struct intent intent;
    bool has_intent;
    struct arena arena;
    struct provider_view *view;
};

struct advance_job {
    struct advance *advance;
    const struct id *id;
    struct intent_claim claim;
};

// --- reading -----------------------------------------------------------------------------------

static int read_job(struct store_db *db, void *argument, struct err *err)
{
    struct advance_job *job = argument;
    struct advance *advance = job->advance;
    int status = payment_read(db, id_str(job->id), &advance->arena, &advance->payment, err);
    if (status != 0)
        return status;
    int found = intent_find(db, job->id, job->claim.now, &advance->intent, err);
    advance->has_intent = found == 1;
    return found < 0 ? found : 0;
}

static int look(struct advance *advance, struct err *err)
{
    const char *session = advance->payment->session.data;
    memset(advance->view, 0, sizeof *advance->view);
    int status = advance->provider->look(advance->provider->context, session, advance->view, err);
    if (status != 0)
        return status;
    const struct provider_view *view = advance->view;
    bool holds = view->state == PROVIDER_AUTHORIZED || view->state == PROVIDER_CAPTURED;
    if (holds && !view->charge[0])
        return err_set(err, ERR_PROTOCOL, "the provider holds money without a charge");
    return 0;
}

static bool amount_is(const struct advance *advance, int64_t amount)
{
    return advance->view->amount == amount &&
           strcmp(advance->view->currency, advance->payment->currency) == 0;
}

static struct provider_call call_of(const struct advance *advance)
{
    return (struct provider_call){.key = advance->intent.id.text,
                                  .payment = advance->payment->id.text,
                                  .session = advance->payment->session.data,
                                  .charge = advance->payment->charge.data,
                                  .amount = advance->intent.amount};
}

// --- intents -----------------------------------------------------------------------------------

// The provider could not be asked or did not say: the intent waits for the next caller.
static int leave(struct advance *advance, int status)
{
    outcome_unknown(advance->money, advance->payment, &advance->intent, NULL);
    return status;
}

static int capture_ended(struct advance *advance, struct err *err)
{
    if (!amount_is(advance, accept_expected(advance->payment)))
        return leave(advance, err_set(err, ERR_PROTOCOL, "the provider took another amount"));
    return outcome_captured(advance->money, advance->payment, &advance->intent, advance->view, err);
}

// What a look says about a capture that was or may have been asked for: 1 when the card still holds
// the money, 0 when the intent has ended, negative when nobody knows.
static int capture_looked(struct advance *advance, struct err *err)
{
    int status = look(advance, err);
    if (status != 0)
        return leave(advance, status);
    switch (advance->view->state) {
    case PROVIDER_CAPTURED:
        return capture_ended(advance, err);
    case PROVIDER_AUTHORIZED:
        return 1;
    default:
        snprintf(advance->intent.reason, sizeof advance->intent.reason, "declined");
        return outcome_released(advance->money, advance->payment, &advance->intent, err);
    }
}

struct turn_job {
    const struct advance *advance;
    struct intent cancel;
    struct intent_claim claim;
};

static int turn_job(struct store_db *db, void *argument, struct err *err)
{
    struct turn_job *job = argument;
    int rows = intent_finish(db, &job->advance->intent.id, INTENT_FAILED, job->claim.now, err);
    return rows <= 0 ? rows : intent_begin(db, &job->cancel, &job->claim, err);
}

// The provider refuses to capture what it holds: let it go instead.
static int turn_to_cancel(struct advance *advance, struct err *err)
{
    struct turn_job job = {.advance = advance, .claim = money_claim(advance->money)};
    job.cancel = advance->intent;
    job.cancel.id = money_id(advance->money, job.claim.now);
    job.cancel.kind = INTENT_CANCEL;
    job.claim.until = 0; // for the next round to claim
    snprintf(job.cancel.reason, sizeof job.cancel.reason, "declined");
    return store_run(advance->money->config.store, turn_job, &job, err);
}

static int do_capture(struct advance *advance, struct err *err)
{
    int status = advance->intent.fresh ? 1 : capture_looked(advance, err);
    if (status != 1)
        return status;
    struct provider_call call = call_of(advance);
    status = advance->provider->capture(advance->provider->context, &call, err);
    if (status == 0) {
        *advance->view = (struct provider_view){.state = PROVIDER_CAPTURED, .amount = call.amount};
        memcpy(advance->view->currency, advance->payment->currency, sizeof advance->view->currency);
        return capture_ended(advance, err);
    }
    if (status != ERR_DENIED)
        return leave(advance, status);
    status = capture_looked(advance, err);
    return status == 1 ? turn_to_cancel(advance, err) : status;
}

static int do_cancel(struct advance *advance, struct err *err)
{
    for (int tries = 0; tries < 3; tries++) {
        int status = look(advance, err);
        if (status != 0)
            return leave(advance, status);
        if (advance->view->state == PROVIDER_GONE)
            return outcome_released(advance->money, advance->payment, &advance->intent, err);
        if (advance->view->state == PROVIDER_CAPTURED)
            return capture_ended(advance, err);
        struct provider_call call = call_of(advance);
        call.charge = advance->view->state == PROVIDER_AUTHORIZED ? advance->view->charge : "";
        status = advance->provider->cancel(advance->provider->context, &call, err);
        if (status != 0 && status != ERR_DENIED)
            return leave(advance, status);
        // Whatever it answered, the next look tells what became of it.
    }
    return leave(advance, err_set(err, ERR_UNAVAILABLE, "the provider does not let go"));
}

static int do_refund(struct advance *advance, struct err *err)
{
    struct provider_call call = call_of(advance);
    int status = ERR_NOT_FOUND;
    if (!advance->intent.fresh)
        status = advance->provider->find_refund(advance->provider->context, &call, err);
    if (status == ERR_NOT_FOUND)
        status = advance->provider->refund(advance->provider->context, &call, err);
    if (status != 0 && status != ERR_DENIED)
        return leave(advance, status);
    return outcome_refunded(advance->money, advance->payment, &advance->intent, status == 0, err);
}

struct open_job {
    struct advance *advance;
    struct money_stamp stamp;
};

static int open_job(struct store_db *db, void *argument, struct err *err)
{
    struct open_job *job = argument;
    job->stamp.ids.used = 0;
    return checkout_let_go(db, job->advance->payment, &job->advance->intent.id, &job->stamp, err);
}

// A page that its opener never learned of.
static int do_open(struct advance *advance, struct err *err)
{
    struct open_job job = {advance, money_stamp_make(advance->money, &advance->arena, 1)};
    return store_run(advance->money->config.store, open_job, &job, err);
}

static int do_intent(struct advance *advance, struct err *err)
{
    static int (*const doers[])(struct advance *, struct err *) = {[INTENT_OPEN] = do_open,
                                                                   [INTENT_CAPTURE] = do_capture,
                                                                   [INTENT_CANCEL] = do_cancel,
                                                                   [INTENT_REFUND] = do_refund};
    int status = doers[advance->intent.kind](advance, err);
    return status < 0 ? status : MOVED;
}

static int take_job(struct store_db *db, void *argument, struct err *err)
{
    struct advance_job *job = argument;
    return intent_take(db, job->id, &job->claim, err);
}

static int take_over(struct advance *advance, struct err *err)
{
    if (advance->intent.claimed)
        return BUSY;
    struct advance_job job = {.advance = advance,
                              .id = &advance->intent.id,
                              .claim = money_claim(advance->money)};
    int rows = store_run(advance->money->config.store, take_job, &job, err);
    return rows < 0 ? rows : rows == 0 ? BUSY : do_intent(advance, err);
}

// --- decisions ---------------------------------------------------------------------------------

STORE_SQL(advance_is_in, "SELECT 1 FROM payment WHERE id = $1 AND (state = $2 OR state = $3)");

struct begin_job {
    const struct intent *intent;
    const struct payment *payment;
    struct intent_claim claim;
};

static int begin_job(struct store_db *db, void *argument, struct err *err)
{
    struct begin_job *job = argument;
    bool cancel = job->intent->kind == INTENT_CANCEL;
    struct store_cursor row;
    int found = store_one(db, advance_is_in,
                          BIND(bind_text(id_str(&job->intent->payment)), bind_string("authorized"),
                               bind_string(cancel ? "created" : "authorized")),
                          &row, err);
    if (found <= 0)
        return found;
    cursor_finish(&row);
    int begun = intent_begin(db, job->intent, &job->claim, err);
    if (begun <= 0 || job->intent->kind != INTENT_CAPTURE)
        return begun;
    int status = accept_write(db, job->payment, err);
    return status < 0 ? status : begun;
}

// Writes down what is about to be asked, claimed until then. 1: ours; 0: somebody else decided.
static int begin(struct advance *advance, enum intent_kind kind, const char *reason,
                 int64_t claim_ms, struct err *err)
{
    struct begin_job job = {.intent = &advance->intent,
                            .payment = advance->payment,
                            .claim = money_claim(advance->money)};
    bool capture = kind == INTENT_CAPTURE;
    job.claim.until = job.claim.now + claim_ms;
    advance->intent = (struct intent){.id = money_id(advance->money, job.claim.now),
                                      .payment = advance->payment->id,
                                      .kind = kind,
                                      .amount = capture ? accept_expected(advance->payment)
                                                        : advance->payment->total,
                                      .fresh = true};
    snprintf(advance->intent.reason, sizeof advance->intent.reason, "%s", reason);
    return store_run(advance->money->config.store, begin_job, &job, err);
}

static int decide(struct advance *advance, enum intent_kind kind, const char *reason,
                  struct err *err)
{
    int begun = begin(advance, kind, reason, advance->money->config.claim_ms, err);
    return begun < 0 ? begun : begun == 0 ? BUSY : do_intent(advance, err);
}

static int advance_created(struct advance *advance, struct err *err)
{
    int status = look(advance, err);
    if (status != 0) {
        outcome_unknown(advance->money, advance->payment, NULL, NULL);
        return status;
    }
    bool late = money_now(advance->money) >= advance->payment->expires;
    if (advance->view->state == PROVIDER_OPEN && !late)
        return outcome_unknown(advance->money, advance->payment, NULL, err);
    if (advance->view->state == PROVIDER_OPEN || advance->view->state == PROVIDER_GONE)
        return decide(advance, INTENT_CANCEL, late ? "expired" : "closed", err);
    if (!amount_is(advance, advance->payment->total))
        return decide(advance, INTENT_CANCEL, "amount-mismatch", err);
    status = outcome_authorized(advance->money, advance->payment, advance->view, err);
    return status < 0 ? status : MOVED;
}

static int advance_authorized(struct advance *advance, struct err *err)
{
    struct acceptance answer = accept_ask(advance->money, advance->payment, &advance->arena);
    switch (answer.verdict) {
    case ACCEPT_LATER:
        return answer.wait_ms ? outcome_wait(advance->money, advance->payment, answer.wait_ms, err)
                              : outcome_unknown(advance->money, advance->payment, NULL, err);
    case ACCEPT_CAPTURE:
        return decide(advance, INTENT_CAPTURE, "accepted", err);
    default:
        return decide(advance, INTENT_CANCEL, answer.reason, err);
    }
}

static int advance_once(struct advance *advance, const struct id *id, struct err *err)
{
    struct advance_job job = {.advance = advance, .id = id, .claim = money_claim(advance->money)};
    int status = store_read(advance->money->config.store, read_job, &job, err);
    if (status < 0)
        return status;
    advance->provider = money_provider(advance->money, advance->payment->provider);
    if (!advance->provider)
        return AT_REST; // of a provider that is not configured any more
    advance->view = arena_zero(&advance->arena, sizeof *advance->view);
    if (advance->has_intent)
        return take_over(advance, err);
    if (advance->payment->state == PAYMENT_CREATED)
        return advance_created(advance, err);
    if (advance->payment->state == PAYMENT_AUTHORIZED)
        return advance_authorized(advance, err);
    return AT_REST;
}

static int advance_rounds(struct money *money, const struct id *payment, struct err *err)
{
    int status = MOVED;
    for (int round = 0; status == MOVED && round < ROUNDS; round++) {
        struct advance advance = {.money = money};
        status = advance_once(&advance, payment, err);
        arena_finish(&advance.arena);
    }
    return status;
}

int payment_advance(struct money *money, const struct id *payment, struct err *err)
{
    int status = advance_rounds(money, payment, err);
    return status < 0 ? status : 0;
}

int payment_wait(struct money *money, const struct id *payment, uint64_t ms, struct err *err)
{
    enum { LOOK_EVERY_MS = 50 };
    uint64_t deadline = clock_monotonic_ms() + ms;
    int status = advance_rounds(money, payment, err);
    while (status == BUSY && clock_monotonic_ms() < deadline) {
        task_sleep(LOOK_EVERY_MS);
        status = advance_rounds(money, payment, err);
    }
    return status < 0 ? status : 0;
}

int payment_cancel(struct money *money, const struct id *payment, struct err *err)
{
    struct advance advance = {.money = money};
    struct advance_job job = {.advance = &advance, .id = payment, .claim = money_claim(money)};
    int status = store_read(money->config.store, read_job, &job, err);
    // The pump may be running: only the agency knows whether anything was used.
    if (status >= 0 && advance.payment->hold && advance.payment->state == PAYMENT_AUTHORIZED)
        status = err_set(err, ERR_CONFLICT, "the agency decides what is taken; cancel it there");
    // Nobody's yet: advancing takes it over like any other.
    if (status >= 0 && !advance.has_intent && money_provider(money, advance.payment->provider))
        status = begin(&advance, INTENT_CANCEL, "cancelled", 0, err);
    arena_finish(&advance.arena);
    return status < 0 ? status : payment_advance(money, payment, err);
}
