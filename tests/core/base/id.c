// SPDX-License-Identifier: Apache-2.0
#include "base/id.h"

#include <criterion/criterion.h>
#include <string.h>

Test(id, ids_of_one_millisecond_and_of_a_clock_set_back_still_grow)
{
    struct id_generator generator = ID_GENERATOR_INIT;
    struct id last = id_next(&generator, 1700000000000);
    for (int i = 0; i < 2000; i++) {
        struct id next = id_next(&generator, i < 1000 ? 1700000000000 : 1600000000000);
        cr_assert_lt(strcmp(last.text, next.text), 0);
        cr_assert(id_valid(id_str(&next)), "%s", next.text);
        last = next;
    }
}

Test(id, counting_past_the_random_bits_carries_into_the_next_millisecond)
{
    struct id_generator generator = ID_GENERATOR_INIT;
    struct id first = id_next(&generator, 1700000000000);
    generator.high |= 0xFFF;
    generator.low = UINT64_MAX >> 2 | (uint64_t)2 << 62;
    struct id next = id_next(&generator, 1700000000000);
    cr_assert_lt(strcmp(first.text, next.text), 0);
    cr_assert(id_valid(id_str(&next)));
    cr_assert_eq(id_time(&next), 1700000000001);
}

Test(id, an_id_tells_when_it_was_made)
{
    struct id_generator generator = ID_GENERATOR_INIT;
    struct id id = id_next(&generator, 1766563200123);
    cr_assert_eq(strlen(id.text), ID_LENGTH);
    cr_assert_eq(id_time(&id), 1766563200123);
}

Test(id, what_is_not_an_id_is_refused)
{
    struct id_generator generator = ID_GENERATOR_INIT;
    struct id id = id_next(&generator, 1766563200123), bad = id;
    cr_assert_not(id_valid(STR("")));
    cr_assert_not(id_valid((struct str){id.text, ID_LENGTH - 1}));
    cr_assert_not(id_valid(STR("zzzzzzzzzzzzzzzzzzzzzzzzzz")));
    cr_assert_not(id_valid(STR("00000000000000000000000000"))); // version 0
    bad.text[5] = 'u';                                          // not a Crockford digit
    cr_assert_not(id_valid(id_str(&bad)));
    bad.text[5] = 'A';
    cr_assert_not(id_valid(id_str(&bad)));
    cr_assert_str_eq(id_from(id_str(&bad)).text, "");
    cr_assert_str_eq(id_from(id_str(&id)).text, id.text);
}
