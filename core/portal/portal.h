// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PORTAL_PORTAL_H
#define MEDINA_PORTAL_PORTAL_H

#include "host/gate.h"
#include "http/message.h"

// The citizen's web: routes, cookies, forms and redirects around the pages room. It speaks to the
// same services as the JSON gateway and holds nothing of its own but what it prepared to render.

struct portal;
struct portal_site;
struct auth;
struct money;
struct sms;
struct directory;

struct portal_settings {
    const char *web; // folder that web/build.js wrote
    const char *map; // GeoJSON under maps (pages/base_map.h); "": the sample city's
    const char *currency;
    const char *provider;        // name of the card provider, NULL: none
    const char *provider_origin; // where its pages are, for the form-action of the policy; ""
    const char *public_url;
    const char *help_phone, *help_email; // whom citizens turn to; "": not shown
    bool wallet;
    bool top_up;             // the wallet may be filled by card
    int64_t activity_scan;   // lines of an account that a search for words looks at, at most
    int64_t activity_export; // lines of a file, at most
    int64_t payments_years;  // payments outlive a deleted account so long
    bool demonstration;      // every page says that no money moves
    bool components;         // /dev/components shows every page in all its states
    size_t compress_bytes;   // pages of at least that leave compressed; 0: none
};

// Templates, strings and assets, read once and shared by all loops.
int portal_site_load(struct portal_site **out, const struct portal_settings *settings,
                     struct err *err);
void portal_site_destroy(struct portal_site *site);

struct portal_services {
    struct gate *gate; // of this loop
    struct auth *auth;
    struct money *money;
    struct store *store;
    const struct sms *sms;
    struct directory *directory;
};

// One a loop.
void portal_create(struct portal **out, struct portal_site *site,
                   const struct portal_services *services);
void portal_destroy(struct portal *portal);

// Inside the request's task; answers every path.
void portal_handle(struct portal *portal, struct http_request *request, struct http_reply *reply);

#endif
