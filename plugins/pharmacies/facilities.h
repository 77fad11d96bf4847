// SPDX-License-Identifier: Apache-2.0
#ifndef PHARMACIES_FACILITIES_H
#define PHARMACIES_FACILITIES_H

#include "opening_hours.h"

// Health facilities of a city, read whole from a GeoJSON file (RFC 7946) with OpenStreetMap's tags
// and then only looked up. A set never changes: a new file makes a new set, and the caller swaps.
//
// The file is a FeatureCollection of Points. Each feature has an id ("id" of the feature or "@id"
// of its properties, unique, a text or a whole number) and these properties, all texts:
//   amenity              pharmacy, clinic, doctors, hospital or dentist: required
//   name, name:en, name:ar   at least one; a name without a language goes by its script
//   opening_hours        see opening_hours.h; absent, or with times that vary: unknown
//   phone, contact:phone     the first number of a list
//   addr:suburb, addr:suburb:en, addr:suburb:ar   the area
//   addr:street, addr:street:en, addr:street:ar
//   healthcare:speciality    codes with semicolons between them
//   language:xx          "yes" when that language is spoken
//   gender               female or male, of a doctor
// Other properties are ignored. Anything wrong in these refuses the file whole.
//
// The collection may have, itself or in "properties":
//   medina:sample            true when the facilities are invented
//   attribution, copyright   a text: who is to be named as the source
//   medina:public_holidays   dates ("2026-01-01") that PH means in the opening hours
//   medina:school_holidays   the same for SH

enum {
    FACILITIES_MAX = 20000,
    FACILITIES_BYTES = 32 * 1024 * 1024, // of a file
    FACILITIES_TEXT = 1024,              // bytes of a property
    FACILITIES_NAME = 200,               // bytes of the name of a facility, an area or a street
    FACILITIES_PAGE = 100,               // matches of one query
    FACILITIES_LIST = 16,                // specialities or languages of a facility
    FACILITIES_HOLIDAYS = 2000,
};

enum facility_kind { // bit numbers of a query's kinds
    FACILITY_PHARMACY,
    FACILITY_CLINIC,
    FACILITY_DOCTORS,
    FACILITY_HOSPITAL,
    FACILITY_DENTIST,
    FACILITY_KINDS,
};

enum facility_gender { FACILITY_NO_GENDER, FACILITY_FEMALE, FACILITY_MALE };

struct facility { // texts are NUL-terminated UTF-8, NULL when absent, and live as long as the set
    const char *id;
    enum facility_kind kind;
    enum facility_gender gender;
    double latitude; // WGS 84 degrees
    double longitude;
    const char *name_en; // never NULL; the other language's name when there is only one
    const char *name_ar;
    const char *area_en; // both or neither
    const char *area_ar;
    const char *street_en;
    const char *street_ar;
    const char *phone;
    const char *hours_text;            // as it was written
    const struct opening_hours *hours; // NULL: unknown
    const char *const *specialities;   // codes, as "general"
    size_t speciality_count;
    const char *const *languages; // codes, as "ar"
    size_t language_count;
};

struct facilities;

struct facilities_fault {
    char message[512]; // English; names the feature by index and id, and the field
};

// Reads size bytes of GeoJSON. 0: *out is the caller's, to be destroyed. -1: *out is NULL and
// *fault says why.
int facilities_load(const char *geojson, size_t size, struct facilities **out,
                    struct facilities_fault *fault);
void facilities_destroy(struct facilities *facilities); // NULL is fine

size_t facilities_count(const struct facilities *facilities);
bool facilities_is_sample(const struct facilities *facilities);          // "medina:sample": true
size_t facilities_without_hours(const struct facilities *facilities);    // how many answer unknown
const char *facilities_attribution(const struct facilities *facilities); // NULL when absent

// The holidays of the file on a day; not known when it has none of that kind, or the day lies
// outside the years of those it has. Borrowed from the set.
struct opening_hours_calendar facilities_calendar(const struct facilities *facilities, int32_t day);

const struct facility *facilities_by_id(const struct facilities *facilities, const char *id);

// The areas in the order of their English names: a facility that lies there, for the area's names,
// and in *count how many do. NULL past the last area.
const struct facility *facilities_area(const struct facilities *facilities, size_t index,
                                       size_t *count);

const char *facility_kind_name(enum facility_kind kind); // "pharmacy"
bool facility_kind_of(const char *name, enum facility_kind *kind);

enum facility_open { FACILITY_OPEN_ANY, FACILITY_OPEN_NOW, FACILITY_OPEN_ALWAYS };

// What is zero or NULL does not restrict.
struct facility_query {
    unsigned kinds;          // 1 << FACILITY_PHARMACY | …
    enum facility_open open; // ALWAYS: open now and through the next seven days
    enum facility_gender gender;
    const char *area;       // in either language, however spelt (fold.h), with or without article
    const char *text;       // words in the name, area or street of either language
    const char *speciality; // code
    const char *language;   // code
    bool near;              // sort by distance from here; otherwise by English name
    double latitude;
    double longitude;
    double radius; // metres, with near; 0 for any distance
    size_t offset;
    size_t limit; // at most FACILITIES_PAGE
};

// The civil time to judge opening hours at, and the holidays to judge them by.
struct facility_moment {
    struct opening_hours_time now;
    struct opening_hours_calendar calendar;
};

struct facility_match {
    const struct facility *facility;
    double distance;                    // metres along the great circle; 0 unless near
    struct opening_hours_answer answer; // for the next seven days
};

// Fills at most query->limit matches and returns how many; *total is how many there are in all.
size_t facilities_find(const struct facilities *facilities, const struct facility_query *query,
                       const struct facility_moment *moment, struct facility_match *matches,
                       size_t *total);

// The state of one facility, until when within seven days. Unknown without hours.
void facility_ask(const struct facility *facility, const struct facility_moment *moment,
                  struct opening_hours_answer *answer);

// Metres along the great circle between two places.
double facility_distance(double latitude, double longitude, double to_latitude,
                         double to_longitude);

#endif
