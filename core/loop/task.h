// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_LOOP_TASK_H
#define MEDINA_LOOP_TASK_H

#include "base/list.h"
#include "loop/loop.h"

#include <stdbool.h>
#include <stdint.h>

// Straight-line code on a loop: a task is one coroutine that waits for things other code finishes.
//
//     struct signal done;                 // on the task's stack
//     signal_init(&done);
//     start_something(..., &done);        // whose completion calls signal_raise(&done)
//     if (!signal_wait(&done, deadline))
//         return err_set(err, ERR_TIMEOUT, ...);
//
// No libcurl, OpenSSL or getaddrinfo on a task's stack: they run on threads of their own.

enum { TASK_NO_DEADLINE = 0 };

// Starts function(argument) as a task at the end of this turn (or of the coming one). A task that
// cannot get a stack is reported as -1 and does not run.
int task_spawn(struct loop *loop, void (*function)(void *argument), void *argument);

// The loop of the running task; NULL outside tasks.
struct loop *task_loop(void);

// True when the caller runs inside a task.
bool task_running(void);

void task_sleep(uint64_t ms);

// A one-shot event that at most one task waits for. Belongs to one loop's thread.
struct signal {
    struct task *waiter;
    bool raised;
};

void signal_init(struct signal *signal);

// Marks it raised and makes the waiting task ready. Raising twice is the same as once.
void signal_raise(struct signal *signal);

// Suspends the running task until it is raised; true when it was, false when deadline (on
// loop_now's clock; TASK_NO_DEADLINE waits for ever) came first. The signal may be waited for
// again.
bool signal_wait(struct signal *signal, uint64_t deadline);

// A signal raised from another thread: copied into the message that thread gets, raised with
// remote_raise. The signal must outlive the raise: wait for it without a deadline, or own it in
// memory that the remote side releases.
struct remote_signal {
    struct loop *loop;
    struct signal *signal;
};
struct remote_signal signal_remote(struct signal *signal);
void remote_raise(struct remote_signal remote);

#endif
