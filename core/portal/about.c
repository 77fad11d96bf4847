// SPDX-License-Identifier: Apache-2.0
// Pages about the site itself: help with whom to turn to, and the accessibility statement.

#include "portal/visit.h"

// Only what the operator has given is shown.
static json_t *contact_of(const struct portal_settings *settings)
{
    const char *phone = settings->help_phone, *email = settings->help_email;
    bool has_phone = phone && phone[0], has_email = email && email[0];
    if (!has_phone && !has_email)
        return json_false();
    return json_pack("{s:o, s:o}", "phone", has_phone ? json_string(phone) : json_false(), "email",
                     has_email ? json_string(email) : json_false());
}

void visit_help(struct visit *visit)
{
    json_t *model = json_pack("{s:o}", "contact", contact_of(&visit->portal->site->settings));
    visit_show(visit, 200, "help", model);
    json_decref(model);
}

void visit_accessibility(struct visit *visit)
{
    visit_show(visit, 200, "accessibility", NULL);
}
