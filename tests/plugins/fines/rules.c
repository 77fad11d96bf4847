// SPDX-License-Identifier: Apache-2.0
#include "rules.h"

#include "day.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define RULE(rest)                                                                                 \
    "{\"authority\":\"police\",\"from\":\"2026-01-01\",\"to\":\"2026-12-31\"," rest "}"
#define EARLY RULE("\"days_from\":0,\"days_to\":60,\"percent\":35,\"excluded\":[\"red-light\"]")
#define LATER RULE("\"days_from\":61,\"days_to\":365,\"percent\":25")

static struct rules *load(const char *list)
{
    char text[2000], reason[300] = "";
    struct rules *rules = NULL;
    snprintf(text, sizeof text, "{\"rules\":[%s]}", list);
    cr_assert_eq(rules_load(text, strlen(text), &rules, reason, sizeof reason), 0, "%s", reason);
    return rules;
}

static int32_t day(const char *text)
{
    int32_t number;
    cr_assert(day_read(text, &number), "%s", text);
    return number;
}

static struct discount ask(const struct rules *rules, const char *code, const char *offence,
                           const char *today)
{
    struct offence asked = {"police", code, day(offence)};
    return rules_discount(rules, &asked, day(today));
}

Test(rules, hold_from_the_first_to_the_last_day_of_both_spans)
{
    struct rules *rules = load(EARLY "," LATER);
    static const struct {
        const char *offence, *today;
        int percent;
        const char *until;
    } cases[] = {
        {"2026-03-01", "2026-03-01", 35, "2026-04-30"}, // the day of the offence
        {"2026-03-01", "2026-04-30", 35, "2026-04-30"}, // 60 days later
        {"2026-03-01", "2026-05-01", 25, "2026-12-31"}, // 61: the next rule, to the rule's end
        {"2025-03-01", "2026-03-01", 25, "2026-03-01"}, // 365
        {"2025-02-28", "2026-03-01", 0, NULL},          // 366
        {"2025-12-31", "2025-12-31", 0, NULL},          // the day before the rules begin
        {"2025-12-31", "2026-01-01", 35, "2026-03-01"},
        {"2026-12-01", "2026-12-31", 35, "2026-12-31"},
        {"2026-12-01", "2027-01-01", 0, NULL}, // the day after they end
        {"2026-03-02", "2026-03-01", 0, NULL}, // an offence of tomorrow
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct discount discount = ask(rules, "belt", cases[i].offence, cases[i].today);
        cr_assert_eq(discount.percent, cases[i].percent, "case %zu: %d", i, discount.percent);
        if (cases[i].until)
            cr_assert_eq(discount.until, day(cases[i].until), "case %zu", i);
    }
    rules_destroy(rules);
}

Test(rules, are_an_authoritys_own_and_leave_out_what_they_exclude)
{
    struct rules *rules = load(EARLY);
    cr_assert_eq(ask(rules, "red-light", "2026-03-01", "2026-03-02").percent, 0);
    cr_assert_eq(ask(rules, "red", "2026-03-01", "2026-03-02").percent, 35);
    struct offence other = {"roads", "belt", day("2026-03-01")};
    cr_assert_eq(rules_discount(rules, &other, day("2026-03-02")).percent, 0);
    rules_destroy(rules);
}

Test(rules, of_several_that_hold_the_highest_counts_and_they_are_never_added_up)
{
    struct rules *rules =
        load(RULE("\"days_from\":0,\"days_to\":10,\"percent\":10") "," EARLY "," RULE(
            "\"days_from\":0,\"days_to\":90,\"percent\":35"));
    struct discount discount = ask(rules, "belt", "2026-03-01", "2026-03-02");
    cr_assert_eq(discount.percent, 35);
    cr_assert_eq(discount.until, day("2026-05-30"), "the one that holds longer");
    rules_destroy(rules);
}

Test(rules, a_discount_leaves_whole_fils_half_up)
{
    static const struct {
        int64_t amount;
        int percent;
        int64_t net;
    } cases[] = {{60000, 35, 39000},
                 {40000, 25, 30000},
                 {30000, 0, 30000},
                 {1, 50, 1},
                 {3, 50, 2},
                 {333, 25, 250},
                 {99, 35, 64},
                 {10, 35, 7},
                 {90, 35, 59},
                 {50000, 100, 0},
                 {100000000000, 33, 67000000000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_assert_eq(rules_net(cases[i].amount, cases[i].percent), cases[i].net, "case %zu: %lld",
                     i, (long long)rules_net(cases[i].amount, cases[i].percent));
}

Test(rules, a_file_with_any_mistake_is_refused_and_the_place_is_named)
{
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"", "expected near"},
        {"[]", "rules: must be a list"},
        {"{\"rules\":{}}", "rules: must be a list"},
        {"{\"rules\":[1]}", "rules[0]: must be an object"},
        {"{\"rules\":[" EARLY "," RULE("\"days_from\":0,\"days_to\":60") "]}",
         "rules[1].percent: must be a whole number from 1 to 100"},
        {"{\"rules\":[" RULE("\"days_from\":0,\"days_to\":60,\"percent\":12.5") "]}",
         "rules[0].percent"},
        {"{\"rules\":[" RULE("\"days_from\":0,\"days_to\":60,\"percent\":0") "]}",
         "rules[0].percent"},
        {"{\"rules\":[" RULE("\"days_from\":-1,\"days_to\":60,\"percent\":5") "]}",
         "rules[0].days_from"},
        {"{\"rules\":[" RULE("\"days_from\":9,\"days_to\":8,\"percent\":5") "]}",
         "rules[0].days_to: is before days_from"},
        {"{\"rules\":[" RULE("\"days_from\":0,\"days_to\":8,\"percent\":5,\"authorty\":1") "]}",
         "rules[0].authorty: is not known"},
        {"{\"rules\":[" RULE("\"days_from\":0,\"days_to\":8,\"percent\":5,\"excluded\":[1]") "]}",
         "rules[0].excluded[0]"},
        {"{\"rules\":[{\"authority\":\"a\",\"from\":\"2026-02-30\",\"to\":\"2026-12-31\","
         "\"days_from\":0,\"days_to\":8,\"percent\":5}]}",
         "rules[0].from: must be a date that exists"},
        {"{\"rules\":[{\"authority\":\"a\",\"from\":\"2026-03-30\",\"to\":\"2026-03-29\","
         "\"days_from\":0,\"days_to\":8,\"percent\":5}]}",
         "rules[0].to: is before from"},
        {"{\"rules\":[{\"authority\":\"\",\"from\":\"2026-03-30\",\"to\":\"2026-03-31\","
         "\"days_from\":0,\"days_to\":8,\"percent\":5}]}",
         "rules[0].authority"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char reason[300] = "";
        struct rules *rules = NULL;
        cr_assert_eq(rules_load(cases[i].text, strlen(cases[i].text), &rules, reason, 300), -1,
                     "%s", cases[i].text);
        cr_assert_null(rules);
        cr_assert(strstr(reason, cases[i].reason), "%s\nsays %s", cases[i].text, reason);
    }
}

// The C library counts the same days.
Test(day, numbers_and_texts_agree_with_the_c_library_over_four_centuries)
{
    char text[DAY_TEXT], expected[80];
    for (int32_t number = day("1900-01-01"); number < day("2300-01-01"); number++) {
        struct tm tm;
        int32_t back;
        time_t seconds = (time_t)number * 86400;
        gmtime_r(&seconds, &tm);
        snprintf(expected, sizeof expected, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
                 tm.tm_mday);
        day_write(number, text);
        cr_assert_str_eq(text, expected);
        cr_assert(day_read(text, &back) && back == number, "%s", text);
    }
}

Test(day, what_is_no_date_is_not_read)
{
    static const char *const wrong[] = {"",           "2026-02-29", "2026-13-01", "2026-00-01",
                                        "2026-01-00", "2026-1-01",  "2026-01-1",  "2026-01-011",
                                        "26-01-01",   "2026/01/01", "2026-01-32", "----------"};
    int32_t number;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert_not(day_read(wrong[i], &number), "%s", wrong[i]);
    cr_assert_not(day_read(NULL, &number));
}
