/* SPDX-License-Identifier: Apache-2.0 */
/* The operations that both trades share: accounts, linking, quotes, and the payment event. */

#include "bills.h"

#include <stdio.h>
#include <string.h>

static const struct trade *trade;

/* ---- small things ---- */

json_t *bills_ask(medina_call *call, const medina_http_reply *reply, const char *wanted,
                  const char *unknown)
{
    if (medina_http_ok(reply) && json_object_get(reply->json, wanted))
        return reply->json;
    if (reply->status == MEDINA_OK && reply->http_status == 404)
        medina_fail(call, MEDINA_NOT_FOUND, unknown);
    else
        medina_fail(call, MEDINA_UPSTREAM, "bills.agency-unavailable");
    return NULL;
}

json_t *bills_action(const char *operation, json_t *input, json_t *title, const char *style)
{
    return json_pack("{s:s, s:o, s:o, s:s}", "operation", operation, "input", input, "title", title,
                     "style", style);
}

json_t *bills_row(const char *label_key, json_t *value)
{
    return json_pack("{s:o, s:o}", "label", medina_text(label_key, NULL), "value", value);
}

json_t *bills_badge(const char *title_key, const char *kind)
{
    return json_pack("{s:o, s:s}", "title", medina_text(title_key, NULL), "kind", kind);
}

/* ---- accounts ---- */

static void accounts(medina_call *call)
{
    json_t *items = json_array(), *link;
    size_t index;
    json_array_foreach(medina_links(call), index, link)
    {
        const char *account = json_string_value(json_object_get(link, "account"));
        json_t *label = json_object_get(link, "label");
        json_array_append_new(
            items, json_pack("{s:o, s:O, s:s, s:o, s:[o]}", "title",
                             medina_text("account.title", "account", account, NULL), "subtitle",
                             label, "account", account, "open",
                             bills_action("bills", json_pack("{s:s}", "account", account),
                                          medina_text("account.title", "account", account, NULL),
                                          "secondary"),
                             "actions",
                             bills_action("unlink", json_pack("{s:s}", "account", account),
                                          medina_text("account.unlink", NULL), "danger")));
    }
    medina_return(call, json_pack("{s:s, s:o, s:o, s:o, s:[o]}", "type", "list", "title",
                                  medina_text("accounts.title", NULL), "empty",
                                  medina_text("accounts.empty", NULL), "items", items, "actions",
                                  bills_action("link", json_object(),
                                               medina_text("accounts.link", NULL), "primary")));
}

static void bills(medina_call *call)
{
    trade->bills(call, medina_input_string(call, "account"));
}

static void due(medina_call *call)
{
    json_t *items = json_array(), *link;
    size_t index;
    bool complete = true;
    json_array_foreach(medina_links(call), index, link)
    {
        complete = complete &&
                   trade->due(call, items, json_string_value(json_object_get(link, "account")));
    }
    if (!complete) {
        /* "Nothing is due" would be a lie. */
        json_decref(items);
        medina_fail(call, MEDINA_UPSTREAM, "bills.agency-unavailable");
        return;
    }
    medina_return(call, json_pack("{s:s, s:o, s:o, s:o}", "type", "list", "title",
                                  medina_text("due.title", NULL), "empty",
                                  medina_text("due.empty", NULL), "items", items));
}

static void quote(medina_call *call)
{
    trade->quote(call, medina_input_string(call, "item"));
}

/* ---- linking ---- */

static void link_account(medina_call *call)
{
    const char *account = medina_input_string(call, "account");
    char path[64];
    snprintf(path, sizeof path, "/accounts/%s/codes", account);
    medina_http_reply *reply = medina_http_post(call, path, json_object(), NULL);
    if (!bills_ask(call, reply, "sent", "bills.account-unknown"))
        return;
    medina_return(call, json_pack("{s:s, s:o, s:o}", "type", "form", "title",
                                  medina_text("link.title", NULL), "action",
                                  bills_action("confirm", json_pack("{s:s}", "account", account),
                                               medina_text("link.confirm", NULL), "primary")));
}

static void confirm(medina_call *call)
{
    const char *account = medina_input_string(call, "account");
    const char *code = medina_input_string(call, "code");
    char path[64];
    snprintf(path, sizeof path, "/accounts/%s/codes/verify", account);
    medina_http_reply *reply = medina_http_post(call, path, json_pack("{s:s}", "code", code), NULL);
    if (reply->status == MEDINA_OK && (reply->http_status == 422 || reply->http_status == 410)) {
        medina_fail(call, MEDINA_REFUSED,
                    reply->http_status == 422 ? "bills.code-wrong" : "bills.code-expired");
        return;
    }
    json_t *answer = bills_ask(call, reply, "name", "bills.account-unknown");
    if (!answer)
        return;
    json_t *name = json_object_get(answer, "name");
    if (medina_link(call, account, json_deep_copy(name)) != MEDINA_OK) {
        medina_fail(call, MEDINA_LIMITED, "bills.too-many-links");
        return;
    }
    medina_return(call, json_pack("{s:s, s:s, s:o, s:o, s:[o]}", "type", "message", "kind",
                                  "success", "title", medina_text("linked.title", NULL), "body",
                                  medina_text("linked.body", "account", account, NULL), "actions",
                                  bills_action("bills", json_pack("{s:s}", "account", account),
                                               medina_text("linked.see", NULL), "primary")));
}

static void unlink_account(medina_call *call)
{
    enum medina_status status = medina_unlink(call, medina_input_string(call, "account"));
    if (status != MEDINA_OK && status != MEDINA_NOT_FOUND) {
        medina_fail(call, status, "bills.not-yours");
        return;
    }
    medina_return(call, json_pack("{s:s, s:s, s:o, s:o, s:[o]}", "type", "message", "kind",
                                  "success", "title", medina_text("unlinked.title", NULL), "body",
                                  medina_text("unlinked.body", NULL), "actions",
                                  bills_action("accounts", json_object(),
                                               medina_text("accounts.title", NULL), "primary")));
}

/* ---- a payment was captured ---- */

enum posted { POSTED, REFUSED, LATER };

static enum posted post_line(medina_call *call, const json_t *line, const char *payment)
{
    char reference[80];
    snprintf(reference, sizeof reference, "%s.%lld", payment,
             (long long)json_integer_value(json_object_get(line, "line")));
    const char *item = json_string_value(json_object_get(line, "item"));
    int64_t amount = json_integer_value(json_object_get(json_object_get(line, "amount"), "amount"));
    json_t *posting = trade->posting(item ? item : "", amount, reference);
    if (!posting)
        return REFUSED;
    medina_http_reply *reply =
        medina_http_post(call, "/payments", json_deep_copy(posting), reference);
    bool posted = medina_http_ok(reply) && trade->posted(reply->json, posting);
    json_decref(posting);
    if (posted)
        return POSTED;
    bool refused =
        reply->status == MEDINA_OK &&
        (reply->http_status == 404 || reply->http_status == 409 || reply->http_status == 422);
    return refused ? REFUSED : LATER;
}

/* Posting is idempotent by reference, so an event that comes again does no harm. Refusing gives the
   citizen the money of all lines back: only when the agency took none of them. */
static void payment_captured(medina_call *call)
{
    json_t *event = medina_input(call), *line;
    const char *payment = json_string_value(json_object_get(event, "payment"));
    size_t index, counts[3] = {0};
    json_array_foreach(json_object_get(event, "lines"), index, line)
    {
        counts[post_line(call, line, payment ? payment : "")]++;
    }
    if (counts[REFUSED] && !counts[POSTED] && !counts[LATER]) {
        medina_fail(call, MEDINA_REFUSED, "bills.bill-unknown");
    } else if (counts[LATER] || counts[REFUSED]) {
        if (counts[REFUSED])
            medina_log(MEDINA_LOG_ERROR, "the agency took only some lines of payment %s", payment);
        medina_fail(call, MEDINA_UPSTREAM, "bills.agency-unavailable");
    } else {
        medina_return(call, json_object());
    }
}

/* ---- the plugin ---- */

static bool start(json_t *configuration)
{
    const char *kind = json_string_value(json_object_get(configuration, "kind"));
    trade = kind && strcmp(kind, "prepaid") == 0 ? &prepaid : &postpaid;
    return true;
}

MEDINA_PLUGIN(.start = start,
              .operations = MEDINA_OPERATIONS({"accounts", accounts}, {"bills", bills},
                                              {"bill", bills_show}, {"link", link_account},
                                              {"confirm", confirm}, {"unlink", unlink_account},
                                              {"due", due}, {"quote", quote}),
              .events = MEDINA_EVENTS({"payment.captured", payment_captured}))
