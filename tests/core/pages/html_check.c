// SPDX-License-Identifier: Apache-2.0
// The reader that the pages are tested with must itself refuse what is wrong.
#include "html.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static void expect(const char *body, const char *mistake)
{
    struct buf page = {0}, outline = {0};
    struct err err = {0};
    buf_printf(&page, "<!DOCTYPE html>\n%s", body);
    int code = html_check(buf_str(&page), &outline, &err);
    if (mistake)
        cr_expect(code < 0 && strstr(err.message, mistake), "%s: said \"%s\", not \"%s\"", body,
                  err.message, mistake);
    else
        cr_expect(code == 0, "%s: %s", body, err.message);
    buf_finish(&page);
    buf_finish(&outline);
}

Test(html_check, a_good_page_is_accepted)
{
    expect("<html lang=\"en\">\n<body><p class=\"a\">x &amp; y<br>z</p><ul><li>1</li></ul>"
           "<svg><path d=\"M0 0\"/></svg><input disabled></body></html>\n",
           NULL);
}

Test(html_check, what_is_wrong_is_refused)
{
    expect("<p>a", "not closed");
    expect("<p></div>", "closes what is not open");
    expect("<p>a & b</p>", "a bare &");
    expect("<p>a > b</p>", "must be escaped");
    expect("<p>a < b</p>", "a bare <");
    expect("<p title=a>b</p>", "without quotes");
    expect("<p title=\"a\" title=\"b\">c</p>", "given twice");
    expect("<i id=\"a\"></i><i id=\"a\"></i>", "an id given twice");
    expect("<p style=\"color:red\">a</p>", "CSP forbids");
    expect("<p onclick=\"x()\">a</p>", "CSP forbids");
    expect("<script>x()</script>", "CSP forbids");
    expect("<a href=\"javascript:x()\">a</a>", "an address of another kind");
    expect("<a href=\"//elsewhere.example/\">a</a>", "an address of another kind");
    expect("<p><div></div></p>", "a block in a paragraph");
    expect("<form><div><form></form></div></form>", "a form in a form");
    expect("<a href=\"/\"><b><a href=\"/\">x</a></b></a>", "a link in a link");
    expect("<ul><p>a</p></ul>", "something else than an entry");
    expect("<div/>", "closes itself");
    expect("<p>\x01</p>", "must be escaped");
    expect("<p>\xff</p>", "not UTF-8");
}
