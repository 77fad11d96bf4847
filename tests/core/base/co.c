// SPDX-License-Identifier: Apache-2.0
#include "base/co.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

static int steps;

static void three_steps(void *argument)
{
    (void)argument;
    for (int i = 0; i < 3; i++) {
        steps++;
        co_suspend();
    }
}

Test(co, a_coroutine_continues_where_it_suspended)
{
    struct co *co = co_create(three_steps, NULL);
    for (int i = 1; i <= 3; i++) {
        co_resume(co);
        cr_assert_eq(steps, i);
        cr_assert_not(co_finished(co));
    }
    co_resume(co);
    cr_assert(co_finished(co));
    cr_assert_null(co_running());
    co_destroy(co);
    co_release_kept();
}

static void keep_values(void *argument)
{
    volatile int own[256];
    for (int i = 0; i < 256; i++)
        own[i] = *(int *)argument + i;
    co_suspend();
    for (int i = 0; i < 256; i++)
        cr_assert_eq(own[i], *(int *)argument + i);
}

Test(co, a_thousand_coroutines_keep_their_own_stacks)
{
    static struct co *all[1000];
    static int seeds[1000];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 1000; i++) {
            seeds[i] = i * 7;
            all[i] = co_create(keep_values, &seeds[i]);
            co_resume(all[i]);
        }
        for (int i = 0; i < 1000; i++) {
            co_resume(all[i]);
            cr_assert(co_finished(all[i]));
            co_destroy(all[i]);
        }
    }
    co_release_kept();
}

__attribute__((noinline)) static int overflow(int depth)
{
    volatile char frame[4096];
    memset((char *)frame, depth, sizeof frame);
    return depth < 1000000 ? overflow(depth + 1) + frame[17] : 0;
}

static void overflow_entry(void *argument)
{
    *(volatile int *)argument = overflow(1);
}

// Under ASan the fault is reported by ASan, which exits with its own code; either way the process
// dies at the guard and never reaches the next stack.
#ifdef MEDINA_SANITIZED
Test(co, a_stack_overflow_dies_at_the_guard, .exit_code = 1)
#else
Test(co, a_stack_overflow_dies_at_the_guard, .signal = SIGSEGV)
#endif
{
    int result = 0;
    struct co *co = co_create(overflow_entry, &result);
    co_resume(co);
    cr_assert_fail("the overflow went unnoticed");
}
