// SPDX-License-Identifier: Apache-2.0
#include "present.h"

#include "civil.h"
#include "day_hours.h"
#include "fold.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { HOURS_TEXT = 500, PHONE_TEXT = 17 }; // what the results allow

static json_t *text(const char *key)
{
    return medina_text(key, NULL);
}

// A text from the strings whose key has a part that varies: "kind." and "pharmacy".
static json_t *text_of(const char *prefix, const char *name)
{
    char key[80];
    snprintf(key, sizeof key, "%s%s", prefix, name);
    return text(key);
}

static json_t *in_both(const char *english, const char *arabic)
{
    // The same in both is a name that the file has in one language only.
    if (strcmp(english, arabic) != 0)
        return medina_text_of(english, arabic);
    return json_pack("{s:s}", fold_is_arabic(english) ? "ar" : "en", english);
}

static json_t *row(const char *label, json_t *value)
{
    return json_pack("{s:o, s:o}", "label", text(label), "value", value);
}

json_t *present_action(const char *operation, json_t *input, const char *title)
{
    json_t *action = json_pack("{s:s, s:o}", "operation", operation, "input", input);
    if (title)
        json_object_set_new(action, "title", text(title));
    return action;
}

// RFC 3339 in the city's time.
static json_t *instant(struct opening_hours_time time, int utc_offset)
{
    struct civil_date date = civil_date_of(time.day);
    int offset = utc_offset < 0 ? -utc_offset : utc_offset;
    return json_sprintf("%04d-%02d-%02dT%02d:%02d:00%c%02d:%02d", date.year, date.month, date.day,
                        (int)time.minute / 60, (int)time.minute % 60, utc_offset < 0 ? '-' : '+',
                        offset / 60, offset % 60);
}

// E.164, false when the number cannot be written so.
static bool international(const char *phone, const char *calling_code, char out[PHONE_TEXT])
{
    char digits[40];
    size_t count = 0;
    for (const char *at = phone; *at && count < sizeof digits - 1; at++)
        if (*at >= '0' && *at <= '9')
            digits[count++] = *at;
    digits[count] = '\0';
    const char *number = digits;
    const char *code = "";
    if (phone[0] != '+') {
        bool dialled = !strncmp(digits, "00", 2);
        number += dialled ? 2 : digits[0] == '0';
        code = dialled ? "" : calling_code;
    }
    int size = snprintf(out, PHONE_TEXT, "+%s%s", code, number);
    return size >= 7 && size < PHONE_TEXT;
}

static bool always_open(const struct opening_hours_answer *answer)
{
    return answer->state == OPENING_HOURS_OPEN && !answer->changes;
}

static json_t *opening_of(const struct facility_match *match, const struct presentation *how)
{
    static const char *const states[] = {"closed", "open", "unknown"};
    const struct opening_hours_answer *answer = &match->answer;
    const char *hours = match->facility->hours_text;
    json_t *opening = json_pack("{s:s}", "state", states[answer->state]);
    if (answer->changes)
        json_object_set_new(opening, "until", instant(answer->until, how->utc_offset));
    if (always_open(answer))
        json_object_set_new(opening, "always", json_true());
    if (hours && strlen(hours) <= HOURS_TEXT)
        json_object_set_new(opening, "hours", json_string(hours));
    return opening;
}

json_t *present_place(const struct facility_match *match, const struct presentation *how,
                      bool with_kind)
{
    const struct facility *facility = match->facility;
    json_t *place = json_pack("{s:s, s:o, s:{s:f, s:f}, s:o, s:o}", "id", facility->id, "title",
                              in_both(facility->name_en, facility->name_ar), "coordinate",
                              "latitude", facility->latitude, "longitude", facility->longitude,
                              "opening", opening_of(match, how), "open",
                              present_action("show", json_pack("{s:s}", "id", facility->id), NULL));
    char phone[PHONE_TEXT];
    if (facility->area_en)
        json_object_set_new(place, "subtitle", in_both(facility->area_en, facility->area_ar));
    if (facility->street_en)
        json_object_set_new(place, "address", in_both(facility->street_en, facility->street_ar));
    if (facility->phone && international(facility->phone, how->calling_code, phone))
        json_object_set_new(place, "phone", json_string(phone));
    if (with_kind)
        json_object_set_new(place, "badge",
                            json_pack("{s:o, s:s}", "title",
                                      text_of("kind.", facility_kind_name(facility->kind)), "kind",
                                      "neutral"));
    if (match->answer.comment)
        json_object_set_new(place, "rows",
                            json_pack("[o]", row("show.note", json_string(match->answer.comment))));
    return place;
}

json_t *present_attribution(const struct presentation *how)
{
    if (how->sample)
        return text("sample");
    return how->attribution ? json_pack("{s:s}", "en", how->attribution) : NULL;
}

static json_t *badge_of(const struct opening_hours_answer *answer)
{
    static const struct {
        const char *title;
        const char *kind;
    } badges[] = {{"badge.closed", "neutral"},
                  {"badge.open", "success"},
                  {"badge.unknown", "information"}};
    const char *title = always_open(answer) ? "badge.always" : badges[answer->state].title;
    return json_pack("{s:o, s:s}", "title", text(title), "kind", badges[answer->state].kind);
}

static json_t *facts_of(const struct facility *facility, const struct presentation *how,
                        const struct opening_hours_answer *answer)
{
    static const char *const until[] = {"show.opens", "show.open-until", "show.unknown-until"};
    json_t *rows =
        json_pack("[o]", row("show.kind", text_of("kind.", facility_kind_name(facility->kind))));
    if (answer->changes)
        json_array_append_new(
            rows, row(answer->state == OPENING_HOURS_CLOSED && answer->next == OPENING_HOURS_UNKNOWN
                          ? "show.closed-until"
                          : until[answer->state],
                      json_pack("{s:o}", "time", instant(answer->until, how->utc_offset))));
    if (answer->comment)
        json_array_append_new(rows, row("show.note", json_string(answer->comment)));
    if (facility->area_en)
        json_array_append_new(rows,
                              row("show.area", in_both(facility->area_en, facility->area_ar)));
    if (facility->street_en)
        json_array_append_new(rows, row("show.address",
                                        in_both(facility->street_en, facility->street_ar)));
    char phone[PHONE_TEXT];
    if (facility->phone)
        json_array_append_new(rows,
                              row("show.phone",
                                  json_pack("{s:s}", "id",
                                            international(facility->phone, how->calling_code, phone)
                                                ? phone
                                                : facility->phone)));
    return json_pack("{s:o}", "rows", rows);
}

static json_t *hours_cell(const struct facility *facility, const struct presentation *how,
                          int32_t day)
{
    static const char *const all_day[] = {[DAY_HOURS_CLOSED] = "hours.closed",
                                          [DAY_HOURS_ALL_DAY] = "hours.all-day",
                                          [DAY_HOURS_UNKNOWN] = "hours.unknown"};
    char line[DAY_HOURS_TEXT];
    enum day_hours_kind kind = day_hours(facility->hours, &how->moment.calendar, day, line);
    if (kind == DAY_HOURS_SPANS || (kind == DAY_HOURS_UNKNOWN && line[0]))
        return json_string(line);
    return text(all_day[kind]);
}

static json_t *week_of(const struct facility *facility, const struct presentation *how)
{
    json_t *rows = json_array();
    for (int i = 0; i < 7; i++) {
        int32_t day = how->moment.now.day + i;
        char weekday[16];
        snprintf(weekday, sizeof weekday, "day.%d", civil_weekday(day));
        struct civil_date date = civil_date_of(day);
        json_t *civil = json_sprintf("%04d-%02d-%02d", date.year, date.month, date.day);
        json_array_append_new(rows, json_pack("[o, {s:o}, o]", text(weekday), "date", civil,
                                              hours_cell(facility, how, day)));
    }
    return json_pack("{s:o, s:{s:[{s:o}, {s:o}, {s:o}], s:o}}", "title", text("show.week"), "table",
                     "columns", "title", text("show.day"), "title", text("show.date"), "title",
                     text("show.hours"), "rows", rows);
}

// The names of codes, those that the strings know; the code itself for others.
static json_t *named(const char *prefix, const char *const *codes, size_t count, json_t *rows,
                     const char *label)
{
    for (size_t i = 0; i < count; i++) {
        char key[FACILITIES_TEXT];
        snprintf(key, sizeof key, "%s%s", prefix, codes[i]);
        json_t *name = text(key);
        // A key that the strings do not have comes back as it is.
        if (!strcmp(json_string_value(json_object_get(name, "en")), key)) {
            json_decref(name);
            name = json_string(codes[i]);
        }
        json_array_append_new(rows, row(label, name));
    }
    return rows;
}

static json_t *people_of(const struct facility *facility)
{
    json_t *rows = named("speciality.", facility->specialities, facility->speciality_count,
                         json_array(), "show.speciality");
    named("language.", facility->languages, facility->language_count, rows, "show.language");
    if (facility->gender)
        json_array_append_new(rows, row("show.gender",
                                        text(facility->gender == FACILITY_FEMALE ? "gender.female"
                                                                                 : "gender.male")));
    return json_pack("{s:o, s:o}", "title", text("show.about"), "rows", rows);
}

static json_t *actions_of(const struct facility *facility)
{
    json_t *map = present_action("find", json_pack("{s:s}", "id", facility->id), "show.map");
    json_object_set_new(map, "style", json_string("primary"));
    json_t *actions = json_pack("[o]", map);
    if (facility->area_en)
        json_array_append_new(actions,
                              present_action("find", json_pack("{s:s}", "area", facility->area_en),
                                             "show.same-area"));
    return actions;
}

json_t *present_detail(const struct facility *facility, const struct presentation *how)
{
    struct opening_hours_answer answer;
    facility_ask(facility, &how->moment, &answer);
    json_t *sections = json_pack("[o]", facts_of(facility, how, &answer));
    if (facility->hours)
        json_array_append_new(sections, week_of(facility, how));
    if (facility->hours_text && !facility->hours)
        json_array_append_new(sections,
                              json_pack("{s:[o]}", "rows",
                                        row("show.written", json_string(facility->hours_text))));
    if (facility->speciality_count || facility->language_count || facility->gender)
        json_array_append_new(sections, people_of(facility));
    json_t *detail =
        json_pack("{s:s, s:o, s:o, s:o, s:o}", "type", "detail", "title",
                  in_both(facility->name_en, facility->name_ar), "badge", badge_of(&answer),
                  "sections", sections, "actions", actions_of(facility));
    json_t *attribution = present_attribution(how);
    if (attribution)
        json_object_set_new(detail, "summary", attribution);
    return detail;
}
