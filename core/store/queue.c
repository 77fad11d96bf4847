// SPDX-License-Identifier: Apache-2.0
#include "store/queue.h"

void queue_init(struct queue *queue, unsigned limit)
{
    *queue = (struct queue){.limit = limit};
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->work, NULL);
    pthread_cond_init(&queue->answered, NULL);
    list_init(&queue->waiting);
}

void queue_finish(struct queue *queue)
{
    pthread_cond_destroy(&queue->answered);
    pthread_cond_destroy(&queue->work);
    pthread_mutex_destroy(&queue->lock);
}

// Under the lock.
static int append(struct queue *queue, struct queue_request *request, struct err *err)
{
    unsigned depth = atomic_load_explicit(&queue->depth, memory_order_relaxed);
    if (queue->closed)
        return err_set(err, ERR_UNAVAILABLE, "the store is closing");
    if (depth >= queue->limit) {
        atomic_fetch_add(&queue->turned_away, 1);
        return err_set(err, ERR_LIMIT, "the store's queue is full (%u jobs)", queue->limit);
    }
    list_append(&queue->waiting, &request->node);
    atomic_store_explicit(&queue->depth, depth + 1, memory_order_relaxed);
    if (queue->sleeping)
        pthread_cond_signal(&queue->work);
    return 0;
}

int queue_ask(struct queue *queue, store_job *job, void *argument, struct err *err)
{
    struct queue_request request = {.call = {job, argument}, .err = err};
    struct signal done;
    bool in_task = task_running();
    if (in_task) {
        signal_init(&done);
        request.caller = signal_remote(&done);
    }
    pthread_mutex_lock(&queue->lock);
    int status = append(queue, &request, err);
    while (status == 0 && !in_task && !request.answered)
        pthread_cond_wait(&queue->answered, &queue->lock);
    pthread_mutex_unlock(&queue->lock);
    if (status != 0)
        return status;
    if (in_task)
        signal_wait(&done, TASK_NO_DEADLINE);
    return request.result;
}

unsigned queue_take(struct queue *queue, struct queue_request **out, unsigned limit)
{
    unsigned count = 0;
    pthread_mutex_lock(&queue->lock);
    while (list_empty(&queue->waiting) && !queue->closed) {
        queue->sleeping++;
        pthread_cond_wait(&queue->work, &queue->lock);
        queue->sleeping--;
    }
    for (struct list *node; count < limit && (node = list_take_first(&queue->waiting));)
        out[count++] = LIST_ELEMENT(node, struct queue_request, node);
    unsigned depth = atomic_load_explicit(&queue->depth, memory_order_relaxed);
    atomic_store_explicit(&queue->depth, depth - count, memory_order_relaxed);
    pthread_mutex_unlock(&queue->lock);
    return count;
}

// On the loop's thread: raises the signals of a chain of answers. Tasks run later in the turn, so
// the chain stays whole while it is walked.
static void raise_chain(void *argument)
{
    for (struct queue_request *request = argument, *next; request; request = next) {
        next = request->next;
        signal_raise(request->caller.signal);
    }
}

void queue_answer(struct queue *queue, struct queue_request **requests, unsigned count)
{
    bool threads = false;
    pthread_mutex_lock(&queue->lock);
    for (unsigned i = 0; i < count; i++) {
        if (requests[i]->caller.loop)
            continue;
        threads = requests[i]->answered = true;
        requests[i] = NULL; // its thread may go on, and its stack with it
    }
    if (threads)
        pthread_cond_broadcast(&queue->answered);
    pthread_mutex_unlock(&queue->lock);
    for (unsigned i = 0; i < count; i++) {
        if (!requests[i])
            continue;
        struct queue_request *first = requests[i], *last = first;
        for (unsigned k = i + 1; k < count; k++) {
            if (!requests[k] || requests[k]->caller.loop != first->caller.loop)
                continue;
            last->next = requests[k];
            last = requests[k];
            requests[k] = NULL;
        }
        last->next = NULL;
        loop_post(first->caller.loop, raise_chain, first);
    }
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->work);
    pthread_mutex_unlock(&queue->lock);
}
