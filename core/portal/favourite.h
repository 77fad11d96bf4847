// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PORTAL_FAVOURITE_H
#define MEDINA_PORTAL_FAVOURITE_H

#include "portal/visit.h"

// Adds what the home page shows of the citizen's own services: favourites, the newest first, and
// recent, those used last; arrays of {title, url}, only of instances that are loaded; and mine:
// whether there are any.
void favourite_add_mine(struct visit *visit, const struct snapshot *snapshot, json_t *model);

// The star of a service's page: {"instance", "on"}; yours.
json_t *favourite_star(struct visit *visit, const char *instance);

#endif
