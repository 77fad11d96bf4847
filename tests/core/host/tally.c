// SPDX-License-Identifier: Apache-2.0
#include "host/tally.h"

#include <criterion/criterion.h>

Test(tally, a_percentile_is_never_too_low_and_at_most_a_quarter_too_high)
{
    for (uint64_t us = 1; us < 60 * 1000 * 1000; us = us * 5 / 4 + 1) {
        struct tally *tally = tally_create();
        struct tally_sum sum = {0};
        tally_count(tally, us, false);
        tally_add(&sum, tally);
        uint64_t said = tally_percentile(&sum, 0.99);
        cr_assert(said > us && said <= us + us / 4 + 1, "%llu µs read as %llu",
                  (unsigned long long)us, (unsigned long long)said);
        tally_release(tally);
    }
}

Test(tally, one_slow_call_in_a_hundred_does_not_move_p99_and_two_do)
{
    struct tally *tally = tally_create();
    struct tally_sum sum = {0};
    for (int i = 0; i < 99; i++)
        tally_count(tally, 1000, false);
    tally_count(tally, 1000 * 1000, false);
    tally_add(&sum, tally);
    cr_assert_lt(tally_percentile(&sum, 0.99), 1300);
    tally_count(tally, 1000 * 1000, false);
    sum = (struct tally_sum){0};
    tally_add(&sum, tally);
    cr_assert_gt(tally_percentile(&sum, 0.99), 1000 * 1000);
    tally_release(tally);
}

Test(tally, what_lies_between_two_looks_is_what_was_counted_between_them)
{
    struct tally *tally = tally_create();
    struct tally_sum then = {0}, now = {0};
    tally_count(tally, 10, true);
    tally_add(&then, tally);
    tally_count(tally, 5000, true);
    tally_count(tally, 5000, false);
    tally_add(&now, tally);
    struct tally_sum between = tally_since(&now, &then);
    cr_assert_eq(between.calls, 2);
    cr_assert_eq(between.errors, 1);
    cr_assert_gt(tally_percentile(&between, 0.5), 5000);
    tally_release(tally);
}

Test(tally, no_calls_have_no_percentile_and_a_day_long_one_counts)
{
    struct tally_sum sum = {0};
    cr_assert_eq(tally_percentile(&sum, 0.99), 0);
    struct tally *tally = tally_create();
    tally_count(tally, UINT64_C(86400) * 1000 * 1000, false);
    tally_add(&sum, tally);
    cr_assert_gt(tally_percentile(&sum, 0.99), 60 * 1000 * 1000);
    tally_release(tally);
}
