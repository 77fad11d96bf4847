// SPDX-License-Identifier: Apache-2.0
#include "auth/phone.h"

#include <criterion/criterion.h>

Test(phone, one_number_has_one_text_however_it_is_written)
{
    static const char *const spellings[] = {"0501234567",
                                            "050 123 4567",
                                            "050-123-4567",
                                            "971501234567",
                                            "+971501234567",
                                            "+971 50 123 4567",
                                            "00971501234567",
                                            "00 971 (0)50 123 4567",
                                            "+971 0501234567",
                                            "٠٥٠١٢٣٤٥٦٧",
                                            "+٩٧١ ٥٠ ١٢٣ ٤٥٦٧",
                                            "٠٠٩٧١٥٠١٢٣٤٥٦٧",
                                            "۰۵۰۱۲۳۴۵۶۷",
                                            "\u200e+971\u00a050\u2011123\u20114567\u200f",
                                            "\u2066050.123.4567\u2069"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        struct phone phone;
        struct err err = {0};
        cr_assert_eq(phone_parse(str_from(spellings[i]), &phone_plan_emirates, &phone, &err), 0,
                     "%s: %s", spellings[i], err.message);
        cr_assert_str_eq(phone.e164, "+971501234567", "%s", spellings[i]);
    }
}

Test(phone, a_foreign_number_needs_its_country)
{
    struct phone phone;
    cr_assert_eq(phone_parse(STR("+44 7700 900123"), &phone_plan_emirates, &phone, NULL), 0);
    cr_assert_str_eq(phone.e164, "+447700900123");
    cr_assert_eq(phone_parse(STR("0091 98765 43210"), &phone_plan_emirates, &phone, NULL), 0);
    cr_assert_str_eq(phone.e164, "+919876543210");
    cr_assert_eq(phone_parse(STR("7700900123"), &phone_plan_emirates, &phone, NULL), ERR_INVALID);
}

Test(phone, what_no_message_can_reach_is_refused)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "+",
                                      "hello",
                                      "05012345",
                                      "05012345678",
                                      "0531234567",     // no such mobile prefix
                                      "+97142345678",   // a landline
                                      "042345678",      // likewise
                                      "+971501234567x", // stray letter
                                      "+1234567",       // too short
                                      "+1234567890123456",
                                      "++971501234567",
                                      "050123456+7",
                                      "+0501234567",
                                      "9715012345678901234567890",
                                      "050\xff"
                                      "1234567"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct phone phone;
        cr_assert_eq(phone_parse(str_from(bad[i]), &phone_plan_emirates, &phone, NULL), ERR_INVALID,
                     "%s", bad[i]);
        cr_assert_str_eq(phone.e164, "");
    }
    struct phone phone;
    struct str with_nul = {"050123\0004567", 11};
    cr_assert_eq(phone_parse(with_nul, &phone_plan_emirates, &phone, NULL), ERR_INVALID);
}

Test(phone, a_masked_number_shows_its_country_and_its_end)
{
    struct phone phone = {"+971501234567"};
    char masked[PHONE_MASKED];
    phone_mask(&phone, masked);
    cr_assert_str_eq(masked, "+971•••••••67");
}
