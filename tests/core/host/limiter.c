// SPDX-License-Identifier: Apache-2.0
#include "host/limiter.h"

#include "base/crypto.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const struct limiter_rate rate = {10, 60000};

static uint64_t take(struct limiter *limiter, const char *caller, uint64_t now)
{
    struct str parts[] = {STR("fines"), STR("plate"), str_from(caller)};
    return limiter_take(limiter, parts, 3, &rate, now);
}

static struct limiter *make(unsigned callers)
{
    struct limiter *limiter;
    cr_assert_eq(crypto_start(NULL), 0);
    limiter_create(&limiter, callers);
    return limiter;
}

Test(limiter, so_many_calls_pass_at_once_and_the_next_one_hears_when)
{
    struct limiter *limiter = make(100);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(take(limiter, "a", 5000), 0, "call %d", i);
    uint64_t wait = take(limiter, "a", 5000);
    cr_assert_eq(wait, 6001);
    cr_assert_neq(take(limiter, "a", 5000 + wait - 2), 0);
    cr_assert_eq(take(limiter, "a", 5000 + wait), 0, "as long as it was told to wait");
    cr_assert_neq(take(limiter, "a", 5000 + wait), 0, "one only");
    for (int i = 0; i < 10; i++)
        cr_assert_eq(take(limiter, "a", 1000000), 0, "after a whole window all of them");
    limiter_destroy(limiter);
}

Test(limiter, callers_and_operations_are_counted_apart)
{
    struct limiter *limiter = make(100);
    for (int i = 0; i < 10; i++)
        take(limiter, "a", 5000);
    cr_assert_neq(take(limiter, "a", 5000), 0);
    cr_assert_eq(take(limiter, "b", 5000), 0);
    struct str other[] = {STR("fines"), STR("licence"), STR("a")};
    cr_assert_eq(limiter_take(limiter, other, 3, &rate, 5000), 0);
    struct str moved[] = {STR("fines"), STR("platea"), STR("")};
    cr_assert_eq(limiter_take(limiter, moved, 3, &rate, 5000), 0);
    limiter_destroy(limiter);
}

// Whoever has used up more is remembered longer.
Test(limiter, a_crowd_does_not_make_it_forget_who_has_used_up_everything)
{
    struct limiter *limiter = make(1);
    for (int i = 0; i < 10; i++)
        cr_assert_eq(take(limiter, "a", 5000), 0);
    for (int i = 0; i < 1000; i++) {
        char name[16];
        snprintf(name, sizeof name, "crowd-%d", i);
        cr_assert_eq(take(limiter, name, 5000), 0, "%s", name);
    }
    cr_assert_neq(take(limiter, "a", 5000), 0);
    limiter_destroy(limiter);
}
