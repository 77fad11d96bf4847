// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PAGES_RESULT_H
#define MEDINA_PAGES_RESULT_H

#include "pages/pages.h"
#include "pages/view.h"

// Inside of pages/: what each type of result shows.

// The view of a result and the name of its template, which is static. Yours.
json_t *result_view(const struct view *view, const struct page_operation *operation,
                    const json_t *result, const char **template);

// The view of the form of an operation. Yours.
json_t *result_form_view(const struct view *view, const struct page_operation *operation,
                         const json_t *values, const json_t *errors);

#endif
