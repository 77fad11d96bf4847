// SPDX-License-Identifier: Apache-2.0
#include "auth/mark.h"

#include "fixture.h"

#include <criterion/criterion.h>

enum { MINUTE = 60 * 1000 };

Test(mark, favourites_and_uses_are_kept_for_each_citizen_alone)
{
    struct auth_fixture f;
    struct auth_mark marks[4];
    auth_fixture_open(&f);
    struct auth_signed_in mine = sign_in(&f, "0501234567", AUTH_COOKIE);
    struct auth_signed_in other = sign_in(&f, "0521234567", AUTH_COOKIE);
    const struct id *account = &mine.identity.account;
    cr_assert_eq(auth_mark_favourite(f.auth, account, "water", true, NULL), 0);
    cr_assert_eq(auth_mark_used(f.auth, account, "toll", NULL), 0);
    cr_assert_eq(auth_marks(f.auth, account, marks, 4, NULL), 2);
    cr_assert_str_eq(marks[0].instance, "toll");
    cr_assert_eq(marks[0].favourite, 0);
    cr_assert_gt(marks[0].used, 0);
    int64_t since = marks[1].favourite;
    cr_assert_gt(since, 0);
    advance_clock(&f, MINUTE);
    cr_assert_eq(auth_mark_favourite(f.auth, account, "water", true, NULL), 0);
    cr_assert_eq(auth_marks(f.auth, account, marks, 4, NULL), 2);
    cr_assert_eq(marks[1].favourite, since, "twice is once");
    cr_assert_eq(auth_mark_favourite(f.auth, account, "water", false, NULL), 0);
    cr_assert_eq(auth_mark_favourite(f.auth, account, "nobody", false, NULL), 0);
    cr_assert_eq(auth_marks(f.auth, account, marks, 4, NULL), 2);
    cr_assert_eq(marks[1].favourite, 0);
    cr_assert_eq(auth_marks(f.auth, &other.identity.account, marks, 4, NULL), 0);
    auth_fixture_close(&f);
}

Test(mark, a_use_is_written_again_only_after_some_minutes)
{
    struct auth_fixture f;
    struct auth_mark mark;
    auth_fixture_open(&f);
    struct auth_signed_in mine = sign_in(&f, "0501234567", AUTH_COOKIE);
    const struct id *account = &mine.identity.account;
    cr_assert_eq(auth_mark_used(f.auth, account, "toll", NULL), 0);
    cr_assert_eq(auth_marks(f.auth, account, &mark, 1, NULL), 1);
    int64_t first = mark.used;
    advance_clock(&f, MINUTE);
    cr_assert_eq(auth_mark_used(f.auth, account, "toll", NULL), 0);
    cr_assert_eq(auth_marks(f.auth, account, &mark, 1, NULL), 1);
    cr_assert_eq(mark.used, first);
    advance_clock(&f, 10 * MINUTE);
    cr_assert_eq(auth_mark_used(f.auth, account, "toll", NULL), 0);
    cr_assert_eq(auth_marks(f.auth, account, &mark, 1, NULL), 1);
    cr_assert_eq(mark.used, first + 11 * MINUTE);
    auth_fixture_close(&f);
}
