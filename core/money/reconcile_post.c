// SPDX-License-Identifier: Apache-2.0
//
// What the provider kept and what it paid out goes into the ledger when report and bank are right
// about it, some rows to a job, each once: the row of provider_transaction says so.
#include "base/log.h"
#include "money/money_internal.h"
#include "money/reconcile.h"
#include "money/settlement.h"

enum { ROWS_A_JOB = 100 };

struct post_job {
    const struct reconcile_order *order;
    struct report_row *const *rows;
    size_t count;
    struct money_stamp stamp;
    int64_t posted; // result
};

STORE_SQL(transaction_find, "SELECT 1 FROM provider_transaction WHERE provider = $1 AND id = $2");
STORE_SQL(transaction_add,
          "INSERT INTO provider_transaction (provider, id, day, kind, reference, payment, amount, "
          "fee, created, transfer) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");

// The fee of a dispute is the liable agency's and posted with the dispute.
static int64_t fee_of(const struct report_row *row)
{
    if (row->kind == REPORT_DISPUTE || row->kind == REPORT_REVERSAL)
        return 0;
    return row->kind == REPORT_FEE ? row->fee - row->amount : row->fee;
}

// From the provider's clearing account, below zero by what it owes the city: a fee and a payout
// both make it owe less.
static void fill(const struct post_job *job, const struct report_row *row,
                 struct ledger_transfer *transfer)
{
    struct ledger_party clearing = {LEDGER_CLEARING, job->order->provider};
    struct ledger_party other = {LEDGER_FEE, job->order->provider};
    int64_t amount = fee_of(row);
    transfer->reason = "provider-fee";
    if (row->kind == REPORT_PAYOUT) {
        other = (struct ledger_party){LEDGER_CLEARING, SETTLEMENT_BANK};
        amount = -row->amount;
        transfer->reason = "payout";
    }
    transfer->debit = amount < 0 ? clearing : other;
    transfer->credit = amount < 0 ? other : clearing;
    transfer->amount = amount < 0 ? -amount : amount;
    transfer->currency = job->order->currency;
    transfer->made = job->stamp.now;
    transfer->node = job->stamp.node;
}

static int post_row(struct store_db *db, struct post_job *job, const struct report_row *row,
                    struct err *err)
{
    struct ledger_transfer transfer = {.id = money_ids_next(&job->stamp.ids)};
    struct store_value provider = bind_string(job->order->provider);
    struct store_cursor cursor;
    int status = store_one(db, transaction_find, BIND(provider, bind_text(row->id)), &cursor, err);
    cursor_finish(&cursor);
    if (status != 0)
        return status < 0 ? status : 0;
    fill(job, row, &transfer);
    if (transfer.amount)
        status = ledger_post(db, &transfer, err);
    if (status < 0)
        return status;
    job->posted++;
    return store_exec(db, transaction_add,
                      BIND(provider, bind_text(row->id), bind_string(job->order->day),
                           bind_string(report_kind_name(row->kind)), bind_text(row->source),
                           row->payment.size ? bind_text(row->payment) : bind_null(),
                           bind_int(row->amount), bind_int(row->fee), bind_int(row->created),
                           transfer.amount ? bind_text(id_str(transfer.id)) : bind_null()),
                      err);
}

static int post_job(struct store_db *db, void *argument, struct err *err)
{
    struct post_job *job = argument;
    int status = 0;
    job->stamp.ids.used = 0;
    job->posted = 0;
    for (size_t i = 0; status >= 0 && i < job->count; i++)
        status = post_row(db, job, job->rows[i], err);
    return status;
}

int reconcile_post(struct money *money, struct reconcile_job *all, struct err *err)
{
    struct reconciliation *out = all->out;
    int status = 0;
    for (size_t at = 0; status >= 0 && at < out->good_count; at += ROWS_A_JOB) {
        size_t left = out->good_count - at;
        struct post_job job = {.order = all->order,
                               .rows = out->good + at,
                               .count = left < ROWS_A_JOB ? left : ROWS_A_JOB};
        job.stamp = money_stamp_make(money, all->arena, job.count);
        status = store_run(money->config.store, post_job, &job, err);
        if (status >= 0)
            out->posted += job.posted;
    }
    if (out->posted)
        log_line(LOG_LEVEL_INFORMATION, "money", "%lld transactions of %s of %s are posted",
                 (long long)out->posted, all->order->provider, all->order->day);
    return status < 0 ? status : 0;
}
