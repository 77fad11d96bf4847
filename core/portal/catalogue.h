// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PORTAL_CATALOGUE_H
#define MEDINA_PORTAL_CATALOGUE_H

#include "base/clock.h"
#include "portal/visit.h"

// What the pages of services, categories and agencies share. All models are yours.

enum {
    HOME_SERVICES = 5,  // of a category on the home page; the rest is on the category's own
    SEARCH_SHOWN = 400, // bytes of a query that stand in the search box again
};

// [{category, url, count, services}] of the categories that have services, in the order of the home
// page; without arena the services are left out.
json_t *catalogue_categories(const struct snapshot *snapshot, struct arena *arena);

// One of them; NULL when there is none of that name, or it has no services.
json_t *catalogue_category(const struct snapshot *snapshot, struct str name, struct arena *arena);

// {title, summary, agency, url, state, since}; state is "up", "trial" or "down".
json_t *catalogue_service(const struct route *route, struct arena *arena);

// Name of the agency that runs the service, in addresses: the instance's own agency by its English
// name, else the manifest's agency_id.
const char *catalogue_agency(const struct route *route, struct arena *arena);

// The page, prepared for everybody once for each snapshot and language. Borrowed until the next
// call; make is called when it has to be prepared anew.
typedef json_t *catalogue_model(const struct snapshot *snapshot, struct arena *arena);
const json_t *catalogue_prepared(struct visit *visit, const struct snapshot *snapshot,
                                 enum portal_page page, catalogue_model *make);
// Its template.
const char *catalogue_template(enum portal_page page);

#endif
