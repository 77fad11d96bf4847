// SPDX-License-Identifier: Apache-2.0
#include "main/settler.h"

#include "base/log.h"

#include <stdlib.h>

enum { LOOK_MS = 5 * 1000 };

void settler_init(struct settler *settler, struct money *money,
                  const struct settlement_terms *terms, const char *at)
{
    *settler = (struct settler){.money = money, .terms = *terms, .at_minute = -1};
    if (at[0])
        settler->at_minute = atoi(at) * 60 + atoi(at + 3); // config.c has checked it
    signal_init(&settler->hurry);
    signal_init(&settler->over);
}

static int settle_day(struct settler *settler, const char *day, struct err *err)
{
    struct arena arena = {0};
    struct settlement_day *closed;
    struct settlement_order order = {.terms = &settler->terms, .day = day};
    int rc = settlement_close(settler->money, &order, &arena, &closed, err);
    int64_t payable = 0;
    for (size_t i = 0; rc == 0 && i < closed->count; i++)
        payable += closed->at[i].payable;
    if (rc == 0)
        log_line(LOG_LEVEL_INFORMATION, "money", "%s is settled: %lld to pay in %s", day,
                 (long long)payable, settler->terms.currency);
    arena_finish(&arena);
    return rc;
}

static bool is_time(const struct settler *settler)
{
    struct civil now = clock_civil(clock_now(NULL));
    return now.hour * 60 + now.minute >= settler->at_minute;
}

static void settle(void *argument)
{
    struct settler *settler = argument;
    char day[CLOCK_DATE];
    struct err err = {0};
    while (!settler->ending) {
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
    if (settler->at_minute < 0 || settler->running)
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
