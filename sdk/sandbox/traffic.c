// SPDX-License-Identifier: Apache-2.0
// Files, plates, licences and fines: what there is, and looking it up. The sandbox's own page of
// invented people stands in data/traffic-people.json.

#include "traffic.h"

#include "account.h"
#include "base/clock.h"

#include <stdio.h>

extern const char offences_2017[], offences_2017_end[];
extern const char traffic_people[], traffic_people_end[];
extern const char offence_photo[], offence_photo_end[];

enum { FIRST_FINE = 101 };

static json_t *parse(const char *begin, const char *end)
{
    return json_parse((struct str){begin, (size_t)(end - begin)}, NULL);
}

json_t *traffic_schedule(void)
{
    return parse(offences_2017, offences_2017_end);
}

void traffic_set(json_t *object, const char *name, const char *value)
{
    json_object_set_new(object, name, json_string(value));
}

bool traffic_is(const json_t *fine, const char *status)
{
    const char *now = json_get_string(fine, "status");
    return now && strcmp(now, status) == 0;
}

void traffic_number(json_t *collection, const char *prefix, int first, char out[24])
{
    snprintf(out, 24, "%s%08d", prefix, first + (int)json_object_size(collection));
}

// ---- the first day ----

static const json_t *offence_of(const json_t *schedule, const char *code)
{
    size_t index;
    json_t *offence;
    json_array_foreach(json_object_get(schedule, "offences"), index, offence)
    {
        if (strcmp(json_get_string(offence, "code"), code) == 0)
            return offence;
    }
    return NULL;
}

static json_t *make_fine(const json_t *schedule, const json_t *files, const json_t *seed)
{
    char date[CLOCK_DATE], time[CLOCK_TEXT];
    const json_t *file = json_object_get(files, json_get_string(seed, "file"));
    const json_t *offence = offence_of(schedule, json_get_string(seed, "offence"));
    const char *authority = json_get_string(seed, "authority");
    struct civil day = clock_civil(clock_now(NULL));
    day.day -= (int)json_get_integer(seed, "days_ago", 0);
    day.hour = 9;
    clock_format_date(clock_from_civil(&day), date);
    clock_format_local(clock_from_civil(&day), time);
    json_t *fine =
        json_pack("{s:O, s:s, s:s, s:s, s:O, s:O, s:O, s:O, s:O, s:O}", "file",
                  json_object_get(file, "account"), "status", "due", "date", date, "time", time,
                  "offence", json_object_get(offence, "code"), "article",
                  json_object_get(offence, "title"), "amount", json_object_get(offence, "amount"),
                  "points", json_object_get(offence, "points"), "hold_days",
                  json_object_get(offence, "hold_days"), "place", json_object_get(seed, "place"));
    json_object_set(fine, "plate",
                    json_array_get(json_object_get(file, "plates"),
                                   (size_t)json_get_integer(seed, "plate", 0)));
    json_object_set(fine, "photo", json_object_get(seed, "photo"));
    json_object_set(fine, "licence", json_object_get(file, "licence"));
    traffic_set(fine, "authority", authority);
    json_object_set(fine, "authority_name",
                    json_object_get(json_object_get(schedule, "authorities"), authority));
    return fine;
}

void traffic_seed(struct sandbox *sandbox)
{
    json_t *schedule = traffic_schedule(), *people = parse(traffic_people, traffic_people_end);
    json_t *files = sandbox_collection(sandbox, "traffic"), *seed;
    json_t *fines = sandbox_collection(sandbox, "fines");
    size_t index;
    json_array_foreach(json_object_get(people, "files"), index, seed)
    {
        json_object_set(files, json_get_string(seed, "account"), seed);
    }
    json_array_foreach(json_object_get(people, "fines"), index, seed)
    {
        char number[24];
        json_t *fine = make_fine(schedule, files, seed);
        traffic_number(fines, "70", FIRST_FINE, number);
        traffic_set(fine, "number", number);
        json_object_set_new(fines, number, fine);
    }
    json_decref(schedule);
    json_decref(people);
}

// ---- looking up ----

json_t *traffic_fine(struct sandbox *sandbox, const char *number)
{
    return json_object_get(sandbox_collection(sandbox, "fines"), number);
}

json_t *traffic_find_fine(struct sandbox_request *request)
{
    json_t *fine = json_object_getn(sandbox_collection(request->sandbox, "fines"),
                                    request->part[0].data, request->part[0].size);
    if (!fine)
        sandbox_error(request, 404, "fine_unknown");
    return fine;
}

static void add_named(struct sandbox *sandbox, json_t *out, const json_t *fine, const char *member,
                      const char *collection)
{
    const char *name = json_get_string(fine, member);
    if (name)
        json_object_set(out, member,
                        json_object_get(sandbox_collection(sandbox, collection), name));
}

json_t *traffic_fine_json(struct sandbox *sandbox, const json_t *fine)
{
    json_t *out = json_copy((json_t *)fine);
    add_named(sandbox, out, fine, "dispute", "traffic_disputes");
    add_named(sandbox, out, fine, "nomination", "nominations");
    return out;
}

static bool holds(const json_t *fine, const char *member, struct str wanted)
{
    const char *value = json_get_string(fine, member);
    return value && str_is(wanted, value);
}

// Newest first, those that are neither paid nor cancelled before the others.
static json_t *select_fines(struct sandbox *sandbox, const char *member, struct str wanted)
{
    json_t *open = json_array(), *closed = json_array(), *fine;
    const char *number;
    json_object_foreach(sandbox_collection(sandbox, "fines"), number, fine)
    {
        if (!holds(fine, member, wanted))
            continue;
        bool over = traffic_is(fine, "paid") || traffic_is(fine, "cancelled");
        json_array_append_new(over ? closed : open, traffic_fine_json(sandbox, fine));
    }
    json_array_extend(open, closed);
    json_decref(closed);
    return open;
}

static bool file_has(const json_t *file, const char *member, struct str wanted)
{
    const json_t *value = json_object_get(file, member);
    if (json_is_string(value))
        return str_is(wanted, json_string_value(value));
    for (size_t i = 0; i < json_array_size(value); i++)
        if (str_is(wanted, json_string_value(json_array_get(value, i))))
            return true;
    return false;
}

static void answer_fines(struct sandbox_request *request, const char *of_file, const char *of_fine)
{
    const char *number;
    json_t *file;
    json_object_foreach(sandbox_collection(request->sandbox, "traffic"), number, file)
    {
        if (!file_has(file, of_file, request->part[0]))
            continue;
        sandbox_json(request, 200,
                     json_pack("{s:o}", "fines",
                               select_fines(request->sandbox, of_fine, request->part[0])));
        return;
    }
    sandbox_error(request, 404, "account_unknown");
}

void traffic_plate_fines(struct sandbox_request *request)
{
    answer_fines(request, "plates", "plate");
}

void traffic_licence_fines(struct sandbox_request *request)
{
    answer_fines(request, "licence", "licence");
}

void traffic_file_fines(struct sandbox_request *request)
{
    answer_fines(request, "account", "file");
}

void traffic_show_fine(struct sandbox_request *request)
{
    json_t *fine = traffic_find_fine(request);
    if (fine)
        sandbox_json(request, 200,
                     json_pack("{s:o}", "fine", traffic_fine_json(request->sandbox, fine)));
}

void traffic_photo(struct sandbox_request *request)
{
    const json_t *fine = traffic_find_fine(request);
    if (!fine)
        return;
    if (!json_get_boolean(fine, "photo", false)) {
        sandbox_error(request, 404, "no_photo");
        return;
    }
    buf_append(&request->reply->body, offence_photo, (size_t)(offence_photo_end - offence_photo));
    http_reply_field(request->reply, "content-type", STR("image/png"));
}

void traffic_send_code(struct sandbox_request *request)
{
    account_send_code(request, "traffic", "Traffic department");
}

void traffic_verify_code(struct sandbox_request *request)
{
    account_verify_code(request, "traffic");
}
