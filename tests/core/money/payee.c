// SPDX-License-Identifier: Apache-2.0
#include "money/payee.h"

#include "money/decimal.h"

#include <criterion/criterion.h>

#define AE "AE070331234567890123456"

Test(payee, an_iban_has_right_check_digits_and_its_countrys_length)
{
    // The registry's examples (SWIFT, IBAN Registry).
    const char *const good[] = {AE, "GB29NWBK60161331926819", "NO9386011117947",
                                "MT84MALT011000012345MTLCAST001S", "SA0380000000608010167519"};
    const char *const bad[] = {"",
                               "AE080331234567890123456",  // a digit off
                               "AE0703312345678901234567", // too long
                               "AE07033123456789012345",
                               "ae070331234567890123456",
                               "AE07 0331 2345 6789 0123 456",
                               "GB82WEST12345698765433",
                               "0E070331234567890123456",
                               "AEA70331234567890123456"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_assert(iban_valid(str_from(good[i])), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(iban_valid(str_from(bad[i])), "%s", bad[i]);
}

static int create(struct payees **out, const char *text, const char *debtor, struct err *err)
{
    struct payee_account account = {debtor[0] ? "City" : "", debtor, ""};
    json_t *agencies = json_parse(str_from(text), NULL);
    cr_assert_not_null(agencies, "%s", text);
    int rc = payees_create(out, agencies, &account, err);
    json_decref(agencies);
    return rc;
}

Test(payee, a_wrong_account_is_named_with_its_place)
{
    static const struct {
        const char *text, *debtor, *message;
    } cases[] = {
        {"{}", "AE08", "settlement.debtor_iban"},
        {"{\"coast\": {\"iban\": \"AE08\", \"legal_name\": \"C\"}}", "", "agencies.coast.iban"},
        {"{\"coast\": {\"iban\": \"" AE "\"}}", "", "agencies.coast.legal_name"},
        {"{\"coast\": {\"legal_name\": \"C\"}}", "", "agencies.coast.iban"},
        {"{\"coast\": {\"iban\": 5}}", "", "agencies.coast: iban must be a string"},
        {"{\"coast\": {\"iban\": \"" AE "\", \"legal_name\": \"C\", \"bic\": \"EBILAE\"}}", "",
         "agencies.coast.bic"},
        {"{\"coast\": {\"iban\": \"" AE "\", \"legal_name\": \"C\\u0007\"}}", "",
         "agencies.coast.legal_name"},
        {"{\"coast\": {\"instances\": \"water\"}}", "", "agencies.coast: instances must be a list"},
        {"{\"a\": {\"instances\": [\"w\"]}, \"b\": {\"instances\": [\"w\"]}}", "",
         "w is there already, for a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0};
        struct payees *payees;
        cr_assert_eq(create(&payees, cases[i].text, cases[i].debtor, &err), ERR_INVALID, "%zu", i);
        cr_assert(strstr(err.message, cases[i].message), "%zu: %s", i, err.message);
    }
}

Test(payee, an_instance_is_found_with_its_agency)
{
    struct payees *payees;
    const char *agency;
    struct err err = {0};
    cr_assert_eq(create(&payees,
                        "{\"coast\": {\"iban\": \"" AE "\", \"legal_name\": \"Coast\", "
                        "\"instances\": [\"water\", \"power\"]}, \"keys-only\": "
                        "{\"keys\": [], \"instances\": [\"parks\"]}}",
                        AE, &err),
                 0, "%s", err.message);
    cr_assert_str_eq(payees_find(payees, STR("power"), &agency)->name, "Coast");
    cr_assert_str_eq(agency, "coast");
    cr_assert_null(payees_find(payees, STR("parks"), &agency));
    cr_assert_str_eq(agency, "keys-only");
    cr_assert_null(payees_find(payees, STR("pow"), &agency));
    cr_assert_str_empty(agency);
    cr_assert_str_eq(payees_debtor(payees)->iban, AE);
    payees_destroy(payees);
}

Test(decimal, amounts_are_read_and_written_as_the_currency_counts)
{
    static const struct {
        const char *text, *currency;
        int64_t amount;
    } same[] = {{"12.50", "AED", 1250}, {"-0.05", "AED", -5},
                {"0.00", "AED", 0},     {"1.234", "KWD", 1234},
                {"-700", "JPY", -700},  {"999999999999999.99", "AED", INT64_C(99999999999999999)}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        struct buf out = {0};
        int64_t amount;
        cr_assert(decimal_read(str_from(same[i].text), same[i].currency, &amount));
        cr_assert_eq(amount, same[i].amount);
        decimal_write(&out, amount, same[i].currency);
        cr_assert_str_eq(out.data, same[i].text);
        buf_finish(&out);
    }
    int64_t amount;
    cr_assert(decimal_read(STR("7"), "AED", &amount) && amount == 700);
    cr_assert(decimal_read(STR("7.5000"), "AED", &amount) && amount == 750);
    const char *const bad[] = {
        "", "-", ".5", "5.", "1e3", "1,5", "+1", " 1", "1.005", "--1", "1234567890123456", "1.0x"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_not(decimal_read(str_from(bad[i]), "AED", &amount), "%s", bad[i]);
}
