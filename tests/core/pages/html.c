// SPDX-License-Identifier: Apache-2.0
#include "html.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { DEPTH = 64, IDS = 4096, ATTRIBUTES = 24 };

struct html {
    struct str page;
    size_t at;
    struct str open[DEPTH];
    size_t depth;
    struct str ids[IDS];
    size_t id_count;
    struct buf *outline;
    struct err *err;
};

static int refuse(struct html *html, const char *what, struct str about)
{
    size_t line = 1;
    for (size_t i = 0; i < html->at && i < html->page.size; i++)
        line += html->page.data[i] == '\n';
    return err_set(html->err, ERR_INVALID, "line %zu: %s: %.*s", line, what,
                   (int)(about.size < 60 ? about.size : 60), about.data);
}

static bool among(struct str name, const char *list)
{
    struct str rest = str_from(list);
    while (rest.data)
        if (str_equal(str_cut(&rest, ' '), name))
            return true;
    return false;
}

static struct str rest_of(const struct html *html)
{
    return str_from_offset(html->page, html->at);
}

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

static struct str take_name(struct html *html)
{
    struct str rest = rest_of(html);
    size_t size = 0;
    while (size < rest.size && is_name(rest.data[size]))
        size++;
    html->at += size;
    return (struct str){rest.data, size};
}

// Text and attribute values: & only as one of the references that the templates write.
static int check_text(struct html *html, struct str text)
{
    static const char *const references[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c == '<' || c == '>' || (c < ' ' && c != '\n' && c != '\t') || c == 0x7F)
            return refuse(html, "a character that must be escaped", str_from_offset(text, i));
        bool known = c != '&';
        for (size_t r = 0; r < 5 && !known; r++)
            known = str_starts(str_from_offset(text, i), str_from(references[r]));
        if (!known)
            return refuse(html, "a bare &", str_from_offset(text, i));
    }
    return 0;
}

static bool is_inside(const struct html *html, const char *name)
{
    for (size_t i = 0; i < html->depth; i++)
        if (str_is(html->open[i], name))
            return true;
    return false;
}

static int check_nesting(struct html *html, struct str name)
{
    static const char blocks[] = "p div ul ol li dl dt dd section article aside figure form table "
                                 "fieldset details h1 h2 h3 nav header footer main";
    if (is_inside(html, "p") && among(name, blocks))
        return refuse(html, "a block in a paragraph", name);
    if (among(name, "form a button label") && is_inside(html, "button"))
        return refuse(html, "inside a button", name);
    if (str_is(name, "form") && is_inside(html, "form"))
        return refuse(html, "a form in a form", name);
    if (str_is(name, "a") && is_inside(html, "a"))
        return refuse(html, "a link in a link", name);
    struct str parent = html->depth ? html->open[html->depth - 1] : (struct str){0};
    if (str_is(name, "li") && !among(parent, "ul ol"))
        return refuse(html, "an entry outside a list, in", parent);
    if (among(parent, "ul ol") && !str_is(name, "li"))
        return refuse(html, "something else than an entry in a list", name);
    if (str_is(name, "dt") && !str_is(parent, "div") && !str_is(parent, "dl"))
        return refuse(html, "a term outside a list, in", parent);
    return 0;
}

static int check_attribute(struct html *html, struct str name, struct str value)
{
    if (str_is(name, "style") || str_starts(name, STR("on")))
        return refuse(html, "an attribute that CSP forbids", name);
    if (among(name, "href src action")) {
        bool known = value.size > 0 &&
                     (value.data[0] == '/' || value.data[0] == '#' ||
                      str_starts(value, STR("https://")) || str_starts(value, STR("http://")) ||
                      str_starts(value, STR("tel:")) || str_starts(value, STR("mailto:")));
        if (!known || str_starts(value, STR("//")))
            return refuse(html, "an address of another kind", value);
    }
    if (str_is(name, "id")) {
        for (size_t i = 0; i < html->id_count; i++)
            if (str_equal(html->ids[i], value))
                return refuse(html, "an id given twice", value);
        if (html->id_count == IDS || value.size == 0 || memchr(value.data, ' ', value.size))
            return refuse(html, "an id that is none", value);
        html->ids[html->id_count++] = value;
    }
    return check_text(html, value);
}

static int read_attribute(struct html *html, struct str *seen, size_t *count)
{
    struct str name = take_name(html), value = {0};
    if (name.size == 0)
        return refuse(html, "not an attribute", rest_of(html));
    for (size_t i = 0; i < *count; i++)
        if (str_equal(seen[i], name))
            return refuse(html, "an attribute given twice", name);
    if (*count == ATTRIBUTES)
        return refuse(html, "too many attributes", name);
    seen[(*count)++] = name;
    if (str_starts(rest_of(html), STR("=\""))) {
        struct str rest = str_from_offset(rest_of(html), 2);
        const char *end = memchr(rest.data, '"', rest.size);
        if (!end)
            return refuse(html, "an attribute without end", name);
        value = (struct str){rest.data, (size_t)(end - rest.data)};
        html->at += value.size + 3;
    } else if (str_starts(rest_of(html), STR("="))) {
        return refuse(html, "an attribute without quotes", name);
    }
    buf_append_char(html->outline, ' ');
    buf_append_str(html->outline, name);
    return check_attribute(html, name, value);
}

static int open_element(struct html *html)
{
    static const char void_elements[] = "meta link input br hr img";
    struct str seen[ATTRIBUTES];
    size_t count = 0;
    html->at++;
    struct str name = take_name(html);
    if (name.size == 0)
        return refuse(html, "a bare <", rest_of(html));
    int code = check_nesting(html, name);
    buf_append_char(html->outline, '<');
    buf_append_str(html->outline, name);
    while (code == 0 && str_starts(rest_of(html), STR(" "))) {
        html->at++;
        code = read_attribute(html, seen, &count);
    }
    buf_append_text(html->outline, ">\n");
    if (code < 0)
        return code;
    bool source = false;
    for (size_t i = 0; i < count; i++)
        source |= str_is(seen[i], "src");
    if ((str_is(name, "script") && !source) || str_is(name, "style"))
        return refuse(html, "an element that CSP forbids", name);
    bool closed = str_starts(rest_of(html), STR("/>"));
    if (closed && !is_inside(html, "svg"))
        return refuse(html, "closes itself", name);
    html->at += closed ? 2 : 1;
    if (html->at > html->page.size || html->page.data[html->at - 1] != '>')
        return refuse(html, "a tag without end", name);
    if (closed || among(name, void_elements))
        return 0;
    if (html->depth == DEPTH)
        return refuse(html, "too deep", name);
    html->open[html->depth++] = name;
    return 0;
}

static int close_element(struct html *html)
{
    html->at += 2;
    struct str name = take_name(html);
    if (html->depth == 0 || !str_equal(html->open[html->depth - 1], name))
        return refuse(html, "closes what is not open", name);
    if (!str_starts(rest_of(html), STR(">")))
        return refuse(html, "a tag without end", name);
    html->at++;
    html->depth--;
    buf_printf(html->outline, "</" STR_FORMAT ">\n", STR_ARGUMENTS(name));
    return 0;
}

static int read_text(struct html *html)
{
    struct str rest = rest_of(html);
    const char *end = memchr(rest.data, '<', rest.size);
    struct str text = {rest.data, end ? (size_t)(end - rest.data) : rest.size};
    int code = check_text(html, text);
    html->at += text.size;
    return code;
}

int html_check(struct str page, struct buf *outline, struct err *err)
{
    struct html *html = calloc(1, sizeof *html);
    *html = (struct html){.page = page, .outline = outline, .err = err};
    int code = 0;
    if (!str_is_utf8(page))
        code = refuse(html, "not UTF-8", STR(""));
    else if (!str_starts(page, STR("<!DOCTYPE html>\n")))
        code = refuse(html, "does not begin as HTML", page);
    html->at = strlen("<!DOCTYPE html>\n");
    while (code == 0 && html->at < page.size) {
        if (page.data[html->at] != '<')
            code = read_text(html);
        else if (str_starts(rest_of(html), STR("</")))
            code = close_element(html);
        else
            code = open_element(html);
    }
    if (code == 0 && html->depth)
        code = refuse(html, "not closed", html->open[html->depth - 1]);
    free(html);
    return code;
}
