// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PAGES_COMPONENTS_H
#define MEDINA_PAGES_COMPONENTS_H

#include "pages/pages.h"

// The states of every page and its parts, as web/components has them, one JSON file a state:
// {"operation", "result"}, {"page", "model"} or {"problem"}, with "signed_in", "query" and
// "refresh" where they matter. For who works on the looks, and for the tests.

// DIRECTORY/components by name; NULL with the file and what is wrong with it. Yours.
json_t *components_load(const char *directory, struct err *err);

// One state as the page it is. The context's query, refresh and signed_in are the state's own.
int components_render(const struct pages *pages, const struct page_context *context,
                      const json_t *component, struct buf *out, struct err *err);

// All on one page, the main part of each under its name.
int components_render_all(const struct pages *pages, const struct page_context *context,
                          const json_t *components, struct buf *out, struct err *err);

#endif
