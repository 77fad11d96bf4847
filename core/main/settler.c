// SPDX-License-Identifier: Apache-2.0
#include "main/settler.h"

#include "base/log.h"
#include "money/dispute.h"

#include <stdlib.h>

enum { LOOK_MS = 5 * 1000 };

void settler_init(struct settler *settler, struct money *money, const struct settler_plan *plan)
{
    *settler = (struct settler){.money = money,
                                .terms = plan->terms,
                                .at_minute = -1,
                                .provider = plan->provider,
                                .poll_ms = plan->poll_ms};
    if (plan->at[0])
        settler->at_minute = atoi(plan->at) * 60 + atoi(plan->at + 3); // config.c has checked it
    signal_init(&settler->hurry);
    signal_init(&settler->over);
}

static int settle_day(struct settler *settler, const char *day, struct err *err)
{
    struct arena arena = {0};
    struct settlement_day *closed;
    struct settlement_order order = {.terms = &settler->terms, .day = day};
    int rc = settlement_close(settler->money, &order, &arena, &closed, err);
    arena_finish(&arena);
    return rc;
}

static void poll_disputes(struct settler *settler)
{
    struct err err;
    uint64_t now = loop_now(settler->control);
    if (!settler->provider || now < settler->next_poll)
        return;
    settler->next_poll = now + settler->poll_ms;
    if (dispute_poll(settler->money, settler->provider, &err) < 0)
        log_line(LOG_LEVEL_WARNING, "money", "the provider's disputes: %s", err.message);
}

static bool is_time(const struct settler *settler)
{
    struct civil now = clock_civil(clock_now(NULL));
    return settler->at_minute >= 0 && now.hour * 60 + now.minute >= settler->at_minute;
}

static void settle(void *argument)
{
    struct settler *settler = argument;
    char day[CLOCK_DATE];
    struct err err = {0};
    while (!settler->ending) {
        poll_disputes(settler);
        int rc = is_time(settler) ? settlement_due(settler->money, &settler->terms, day, &err) : 0;
        if (rc > 0)
            rc = settle_day(settler, day, &err) == 0 ? 1 : -1;
        if (rc < 0)
            log_line(LOG_LEVEL_ERROR, "money", "the day is not settled: %s", err.message);
        if (rc <= 0 && !settler->ending)
            signal_wait(&settler->hurry, loop_now(settler->control) + LOOK_MS);
    }
    settler->running = false;
    signal_raise(&settler->over);
}

void settler_begin(struct settler *settler, struct loop *control)
{
    if (settler->running)
        return;
    settler->control = control;
    settler->ending = false;
    signal_init(&settler->hurry);
    signal_init(&settler->over);
    settler->running = task_spawn(control, settle, settler) == 0;
    if (!settler->running)
        log_line(LOG_LEVEL_ERROR, "main", "no memory for the task that settles");
}

void settler_stop(struct settler *settler)
{
    settler->ending = true;
    signal_raise(&settler->hurry);
}

void settler_end(struct settler *settler)
{
    settler_stop(settler);
    if (settler->running)
        signal_wait(&settler->over, TASK_NO_DEADLINE);
}
