// SPDX-License-Identifier: Apache-2.0
#include "money/money_internal.h"
#include "money/order.h"

struct replay {
    const struct idempotency_key *key;
    struct money_answer *answer;
};

static int replay_job(struct store_db *db, void *argument, struct err *err)
{
    struct replay *replay = argument;
    buf_clear(&replay->answer->body);
    return order_check_key(db, replay->key, replay->answer, err);
}

int money_replay(struct money *money, const struct idempotency_key *key,
                 struct money_answer *answer, struct err *err)
{
    memset(answer, 0, sizeof *answer);
    int status = idempotency_check(key, err);
    if (status != 0)
        return status;
    struct replay replay = {key, answer};
    status = store_read(money->config.store, replay_job, &replay, err);
    if (status <= 0)
        buf_finish(&answer->body);
    return status;
}
