// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "pages/pages.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

static const char schema_text[] =
    "{\"type\":\"object\",\"required\":[\"account\"],\"additionalProperties\":false,\"properties\":"
    "{"
    "\"account\":{\"$ref\":\"#/$defs/account\"},"
    "\"amount\":{\"type\":\"integer\",\"minimum\":5000,\"x-medina-input\":\"money\","
    "\"x-medina-label\":{\"en\":\"Amount\",\"ar\":\"المبلغ\"}},"
    "\"count\":{\"type\":\"integer\"},"
    "\"phone\":{\"type\":\"string\",\"x-medina-input\":\"phone\"},"
    "\"name\":{\"type\":\"string\",\"minLength\":2},"
    "\"agree\":{\"type\":\"boolean\"},"
    "\"extras\":{\"type\":\"array\",\"items\":{\"enum\":[\"paper\",\"sms\"]}}},"
    "\"$defs\":{\"account\":{\"type\":\"string\",\"pattern\":\"^[0-9]{10}$\",\"x-medina-input\":"
    "\"digits\",\"x-medina-label\":{\"en\":\"Account number\",\"ar\":\"رقم الحساب\"}}}}";

static struct schema *compile(void)
{
    json_t *document = json_loads(schema_text, 0, NULL);
    struct err err = {0};
    struct schema *schema = schema_compile(document, &err);
    cr_assert(schema != NULL, "%s", err.message);
    json_decref(document);
    return schema;
}

static void expect_read(const char *pairs[][2], size_t count, const char *expected)
{
    struct schema *schema = compile();
    struct page_pair list[16];
    for (size_t i = 0; i < count; i++)
        list[i] = (struct page_pair){str_from(pairs[i][0]), str_from(pairs[i][1])};
    json_t *input = pages_read_form(schema, list, count);
    char *text = json_dumps(input, JSON_COMPACT | JSON_SORT_KEYS);
    cr_expect(eq(str, text, (char *)expected));
    free(text);
    json_decref(input);
    schema_destroy(schema);
}

Test(form, what_people_type_becomes_what_the_schema_declares)
{
    const char *pairs[][2] = {{"csrf", "token"},         {"account", " 200 123-4567 "},
                              {"amount", "583.13"},      {"count", "١٢"},
                              {"phone", "٠٥٠ ١٢٣ ٤٥٦٧"}, {"name", " Ali 12 "},
                              {"agree", "true"},         {"extras", "paper"},
                              {"extras", "sms"}};
    expect_read(pairs, 9,
                "{\"account\":\"2001234567\",\"agree\":true,\"amount\":58313,\"count\":12,"
                "\"extras\":[\"paper\",\"sms\"],\"name\":\" Ali 12 \",\"phone\":\"0501234567\"}");
}

Test(form, fields_left_empty_are_not_sent_on)
{
    const char *pairs[][2] = {{"account", ""}, {"amount", " "}, {"name", "\t"}};
    expect_read(pairs, 3, "{}");
}

Test(form, what_cannot_be_read_stays_for_validation_to_name)
{
    const char *pairs[][2] = {{"amount", "much"}, {"count", "1.5x"}, {"other", "1"}};
    expect_read(pairs, 3, "{\"amount\":\"much\",\"count\":\"1.5x\",\"other\":\"1\"}");
}

// The whole way of a wrong form: read, validated, shown again with its mistakes.
static char *show_again(struct pages *pages, enum pages_language language, const char *pairs[][2],
                        size_t count)
{
    struct schema *schema = compile();
    struct page_pair list[16];
    for (size_t i = 0; i < count; i++)
        list[i] = (struct page_pair){str_from(pairs[i][0]), str_from(pairs[i][1])};
    json_t *input = pages_read_form(schema, list, count);
    struct schema_faults faults = {0};
    cr_expect(eq(int, schema_validate(schema, input, &faults), ERR_INVALID));
    json_t *errors = schema_faults_json(&faults);
    struct page_context context = {.language = language,
                                   .path = "/x/y",
                                   .csrf = "t",
                                   .now = FIXTURE_NOW};
    struct page_operation operation = {.instance = "x",
                                       .operation = "y",
                                       .schema = schema_document(schema)};
    struct buf out = {0};
    cr_assert(
        eq(int, pages_render_form(pages, &context, &operation, input, errors, &out, NULL), 0));
    json_decref(errors);
    json_decref(input);
    schema_faults_finish(&faults);
    schema_destroy(schema);
    return buf_detach(&out);
}

Test(form, a_wrong_form_comes_back_with_its_values_and_a_sentence_beside_each_field)
{
    const char *pairs[][2] = {{"amount", "12"}, {"name", "A"}};
    struct pages *pages = fixture_pages();
    char *page = show_again(pages, PAGES_ENGLISH, pairs, 2);
    cr_expect(strstr(page, "<a href=\"#f-account\">Account number: Fill in this field</a>") !=
              NULL);
    cr_expect(strstr(page, "Enter AED\u00a050.00 or more") != NULL);
    cr_expect(strstr(page, "Enter at least 2 characters") != NULL);
    cr_expect(strstr(page, "name=\"amount\" type=\"text\" value=\"12.00\"") != NULL);
    cr_expect(strstr(page, "aria-invalid=\"true\"") != NULL);
    free(page);
    page = show_again(pages, PAGES_ARABIC, pairs, 2);
    cr_expect(strstr(page, "رقم الحساب: هذا الحقل مطلوب") != NULL);
    cr_expect(strstr(page, "أدخل 50.00\u00a0د.إ. أو أكثر") != NULL);
    cr_expect(strstr(page, "أدخل حرفين على الأقل") != NULL);
    free(page);
    pages_destroy(pages);
}

Test(form, an_input_that_no_form_can_send_says_so)
{
    struct pages *pages = fixture_pages();
    json_t *schema = json_loads("{\"required\":[\"where\"],\"properties\":{\"where\":"
                                "{\"type\":\"object\"}}}",
                                0, NULL);
    struct page_context context = {.path = "/x/y", .csrf = "t", .now = FIXTURE_NOW};
    struct page_operation operation = {.instance = "x", .operation = "y", .schema = schema};
    struct buf out = {0};
    cr_assert(eq(int, pages_render_form(pages, &context, &operation, NULL, NULL, &out, NULL), 0));
    cr_expect(strstr(out.data, "can be used by the API only") != NULL);
    cr_expect(strstr(out.data, "<form") == NULL);
    buf_finish(&out);
    json_decref(schema);
    pages_destroy(pages);
}
