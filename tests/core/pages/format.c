// SPDX-License-Identifier: Apache-2.0
#include "pages/format.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <time.h>

static struct phrases *english, *arabic;

static void load(void)
{
    struct err err = {0};
    setenv("TZ", "Asia/Dubai", 1);
    tzset();
    english = phrases_load(MEDINA_SOURCE_DIR "/web/strings/en.json", false, &err);
    arabic = phrases_load(MEDINA_SOURCE_DIR "/web/strings/ar.json", true, &err);
    cr_assert(english && arabic, "%s", err.message);
}

static void unload(void)
{
    phrases_destroy(english);
    phrases_destroy(arabic);
}

TestSuite(format, .init = load, .fini = unload);

// Compares and empties.
static void expect(struct buf *out, const char *expected)
{
    cr_expect(str_is(buf_str(out), expected), "expected %s, was " STR_FORMAT, expected,
              STR_ARGUMENTS(buf_str(out)));
    buf_finish(out);
}

Test(format, money_is_written_with_its_currency_in_both_languages)
{
    static const struct {
        int64_t amount;
        const char *currency, *en, *ar;
    } cases[] = {
        {58313, "AED", "AED\u00a0583.13", "583.13\u00a0د.إ."},
        {5, "AED", "AED\u00a00.05", "0.05\u00a0د.إ."},
        {123456789, "AED", "AED\u00a01,234,567.89", "1,234,567.89\u00a0د.إ."},
        {-1200, "AED", "\u200e\u2212AED\u00a012.00", "\u200e\u221212.00\u00a0د.إ."},
        {12345, "KWD", "KWD\u00a012.345", "12.345\u00a0KWD"},
        {500, "JPY", "JPY\u00a0500", "500\u00a0JPY"},
        {INT64_MIN, "AED", "\u200e\u2212AED\u00a092,233,720,368,547,758.08", NULL},
        {100, "<b>", "\u00a01.00", NULL},
        {100, "format", "\u00a01.00", NULL}, // a name among the texts that is no code
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = {0};
        format_money(english, &out, cases[i].amount, str_from(cases[i].currency));
        expect(&out, cases[i].en);
        if (!cases[i].ar)
            continue;
        format_money(arabic, &out, cases[i].amount, str_from(cases[i].currency));
        expect(&out, cases[i].ar);
    }
}

Test(format, amounts_are_read_in_either_numerals)
{
    static const struct {
        const char *text;
        int64_t amount; // -1: refused
    } cases[] = {
        {"583.13", 58313}, {"٥٨٣٫١٣", 58313}, {" 1,000 ", 100000}, {"50", 5000},
        {"0.5", 50},       {".5", 50},        {"5.", 500},         {"۱۲", 1200},
        {"1.234", -1},     {"", -1},          {".", -1},           {"-5", -1},
        {"12a", -1},       {"1.2.3", -1},     {"1.0,0", -1},       {"99999999999999999999", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t amount = -1;
        bool good = format_read_money(str_from(cases[i].text), STR("AED"), &amount);
        cr_expect(good == (cases[i].amount >= 0) && amount == cases[i].amount, "%s: %lld",
                  cases[i].text, (long long)amount);
    }
}

Test(format, numbers_are_rounded_as_people_round)
{
    struct buf out = {0};
    format_number(&out, 0.125, 2);
    expect(&out, "0.13");
    format_number(&out, 1699, -1);
    expect(&out, "1,699");
    format_number(&out, 27.28, -1);
    expect(&out, "27.28");
    format_number(&out, 7.7, 2);
    expect(&out, "7.70");
    format_number(&out, -0.0004, -1);
    expect(&out, "0");
    format_number(&out, -1234.5, -1);
    expect(&out, "\u200e\u22121,234.5");
    format_integer(&out, -1000);
    expect(&out, "\u200e\u22121,000");
}

Test(format, dates_and_times_are_those_of_the_city)
{
    int64_t seconds;
    struct buf out = {0};
    cr_assert(format_read_time(STR("2025-11-30T21:30:00Z"), &seconds));
    format_time(english, &out, seconds);
    expect(&out, "1 December 2025, 1:30\u00a0am");
    format_time(arabic, &out, seconds);
    expect(&out, "1 ديسمبر 2025، 1:30\u00a0ص");
    cr_assert(format_read_time(STR("2025-12-01T12:05:59.5+04:00"), &seconds));
    format_clock(english, &out, seconds);
    expect(&out, "12:05\u00a0pm");
    cr_assert(format_read_time(STR("2025-12-01T00:00:00+04:00"), &seconds));
    format_clock(arabic, &out, seconds);
    expect(&out, "12:00\u00a0ص");
}

Test(format, what_is_no_date_or_time_is_refused)
{
    static const char *const wrong[] = {"2025-02-29",
                                        "2025-13-01T00:00:00Z",
                                        "2025-12-01",
                                        "2025-12-01T24:00:00Z",
                                        "2025-12-01T00:00:00",
                                        "2025-12-01T00:00:00Zx",
                                        "2025-12-01T00:00:00+4",
                                        "+025-12-01T00:00:00Z"};
    struct civil_date date;
    int64_t seconds;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect(not(format_read_time(str_from(wrong[i]), &seconds)), "%s", wrong[i]);
    cr_expect(not(format_read_date(STR("2025-02-29"), &date)));
    cr_expect(format_read_date(STR("2024-02-29"), &date));
    cr_expect(not(format_read_month(STR("2025-00"), &date)));
}

static void expect_coming(const char *now, const char *then, const char *en, const char *ar)
{
    int64_t from, to;
    bool today;
    struct buf out = {0};
    cr_assert(format_read_time(str_from(now), &from) && format_read_time(str_from(then), &to));
    format_coming(english, &out, to, from, &today);
    expect(&out, en);
    format_coming(arabic, &out, to, from, &today);
    expect(&out, ar);
}

Test(format, a_coming_time_is_said_as_people_say_it)
{
    const char *now = "2025-12-01T18:00:00+04:00"; // a Monday
    expect_coming(now, "2025-12-01T23:00:00+04:00", "11:00\u00a0pm", "11:00\u00a0م");
    expect_coming(now, "2025-12-02T02:00:00+04:00", "2:00\u00a0am", "2:00\u00a0ص");
    expect_coming(now, "2025-12-02T08:00:00+04:00", "tomorrow at 8:00\u00a0am",
                  "غدًا الساعة 8:00\u00a0ص");
    expect_coming(now, "2025-12-05T14:00:00+04:00", "Friday at 2:00\u00a0pm",
                  "الجمعة الساعة 2:00\u00a0م");
    expect_coming(now, "2025-12-20T08:00:00+04:00", "20 December 2025, 8:00\u00a0am",
                  "20 ديسمبر 2025، 8:00\u00a0ص");
}

static void expect_due(const char *date, const char *en, const char *ar, bool overdue)
{
    struct civil_date due;
    int64_t now;
    bool late;
    struct buf out = {0};
    cr_assert(format_read_date(str_from(date), &due));
    cr_assert(format_read_time(STR("2025-12-01T23:30:00+04:00"), &now));
    format_due(english, &out, due, now, &late);
    expect(&out, en);
    cr_expect(late == overdue, "%s", date);
    format_due(arabic, &out, due, now, &late);
    expect(&out, ar);
}

Test(format, a_due_date_counts_days_with_the_plurals_of_the_language)
{
    expect_due("2025-12-01", "Due today", "تاريخ الاستحقاق اليوم", false);
    expect_due("2025-12-02", "Due 2 December 2025, tomorrow", "تاريخ الاستحقاق 2 ديسمبر 2025، غدًا",
               false);
    expect_due("2025-12-03", "Due 3 December 2025, in 2 days",
               "تاريخ الاستحقاق 3 ديسمبر 2025، بعد يومين", false);
    expect_due("2025-12-11", "Due 11 December 2025, in 10 days",
               "تاريخ الاستحقاق 11 ديسمبر 2025، بعد 10 أيام", false);
    expect_due("2025-12-12", "Due 12 December 2025, in 11 days",
               "تاريخ الاستحقاق 12 ديسمبر 2025، بعد 11 يومًا", false);
    expect_due("2026-02-01", "Due 1 February 2026", "تاريخ الاستحقاق 1 فبراير 2026", false);
    expect_due("2025-11-30", "Was due 30 November 2025, 1 day ago",
               "كان تاريخ الاستحقاق 30 نوفمبر 2025، منذ يوم واحد", true);
    expect_due("2025-08-23", "Was due 23 August 2025, 100 days ago",
               "كان تاريخ الاستحقاق 23 أغسطس 2025، منذ 100 يوم", true);
}

Test(format, distances_are_metres_then_kilometres)
{
    struct buf out = {0};
    format_distance(english, &out, 348);
    expect(&out, "340\u00a0m");
    format_distance(arabic, &out, 1040);
    expect(&out, "1\u00a0كم");
    format_distance(english, &out, 1260);
    expect(&out, "1.3\u00a0km");
    format_distance(english, &out, 12600);
    expect(&out, "13\u00a0km");
}
