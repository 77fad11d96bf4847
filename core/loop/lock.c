// SPDX-License-Identifier: Apache-2.0
#include "loop/lock.h"

#include "loop/task.h"

struct place {
    struct list node;
    struct signal turn;
};

void task_lock_init(struct task_lock *lock)
{
    lock->held = false;
    list_init(&lock->waiting);
}

void task_lock_take(struct task_lock *lock)
{
    if (!lock->held) {
        lock->held = true;
        return;
    }
    struct place place;
    signal_init(&place.turn);
    list_append(&lock->waiting, &place.node);
    signal_wait(&place.turn, TASK_NO_DEADLINE);
}

// The lock passes from hand to hand: it stays held while somebody waits.
void task_lock_release(struct task_lock *lock)
{
    struct list *node = list_take_first(&lock->waiting);
    if (node)
        signal_raise(&LIST_ELEMENT(node, struct place, node)->turn);
    else
        lock->held = false;
}
