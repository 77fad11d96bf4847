// SPDX-License-Identifier: Apache-2.0
#include "host/poison.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <time.h>

static uint64_t key_of(const struct poison *poison, const char *a, const char *b)
{
    struct str parts[] = {str_from(a), str_from(b)};
    return poison_key(poison, parts, 2);
}

Test(poison, a_request_is_refused_until_its_time_has_passed)
{
    struct poison *poison;
    poison_create(&poison, 50, 8);
    uint64_t key = key_of(poison, "crash", "{}");
    cr_assert_eq(poison_left(poison, key), 0);
    uint64_t begin = clock_monotonic_ms();
    poison_add(poison, key, 1);
    uint64_t left = poison_left(poison, key);
    cr_assert(left > 0 && left <= 50);
    cr_assert_eq(poison_left(poison, key_of(poison, "crash", "{1}")), 0);
    struct timespec pause = {.tv_nsec = 5 * 1000 * 1000};
    while (poison_left(poison, key))
        nanosleep(&pause, NULL);
    cr_assert_geq(clock_monotonic_ms() - begin, 50);
    poison_destroy(poison);
}

Test(poison, the_border_between_two_parts_counts)
{
    struct poison *poison;
    poison_create(&poison, 1000, 8);
    cr_assert_neq(key_of(poison, "ab", "c"), key_of(poison, "a", "bc"));
    cr_assert_eq(key_of(poison, "ab", "c"), key_of(poison, "ab", "c"));
    poison_destroy(poison);
}

Test(poison, when_the_table_is_full_the_oldest_gives_way)
{
    struct poison *poison;
    poison_create(&poison, 60 * 1000, 4);
    for (uint64_t key = 1; key <= 4; key++) {
        struct timespec pause = {.tv_nsec = 2 * 1000 * 1000};
        poison_add(poison, key, 1);
        nanosleep(&pause, NULL); // ages differ
    }
    poison_add(poison, 5, 2);
    cr_assert_eq(poison_left(poison, 1), 0);
    for (uint64_t key = 2; key <= 5; key++)
        cr_assert_gt(poison_left(poison, key), 0, "%llu", (unsigned long long)key);
    poison_destroy(poison);
}

Test(poison, what_a_runner_was_at_work_on_when_it_was_killed_from_outside_is_forgiven)
{
    struct poison *poison;
    poison_create(&poison, 60 * 1000, 8);
    poison_add(poison, 1, 7);
    poison_add(poison, 2, 8);
    poison_add(poison, 3, 7);
    poison_forgive(poison, 7);
    cr_assert_eq(poison_left(poison, 1), 0);
    cr_assert_gt(poison_left(poison, 2), 0);
    cr_assert_eq(poison_left(poison, 3), 0);
    poison_destroy(poison);
}

Test(poison, no_time_refuses_nothing)
{
    struct poison *poison;
    poison_create(&poison, 0, 4);
    poison_add(poison, 1, 1);
    cr_assert_eq(poison_left(poison, 1), 0);
    poison_destroy(poison);
}
