// SPDX-License-Identifier: Apache-2.0
// The official cases of JSON Schema 2020-12. Every case of every schema that stays inside the
// declared subset must come out as the suite says; every schema that does not must be refused when
// it is compiled. Which schemas those are is written down below, so neither list can grow unseen.
#include "base/schema.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <unistd.h>

#define SUITE MEDINA_VECTORS "/json-schema-2020-12"

struct named {
    const char *file;
    const char *group; // NULL: every group of the file
};

// Schemas outside the subset.
static const struct named refused[] = {
    {"anchor.json", NULL},
    {"dynamicRef.json", NULL},
    {"refRemote.json", NULL},
    {"unevaluatedItems.json", NULL},
    {"unevaluatedProperties.json", NULL},
    {"vocabulary.json", NULL},
    {"content.json", "validation of binary-encoded media type documents with schema"},
    {"defs.json", "validate definition against metaschema"},
    {"format.json", "duration format"},
    {"format.json", "hostname format"},
    {"format.json", "idn-email format"},
    {"format.json", "idn-hostname format"},
    {"format.json", "ipv4 format"},
    {"format.json", "ipv6 format"},
    {"format.json", "iri format"},
    {"format.json", "iri-reference format"},
    {"format.json", "json-pointer format"},
    {"format.json", "regex format"},
    {"format.json", "relative-json-pointer format"},
    {"format.json", "uri-reference format"},
    {"format.json", "uri-template format"},
    {"not.json", "collect annotations inside a 'not', even if collection is disabled"},
    {"ref.json", "$id must be resolved against nearest parent, not just immediate parent"},
    {"ref.json", "$id with file URI still resolves pointers - *nix"},
    {"ref.json", "$id with file URI still resolves pointers - windows"},
    {"ref.json", "Recursive references between schemas"},
    {"ref.json", "URN base URI with NSS"},
    {"ref.json", "URN base URI with URN and JSON pointer ref"},
    {"ref.json", "URN base URI with URN and anchor ref"},
    {"ref.json", "URN base URI with q-component"},
    {"ref.json", "URN base URI with r-component"},
    {"ref.json", "URN ref with nested pointer ref"},
    {"ref.json", "order of evaluation: $id and $anchor and $ref"},
    {"ref.json", "order of evaluation: $id and $ref"},
    {"ref.json", "order of evaluation: $id and $ref on nested schema"},
    {"ref.json", "ref creates new scope when adjacent to keywords"},
    {"ref.json", "ref to else"},
    {"ref.json", "ref to if"},
    {"ref.json", "ref to then"},
    {"ref.json", "ref with absolute-path-reference"},
    {"ref.json", "refs with relative uris and defs"},
    {"ref.json", "relative refs with absolute uris and defs"},
    {"ref.json", "remote ref, containing refs itself"},
    {"ref.json", "simple URN base URI with $ref via the URN"},
    {"ref.json", "simple URN base URI with JSON pointer"},
};

// Cases that hold only where `format` is a note; here it is asserted, so they must come out
// invalid.
static const struct named asserted_formats[] = {
    {"format.json", "email format"},     {"format.json", "date format"},
    {"format.json", "date-time format"}, {"format.json", "time format"},
    {"format.json", "uri format"},       {"format.json", "uuid format"},
};

static bool listed(const struct named *list, size_t count, const char *file, const char *group)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].file, file) == 0 &&
            (!list[i].group || strcmp(list[i].group, group) == 0))
            return true;
    return false;
}

#define LISTED(list, file, group) listed(list, sizeof list / sizeof *list, file, group)

static size_t groups_refused, cases_run;

static void run_case(const struct schema *schema, const char *file, const char *group,
                     const json_t *test)
{
    const char *name = json_string_value(json_object_get(test, "description"));
    bool expected = json_is_true(json_object_get(test, "valid"));
    if (LISTED(asserted_formats, file, group) && strstr(name, "is only an annotation by default"))
        expected = false;
    const json_t *data = json_object_get(test, "data");
    struct schema_faults faults = {0};
    bool valid = schema_validate(schema, data, &faults) == 0;
    cr_expect(valid == expected, "%s: %s: %s: came out %s", file, group, name,
              valid ? "valid" : "invalid");
    cr_expect(valid == (faults.count == 0), "%s: %s: %s: %zu faults", file, group, name,
              faults.count);
    cr_expect(valid == (schema_validate(schema, data, NULL) == 0),
              "%s: %s: %s: the answer without a list of faults differs", file, group, name);
    schema_faults_finish(&faults);
    cases_run++;
}

static void run_group(const char *file, const json_t *group)
{
    const char *name = json_string_value(json_object_get(group, "description"));
    struct err err = {0};
    struct schema *schema = schema_compile(json_object_get(group, "schema"), &err);
    if (LISTED(refused, file, name)) {
        cr_expect(schema == NULL, "%s: %s: compiled although it is outside the subset", file, name);
        cr_expect(eq(int, err.code, ERR_INVALID));
        groups_refused++;
    } else {
        cr_assert(schema != NULL, "%s: %s: refused: %s", file, name, err.message);
        size_t i;
        json_t *test;
        json_array_foreach(json_object_get(group, "tests"), i, test)
            run_case(schema, file, name, test);
    }
    schema_destroy(schema);
}

static void run_file(const char *folder, const char *file)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    json_error_t error;
    json_t *groups = json_load_file(path, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    cr_assert(groups != NULL, "%s:%d: %s", path, error.line, error.text);
    size_t i;
    json_t *group;
    json_array_foreach(groups, i, group) run_group(file, group);
    json_decref(groups);
}

static size_t run_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        cr_skip_test("the official cases are not here: %s", path);
    size_t files = 0;
    for (struct dirent *entry; (entry = readdir(folder));)
        if (fnmatch("*.json", entry->d_name, 0) == 0)
            run_file(path, entry->d_name), files++;
    closedir(folder);
    return files;
}

Test(schema_suite, every_official_case_of_a_supported_keyword_passes, .timeout = 60)
{
    run_folder(SUITE);
    cr_expect(ge(sz, cases_run, 800), "only %zu cases were found", cases_run);
    cr_expect(ge(sz, groups_refused, 150), "only %zu groups were refused", groups_refused);
}

Test(schema_suite, every_official_case_of_an_asserted_format_passes, .timeout = 60)
{
    static const char *const asserted[] = {"date.json",  "time.json", "date-time.json",
                                           "email.json", "uri.json",  "uuid.json"};
    if (access(SUITE "/format", R_OK) != 0)
        cr_skip_test("the official cases are not here: " SUITE "/format");
    for (size_t i = 0; i < sizeof asserted / sizeof *asserted; i++)
        run_file(SUITE "/format", asserted[i]);
    cr_expect(ge(sz, cases_run, 250), "only %zu cases were found", cases_run);
}

// The suite's regexes, compiled as patterns: what ECMA-262 does not know is refused.
Test(schema_suite, a_pattern_that_ecma_262_does_not_know_is_refused)
{
    json_t *groups = json_load_file(SUITE "/format/ecmascript-regex.json", 0, NULL);
    if (!groups)
        cr_skip_test("the official cases are not here: " SUITE "/format");
    size_t i, j;
    json_t *group, *test;
    json_array_foreach(groups, i, group)
        json_array_foreach(json_object_get(group, "tests"), j, test)
    {
        json_t *document = json_pack("{s:O}", "pattern", json_object_get(test, "data"));
        struct schema *schema = schema_compile(document, NULL);
        bool expected = json_is_true(json_object_get(test, "valid"));
        const char *text = json_string_value(json_object_get(test, "data"));
        if (strcmp(text, "(?<=a+)b") == 0)
            expected = false; // outside the subset: a look-behind without a bound
        cr_expect(expected == (schema != NULL), "%s", text);
        schema_destroy(schema);
        json_decref(document);
    }
    json_decref(groups);
}
