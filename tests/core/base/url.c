// SPDX-License-Identifier: Apache-2.0
#include "base/url.h"

#include <criterion/criterion.h>

Test(url, pairs_are_decoded_and_malformed_ones_are_refused)
{
    struct arena arena = {0};
    struct str rest = STR("&a=1+2&&b=%D9%85&c&=x"), name, value;
    cr_assert_eq(url_next_pair(&rest, &arena, &name, &value), 1);
    cr_assert(str_is(name, "a") && str_is(value, "1 2"));
    cr_assert_eq(url_next_pair(&rest, &arena, &name, &value), 1);
    cr_assert(str_is(name, "b") && str_is(value, "م"));
    cr_assert_eq(url_next_pair(&rest, &arena, &name, &value), 1);
    cr_assert(str_is(name, "c") && str_is(value, ""));
    cr_assert_eq(url_next_pair(&rest, &arena, &name, &value), 1);
    cr_assert(str_is(name, "") && str_is(value, "x"));
    cr_assert_eq(url_next_pair(&rest, &arena, &name, &value), 0);
    static const char *const bad[] = {"a=%", "a=%1", "a=%zz", "a=%00", "a=%ff"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        rest = str_from(bad[i]);
        cr_assert_eq(url_next_pair(&rest, &arena, &name, &value), -1, "%s", bad[i]);
    }
    arena_finish(&arena);
}

Test(url, what_was_encoded_is_decoded)
{
    struct arena arena = {0};
    struct buf out = {0};
    struct str back, text = STR("a/b?c=d&e +%فاتورة");
    url_encode(text, &out);
    cr_assert(url_decode(buf_str(&out), false, &arena, &back));
    cr_assert(str_equal(back, text));
    buf_finish(&out);
    arena_finish(&arena);
}
