// SPDX-License-Identifier: Apache-2.0
// Who owns a traffic file: the department sends a code to the telephone it holds.
#include "present.h"

#include <stdio.h>

void fines_link(medina_call *call)
{
    char path[64];
    const char *file = medina_input_string(call, "account");
    snprintf(path, sizeof path, "/files/%s/codes", file);
    medina_http_reply *reply = medina_http_post(call, path, json_object(), NULL);
    if (!fines_answer(call, reply, "sent", "fines.file-unknown"))
        return;
    medina_return(call, json_pack("{s:s, s:o, s:o}", "type", "form", "title",
                                  medina_text("link.title", NULL), "action",
                                  present_action("confirm", json_pack("{s:s}", "account", file),
                                                 "link.confirm", "primary")));
}

void fines_confirm(medina_call *call)
{
    char path[64];
    const char *file = medina_input_string(call, "account");
    const char *code = medina_input_string(call, "code");
    snprintf(path, sizeof path, "/files/%s/codes/verify", file);
    medina_http_reply *reply = medina_http_post(call, path, json_pack("{s:s}", "code", code), NULL);
    if (reply->status == MEDINA_OK && (reply->http_status == 422 || reply->http_status == 410)) {
        medina_fail(call, MEDINA_REFUSED,
                    reply->http_status == 422 ? "fines.code-wrong" : "fines.code-expired");
        return;
    }
    json_t *answer = fines_answer(call, reply, "name", "fines.file-unknown");
    if (!answer)
        return;
    if (medina_link(call, file, json_deep_copy(json_object_get(answer, "name"))) != MEDINA_OK) {
        medina_fail(call, MEDINA_LIMITED, "fines.too-many-links");
        return;
    }
    medina_return(call,
                  present_done("linked.title", medina_text("linked.body", "file", file, NULL),
                               present_action("mine", json_object(), "linked.see", "primary")));
}

void fines_unlink(medina_call *call)
{
    enum medina_status status = medina_unlink(call, medina_input_string(call, "account"));
    if (status != MEDINA_OK && status != MEDINA_NOT_FOUND) {
        medina_fail(call, status, "fines.not-yours");
        return;
    }
    medina_return(call,
                  present_done("unlinked.title", medina_text("unlinked.body", NULL),
                               present_action("mine", json_object(), "fines.mine", "primary")));
}
