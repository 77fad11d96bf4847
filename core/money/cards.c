// SPDX-License-Identifier: Apache-2.0
#include "money/cards.h"

#include "money/money_internal.h"

#include <stdio.h>

STORE_SQL(customer_insert, "INSERT INTO provider_customer (account, provider, customer) "
                           "VALUES ($1, $2, $3) ON CONFLICT DO NOTHING");
STORE_SQL(customer_find, "SELECT customer FROM provider_customer "
                         "WHERE account = $1 AND provider = $2");

struct customer_job {
    const struct id *account;
    const char *provider;
    const char *made; // to keep, unless another call was first
    char found[PROVIDER_ID];
};

static int find_job(struct store_db *db, void *argument, struct err *err)
{
    struct customer_job *job = argument;
    struct store_cursor row;
    int found =
        store_one(db, customer_find,
                  BIND(bind_text(id_str(job->account)), bind_string(job->provider)), &row, err);
    if (found <= 0)
        return found < 0 ? found : err_set(err, ERR_NOT_FOUND, "no customer of the provider");
    cursor_copy(&row, 0, job->found, sizeof job->found);
    cursor_finish(&row);
    return 0;
}

static int keep_job(struct store_db *db, void *argument, struct err *err)
{
    struct customer_job *job = argument;
    int rows = store_exec(db, customer_insert,
                          BIND(bind_text(id_str(job->account)), bind_string(job->provider),
                               bind_string(job->made)),
                          err);
    return rows < 0 ? rows : find_job(db, job, err);
}

bool cards_customer(struct money *money, struct provider *provider, const struct id *account,
                    char out[PROVIDER_ID])
{
    struct customer_job job = {.account = account, .provider = provider->name};
    char made[PROVIDER_ID] = "";
    if (!provider->customer || !account->text[0])
        return false;
    int status = store_read(money->config.store, find_job, &job, NULL);
    if (status == ERR_NOT_FOUND) {
        job.made = made;
        status = provider->customer(provider->context, account->text, made, NULL);
        if (status == 0)
            status = store_run(money->config.store, keep_job, &job, NULL);
    }
    if (status < 0)
        return false;
    snprintf(out, PROVIDER_ID, "%s", job.found);
    return true;
}

// Why a provider did not answer is one thing to who asks.
static int provider_failed(const struct err *reason, struct err *err)
{
    return err_set(err, ERR_UNAVAILABLE, "the provider's cards: %s", reason->message);
}

// 1 and the provider's customer of the account; 0: it has none, or the provider keeps no cards.
static int known_customer(struct money *money, const struct provider *provider,
                          struct customer_job *job, struct err *err)
{
    if (!provider->cards)
        return 0;
    job->provider = provider->name;
    int status = store_read(money->config.store, find_job, job, err);
    return status == ERR_NOT_FOUND ? 0 : status < 0 ? status : 1;
}

int money_cards(struct money *money, const struct id *account, struct provider_cards *out,
                struct err *err)
{
    struct provider *const *next = money->config.providers;
    struct customer_job job = {.account = account};
    out->count = 0;
    for (; next && *next; next++) {
        struct provider_cards page = {.at = out->at + out->count, .most = out->most - out->count};
        struct err reason = {0};
        int status = known_customer(money, *next, &job, err);
        if (status < 0)
            return status;
        if (status == 1 && (*next)->cards((*next)->context, job.found, &page, &reason) < 0)
            return provider_failed(&reason, err);
        out->count += page.count;
    }
    return 0;
}

bool money_has_customer(struct money *money, const struct id *account)
{
    struct provider *const *next = money->config.providers;
    struct customer_job job = {.account = account};
    bool found = false;
    for (; next && *next && !found; next++)
        found = known_customer(money, *next, &job, NULL) == 1;
    return found;
}

// Noted after the provider has done it; a store that is busy now does not bring the card back.
static int forgotten(struct money *money, const struct id *account, const char *device)
{
    struct activity_note note = {.account = account,
                                 .kind = "card.removed",
                                 .actor = {ACTIVITY_CITIZEN, device},
                                 .made = money_now(money)};
    activity_add(money->config.store, &note, NULL);
    return 0;
}

int money_card_forget(struct money *money, const struct id *account, const char *card,
                      const char *device, struct err *err)
{
    struct provider *const *next = money->config.providers;
    struct customer_job job = {.account = account};
    for (; next && *next; next++) {
        struct err reason = {0};
        int status = known_customer(money, *next, &job, err);
        if (status < 0)
            return status;
        if (status == 1)
            status = (*next)->forget_card((*next)->context, job.found, card, &reason);
        else
            status = ERR_NOT_FOUND;
        if (status != ERR_NOT_FOUND)
            return status < 0 ? provider_failed(&reason, err) : forgotten(money, account, device);
    }
    return err_set(err, ERR_NOT_FOUND, "no such card is kept for the account");
}
