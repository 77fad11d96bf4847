// SPDX-License-Identifier: Apache-2.0
// The operator's requests about single payments: how one stands, refunds and who approves them, and
// events that no agency took.

#include "base/json.h"
#include "base/url.h"
#include "money/refund_request.h"
#include "ops/admin_internal.h"

enum { MOST_LISTED = 500 };

static const char *field(struct http_request *request, const char *name)
{
    const char *value = admin_field(request, name);
    return value ? value : "";
}

static json_t *time_json(int64_t ms)
{
    char text[CLOCK_TEXT];
    clock_format(ms, text);
    return json_string(text);
}

bool admin_about_refunds(const struct http_request *request)
{
    return str_starts(request->path, STR("/money/payments/")) ||
           str_is(request->path, "/money/refunds") ||
           str_starts(request->path, STR("/money/refunds/"));
}

// ---- one payment ----

static void show(struct admin *admin, struct http_request *request, struct str id,
                 struct http_reply *reply)
{
    struct err err;
    struct payment *payment;
    struct buf json = {0};
    if (money_payment(admin->money, id, &request->arena, &payment, &err) < 0) {
        admin_reply_err(reply, &err);
        return;
    }
    payment_write_json(NULL, payment, &json);
    json_t *answer = json_parse(buf_str(&json), NULL), *line;
    size_t index;
    json_array_foreach(json_object_get(answer, "lines"), index, line)
        json_object_set_new(line, "refundable",
                            json_integer(payment_line_left(&payment->lines[index])));
    buf_finish(&json);
    admin_reply(reply, 200, answer);
}

// ---- refunds ----

static void ask(struct admin *admin, struct http_request *request, struct str rest,
                struct http_reply *reply)
{
    struct err err;
    struct id payment = id_from(str_from(field(request, "payment"))), made;
    struct refund_asking asking = {.payment = &payment,
                                   .reason = field(request, "reason"),
                                   .by = admin_actor(request)};
    (void)rest;
    if (!str_to_integer(str_from(field(request, "line")), 1, 1000, &asking.line) ||
        !str_to_integer(str_from(field(request, "amount")), 1, LEDGER_AMOUNT_MAX, &asking.amount) ||
        !str_to_integer(str_from(field(request, "seen")), 0, LEDGER_AMOUNT_MAX, &asking.seen)) {
        admin_reply_error(reply, 422, "invalid",
                          "a refund names a payment, a line, an amount in fils, and with --seen "
                          "what can be refunded of the line; see medina money payment");
        return;
    }
    int rc = refund_ask(admin->money, &asking, &made, &err);
    if (rc < 0)
        admin_reply_err(reply, &err);
    else
        admin_reply(reply, rc ? 200 : 202,
                    json_pack("{s:s, s:s}", "refund", made.text, "state",
                              rc ? "approved" : "asked"));
}

static void list(struct admin *admin, struct http_request *request, struct str rest,
                 struct http_reply *reply)
{
    struct err err;
    struct refund_request *requests = arena_zero(&request->arena, MOST_LISTED * sizeof *requests);
    int count = refund_list(admin->money, requests, MOST_LISTED, &err);
    json_t *out = json_array();
    (void)rest;
    for (int i = 0; i < count; i++) {
        const struct refund_request *one = &requests[i];
        json_array_append_new(out,
                              json_pack("{s:s, s:s, s:I, s:s, s:I, s:s, s:s, s:s, s:o}", "refund",
                                        one->id.text, "payment", one->payment.text, "line",
                                        (json_int_t)one->line, "instance", one->instance, "amount",
                                        (json_int_t)one->amount, "currency", one->currency,
                                        "reason", one->reason, "asked_by", one->asked_by, "asked",
                                        time_json(one->asked)));
    }
    if (count < 0)
        admin_reply_err(reply, &err);
    else
        admin_reply(reply, 200, json_pack("{s:O}", "refunds", out));
    json_decref(out);
}

static void decide(struct admin *admin, struct http_request *request, struct str rest,
                   struct http_reply *reply)
{
    struct err err;
    struct str id = str_cut(&rest, '/');
    bool approve = str_is(rest, "approve");
    if (!approve && !str_is(rest, "decline")) {
        admin_reply_error(reply, 404, "not-found", "a refund is approved or declined");
        return;
    }
    int rc = approve ? refund_approve(admin->money, id, admin_actor(request), &err)
                     : refund_decline(admin->money, id, admin_actor(request), &err);
    if (rc < 0)
        admin_reply_err(reply, &err);
    else
        admin_reply(reply, 200,
                    json_pack("{s:s%, s:s}", "refund", id.data, id.size, "state",
                              approve ? "approved" : "declined"));
}

// ---- events that no agency took ----

static void list_events(struct admin *admin, struct http_request *request, struct str rest,
                        struct http_reply *reply)
{
    struct err err;
    struct outbox_status status;
    struct outbox_dead *letters = arena_zero(&request->arena, MOST_LISTED * sizeof *letters);
    int count = outbox_list_dead(admin->money, letters, MOST_LISTED, &err);
    (void)rest;
    if (count < 0 || outbox_status(admin->money, &status, &err) < 0) {
        admin_reply_err(reply, &err);
        return;
    }
    json_t *out = json_array();
    for (int i = 0; i < count; i++)
        json_array_append_new(out, json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:o}", "event",
                                             letters[i].id.text, "payment", letters[i].payment.text,
                                             "instance", letters[i].instance, "kind",
                                             letters[i].kind, "made", time_json(letters[i].made),
                                             "attempts", (json_int_t)letters[i].attempts, "died",
                                             time_json(letters[i].died)));
    admin_reply(reply, 200,
                json_pack("{s:o, s:I, s:I, s:I}", "dead_events", out, "waiting",
                          (json_int_t)status.waiting, "oldest_ms", (json_int_t)status.oldest_ms,
                          "dead", (json_int_t)status.dead));
}

static void replay(struct admin *admin, struct http_request *request, struct str rest,
                   struct http_reply *reply)
{
    struct err err;
    (void)request;
    int rc = outbox_replay(admin->money, rest, &err);
    if (rc < 0)
        admin_reply_err(reply, &err);
    else
        admin_reply(reply, 200, json_pack("{s:i}", "replayed", rc));
}

// ---- finding the verb ----

bool admin_run_refunds(struct admin *admin, struct http_request *request, struct http_reply *reply)
{
    static const struct {
        const char *method, *path; // one that ends with '/' goes on with a name
        void (*run)(struct admin *admin, struct http_request *request, struct str rest,
                    struct http_reply *reply);
    } verbs[] = {{"GET", "/money/payments/", show},     {"GET", "/money/refunds", list},
                 {"POST", "/money/refunds", ask},       {"POST", "/money/refunds/", decide},
                 {"GET", "/money/events", list_events}, {"POST", "/money/events", replay},
                 {"POST", "/money/events/", replay}};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        struct str path = str_from(verbs[i].path);
        bool named = path.data[path.size - 1] == '/';
        struct str rest = named ? str_from_offset(request->path, path.size) : STR("");
        bool right =
            named ? str_starts(request->path, path) && rest.size : str_equal(request->path, path);
        if (!right || !str_is(request->method, verbs[i].method))
            continue;
        verbs[i].run(admin, request, rest, reply);
        return true;
    }
    return false;
}
