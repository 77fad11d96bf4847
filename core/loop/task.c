// SPDX-License-Identifier: Apache-2.0
//
// A task is running (on its own stack), ready (linked into loop->ready), waiting (a signal points
// at it) or idle (ended and kept, so that a request costs no allocation and no timer handle).

#include "loop/task.h"

#include "base/co.h"
#include "base/mem.h"
#include "loop/task_run.h"

#include <stdlib.h>

struct task {
    struct list node; // in loop->ready or loop->idle_tasks
    struct loop *loop;
    struct co *co;
    void (*function)(void *argument);
    void *argument;
    uv_timer_t timer;
};

// co_running() tells that a coroutine runs; this tells which task it is.
static _Thread_local struct task *running;

static void task_entry(void *argument)
{
    struct task *task = argument;
    task->function(task->argument);
}

static struct task *task_take(struct loop *loop)
{
    struct list *node = list_take_first(&loop->idle_tasks);
    if (node)
        return LIST_ELEMENT(node, struct task, node);
    struct task *task = mem_zero(1, sizeof *task);
    list_init(&task->node);
    task->loop = loop;
    uv_timer_init(&loop->uv, &task->timer);
    task->timer.data = task;
    return task;
}

int task_spawn(struct loop *loop, void (*function)(void *argument), void *argument)
{
    struct task *task = task_take(loop);
    task->co = co_create(task_entry, task);
    if (!task->co) {
        list_append(&loop->idle_tasks, &task->node);
        return -1;
    }
    task->function = function;
    task->argument = argument;
    loop->tasks++;
    list_append(&loop->ready, &task->node);
    return 0;
}

void task_run_ready(struct loop *loop)
{
    for (struct list *node; (node = list_take_first(&loop->ready));) {
        struct task *task = LIST_ELEMENT(node, struct task, node);
        running = task;
        co_resume(task->co);
        running = NULL;
        if (!co_finished(task->co))
            continue;
        co_destroy(task->co);
        task->co = NULL;
        loop->tasks--;
        list_append(&loop->idle_tasks, &task->node);
    }
}

void task_release_idle(struct loop *loop)
{
    LIST_EACH(&loop->idle_tasks, node)
    uv_close((uv_handle_t *)&LIST_ELEMENT(node, struct task, node)->timer, NULL);
}

void task_free_idle(struct loop *loop)
{
    for (struct list *node; (node = list_take_first(&loop->idle_tasks));)
        free(LIST_ELEMENT(node, struct task, node));
}

struct loop *task_loop(void)
{
    return running ? running->loop : NULL;
}

bool task_running(void)
{
    return running != NULL;
}

void signal_init(struct signal *signal)
{
    *signal = (struct signal){0};
}

static void make_ready(struct task *task)
{
    if (list_empty(&task->node))
        list_append(&task->loop->ready, &task->node);
}

void signal_raise(struct signal *signal)
{
    signal->raised = true;
    if (signal->waiter)
        make_ready(signal->waiter);
}

static void on_deadline(uv_timer_t *timer)
{
    make_ready(timer->data);
}

bool signal_wait(struct signal *signal, uint64_t deadline)
{
    if (signal->raised)
        return true;
    struct task *task = running;
    signal->waiter = task;
    if (deadline != TASK_NO_DEADLINE) {
        uint64_t now = loop_now(task->loop);
        uv_timer_start(&task->timer, on_deadline, deadline > now ? deadline - now : 0, 0);
    }
    co_suspend();
    if (deadline != TASK_NO_DEADLINE)
        uv_timer_stop(&task->timer);
    signal->waiter = NULL;
    return signal->raised;
}

void task_sleep(uint64_t ms)
{
    struct signal never;
    signal_init(&never);
    uint64_t now = loop_now(running->loop);
    signal_wait(&never, now + ms ? now + ms : 1);
}

struct remote_signal signal_remote(struct signal *signal)
{
    return (struct remote_signal){running->loop, signal};
}

static void raise_here(void *argument)
{
    signal_raise(argument);
}

void remote_raise(struct remote_signal remote)
{
    loop_post(remote.loop, raise_here, remote.signal);
}
