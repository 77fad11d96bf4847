// SPDX-License-Identifier: Apache-2.0
// The pages of what is a citizen's own: the hub, payments, messages, activity, devices, deletion.
#include "pages/host_page_account.h"
#include "pages/format.h"

#include "pages/host_page.h"

#include <stdio.h>

static struct str string_of(const json_t *value)
{
    return (struct str){json_string_value(value), json_string_length(value)};
}

static void set_str(json_t *object, const char *name, struct str text)
{
    json_object_set_new(object, name,
                        text.size ? json_stringn(text.data, text.size) : json_false());
}

// A number in the model becomes the phrase that counts it; without one it is false.
static void set_count(const struct view *view, json_t *out, const json_t *model, const char *name,
                      enum phrase phrase)
{
    const json_t *count = json_object_get(model, name);
    if (json_is_integer(count))
        view_set_phrase(view, out, name, phrase, json_integer_value(count), NULL, 0);
    else
        json_object_set_new(out, name, json_false());
}

void finish_account(const struct view *view, json_t *out, const json_t *model)
{
    set_count(view, out, model, "unseen", PHRASE_ACCOUNT_UNSEEN);
    set_count(view, out, model, "links", PHRASE_ACCOUNT_LINKS);
    set_count(view, out, model, "devices", PHRASE_ACCOUNT_DEVICES);
}

void finish_payments(const struct view *view, json_t *out, const json_t *model)
{
    (void)model;
    json_t *payments = json_object_get(out, "payments");
    for (size_t i = 0; i < json_array_size(payments); i++) {
        json_t *payment = json_array_get(payments, i);
        const char *state = json_string_value(json_object_get(payment, "state"));
        state = state ? state : "other";
        struct str title = phrases_of_group(view->phrases, "payment", state, "title");
        json_object_set_new(payment, "badge",
                            json_pack("{s:s%, s:s}", "title", title.data, title.size, "kind",
                                      host_page_payment_kind(str_from(state))));
    }
}

// The words of a message: its kind's, with the message's own values in their places.
void finish_inbox(const struct view *view, json_t *out, const json_t *model)
{
    enum { VALUES = 8 };
    json_t *messages = json_object_get(out, "messages");
    struct str unread = phrases_named(view->phrases, "inbox", "unread");
    for (size_t i = 0; i < json_array_size(messages) && i < VIEW_ENTRIES; i++) {
        json_t *message = json_array_get(messages, i), *value;
        const json_t *given = json_array_get(json_object_get(model, "messages"), i);
        const char *kind = json_string_value(json_object_get(given, "kind")), *name;
        struct phrase_value values[VALUES];
        size_t count = 0;
        struct buf text = {0};
        json_object_foreach(json_object_get(message, "values"), name, value)
        {
            struct str words = json_is_object(value) ? view_money_text(value) : string_of(value);
            if (words.data && count < VALUES)
                values[count++] = (struct phrase_value){name, words, true};
        }
        kind = kind ? kind : "other";
        set_str(message, "title", phrases_of_group(view->phrases, "told", kind, "title"));
        phrases_fill(&text, phrases_of_group(view->phrases, "told", kind, "text"), values, count);
        set_str(message, "text", buf_str(&text));
        json_object_set_new(message, "badge",
                            json_is_true(json_object_get(given, "unread"))
                                ? json_pack("{s:s%, s:s}", "title", unread.data, unread.size,
                                            "kind", "information")
                                : json_false());
        buf_finish(&text);
    }
}

// ---- devices ----

// "Chrome on Android" in the reader's language; whatever else a client calls itself as it is.
static json_t *device_name(const struct view *view, struct str label)
{
    const char *on = label.size ? strstr(label.data, " on ") : NULL;
    struct buf text = {0};
    if (on) {
        struct phrase_value parts[] = {{"client", {label.data, (size_t)(on - label.data)}, false},
                                       {"system", str_from(on + 4), false}};
        phrases_fill(&text, phrases_named(view->phrases, "device", "on"), parts, 2);
    } else {
        buf_append_str(&text,
                       label.size ? label : phrases_named(view->phrases, "device", "unknown"));
    }
    json_t *raw = json_stringn(text.data, text.size), *clean = view_string(raw);
    json_decref(raw);
    buf_finish(&text);
    return clean;
}

void finish_devices(const struct view *view, json_t *out, const json_t *model)
{
    const json_t *given = json_object_get(model, "devices");
    json_t *devices = json_object_get(out, "devices");
    for (size_t i = 0; i < json_array_size(devices); i++)
        json_object_set_new(json_array_get(devices, i), "name",
                            device_name(view, string_of(json_object_get(json_array_get(given, i),
                                                                        "label"))));
    const char *done = json_string_value(json_object_get(model, "done"));
    set_str(out, "done", done ? phrases_named(view->phrases, "devices", done) : (struct str){0});
}

// Fields of several forms on one page: each form has a number of its own for their names.
void finish_automatic(const struct view *view, json_t *out, const json_t *model)
{
    (void)view, (void)model;
    json_t *orders = json_object_get(out, "automatic");
    for (size_t i = 0; i < json_array_size(orders); i++) {
        char place[24];
        snprintf(place, sizeof place, "%zu", i + 1);
        json_object_set_new(json_array_get(orders, i), "place", json_string(place));
    }
}

void finish_profile(const struct view *view, json_t *out, const json_t *model)
{
    const char *done = json_string_value(json_object_get(model, "done"));
    set_str(out, "done", done ? phrases_named(view->phrases, "profile", done) : (struct str){0});
}

void finish_delete(const struct view *view, json_t *out, const json_t *model)
{
    set_count(view, out, model, "stays", PHRASE_DELETE_STAYS);
}

// ---- activity ----

static json_t *by_whom(const struct view *view, const json_t *line)
{
    const char *by = json_string_value(json_object_get(line, "by"));
    struct str device = string_of(json_object_get(line, "device"));
    struct str words = phrases_named(view->phrases, "did-by", by ? by : "city");
    if (!device.size || !by || strcmp(by, "citizen") != 0)
        return json_stringn(words.data ? words.data : "", words.size);
    struct buf text = {0};
    json_t *name = device_name(view, device);
    struct phrase_value values[] = {{"device", string_of(name), true}};
    phrases_fill(&text, phrases_named(view->phrases, "did-by", "device"), values, 1);
    json_t *out = json_stringn(text.data, text.size);
    json_decref(name);
    buf_finish(&text);
    return out;
}

static void append_part(struct buf *text, struct str part)
{
    if (!part.size)
        return;
    buf_append_text(text, text->size ? " · " : "");
    buf_append_str(text, part);
}

// What it is about: the service, its operation, the other device.
static void set_about(const struct view *view, json_t *out, const json_t *line)
{
    struct buf text = {0};
    const char *kind = json_string_value(json_object_get(line, "kind"));
    append_part(&text, string_of(json_object_get(out, "service")));
    append_part(&text, string_of(json_object_get(out, "operation")));
    if (kind && strcmp(kind, "session.removed") == 0) {
        struct str subject = string_of(json_object_get(line, "subject"));
        json_t *name = subject.size ? device_name(view, subject) : NULL;
        append_part(&text,
                    name ? string_of(name) : phrases_named(view->phrases, "did-by", "others"));
        json_decref(name);
    }
    set_str(out, "about", buf_str(&text));
    buf_finish(&text);
}

// A date field drops what is no date, and with it what somebody has typed.
static void set_date_type(json_t *out, const char *name, const json_t *typed)
{
    struct civil_date date;
    struct str text = {json_string_value(typed), json_string_length(typed)};
    bool none = text.size && !format_read_date(text, &date);
    json_object_set_new(out, name, json_string(none ? "text" : "date"));
}

void finish_activity(const struct view *view, json_t *out, const json_t *model)
{
    set_date_type(out, "from_type", json_object_get(model, "from"));
    set_date_type(out, "to_type", json_object_get(model, "to"));
    const json_t *given = json_object_get(model, "lines");
    json_t *lines = json_object_get(out, "lines"), *groups = json_object_get(out, "groups");
    for (size_t i = 0; i < json_array_size(lines) && i < VIEW_ENTRIES; i++) {
        const json_t *line = json_array_get(given, i);
        json_t *shown = json_array_get(lines, i);
        const char *kind = json_string_value(json_object_get(line, "kind"));
        struct str title = phrases_named(view->phrases, "did", kind ? kind : "other");
        set_str(shown, "title", title.size ? title : phrases_named(view->phrases, "did", "other"));
        json_object_set_new(shown, "by", by_whom(view, line));
        set_about(view, shown, line);
    }
    for (size_t i = 0; i < json_array_size(groups); i++) {
        json_t *group = json_array_get(groups, i);
        const char *name = json_string_value(json_object_get(group, "name"));
        set_str(group, "title", phrases_named(view->phrases, "activity.group", name ? name : ""));
    }
    // The head of the file.
    static const char *const columns[] = {"time",    "what",   "about",   "by",
                                          "payment", "amount", "currency"};
    json_t *head = json_array();
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        struct str name = phrases_named(view->phrases, "activity.column", columns[i]);
        json_array_append_new(head, json_stringn(name.data ? name.data : "", name.size));
    }
    json_object_set_new(out, "columns", head);
}
