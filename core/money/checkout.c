// SPDX-License-Identifier: Apache-2.0
//
// Opening a provider's page:
//
//     job: payment created, lines open, intent "open", call in flight
//     provider: a page                                  ─ outside any transaction
//     job: intent done, page known, call answered       or  everything let go
//
// A page that nobody was shown takes no money, so when the provider's answer is lost the payment is
// let go: nothing needs to be asked. The wallet has no page and holds the money at once: what it
// holds goes back in the job that lets go.
#include "money/checkout.h"

#include "money/cards.h"
#include "money/order.h"
#include "money/outcome.h"
#include "money/wallet_hold.h"

#include <stdio.h>

struct checkout_job {
    struct money *money;
    const struct money_order *order;
    struct payment *payment;
    struct money_answer *answer;
    struct intent intent;
    struct intent_claim claim;
    const struct provider_view *view;
    struct money_stamp stamp; // to let go
};

static int create_job(struct store_db *db, void *argument, struct err *err)
{
    struct checkout_job *job = argument;
    int status = order_check_key(db, &job->order->key, job->answer, err);
    if (status != 0)
        return status;
    status = order_check_items(db, job->payment, job->answer, err);
    if (status >= 0 && job->order->also)
        status = job->order->also(job->order->also_context, db, job->payment, err);
    if (status >= 0)
        status = payment_insert(db, job->payment, job->claim.until, err);
    if (status >= 0)
        status = intent_begin(db, &job->intent, &job->claim, err);
    struct idempotency_note note = {.key = &job->order->key,
                                    .payment = &job->payment->id,
                                    .now = job->claim.now};
    return status < 0 ? status : idempotency_start(db, &note, err);
}

STORE_SQL(checkout_opened, "UPDATE payment SET session = $2, charge = $3, redirect = $4, "
                           "next_check = $5 WHERE id = $1 AND state = 'created'");

static int opened_job(struct store_db *db, void *argument, struct err *err)
{
    struct checkout_job *job = argument;
    const struct money_config *config = &job->money->config;
    struct payment *payment = job->payment;
    const struct provider_view *view = job->view;
    int rows = intent_finish(db, &job->intent.id, INTENT_DONE, job->claim.now, err);
    if (rows == 0)
        return err_set(err, ERR_UNAVAILABLE, "the payment was let go meanwhile");
    if (rows > 0)
        rows = store_exec(db, checkout_opened,
                          BIND(bind_text(id_str(&payment->id)), bind_string(view->session),
                               view->charge[0] ? bind_string(view->charge) : bind_null(),
                               bind_string(view->redirect),
                               bind_int(job->claim.now + money_backoff(1))),
                          err);
    if (rows < 0)
        return rows;
    payment->redirect = str_from(view->redirect);
    buf_clear(&job->answer->body);
    config->render(config->render_context, payment, &job->answer->body);
    job->answer->status = 201;
    return idempotency_finish(db, &payment->id, job->answer->status, buf_str(&job->answer->body),
                              err);
}

int checkout_let_go(struct store_db *db, const struct payment *payment, const struct id *intent,
                    struct money_stamp *stamp, struct err *err)
{
    int rows = intent_finish(db, intent, INTENT_FAILED, stamp->now, err);
    if (rows <= 0)
        return rows;
    int status = payment_release(db, payment, "unavailable", err);
    if (status >= 0 && strcmp(payment->provider, WALLET) == 0)
        status = wallet_hold_let_go(db, payment, stamp, err);
    if (status >= 0)
        status = money_note_released(db, payment, "unavailable", stamp->now, err);
    return status < 0 ? status : idempotency_drop(db, &payment->id, err);
}

static int let_go_job(struct store_db *db, void *argument, struct err *err)
{
    struct checkout_job *job = argument;
    job->stamp.ids.used = 0;
    return checkout_let_go(db, job->payment, &job->intent.id, &job->stamp, err);
}

// "https://…/{payment}/return" with the payment's id in its place.
static struct str fill_url(struct arena *arena, struct str pattern, const struct id *id)
{
    const char *text = arena_string(arena, pattern);
    const char *place = strstr(text, "{payment}");
    if (!place)
        return str_from(text);
    return str_from(arena_printf(arena, "%.*s%s%s", (int)(place - text), text, id->text,
                                 place + strlen("{payment}")));
}

static struct str title_of(const struct payment *payment, struct arena *arena)
{
    const struct payment_line *first = &payment->lines[0];
    struct str title = strcmp(payment->language, "ar") == 0 ? first->title_ar : first->title_en;
    if (payment->count == 1)
        return title;
    return str_from(
        arena_printf(arena, STR_FORMAT " (+%zu)", STR_ARGUMENTS(title), payment->count - 1));
}

static int open_page(struct checkout_job *job, struct provider *provider,
                     struct provider_view *view, struct arena *arena, struct err *err)
{
    const struct payment *payment = job->payment;
    char customer[PROVIDER_ID];
    bool known = cards_customer(job->money, provider, &payment->payer, customer);
    struct provider_order order = {.key = job->intent.id.text,
                                   .payment = payment->id.text,
                                   .payer = payment->payer.text,
                                   .customer = known ? customer : NULL,
                                   .currency = payment->currency,
                                   .language = payment->language,
                                   .amount = payment->total,
                                   .expires = payment->expires,
                                   .title = title_of(payment, arena),
                                   .return_url =
                                       fill_url(arena, job->order->return_url, &payment->id),
                                   .cancel_url =
                                       fill_url(arena, job->order->cancel_url, &payment->id)};
    int status = provider->open(provider->context, &order, view, err);
    if (status == ERR_UNKNOWN) // once more: the key makes it the same page
        status = provider->open(provider->context, &order, view, err);
    if (status == ERR_DENIED && known) { // it may know the customer no more: a page without
        order.customer = NULL;
        order.key = arena_printf(arena, "%s-plain", job->intent.id.text);
        status = provider->open(provider->context, &order, view, err);
    }
    return status;
}

static int open_and_answer(struct checkout_job *job, struct provider *provider, struct arena *arena,
                           struct err *err)
{
    struct store *store = job->money->config.store;
    struct provider_view *view = arena_zero(arena, sizeof *view);
    struct err reason = {0};
    int status = open_page(job, provider, view, arena, &reason);
    job->view = view;
    job->claim.now = money_now(job->money);
    if (status == 0) {
        status = store_run(store, opened_job, job, err);
        snprintf(job->answer->redirect, sizeof job->answer->redirect, "%s", view->redirect);
        return status;
    }
    job->stamp = money_stamp_make(job->money, arena, 1);
    store_run(store, let_go_job, job, NULL);
    if (status == ERR_DENIED && strcmp(job->payment->provider, WALLET) == 0) {
        job->answer->refusal = MONEY_INSUFFICIENT;
        return err_set(err, ERR_CONFLICT, "%s", reason.message);
    }
    return err_set(err, ERR_UNAVAILABLE, "the provider's page: %s", reason.message);
}

int money_checkout(struct money *money, const char *provider_name, const struct money_order *order,
                   struct money_answer *answer, struct err *err)
{
    struct arena arena = {0};
    struct checkout_job job = {.money = money, .order = order, .answer = answer};
    struct provider *provider = money_provider(money, provider_name);
    memset(answer, 0, sizeof *answer);
    if (!provider)
        return err_set(err, ERR_INVALID, "no such payment provider");
    int status = order_build(money, provider_name, order, &arena, &job.payment, err);
    if (status != 0) {
        arena_finish(&arena);
        return status;
    }
    int64_t now = job.payment->created;
    job.intent = (struct intent){.id = money_id(money, now),
                                 .payment = job.payment->id,
                                 .kind = INTENT_OPEN,
                                 .amount = job.payment->total};
    job.claim = money_claim(money);
    status = store_run(money->config.store, create_job, &job, err);
    if (status >= 0 && !answer->replayed) {
        answer->payment = job.payment->id;
        status = open_and_answer(&job, provider, &arena, err);
        if (status >= 0 && job.view->state == PROVIDER_AUTHORIZED)
            payment_advance(money, &answer->payment, NULL); // there is no page to wait for
    }
    arena_finish(&arena);
    if (status < 0)
        buf_finish(&answer->body);
    return status < 0 ? status : 0;
}
