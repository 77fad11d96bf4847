// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_TESTS_PAGES_FIXTURE_H
#define MEDINA_TESTS_PAGES_FIXTURE_H

#include "pages/pages.h"

// The pages of web/components (see pages/components.h).

// 1 December 2025, 18:00 in Dubai; the time zone of the process is set to Asia/Dubai.
enum { FIXTURE_NOW = 1764597600 };

// The pages of web/, with the sources' templates and strings and invented names of assets, so that
// no npm is needed to test them. Fails the test when they do not load.
struct pages *fixture_pages(void);

// Calls each(name, fixture) for every file.
size_t fixture_each(void (*each)(const char *name, const json_t *fixture));

// Renders a fixture; fails the test when that fails.
void fixture_render(const struct pages *pages, enum pages_language language, const json_t *fixture,
                    struct buf *out);

#endif
