// SPDX-License-Identifier: Apache-2.0
// Looking up: the conditions that cost least are asked first, opening hours last. With a radius
// only the band of latitudes that it can reach is visited; the rest is a walk over all, which for
// five thousand facilities takes about a millisecond when each one's hours are asked.
#include "facilities_set.h"

#include "civil.h"
#include "fold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EARTH_RADIUS 6371008.8 // metres, the mean radius of WGS 84
#define RADIANS(degrees) ((degrees) * (3.14159265358979323846 / 180))

enum { HORIZON_DAYS = 7 };

struct conditions { // a query, folded
    const struct facility_query *query;
    const struct facility_moment *moment;
    const struct facilities *set;
    char text[FACILITIES_TEXT];
    bool *areas;     // by index, NULL for any
    double place[3]; // with near
};

struct found {
    const struct entry *entry;
    double distance;
};

size_t facilities_count(const struct facilities *facilities)
{
    return facilities->count;
}

bool facilities_is_sample(const struct facilities *facilities)
{
    return facilities->sample;
}

size_t facilities_without_hours(const struct facilities *facilities)
{
    return facilities->without_hours;
}

const char *facilities_attribution(const struct facilities *facilities)
{
    return facilities->attribution;
}

const struct facility *facilities_area(const struct facilities *facilities, size_t index,
                                       size_t *count)
{
    if (index >= facilities->area_count)
        return NULL;
    *count = facilities->areas[index].count;
    return facilities->areas[index].first;
}

static struct opening_hours_days days_known_on(const struct holidays *holidays, int32_t day)
{
    struct opening_hours_days days = {holidays->days, holidays->count, false};
    if (holidays->count) {
        int year = civil_date_of(day).year;
        days.known = year >= civil_date_of(holidays->days[0]).year &&
                     year <= civil_date_of(holidays->days[holidays->count - 1]).year;
    }
    return days;
}

struct opening_hours_calendar facilities_calendar(const struct facilities *facilities, int32_t day)
{
    return (struct opening_hours_calendar){days_known_on(&facilities->public_holidays, day),
                                           days_known_on(&facilities->school_holidays, day)};
}

const struct facility *facilities_by_id(const struct facilities *facilities, const char *id)
{
    size_t low = 0;
    size_t high = facilities->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct facility *facility = &facilities->by_id[middle]->facility;
        int order = strcmp(facility->id, id);
        if (!order)
            return facility;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

void place_of(double latitude, double longitude, double place[3])
{
    place[0] = cos(RADIANS(latitude)) * cos(RADIANS(longitude));
    place[1] = cos(RADIANS(latitude)) * sin(RADIANS(longitude));
    place[2] = sin(RADIANS(latitude));
}

// Metres along the great circle, from the chord between two places: exact to the millimetre at any
// distance but the antipodes, and one arc sine instead of the haversine's five functions.
static double distance_between(const double from[3], const double to[3])
{
    double square = 0;
    for (int i = 0; i < 3; i++)
        square += (to[i] - from[i]) * (to[i] - from[i]);
    return 2 * EARTH_RADIUS * asin(fmin(1, sqrt(square) / 2));
}

double facility_distance(double latitude, double longitude, double to_latitude, double to_longitude)
{
    double from[3];
    double to[3];
    place_of(latitude, longitude, from);
    place_of(to_latitude, to_longitude, to);
    return distance_between(from, to);
}

void facility_ask(const struct facility *facility, const struct facility_moment *moment,
                  struct opening_hours_answer *answer)
{
    if (facility->hours)
        opening_hours_ask(facility->hours, &moment->calendar, moment->now, HORIZON_DAYS, answer);
    else
        *answer = (struct opening_hours_answer){.state = OPENING_HOURS_UNKNOWN};
}

static bool in_list(const char *const *list, size_t count, const char *code)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(list[i], code))
            return true;
    return false;
}

static bool passes(const struct conditions *conditions, const struct entry *entry)
{
    const struct facility_query *query = conditions->query;
    const struct facility *facility = &entry->facility;
    if (query->kinds && !(query->kinds & 1U << facility->kind))
        return false;
    if (query->gender && query->gender != facility->gender)
        return false;
    if (conditions->areas && (entry->area == FACILITIES_MAX || !conditions->areas[entry->area]))
        return false;
    if (query->speciality &&
        !in_list(facility->specialities, facility->speciality_count, query->speciality))
        return false;
    if (query->language && !in_list(facility->languages, facility->language_count, query->language))
        return false;
    return fold_contains(entry->search, conditions->text);
}

static bool is_open_enough(const struct conditions *conditions, const struct facility *facility)
{
    if (conditions->query->open == FACILITY_OPEN_ANY)
        return true;
    struct opening_hours_answer answer;
    facility_ask(facility, conditions->moment, &answer);
    return answer.state == OPENING_HOURS_OPEN &&
           (conditions->query->open == FACILITY_OPEN_NOW || !answer.changes);
}

static bool *areas_called(const struct facilities *set, const char *name)
{
    bool *areas = calloc(set->area_count ? set->area_count : 1, sizeof *areas);
    if (!areas)
        abort();
    char folded[FACILITIES_TEXT];
    fold(name, strlen(name), folded, sizeof folded);
    const char *sought = fold_without_article(folded);
    for (size_t i = 0; i < set->area_count; i++)
        areas[i] = !strcmp(fold_without_article(set->areas[i].folded_en), sought) ||
                   !strcmp(fold_without_article(set->areas[i].folded_ar), sought);
    return areas;
}

// The first position in by_latitude at or north of a latitude.
static size_t first_at(const struct facilities *set, double latitude)
{
    size_t low = 0;
    size_t high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->entries[set->by_latitude[middle]].facility.latitude < latitude)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t collect_near(const struct conditions *conditions, struct found *found)
{
    const struct facilities *set = conditions->set;
    const struct facility_query *query = conditions->query;
    double radius = query->radius > 0 ? query->radius : INFINITY;
    // A little wider than exact: rounding must not cut off what lies on the edge.
    double reach = radius / EARTH_RADIUS / RADIANS(1) + 1e-6;
    size_t count = 0;
    for (size_t i = first_at(set, query->latitude - reach); i < set->count; i++) {
        const struct entry *entry = &set->entries[set->by_latitude[i]];
        const struct facility *facility = &entry->facility;
        if (facility->latitude > query->latitude + reach)
            break;
        if (!passes(conditions, entry))
            continue;
        double distance = distance_between(conditions->place, entry->place);
        if (distance <= radius && is_open_enough(conditions, facility))
            found[count++] = (struct found){entry, distance};
    }
    return count;
}

static size_t collect_all(const struct conditions *conditions, struct found *found)
{
    const struct facilities *set = conditions->set;
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        if (passes(conditions, &set->entries[i]) &&
            is_open_enough(conditions, &set->entries[i].facility))
            found[count++] = (struct found){&set->entries[i], 0};
    return count;
}

static int compare_found(const void *a, const void *b)
{
    const struct found *left = a;
    const struct found *right = b;
    if (left->distance != right->distance)
        return left->distance < right->distance ? -1 : 1;
    return (left->entry > right->entry) - (left->entry < right->entry); // by name
}

// Sorts only the first wanted of count: a page is short, a city is not. Quickselect keeps the part
// of the array that the last wanted one lies in.
static void sort_first(struct found *found, size_t count, size_t wanted)
{
    size_t low = 0;
    size_t high = count;
    while (wanted < high && high - low > 16) {
        struct found pivot = found[low + (high - low) / 2];
        size_t left = low;
        size_t right = high - 1;
        for (;; left++, right--) {
            while (compare_found(&found[left], &pivot) < 0)
                left++;
            while (compare_found(&found[right], &pivot) > 0)
                right--;
            if (left >= right)
                break;
            struct found swapped = found[left];
            found[left] = found[right];
            found[right] = swapped;
        }
        if (wanted <= right + 1)
            high = right + 1;
        else
            low = right + 1;
    }
    qsort(found, high, sizeof *found, compare_found);
}

size_t facilities_find(const struct facilities *facilities, const struct facility_query *query,
                       const struct facility_moment *moment, struct facility_match *matches,
                       size_t *total)
{
    struct conditions conditions = {.query = query, .moment = moment, .set = facilities};
    if (query->text)
        fold(query->text, strlen(query->text), conditions.text, sizeof conditions.text);
    if (query->area)
        conditions.areas = areas_called(facilities, query->area);
    if (query->near)
        place_of(query->latitude, query->longitude, conditions.place);
    struct found *found = calloc(facilities->count, sizeof *found);
    if (!found)
        abort();
    *total = query->near ? collect_near(&conditions, found) : collect_all(&conditions, found);
    size_t limit = query->limit < FACILITIES_PAGE ? query->limit : FACILITIES_PAGE;
    if (query->near && query->offset < *total)
        sort_first(found, *total, query->offset + limit);
    size_t count = 0;
    for (size_t i = query->offset; i < *total && count < limit; i++, count++) {
        matches[count] = (struct facility_match){&found[i].entry->facility, found[i].distance, {0}};
        facility_ask(matches[count].facility, moment, &matches[count].answer);
    }
    free(found);
    free(conditions.areas);
    return count;
}
