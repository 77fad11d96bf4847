// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PORTAL_PARCEL_H
#define MEDINA_PORTAL_PARCEL_H

#include "portal/visit.h"

// JSON that the browser carries from one page to the next in a cookie of its own, so that the host
// keeps nothing between them. It comes back from the browser it was given to and deserves no more
// trust than what that browser types.

#define PARCEL_DONE "__Host-done" // what a form has changed, for the page after it
#define PARCEL_KEPT "__Host-kept" // a form that was filled in before signing in

enum { PARCEL_SECONDS = 600, PARCEL_BYTES = 2600 };

// Sets the cookie; false when the value is too large for one, then nothing is set.
bool parcel_send(struct visit *visit, const char *cookie, const json_t *value);

// The value; NULL when the browser carries none that can be read. Yours.
json_t *parcel_open(const struct visit *visit, const char *cookie);

void parcel_drop(struct visit *visit, const char *cookie);

#endif
