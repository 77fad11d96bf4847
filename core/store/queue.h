// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_STORE_QUEUE_H
#define MEDINA_STORE_QUEUE_H

#include "base/list.h"
#include "loop/task.h"
#include "store/database.h"

#include <pthread.h>
#include <stdatomic.h>

// Jobs on their way from callers to the store's threads and their answers on the way back. A
// request lives on the stack of its caller, which waits until it is answered.
struct queue_request {
    struct list node;
    struct store_call call;
    struct err *err;
    int result;
    struct remote_signal caller; // loop is NULL when a thread waits, not a task
    bool answered;               // for a thread; under the queue's lock
    struct queue_request *next;  // the next answer for the same loop
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t work;     // for takers: a request waits, or the queue closes
    pthread_cond_t answered; // for waiting threads
    struct list waiting;
    unsigned limit;
    unsigned sleeping; // takers that wait for work
    bool closed;
    _Atomic unsigned depth; // written under the lock, read by anyone
    _Atomic uint64_t turned_away;
};

void queue_init(struct queue *queue, unsigned limit);
void queue_finish(struct queue *queue);

// Puts the job in, waits for its answer and returns it.
int queue_ask(struct queue *queue, store_job *job, void *argument, struct err *err);

// Takes up to limit requests in order, waiting for the first. 0: closed and empty.
unsigned queue_take(struct queue *queue, struct queue_request **out, unsigned limit);

// Gives every request its result: one post to each loop, however many of its tasks wait.
void queue_answer(struct queue *queue, struct queue_request **requests, unsigned count);

// New jobs are refused; takers go on until nothing waits.
void queue_close(struct queue *queue);

#endif
