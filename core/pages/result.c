// SPDX-License-Identifier: Apache-2.0
#include "pages/result.h"

#include "pages/form.h"
#include "pages/format.h"

#include <stdlib.h>

struct result {
    const struct view *view;
    const struct page_operation *operation;
    const json_t *source;
    json_t *out;
};

static struct str string_of(const json_t *value)
{
    return (struct str){json_string_value(value), json_string_length(value)};
}

static const json_t *member(const struct result *result, const char *name)
{
    return json_object_get(result->source, name);
}

static void set_date(const struct result *result, const char *name, enum phrase phrase)
{
    struct civil_date date;
    json_object_set_new(result->out, name, json_false());
    if (!format_read_date(string_of(member(result, name)), &date))
        return;
    struct buf text = {0};
    format_date(result->view->phrases, &text, date);
    struct phrase_value value = {"date", buf_str(&text), false};
    view_set_phrase(result->view, result->out, name, phrase, 0, &value, 1);
    buf_finish(&text);
}

static void set_updated(const struct result *result)
{
    int64_t seconds;
    json_object_set_new(result->out, "updated", json_false());
    if (!format_read_time(string_of(member(result, "updated")), &seconds))
        return;
    struct buf text = {0};
    format_time(result->view->phrases, &text, seconds);
    struct phrase_value value = {"time", buf_str(&text), false};
    view_set_phrase(result->view, result->out, "updated", PHRASE_RESULT_UPDATED, 0, &value, 1);
    buf_finish(&text);
}

static void set_more(const struct result *result)
{
    json_t *url = view_target(result->view, member(result, "more"));
    json_t *more = json_false();
    if (json_is_string(url)) {
        more = json_pack("{s:O}", "url", url);
        view_set_text(result->view, more, "title",
                      json_object_get(member(result, "more"), "title"));
        if (json_is_false(json_object_get(more, "title")))
            view_set_phrase(result->view, more, "title", PHRASE_LIST_MORE, 0, NULL, 0);
    }
    json_decref(url);
    json_object_set_new(result->out, "more", more);
}

static void set_empty(const struct result *result)
{
    view_set_text(result->view, result->out, "empty", member(result, "empty"));
    if (json_is_false(json_object_get(result->out, "empty")))
        view_set_phrase(result->view, result->out, "empty", PHRASE_LIST_EMPTY, 0, NULL, 0);
}

// What narrows a list down: the operation's own form, when it has anything to leave out.
static void set_refine(const struct result *result, bool found)
{
    const struct page_operation *operation = result->operation;
    json_object_set_new(result->out, "refine", json_false());
    if (!operation->safe || !form_is_filter(operation->schema))
        return;
    json_t *refine = json_pack("{s:b}", "open", !found);
    json_t *here = json_pack("{s:s}", "operation", operation->operation);
    json_object_set_new(refine, "url", view_target(result->view, here));
    json_decref(here);
    form_set_fields(result->view, refine, operation->schema, operation->input, NULL, true);
    json_object_set_new(result->out, "refine", refine);
}

static void show_message(const struct result *result)
{
    const char *kind = view_kind(member(result, "kind"));
    json_object_set_new(result->out, "kind", json_string(kind));
    json_object_set_new(result->out, "icon", json_string(kind));
    view_set_text(result->view, result->out, "body", member(result, "body"));
    view_set_text(result->view, result->out, "next", member(result, "next"));
    view_set_string(result->out, "reference", member(result, "reference"));
}

static void show_list(const struct result *result)
{
    struct view_total total = {0};
    view_set_items(result->view, result->out, member(result, "items"), &total);
    view_set_selectable(result->view, result->out, &total);
    set_empty(result);
    set_more(result);
    set_refine(result, json_array_size(member(result, "items")) > 0);
}

static void show_detail(const struct result *result)
{
    struct view_total total = {0};
    view_set_sections(result->view, result->out, member(result, "sections"), &total);
    view_set_selectable(result->view, result->out, &total);
    json_object_set_new(result->out, "payable",
                        view_payable(result->view, member(result, "payable"), NULL));
}

static void show_chart(const struct result *result)
{
    const char *title = json_string_value(json_object_get(result->out, "title"));
    json_object_set_new(result->out, "chart",
                        view_chart(result->view, result->source, title ? title : ""));
    set_refine(result, true);
}

static void show_places(const struct result *result)
{
    const json_t *places = member(result, "places");
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(places) && i < VIEW_ENTRIES; i++)
        json_array_append_new(out, view_place(result->view, json_array_get(places, i), i + 1));
    json_object_set_new(result->out, "has_places", json_boolean(json_array_size(out)));
    json_object_set_new(result->out, "places", out);
    view_set_cut(result->view, result->out, places);
    json_object_set_new(result->out, "map", view_map(result->view, places, member(result, "near")));
    view_set_text(result->view, result->out, "attribution", member(result, "attribution"));
    set_empty(result);
    set_more(result);
    set_refine(result, json_array_size(places) > 0);
}

struct progress {
    const char *state;
    const char *icon;
    const char *kind; // of its badge
};

static const struct progress *progress_of(const json_t *state)
{
    static const struct progress all[] = {{"waiting", "waiting", "neutral"},
                                          {"active", "active", "information"},
                                          {"done", "success", "success"},
                                          {"failed", "error", "error"},
                                          {"cancelled", "cancelled", "neutral"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (str_is(string_of(state), all[i].state))
            return &all[i];
    return &all[0];
}

static json_t *step_view(const struct view *view, const json_t *step)
{
    const struct progress *progress = progress_of(json_object_get(step, "state"));
    struct str name = phrases_named(view->phrases, "status", progress->state);
    json_t *out = json_pack("{s:s, s:s, s:s, s:s%, s:b, s:b}", "state", progress->state, "icon",
                            progress->icon, "kind", progress->kind, "state_text", name.data,
                            name.size, "time", false, "datetime", false);
    int64_t seconds;
    view_set_text(view, out, "title", json_object_get(step, "title"));
    view_set_text(view, out, "note", json_object_get(step, "note"));
    if (format_read_time(string_of(json_object_get(step, "time")), &seconds)) {
        struct buf text = {0};
        format_time(view->phrases, &text, seconds);
        view_set_buf(out, "time", &text);
        view_set_string(out, "datetime", json_object_get(step, "time"));
    }
    return out;
}

static void show_status(const struct result *result)
{
    struct view_total total = {0};
    const json_t *steps = member(result, "steps");
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(steps) && i < VIEW_ENTRIES; i++)
        json_array_append_new(out, step_view(result->view, json_array_get(steps, i)));
    json_object_set_new(result->out, "steps", out);
    view_set_string(result->out, "reference", member(result, "reference"));
    view_set_text(result->view, result->out, "next", member(result, "next"));
    set_date(result, "expected", PHRASE_STATUS_EXPECTED);
    view_set_sections(result->view, result->out, member(result, "sections"), &total);
    view_set_selectable(result->view, result->out, &total);
    if (json_is_false(json_object_get(result->out, "badge"))) {
        const struct progress *progress = progress_of(member(result, "state"));
        struct str name = phrases_named(result->view->phrases, "status", progress->state);
        json_object_set_new(result->out, "badge",
                            json_pack("{s:s%, s:s}", "title", name.data, name.size, "kind",
                                      progress->kind));
    }
}

static void show_payment(const struct result *result)
{
    struct view_total total = {0};
    view_set_items(result->view, result->out, member(result, "items"), &total);
    view_set_selectable(result->view, result->out, &total);
}

static json_t *phrase_text(const struct view *view, enum phrase phrase)
{
    struct str text = phrases_text(view->phrases, phrase);
    return json_stringn(text.data, text.size);
}

static json_t *receipt_column(const struct view *view, enum phrase phrase, bool end)
{
    return json_pack("{s:o, s:s}", "title", phrase_text(view, phrase), "align",
                     end ? "end" : "start");
}

// The lines of a receipt as a table of the contract: title, tax, amount, and the total.
static bool any_tax(const json_t *lines)
{
    size_t index;
    json_t *line;
    json_array_foreach(lines, index, line)
    {
        if (json_object_get(line, "tax"))
            return true;
    }
    return false;
}

// The tax column stands only where a line says what its tax is.
static json_t *receipt_table(const struct result *result)
{
    const struct view *view = result->view;
    const json_t *lines = member(result, "lines");
    bool taxed = any_tax(lines);
    json_t *columns = json_pack("[o]", receipt_column(view, PHRASE_RECEIPT_LINE, false));
    json_t *rows = json_array(), *total = member(result, "total") ? json_array() : NULL;
    if (taxed)
        json_array_append_new(columns, receipt_column(view, PHRASE_RECEIPT_TAX, true));
    json_array_append_new(columns, receipt_column(view, PHRASE_RECEIPT_AMOUNT, true));
    for (size_t i = 0; i < json_array_size(lines) && i < VIEW_ENTRIES; i++) {
        const json_t *line = json_array_get(lines, i);
        json_t *row = json_pack("[O?]", json_object_get(line, "title"));
        if (taxed)
            json_array_append_new(row, json_pack("O?", json_object_get(line, "tax")));
        json_array_append_new(row, json_pack("O?", json_object_get(line, "amount")));
        json_array_append_new(rows, row);
    }
    if (total) {
        json_array_append_new(total, phrase_text(view, PHRASE_RECEIPT_TOTAL));
        if (taxed)
            json_array_append_new(total, json_null());
        json_array_append(total, (json_t *)member(result, "total"));
    }
    json_t *table = json_pack("{s:o, s:o, s:o*}", "columns", columns, "rows", rows, "total", total);
    json_t *shown =
        view_table(view, table, json_string_value(json_object_get(result->out, "title")));
    json_decref(table);
    return shown;
}

static void show_receipt(const struct result *result)
{
    int64_t seconds;
    struct buf time = {0};
    view_set_string(result->out, "number", member(result, "number"));
    // The host's own receipts can be kept as a file.
    const json_t *file = member(result, "file_url");
    bool ours = str_starts(string_of(file), STR("/payments/"));
    view_set_string(result->out, "file_url", ours ? file : NULL);
    view_set_string(result->out, "datetime", member(result, "time"));
    if (format_read_time(string_of(member(result, "time")), &seconds))
        format_time(result->view->phrases, &time, seconds);
    view_set_buf(result->out, "time", &time);
    view_set_text(result->view, result->out, "issuer", member(result, "issuer"));
    view_set_string(result->out, "tax_number", member(result, "tax_number"));
    json_object_set_new(result->out, "table", receipt_table(result));
    view_set_rows(result->view, result->out, member(result, "rows"));
    view_set_link(result->out, "verify", member(result, "verify"), true);
    const char *verify = json_string_value(json_object_get(result->out, "verify"));
    json_object_set_new(result->out, "qr", verify ? view_qr(verify) : json_false());
}

// Input that travels along although the form does not ask for it.
static json_t *carried_by(const json_t *input, const json_t *schema)
{
    json_t *out = json_array(), *value;
    const char *name;
    json_object_foreach((json_t *)input, name, value)
    {
        if (form_has_property(schema, name) || json_is_object(value) || json_is_array(value))
            continue;
        char *text = json_is_string(value)
                         ? NULL
                         : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
        json_array_append_new(out, json_pack("{s:s, s:o}", "name", name, "value",
                                             text ? json_string(text) : view_string(value)));
        free(text);
    }
    return out;
}

static bool is_this(const struct page_operation *operation, const json_t *action)
{
    struct str name = string_of(json_object_get(action, "operation"));
    struct str instance = string_of(json_object_get(action, "instance"));
    return str_is(name, operation->operation) &&
           (!instance.data || str_is(instance, operation->instance));
}

static void show_form(const struct result *result)
{
    const json_t *action = member(result, "action"), *schema = member(result, "schema");
    const json_t *input = json_object_get(action, "input");
    bool this = is_this(result->operation, action);
    if (!schema && this)
        schema = result->operation->schema;
    json_t *target = json_pack("{s:O*, s:O*}", "operation", json_object_get(action, "operation"),
                               "instance", json_object_get(action, "instance"));
    json_t *values = json_object();
    json_object_update(values, (json_t *)input);
    json_object_update(values, (json_t *)member(result, "values"));
    bool posts = !(this && result->operation->safe);
    // Switching the language takes along what was typed, where the switch leads to this very form.
    json_object_set_new(result->out, "keeps", json_boolean(this));
    json_object_set_new(result->out, "url", view_target(result->view, target));
    json_object_set_new(result->out, "method", json_string(posts ? "post" : "get"));
    json_object_set_new(result->out, "posts", json_boolean(posts));
    view_set_text(result->view, result->out, "submit", json_object_get(action, "title"));
    if (json_is_false(json_object_get(result->out, "submit")))
        view_set_phrase(result->view, result->out, "submit", PHRASE_FORM_CONTINUE, 0, NULL, 0);
    form_set_fields(result->view, result->out, schema, values, member(result, "errors"), false);
    json_object_set_new(result->out, "carried", carried_by(input, schema));
    json_decref(target);
    json_decref(values);
}

static void show_data(const struct result *result)
{
    view_set_phrase(result->view, result->out, "body", PHRASE_DATA_BODY, 0, NULL, 0);
}

// The sections that a result of an unknown type would have: what is a value as a row under its
// name, what is a list of things with titles as that list, and sections as they are.
static json_t *sections_of_unknown(const struct result *result)
{
    static const char *const common[] = {"type",    "title", "summary", "badge",
                                         "actions", "live",  "updated", "sections"};
    json_t *rows = json_array(), *sections = json_pack("[{s:o}]", "rows", rows), *value;
    const char *name;
    json_object_foreach((json_t *)result->source, name, value)
    {
        bool known = false;
        for (size_t i = 0; i < sizeof common / sizeof *common; i++)
            known |= strcmp(common[i], name) == 0;
        if (known)
            continue;
        if (!json_is_array(value))
            json_array_append_new(rows, json_pack("{s:s, s:O}", "label", name, "value", value));
        else if (json_object_get(json_array_get(value, 0), "title"))
            json_array_append_new(sections, json_pack("{s:s, s:O}", "title", name, "items", value));
    }
    json_array_extend(sections, (json_t *)member(result, "sections"));
    return sections;
}

// What can be read of it is shown, and that there is more is said.
static void show_unknown(const struct result *result)
{
    struct view_total total = {0};
    json_t *sections = sections_of_unknown(result);
    view_set_sections(result->view, result->out, sections, &total);
    view_set_selectable(result->view, result->out, &total);
    json_decref(sections);
    view_set_phrase(result->view, result->out, "body", PHRASE_RESULT_UNKNOWN, 0, NULL, 0);
}

static void set_service(const struct result *result)
{
    const struct page_operation *operation = result->operation;
    json_t *title = view_text(result->view, operation->service, NULL);
    json_t *service = json_false();
    if (title) {
        struct buf url = {0};
        buf_append_char(&url, '/');
        view_append_encoded(&url, str_from(operation->instance));
        service = json_pack("{s:O}", "title", title);
        view_set_buf(service, "url", &url);
        view_set_text(result->view, service, "agency", operation->agency);
    }
    json_decref(title);
    json_object_set_new(result->out, "service", service);
}

static void set_common(const struct result *result)
{
    const struct view *view = result->view;
    json_t *out = result->out;
    view_set_text(view, out, "title", member(result, "title"));
    if (json_is_false(json_object_get(out, "title")))
        view_set_text(view, out, "title", result->operation->title);
    if (json_is_false(json_object_get(out, "title")))
        view_set_phrase(view, out, "title", PHRASE_RESULT_UNTITLED, 0, NULL, 0);
    json_object_set(out, "page_title", json_object_get(out, "title"));
    view_set_text(view, out, "summary", member(result, "summary"));
    json_object_set_new(out, "badge", view_badge(view, member(result, "badge")));
    view_set_actions(view, out, member(result, "actions"));
    // It comes anew from the page's own address, so it needs to have one.
    json_object_set_new(out, "live",
                        json_boolean(result->operation->safe &&
                                     json_is_string(member(result, "live"))));
    set_updated(result);
    set_service(result);
}

json_t *result_view(const struct view *view, const struct page_operation *operation,
                    const json_t *source, const char **template)
{
    static const struct {
        const char *type; // and its template
        void (*show)(const struct result *result);
    } types[] = {{"message", show_message}, {"list", show_list},       {"detail", show_detail},
                 {"chart", show_chart},     {"places", show_places},   {"status", show_status},
                 {"payment", show_payment}, {"receipt", show_receipt}, {"form", show_form},
                 {"data", show_data}};
    struct result result = {view, operation, source, json_object()};
    struct str type = string_of(json_object_get(source, "type"));
    set_common(&result);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (str_is(type, types[i].type)) {
            types[i].show(&result);
            *template = types[i].type;
            return result.out;
        }
    }
    show_unknown(&result);
    *template = "unknown";
    return result.out;
}

json_t *result_form_view(const struct view *view, const struct page_operation *operation,
                         const json_t *values, const json_t *errors)
{
    json_t *form = json_pack("{s:s, s:O*, s:O*, s:{s:s}, s:O*, s:O*}", "type", "form", "title",
                             operation->title, "summary", operation->summary, "action", "operation",
                             operation->operation, "values", values, "errors", errors);
    const char *template;
    json_t *out = result_view(view, operation, form, &template);
    json_decref(form);
    return out;
}
