// SPDX-License-Identifier: Apache-2.0
#include "charge.h"

#include <criterion/criterion.h>

enum { PRICE = 258, LIMIT = 15000 };

static struct charge charge_of(int64_t millilitres, int64_t stated)
{
    struct charge_meter meter = {millilitres, PRICE, stated, LIMIT};
    cr_assert(charge_is_plausible(&meter));
    return charge_for(&meter);
}

Test(charge, litres_times_price_is_exact_and_rounds_half_up)
{
    cr_assert_eq(charge_amount(0, PRICE), 0);
    cr_assert_eq(charge_amount(1000, PRICE), 258);
    cr_assert_eq(charge_amount(38250, PRICE), 9869); // 9868.5
    cr_assert_eq(charge_amount(38249, PRICE), 9868); // 9868.242
    cr_assert_eq(charge_amount(250, 2), 1);          // 0.5
    cr_assert_eq(charge_amount(249, 2), 0);
    cr_assert_eq(charge_amount(CHARGE_MILLILITRES, CHARGE_PRICE), INT64_C(200000000));
}

Test(charge, a_limit_in_money_is_the_most_millilitres_that_do_not_cost_more)
{
    for (int64_t price = 1; price < 500; price += 7)
        for (int64_t limit = 1; limit < 20000; limit += 113)
            cr_assert_leq(charge_amount(charge_millilitres(limit, price), price), limit);
}

Test(charge, one_fils_of_rounding_is_the_pumps_own)
{
    for (int64_t off = -1; off <= 1; off++) {
        struct charge charge = charge_of(20000, 5160 + off);
        cr_assert_not(charge.differs);
        cr_assert_eq(charge.amount, 5160 + off);
        cr_assert_eq(charge.loss, 0);
    }
}

Test(charge, beyond_one_fils_the_lesser_is_taken)
{
    struct charge over = charge_of(20000, 5162), under = charge_of(20000, 5158);
    cr_assert(over.differs && under.differs);
    cr_assert_eq(over.amount, 5160);
    cr_assert_eq(under.amount, 5158);
    cr_assert_eq(charge_of(0, 500).amount, 0);
    cr_assert_eq(charge_of(20000, 0).amount, 0);
}

Test(charge, what_was_authorized_is_never_exceeded_and_the_rest_is_a_loss)
{
    struct charge charge = charge_of(60000, 15480);
    cr_assert_eq(charge.amount, LIMIT);
    cr_assert_eq(charge.loss, 480);
    cr_assert_not(charge.differs);
    // A wrong amount is put right before it is capped: only what was pumped is a loss.
    charge = charge_of(60000, 99999);
    cr_assert_eq(charge.amount, LIMIT);
    cr_assert_eq(charge.loss, 480);
    cr_assert(charge.differs);
}

Test(charge, the_sum_is_never_over_what_is_owed_or_authorized)
{
    for (int64_t millilitres = 0; millilitres < 80000; millilitres += 997)
        for (int64_t off = -400; off <= 400; off += 37) {
            int64_t expected = charge_amount(millilitres, PRICE), stated = expected + off;
            if (stated < 0)
                continue;
            struct charge charge = charge_of(millilitres, stated);
            cr_assert(charge.amount >= 0 && charge.amount <= LIMIT);
            cr_assert_leq(charge.amount, expected + CHARGE_TOLERANCE);
            cr_assert_leq(charge.amount, stated);
        }
}

Test(charge, numbers_that_no_pump_has_are_not_plausible)
{
    struct charge_meter good = {1000, PRICE, 258, LIMIT}, meter;
    cr_assert(charge_is_plausible(&good));
    meter = good, meter.millilitres = -1;
    cr_assert_not(charge_is_plausible(&meter));
    meter = good, meter.millilitres = CHARGE_MILLILITRES + 1;
    cr_assert_not(charge_is_plausible(&meter));
    meter = good, meter.stated = -1;
    cr_assert_not(charge_is_plausible(&meter));
    meter = good, meter.price = 0;
    cr_assert_not(charge_is_plausible(&meter));
    meter = good, meter.price = CHARGE_PRICE + 1;
    cr_assert_not(charge_is_plausible(&meter));
}
