// SPDX-License-Identifier: Apache-2.0
#include "base/str.h"

#include <criterion/criterion.h>

Test(str, a_number_out_of_range_or_with_trailing_text_is_refused)
{
    int64_t value = 7;
    cr_assert(str_to_integer(STR("-12"), -20, 20, &value) && value == -12);
    cr_assert_not(str_to_integer(STR("21"), -20, 20, &value));
    cr_assert_not(str_to_integer(STR("1x"), -20, 20, &value));
    cr_assert_not(str_to_integer(STR("-"), -20, 20, &value));
    cr_assert_not(str_to_integer(STR("99999999999999999999"), INT64_MIN, INT64_MAX, &value));
    cr_assert_eq(value, -12);
}

Test(str, utf8_refuses_overlong_forms_and_surrogates)
{
    cr_assert(str_is_utf8(STR("كهرباء ⚡ 𝄞")));
    cr_assert_not(str_is_utf8(STR("\xC0\xAF")));
    cr_assert_not(str_is_utf8(STR("\xED\xA0\x80")));
    cr_assert_not(str_is_utf8(STR("\xF4\x90\x80\x80")));
    cr_assert_not(str_is_utf8(STR("\xE2\x82")));
}
