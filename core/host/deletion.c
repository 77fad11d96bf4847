// SPDX-License-Identifier: Apache-2.0
#include "host/deletion.h"

#include "activity/activity.h"
#include "auth/erase.h"
#include "base/log.h"
#include "base/mem.h"
#include "host/account_text.h"
#include "host/standing.h"
#include "host/upload.h"
#include "money/cards.h"
#include "notify/inbox.h"

#include <stdlib.h>

struct deletion_job {
    const struct id *account;
    const char *currency;
    int64_t now;
    struct person bars; // result
};

static int look_job(struct store_db *db, void *argument, struct err *err)
{
    struct deletion_job *job = argument;
    return person_look(db, job->account, job->currency, &job->bars, err);
}

int deletion_look(const struct deletion_desk *desk, const struct id *account, struct person *out,
                  struct err *err)
{
    struct deletion_job job = {.account = account, .currency = desk->currency};
    int status = store_read(desk->store, look_job, &job, err);
    *out = job.bars;
    return status < 0 ? status : 0;
}

static int refuse(const struct person *bars, struct err *err)
{
    return bars->open || bars->balance
               ? err_set(err, ERR_CONFLICT, "a payment has not ended, or the wallet is not empty")
               : 0;
}

static int erase_job(struct store_db *db, void *argument, struct err *err)
{
    static int (*const parts[])(struct store_db *, const struct id *,
                                struct err *) = {activity_erase, inbox_erase, standing_erase,
                                                 uploads_erase, person_erase};
    struct deletion_job *job = argument;
    int status = look_job(db, job, err);
    if (status >= 0)
        status = refuse(&job->bars, err);
    for (size_t i = 0; status >= 0 && i < sizeof parts / sizeof *parts; i++)
        status = parts[i](db, job->account, err);
    return status < 0 ? status : auth_erase(db, job->account, job->now, err);
}

static int forget_cards(const struct deletion_desk *desk, const struct auth_identity *who,
                        struct err *err)
{
    enum { MOST = 100 };
    struct provider_cards cards = {.most = MOST, .at = mem_zero(MOST, sizeof *cards.at)};
    int status = money_cards(desk->money, &who->account, &cards, err);
    for (size_t i = 0; status >= 0 && i < cards.count; i++) {
        status = money_card_forget(desk->money, &who->account, cards.at[i].id, who->device, err);
        if (status == ERR_NOT_FOUND) // gone meanwhile
            status = 0;
    }
    free(cards.at);
    return status;
}

int deletion_run(const struct deletion_desk *desk, const struct auth_step_answer *answer,
                 struct str language, struct person *bars, struct err *err)
{
    const struct auth_identity *who = answer->who;
    struct deletion_job job = {.account = &who->account, .currency = desk->currency};
    struct phone phone;
    int status = deletion_look(desk, &who->account, bars, err);
    if (status == 0)
        status = refuse(bars, err);
    if (status == 0)
        status = auth_phone_of(desk->auth, &who->account, &phone, err);
    if (status == 0)
        status = auth_step_finish(desk->auth, answer, err);
    if (status == 0)
        status = forget_cards(desk, who, err);
    if (status < 0)
        return status;
    job.now = clock_now(NULL);
    status = store_run(desk->store, erase_job, &job, err);
    *bars = job.bars;
    if (status < 0)
        return status;
    account_text_deleted(desk->sms, &phone, language);
    return 0;
}
