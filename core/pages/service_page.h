// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PAGES_SERVICE_PAGE_H
#define MEDINA_PAGES_SERVICE_PAGE_H

#include "pages/view.h"

// Inside of pages/: what the host's pages of services, categories and agencies add to their models
// (README.md). Each finishes the localized model *out in place.

// Sets titles, icons and, where not all services are there, how many there are; whether there was
// such a one.
bool service_page_categories(const struct view *view, json_t *categories);

void service_page_search(const struct view *view, json_t *out, const json_t *model);
void service_page_service(const struct view *view, json_t *out, const json_t *model);
void service_page_services(const struct view *view, json_t *out, const json_t *model);
void service_page_category(const struct view *view, json_t *out, const json_t *model);
void service_page_agencies(const struct view *view, json_t *out, const json_t *model);
void service_page_agency(const struct view *view, json_t *out, const json_t *model);
void service_page_status(const struct view *view, json_t *out, const json_t *model);

#endif
