// SPDX-License-Identifier: Apache-2.0
#include "host/automatic.h"

#include "base/log.h"
#include "base/mem.h"
#include "host/standing.h"
#include "loop/task.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { PAGE = 32 };

struct automatic {
    struct automatic_options options;
    struct loop *loop;
    _Atomic bool stopping;
    bool running; // on its loop, as is what follows
    struct signal wake;
    struct remote_signal ended; // of the task that waits for the end
};

// A page at a time: the orders of a city need not fit into memory, nor be looked at at once.
static void round_of(struct automatic *automatic)
{
    struct err err;
    struct standing *orders = mem_zero(PAGE, sizeof *orders);
    struct standing_page page = {NULL, orders, PAGE};
    int count = PAGE;
    while (count == PAGE && !automatic->stopping) {
        count = standing_list(automatic->options.store, &page, &err);
        if (count < 0)
            log_line(LOG_LEVEL_WARNING, "money", "standing orders: %s", err.message);
        for (int i = 0; i < count && !automatic->stopping; i++)
            automatic_tend(&automatic->options, &orders[i]);
        page.after = &orders[PAGE - 1];
    }
    free(orders);
}

static void run(void *argument)
{
    struct automatic *automatic = argument;
    while (!automatic->stopping) {
        round_of(automatic);
        if (!automatic->stopping)
            signal_wait(&automatic->wake, loop_now(automatic->loop) + automatic->options.look_ms);
    }
    automatic->running = false;
    if (automatic->ended.signal)
        remote_raise(automatic->ended);
    automatic->ended = (struct remote_signal){0};
}

static void start_here(void *argument)
{
    struct automatic *automatic = argument;
    if (automatic->running || !automatic->options.look_ms)
        return;
    automatic->running = true;
    automatic->stopping = false;
    signal_init(&automatic->wake);
    if (task_spawn(automatic->loop, run, automatic) == 0)
        return;
    automatic->running = false;
    log_line(LOG_LEVEL_ERROR, "host", "no memory for the task that pays standing orders");
}

static void raise_wake(void *argument)
{
    struct automatic *automatic = argument;
    signal_raise(&automatic->wake);
}

struct ending {
    struct automatic *automatic;
    struct remote_signal ended;
};

static void end_here(void *argument)
{
    struct ending *ending = argument;
    struct automatic *automatic = ending->automatic;
    automatic->stopping = true;
    signal_raise(&automatic->wake);
    if (automatic->running)
        automatic->ended = ending->ended;
    else
        remote_raise(ending->ended);
}

void automatic_create(struct automatic **out, const struct automatic_options *options)
{
    struct automatic *automatic = mem_zero(1, sizeof *automatic);
    automatic->options = *options;
    automatic->loop = gate_loop(options->gate);
    signal_init(&automatic->wake);
    *out = automatic;
}

void automatic_start(struct automatic *automatic)
{
    loop_post(automatic->loop, start_here, automatic);
}

void automatic_stop(struct automatic *automatic)
{
    automatic->stopping = true;
    loop_post(automatic->loop, raise_wake, automatic);
}

void automatic_end(struct automatic *automatic)
{
    struct signal ended;
    signal_init(&ended);
    struct ending ending = {automatic, signal_remote(&ended)};
    loop_post(automatic->loop, end_here, &ending);
    signal_wait(&ended, TASK_NO_DEADLINE);
}

void automatic_destroy(struct automatic *automatic)
{
    free(automatic);
}
