// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PAGES_HOST_PAGE_H
#define MEDINA_PAGES_HOST_PAGE_H

#include "pages/pages.h"
#include "pages/view.h"

// Inside of pages/: the host's own pages (README.md lists them with their models).

// The view of a page; NULL when there is no page of that name. Yours.
json_t *host_page_view(const struct view *view, const char *page, const json_t *model);

json_t *host_page_problem(const struct view *view, const struct page_problem *problem);

#endif
