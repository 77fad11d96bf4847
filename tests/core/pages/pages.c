// SPDX-License-Identifier: Apache-2.0
#include "pages/pages.h"

#include "fixture.h"
#include "html.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static struct pages *pages;

static void load(void)
{
    pages = fixture_pages();
}

static void unload(void)
{
    pages_destroy(pages);
}

TestSuite(pages, .init = load, .fini = unload);

static char *render(enum pages_language language, const json_t *fixture)
{
    struct buf out = {0};
    fixture_render(pages, language, fixture, &out);
    return buf_detach(&out);
}

static json_t *json(const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, 0, &error);
    cr_assert(value != NULL, "%s in %s", error.text, text);
    return value;
}

// Appends the outline of the page; fails the test when the page is not well-formed.
static void outline_of(const char *name, enum pages_language language, const json_t *fixture,
                       struct buf *outline)
{
    struct err err = {0};
    char *page = render(language, fixture);
    int code = html_check(str_from(page), outline, &err);
    cr_expect(code == 0, "%s.%s: %s", name, pages_language_code(language), err.message);
    free(page);
}

static void check_page(const char *name, const json_t *fixture)
{
    for (enum pages_language language = 0; language < PAGES_LANGUAGES; language++) {
        struct buf outline = {0};
        outline_of(name, language, fixture, &outline);
        buf_finish(&outline);
        char *page = render(language, fixture);
        cr_expect(strstr(page, "{{") == NULL, "%s: a tag was printed", name);
        cr_expect(strstr(page, "<h1") != NULL, "%s: there is no heading", name);
        cr_expect(strstr(page, "\"></title>") == NULL && strstr(page, "<title> ") == NULL,
                  "%s: there is no title", name);
        cr_expect(strstr(page, language == PAGES_ARABIC
                                   ? "<html lang=\"ar\" dir=\"rtl\">"
                                   : "<html lang=\"en\" dir=\"ltr\">") != NULL);
        free(page);
    }
}

Test(pages, every_page_is_well_formed_in_both_languages)
{
    cr_expect(ge(sz, fixture_each(check_page), 60));
}

// The pages as files, to be looked at.
static void write_page(const char *name, const json_t *fixture)
{
    for (enum pages_language language = 0; language < PAGES_LANGUAGES; language++) {
        char path[512];
        snprintf(path, sizeof path, "%s/pages/%s.%s.html", MEDINA_BUILD_DIR, name,
                 pages_language_code(language));
        char *page = render(language, fixture);
        FILE *file = fopen(path, "w");
        cr_assert(file != NULL, "%s", path);
        fputs(page, file);
        fclose(file);
        free(page);
    }
}

Test(pages, pages_can_be_looked_at_as_files)
{
    mkdir(MEDINA_BUILD_DIR "/pages", 0755);
    fixture_each(write_page);
}

static const char *const hostile[] = {
    "<script>alert(1)</script>",
    "\" onmouseover=\"alert(1)\" x=\"",
    "' onmouseover='alert(1)",
    "</title></p></div><h1>{{csrf}} {{{csrf}}}",
    "javascript:alert(1)",
    "&lt;b&gt; & &#x3c;script>",
    "\u202Etxt.exe\u202C \u2067abc \u2066",
    "a\001\033[31m\177b",
    "\u0627\u0644\u0639\u0631\u0628\u064A\u0629 <b>",
};

// Replaces every text that is shown (not the codes that choose how) with the hostile one.
static void poison(json_t *value, const char *text)
{
    static const char *const codes[] = {
        "type",   "kind", "state",    "style",   "page",    "currency",       "keyword", "align",
        "format", "$ref", "icon",     "pattern", "pointer", "x-medina-input", "date",    "month",
        "time",   "due",  "expected", "updated", "error",   "refused"};
    const char *name;
    json_t *member;
    void *next;
    size_t i;
    json_array_foreach(value, i, member)
    {
        if (json_is_string(member))
            json_array_set_new(value, i, json_string(text));
        else
            poison(member, text);
    }
    json_object_foreach_safe(value, next, name, member)
    {
        bool code = false;
        for (size_t c = 0; c < sizeof codes / sizeof *codes; c++)
            code |= strcmp(codes[c], name) == 0 && json_is_string(member);
        if (code || strcmp(name, "required") == 0 || strcmp(name, "type") == 0)
            continue;
        if (json_is_string(member))
            json_object_set_new(value, name, json_string(text));
        else
            poison(member, text);
    }
}

static json_t *poisoned(const json_t *fixture, const char *text)
{
    static const char *const parts[] = {"result", "model", "operation", "problem", "query"};
    json_t *copy = json_deep_copy(fixture);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        json_t *part = json_object_get(copy, parts[i]);
        if (json_is_string(part))
            json_object_set_new(copy, parts[i], json_string(text));
        else
            poison(part, text);
    }
    return copy;
}

// Whatever the texts say, the page has the structure that harmless texts give it.
static void check_hostile(const char *name, const json_t *fixture)
{
    for (enum pages_language language = 0; language < PAGES_LANGUAGES; language++) {
        json_t *harmless = poisoned(fixture, "x");
        struct buf expected = {0};
        outline_of(name, language, harmless, &expected);
        json_decref(harmless);
        for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
            json_t *copy = poisoned(fixture, hostile[i]);
            struct buf outline = {0};
            outline_of(name, language, copy, &outline);
            cr_expect(str_equal(buf_str(&outline), buf_str(&expected)),
                      "%s.%s: text %zu changed the structure", name, pages_language_code(language),
                      i);
            char *page = render(language, copy);
            cr_expect(strstr(page, "\u202E") == NULL && strstr(page, "\033") == NULL,
                      "%s: a control character was printed", name);
            cr_expect(strstr(page, "href=\"javascript") == NULL, "%s: a script's address", name);
            free(page);
            buf_finish(&outline);
            json_decref(copy);
        }
        buf_finish(&expected);
    }
}

Test(pages, hostile_texts_stay_texts, .timeout = 120)
{
    fixture_each(check_hostile);
}

// Breaks the shape of a document at one place after the other: every value becomes something else.
static size_t count_places(const json_t *value)
{
    size_t count = 1, i;
    const char *name;
    json_t *member;
    json_array_foreach((json_t *)value, i, member) count += count_places(member);
    json_object_foreach((json_t *)value, name, member) count += count_places(member);
    return count;
}

static json_t *other_value(size_t kind)
{
    static const char *const values[] = {"null",  "-7",
                                         "1e300", "\"x\"",
                                         "[]",    "{}",
                                         "[[]]",  "{\"en\":3}",
                                         "true",  "[1,\"a\",null,{}]"};
    return json_loads(values[kind % 10], JSON_DECODE_ANY, NULL);
}

static json_t *broken(const json_t *value, size_t *place, size_t kind)
{
    if ((*place)-- == 0)
        return other_value(kind);
    size_t i;
    const char *name;
    json_t *member;
    if (json_is_array(value)) {
        json_t *out = json_array();
        json_array_foreach((json_t *)value, i, member)
            json_array_append_new(out, broken(member, place, kind));
        return out;
    }
    if (json_is_object(value)) {
        json_t *out = json_object();
        json_object_foreach((json_t *)value, name, member)
            json_object_set_new(out, name, broken(member, place, kind));
        return out;
    }
    return json_deep_copy(value);
}

static void check_broken(const char *name, const json_t *fixture)
{
    const json_t *result = json_object_get(fixture, "result");
    if (!result)
        return;
    size_t places = count_places(result);
    for (size_t i = 0; i < places; i++) {
        size_t place = i;
        json_t *copy = json_copy((json_t *)fixture);
        json_object_set_new(copy, "result", broken(result, &place, i));
        struct buf outline = {0};
        outline_of(name, i % 2 ? PAGES_ARABIC : PAGES_ENGLISH, copy, &outline);
        buf_finish(&outline);
        json_decref(copy);
    }
}

Test(pages, a_result_that_is_wrong_anywhere_still_makes_a_page, .timeout = 120)
{
    fixture_each(check_broken);
}

static char *render_result(enum pages_language language, const char *result)
{
    json_t *fixture = json_pack("{s:{s:s, s:s}, s:o}", "operation", "instance", "bills",
                                "operation", "list", "result", json(result));
    char *page = render(language, fixture);
    json_decref(fixture);
    return page;
}

static void expect_shown(enum pages_language language, const char *result, const char *expected)
{
    char *page = render_result(language, result);
    cr_expect(strstr(page, expected) != NULL, "there is no %s in\n%s", expected, page);
    free(page);
}

#define TITLE "\"title\":{\"en\":\"T\",\"ar\":\"ع\"}"

Test(pages, an_unknown_type_is_shown_with_its_title_and_a_word)
{
    expect_shown(PAGES_ENGLISH, "{\"type\":\"hologram\"," TITLE "}", "<h1>T</h1>");
    expect_shown(PAGES_ENGLISH, "{\"type\":\"hologram\"," TITLE "}", "cannot be shown here yet");
    expect_shown(PAGES_ARABIC, "[]", "<h1>خدمة</h1>");
}

Test(pages, of_an_unknown_type_is_shown_what_can_be_read)
{
    static const char result[] =
        "{\"type\":\"hologram\"," TITLE ",\"price\":{\"amount\":12500,\"currency\":\"AED\"},"
        "\"beams\":[1,2],\"strength\":{\"lumen\":{\"en\":\"Bright\"}},"
        "\"stages\":[{\"title\":{\"en\":\"Warming up\"}}]}";
    expect_shown(PAGES_ENGLISH, result, "125.00");
    expect_shown(PAGES_ENGLISH, result, "<bdi>Bright</bdi>");
    expect_shown(PAGES_ENGLISH, result, "<h2>stages</h2>");
    expect_shown(PAGES_ENGLISH, result, "<bdi>Warming up</bdi>");
}

Test(pages, an_unknown_kind_of_value_is_shown_by_what_can_be_read_of_it)
{
    static const char result[] =
        "{\"type\":\"detail\"," TITLE ",\"sections\":[{\"rows\":[{\"label\":{\"en\":\"Volume\"},"
        "\"value\":{\"volume\":42.5,\"grade\":1}},{\"label\":{\"en\":\"Count\"},\"value\":7}]}]}";
    expect_shown(PAGES_ENGLISH, result, ">42.5<");
    expect_shown(PAGES_ENGLISH, result, ">7<");
}

Test(pages, a_text_in_one_language_is_shown_and_marked)
{
    expect_shown(PAGES_ENGLISH,
                 "{\"type\":\"list\"," TITLE ",\"items\":[{\"title\":{\"ar\":\"شارع\"}}]}",
                 "<bdi lang=\"ar\">شارع</bdi>");
}

Test(pages, actions_lead_to_operations_with_their_input_encoded)
{
    expect_shown(PAGES_ARABIC,
                 "{\"type\":\"message\",\"kind\":\"success\"," TITLE ",\"actions\":[{\"operation\":"
                 "\"pay it\",\"instance\":\"a/b\"," TITLE
                 ",\"input\":{\"q\":\"a&b=ص\",\"n\":7,\"l\":[1,true],\"o\":{}}}]}",
                 "href=\"/ar/a%2Fb/pay%20it?q=a%26b%3D%D8%B5&amp;n=7&amp;l=1&amp;l=true\"");
}

Test(pages, what_is_payable_can_be_ticked_and_names_what_was_seen)
{
    const char *list = "{\"type\":\"list\"," TITLE ",\"items\":[{\"id\":\"b-1\"," TITLE
                       ",\"amount\":{\"amount\":58313,\"currency\":\"AED\"},\"account\":\"12 3\","
                       "\"due\":\"2025-12-04\",\"pay\":{}}]}";
    expect_shown(PAGES_ENGLISH, list,
                 "name=\"item\" value=\"instance=bills&amp;item=b-1&amp;account=12%203&amp;"
                 "amount=58313&amp;currency=AED\"");
    expect_shown(PAGES_ENGLISH, list, "Due 4 December 2025, in 3 days");
    expect_shown(PAGES_ARABIC, list, "تاريخ الاستحقاق 4 ديسمبر 2025، بعد 3 أيام");
    expect_shown(PAGES_ENGLISH, list, "AED\u00a0583.13\""); // of the box to tick, in words
    expect_shown(PAGES_ARABIC, list, "583.13\u00a0د.إ.\"");
}

#define SIGN                                                                                       \
    "<svg class=\"dirham\" aria-hidden=\"true\"><use href=\"/assets/icons.svg#dirham\"/></svg>"    \
    "<span class=\"hidden\">"
#define ENGLISH_AED "<span class=\"sum\">" SIGN "AED</span> "
#define ARABIC_AED " " SIGN "درهم</span></span>"

#define MONEY(amount, currency) "{\"amount\":" #amount ",\"currency\":\"" currency "\"}"

Test(pages, an_amount_by_itself_has_the_dirhams_sign_and_its_name_for_screen_readers)
{
    static const char row[] = "{\"type\":\"detail\"," TITLE ",\"sections\":[{\"rows\":[{\"label\":"
                              "{\"en\":\"L\"},\"value\":" MONEY(123456, "AED") "}]}]}";
    static const char item[] =
        "{\"type\":\"list\"," TITLE ",\"items\":[{\"id\":\"b\"," TITLE
        ",\"amount\":" MONEY(58313, "AED") ",\"was\":" MONEY(60000, "AED") "}]}";
    static const char cell[] = "{\"type\":\"detail\"," TITLE ",\"sections\":[{\"table\":{"
                               "\"columns\":[{\"title\":{\"en\":\"C\"}}],\"rows\":[[" MONEY(
                                   5, "AED") "]],\"total\":[" MONEY(7, "AED") "]}}]}";
    expect_shown(PAGES_ENGLISH, row, ENGLISH_AED "1,234.56</span>");
    expect_shown(PAGES_ARABIC, row, "<span class=\"sum\">1,234.56" ARABIC_AED);
    expect_shown(PAGES_ENGLISH, item, ENGLISH_AED "583.13</span>");
    expect_shown(PAGES_ARABIC, item, "<span class=\"sum\">583.13" ARABIC_AED);
    expect_shown(PAGES_ENGLISH, item, "<del>" ENGLISH_AED "600.00</span>");
    expect_shown(PAGES_ENGLISH, cell, ENGLISH_AED "0.05</span>");
    expect_shown(PAGES_ARABIC, cell, "<span class=\"sum\">0.05" ARABIC_AED);
    expect_shown(PAGES_ENGLISH, cell, ENGLISH_AED "0.07</span>");
}

Test(pages, what_the_ticked_items_come_to_has_the_sign_too)
{
    static const char list[] =
        "{\"type\":\"list\"," TITLE ",\"items\":[{\"id\":\"a\"," TITLE
        ",\"pay\":{},\"amount\":" MONEY(100, "AED") "},{\"id\":\"b\"," TITLE
                                                    ",\"pay\":{},\"amount\":" MONEY(250,
                                                                                    "AED") "}]}";
    expect_shown(PAGES_ENGLISH, list, "<strong>" ENGLISH_AED "3.50</span>");
    expect_shown(PAGES_ARABIC, list, "<strong><span class=\"sum\">3.50" ARABIC_AED);
}

Test(pages, a_negative_amount_has_its_minus_where_the_language_puts_it)
{
    static const char row[] = "{\"type\":\"detail\"," TITLE ",\"sections\":[{\"rows\":[{\"label\":"
                              "{\"en\":\"L\"},\"value\":" MONEY(-1200, "AED") "}]}]}";
    expect_shown(PAGES_ENGLISH, row,
                 "<span class=\"sum\">\u200e\u2212" SIGN "AED</span> 12.00</span>");
    expect_shown(PAGES_ARABIC, row, "<span class=\"sum\">\u200e\u221212.00" ARABIC_AED);
}

Test(pages, another_currency_is_its_code_without_a_sign)
{
    static const char *const pairs[][3] = {
        {"{\"amount\":12345,\"currency\":\"KWD\"}", ">KWD 12.345<", ">12.345 KWD<"},
        {"{\"amount\":100,\"currency\":\"<b>\"}", "> 1.00<", ">1.00 <"},
        {"{\"amount\":100,\"currency\":7}", "> 1.00<", ">1.00 <"}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char row[512];
        snprintf(row, sizeof row,
                 "{\"type\":\"detail\"," TITLE ",\"sections\":[{\"rows\":[{\"label\":"
                 "{\"en\":\"L\"},\"value\":%s}]}]}",
                 pairs[i][0]);
        for (enum pages_language language = 0; language < PAGES_LANGUAGES; language++) {
            expect_shown(language, row, pairs[i][1 + language]);
            char *page = render_result(language, row);
            cr_expect(strstr(page, "#dirham") == NULL && strstr(page, "<b>") == NULL, "%s", page);
            free(page);
        }
    }
}

static void expect_wallet(enum pages_language language, const char *expected)
{
    struct buf out = {0};
    json_t *model = json_pack("{s:{s:i, s:s}, s:s}", "balance", "amount", 5050, "currency", "AED",
                              "currency", "AED");
    struct page_context context = {.language = language, .path = "/", .now = FIXTURE_NOW};
    cr_assert(eq(int, pages_show(pages, &context, "wallet", model, &out, NULL), 0));
    cr_expect(strstr(out.data, expected) != NULL, "there is no %s in\n%s", expected, out.data);
    json_decref(model);
    buf_finish(&out);
}

Test(pages, a_page_of_the_hosts_own_shows_amounts_likewise)
{
    expect_wallet(PAGES_ENGLISH, "<strong class=\"amount\">" ENGLISH_AED "50.50</span>");
    expect_wallet(PAGES_ARABIC, "<strong class=\"amount\"><span class=\"sum\">50.50" ARABIC_AED);
}

Test(pages, a_receipt_that_is_kept_says_the_currency_in_words)
{
    for (enum pages_language language = 0; language < PAGES_LANGUAGES; language++) {
        struct buf out = {0};
        json_t *receipt = json("{\"type\":\"receipt\",\"number\":\"1\",\"lines\":[{\"title\":"
                               "{\"en\":\"L\"},\"amount\":" MONEY(58313, "AED") "}]}");
        struct page_context context = {.language = language, .path = "/", .now = FIXTURE_NOW};
        struct page_operation operation = {.instance = "a", .operation = "b"};
        cr_assert(eq(int,
                     pages_render_receipt_file(pages, &context, &operation, receipt, &out, NULL),
                     0));
        cr_expect(strstr(out.data, language == PAGES_ARABIC ? ">583.13 د.إ.<" : ">AED 583.13<") !=
                      NULL,
                  "%s", out.data);
        cr_expect(strstr(out.data, "/assets/") == NULL, "%s", out.data);
        json_decref(receipt);
        buf_finish(&out);
    }
}

// Every amount that a model of web/components holds is on its page, none as a hole; but a thing
// that is refused has none.
static void expect_amounts(const char *name, const json_t *model, const char *page)
{
    const char *member;
    json_t *value;
    size_t i;
    if (json_is_string(json_object_get(model, "refused")) ||
        json_is_false(json_object_get(model, "payable")))
        return;
    json_array_foreach((json_t *)model, i, value) expect_amounts(name, value, page);
    json_object_foreach((json_t *)model, member, value) expect_amounts(name, value, page);
    const json_t *amount = json_object_get(model, "amount");
    if (!json_is_integer(amount) || !json_is_string(json_object_get(model, "currency")))
        return;
    long long fils = llabs(json_integer_value(amount));
    char tail[16];
    snprintf(tail, sizeof tail, "%03lld.%02lld", fils / 100 % 1000, fils % 100);
    cr_expect(strstr(page, fils < 100000 ? tail + strspn(tail, "0") - (fils < 100) : tail) != NULL,
              "%s: there is no %s", name, tail);
}

static void check_amounts(const char *name, const json_t *fixture)
{
    char *page = render(PAGES_ENGLISH, fixture);
    expect_amounts(name, json_object_get(fixture, "model"), page);
    cr_expect(strstr(page, "<span class=\"amount\"></span>") == NULL, "%s", name);
    cr_expect(strstr(page, "<strong></strong>") == NULL, "%s", name);
    free(page);
}

Test(pages, no_amount_of_a_page_is_missing)
{
    fixture_each(check_amounts);
}

Test(pages, what_is_not_payable_has_no_box_to_tick)
{
    char *page = render_result(PAGES_ENGLISH,
                               "{\"type\":\"list\"," TITLE ",\"items\":[{\"id\":\"b-1\"," TITLE
                               ",\"amount\":{\"amount\":58313,\"currency\":\"AED\"}}]}");
    cr_expect(strstr(page, "583.13") != NULL);
    cr_expect(strstr(page, "checkbox") == NULL);
    cr_expect(strstr(page, "action=\"/en/pay\"") == NULL);
    free(page);
}

Test(pages, every_form_that_posts_carries_the_token)
{
    struct buf out = {0};
    json_t *model = json_pack("{s:s}", "phone", "050");
    struct page_context context = {.path = "/sign-in", .csrf = "t0ken", .now = FIXTURE_NOW};
    cr_assert(eq(int, pages_show(pages, &context, "sign-in", model, &out, NULL), 0));
    cr_expect(strstr(out.data, "name=\"csrf\" value=\"t0ken\"") != NULL);
    json_decref(model);
    buf_finish(&out);
}

static size_t posts_without_token;

static void find_token(const char *name, const json_t *fixture)
{
    char *page = render(PAGES_ENGLISH, fixture);
    for (const char *at = page; (at = strstr(at, "method=\"post\"")); at++) {
        const char *end = strstr(at, "</form>"), *token = strstr(at, "name=\"csrf\"");
        cr_expect(token && token < end, "%s: a form without a token", name);
        posts_without_token++;
    }
    free(page);
}

Test(pages, every_form_of_every_page_that_posts_carries_the_token)
{
    fixture_each(find_token);
    cr_expect(gt(sz, posts_without_token, 15));
}

Test(pages, the_demonstration_is_announced_only_when_it_is_one)
{
    struct page_context context = {.path = "/", .now = FIXTURE_NOW};
    struct buf out = {0};
    cr_assert(eq(int, pages_show(pages, &context, "search", NULL, &out, NULL), 0));
    cr_expect(strstr(out.data, "No money moves") == NULL);
    buf_clear(&out);
    context.demonstration = true;
    cr_assert(eq(int, pages_show(pages, &context, "search", NULL, &out, NULL), 0));
    cr_expect(strstr(out.data, "No money moves") != NULL);
    buf_finish(&out);
}

Test(pages, the_language_switch_stays_on_the_page)
{
    struct page_context context = {.path = "/bills/list?a=1&b=2", .now = FIXTURE_NOW};
    struct buf out = {0};
    cr_assert(eq(int, pages_show(pages, &context, "search", NULL, &out, NULL), 0));
    cr_expect(strstr(out.data, "href=\"/ar/bills/list?a=1&amp;b=2\" lang=\"ar\"") != NULL);
    buf_finish(&out);
}

Test(pages, a_catalogue_is_prepared_once_and_shared)
{
    json_t *model = json("{\"categories\":[{\"category\":\"health\",\"services\":[{\"title\":{"
                         "\"en\":\"Pharmacies\",\"ar\":\"الصيدليات\"},"
                         "\"url\":\"/pharmacies\"}]}]}");
    json_t *shared = pages_prepare(pages, PAGES_ARABIC, FIXTURE_NOW, "home", model, NULL);
    json_decref(model);
    struct page_context context = {.language = PAGES_ARABIC, .path = "/", .now = FIXTURE_NOW};
    struct buf out = {0};
    cr_assert(eq(int, pages_render(pages, &context, "home", shared, NULL, &out, NULL), 0));
    cr_expect(strstr(out.data, "<a href=\"/ar/pharmacies\">الصيدليات</a>") != NULL);
    cr_expect(strstr(out.data, "#health\"/></svg><span>الصحة</span>") != NULL);
    json_decref(shared);
    buf_finish(&out);
}

Test(pages, a_page_that_is_not_there_is_an_error)
{
    struct page_context context = {.path = "/", .now = FIXTURE_NOW};
    struct buf out = {0};
    struct err err = {0};
    cr_expect(eq(int, pages_show(pages, &context, "nowhere", NULL, &out, &err), ERR_NOT_FOUND));
    cr_expect(eq(str, err.message, "there is no page nowhere"));
    buf_finish(&out);
}

Test(pages, a_huge_result_is_cut_not_refused, .timeout = 60)
{
    json_t *items = json_array();
    for (int i = 0; i < 5000; i++)
        json_array_append_new(items, json_pack("{s:{s:s}}", "title", "en", "Bill"));
    json_t *fixture = json_pack("{s:{s:s, s:s}, s:{s:s, s:o}}", "operation", "instance", "a",
                                "operation", "b", "result", "type", "list", "items", items);
    char *page = render(PAGES_ENGLISH, fixture);
    size_t shown = 0;
    for (const char *at = page; (at = strstr(at, "class=\"item\"")); at++)
        shown++;
    cr_expect(eq(sz, shown, 500));
    cr_expect(strstr(page, "Only the first 500 are shown.") != NULL, "and it says so");
    free(page);
    json_decref(fixture);
}

Test(pages, a_folder_that_is_not_built_is_refused_by_name)
{
    struct err err = {0};
    cr_expect(pages_load("/nowhere", &err) == NULL);
    cr_expect(eq(int, err.code, ERR_NOT_FOUND));
    cr_expect(strstr(err.message, "/nowhere/templates") != NULL);
}

// ---- many services ----

enum { MANY = 116, SHOWN = 5, UNCOMPRESSED = 16 * 1024 };

// As the portal has it: a few services of each of the manifest's categories, and how many there
// are.
static json_t *many_services(void)
{
    static const char *const categories[] = {
        "utilities", "transport", "fines",   "fuel",      "health",  "housing",     "family",
        "education", "business",  "justice", "documents", "culture", "environment",
    };
    const size_t count = sizeof categories / sizeof *categories;
    json_t *list = json_array();
    for (size_t c = 0; c < count; c++) {
        json_t *services = json_array();
        for (size_t i = 0; i < SHOWN; i++)
            json_array_append_new(services,
                                  json_pack("{s:{s:s, s:s}, s:o}", "title", "en",
                                            "Renewal of a commercial licence of the second class",
                                            "ar", "تجديد الرخصة التجارية من الفئة الثانية", "url",
                                            json_sprintf("/renewal-of-a-commercial-licence-%zu-%zu",
                                                         c, i)));
        json_array_append_new(list, json_pack("{s:s, s:s+, s:i, s:o}", "category", categories[c],
                                              "url", "/services/", categories[c], "count",
                                              (int)(MANY / count), "services", services));
    }
    return json_pack("{s:s, s:{s:o, s:i}}", "page", "home", "model", "categories", list, "count",
                     MANY);
}

Test(pages, the_home_page_of_many_services_is_small_and_leads_to_the_rest)
{
    json_t *fixture = many_services();
    for (enum pages_language language = 0; language < PAGES_LANGUAGES; language++) {
        char *page = render(language, fixture);
        // A quarter of it when compressed; a first view may have 14 KB.
        cr_expect(le(sz, strlen(page), UNCOMPRESSED));
        cr_expect(strstr(page, "/services/environment\"") != NULL);
        cr_expect(strstr(page, language == PAGES_ENGLISH ? "All 8 services" : "جميع الخدمات (8)") !=
                  NULL);
        cr_expect(strstr(page, language == PAGES_ENGLISH ? "All 116 services"
                                                         : "جميع الخدمات (116)") != NULL);
        free(page);
    }
    json_decref(fixture);
}
