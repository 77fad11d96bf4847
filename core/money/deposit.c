// SPDX-License-Identifier: Apache-2.0
#include "money/money_internal.h"

struct deposit_job {
    struct money *money;
    const struct money_deposit *deposit;
    struct idempotency_key key;
    struct money_stamp stamp;
};

static int deposit_job(struct store_db *db, void *argument, struct err *err)
{
    struct deposit_job *job = argument;
    const struct money_deposit *deposit = job->deposit;
    struct buf body = {0};
    struct idempotency_found found = {.body = &body};
    job->stamp.ids.used = 0;
    int status = idempotency_look(db, &job->key, &found, err);
    buf_finish(&body);
    if (status < 0 || found.state == IDEMPOTENCY_REPLAY)
        return status;
    if (found.state != IDEMPOTENCY_NEW)
        return err_set(err, ERR_CONFLICT, "another deposit has this reference");
    struct ledger_transfer transfer = {.id = money_ids_next(&job->stamp.ids),
                                       .debit = {LEDGER_CLEARING, deposit->source},
                                       .credit = {LEDGER_WALLET, deposit->account->text},
                                       .amount = deposit->amount,
                                       .currency = deposit->currency,
                                       .reason = "deposit",
                                       .made = job->stamp.now,
                                       .node = job->stamp.node};
    status = ledger_post(db, &transfer, err);
    struct activity_note told = {.account = deposit->account,
                                 .kind = "wallet.credited",
                                 .actor = {.by = ACTIVITY_OPERATOR},
                                 .amount = deposit->amount,
                                 .currency = deposit->currency,
                                 .made = job->stamp.now};
    if (status >= 0)
        status = activity_put(db, &told, err);
    if (status < 0)
        return status;
    struct idempotency_note note = {.key = &job->key, .now = job->stamp.now, .status = 201};
    return idempotency_start(db, &note, err);
}

int money_deposit(struct money *money, const struct money_deposit *deposit, struct err *err)
{
    struct arena arena = {0};
    char *request = arena_printf(&arena, "%s %lld %s", deposit->account->text,
                                 (long long)deposit->amount, deposit->currency);
    struct deposit_job job = {.money = money,
                              .deposit = deposit,
                              .key = {.caller = str_from(deposit->source),
                                      .route = STR("deposit"),
                                      .key = str_from(deposit->reference),
                                      .request = crypto_sha256(str_from(request))},
                              .stamp = money_stamp_make(money, &arena, 1)};
    int status = idempotency_check(&job.key, err);
    if (status == 0)
        status = store_run(money->config.store, deposit_job, &job, err);
    arena_finish(&arena);
    return status < 0 ? status : 0;
}

struct wallet_job {
    const struct id *account;
    const char *currency;
    int64_t *balance;
};

static int wallet_job(struct store_db *db, void *argument, struct err *err)
{
    struct wallet_job *job = argument;
    struct ledger_party party = {LEDGER_WALLET, job->account->text};
    return ledger_balance(db, party, job->currency, job->balance, err);
}

int money_wallet(struct money *money, const struct id *account, const char *currency,
                 int64_t *balance, struct err *err)
{
    struct wallet_job job = {account, currency, balance};
    return store_read(money->config.store, wallet_job, &job, err);
}
