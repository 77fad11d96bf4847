// SPDX-License-Identifier: Apache-2.0
#include "host/retention.h"

#include "activity/activity.h"
#include "money/person.h"

// Some hundred rows a job, so that nobody waits long behind a sweep.
enum { SWEEP = 500 };

static int activity_job(struct store_db *db, void *argument, struct err *err)
{
    int rows = activity_sweep(db, *(const int64_t *)argument, SWEEP, err);
    return rows < 0 ? rows : rows == SWEEP;
}

static int payments_job(struct store_db *db, void *argument, struct err *err)
{
    return person_sweep(db, *(const int64_t *)argument, SWEEP, err);
}

int retention_sweep(struct store *store, const struct retention *retention, int64_t now,
                    struct err *err)
{
    int64_t activity = now - retention->activity_ms, payments = now - retention->payments_ms;
    int more = 1;
    while (more > 0)
        more = store_run(store, activity_job, &activity, err);
    for (more = more < 0 ? more : 1; more > 0;)
        more = store_run(store, payments_job, &payments, err);
    return more;
}
