// SPDX-License-Identifier: Apache-2.0
// GeoJSON to a set. Every property that is read is checked when it is read, and the first fault
// ends the load: half a city's pharmacies would look like all of them. The texts are copied into
// blocks that the set owns, so that the parsed JSON can go.
#include "facilities_set.h"

#include "civil.h"
#include "fold.h"

#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_DEPTH = 16 };

struct loader {
    struct facilities *set;
    struct facilities_fault *fault;
    size_t index; // of the feature being read
    char id[80];  // its id, empty before it is known
    json_t *properties;
};

static const char *const kind_names[FACILITY_KINDS] = {"pharmacy", "clinic", "doctors", "hospital",
                                                       "dentist"};

const char *facility_kind_name(enum facility_kind kind)
{
    return kind_names[kind];
}

bool facility_kind_of(const char *name, enum facility_kind *kind)
{
    for (int i = 0; i < FACILITY_KINDS; i++)
        if (!strcmp(name, kind_names[i])) {
            *kind = (enum facility_kind)i;
            return true;
        }
    return false;
}

__attribute__((format(printf, 3, 4))) static int refuse(const struct loader *loader,
                                                        const char *field, const char *format, ...)
{
    char *message = loader->fault->message;
    size_t size = sizeof loader->fault->message;
    int used = snprintf(message, size, "features[%zu]%s%s%s: %s: ", loader->index,
                        loader->id[0] ? " (" : "", loader->id, loader->id[0] ? ")" : "", field);
    va_list arguments;
    va_start(arguments, format);
    if (used > 0 && (size_t)used < size)
        vsnprintf(message + used, size - (size_t)used, format, arguments);
    va_end(arguments);
    return -1;
}

__attribute__((format(printf, 2, 3))) static int refuse_file(struct facilities_fault *fault,
                                                             const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault->message, sizeof fault->message, format, arguments);
    va_end(arguments);
    return -1;
}

// The text of a property into *out, NULL when there is none or it is empty. Not kept yet.
static int read_text(const struct loader *loader, const char *name, const char **out)
{
    *out = NULL;
    const json_t *value = json_object_get(loader->properties, name);
    if (!value)
        return 0;
    const char *text = json_string_value(value);
    if (!text)
        return refuse(loader, name, "expected a text");
    if (json_string_length(value) > FACILITIES_TEXT)
        return refuse(loader, name, "longer than %d bytes", FACILITIES_TEXT);
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7F)
            return refuse(loader, name, "has a control character");
    *out = *text ? text : NULL;
    return 0;
}

// A text in two languages from name, name:en and name:ar; one that is missing is the other.
static int read_both(struct loader *loader, const char *name, const char **en, const char **ar)
{
    char tag[40];
    const char *plain;
    if (read_text(loader, name, &plain))
        return -1;
    snprintf(tag, sizeof tag, "%s:en", name);
    if (read_text(loader, tag, en))
        return -1;
    snprintf(tag, sizeof tag, "%s:ar", name);
    if (read_text(loader, tag, ar))
        return -1;
    if (plain && !*ar && fold_is_arabic(plain))
        *ar = plain;
    else if (plain && !*en)
        *en = plain;
    if (!*en)
        *en = *ar;
    if (!*ar)
        *ar = *en;
    if (*en && (strlen(*en) > FACILITIES_NAME || strlen(*ar) > FACILITIES_NAME))
        return refuse(loader, name, "longer than %d bytes", FACILITIES_NAME);
    *en = *en ? set_keep(loader->set, *en) : NULL;
    *ar = *ar ? set_keep(loader->set, *ar) : NULL;
    return 0;
}

static int read_id(struct loader *loader, const json_t *feature, struct facility *facility)
{
    const json_t *id = json_object_get(feature, "id");
    if (!id)
        id = json_object_get(loader->properties, "@id");
    if (json_is_integer(id))
        snprintf(loader->id, sizeof loader->id, "%" JSON_INTEGER_FORMAT, json_integer_value(id));
    else if (json_is_string(id) && json_string_length(id) < sizeof loader->id)
        snprintf(loader->id, sizeof loader->id, "%s", json_string_value(id));
    for (const char *at = loader->id; *at; at++)
        if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7F) {
            loader->id[0] = '\0';
            break;
        }
    if (!loader->id[0])
        return refuse(loader, "id",
                      "expected a whole number or a text of 1 to %zu ASCII characters",
                      sizeof loader->id - 1);
    facility->id = set_keep(loader->set, loader->id);
    return 0;
}

static int read_place(const struct loader *loader, const json_t *feature, struct facility *facility)
{
    const json_t *geometry = json_object_get(feature, "geometry");
    const char *type = json_string_value(json_object_get(geometry, "type"));
    if (!type || strcmp(type, "Point"))
        return refuse(loader, "geometry.type",
                      "expected \"Point\" (export areas with their centre)");
    const json_t *place = json_object_get(geometry, "coordinates");
    const json_t *longitude = json_array_get(place, 0);
    const json_t *latitude = json_array_get(place, 1);
    if (!json_is_number(longitude) || !json_is_number(latitude))
        return refuse(loader, "geometry.coordinates", "expected [longitude, latitude]");
    facility->longitude = json_number_value(longitude);
    facility->latitude = json_number_value(latitude);
    if (!(fabs(facility->longitude) <= 180 && fabs(facility->latitude) <= 90))
        return refuse(loader, "geometry.coordinates",
                      "longitude is -180 to 180 and latitude -90 to 90, in this order");
    return 0;
}

static int read_kind(const struct loader *loader, struct facility *facility)
{
    const char *amenity;
    const char *gender;
    if (read_text(loader, "amenity", &amenity) || read_text(loader, "gender", &gender))
        return -1;
    if (!amenity || !facility_kind_of(amenity, &facility->kind))
        return refuse(loader, "amenity", "expected pharmacy, clinic, doctors, hospital or dentist");
    if (gender && strcmp(gender, "female") && strcmp(gender, "male"))
        return refuse(loader, "gender", "expected female or male");
    if (gender)
        facility->gender = strcmp(gender, "male") ? FACILITY_FEMALE : FACILITY_MALE;
    return 0;
}

static int read_phone(struct loader *loader, struct facility *facility)
{
    const char *name = "phone";
    const char *phone;
    if (read_text(loader, name, &phone))
        return -1;
    if (!phone && read_text(loader, name = "contact:phone", &phone))
        return -1;
    if (!phone)
        return 0;
    char first[32];
    size_t size = strcspn(phone, ";,/");
    while (size && phone[size - 1] == ' ')
        size--;
    if (size < 3 || size >= sizeof first || strspn(phone, "+0123456789 ()-.") < size)
        return refuse(loader, name, "expected a telephone number, as +971 4 000 0000");
    snprintf(first, sizeof first, "%.*s", (int)size, phone);
    facility->phone = set_keep(loader->set, first);
    return 0;
}

static int read_hours(struct loader *loader, struct facility *facility)
{
    const char *text;
    if (read_text(loader, "opening_hours", &text))
        return -1;
    struct opening_hours *hours = NULL;
    if (text) {
        struct opening_hours_fault fault;
        int code = opening_hours_parse(text, strlen(text), &hours, &fault);
        if (code && code != OPENING_HOURS_UNSUPPORTED)
            return refuse(loader, "opening_hours", "byte %zu: %s", fault.at, fault.message);
        facility->hours_text = set_keep(loader->set, text);
    }
    facility->hours = hours;
    loader->set->without_hours += !hours;
    return 0;
}

static int add_to_list(const struct loader *loader, const char *field, const char *text,
                       size_t size, const char **list, size_t *count)
{
    if (!size)
        return 0;
    if (*count == FACILITIES_LIST)
        return refuse(loader, field, "more than %d", FACILITIES_LIST);
    char *code = set_memory(loader->set, size + 1);
    for (size_t i = 0; i < size; i++)
        code[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]);
    list[(*count)++] = code;
    return 0;
}

static const char *const *keep_list(struct facilities *set, const char **list, size_t count)
{
    if (!count)
        return NULL;
    return memcpy(set_memory(set, count * sizeof *list), list, count * sizeof *list);
}

static int read_specialities(struct loader *loader, struct facility *facility)
{
    const char *list[FACILITIES_LIST];
    const char *field = "healthcare:speciality";
    const char *text;
    if (read_text(loader, field, &text))
        return -1;
    while (text && *text) {
        text += strspn(text, "; ");
        size_t size = strcspn(text, ";");
        size_t kept = size;
        while (kept && text[kept - 1] == ' ')
            kept--;
        if (add_to_list(loader, field, text, kept, list, &facility->speciality_count))
            return -1;
        text += size;
    }
    facility->specialities = keep_list(loader->set, list, facility->speciality_count);
    return 0;
}

static int read_languages(struct loader *loader, struct facility *facility)
{
    static const char prefix[] = "language:";
    const char *list[FACILITIES_LIST];
    const char *name;
    json_t *value;
    json_object_foreach(loader->properties, name, value)
    {
        const char *text;
        if (strncmp(name, prefix, sizeof prefix - 1) != 0)
            continue;
        if (read_text(loader, name, &text))
            return -1;
        const char *code = name + sizeof prefix - 1;
        if (text && !strcmp(text, "yes") &&
            add_to_list(loader, "language", code, strlen(code), list, &facility->language_count))
            return -1;
    }
    facility->languages = keep_list(loader->set, list, facility->language_count);
    return 0;
}

static int read_feature(struct loader *loader, const json_t *feature, struct facility *facility)
{
    loader->id[0] = '\0';
    loader->properties = json_object_get(feature, "properties");
    const char *type = json_string_value(json_object_get(feature, "type"));
    if (!type || strcmp(type, "Feature"))
        return refuse(loader, "type", "expected \"Feature\"");
    if (!json_is_object(loader->properties))
        return refuse(loader, "properties", "expected an object");
    if (read_id(loader, feature, facility) || read_place(loader, feature, facility) ||
        read_kind(loader, facility) ||
        read_both(loader, "name", &facility->name_en, &facility->name_ar))
        return -1;
    if (!facility->name_en)
        return refuse(loader, "name", "expected name, name:en or name:ar");
    if (read_both(loader, "addr:suburb", &facility->area_en, &facility->area_ar) ||
        read_both(loader, "addr:street", &facility->street_en, &facility->street_ar) ||
        read_phone(loader, facility) || read_hours(loader, facility) ||
        read_specialities(loader, facility) || read_languages(loader, facility))
        return -1;
    return 0;
}

// jansson recurses, and this runs on a coroutine's small stack: nesting is judged before it parses.
static bool too_deep(const char *json, size_t size)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        if (quoted && json[i] == '\\')
            i++;
        else if (json[i] == '"')
            quoted = !quoted;
        else if (!quoted && (json[i] == '{' || json[i] == '['))
            depth++;
        else if (!quoted && (json[i] == '}' || json[i] == ']'))
            depth--;
        if (depth > JSON_DEPTH)
            return true;
    }
    return false;
}

static int read_features(struct facilities *set, const json_t *features,
                         struct facilities_fault *fault)
{
    size_t count = json_array_size(features);
    if (!json_is_array(features) || count == 0)
        return refuse_file(fault, "features: expected an array of at least one feature");
    if (count > FACILITIES_MAX)
        return refuse_file(fault, "features: %zu of them, at most %d are allowed", count,
                           FACILITIES_MAX);
    set->entries = set_allocate(count, sizeof *set->entries);
    struct loader loader = {.set = set, .fault = fault};
    for (loader.index = 0; loader.index < count; loader.index++) {
        set->count = loader.index + 1; // so that hours already parsed are released on a fault
        if (read_feature(&loader, json_array_get(features, loader.index),
                         &set->entries[loader.index].facility))
            return -1;
    }
    return 0;
}

// A member of the collection, or of its "properties".
static const json_t *member_of(const json_t *root, const char *name)
{
    const json_t *value = json_object_get(root, name);
    return value ? value : json_object_get(json_object_get(root, "properties"), name);
}

static int compare_days(const void *a, const void *b)
{
    int32_t left = *(const int32_t *)a;
    int32_t right = *(const int32_t *)b;
    return (left > right) - (left < right);
}

static bool parse_date(const char *text, int32_t *day)
{
    struct civil_date date;
    int used = 0;
    if (!text || strlen(text) != 10 ||
        sscanf(text, "%4d-%2d-%2d%n", &date.year, &date.month, &date.day, &used) != 3 ||
        used != 10 || date.year < 1900 || date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > civil_days_in_month(date.year, date.month))
        return false;
    *day = civil_day_number(date);
    return true;
}

static int read_holidays(const json_t *root, const char *name, struct holidays *holidays,
                         struct facilities_fault *fault)
{
    const json_t *list = member_of(root, name);
    size_t count = json_array_size(list);
    if (!list)
        return 0;
    if (!json_is_array(list) || count > FACILITIES_HOLIDAYS)
        return refuse_file(fault, "%s: expected an array of at most %d dates", name,
                           FACILITIES_HOLIDAYS);
    holidays->days = set_allocate(count, sizeof *holidays->days);
    for (size_t i = 0; i < count; i++)
        if (!parse_date(json_string_value(json_array_get(list, i)), &holidays->days[i]))
            return refuse_file(fault, "%s[%zu]: expected a date, as \"2026-01-01\"", name, i);
    holidays->count = count;
    qsort(holidays->days, count, sizeof *holidays->days, compare_days);
    return 0;
}

static int read_collection(struct facilities *set, const json_t *root,
                           struct facilities_fault *fault)
{
    const char *type = json_string_value(json_object_get(root, "type"));
    if (!type || strcmp(type, "FeatureCollection"))
        return refuse_file(fault, "type: expected \"FeatureCollection\"");
    set->sample = json_is_true(member_of(root, "medina:sample"));
    const char *source = json_string_value(member_of(root, "attribution"));
    if (!source)
        source = json_string_value(member_of(root, "copyright"));
    if (source && *source && strlen(source) <= FACILITIES_TEXT)
        set->attribution = set_keep(set, source);
    if (read_holidays(root, "medina:public_holidays", &set->public_holidays, fault) ||
        read_holidays(root, "medina:school_holidays", &set->school_holidays, fault) ||
        read_features(set, json_object_get(root, "features"), fault))
        return -1;
    const char *twice = set_index(set);
    return twice ? refuse_file(fault, "id: two features are %s", twice) : 0;
}

int facilities_load(const char *geojson, size_t size, struct facilities **out,
                    struct facilities_fault *fault)
{
    *out = NULL;
    if (size > FACILITIES_BYTES)
        return refuse_file(fault, "larger than %d bytes", FACILITIES_BYTES);
    if (too_deep(geojson, size))
        return refuse_file(fault, "nested deeper than %d levels", JSON_DEPTH);
    json_error_t error;
    json_t *root = json_loadb(geojson, size, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        return refuse_file(fault, "not JSON: line %d, column %d: %s", error.line, error.column,
                           error.text);
    struct facilities *set = set_allocate(1, sizeof *set);
    int code = read_collection(set, root, fault);
    json_decref(root);
    if (code)
        facilities_destroy(set);
    else
        *out = set;
    return code;
}
