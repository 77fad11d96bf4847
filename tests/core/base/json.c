// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static bool valid(const char *text)
{
    return json_check(str_from(text), JSON_DEPTH, NULL) == 0;
}

Test(json, what_jansson_parses_is_valid_and_what_it_refuses_is_not)
{
    static const char *const texts[] = {
        "{}", "[]", " [ ] ", "null", "true", "\"\"", "0", "-0", "1.5e+10", "1E5", "[1,2,[3,{}]]",
        "{\"a\":1,\"b\":[true,false,null]}", "\"\\u00e9\\n\\\"\"", "\"\\ud834\\udd1e\"",
        "\"كهرباء\"", "{\"a\":{\"b\":{\"c\":[{}]}}}", "[[],[],{}]",
        // and refused
        "", " ", "{", "}", "[1,]", "[,1]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "01", "-",
        "1.", ".5", "1e", "+1", "tru", "nulll", "\"", "\"\\x\"", "\"\\u12\"", "\"\t\"",
        "\"\\ud834\"", "\"\\udd1e\"", "[1}", "{\"a\":1]", "[1]]", "[1] x", "\"\xC0\xAF\"",
        "\xEF\xBB\xBF{}", "[\"a\":1]", "{1:2}", "'a'", "NaN", "[1 2]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *value = json_loads(texts[i], JSON_DECODE_ANY, NULL);
        cr_assert_eq(valid(texts[i]), value != NULL, "%s", texts[i]);
        json_decref(value);
    }
}

Test(json, every_cut_of_a_document_is_refused)
{
    struct str text = STR("{\"a\":[1.5,{\"b\":\"\\u00e9x\"},true],\"c\":null}");
    for (size_t size = 0; size < text.size; size++)
        cr_assert_lt(json_check((struct str){text.data, size}, JSON_DEPTH, NULL), 0, "%zu", size);
    cr_assert_eq(json_check(text, JSON_DEPTH, NULL), 0);
}

// Strings are looked through in pieces: whatever stops the look must be seen at every place of one.
Test(json, what_a_string_may_not_hold_is_found_wherever_it_stands)
{
    static const struct str odd[] = {{"\x01", 1},     {"\x1F", 1}, {"\x80", 1},    {"\xFF", 1},
                                     {"\"", 1},       {"\\", 1},   {"\\u00zz", 6}, {"\xC0\xAF", 2},
                                     {"\xE2\x82", 2}, {"\0", 1}};
    static const struct str fine[] = {{" ", 1}, {"\x7F", 1}, {"\\\"", 2}, {"\\u00e9", 6}, {"ك", 2}};
    for (size_t size = 0; size <= 48; size++)
        for (size_t at = 0; at <= size; at++)
            for (size_t i = 0; i < sizeof odd / sizeof *odd + sizeof fine / sizeof *fine; i++) {
                bool is_odd = i < sizeof odd / sizeof *odd;
                struct str piece = is_odd ? odd[i] : fine[i - sizeof odd / sizeof *odd];
                char text[80] = "\"";
                memset(text + 1, 'x', size + piece.size);
                memcpy(text + 1 + at, piece.data, piece.size);
                text[1 + size + piece.size] = '"';
                // At the very end of its memory, so that a look beyond it is seen.
                struct str all = {mem_copy(text, size + piece.size + 2), size + piece.size + 2};
                cr_assert_eq(json_check(all, JSON_DEPTH, NULL) < 0, is_odd, "%zu of %zu, kind %zu",
                             at, size, i);
                free((void *)all.data);
            }
}

Test(json, nesting_deeper_than_the_limit_is_refused)
{
    struct buf text = {0};
    struct err err;
    for (int i = 0; i < 100000; i++)
        buf_append_char(&text, '[');
    cr_assert_eq(json_check(buf_str(&text), JSON_DEPTH, &err), ERR_INVALID);
    cr_assert_str_eq(err.message, "not valid JSON at byte 32");
    cr_assert_null(json_parse(buf_str(&text), NULL));
    buf_finish(&text);
}

Test(json, a_member_named_twice_is_refused)
{
    cr_assert_null(json_parse(STR("{\"amount\":1,\"amount\":2}"), NULL));
}

Test(json, a_written_string_reads_back)
{
    struct buf out = {0};
    struct str text = STR("a\"b\\c\n\x01 فاتورة");
    json_append_string(&out, text);
    json_t *value = json_parse(buf_str(&out), NULL);
    cr_assert_str_eq(json_string_value(value), text.data);
    json_decref(value);
    buf_finish(&out);
}

Test(json, equal_values_have_equal_canonical_bytes)
{
    struct buf one = {0}, two = {0};
    json_t *a = json_parse(STR("{\"b\": [1, 2], \"a\": \"x\"}"), NULL);
    json_t *b = json_parse(STR("{\"a\":\"x\",\"b\":[1,2]}"), NULL);
    json_append_canonical(&one, a);
    json_append_canonical(&two, b);
    cr_assert_str_eq(one.data, two.data);
    cr_assert_str_eq(one.data, "{\"a\":\"x\",\"b\":[1,2]}");
    json_decref(a);
    json_decref(b);
    buf_finish(&one);
    buf_finish(&two);
}

Test(json, the_canonical_form_is_what_jansson_writes_compact_and_sorted)
{
    static const char *const texts[] = {
        "{}", "[]", "{\"b\":{\"z\":null,\"a\":[true,false,-7,1.5,1e300]},\"a\":\"\\u0001\\\"\"}",
        "\"كهرباء\"", "9223372036854775807"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct buf out = {0};
        json_t *value = json_parse(str_from(texts[i]), NULL);
        char *expected = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
        json_append_canonical(&out, value);
        cr_assert_str_eq(out.data, expected);
        free(expected);
        json_decref(value);
        buf_finish(&out);
    }
}
