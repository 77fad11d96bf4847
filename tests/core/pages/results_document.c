// SPDX-License-Identifier: Apache-2.0
// The public contract of results is prose (sdk/docs/results.md) and a schema beside it: they must
// say the same, so every example of the prose is checked against the schema.
#include "base/buf.h"
#include "base/schema.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#define DOCUMENTS MEDINA_SOURCE_DIR "/sdk/docs/"

static json_t *load_schema(void)
{
    json_error_t error;
    json_t *document =
        json_load_file(DOCUMENTS "results.schema.json", JSON_REJECT_DUPLICATES, &error);
    cr_assert(document != NULL, "%d: %s", error.line, error.text);
    return document;
}

static struct schema *compile(json_t *document)
{
    struct err err = {0};
    struct schema *schema = schema_compile(document, &err);
    cr_assert(schema != NULL, "%s", err.message);
    json_decref(document);
    return schema;
}

// The schema of one definition: the document with another root.
static struct schema *compile_definition(const char *name)
{
    json_t *document = load_schema();
    json_t *root = json_pack("{s:O, s:o}", "$defs", json_object_get(document, "$defs"), "$ref",
                             json_sprintf("#/$defs/%s", name));
    json_decref(document);
    return compile(root);
}

static void expect_valid(const struct schema *schema, const json_t *value, const char *name)
{
    struct schema_faults faults = {0};
    schema_validate(schema, value, &faults);
    for (size_t i = 0; i < faults.count; i++)
        cr_expect(faults.count == 0, "%s: %s %s", name, faults.items[i].pointer,
                  faults.items[i].keyword);
    schema_faults_finish(&faults);
}

// Calls check(language of the fence, text) for every fenced example.
static size_t each_example(void (*check)(const char *kind, const char *text))
{
    FILE *file = fopen(DOCUMENTS "results.md", "r");
    cr_assert(file != NULL);
    char line[4096], kind[64] = "";
    struct buf text = {0};
    size_t count = 0;
    bool inside = false;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, "```", 3) != 0) {
            if (inside)
                buf_append_text(&text, line);
            continue;
        }
        if (inside) {
            check(kind, text.data);
            buf_clear(&text);
            count++;
        } else {
            snprintf(kind, sizeof kind, "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
        }
        inside = !inside;
    }
    fclose(file);
    buf_finish(&text);
    return count;
}

static void check_example(const char *kind, const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    cr_assert(value != NULL, "%s in\n%s", error.text, text);
    struct schema *schema = strcmp(kind, "json") == 0 ? compile(load_schema())
                                                      : compile_definition(kind + strlen("json "));
    expect_valid(schema, value, text);
    schema_destroy(schema);
    json_decref(value);
}

Test(results_document, every_example_satisfies_the_schema)
{
    cr_expect(eq(sz, each_example(check_example), 12));
}

static bool valid(const char *text)
{
    struct schema *schema = compile(load_schema());
    json_t *value = json_loads(text, 0, NULL);
    cr_assert(value != NULL, "%s", text);
    bool good = schema_validate(schema, value, NULL) == 0;
    json_decref(value);
    schema_destroy(schema);
    return good;
}

#define RESULT "\"title\":{\"en\":\"t\",\"ar\":\"ع\"}"

Test(results_document, the_schema_refuses_what_the_document_forbids)
{
    cr_expect(valid("{\"type\":\"message\",\"kind\":\"success\"," RESULT "}"));
    static const char *const wrong[] = {
        "{\"type\":\"message\",\"kind\":\"success\"}",
        "{\"type\":\"message\",\"kind\":\"great\"," RESULT "}",
        "{\"type\":\"poem\"," RESULT "}",
        "{\"type\":\"message\",\"kind\":\"success\",\"title\":\"t\"}",
        "{\"type\":\"message\",\"kind\":\"success\",\"title\":{}}",
        "{\"type\":\"list\"," RESULT "}",
        "{\"type\":\"list\"," RESULT ",\"items\":[{" RESULT ",\"pay\":{}}]}",
        "{\"type\":\"list\"," RESULT ",\"items\":[{" RESULT
        ",\"id\":\"a b\",\"pay\":{},\"amount\":{\"amount\":1,\"currency\":\"AED\"}}]}",
        "{\"type\":\"list\"," RESULT ",\"items\":[{" RESULT ",\"value\":{\"amount\":1.5,"
        "\"currency\":\"AED\"}}]}",
        "{\"type\":\"image\"," RESULT ",\"media\":\"image/svg+xml\",\"data\":\"AAAA\"}",
        "{\"type\":\"image\"," RESULT ",\"media\":\"image/png\"}",
        "{\"type\":\"payment\"," RESULT ",\"items\":[]}",
        "{\"type\":\"payment\"," RESULT ",\"items\":[{\"id\":\"a\"," RESULT
        ",\"amount\":{\"amount\":1,\"currency\":\"AED\"}}]}",
        "{\"type\":\"places\"," RESULT ",\"places\":[{" RESULT
        ",\"coordinate\":{\"latitude\":91,\"longitude\":0}}]}",
        "{\"type\":\"form\"," RESULT ",\"action\":{\"operation\":\"a\"}}",
        "{\"type\":\"list\"," RESULT ",\"items\":[],\"actions\":[{\"operation\":\"a\"," RESULT
        ",\"input\":{\"a\":{\"b\":1}}}]}",
        "{\"type\":\"message\",\"kind\":\"error\"," RESULT ",\"updated\":\"yesterday\"}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_expect(not(valid(wrong[i])), "accepted: %s", wrong[i]);
}
