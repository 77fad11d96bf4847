// SPDX-License-Identifier: Apache-2.0
#include "loop/gather.h"

#include "loop/task.h"

#include <criterion/criterion.h>

enum { PARTS = 20 };

struct work {
    struct loop loop;
    int running, most, done;
};

static void part(void *context, size_t index)
{
    struct work *work = context;
    cr_assert_lt(index, PARTS);
    if (++work->running > work->most)
        work->most = work->running;
    if (task_running())
        task_sleep(5);
    work->running--;
    work->done++;
}

static void all(void *argument)
{
    struct work *work = argument;
    gather(PARTS, part, work);
    cr_assert_eq(work->done, PARTS, "it came back before all were done");
    gather(0, part, work);
    gather(1, part, work);
    loop_stop(&work->loop);
}

Test(gather, does_all_parts_at_once_and_waits_for_the_last)
{
    struct work work = {0};
    cr_assert_eq(loop_init(&work.loop, NULL), 0);
    cr_assert_eq(task_spawn(&work.loop, all, &work), 0);
    loop_run(&work.loop);
    loop_finish(&work.loop);
    cr_assert_eq(work.most, PARTS);
    cr_assert_eq(work.done, PARTS + 1);
}

Test(gather, outside_a_task_does_one_after_the_other)
{
    struct work work = {0};
    gather(PARTS, part, &work);
    cr_assert_eq(work.most, 1);
    cr_assert_eq(work.done, PARTS);
}
