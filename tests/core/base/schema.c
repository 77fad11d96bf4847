// SPDX-License-Identifier: Apache-2.0
#include "base/schema.h"

#include "base/buf.h"
#include "base/mem.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdlib.h>

static json_t *json(const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
    cr_assert(value != NULL, "%s: %s", error.text, text);
    return value;
}

static struct schema *compile(const char *text)
{
    struct err err = {0};
    json_t *document = json(text);
    struct schema *schema = schema_compile(document, &err);
    cr_assert(schema != NULL, "%s", err.message);
    json_decref(document);
    return schema;
}

static void expect_refused(const char *text, const char *message)
{
    struct err err = {0};
    json_t *document = json(text);
    cr_expect(schema_compile(document, &err) == NULL, "compiled: %s", text);
    cr_expect(eq(int, err.code, ERR_INVALID));
    cr_expect(strstr(err.message, message) != NULL, "%s\nsaid: %s\nnot:  %s", text, err.message,
              message);
    json_decref(document);
}

// The faults as text, one "pointer keyword parameters" a line.
static char *faults_of(const char *schema_text, const char *value_text)
{
    struct schema *schema = compile(schema_text);
    json_t *value = json(value_text);
    struct schema_faults faults = {0};
    int code = schema_validate(schema, value, &faults);
    cr_expect(code == (faults.count ? ERR_INVALID : 0));
    struct buf out = {0};
    for (size_t i = 0; i < faults.count; i++) {
        char *parameters = json_dumps(faults.items[i].parameters, JSON_COMPACT | JSON_SORT_KEYS);
        buf_printf(&out, "%s%s %s %s", i ? "\n" : "", faults.items[i].pointer,
                   faults.items[i].keyword, parameters);
        free(parameters);
    }
    schema_faults_finish(&faults);
    json_decref(value);
    schema_destroy(schema);
    return buf_detach(&out);
}

static void expect_faults(const char *schema, const char *value, const char *expected)
{
    char *found = faults_of(schema, value);
    cr_expect(eq(str, found, (char *)expected), "%s\nagainst %s", value, schema);
    free(found);
}

Test(schema, an_unknown_keyword_is_refused_with_its_pointer)
{
    expect_refused("{\"properties\":{\"a/b\":{\"typ\":\"string\"}}}",
                   "#/properties/a~1b/typ: the keyword \"typ\" is not supported");
    expect_refused("{\"allOf\":[{},{\"unevaluatedProperties\":false}]}",
                   "#/allOf/1/unevaluatedProperties");
    expect_refused("{\"definitions\":{}}", "\"definitions\"");
    expect_refused("{\"$id\":\"x\"}", "\"$id\"");
}

Test(schema, a_keyword_with_a_value_of_the_wrong_kind_is_refused)
{
    expect_refused("{\"type\":\"text\"}", "#/type: must name null, boolean");
    expect_refused("{\"type\":[]}", "#/type");
    expect_refused("{\"minLength\":-1}", "#/minLength: must be a whole number");
    expect_refused("{\"maxLength\":1.5}", "#/maxLength: must be a whole number");
    expect_refused("{\"multipleOf\":0}", "#/multipleOf: must be a number greater than 0");
    expect_refused("{\"minimum\":\"1\"}", "#/minimum: must be a number");
    expect_refused("{\"required\":[\"a\",\"a\"]}", "#/required: names the same twice");
    expect_refused("{\"required\":\"a\"}", "#/required: must be an array of names");
    expect_refused("{\"properties\":[]}", "#/properties: must be an object");
    expect_refused("{\"items\":[{}]}", "#/items: a schema must be an object, true or false");
    expect_refused("{\"anyOf\":[]}", "#/anyOf: must be an array of schemas, not empty");
    expect_refused("{\"format\":\"phone\"}", "#/format: must be date, time");
    expect_refused("{\"enum\":\"a\"}", "#/enum: must be an array");
    expect_refused("{\"uniqueItems\":1}", "#/uniqueItems: must be true or false");
    expect_refused("{\"dependentRequired\":{\"a\":\"b\"}}",
                   "#/dependentRequired/a: must be an array");
    expect_refused("{\"$schema\":\"http://json-schema.org/draft-07/schema#\"}",
                   "#/$schema: must be");
    expect_refused("\"string\"", "#: a schema must be an object");
}

Test(schema, a_reference_that_leads_nowhere_or_elsewhere_is_refused)
{
    expect_refused("{\"$ref\":\"#/$defs/a\"}", "refers to #/$defs/a, which is not there");
    expect_refused("{\"$ref\":\"https://example.com/a\"}", "in the same document");
    expect_refused("{\"$ref\":\"#a\"}", "in the same document");
    expect_refused("{\"$defs\":{\"a\":{}},\"$ref\":\"#/$defs/%zz\"}", "which is not there");
    expect_refused("{\"properties\":{\"a\":{\"const\":1}},\"$ref\":\"#/properties/a/const\"}",
                   "a schema must be an object");
}

Test(schema, a_schema_that_would_check_one_value_for_ever_is_refused)
{
    expect_refused("{\"$ref\":\"#\"}", "refers to itself");
    expect_refused("{\"$defs\":{\"a\":{\"anyOf\":[{\"$ref\":\"#/$defs/b\"}]},"
                   "\"b\":{\"not\":{\"$ref\":\"#/$defs/a\"}}},\"$ref\":\"#/$defs/a\"}",
                   "refers to itself");
    expect_refused("{\"dependentSchemas\":{\"a\":{\"$ref\":\"#\"}}}", "refers to itself");
}

Test(schema, a_tree_may_refer_to_itself_below)
{
    const char *tree = "{\"properties\":{\"name\":{\"type\":\"string\"},"
                       "\"children\":{\"items\":{\"$ref\":\"#\"}}},\"required\":[\"name\"]}";
    expect_faults(tree, "{\"name\":\"a\",\"children\":[{\"name\":\"b\"}]}", "");
    expect_faults(tree, "{\"name\":\"a\",\"children\":[{\"name\":\"b\",\"children\":[{}]}]}",
                  "/children/0/children/0/name required {\"property\":\"name\"}");
}

Test(schema, a_value_nested_deeper_than_the_limit_is_refused)
{
    struct buf text = {0};
    for (int i = 0; i < 200; i++)
        buf_append_char(&text, '[');
    for (int i = 0; i < 200; i++)
        buf_append_char(&text, ']');
    struct schema *schema = compile("{\"items\":{\"$ref\":\"#\"}}");
    json_t *value = json(text.data);
    struct schema_faults faults = {0};
    cr_expect(eq(int, schema_validate(schema, value, &faults), ERR_INVALID));
    cr_expect(eq(str, (char *)faults.items[0].keyword, "limit"));
    schema_faults_finish(&faults);
    json_decref(value);
    schema_destroy(schema);
    buf_finish(&text);
}

Test(schema, medinas_own_annotations_and_the_standard_notes_are_accepted_anywhere)
{
    expect_faults("{\"x-medina-order\":[\"a\"],\"properties\":{\"a\":{\"x-medina-label\":"
                  "{\"en\":\"A\",\"ar\":\"أ\"},\"default\":1,\"examples\":[2],\"deprecated\":true,"
                  "\"contentMediaType\":\"image/png\"}}}",
                  "{\"a\":1}", "");
}

Test(schema, every_mistake_of_a_form_is_listed_with_the_field_it_belongs_to)
{
    expect_faults(
        "{\"type\":\"object\",\"additionalProperties\":false,"
        "\"required\":[\"account\",\"month\"],\"properties\":{"
        "\"account\":{\"type\":\"string\",\"pattern\":\"^[0-9]{10}$\"},"
        "\"amount\":{\"type\":\"integer\",\"minimum\":100},"
        "\"month\":{\"type\":\"string\"},"
        "\"when\":{\"type\":\"string\",\"format\":\"date\"},"
        "\"kind\":{\"enum\":[\"a\",\"b\"]}}}",
        "{\"account\":\"12\",\"amount\":5,\"when\":\"2025-02-30\",\"kind\":\"c\",\"x/y\":1}",
        "/account pattern {\"pattern\":\"^[0-9]{10}$\"}\n"
        "/amount minimum {\"limit\":100}\n"
        "/when format {\"format\":\"date\"}\n"
        "/kind enum {\"allowed\":[\"a\",\"b\"]}\n"
        "/x~1y additionalProperties {\"property\":\"x/y\"}\n"
        "/month required {\"property\":\"month\"}");
}

Test(schema, each_keyword_reports_its_parameters)
{
    expect_faults("{\"type\":[\"string\",\"null\"]}", "1",
                  " type {\"expected\":[\"null\",\"string\"]}");
    expect_faults("{\"const\":{\"a\":1}}", "2", " const {\"expected\":{\"a\":1}}");
    expect_faults("{\"minLength\":3}", "\"ab\"", " minLength {\"limit\":3}");
    expect_faults("{\"maxItems\":1}", "[1,2]", " maxItems {\"limit\":1}");
    expect_faults("{\"uniqueItems\":true}", "[1,2,1.0]", " uniqueItems {\"first\":0,\"second\":2}");
    expect_faults("{\"contains\":{\"const\":1},\"maxContains\":1}", "[1,1]",
                  " contains {\"found\":2,\"maximum\":1,\"minimum\":1}");
    expect_faults("{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}",
                  "/b dependentRequired {\"because\":\"a\",\"property\":\"b\"}");
    expect_faults("{\"propertyNames\":{\"maxLength\":1}}", "{\"ab\":1}",
                  "/ab propertyNames {\"property\":\"ab\"}");
    expect_faults("{\"oneOf\":[true,true]}", "1", " oneOf {\"matched\":2}");
    expect_faults("{\"anyOf\":[{\"type\":\"string\"}]}", "1", " anyOf {}");
    expect_faults("{\"not\":{}}", "1", " not {}");
    expect_faults("{\"properties\":{\"a\":false}}", "{\"a\":1}", "/a false {}");
    expect_faults("{\"multipleOf\":0.05}", "0.07", " multipleOf {\"limit\":0.050000000000000003}");
}

Test(schema, integers_compare_exactly_over_all_64_bits)
{
    expect_faults("{\"maximum\":9223372036854775806}", "9223372036854775806", "");
    expect_faults("{\"maximum\":9223372036854775806}", "9223372036854775807",
                  " maximum {\"limit\":9223372036854775806}");
    expect_faults("{\"const\":9007199254740993}", "9007199254740992.0",
                  " const {\"expected\":9007199254740993}");
    expect_faults("{\"minimum\":9007199254740993}", "9007199254740992.0",
                  " minimum {\"limit\":9007199254740993}");
    expect_faults("{\"exclusiveMaximum\":1e19}", "9223372036854775807", "");
    expect_faults("{\"minimum\":-0.5}", "0", "");
    expect_faults("{\"type\":\"integer\"}", "3.0", "");
}

Test(schema, decimal_multiples_are_exact)
{
    expect_faults("{\"multipleOf\":0.01}", "583.13", "");
    expect_faults("{\"multipleOf\":0.01}", "4.35", "");
    expect_faults("{\"multipleOf\":0.01}", "4.355", " multipleOf {\"limit\":0.01}");
    expect_faults("{\"multipleOf\":1e300}", "7", " multipleOf {\"limit\":1.0000000000000001e300}");
    expect_faults("{\"multipleOf\":3}", "-9", "");
}

Test(schema, lengths_count_code_points_not_bytes)
{
    expect_faults("{\"maxLength\":4}", "\"دبي٤\"", "");
    expect_faults("{\"maxLength\":3}", "\"دبي٤\"", " maxLength {\"limit\":3}");
}

Test(schema, a_pattern_reads_arabic_and_means_what_a_browser_would)
{
    expect_faults("{\"pattern\":\"^\\\\p{Script=Arabic}+$\"}", "\"دبي\"", "");
    expect_faults("{\"pattern\":\"^\\\\d+$\"}", "\"٤\"", " pattern {\"pattern\":\"^\\\\d+$\"}");
    expect_faults("{\"pattern\":\"^a.b$\"}", "\"a\\u2028b\"", " pattern {\"pattern\":\"^a.b$\"}");
    expect_faults("{\"pattern\":\"^a$\"}", "\"a\\n\"", " pattern {\"pattern\":\"^a$\"}");
    expect_faults("{\"pattern\":\"^[\\\\s[]{2}\\\\S$\"}", "\"\\u00a0[x\"", "");
    expect_refused("{\"pattern\":\"a++\"}", "#/pattern: pattern, at byte 2: nothing to repeat");
    expect_refused("{\"pattern\":\"(?>a)\"}", "this kind of group is not ECMA-262");
    expect_refused("{\"pattern\":\"\\\\Aa\"}", "this escape is not ECMA-262");
    expect_refused("{\"pattern\":\"a{\"}", "a brace that is no quantifier");
    expect_refused("{\"pattern\":\"(\"}", "#/pattern: pattern: missing closing parenthesis");
    expect_refused("{\"patternProperties\":{\"[\":{}}}", "#/patternProperties/[: pattern");
}

Test(schema, a_pattern_that_explodes_is_cut_short_and_the_value_refused, .timeout = 10)
{
    struct buf text = {0};
    buf_append_char(&text, '"');
    for (int i = 0; i < 2000; i++)
        buf_append_char(&text, 'a');
    buf_append_text(&text, "!\"");
    expect_faults("{\"pattern\":\"^(a+)+$\"}", text.data, " limit {\"limit\":\"pattern\"}");
    expect_faults("{\"not\":{\"pattern\":\"^(a+)+$\"}}", text.data,
                  " limit {\"limit\":\"pattern\"}");
    buf_finish(&text);
}

Test(schema, a_string_too_long_for_patterns_is_refused_even_below_not)
{
    char *text = mem_alloc(SCHEMA_PATTERN_BYTES + 4);
    memset(text, 'a', SCHEMA_PATTERN_BYTES + 3);
    text[0] = text[SCHEMA_PATTERN_BYTES + 2] = '"';
    text[SCHEMA_PATTERN_BYTES + 3] = '\0';
    expect_faults("{\"not\":{\"pattern\":\"b\"}}", text, " limit {\"limit\":\"pattern\"}");
    free(text);
}

Test(schema, references_that_multiply_are_cut_short, .timeout = 20)
{
    struct buf text = {0};
    buf_append_text(&text, "{\"$ref\":\"#/$defs/d0\",\"$defs\":{");
    for (int i = 0; i < 12; i++) {
        buf_printf(&text, "\"d%d\":{\"allOf\":[", i);
        for (int j = 0; j < 8; j++)
            buf_printf(&text, "%s{\"$ref\":\"#/$defs/d%d\"}", j ? "," : "", i + 1);
        buf_append_text(&text, "]},");
    }
    buf_append_text(&text, "\"d12\":true}}");
    expect_faults(text.data, "1", " limit {\"limit\":\"steps\"}");
    buf_finish(&text);
}

Test(schema, more_faults_than_the_limit_are_not_listed)
{
    struct buf text = {0};
    buf_append_char(&text, '[');
    for (int i = 0; i < 100; i++)
        buf_append_text(&text, "1,");
    buf_append_text(&text, "1]");
    struct schema *schema = compile("{\"items\":{\"type\":\"string\"}}");
    json_t *value = json(text.data);
    struct schema_faults faults = {0};
    cr_expect(eq(int, schema_validate(schema, value, &faults), ERR_INVALID));
    cr_expect(eq(sz, faults.count, (size_t)SCHEMA_FAULTS));
    schema_faults_finish(&faults);
    json_decref(value);
    schema_destroy(schema);
    buf_finish(&text);
}

Test(schema, equal_items_of_a_long_array_are_found, .timeout = 20)
{
    json_t *array = json_array();
    for (int i = 0; i < 20000; i++)
        json_array_append_new(array, json_pack("{s:i, s:[i]}", "n", i, "l", i));
    struct schema *schema = compile("{\"uniqueItems\":true}");
    cr_expect(eq(int, schema_validate(schema, array, NULL), 0));
    json_array_append_new(array, json_pack("{s:[f], s:f}", "l", 77.0, "n", 77.0));
    struct schema_faults faults = {0};
    cr_expect(eq(int, schema_validate(schema, array, &faults), ERR_INVALID));
    json_t *expected = json_pack("{s:i, s:i}", "first", 77, "second", 20000);
    cr_expect(json_equal(faults.items[0].parameters, expected));
    json_decref(expected);
    schema_faults_finish(&faults);
    schema_destroy(schema);
    json_decref(array);
}

Test(schema, the_document_may_go_once_it_is_compiled)
{
    json_t *document = json("{\"enum\":[\"a\"],\"properties\":{\"a\":{}}}");
    struct schema *schema = schema_compile(document, NULL);
    json_object_clear(document);
    json_decref(document);
    json_t *value = json("\"a\"");
    cr_expect(eq(int, schema_validate(schema, value, NULL), 0));
    json_decref(value);
    schema_destroy(schema);
}

static void *validate_many(void *argument)
{
    const struct schema *schema = argument;
    size_t wrong = 0;
    json_t *good = json_pack("{s:s}", "a", "12"), *bad = json_pack("{s:s}", "a", "x");
    for (int i = 0; i < 2000; i++) {
        struct schema_faults faults = {0};
        wrong += schema_validate(schema, good, &faults) != 0;
        wrong += schema_validate(schema, bad, &faults) == 0;
        schema_faults_finish(&faults);
    }
    json_decref(good);
    json_decref(bad);
    return (void *)wrong;
}

Test(schema, threads_share_a_compiled_schema)
{
    struct schema *schema =
        compile("{\"properties\":{\"a\":{\"pattern\":\"^[0-9]+$\",\"enum\":[\"12\",\"13\"]}}}");
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, validate_many, schema);
    for (int i = 0; i < 4; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        cr_expect(wrong == NULL);
    }
    schema_destroy(schema);
}

Test(schema, texts_of_a_query_become_values_of_the_declared_type)
{
    struct schema *schema =
        compile("{\"properties\":{\"n\":{\"type\":\"integer\"},\"r\":{\"$ref\":\"#/$defs/real\"},"
                "\"b\":{\"type\":\"boolean\"},\"s\":{\"type\":\"string\"},"
                "\"l\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}},"
                "\"$defs\":{\"real\":{\"type\":\"number\"}}}");
    static const struct {
        const char *property, *text, *expected;
    } cases[] = {
        {"n", "12", "12"},       {"n", "١٢", "12"},         {"n", "۱۲", "12"},
        {"n", "12x", "\"12x\""}, {"n", "true", "\"true\""}, {"n", "", "\"\""},
        {"r", "٢٫٥", "2.5"},     {"b", "true", "true"},     {"b", "yes", "\"yes\""},
        {"s", "12", "\"12\""},   {"l", "7", "7"},           {"unknown", "1", "\"1\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *value =
            schema_value_from_text(schema, str_from(cases[i].property), str_from(cases[i].text));
        json_t *expected = json(cases[i].expected);
        cr_expect(json_equal(value, expected), "%s=%s", cases[i].property, cases[i].text);
        json_decref(value);
        json_decref(expected);
    }
    cr_expect(schema_value_from_text(schema, STR("s"), STR("\xff")) == NULL);
    cr_expect(schema_property_is_array(schema, STR("l")));
    cr_expect(not(schema_property_is_array(schema, STR("n"))));
    schema_destroy(schema);
}
