// SPDX-License-Identifier: Apache-2.0
#include "tariff.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tariff *load(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/sdk/sandbox/data/%s", MEDINA_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    static char data[64 * 1024];
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    struct tariff *tariff;
    char reason[200] = "";
    cr_assert_eq(tariff_load(data, size, &tariff, reason, sizeof reason), 0, "%s", reason);
    return tariff;
}

static struct tariff_bill compute(const struct tariff *tariff, struct tariff_month month,
                                  int64_t electricity, int64_t water, int64_t rent)
{
    struct tariff_use uses[] = {{"electricity", electricity}, {"water", water}};
    struct tariff_usage usage = {month, uses, 2, rent};
    struct tariff_bill bill;
    char reason[200] = "";
    cr_assert_eq(tariff_compute(tariff, &usage, &bill, reason, sizeof reason), 0, "%s", reason);
    return bill;
}

static const struct tariff_line *line_of(const struct tariff_bill *bill, const char *id)
{
    for (size_t i = 0; i < bill->line_count; i++)
        if (!strcmp(bill->lines[i].id, id))
            return &bill->lines[i];
    cr_assert_fail("no line %s", id);
    return NULL;
}

static const struct tariff_month JUNE_2020 = {2020, 6};
static const struct tariff_month MAY_2026 = {2026, 5};

Test(tariff, the_published_bill_of_2020_comes_out_to_the_fils)
{
    struct tariff *tariff = load("tariff-2020.json");
    struct tariff_bill bill = compute(tariff, JUNE_2020, 1699 * 1000, 1760 * 1000, 0);
    static const struct {
        const char *id;
        int64_t amount;
    } published[] = {{"electricity", 39077},     {"electricity-surcharge", 8495},
                     {"electricity-meter", 600}, {"water", 6160},
                     {"water-surcharge", 704},   {"water-meter", 500}};
    cr_assert_eq(bill.line_count, 6);
    for (size_t i = 0; i < 6; i++)
        cr_assert_eq(line_of(&bill, published[i].id)->amount, published[i].amount, "%s",
                     published[i].id);
    cr_assert_eq(bill.vat, 2777);
    cr_assert_eq(bill.total, 58313);
    cr_assert_eq(tariff_due_to(&bill, "utility"), 58313);
    tariff_destroy(tariff);
}

Test(tariff, each_kilowatt_hour_costs_the_rate_of_the_slab_it_falls_in)
{
    struct tariff *tariff = load("tariff-2025.json");
    int64_t expected = 0;
    for (int64_t used = 0; used <= 7000; used++) {
        struct tariff_bill bill = compute(tariff, MAY_2026, used * 1000, 0, 0);
        cr_assert_eq(line_of(&bill, "electricity")->amount, expected, "%d kWh", (int)used);
        expected += used < 2000 ? 23 : used < 4000 ? 28 : used < 6000 ? 32 : 38;
    }
    tariff_destroy(tariff);
}

Test(tariff, water_in_cubic_metres_is_computed_exactly_and_rounded_once)
{
    struct tariff *tariff = load("tariff-2025.json");
    // 27.28 at 7.70, 27.27 at 8.80, 5.455 at 10.12: 210.056 + 239.976 + 55.2046 = 505.2366
    struct tariff_bill bill = compute(tariff, MAY_2026, 0, 60005, 0);
    const struct tariff_line *water = line_of(&bill, "water");
    cr_assert_eq(water->amount, 50524);
    cr_assert_eq(water->step_count, 3);
    cr_assert_eq(water->steps[0].quantity, 27280);
    cr_assert_eq(water->steps[1].quantity, 27270);
    cr_assert_eq(water->steps[2].quantity, 5455);
    // 60.005 m³ are 13,199.254 gallons at 2 fils in 2026: 263.985
    cr_assert_eq(line_of(&bill, "sewerage")->amount, 26399);
    tariff_destroy(tariff);
}

Test(tariff, half_a_fils_is_rounded_up)
{
    struct tariff *tariff = load("tariff-2020.json");
    // One gallon at 3.5 fils and 0.4 of surcharge; VAT of 4 fils is 0.2.
    struct tariff_bill bill = compute(tariff, JUNE_2020, 0, 1000, 0);
    cr_assert_eq(line_of(&bill, "water")->amount, 4);
    cr_assert_eq(line_of(&bill, "water")->vat, 0);
    cr_assert_eq(line_of(&bill, "water-surcharge")->amount, 0);
    // 10 kWh at 23 fils: VAT of 230 is 11.5.
    bill = compute(tariff, JUNE_2020, 10 * 1000, 0, 0);
    cr_assert_eq(line_of(&bill, "electricity")->vat, 12);
    // A year's rent of 1.20 AED: 5 % of it is 6 fils, half a fils a month.
    bill = compute(tariff, JUNE_2020, 0, 0, 120);
    cr_assert_eq(line_of(&bill, "housing")->amount, 1);
    tariff_destroy(tariff);
}

Test(tariff, housing_and_sewerage_bear_no_vat_and_are_due_to_the_municipality)
{
    struct tariff *tariff = load("tariff-2025.json");
    struct tariff_bill bill = compute(tariff, MAY_2026, 1500 * 1000, 20 * 1000, 9000000);
    const struct tariff_line *housing = line_of(&bill, "housing");
    const struct tariff_line *sewerage = line_of(&bill, "sewerage");
    cr_assert_eq(housing->amount, 37500, "90,000 AED a year");
    cr_assert_eq(housing->vat, 0);
    cr_assert_eq(sewerage->vat, 0);
    cr_assert_eq(tariff_due_to(&bill, "municipality"), housing->amount + sewerage->amount);
    cr_assert_eq(tariff_due_to(&bill, "utility") + tariff_due_to(&bill, "municipality"),
                 bill.total);
    cr_assert_eq(tariff_due_to(&bill, "nobody"), 0);
    tariff_destroy(tariff);
}

Test(tariff, a_dated_rate_holds_from_its_month_until_the_next)
{
    struct tariff *tariff = load("tariff-2025.json");
    static const struct {
        struct tariff_month month;
        int64_t fils; // sewerage of 1,000 m³, 219,969.248 gallons
    } years[] = {{{2025, 3}, 329954},
                 {{2025, 12}, 329954},
                 {{2026, 1}, 439938},
                 {{2027, 1}, 615914},
                 {{2031, 7}, 615914}};
    for (size_t i = 0; i < sizeof years / sizeof *years; i++) {
        struct tariff_bill bill = compute(tariff, years[i].month, 0, 1000 * 1000, 0);
        cr_assert_eq(line_of(&bill, "sewerage")->amount, years[i].fils, "%d", years[i].month.year);
    }
    tariff_destroy(tariff);
}

Test(tariff, a_meter_that_an_account_does_not_have_and_rent_of_zero_are_left_out)
{
    struct tariff *tariff = load("tariff-2025.json");
    struct tariff_use electricity = {"electricity", 100 * 1000};
    struct tariff_usage usage = {MAY_2026, &electricity, 1, 0};
    struct tariff_bill bill;
    char reason[200];
    cr_assert_eq(tariff_compute(tariff, &usage, &bill, reason, sizeof reason), 0);
    for (size_t i = 0; i < bill.line_count; i++)
        cr_assert(!bill.lines[i].meter || !strcmp(bill.lines[i].meter, "electricity"));
    tariff_destroy(tariff);
}

// What must hold of every bill, over seeded usage.
Test(tariff, of_every_bill_steps_add_up_vat_is_per_line_and_more_use_never_costs_less)
{
    struct tariff *tariff = load("tariff-2025.json");
    uint64_t seed = 784;
    for (int round = 0; round < 20000; round++) {
        int64_t random[3];
        for (int i = 0; i < 3; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            random[i] = (int64_t)(seed >> 33) % (round % 2 ? 100000 : 20000000);
        }
        struct tariff_bill bill = compute(tariff, MAY_2026, random[0], random[1], random[2]);
        int64_t amount = 0;
        int64_t vat = 0;
        for (size_t i = 0; i < bill.line_count; i++) {
            const struct tariff_line *line = &bill.lines[i];
            int64_t steps = 0;
            int64_t quantity = 0;
            for (size_t k = 0; k < line->step_count; k++) {
                steps += line->steps[k].amount;
                quantity += line->steps[k].quantity;
                cr_assert_geq(line->steps[k].amount, 0);
            }
            if (line->step_count) {
                cr_assert_eq(steps, line->amount);
                cr_assert_eq(quantity, line->quantity);
            }
            bool taxed = strcmp(line->settles_to, "municipality") != 0;
            cr_assert_eq(line->vat, taxed ? (line->amount * 5 + 50) / 100 : 0, "%s", line->id);
            amount += line->amount;
            vat += line->vat;
        }
        cr_assert_eq(bill.amount, amount);
        cr_assert_eq(bill.vat, vat);
        cr_assert_eq(bill.total, amount + vat);
        struct tariff_bill more =
            compute(tariff, MAY_2026, random[0] + 1, random[1] + 1, random[2]);
        cr_assert_geq(more.total, bill.total);
    }
    tariff_destroy(tariff);
}

Test(tariff, the_largest_quantities_do_not_overflow)
{
    struct tariff *tariff = load("tariff-2025.json");
    struct tariff_bill bill = compute(tariff, MAY_2026, INT64_C(100000000000),
                                      INT64_C(100000000000), INT64_C(1000000000000));
    cr_assert_eq(line_of(&bill, "electricity")->amount,
                 2000 * 23 + 2000 * 28 + 2000 * 32 + (INT64_C(100000000) - 6000) * 38);
    cr_assert_gt(bill.total, bill.amount);
    tariff_destroy(tariff);
}

static void compute_refused(const struct tariff_usage *usage, const char *expected)
{
    struct tariff *tariff = load("tariff-2025.json");
    struct tariff_bill bill;
    char reason[200] = "";
    cr_assert_eq(tariff_compute(tariff, usage, &bill, reason, sizeof reason), -1);
    cr_assert_str_eq(reason, expected);
    cr_assert_eq(bill.line_count, 0);
    tariff_destroy(tariff);
}

Test(tariff, a_month_or_a_quantity_out_of_range_is_refused)
{
    struct tariff *tariff = load("tariff-2020.json");
    cr_assert(tariff_covers(tariff, JUNE_2020));
    cr_assert_not(tariff_covers(tariff, (struct tariff_month){2021, 1}));
    cr_assert_not(tariff_covers(tariff, (struct tariff_month){2019, 12}));
    tariff_destroy(tariff);
    struct tariff_use below = {"water", -1};
    struct tariff_use above = {"water", INT64_C(100000000001)};
    compute_refused(&(struct tariff_usage){JUNE_2020, NULL, 0, 0}, "2025 does not cover 2020-06");
    compute_refused(&(struct tariff_usage){MAY_2026, &below, 1, 0},
                    "water: the quantity is out of range");
    compute_refused(&(struct tariff_usage){MAY_2026, &above, 1, 0},
                    "water: the quantity is out of range");
    compute_refused(&(struct tariff_usage){MAY_2026, NULL, 0, -1},
                    "the yearly rent is out of range");
}

#define TARIFF(lines)                                                                              \
    "{\"tariff\":\"t\",\"from\":\"2025-01\",\"vat_percent\":\"5\",\"lines\":[" lines "]}"
#define LINE(rest)                                                                                 \
    "{\"id\":\"a\",\"title\":{\"en\":\"A\",\"ar\":\"أ\"},\"vat\":true,\"settles_to\":\"u\"," rest  \
    "}"

static void load_refused(const char *json, const char *expected)
{
    struct tariff *tariff;
    char reason[200] = "";
    cr_assert_eq(tariff_load(json, strlen(json), &tariff, reason, sizeof reason), -1, "%s", json);
    cr_assert_null(tariff);
    cr_assert_str_eq(reason, expected);
}

Test(tariff, a_mistake_in_a_file_is_refused_with_the_field)
{
    load_refused("{", "not JSON: line 1, column 1: string or '}' expected near end of file");
    load_refused("{\"tariff\":\"t\",\"from\":\"2025-13\"}",
                 "from: expected a month, as \"2025-03\"");
    load_refused("{\"tariff\":\"t\",\"from\":\"2025-02\",\"until\":\"2025-01\",\"vat_percent\":"
                 "\"5\"}",
                 "until: before \"from\"");
    load_refused("{\"tariff\":\"t\",\"from\":\"2025-01\",\"vat_percent\":5}",
                 "vat_percent: expected a decimal text of at most 100, with at most 6 digits after "
                 "the point");
    load_refused(TARIFF(""), "lines: expected a list of 1 to 12 lines");
    load_refused(TARIFF("{\"id\":\"a\"}"), "lines[0].title: expected texts in \"en\" and \"ar\"");
    load_refused(TARIFF(LINE("\"kind\":\"magic\"")),
                 "lines[0].kind: expected steps, per-unit, fixed or rent");
    load_refused(TARIFF(LINE("\"kind\":\"steps\"")), "lines[0].meter: expected a text");
    load_refused(TARIFF(LINE("\"kind\":\"fixed\",\"fils\":\"1.\"")),
                 "lines[0].fils: expected a decimal text of at most 1000000, with at most 6 digits "
                 "after the point");
    load_refused(TARIFF(LINE("\"kind\":\"fixed\",\"fils\":\"0.1234567\"")),
                 "lines[0].fils: expected a decimal text of at most 1000000, with at most 6 digits "
                 "after the point");
    load_refused(TARIFF(LINE("\"kind\":\"fixed\",\"fils\":\"1000000.1\"")),
                 "lines[0].fils: expected a decimal text of at most 1000000, with at most 6 digits "
                 "after the point");
    load_refused(TARIFF(LINE("\"kind\":\"fixed\",\"fils\":[[\"2026-01\",\"1\"],[\"2025-01\","
                             "\"2\"]]")),
                 "lines[0].fils: the months do not ascend");
    load_refused(TARIFF(LINE("\"kind\":\"steps\",\"meter\":\"m\",\"unit\":\"u\",\"steps\":[{"
                             "\"fils\":\"1\"},{\"fils\":\"2\"}]")),
                 "lines[0].steps.to: each step but the last ends higher than the one before");
    load_refused(TARIFF(LINE("\"kind\":\"rent\",\"percent\":\"5\"") "," LINE(
                     "\"kind\":\"rent\",\"percent\":\"5\"")),
                 "lines[1].id: a is there twice");
}

Test(tariff, a_month_before_the_first_dated_rate_has_none)
{
    const char *json = TARIFF(LINE("\"kind\":\"fixed\",\"fils\":[[\"2025-06\",\"7\"]]"));
    struct tariff *tariff;
    char reason[200] = "";
    cr_assert_eq(tariff_load(json, strlen(json), &tariff, reason, sizeof reason), 0, "%s", reason);
    struct tariff_bill bill;
    struct tariff_usage usage = {{2025, 5}, NULL, 0, 0};
    cr_assert_eq(tariff_compute(tariff, &usage, &bill, reason, sizeof reason), -1);
    cr_assert_str_eq(reason, "a: no rate for 2025-05");
    usage.month.month = 6;
    cr_assert_eq(tariff_compute(tariff, &usage, &bill, reason, sizeof reason), 0);
    cr_assert_eq(bill.amount, 7);
    tariff_destroy(tariff);
}
