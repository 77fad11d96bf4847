// SPDX-License-Identifier: Apache-2.0
#include "money/reconcile.h"

#include "money/money_internal.h"
#include "money/settlement.h"

#include <stdio.h>

struct reconcile_difference *reconcile_add(struct reconcile_job *job, enum reconcile_kind kind)
{
    struct reconciliation *out = job->out;
    if (out->count == out->capacity) {
        out->capacity = out->capacity ? out->capacity * 2 : 16;
        struct reconcile_difference *grown = arena_zero(job->arena, out->capacity * sizeof *grown);
        if (out->count)
            memcpy(grown, out->differences, out->count * sizeof *grown);
        out->differences = grown;
    }
    struct reconcile_difference *difference = &out->differences[out->count++];
    *difference = (struct reconcile_difference){.kind = kind};
    return difference;
}

// A read job, for its snapshot and for its thread: nobody waits while large files are read.
static int reconcile_job(struct store_db *db, void *argument, struct err *err)
{
    struct reconcile_job *job = argument;
    const struct reconcile_order *order = job->order;
    *job->out = (struct reconciliation){0};
    snprintf(job->out->day, sizeof job->out->day, "%s", order->day);
    if (order->report.size > order->report_bytes)
        return err_set(err, ERR_LIMIT, "the provider's report is over %zu bytes (%s)",
                       order->report_bytes, "reconcile.report_bytes");
    int status = report_read(order->report, order->currency, job->arena, &job->report, err);
    if (status == 0)
        status = camt_read(order->statement, &order->bank, job->arena, &job->statement, err);
    if (status == 0)
        status = reconcile_provider(db, job, err);
    return status < 0 ? status : reconcile_bank(db, job, err);
}

int money_reconcile(struct money *money, const struct reconcile_order *order, struct arena *arena,
                    struct reconciliation **out, struct err *err)
{
    struct reconcile_job job = {.order = order, .arena = arena};
    if (!settlement_bounds(order->day, &job.began, &job.ended))
        return err_set(err, ERR_INVALID, "a day is written like 2026-03-01");
    job.out = *out = arena_zero(arena, sizeof **out);
    int status = store_read(money->config.store, reconcile_job, &job, err);
    return status < 0 || !order->post ? status : reconcile_post(money, &job, err);
}

// --- JSON ----------------------------------------------------------------------------------------

const char *reconcile_kind_name(enum reconcile_kind kind)
{
    static const char *const names[] = {"missing", "extra", "wrong-amount", "wrong-day",
                                        "duplicate"};
    return names[kind];
}

static const char *next_step(const struct reconcile_difference *difference)
{
    static const char *const provider[] = {
        "ask the provider for this transaction by the payment's charge; until it has it, it owes "
        "the amount",
        "look the charge up at the provider: if it is the city's, find its payment by the charge "
        "and let it be asked again; if not, have the provider take it back",
        "compare the payment with the provider's page of it; the ledger holds what the provider "
        "confirmed, so a difference is the provider's to explain",
        "nothing is lost: reconcile the other day as well; around midnight both may be right",
        "ask the provider to take the second one back: the citizen paid once",
    };
    static const char *const bank[] = {
        "ask the bank for the order by its end-to-end id, or the provider for its payout",
        "find out who moved it: no settlement and no payout of this day has this reference",
        "ask the bank which amount was executed, and send what is missing or claim what is too "
        "much",
        "nothing is lost; ask the bank why it was not executed on the day that was asked for",
        "claim the second one back from the bank at once",
    };
    return difference->bank ? bank[difference->kind] : provider[difference->kind];
}

static json_t *text_json(struct str text)
{
    return json_stringn(text.data ? text.data : "", text.size);
}

static json_t *difference_json(const struct reconcile_difference *d)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:s, s:s, s:I, s:s}", "kind",
                     reconcile_kind_name(d->kind), "with", d->bank ? "bank" : "provider", "about",
                     d->about, "payment", text_json(d->payment), "reference",
                     text_json(d->reference), "ours", (json_int_t)d->ours, "theirs",
                     (json_int_t)d->theirs, "our_day", d->our_day, "their_day", d->their_day,
                     "line", (json_int_t)d->line, "next", next_step(d));
}

static json_t *sums_json(const struct reconcile_sums *sums)
{
    return json_pack("{s:I, s:I, s:I}", "charged", (json_int_t)sums->charged, "refunded",
                     (json_int_t)sums->refunded, "disputed", (json_int_t)sums->disputed);
}

json_t *reconcile_json(const struct reconciliation *result)
{
    json_t *list = json_array(), *provider = sums_json(&result->provider);
    for (size_t i = 0; i < result->count; i++)
        json_array_append_new(list, difference_json(&result->differences[i]));
    json_object_set_new(provider, "fees", json_integer(result->fees));
    json_object_set_new(provider, "paid_out", json_integer(result->paid_out));
    return json_pack("{s:s, s:b, s:o, s:o, s:I, s:{s:I, s:I}, s:I, s:o}", "day", result->day,
                     "agrees", result->count == 0, "ledger", sums_json(&result->ledger), "provider",
                     provider, "settled", (json_int_t)result->settled, "bank", "received",
                     (json_int_t)result->received, "spent", (json_int_t)result->spent, "posted",
                     (json_int_t)result->posted, "differences", list);
}
