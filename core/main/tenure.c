// SPDX-License-Identifier: Apache-2.0
#include "main/tenure.h"

#include "base/log.h"
#include "loop/task.h"

void tenure_init(struct tenure *tenure, const struct tenure_options *options)
{
    *tenure = (struct tenure){.options = *options};
    signal_init(&tenure->hurry);
    signal_init(&tenure->swept);
}

// Codes, sessions, files and whatever else has expired are deleted now and then.
static void sweep(void *argument)
{
    struct tenure *tenure = argument;
    struct err err;
    while (!tenure->ending) {
        if (auth_sweep(tenure->options.auth, &err) < 0)
            log_line(LOG_LEVEL_WARNING, "auth", "%s", err.message);
        if (uploads_sweep(tenure->options.uploads, &err) < 0)
            log_line(LOG_LEVEL_WARNING, "host", "files that expired: %s", err.message);
        if (retention_sweep(tenure->options.store, &tenure->options.retention, clock_now(NULL),
                            &err) < 0)
            log_line(LOG_LEVEL_WARNING, "host", "what is over its time: %s", err.message);
        if (!tenure->ending)
            signal_wait(&tenure->hurry,
                        loop_now(tenure->options.control) + tenure->options.sweep_ms);
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
    delivery_start(tenure->options.delivery);
    settler_begin(tenure->options.settler, tenure->options.control);
    automatic_start(tenure->options.automatic);
    if (task_spawn(tenure->options.control, sweep, tenure) == 0)
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
    automatic_end(tenure->options.automatic);
    delivery_end(tenure->options.delivery);
    settler_end(tenure->options.settler);
    if (tenure->sweeps)
        signal_wait(&tenure->swept, TASK_NO_DEADLINE);
    tenure->held = false;
}

void tenure_stop(struct tenure *tenure)
{
    tenure->ending = tenure->over = true;
    signal_raise(&tenure->hurry);
    delivery_stop(tenure->options.delivery);
    automatic_stop(tenure->options.automatic);
    settler_stop(tenure->options.settler);
}
