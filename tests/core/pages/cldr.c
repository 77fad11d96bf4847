// SPDX-License-Identifier: Apache-2.0
// The host's own formatting against CLDR as Node's Intl has it (cldr.mjs): a table of values and of
// what the host makes of them, in both languages.
#include "pages/format.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct table {
    const struct phrases *phrases;
    const char *language;
    json_t *rows;
};

// Takes the value and empties the text.
static void add(const struct table *table, const char *kind, json_t *value, struct buf *text)
{
    json_array_append_new(table->rows, json_pack("{s:s, s:s, s:o, s:s%}", "kind", kind, "language",
                                                 table->language, "value", value, "text",
                                                 text->data, text->size));
    buf_finish(text);
}

static void add_numbers(const struct table *table)
{
    static const int64_t whole[] = {0, 7, 999, 1000, 12345, 1234567, -1, -1000, INT32_MIN};
    static const double parts[] = {0.5, 27.28, 1234.5, 0.125, 1e9 + 0.25, -0.5, -1234.567, 2.0};
    struct buf text = {0};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        format_integer(&text, whole[i]);
        add(table, "integer", json_integer(whole[i]), &text);
    }
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        format_number(&text, parts[i], -1);
        add(table, "number", json_real(parts[i]), &text);
        format_number(&text, parts[i], 2);
        add(table, "hundredths", json_real(parts[i]), &text);
    }
}

static void add_money(const struct table *table)
{
    static const int64_t amounts[] = {0, 5, 58313, 100000, 123456789, -5, -1200, -123456};
    static const char *const currencies[] = {"AED", "KWD", "SAR", "EUR", "JPY"};
    struct buf text = {0};
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++)
        for (size_t k = 0; k < sizeof currencies / sizeof *currencies; k++) {
            format_money(table->phrases, &text, amounts[i], str_from(currencies[k]));
            add(table, "money",
                json_pack("{s:I, s:s}", "amount", (json_int_t)amounts[i], "currency",
                          currencies[k]),
                &text);
        }
}

static void add_dates(const struct table *table)
{
    struct buf text = {0};
    for (int month = 1; month <= 12; month++) {
        struct civil_date date = {2023 + month % 4, month, 2 * month + 3};
        json_t *value = json_sprintf("%04d-%02d-%02d", date.year, date.month, date.day);
        format_date(table->phrases, &text, date);
        add(table, "date", json_incref(value), &text);
        format_month(table->phrases, &text, date);
        add(table, "month", json_incref(value), &text);
        format_short_month(table->phrases, &text, date);
        add(table, "short-month", value, &text);
    }
    for (int day = 0; day < 7; day++) {
        buf_append_str(&text, table->phrases->days[day]);
        add(table, "weekday", json_integer(day), &text);
    }
}

static void add_counts(const struct table *table)
{
    struct buf text = {0};
    for (int64_t count = 0; count <= 1203; count += count < 220 ? 1 : 7) {
        phrases_write(table->phrases, &text, PHRASE_SEARCH_FOUND, count, NULL, 0);
        add(table, "count", json_integer(count), &text);
    }
}

Test(cldr, numbers_money_dates_and_plurals_are_those_of_cldr, .timeout = 60)
{
    static const char *const languages[] = {"en", "ar"};
    char path[] = "/tmp/medina-cldr-XXXXXX", command[1024], strings[512];
    struct table table = {.rows = json_array()};
    for (int i = 0; i < 2; i++) {
        struct err err = {0};
        snprintf(strings, sizeof strings, MEDINA_SOURCE_DIR "/web/strings/%s.json", languages[i]);
        struct phrases *phrases = phrases_load(strings, i == 1, &err);
        cr_assert(phrases != NULL, "%s", err.message);
        table.phrases = phrases;
        table.language = languages[i];
        add_numbers(&table);
        add_money(&table);
        add_dates(&table);
        add_counts(&table);
        phrases_destroy(phrases);
    }
    int file = mkstemp(path);
    cr_assert(ge(int, file, 0));
    cr_assert(eq(int, json_dumpfd(table.rows, file, 0), 0));
    close(file);
    json_decref(table.rows);
    snprintf(command, sizeof command, "node %s/tests/core/pages/cldr.mjs %s %s/web/strings",
             MEDINA_SOURCE_DIR, path, MEDINA_SOURCE_DIR);
    int status = system(command);
    unlink(path);
    bool same = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    cr_expect(same, "the differences are printed above");
}
