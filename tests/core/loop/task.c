// SPDX-License-Identifier: Apache-2.0
#include "loop/task.h"

#include <criterion/criterion.h>
#include <pthread.h>

struct scene {
    struct loop loop;
    struct signal signal;
    int order[8];
    int count;
    bool in_time;
};

static void note(struct scene *scene, int what)
{
    scene->order[scene->count++] = what;
}

static void waits(void *argument)
{
    struct scene *scene = argument;
    note(scene, 1);
    scene->in_time = signal_wait(&scene->signal, TASK_NO_DEADLINE);
    note(scene, 3);
    loop_stop(&scene->loop);
}

static void raises(void *argument)
{
    struct scene *scene = argument;
    note(scene, 2);
    signal_raise(&scene->signal);
    signal_raise(&scene->signal);
}

Test(task, a_waiting_task_goes_on_when_its_signal_is_raised)
{
    struct scene scene = {0};
    cr_assert_eq(loop_init(&scene.loop, NULL), 0);
    signal_init(&scene.signal);
    task_spawn(&scene.loop, waits, &scene);
    task_spawn(&scene.loop, raises, &scene);
    loop_run(&scene.loop);
    loop_finish(&scene.loop);
    cr_assert_eq(scene.count, 3);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(scene.order[i], i + 1);
    cr_assert(scene.in_time);
}

static void waits_in_vain(void *argument)
{
    struct scene *scene = argument;
    uint64_t begin = loop_now(&scene->loop);
    scene->in_time = signal_wait(&scene->signal, begin + 20);
    cr_assert_geq(loop_now(&scene->loop), begin + 20);
    loop_stop(&scene->loop);
}

Test(task, a_deadline_ends_the_wait)
{
    struct scene scene = {.in_time = true};
    loop_init(&scene.loop, NULL);
    signal_init(&scene.signal);
    task_spawn(&scene.loop, waits_in_vain, &scene);
    loop_run(&scene.loop);
    loop_finish(&scene.loop);
    cr_assert_not(scene.in_time);
}

enum { RAISES = 2000 };

struct exchange {
    struct loop loop;
    pthread_t thread;
    struct remote_signal mail;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    bool full;
    bool done;
    int answered;
};

static void *remote_thread(void *argument)
{
    struct exchange *exchange = argument;
    pthread_mutex_lock(&exchange->lock);
    while (!exchange->done) {
        if (exchange->full) {
            exchange->full = false;
            exchange->answered++;
            remote_raise(exchange->mail);
        } else {
            pthread_cond_wait(&exchange->filled, &exchange->lock);
        }
    }
    pthread_mutex_unlock(&exchange->lock);
    return NULL;
}

static void asks_the_thread(void *argument)
{
    struct exchange *exchange = argument;
    for (int i = 0; i < RAISES; i++) {
        struct signal answer;
        signal_init(&answer);
        pthread_mutex_lock(&exchange->lock);
        exchange->mail = signal_remote(&answer);
        exchange->full = true;
        pthread_cond_signal(&exchange->filled);
        pthread_mutex_unlock(&exchange->lock);
        cr_assert(signal_wait(&answer, TASK_NO_DEADLINE));
    }
    loop_stop(&exchange->loop);
}

Test(task, another_thread_can_raise_a_signal)
{
    struct exchange exchange = {.lock = PTHREAD_MUTEX_INITIALIZER,
                                .filled = PTHREAD_COND_INITIALIZER};
    loop_init(&exchange.loop, NULL);
    pthread_create(&exchange.thread, NULL, remote_thread, &exchange);
    task_spawn(&exchange.loop, asks_the_thread, &exchange);
    loop_run(&exchange.loop);
    pthread_mutex_lock(&exchange.lock);
    exchange.done = true;
    pthread_cond_signal(&exchange.filled);
    pthread_mutex_unlock(&exchange.lock);
    pthread_join(exchange.thread, NULL);
    loop_finish(&exchange.loop);
    cr_assert_eq(exchange.answered, RAISES);
}
