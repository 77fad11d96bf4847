// SPDX-License-Identifier: Apache-2.0
//
// A turn: uv_run calls prepare, polls, then calls check. Both call the turn below, so that what
// timers (before prepare) and I/O (before check) made ready runs before the loop sleeps again.

#include "loop/loop.h"

#include "base/co.h"
#include "base/mem.h"
#include "loop/task_run.h"

#include <pthread.h>
#include <stdlib.h>

struct letter {
    struct list node;
    void (*function)(void *argument);
    void *argument;
};

// The only part of a loop that other threads touch.
struct loop_mailbox {
    pthread_mutex_t lock;
    struct list letters;
    bool closed;
    uv_async_t bell;
};

static void turn(struct loop *loop)
{
    do {
        task_run_ready(loop);
        struct list hooks;
        list_init(&hooks);
        list_splice(&hooks, &loop->turn_ends);
        for (struct list *node; (node = list_take_first(&hooks));) {
            struct loop_hook *hook = LIST_ELEMENT(node, struct loop_hook, node);
            hook->function(hook);
        }
    } while (!list_empty(&loop->ready) || !list_empty(&loop->turn_ends));
    if (loop->stopping && loop->tasks == 0)
        uv_stop(&loop->uv);
}

static void on_prepare(uv_prepare_t *handle)
{
    turn(handle->data);
}

static void on_check(uv_check_t *handle)
{
    turn(handle->data);
}

static void on_bell(uv_async_t *handle)
{
    struct loop *loop = handle->data;
    struct list letters;
    list_init(&letters);
    pthread_mutex_lock(&loop->mailbox->lock);
    list_splice(&letters, &loop->mailbox->letters);
    pthread_mutex_unlock(&loop->mailbox->lock);
    for (struct list *node; (node = list_take_first(&letters));) {
        struct letter *letter = LIST_ELEMENT(node, struct letter, node);
        letter->function(letter->argument);
        free(letter);
    }
}

int loop_init(struct loop *loop, struct err *err)
{
    *loop = (struct loop){0};
    int rc = uv_loop_init(&loop->uv);
    if (rc != 0)
        return err_set(err, ERR_IO, "event loop: %s", uv_strerror(rc));
    list_init(&loop->ready);
    list_init(&loop->turn_ends);
    list_init(&loop->idle_tasks);
    loop->read_buffer = mem_alloc(LOOP_READ_SIZE);
    loop->mailbox = mem_zero(1, sizeof *loop->mailbox);
    pthread_mutex_init(&loop->mailbox->lock, NULL);
    list_init(&loop->mailbox->letters);
    rc = uv_async_init(&loop->uv, &loop->mailbox->bell, on_bell);
    if (rc != 0)
        return err_set(err, ERR_IO, "event loop: %s", uv_strerror(rc));
    loop->mailbox->bell.data = loop;
    uv_prepare_init(&loop->uv, &loop->prepare);
    uv_check_init(&loop->uv, &loop->check);
    uv_timer_init(&loop->uv, &loop->grace);
    loop->prepare.data = loop->check.data = loop->grace.data = loop;
    uv_prepare_start(&loop->prepare, on_prepare);
    uv_check_start(&loop->check, on_check);
    return 0;
}

static void on_grace_over(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

static void begin_stop(void *argument)
{
    struct loop *loop = argument;
    if (loop->stopping)
        return;
    loop->stopping = true;
    uv_timer_start(&loop->grace, on_grace_over, LOOP_GRACE_MS, 0);
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *loop)
{
    loop_post(loop, begin_stop, loop);
}

uint64_t loop_now(const struct loop *loop)
{
    return uv_now(&loop->uv);
}

void loop_post(struct loop *loop, void (*function)(void *argument), void *argument)
{
    struct letter *letter = mem_alloc(sizeof *letter);
    *letter = (struct letter){.function = function, .argument = argument};
    pthread_mutex_lock(&loop->mailbox->lock);
    bool closed = loop->mailbox->closed;
    if (!closed) {
        list_append(&loop->mailbox->letters, &letter->node);
        uv_async_send(&loop->mailbox->bell);
    }
    pthread_mutex_unlock(&loop->mailbox->lock);
    if (closed)
        free(letter);
}

void loop_at_turn_end(struct loop *loop, struct loop_hook *hook)
{
    if (!hook->node.next)
        list_init(&hook->node);
    if (list_empty(&hook->node))
        list_append(&loop->turn_ends, &hook->node);
}

void loop_finish(struct loop *loop)
{
    struct loop_mailbox *mailbox = loop->mailbox;
    pthread_mutex_lock(&mailbox->lock);
    mailbox->closed = true;
    for (struct list *node; (node = list_take_first(&mailbox->letters));)
        free(LIST_ELEMENT(node, struct letter, node));
    pthread_mutex_unlock(&mailbox->lock);
    task_release_idle(loop);
    uv_close((uv_handle_t *)&mailbox->bell, NULL);
    uv_close((uv_handle_t *)&loop->prepare, NULL);
    uv_close((uv_handle_t *)&loop->check, NULL);
    uv_close((uv_handle_t *)&loop->grace, NULL);
    // A handle that its owner forgot to close would keep a full run waiting: two turns are enough
    // for every close callback.
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    uv_loop_close(&loop->uv);
    task_free_idle(loop);
    pthread_mutex_destroy(&mailbox->lock);
    free(mailbox);
    free(loop->read_buffer);
    co_release_kept();
}
