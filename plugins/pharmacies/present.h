// SPDX-License-Identifier: Apache-2.0
#ifndef PHARMACIES_PRESENT_H
#define PHARMACIES_PRESENT_H

#include "facilities.h"

#include <medina/plugin.h>

// Facilities as results (sdk/docs/results.md). What is returned is the caller's reference.

struct presentation {
    struct facility_moment moment;
    int utc_offset;           // minutes, of the city's civil time
    const char *calling_code; // "971": of telephone numbers without one
    bool sample;
    const char *attribution; // NULL for none
};

// An entry of a places result; with_kind adds what it is, for lists of several kinds.
json_t *present_place(const struct facility_match *match, const struct presentation *how,
                      bool with_kind);

// A detail: what and where it is, the coming week's hours, specialities and languages.
json_t *present_detail(const struct facility *facility, const struct presentation *how);

// Who is to be named as the source, NULL for nobody.
json_t *present_attribution(const struct presentation *how);

// An action or a target: an operation, its input (takes the reference) and a title from the
// strings, NULL for none.
json_t *present_action(const char *operation, json_t *input, const char *title);

#endif
