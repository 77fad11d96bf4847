// SPDX-License-Identifier: Apache-2.0
#include "prices.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define MONTH(name, price)                                                                         \
    "{\"month\":\"" name "\",\"prices\":{\"super-98\":" price ",\"special-95\":2,\"e-plus-91\":3," \
    "\"diesel\":4}}"

static struct prices *load(const char *text)
{
    struct prices *prices = NULL;
    char reason[200] = "";
    cr_assert(prices_load(text, strlen(text), &prices, reason, sizeof reason), "%s", reason);
    return prices;
}

static void refused(const char *text, const char *words)
{
    struct prices *prices = NULL;
    char reason[200] = "";
    cr_assert_not(prices_load(text, strlen(text), &prices, reason, sizeof reason));
    cr_assert(strstr(reason, words), "%s", reason);
    cr_assert_null(prices);
}

Test(prices, each_month_has_its_own)
{
    struct prices *prices =
        load("{\"months\":[" MONTH("2025-12", "270") "," MONTH("2026-01", "265") "]}");
    cr_assert_eq(prices_at(prices, "2025-12", prices_grade("super-98")), 270);
    cr_assert_eq(prices_at(prices, "2026-01", prices_grade("super-98")), 265);
    cr_assert_eq(prices_at(prices, "2026-01", prices_grade("diesel")), 4);
    cr_assert_eq(prices_at(prices, "2025-11", 0), 0, "before the first");
    cr_assert_eq(prices_at(prices, "2026-02", 0), 0, "not published yet");
    cr_assert_eq(prices_at(prices, "2026-01", prices_grade("kerosene")), 0);
    cr_assert_eq(prices_at(prices, "nonsense", 0), 0);
    cr_assert_str_eq(prices_month_at(prices, 1), "2026-01");
    cr_assert_null(prices_month_at(prices, 2));
    cr_assert_not(prices_are_sample(prices));
    prices_destroy(prices);
}

Test(prices, a_file_with_a_fault_is_refused_whole)
{
    refused("{", "");
    refused("{\"months\":[]}", "months: one or more");
    refused("{\"months\":[" MONTH("2026-13", "1") "]}", "month: must be like");
    refused("{\"months\":[" MONTH("26-1", "1") "]}", "month: must be like");
    refused("{\"months\":[" MONTH("2026-01", "0") "]}", "2026-01, prices, super-98");
    refused("{\"months\":[" MONTH("2026-01", "2.7") "]}", "2026-01, prices, super-98");
    refused("{\"months\":[" MONTH("2026-01", "\"270\"") "]}", "2026-01, prices, super-98");
    refused("{\"months\":[" MONTH("2026-01", "100001") "]}", "2026-01, prices, super-98");
    refused("{\"months\":[{\"month\":\"2026-01\"}]}", "2026-01, prices, super-98");
    refused("{\"months\":[" MONTH("2026-01", "1") "," MONTH("2026-01", "1") "]}",
            "must be the month after");
    refused("{\"months\":[" MONTH("2026-01", "1") "," MONTH("2026-03", "1") "]}",
            "2026-03: must be the month after 2026-01");
}

Test(prices, the_sample_has_december_2025_as_it_was)
{
    static char text[32 * 1024];
    FILE *file = fopen(MEDINA_SOURCE_DIR "/plugins/fuel/prices.json", "r");
    cr_assert_not_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    struct prices *prices = load(text);
    const int64_t real[PRICES_GRADES] = {270, 258, 251, 285};
    for (int i = 0; i < PRICES_GRADES; i++)
        cr_assert_eq(prices_at(prices, "2025-12", i), real[i]);
    cr_assert(prices_are_sample(prices));
    prices_destroy(prices);
}
