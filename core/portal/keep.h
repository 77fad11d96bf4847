// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PORTAL_KEEP_H
#define MEDINA_PORTAL_KEEP_H

#include "portal/visit.h"

// What somebody has typed is not lost when the language is switched in the middle of a form, or
// when the session ends before it is sent.

// The form was sent by the button of the other language: it is only shown again, in this one.
bool keep_switches(const struct visit *visit);

// Whether a POST whose token does not fit comes from a page of ours all the same, as the browser
// says (Sec-Fetch-Site, else Origin): then what was typed may be kept, though nothing is done.
bool keep_is_ours(const struct visit *visit);

// Sends the input of a form along to the page that shows it next (PARCEL_KEPT); what is too large
// for a cookie is lost, as before.
void keep_form(struct visit *visit, struct str instance, struct str operation, const json_t *input);

// What was kept for this form, once; NULL: nothing. Yours.
json_t *keep_take(struct visit *visit, const char *instance, const char *operation);

#endif
