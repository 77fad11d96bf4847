// SPDX-License-Identifier: Apache-2.0
#include "portal/step.h"

#include "base/url.h"

#define STEP_COOKIE "__Host-step"
#define STEP_NUMBER_COOKIE "__Host-step-number"

enum { STEP_SECONDS = 600 };

struct auth_step_answer step_answer(struct visit *visit, const char *purpose)
{
    return (struct auth_step_answer){.who = &visit->identity,
                                     .purpose = purpose,
                                     .nonce = http_request_cookie(visit->http, STEP_COOKIE),
                                     .code = visit_field(visit, "code")};
}

bool step_is_waiting(const struct visit *visit)
{
    return http_request_cookie(visit->http, STEP_COOKIE).size > 0;
}

void step_keep(struct visit *visit, const struct auth_challenge *challenge)
{
    char mask[PHONE_MASKED];
    struct buf encoded = {0};
    phone_mask(&challenge->phone, mask);
    url_encode(str_from(mask), &encoded);
    visit_set_cookie(visit, STEP_COOKIE, challenge->nonce, STEP_SECONDS);
    visit_set_cookie(visit, STEP_NUMBER_COOKIE, encoded.data, STEP_SECONDS);
    buf_finish(&encoded);
}

void step_over(struct visit *visit)
{
    visit_set_cookie(visit, STEP_COOKIE, "", 0);
    visit_set_cookie(visit, STEP_NUMBER_COOKIE, "", 0);
}

const char *step_number(struct visit *visit)
{
    struct str shown = {0};
    url_decode(http_request_cookie(visit->http, STEP_NUMBER_COOKIE), false, visit->arena, &shown);
    return shown.size ? shown.data : "";
}

int step_send(struct visit *visit, const char *purpose, struct err *err)
{
    struct auth_challenge challenge;
    struct auth_step step = {&visit->identity, purpose, visit->http->peer,
                             str_from(pages_language_code(visit->language))};
    int rc = auth_step_begin(visit->portal->services.auth, &step, &challenge, err);
    if (rc == 0)
        step_keep(visit, &challenge);
    return rc;
}

const char *step_error(int rc, int *status)
{
    static const struct {
        int rc, status;
        const char *error;
    } errors[] = {{ERR_DENIED, 422, "code-wrong"},
                  {ERR_LIMIT, 429, "code-tries"},
                  {ERR_TIMEOUT, 410, "code-expired"},
                  {ERR_NOT_FOUND, 410, "code-expired"}};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        *status = errors[i].status;
        if (errors[i].rc == rc)
            return errors[i].error;
    }
    return NULL;
}
