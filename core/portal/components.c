// SPDX-License-Identifier: Apache-2.0
// Every page in all its states, for who works on the looks; only where developer.components says
// so.

#include "pages/components.h"

#include "portal/visit.h"

void visit_components(struct visit *visit)
{
    struct err err;
    const struct portal_site *site = visit->portal->site;
    if (!site->components) {
        visit_problem_code(visit, "not-found");
        return;
    }
    int rc = components_render_all(site->pages, &visit->page, site->components, &visit->reply->body,
                                   &err);
    visit_rendered(visit, 200, rc, &err);
}

void visit_component(struct visit *visit)
{
    struct err err;
    const struct portal_site *site = visit->portal->site;
    const json_t *component =
        json_object_getn(site->components, visit->part[0].data, visit->part[0].size);
    if (!component) {
        visit_problem_code(visit, "not-found");
        return;
    }
    int rc = components_render(site->pages, &visit->page, component, &visit->reply->body, &err);
    visit_rendered(visit, 200, rc, &err);
}
