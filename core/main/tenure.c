// SPDX-License-Identifier: Apache-2.0
#include "main/tenure.h"

#include "base/log.h"
#include "loop/task.h"

enum { SWEEP_MS = 5 * 60 * 1000 };

void tenure_init(struct tenure *tenure, struct loop *control, struct delivery *delivery,
                 struct auth *auth, struct settler *settler)
{
    *tenure =
        (struct tenure){.control = control, .delivery = delivery, .auth = auth, .settler = settler};
    signal_init(&tenure->hurry);
    signal_init(&tenure->swept);
}

// Codes and sessions that have expired are deleted now and then.
static void sweep(void *argument)
{
    struct tenure *tenure = argument;
    struct err err;
    while (!tenure->ending) {
        if (auth_sweep(tenure->auth, &err) < 0)
            log_line(LOG_LEVEL_WARNING, "auth", "%s", err.message);
        if (!tenure->ending)
            signal_wait(&tenure->hurry, loop_now(tenure->control) + SWEEP_MS);
    }
    tenure->sweeps--;
    signal_raise(&tenure->swept);
}

void tenure_begin(struct tenure *tenure)
{
    if (tenure->held || tenure->over)
        return;
    tenure->held = true;
    tenure->ending = false;
    signal_init(&tenure->hurry);
    signal_init(&tenure->swept);
    delivery_start(tenure->delivery);
    settler_begin(tenure->settler, tenure->control);
    if (task_spawn(tenure->control, sweep, tenure) == 0)
        tenure->sweeps++;
    else
        log_line(LOG_LEVEL_ERROR, "main", "no memory for the task that sweeps");
}

void tenure_end(struct tenure *tenure)
{
    if (!tenure->held)
        return;
    tenure->ending = true;
    signal_raise(&tenure->hurry);
    delivery_end(tenure->delivery);
    settler_end(tenure->settler);
    if (tenure->sweeps)
        signal_wait(&tenure->swept, TASK_NO_DEADLINE);
    tenure->held = false;
}

void tenure_stop(struct tenure *tenure)
{
    tenure->ending = tenure->over = true;
    signal_raise(&tenure->hurry);
    delivery_stop(tenure->delivery);
    settler_stop(tenure->settler);
}
