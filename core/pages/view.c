// SPDX-License-Identifier: Apache-2.0
#include "pages/view.h"

#include "pages/format.h"

#include <stdlib.h>

static struct str string_of(const json_t *value)
{
    return (struct str){json_string_value(value), json_string_length(value)};
}

// The bytes of a character at `at` that must not be shown: control characters but tab and line
// ends, and U+202A–U+202E, U+2066–U+2069, which would reach beyond the text they stand in.
static size_t unwanted(struct str text, size_t at)
{
    unsigned char a = (unsigned char)text.data[at];
    if (a < ' ')
        return a == '\n' || a == '\t' ? 0 : 1;
    if (a == 0x7F)
        return 1;
    if (a != 0xE2 || at + 2 >= text.size)
        return 0;
    unsigned char b = (unsigned char)text.data[at + 1], c = (unsigned char)text.data[at + 2];
    bool control = (b == 0x80 && c >= 0xAA && c <= 0xAE) || (b == 0x81 && c >= 0xA6 && c <= 0xA9);
    return control ? 3 : 0;
}

static json_t *clean(struct str text)
{
    struct buf out = {0};
    size_t points = 0;
    for (size_t i = 0; i < text.size;) {
        size_t skip = unwanted(text, i);
        if (skip) {
            i += skip;
            continue;
        }
        bool starts = ((unsigned char)text.data[i] & 0xC0) != 0x80;
        if (starts && points++ == VIEW_TEXT) {
            buf_append_text(&out, "…");
            break;
        }
        buf_append_char(&out, text.data[i++]);
    }
    json_t *string = json_stringn(out.data ? out.data : "", out.size);
    buf_finish(&out);
    return string ? string : json_string("");
}

static bool is_clean(struct str text)
{
    if (text.size > VIEW_TEXT)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (unwanted(text, i))
            return false;
    return true;
}

json_t *view_string(const json_t *value)
{
    struct str text = string_of(value);
    if (!text.data)
        return json_string("");
    return is_clean(text) ? json_stringn_nocheck(text.data, text.size) : clean(text);
}

json_t *view_text(const struct view *view, const json_t *text, const char **language)
{
    static const char *const codes[] = {"en", "ar"};
    const char *own = codes[view->phrases->arabic], *other = codes[!view->phrases->arabic];
    if (language)
        *language = NULL;
    if (json_is_string(text))
        return view_string(text);
    const json_t *value = json_object_get(text, own);
    if (!json_is_string(value)) {
        value = json_object_get(text, other);
        if (language)
            *language = other;
    }
    return json_is_string(value) ? view_string(value) : NULL;
}

static void set_text(const struct view *view, json_t *object, const char *name, const json_t *text,
                     const char **language)
{
    json_t *shown = view_text(view, text, language);
    json_object_set_new_nocheck(object, name, shown ? shown : json_false());
}

void view_set_text(const struct view *view, json_t *object, const char *name, const json_t *text)
{
    set_text(view, object, name, text, NULL);
}

void view_set_title(const struct view *view, json_t *object, const char *name, const json_t *text)
{
    const char *language;
    char key[64];
    set_text(view, object, name, text, &language);
    snprintf(key, sizeof key, "%s_lang", name);
    json_object_set_new_nocheck(object, key, language ? json_string(language) : json_false());
}

void view_set_string(json_t *object, const char *name, const json_t *value)
{
    json_object_set_new(object, name, json_is_string(value) ? view_string(value) : json_false());
}

void view_set_link(json_t *object, const char *name, const json_t *value, bool plain_http)
{
    struct str url = string_of(value);
    bool good = str_starts(url, STR("https://")) || (plain_http && str_starts(url, STR("http://")));
    view_set_string(object, name, good ? value : NULL);
}

void view_set_buf(json_t *object, const char *name, struct buf *text)
{
    json_object_set_new_nocheck(object, name,
                                json_stringn(text->data ? text->data : "", text->size));
    buf_finish(text);
}

void view_set_phrase(const struct view *view, json_t *object, const char *name, enum phrase phrase,
                     int64_t count, const struct phrase_value *values, size_t value_count)
{
    struct buf text = {0};
    phrases_write(view->phrases, &text, phrase, count, values, value_count);
    view_set_buf(object, name, &text);
}

// Writes a number, date, month, time, percentage or money; false when the value is none of them.
static bool write_formatted(const struct view *view, struct buf *out, const json_t *value)
{
    const struct phrases *phrases = view->phrases;
    struct civil_date date;
    int64_t seconds;
    const json_t *member;
    if (json_is_integer(member = json_object_get(value, "amount"))) {
        struct str currency = string_of(json_object_get(value, "currency"));
        format_money(phrases, out, json_integer_value(member), currency);
    } else if (json_is_number(member = json_object_get(value, "number"))) {
        const json_t *decimals = json_object_get(value, "decimals");
        format_number(out, json_number_value(member),
                      json_is_integer(decimals) ? (int)json_integer_value(decimals) : -1);
        json_t *unit = view_text(view, json_object_get(value, "unit"), NULL);
        if (unit) {
            buf_append_text(out, "\u00a0");
            buf_append_str(out, string_of(unit));
        }
        json_decref(unit);
    } else if (json_is_number(member = json_object_get(value, "percent"))) {
        format_number(out, json_number_value(member), -1);
        buf_append_char(out, '%');
    } else if (format_read_date(string_of(json_object_get(value, "date")), &date)) {
        format_date(phrases, out, date);
    } else if (format_read_month(string_of(json_object_get(value, "month")), &date)) {
        format_month(phrases, out, date);
    } else if (format_read_time(string_of(json_object_get(value, "time")), &seconds)) {
        format_time(phrases, out, seconds);
    } else if (json_is_number(value)) {
        format_number(out, json_number_value(value), -1);
    } else {
        return false;
    }
    return true;
}

// Of a value in a form that is not known: the first of its members that can be read.
static const json_t *readable_part(const json_t *value)
{
    const char *name;
    json_t *member;
    if (json_is_string(value) || json_is_string(json_object_get(value, "en")) ||
        json_is_string(json_object_get(value, "ar")))
        return value;
    json_object_foreach((json_t *)value, name, member)
    {
        if (json_is_string(member) || json_is_number(member) ||
            json_is_string(json_object_get(member, "en")) ||
            json_is_string(json_object_get(member, "ar")))
            return member;
    }
    return NULL;
}

void view_write_value(const struct view *view, struct buf *out, const json_t *value)
{
    if (write_formatted(view, out, value))
        return;
    json_t *text = json_object_get(value, "id") ? view_string(json_object_get(value, "id"))
                                                : view_text(view, value, NULL);
    buf_append_str(out, string_of(text));
    json_decref(text);
}

static const json_t *datetime_of(const json_t *value)
{
    static const char *const names[] = {"date", "month", "time"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *member = json_object_get(value, names[i]);
        if (json_is_string(member))
            return member;
    }
    return NULL;
}

json_t *view_value(const struct view *view, const json_t *value)
{
    struct buf text = {0};
    const char *language = NULL;
    const json_t *id = json_object_get(value, "id"), *datetime = NULL;
    bool formatted = write_formatted(view, &text, value);
    if (!formatted && !json_is_string(id)) {
        value = readable_part(value);
        formatted = write_formatted(view, &text, value);
    }
    if (formatted)
        datetime = datetime_of(value);
    else if (json_is_string(id))
        buf_append_str(&text, string_of(id));
    bool foreign = !formatted && !json_is_string(id);
    json_t *shown = foreign ? view_text(view, value, &language)
                            : json_stringn(text.data ? text.data : "", text.size);
    buf_finish(&text);
    if (!foreign && !formatted) {
        json_t *cleaned = view_string(shown);
        json_decref(shown);
        shown = cleaned;
    }
    json_t *out = json_pack("{s:b, s:b}", "id", !formatted && !foreign, "foreign", foreign);
    view_set_money(view, out, "money", value);
    bool money = json_is_object(json_object_get(out, "money"));
    json_object_set_new(out, "plain", json_boolean(formatted && !datetime && !money));
    json_object_set_new(out, "text", shown ? shown : json_string(""));
    json_object_set_new(out, "datetime", datetime ? view_string(datetime) : json_false());
    json_object_set_new(out, "lang", language ? json_string(language) : json_false());
    return out;
}

const char *view_kind(const json_t *kind)
{
    static const char *const kinds[] = {"success", "information", "warning", "error"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_is(string_of(kind), kinds[i]))
            return kinds[i];
    return "neutral";
}

json_t *view_badge(const struct view *view, const json_t *badge)
{
    json_t *title = view_text(view, json_object_get(badge, "title"), NULL);
    if (!title)
        return json_false();
    return json_pack("{s:o, s:s}", "title", title, "kind",
                     view_kind(json_object_get(badge, "kind")));
}

void view_append_encoded(struct buf *out, struct str text)
{
    static const char hexadecimal[] = "0123456789ABCDEF";
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c != '\0' && strchr("-._~", c));
        if (plain) {
            buf_append_char(out, (char)c);
        } else {
            char triplet[3] = {'%', hexadecimal[c >> 4], hexadecimal[c & 15]};
            buf_append(out, triplet, 3);
        }
    }
}

void view_append_query(struct buf *url, bool *first, const char *name, const json_t *value)
{
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value); i++)
            if (!json_is_array(json_array_get(value, i)))
                view_append_query(url, first, name, json_array_get(value, i));
        return;
    }
    if (json_is_object(value) || json_is_null(value) || !value)
        return;
    buf_append_char(url, *first ? '?' : '&');
    *first = false;
    view_append_encoded(url, str_from(name));
    buf_append_char(url, '=');
    if (json_is_string(value)) {
        view_append_encoded(url, string_of(value));
        return;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    view_append_encoded(url, str_from(text));
    free(text);
}

json_t *view_target(const struct view *view, const json_t *action)
{
    const json_t *operation = json_object_get(action, "operation");
    const json_t *instance = json_object_get(action, "instance");
    if (!json_is_string(operation))
        return json_false();
    struct buf url = {0};
    buf_append_char(&url, '/');
    view_append_encoded(&url,
                        json_is_string(instance) ? string_of(instance) : str_from(view->instance));
    buf_append_char(&url, '/');
    view_append_encoded(&url, string_of(operation));
    bool first = true;
    const char *name;
    json_t *value;
    json_object_foreach(json_object_get(action, "input"), name, value)
    {
        view_append_query(&url, &first, name, value);
    }
    json_t *out = json_stringn(url.data, url.size);
    buf_finish(&url);
    return out;
}

static const char *style_of(const json_t *action)
{
    struct str style = string_of(json_object_get(action, "style"));
    return str_is(style, "primary") ? "primary" : str_is(style, "danger") ? "danger" : "secondary";
}

void view_set_actions(const struct view *view, json_t *object, const json_t *actions)
{
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(actions) && i < VIEW_ENTRIES; i++) {
        const json_t *action = json_array_get(actions, i);
        json_t *url = view_target(view, action);
        json_t *title = view_text(view, json_object_get(action, "title"), NULL);
        if (json_is_string(url) && title)
            json_array_append_new(out, json_pack("{s:O, s:O, s:s}", "url", url, "title", title,
                                                 "style", style_of(action)));
        json_decref(url);
        json_decref(title);
    }
    json_object_set_new(object, "has_actions", json_boolean(json_array_size(out)));
    json_object_set_new(object, "actions", out);
}

static bool is_text(const json_t *object)
{
    size_t found = 0;
    found += json_is_string(json_object_get(object, "en"));
    found += json_is_string(json_object_get(object, "ar"));
    return found > 0 && found == json_object_size(object);
}

// What a model may hold that is shown as one text.
static bool is_value(const json_t *object)
{
    static const char *const alone[] = {"date", "time", "month", "id"};
    size_t size = json_object_size(object);
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
        if (size == 1 && json_is_string(json_object_get(object, alone[i])))
            return true;
    if (json_is_integer(json_object_get(object, "amount")))
        return size == 2 && json_is_string(json_object_get(object, "currency"));
    if (json_is_number(json_object_get(object, "number")))
        return size <= 3;
    return is_text(object) || (size == 1 && json_is_number(json_object_get(object, "percent")));
}

static json_t *localize_object(const struct view *view, const json_t *model)
{
    json_t *out = json_object(), *member;
    const char *name;
    json_object_foreach((json_t *)model, name, member)
    {
        json_object_set_new(out, name, view_localize(view, member));
        if (json_is_array(member)) {
            char key[64];
            snprintf(key, sizeof key, "has_%s", name);
            json_object_set_new(out, key, json_boolean(json_array_size(member)));
        }
    }
    return out;
}

json_t *view_localize(const struct view *view, const json_t *model)
{
    if (json_is_string(model))
        return view_string(model);
    if (is_value(model)) {
        const json_t *amount = json_object_get(model, "amount");
        if (json_is_integer(amount))
            return view_money(view, json_integer_value(amount),
                              string_of(json_object_get(model, "currency")));
        struct buf text = {0};
        view_write_value(view, &text, model);
        json_t *out = json_stringn(text.data ? text.data : "", text.size);
        buf_finish(&text);
        return out;
    }
    if (json_is_object(model))
        return localize_object(view, model);
    if (!json_is_array(model))
        return json_deep_copy(model);
    json_t *out = json_array();
    for (size_t i = 0; i < json_array_size(model); i++)
        json_array_append_new(out, view_localize(view, json_array_get(model, i)));
    return out;
}
