// SPDX-License-Identifier: Apache-2.0
#include "pages/mustache.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>

#define SPECIFICATION MEDINA_VECTORS "/mustache"

enum { LIMIT = 1 << 20 };

static const unsigned AS_SPECIFIED =
    MUSTACHE_UNESCAPED | MUSTACHE_MISSING_PARTIALS | MUSTACHE_KEEP_SPACE;

// A set of the template "main" and of the partials of a case.
static struct mustache *compile_case(const json_t *test, unsigned flags, struct err *err)
{
    json_t *partials = json_object_get(test, "partials");
    size_t count = 1 + json_object_size(partials), i = 1;
    struct mustache_source *sources = mem_zero(count, sizeof *sources);
    sources[0].name = STR("main");
    sources[0].text = str_from(json_string_value(json_object_get(test, "template")));
    const char *name;
    json_t *text;
    json_object_foreach(partials, name, text)
    {
        sources[i].name = str_from(name);
        sources[i++].text = str_from(json_string_value(text));
    }
    struct mustache *set = mustache_compile(sources, count, NULL, flags, err);
    free(sources);
    return set;
}

static void run_case(const char *file, const json_t *test)
{
    const char *name = json_string_value(json_object_get(test, "name"));
    const char *expected = json_string_value(json_object_get(test, "expected"));
    const json_t *data = json_object_get(test, "data");
    struct err err = {0};
    struct mustache *set = compile_case(test, AS_SPECIFIED, &err);
    cr_assert(set != NULL, "%s: %s: %s", file, name, err.message);
    struct buf out = {0};
    int code = mustache_render(mustache_find(set, STR("main")), &data, 1, LIMIT, &out, &err);
    cr_expect(code == 0, "%s: %s: %s", file, name, err.message);
    cr_expect(str_is(buf_str(&out), expected), "%s: %s: expected\n%s\nbut was\n%s", file, name,
              expected, out.data);
    buf_finish(&out);
    mustache_destroy(set);
}

static json_t *load_cases(const char *file)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.json", SPECIFICATION, file);
    json_t *document = json_load_file(path, 0, NULL);
    if (!document)
        cr_skip_test("the specification's cases are not here: %s", path);
    return document;
}

static size_t run_file(const char *file)
{
    json_t *document = load_cases(file), *tests = json_object_get(document, "tests"), *test;
    size_t i;
    json_array_foreach(tests, i, test) run_case(file, test);
    json_decref(document);
    return i;
}

Test(mustache, every_case_of_the_specifications_core_passes)
{
    size_t cases = run_file("comments") + run_file("delimiters") + run_file("interpolation") +
                   run_file("inverted") + run_file("partials") + run_file("sections");
    cr_expect(ge(sz, cases, 130), "only %zu cases were found", cases);
}

Test(mustache, templates_that_use_inheritance_or_dynamic_names_are_refused)
{
    static const char *const files[] = {"~inheritance", "~dynamic-names"};
    size_t refused = 0, i;
    for (size_t f = 0; f < 2; f++) {
        json_t *document = load_cases(files[f]), *test;
        json_array_foreach(json_object_get(document, "tests"), i, test)
        {
            const char *text = json_string_value(json_object_get(test, "template"));
            struct err err = {0};
            struct mustache *set = compile_case(test, AS_SPECIFIED, &err);
            if (strstr(text, "{{<") || strstr(text, "{{$") || strstr(text, "{{>*") ||
                strstr(text, "{{> *")) {
                cr_expect(set == NULL, "compiled: %s", text);
                cr_expect(strstr(err.message, "not supported") != NULL, "%s", err.message);
                refused++;
            }
            mustache_destroy(set);
        }
        json_decref(document);
    }
    cr_expect(ge(sz, refused, 40), "only %zu templates were refused", refused);
}

static struct mustache *compile(const char *text, const char *constants, struct err *err)
{
    struct mustache_source source = {STR("main"), str_from(text)};
    json_t *values = constants ? json_loads(constants, 0, NULL) : NULL;
    struct mustache *set = mustache_compile(&source, 1, values, 0, err);
    json_decref(values);
    return set;
}

static void expect_refused(const char *text, const char *message)
{
    struct err err = {0};
    struct mustache *set = compile(text, "{\"text\":{\"a\":\"A\"}}", &err);
    cr_expect(set == NULL, "compiled: %s", text);
    cr_expect(strstr(err.message, message) != NULL, "%s: said %s, not %s", text, err.message,
              message);
    mustache_destroy(set);
}

static void expect_rendered(const char *text, const char *data, const char *expected)
{
    struct err err = {0};
    struct mustache *set = compile(text, "{\"text\":{\"a\":\"A & B\",\"b\":{\"c\":\"C\"}}}", &err);
    cr_assert(set != NULL, "%s", err.message);
    json_t *context = json_loads(data, 0, NULL);
    struct buf out = {0};
    const json_t *contexts[] = {context};
    cr_expect(eq(int,
                 mustache_render(mustache_find(set, STR("main")), contexts, 1, LIMIT, &out, NULL),
                 0));
    cr_expect(str_is(buf_str(&out), expected), "%s: expected %s but was %s", text, expected,
              out.data);
    buf_finish(&out);
    json_decref(context);
    mustache_destroy(set);
}

Test(mustache, unescaped_tags_are_refused_with_the_line)
{
    expect_refused("a\nb {{{name}}}", "main:2: unescaped tags are refused: write {{name}}");
    expect_refused("\n\n{{&name}}", "main:3: unescaped tags are refused");
    expect_refused("{{=<% %>=}}\n<%& name%>", "main:2: unescaped tags are refused");
}

Test(mustache, a_mistake_is_refused_with_the_line)
{
    expect_refused("a\n{{#list}}\nb", "main:2: the section list is not closed");
    expect_refused("{{#a}}\n{{/b}}", "main:2: {{/b}} where {{/a}} of line 1 is open");
    expect_refused("{{/a}}", "main:1: {{/a}} closes nothing");
    expect_refused("x\n{{a", "main:2: a tag that is not closed");
    expect_refused("{{}}", "main:1: a tag without a name");
    expect_refused("{{>other}}", "main:1: there is no template other");
    expect_refused("{{=a=}}", "main:1: delimiters are set as");
    expect_refused("{{text.none}}", "main:1: there is no text text.none");
    expect_refused("{{text}}", "main:1: there is no text text");
}

Test(mustache, constants_are_escaped_and_win_over_the_context)
{
    expect_rendered("<p>{{text.a}}{{text.b.c}}</p>", "{\"text\":{\"a\":\"other\"}}",
                    "<p>A &amp; BC</p>");
}

Test(mustache, what_is_printed_can_leave_neither_text_nor_attribute)
{
    expect_rendered("<p title=\"{{x}}\">{{x}}</p>", "{\"x\":\"<b a=\\\"1\\\" c='2'>&\\u0001\\t\"}",
                    "<p title=\"&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;\t\">"
                    "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;\t</p>");
}

Test(mustache, an_empty_text_is_false_and_zero_is_not)
{
    expect_rendered("{{#a}}a{{/a}}{{^a}}-{{/a}}{{#b}}b{{/b}}{{#c}}c{{/c}}{{^d}}-{{/d}}",
                    "{\"a\":\"\",\"b\":0,\"c\":{}}", "-bc-");
}

Test(mustache, indentation_and_empty_lines_are_dropped)
{
    expect_rendered("<ul>\n\n    {{#l}}\n    <li> {{.}} </li>\n    {{/l}}\n  </ul> x\n",
                    "{\"l\":[1,2]}", "<ul>\n<li> 1 </li>\n<li> 2 </li>\n</ul> x\n");
}

Test(mustache, later_contexts_hide_earlier_ones)
{
    struct mustache *set = compile("{{a}}{{b}}", NULL, NULL);
    json_t *below = json_pack("{s:s, s:s}", "a", "1", "b", "2"),
           *above = json_pack("{s:s}", "a", "3");
    const json_t *contexts[] = {below, above};
    struct buf out = {0};
    mustache_render(mustache_find(set, STR("main")), contexts, 2, LIMIT, &out, NULL);
    cr_expect(eq(str, out.data, "32"));
    buf_finish(&out);
    json_decref(below);
    json_decref(above);
    mustache_destroy(set);
}

Test(mustache, output_over_the_limit_is_an_error)
{
    struct mustache *set = compile("{{#l}}0123456789{{/l}}", NULL, NULL);
    json_t *data = json_pack("{s:[iiiiiiiiii]}", "l", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    const json_t *contexts[] = {data};
    struct buf out = {0};
    struct err err = {0};
    cr_expect(eq(int, mustache_render(mustache_find(set, STR("main")), contexts, 1, 50, &out, &err),
                 ERR_LIMIT));
    cr_expect(lt(sz, out.size, 70));
    buf_finish(&out);
    json_decref(data);
    mustache_destroy(set);
}

Test(mustache, a_partial_without_end_is_an_error_not_a_crash)
{
    struct mustache *set = compile("x{{>main}}", NULL, NULL);
    const json_t *data = NULL;
    struct buf out = {0};
    cr_expect(eq(int, mustache_render(mustache_find(set, STR("main")), &data, 0, LIMIT, &out, NULL),
                 ERR_LIMIT));
    buf_finish(&out);
    mustache_destroy(set);

    // Every level of it is indented further: it would be compiled for ever.
    struct mustache_source source = {STR("main"), STR("  {{>main}}\n")};
    struct err err = {0};
    cr_expect(mustache_compile(&source, 1, NULL, MUSTACHE_KEEP_SPACE, &err) == NULL);
    cr_expect(eq(int, err.code, ERR_LIMIT));
}
