// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_LOOP_LOOP_H
#define MEDINA_LOOP_LOOP_H

#include "base/err.h"
#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

// One libuv loop, the tasks that run on it and the mailbox through which other threads reach it.
//
// A turn of the loop: libuv delivers I/O and timers, whose callbacks only move bytes and wake
// tasks; then every task that is ready runs until it waits or ends; then what the turn wrote is
// flushed (loop_at_turn_end), so that a hundred small writes to one socket are one system call.
//
// Everything belongs to the thread that calls loop_run, except loop_post and loop_stop.
struct loop {
    uv_loop_t uv;
    struct list ready;     // tasks to run this turn
    struct list turn_ends; // struct loop_hook to call at the end of this turn
    struct loop_mailbox *mailbox;
    struct list idle_tasks; // ended, kept for the next task_spawn
    char *read_buffer;      // LOOP_READ_SIZE bytes that a read callback may use until it returns
    uv_prepare_t prepare;
    uv_check_t check;
    uv_timer_t grace;
    unsigned tasks; // alive
    bool stopping;
};

enum { LOOP_READ_SIZE = 64 * 1024, LOOP_GRACE_MS = 5000 };

int loop_init(struct loop *loop, struct err *err);

// Runs until loop_stop; then returns once every task has ended or LOOP_GRACE_MS have passed.
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop); // from any thread

// Closes the loop's own handles; after loop_run has returned, on the same thread. Handles that
// others opened must be closed (or closing) by then.
void loop_finish(struct loop *loop);

// Milliseconds on the monotonic clock as of this turn; deadlines are points on it.
uint64_t loop_now(const struct loop *loop);

// From any thread: call function(argument) on the loop's main stack, in order of posting. Never
// blocks for longer than a short lock. Functions posted after loop_run returned are not called.
void loop_post(struct loop *loop, void (*function)(void *argument), void *argument);

// Asks for one call of hook->function at the end of the current turn; a hook that is already
// queued stays queued once. The hook lives in its owner, which unlinks it (list_remove) when it
// goes.
struct loop_hook {
    struct list node;
    void (*function)(struct loop_hook *hook);
};
void loop_at_turn_end(struct loop *loop, struct loop_hook *hook);

#endif
