// SPDX-License-Identifier: Apache-2.0
// An entry of a places result.
#include "pages/format.h"
#include "pages/view.h"

static struct str string_of(const json_t *value)
{
    return (struct str){json_string_value(value), json_string_length(value)};
}

static void set_phone(json_t *place, const json_t *value)
{
    struct str phone = string_of(value);
    bool good = phone.size > 6 && phone.size <= 16 && phone.data[0] == '+';
    for (size_t i = 1; i < phone.size && good; i++)
        good = phone.data[i] >= '0' && phone.data[i] <= '9';
    view_set_string(place, "phone", good ? value : NULL);
    struct buf text = {0};
    // +971 4 555 0117 and +971 50 123 4567; numbers of other countries as they are.
    if (good && str_starts(phone, STR("+971")) && (phone.size == 12 || phone.size == 13))
        buf_printf(&text, "+971 %.*s %.*s %.*s", (int)phone.size - 11, phone.data + 4, 3,
                   phone.data + phone.size - 7, 4, phone.data + phone.size - 4);
    else if (good)
        buf_append_str(&text, phone);
    view_set_buf(place, "phone_text", &text);
}

// One word of opening hours in the reader's language: a day, PH, off; false when it is another.
static bool write_word(const struct view *view, struct buf *out, struct str word)
{
    static const char days[] = "SuMoTuWeThFrSa";
    for (size_t day = 0; day < 7; day++) {
        if (str_equal(word, (struct str){days + 2 * day, 2})) {
            buf_append_str(out, view->phrases->days[day]);
            return true;
        }
    }
    bool holidays = str_is(word, "PH"), off = str_is(word, "off") || str_is(word, "closed");
    if (holidays || off)
        buf_append_str(out, phrases_text(view->phrases,
                                         holidays ? PHRASE_PLACES_HOLIDAYS : PHRASE_PLACES_OFF));
    return holidays || off;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Opening hours in OpenStreetMap's syntax with its words in the reader's language; false when there
// is a word that is not known here.
static bool write_hours(const struct view *view, struct buf *out, struct str hours)
{
    for (size_t i = 0; i < hours.size;) {
        size_t size = 0;
        while (i + size < hours.size && is_letter(hours.data[i + size]))
            size++;
        if (size > 0 && !write_word(view, out, (struct str){hours.data + i, size}))
            return false;
        char c = hours.data[i];
        if (size == 0 && (c == ';' || c == ','))
            buf_append_text(out, !view->phrases->arabic ? (char[]){c, '\0'} : c == ';' ? "؛" : "،");
        else if (size == 0)
            buf_append_char(out, c);
        i += size ? size : 1;
    }
    return true;
}

static void set_hours(const struct view *view, json_t *out, const json_t *hours)
{
    struct buf text = {0};
    json_t *shown = view_string(hours);
    bool known = write_hours(view, &text, string_of(shown));
    json_object_set_new(out, "raw", json_boolean(!known));
    if (json_string_length(shown) == 0)
        json_object_set_new(out, "hours", json_false());
    else
        json_object_set_new(out, "hours",
                            known ? json_stringn(text.data, text.size) : json_incref(shown));
    json_decref(shown);
    buf_finish(&text);
}

static void set_opening(const struct view *view, json_t *place, const json_t *opening)
{
    struct str state = string_of(json_object_get(opening, "state"));
    bool open = str_is(state, "open"), closed = str_is(state, "closed");
    bool always = open && json_is_true(json_object_get(opening, "always")), today;
    int64_t until;
    if (!json_is_object(opening)) {
        json_object_set_new(place, "opening", json_false());
        return;
    }
    json_t *out = json_pack("{s:s, s:b}", "state",
                            open     ? "open"
                            : closed ? "closed"
                                     : "unknown",
                            "until", false);
    view_set_phrase(view, out, "text",
                    always   ? PHRASE_PLACES_ALWAYS
                    : open   ? PHRASE_PLACES_OPEN
                    : closed ? PHRASE_PLACES_CLOSED
                             : PHRASE_PLACES_UNKNOWN,
                    0, NULL, 0);
    if ((open || closed) && !always &&
        format_read_time(string_of(json_object_get(opening, "until")), &until)) {
        struct buf text = {0};
        format_coming(view->phrases, &text, until, view->now, &today);
        struct phrase_value value = {"time", buf_str(&text), false};
        view_set_phrase(view, out, "until",
                        open    ? PHRASE_PLACES_UNTIL
                        : today ? PHRASE_PLACES_OPENS_TODAY
                                : PHRASE_PLACES_OPENS,
                        0, &value, 1);
        buf_finish(&text);
    }
    set_hours(view, out, json_object_get(opening, "hours"));
    json_object_set_new(place, "opening", out);
}

static void set_map_url(json_t *place, const json_t *coordinate)
{
    const json_t *latitude = json_object_get(coordinate, "latitude");
    const json_t *longitude = json_object_get(coordinate, "longitude");
    json_object_set_new(place, "map_url", json_false());
    if (!json_is_number(latitude) || !json_is_number(longitude))
        return;
    double north = json_number_value(latitude), east = json_number_value(longitude);
    json_object_set_new(place, "map_url",
                        json_sprintf("https://www.openstreetmap.org/"
                                     "?mlat=%.5f&mlon=%.5f#map=18/%.5f/%.5f",
                                     north, east, north, east));
}

json_t *view_place(const struct view *view, const json_t *place, size_t number)
{
    json_t *out = json_pack("{s:I, s:b}", "number", (json_int_t)number, "distance", false);
    const json_t *distance = json_object_get(place, "distance");
    view_set_title(view, out, "title", json_object_get(place, "title"));
    view_set_title(view, out, "subtitle", json_object_get(place, "subtitle"));
    view_set_title(view, out, "address", json_object_get(place, "address"));
    if (json_is_integer(distance) && json_integer_value(distance) >= 0) {
        struct buf text = {0};
        format_distance(view->phrases, &text, json_integer_value(distance));
        view_set_buf(out, "distance", &text);
    }
    set_phone(out, json_object_get(place, "phone"));
    view_set_link(out, "website", json_object_get(place, "website"), false);
    set_opening(view, out, json_object_get(place, "opening"));
    set_map_url(out, json_object_get(place, "coordinate"));
    json_object_set_new(out, "badge", view_badge(view, json_object_get(place, "badge")));
    json_object_set_new(out, "url", view_target(view, json_object_get(place, "open")));
    view_set_rows(view, out, json_object_get(place, "rows"));
    view_set_actions(view, out, json_object_get(place, "actions"));
    return out;
}
