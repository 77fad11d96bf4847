// SPDX-License-Identifier: Apache-2.0
// Lists, what can be paid in them, rows, tables and sections.
#include "pages/format.h"
#include "pages/view.h"

static struct str string_of(const json_t *value)
{
    return (struct str){json_string_value(value), json_string_length(value)};
}

void view_set_rows(const struct view *view, json_t *object, const json_t *rows)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(rows) && i < VIEW_ENTRIES; i++) {
        const json_t *row = json_array_get(rows, i);
        json_t *shown = json_object();
        view_set_text(view, shown, "label", json_object_get(row, "label"));
        view_set_text(view, shown, "note", json_object_get(row, "note"));
        json_object_set_new(shown, "value", view_value(view, json_object_get(row, "value")));
        json_array_append_new(out, shown);
    }
    json_object_set_new(object, "has_rows", json_boolean(json_array_size(out)));
    json_object_set_new(object, "rows", out);
}

// What the form sends for a thing to pay; the host asks the plugin again before it charges.
static json_t *payable_code(const struct view *view, const json_t *item)
{
    const json_t *instance = json_object_get(item, "instance");
    const json_t *amount = json_object_get(item, "amount");
    const struct {
        const char *name;
        const json_t *value;
    } members[] = {{"item", json_object_get(item, "id")},
                   {"account", json_object_get(item, "account")},
                   {"amount", json_object_get(amount, "amount")},
                   {"currency", json_object_get(amount, "currency")}};
    struct buf code = {0};
    buf_append_text(&code, "instance=");
    view_append_encoded(&code,
                        json_is_string(instance) ? string_of(instance) : str_from(view->instance));
    bool first = false;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        view_append_query(&code, &first, members[i].name, members[i].value);
    json_t *out = json_stringn(code.data, code.size);
    buf_finish(&code);
    return out;
}

static void set_due(const struct view *view, json_t *object, const json_t *due)
{
    struct civil_date date;
    bool overdue = false;
    json_object_set_new(object, "due", json_false());
    if (format_read_date(string_of(due), &date)) {
        struct buf text = {0};
        format_due(view->phrases, &text, date, view->now, &overdue);
        view_set_buf(object, "due", &text);
    }
    json_object_set_new(object, "due_class", json_string(overdue ? "overdue" : "soft"));
}

static json_t *choice(const struct view *view, int64_t amount, struct str currency)
{
    struct buf value = {0};
    json_t *out = json_object();
    format_money_plain(&value, amount, currency);
    view_set_buf(out, "value", &value);
    json_object_set_new(out, "money", view_money(view, amount, currency));
    return out;
}

static void set_range(const struct view *view, json_t *object, const json_t *pay,
                      struct str currency)
{
    struct buf least = {0}, most = {0};
    format_money(view->phrases, &least, json_integer_value(json_object_get(pay, "least")),
                 currency);
    format_money(view->phrases, &most, json_integer_value(json_object_get(pay, "most")), currency);
    struct phrase_value range[] = {{"least", buf_str(&least), false},
                                   {"most", buf_str(&most), false}};
    view_set_phrase(view, object, "range", PHRASE_PAY_RANGE, 0, range, 2);
    buf_finish(&least);
    buf_finish(&most);
    struct phrase_value value = {"currency", format_currency(view->phrases, currency), false};
    view_set_phrase(view, object, "other", PHRASE_PAY_OTHER, 0, &value, 1);
}

// An amount that the citizen chooses: sets choose and what it needs.
static void set_choose(const struct view *view, json_t *object, const json_t *pay,
                       struct str currency)
{
    const json_t *choices = json_object_get(pay, "choices");
    bool choose = json_is_integer(json_object_get(pay, "least")) &&
                  json_is_integer(json_object_get(pay, "most"));
    json_t *shown = json_array();
    for (size_t i = 0; choose && i < json_array_size(choices) && i < 8; i++)
        if (json_is_integer(json_array_get(choices, i)))
            json_array_append_new(shown,
                                  choice(view, json_integer_value(json_array_get(choices, i)),
                                         currency));
    json_object_set_new(object, "choose", json_boolean(choose));
    json_object_set_new(object, "choices", shown);
    if (choose)
        set_range(view, object, pay, currency);
}

static void add_to_total(struct view_total *total, int64_t amount, struct str currency)
{
    if (total->count == 0)
        snprintf(total->currency, sizeof total->currency, STR_FORMAT, STR_ARGUMENTS(currency));
    // A total over two currencies, or over 64 bits, is not shown.
    if (!str_is(currency, total->currency) ||
        __builtin_add_overflow(total->amount, amount, &total->amount))
        total->currency[0] = '\0';
    total->count++;
}

json_t *view_payable(const struct view *view, const json_t *item, struct view_total *total)
{
    const json_t *money = json_object_get(item, "amount"), *pay = json_object_get(item, "pay");
    const json_t *amount = json_object_get(money, "amount");
    struct str currency = string_of(json_object_get(money, "currency"));
    if (!json_is_integer(amount) || !json_is_string(json_object_get(item, "id")))
        return json_false();
    json_t *out = json_object();
    view_set_money(view, out, "amount", money);
    view_set_money(view, out, "was", json_object_get(item, "was"));
    view_set_text(view, out, "title", json_object_get(item, "title"));
    set_due(view, out, json_object_get(item, "due"));
    const json_t *account = json_object_get(item, "account");
    json_object_set_new(out, "account",
                        json_is_string(account) ? view_string(account) : json_false());
    set_choose(view, out, pay, currency);
    bool selectable = json_is_object(pay) && json_is_false(json_object_get(out, "choose")) &&
                      json_integer_value(amount) > 0;
    json_object_set_new(out, "selectable", json_boolean(selectable));
    json_object_set_new(out, "code", payable_code(view, item));
    struct phrase_value values[] = {{"title", string_of(json_object_get(out, "title")), true},
                                    {"amount", view_money_text(json_object_get(out, "amount")),
                                     false}};
    view_set_phrase(view, out, "select", PHRASE_PAY_SELECT, 0, values, 2);
    if (selectable && total)
        add_to_total(total, json_integer_value(amount), currency);
    return out;
}

static json_t *item_view(const struct view *view, const json_t *item, size_t number,
                         struct view_total *total)
{
    const json_t *value = json_object_get(item, "value");
    json_t *out = json_object();
    view_set_title(view, out, "title", json_object_get(item, "title"));
    view_set_title(view, out, "subtitle", json_object_get(item, "subtitle"));
    json_object_set_new(out, "number", json_integer((json_int_t)number));
    json_object_set_new(out, "badge", view_badge(view, json_object_get(item, "badge")));
    json_object_set_new(out, "value", value ? view_value(view, value) : json_false());
    json_object_set_new(out, "url", view_target(view, json_object_get(item, "open")));
    json_object_set_new(out, "payable", view_payable(view, item, total));
    view_set_rows(view, out, json_object_get(item, "rows"));
    view_set_actions(view, out, json_object_get(item, "actions"));
    return out;
}

void view_set_cut(const struct view *view, json_t *object, const json_t *list)
{
    json_object_set_new(object, "cut", json_false());
    if (json_array_size(list) > VIEW_ENTRIES)
        view_set_phrase(view, object, "cut", PHRASE_RESULT_CUT, VIEW_ENTRIES, NULL, 0);
}

void view_set_items(const struct view *view, json_t *object, const json_t *items,
                    struct view_total *total)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(items) && i < VIEW_ENTRIES; i++) {
        const json_t *item = json_array_get(items, i);
        if (json_is_object(item))
            json_array_append_new(out, item_view(view, item, i + 1, total));
    }
    json_object_set_new(object, "has_items", json_boolean(json_array_size(out)));
    json_object_set_new(object, "items", out);
    view_set_cut(view, object, items);
}

void view_set_selectable(const struct view *view, json_t *object, const struct view_total *total)
{
    json_object_set_new(object, "selectable", json_false());
    if (total->count == 0)
        return;
    bool known = total->currency[0] != '\0';
    json_t *sum = known ? view_money(view, total->amount, str_from(total->currency)) : json_false();
    json_object_set_new(object, "selectable", json_pack("{s:o}", "total", sum));
}

static json_t *cells_view(const struct view *view, const json_t *cells, const json_t *columns)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(columns); i++) {
        const json_t *end = json_object_get(json_array_get(columns, i), "end");
        json_array_append_new(out,
                              json_pack("{s:o, s:O}", "value",
                                        view_value(view, json_array_get(cells, i)), "end", end));
    }
    return out;
}

json_t *view_table(const struct view *view, const json_t *table, const char *title)
{
    enum { COLUMNS = 12 };
    const json_t *columns = json_object_get(table, "columns"),
                 *rows = json_object_get(table, "rows");
    const json_t *total = json_object_get(table, "total");
    json_t *heads = json_array(), *lines = json_array();
    for (size_t i = 0; i < json_array_size(columns) && i < COLUMNS; i++) {
        const json_t *column = json_array_get(columns, i);
        json_t *head = json_object();
        view_set_text(view, head, "title", json_object_get(column, "title"));
        json_object_set_new(head, "end",
                            json_boolean(
                                str_is(string_of(json_object_get(column, "align")), "end")));
        json_array_append_new(heads, head);
    }
    for (size_t i = 0; i < json_array_size(rows) && i < VIEW_ENTRIES; i++)
        json_array_append_new(lines, json_pack("{s:o}", "cells",
                                               cells_view(view, json_array_get(rows, i), heads)));
    json_t *sum = json_is_array(total) ? json_pack("{s:o}", "cells", cells_view(view, total, heads))
                                       : json_false();
    if (json_array_size(heads) > 0)
        return json_pack("{s:s, s:o, s:o, s:o}", "title", title, "columns", heads, "rows", lines,
                         "total", sum);
    json_decref(heads);
    json_decref(lines);
    json_decref(sum);
    return json_false();
}

// A picture that another operation gives, and what it shows for whoever does not see it.
static json_t *picture_view(const struct view *view, const json_t *image)
{
    json_t *url = view_target(view, image);
    json_t *title = view_text(view, json_object_get(image, "title"), NULL);
    if (json_is_string(url) && title)
        return json_pack("{s:o, s:o}", "url", url, "alt", title);
    json_decref(url);
    json_decref(title);
    return json_false();
}

static json_t *section_view(const struct view *view, const json_t *section,
                            struct view_total *total)
{
    json_t *out = json_object();
    view_set_text(view, out, "title", json_object_get(section, "title"));
    view_set_text(view, out, "text", json_object_get(section, "text"));
    view_set_rows(view, out, json_object_get(section, "rows"));
    view_set_items(view, out, json_object_get(section, "items"), total);
    struct str title = string_of(json_object_get(out, "title"));
    const char *name = title.data ? title.data : "";
    json_object_set_new(out, "table", view_table(view, json_object_get(section, "table"), name));
    json_object_set_new(out, "chart", view_chart(view, json_object_get(section, "chart"), name));
    json_object_set_new(out, "image", picture_view(view, json_object_get(section, "image")));
    return out;
}

void view_set_sections(const struct view *view, json_t *object, const json_t *sections,
                       struct view_total *total)
{
    enum { SECTIONS = 50 };
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(sections) && i < SECTIONS; i++)
        json_array_append_new(out, section_view(view, json_array_get(sections, i), total));
    json_object_set_new(object, "has_sections", json_boolean(json_array_size(out)));
    json_object_set_new(object, "sections", out);
}
