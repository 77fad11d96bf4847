// SPDX-License-Identifier: Apache-2.0
// Objections: a text and, sent before it, a piece of evidence. Somebody of the department decides.
// And the owner's word who was driving, which counts when that driver confirms it.

#include "traffic.h"

#include "base/clock.h"
#include "base/crypto.h"

#include <stdio.h>

enum { FIRST = 1 };

// ---- evidence ----

// The bytes are not kept: what came is known by its type, size and hash.
void traffic_take_evidence(struct sandbox_request *request)
{
    char id[40];
    struct buf hex = {0};
    json_t *fine = traffic_find_fine(request);
    struct str type = http_request_field(request->http, "content-type");
    if (!fine)
        return;
    if (!request->http->body.size || !type.size) {
        sandbox_error(request, 422, "evidence_is_empty");
        return;
    }
    struct crypto_hash hash = crypto_sha256(request->http->body);
    crypto_hex(hash.bytes, sizeof hash.bytes, &hex);
    sandbox_new_id("ev", id);
    json_object_set_new(sandbox_collection(request->sandbox, "evidence"), id,
                        json_pack("{s:s, s:O, s:s%, s:I, s:s}", "evidence", id, "fine",
                                  json_object_get(fine, "number"), "type", type.data, type.size,
                                  "size", (json_int_t)request->http->body.size, "sha256",
                                  hex.data));
    buf_finish(&hex);
    request->sandbox->changed = true;
    sandbox_json(request, 201, json_pack("{s:s}", "evidence", id));
}

// ---- disputes ----

static bool evidence_is_of(struct sandbox_request *request, const char *evidence,
                           const json_t *fine)
{
    const json_t *kept =
        json_object_get(sandbox_collection(request->sandbox, "evidence"), evidence);
    return kept && json_equal(json_object_get(kept, "fine"), json_object_get(fine, "number"));
}

void traffic_dispute(struct sandbox_request *request)
{
    char number[24], time[CLOCK_TEXT];
    json_t *fine = traffic_find_fine(request);
    const char *text = sandbox_text(request, "text"), *evidence = sandbox_text(request, "evidence");
    if (!fine)
        return;
    if (!traffic_is(fine, "due") || json_object_get(fine, "dispute")) {
        sandbox_error(request, 409, "not_open_to_dispute");
        return;
    }
    if (!text[0] || (evidence[0] && !evidence_is_of(request, evidence, fine))) {
        sandbox_error(request, 422, "evidence_unknown");
        return;
    }
    json_t *disputes = sandbox_collection(request->sandbox, "traffic_disputes");
    traffic_number(disputes, "D", FIRST, number);
    clock_format_local(clock_now(NULL), time);
    json_t *dispute = json_pack("{s:s, s:O, s:s, s:s, s:s, s:s}", "dispute", number, "fine",
                                json_object_get(fine, "number"), "text", text, "evidence", evidence,
                                "state", "received", "received_at", time);
    json_object_set_new(disputes, number, dispute);
    traffic_set(fine, "dispute", number);
    traffic_set(fine, "status", "disputed");
    request->sandbox->changed = true;
    sandbox_json(request, 201, json_incref(dispute));
}

// For tests and demonstrations, in place of somebody of the department:
// {"outcome": "accepted"|"rejected", "note": text}.
void traffic_decide(struct sandbox_request *request)
{
    char time[CLOCK_TEXT];
    json_t *dispute = json_object_getn(sandbox_collection(request->sandbox, "traffic_disputes"),
                                       request->part[0].data, request->part[0].size);
    const char *outcome = sandbox_text(request, "outcome");
    bool accepted = strcmp(outcome, "accepted") == 0;
    if (!dispute ||
        !traffic_is(traffic_fine(request->sandbox, json_get_string(dispute, "fine")), "disputed")) {
        sandbox_error(request, dispute ? 409 : 404, "dispute_unknown");
        return;
    }
    if (!accepted && strcmp(outcome, "rejected") != 0) {
        sandbox_error(request, 422, "outcome_unknown");
        return;
    }
    clock_format_local(clock_now(NULL), time);
    traffic_set(dispute, "state", outcome);
    traffic_set(dispute, "decided_at", time);
    traffic_set(dispute, "note", sandbox_text(request, "note"));
    traffic_set(traffic_fine(request->sandbox, json_get_string(dispute, "fine")), "status",
                accepted ? "cancelled" : "due");
    request->sandbox->changed = true;
    sandbox_json(request, 200, json_incref(dispute));
}

// ---- who was driving ----

static const json_t *holder_of(struct sandbox *sandbox, const char *licence)
{
    const char *number;
    json_t *file;
    json_object_foreach(sandbox_collection(sandbox, "traffic"), number, file)
    {
        const char *own = json_get_string(file, "licence");
        if (licence[0] && own && strcmp(own, licence) == 0)
            return file;
    }
    return NULL;
}

static void tell_driver(struct sandbox_request *request, const json_t *driver, const char *number)
{
    char text[240];
    snprintf(text, sizeof text,
             "Traffic department: you are named as the driver in %s. هل كنت السائق في %s؟", number,
             number);
    sms_put(request->sandbox, json_get_string(driver, "phone"), text);
}

void traffic_nominate(struct sandbox_request *request)
{
    char number[24];
    json_t *fine = traffic_find_fine(request);
    const char *licence = sandbox_text(request, "licence");
    const json_t *driver = holder_of(request->sandbox, licence);
    if (!fine)
        return;
    json_t *nominations = sandbox_collection(request->sandbox, "nominations");
    const char *before = json_get_string(fine, "nomination");
    const char *answer =
        json_get_string(json_object_get(nominations, before ? before : ""), "state");
    if (!driver) {
        sandbox_error(request, 422, "licence_unknown");
        return;
    }
    if (json_get_integer(fine, "points", 0) == 0 || (answer && strcmp(answer, "declined") != 0)) {
        sandbox_error(request, 409, "no_points_to_move");
        return;
    }
    traffic_number(nominations, "N", FIRST, number);
    json_t *nomination =
        json_pack("{s:s, s:O, s:s, s:s}", "nomination", number, "fine",
                  json_object_get(fine, "number"), "licence", licence, "state", "asked");
    json_object_set_new(nominations, number, nomination);
    traffic_set(fine, "nomination", number);
    tell_driver(request, driver, number);
    request->sandbox->changed = true;
    sandbox_json(request, 201, json_incref(nomination));
}

// In place of the driver: {"confirm": true|false}.
void traffic_driver_answers(struct sandbox_request *request)
{
    json_t *nomination = json_object_getn(sandbox_collection(request->sandbox, "nominations"),
                                          request->part[0].data, request->part[0].size);
    bool confirmed = json_get_boolean(request->body, "confirm", false);
    const char *state = json_get_string(nomination, "state");
    if (!nomination || strcmp(state, "asked") != 0) {
        sandbox_error(request, nomination ? 409 : 404, "nomination_unknown");
        return;
    }
    traffic_set(nomination, "state", confirmed ? "confirmed" : "declined");
    if (confirmed)
        traffic_set(traffic_fine(request->sandbox, json_get_string(nomination, "fine")), "driver",
                    json_get_string(nomination, "licence"));
    request->sandbox->changed = true;
    sandbox_json(request, 200, json_incref(nomination));
}
