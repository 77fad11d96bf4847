// SPDX-License-Identifier: Apache-2.0
#include "host/snapshot.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { CITIZENS = 20000 };

static unsigned chosen(const struct route *route, unsigned first)
{
    unsigned count = 0;
    for (unsigned i = first; i < first + CITIZENS; i++) {
        char name[32];
        snprintf(name, sizeof name, "citizen-%u", i);
        count += route_for(route, str_from(name)) == route->canary;
    }
    return count;
}

Test(snapshot, a_canary_gets_its_share_of_the_citizens_always_the_same_ones)
{
    const unsigned shares[] = {1, 100, 500, 3000, 9999};
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        struct route canary = {.instance = "water", .runner_count = 1};
        struct route route = {.instance = "water",
                              .runner_count = 1,
                              .canary = &canary,
                              .canary_share = shares[i]};
        double wanted = (double)shares[i] / ROUTE_SHARES,
               got = (double)chosen(&route, 0) / CITIZENS;
        cr_assert(got > wanted - 0.015 && got < wanted + 0.015, "%u: %f", shares[i], got);
        cr_assert_eq(chosen(&route, 0), chosen(&route, 0));
    }
}

Test(snapshot, a_larger_share_keeps_the_citizens_of_a_smaller_one)
{
    struct route canary = {.instance = "water", .runner_count = 1};
    struct route small = {.instance = "water",
                          .runner_count = 1,
                          .canary = &canary,
                          .canary_share = 1000};
    struct route large = small;
    large.canary_share = 2000;
    for (unsigned i = 0; i < CITIZENS; i++) {
        char name[32];
        snprintf(name, sizeof name, "citizen-%u", i);
        if (route_for(&small, str_from(name)) == &canary)
            cr_assert_eq(route_for(&large, str_from(name)), &canary);
    }
}

Test(snapshot, nobody_gets_a_canary_without_processes_nor_does_one_without_a_name)
{
    struct route canary = {.instance = "water"};
    struct route route = {.instance = "water",
                          .runner_count = 1,
                          .canary = &canary,
                          .canary_share = 9999};
    cr_assert_eq(chosen(&route, 0), 0);
    canary.runner_count = 1;
    cr_assert_eq(route_for(&route, (struct str){0}), &route);
    cr_assert_null(route_for(NULL, STR("somebody")));
}
