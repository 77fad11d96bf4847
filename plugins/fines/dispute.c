// SPDX-License-Identifier: Apache-2.0
// What an owner can do about a fine beside paying it: object to it, or say who was driving.
#include "present.h"

#include <stdio.h>
#include <string.h>

// The evidence goes first, from the host to the department: its bytes never come here. NULL: it did
// not arrive, and the call was failed; "" when there is none.
static const char *send_evidence(medina_call *call, const char *number)
{
    char path[64];
    const char *file = medina_input_string(call, "evidence");
    if (!file)
        return "";
    snprintf(path, sizeof path, "/fines/%s/evidence", number);
    json_t *answer = fines_answer(call, medina_http_post_file(call, path, file, NULL), "evidence",
                                  "fines.fine-unknown");
    return answer ? fines_text(answer, "evidence") : NULL;
}

void fines_dispute(medina_call *call)
{
    char path[64];
    const char *number = medina_input_string(call, "number");
    if (!fines_own(call))
        return;
    const char *evidence = send_evidence(call, number);
    if (!evidence)
        return;
    snprintf(path, sizeof path, "/fines/%s/disputes", number);
    json_t *body =
        json_pack("{s:s, s:s}", "text", medina_input_string(call, "text"), "evidence", evidence);
    medina_http_reply *reply = medina_http_post(call, path, body, NULL);
    if (reply->status == MEDINA_OK && reply->http_status == 409) {
        medina_fail(call, MEDINA_REFUSED, "fines.not-open-to-dispute");
        return;
    }
    json_t *answer = fines_answer(call, reply, "dispute", "fines.fine-unknown");
    if (!answer)
        return;
    json_t *result =
        present_done("dispute.sent", medina_text("dispute.sent-body", NULL),
                     present_number_action("dispute-status", number, "dispute.follow", "primary"));
    json_object_set_new(result, "reference", json_string(fines_text(answer, "dispute")));
    medina_return(call, result);
}

static json_t *step(const char *title_key, const char *state, const char *time)
{
    json_t *out = json_pack("{s:o, s:s}", "title", medina_text(title_key, NULL), "state", state);
    if (time[0])
        json_object_set_new(out, "time", json_string(time));
    return out;
}

static json_t *steps_of(const json_t *dispute, bool decided, bool accepted)
{
    json_t *decision =
        step(decided ? accepted ? "dispute.accepted" : "dispute.rejected" : "dispute.decision",
             decided ? accepted ? "done" : "failed" : "waiting", fines_text(dispute, "decided_at"));
    const char *note = fines_text(dispute, "note");
    if (decided && note[0])
        json_object_set_new(decision, "note", json_pack("{s:s}", "en", note));
    return json_pack("[o, o, o]",
                     step("dispute.received", "done", fines_text(dispute, "received_at")),
                     step("dispute.examined", decided ? "done" : "active", ""), decision);
}

void fines_dispute_status(medina_call *call)
{
    const json_t *fine = fines_own(call);
    const json_t *dispute = json_object_get(fine, "dispute");
    if (!fine)
        return;
    if (!dispute) {
        medina_fail(call, MEDINA_NOT_FOUND, "fines.no-dispute");
        return;
    }
    const char *state = fines_text(dispute, "state");
    bool accepted = strcmp(state, "accepted") == 0;
    bool decided = accepted || strcmp(state, "rejected") == 0;
    const char *next = !decided   ? "dispute.next-wait"
                       : accepted ? "dispute.next-none"
                                  : "dispute.next-pay";
    json_t *fine_action = present_number_action("fine", fines_text(fine, "number"), "fine.open",
                                                decided && !accepted ? "primary" : "secondary");
    medina_return(call, json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:[o]}", "type", "status",
                                  "title", medina_text("dispute.title", NULL), "reference",
                                  fines_text(dispute, "dispute"), "state",
                                  !decided   ? "active"
                                  : accepted ? "done"
                                             : "failed",
                                  "steps", steps_of(dispute, decided, accepted), "next",
                                  medina_text(next, NULL), "actions", fine_action));
}

// ---- who was driving ----

void fines_driver(medina_call *call)
{
    char path[64];
    const char *number = medina_input_string(call, "number");
    const char *licence = medina_input_string(call, "licence");
    if (!fines_own(call))
        return;
    snprintf(path, sizeof path, "/fines/%s/driver", number);
    medina_http_reply *reply =
        medina_http_post(call, path, json_pack("{s:s}", "licence", licence), NULL);
    if (reply->status == MEDINA_OK && (reply->http_status == 409 || reply->http_status == 422)) {
        medina_fail(call, MEDINA_REFUSED,
                    reply->http_status == 422 ? "fines.licence-unknown"
                                              : "fines.no-points-to-move");
        return;
    }
    if (!fines_answer(call, reply, "nomination", "fines.fine-unknown"))
        return;
    medina_return(call,
                  present_done("driver.sent", medina_text("driver.sent-body", NULL),
                               present_number_action("fine", number, "fine.open", "primary")));
}
