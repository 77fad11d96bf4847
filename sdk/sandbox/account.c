// SPDX-License-Identifier: Apache-2.0
#include "account.h"

#include "base/clock.h"
#include "base/crypto.h"

#include <stdio.h>

enum { CODE_MS = 5 * 60 * 1000, TRIES = 5 };

json_t *account_find(struct sandbox_request *request, const char *agency)
{
    json_t *account = json_object_getn(sandbox_collection(request->sandbox, agency),
                                       request->part[0].data, request->part[0].size);
    if (!account)
        sandbox_error(request, 404, "account_unknown");
    return account;
}

// Keeps the first letter of each word.
static json_t *mask(const char *name)
{
    struct buf masked = {0};
    bool first = true;
    for (const char *p = name; *p; p++) {
        if (((unsigned char)*p & 0xC0) == 0x80 && !first)
            continue;
        if (*p == ' ') {
            buf_append_char(&masked, ' ');
            first = true;
        } else if (first) {
            buf_append_char(&masked, *p);
            while (((unsigned char)p[1] & 0xC0) == 0x80)
                buf_append_char(&masked, *++p);
            first = false;
        } else {
            buf_append_text(&masked, "•");
        }
    }
    json_t *text = json_string(masked.data ? masked.data : "");
    buf_finish(&masked);
    return text;
}

json_t *account_masked_name(const json_t *account)
{
    const json_t *name = json_object_get(account, "name");
    return json_pack("{s:o, s:o}", "en", mask(json_get_string(name, "en")), "ar",
                     mask(json_get_string(name, "ar")));
}

void account_send_code(struct sandbox_request *request, const char *agency, const char *sender)
{
    char code[8], text[160];
    json_t *account = account_find(request, agency);
    if (!account)
        return;
    snprintf(code, sizeof code, "%06u", crypto_random_below(1000000));
    json_object_set_new(account, "code",
                        json_pack("{s:s, s:I, s:i}", "code", code, "expires",
                                  (json_int_t)(clock_now(NULL) + CODE_MS), "tries", TRIES));
    snprintf(text, sizeof text, "%s: your code is %s. رمزك هو %s.", sender, code, code);
    sms_put(request->sandbox, json_get_string(account, "phone"), text);
    request->sandbox->changed = true;
    sandbox_json(request, 202, json_pack("{s:b}", "sent", 1));
}

void account_verify_code(struct sandbox_request *request, const char *agency)
{
    json_t *account = account_find(request, agency);
    if (!account)
        return;
    json_t *kept = json_object_get(account, "code");
    int64_t tries = json_get_integer(kept, "tries", 0);
    if (!kept || tries == 0 || json_get_integer(kept, "expires", 0) < clock_now(NULL)) {
        sandbox_error(request, 410, "code_expired");
        return;
    }
    const char *code = json_get_string(kept, "code");
    bool right = strcmp(sandbox_text(request, "code"), code) == 0;
    json_object_set_new(kept, "tries", json_integer(right ? 0 : tries - 1));
    request->sandbox->changed = true;
    if (right)
        sandbox_json(request, 200, json_pack("{s:O}", "name", json_object_get(account, "name")));
    else
        sandbox_error(request, 422, "code_wrong");
}
