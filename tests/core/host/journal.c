// SPDX-License-Identifier: Apache-2.0
#include "host/journal.h"

#include "base/json.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void add(struct journal *journal, unsigned from, unsigned to)
{
    for (unsigned i = from; i <= to; i++) {
        char text[16];
        snprintf(text, sizeof text, "line %u", i);
        journal_add(journal, LOG_LEVEL_WARNING, "bills@1.0.0[7]", str_from(text));
    }
}

static void expect(const struct journal *journal, uint64_t after, unsigned count, unsigned first,
                   unsigned last)
{
    json_t *lines = journal_read(journal, after, count);
    cr_assert_eq(json_array_size(lines), last + 1 - first, "after %llu", (unsigned long long)after);
    for (unsigned i = first; i <= last; i++) {
        char text[16];
        const json_t *line = json_array_get(lines, i - first);
        snprintf(text, sizeof text, "line %u", i);
        cr_assert_str_eq(json_get_string(line, "text"), text);
        cr_assert_eq(json_get_integer(line, "number", 0), i);
        cr_assert_str_eq(json_get_string(line, "level"), "warning");
    }
    json_decref(lines);
}

Test(journal, keeps_the_last_lines_and_tells_those_after_a_number)
{
    struct journal *journal;
    journal_create(&journal, 5);
    expect(journal, 0, 10, 1, 0);
    add(journal, 1, 3);
    expect(journal, 0, 10, 1, 3);
    expect(journal, 2, 10, 3, 3);
    expect(journal, 3, 10, 4, 3);
    add(journal, 4, 12);
    expect(journal, 0, 10, 8, 12);
    expect(journal, 10, 10, 11, 12);
    expect(journal, 0, 2, 11, 12);
    journal_destroy(journal);
}

Test(journal, whatever_a_plugin_writes_is_printable_and_json)
{
    struct journal *journal;
    journal_create(&journal, 4);
    journal_add(journal, LOG_LEVEL_ERROR, "x", STR("\x1b[31mred\nand \x01 more"));
    journal_add(journal, LOG_LEVEL_ERROR, "x", STR("\xff\xfe not utf-8"));
    journal_add(journal, LOG_LEVEL_ERROR, "x", STR("فاتورة"));
    json_t *lines = journal_read(journal, 0, 4);
    cr_assert_str_eq(json_get_string(json_array_get(lines, 0), "text"), " [31mred and   more");
    cr_assert_str_eq(json_get_string(json_array_get(lines, 1), "text"), "?? not utf-8");
    cr_assert_str_eq(json_get_string(json_array_get(lines, 2), "text"), "فاتورة");
    json_decref(lines);
    journal_destroy(journal);
}
