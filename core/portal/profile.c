// SPDX-License-Identifier: Apache-2.0
// The number that one signs in with, and the language of messages.

#include "auth/profile.h"

#include "base/json.h"
#include "portal/account.h"

void visit_profile(struct visit *visit)
{
    struct err err;
    char language[AUTH_LANGUAGE] = "";
    if (visit_is_stranger(visit))
        return;
    if (auth_language_of(visit->portal->services.auth, &visit->identity.account, language, &err) <
        0) {
        visit_problem_err(visit, &err);
        return;
    }
    if (!language[0]) // not chosen yet: what is read now
        memcpy(language, pages_language_code(visit->language), sizeof language);
    bool arabic = strcmp(language, "ar") == 0;
    struct str done = visit_field(visit, "done");
    json_t *model = json_pack("{s:s, s:b, s:b}", "phone", account_phone(visit), "arabic", arabic,
                              "english", !arabic);
    if (str_is(done, "saved") || str_is(done, "changed"))
        json_object_set_new(model, "done", json_stringn(done.data, done.size));
    visit_show_own(visit, 200, "profile", model);
}

void visit_profile_save(struct visit *visit)
{
    struct err err;
    struct str language = visit_field(visit, "language");
    if (visit_is_stranger(visit))
        return;
    int rc = auth_choose_language(visit->portal->services.auth, &visit->identity, language, &err);
    if (rc == ERR_INVALID) {
        visit_problem_code(visit, "invalid-input");
    } else if (rc < 0) {
        visit_problem_err(visit, &err);
    } else {
        visit->language = pages_language_from(language);
        visit_redirect(visit, "/account/profile?done=saved");
    }
}
