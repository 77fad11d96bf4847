// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PAGES_HOST_PAGE_ACCOUNT_H
#define MEDINA_PAGES_HOST_PAGE_ACCOUNT_H

#include "pages/view.h"

// What the pages of a citizen's own add to their localized models; for the table of host_page.c.
typedef void host_page_finish(const struct view *view, json_t *out, const json_t *model);

host_page_finish finish_account, finish_payments, finish_inbox, finish_devices, finish_profile,
    finish_automatic, finish_delete, finish_activity;

// The kind of badge or notice for a state of a payment ("succeeded": "success").
const char *host_page_payment_kind(struct str state);

#endif
