// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_LOOP_TASK_RUN_H
#define MEDINA_LOOP_TASK_RUN_H

struct loop;

// What loop.c asks of task.c; nobody else includes this.

void task_run_ready(struct loop *loop);    // runs ready tasks until none is left
void task_release_idle(struct loop *loop); // closes the timers of kept tasks
void task_free_idle(struct loop *loop);    // frees them, once the timers have closed

#endif
