// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_LOOP_LOCK_H
#define MEDINA_LOOP_LOCK_H

#include "base/list.h"

#include <stdbool.h>

// Lets one task of a loop at a time through a stretch of code that waits. First come, first served.
struct task_lock {
    bool held;
    struct list waiting;
};

void task_lock_init(struct task_lock *lock);
void task_lock_take(struct task_lock *lock); // inside a task
void task_lock_release(struct task_lock *lock);

#endif
