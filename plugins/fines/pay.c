// SPDX-License-Identifier: Apache-2.0
// What is owed, what it costs at this moment, and telling the department that it was paid.
#include "present.h"

#include <stdio.h>
#include <string.h>

void fines_due(medina_call *call)
{
    json_t *items = json_array(), *link, *fine;
    size_t index, at;
    json_array_foreach(medina_links(call), index, link)
    {
        const char *file = fines_text(link, "account");
        const medina_http_reply *reply = medina_http_get(call, "/files/%s/fines", file);
        bool known = medina_http_ok(reply) && json_object_get(reply->json, "fines") &&
                     fines_add_instalments(call, items, file);
        json_array_foreach(json_object_get(reply->json, "fines"), at, fine)
        {
            struct price price;
            known = known && price_of(fine, &price);
            if (known && fine_is(fine, "due"))
                json_array_append_new(items, present_item(fine, &price, true));
        }
        if (!known) {
            // "Nothing is due" would be a lie.
            json_decref(items);
            medina_fail(call, MEDINA_UPSTREAM, "fines.agency-unavailable");
            return;
        }
    }
    medina_return(call, json_pack("{s:s, s:o, s:o, s:o}", "type", "list", "title",
                                  medina_text("due.title", NULL), "empty",
                                  medina_text("due.empty", NULL), "items", items));
}

// ---- an item, as the back end has it now ----

struct owed {
    const json_t *record; // the fine or the instalment; NULL after the call was failed
    json_t *payable;      // yours; NULL when the record makes no sense
    bool due;
};

static bool is_instalment(const char *item)
{
    return item[0] == 'P';
}

// A letter, digits and a dot go into a path; anything else is no item of ours.
static bool is_item(const char *item)
{
    size_t size = strlen(item), digits = strspn(item + is_instalment(item), "0123456789");
    const char *rest = item + is_instalment(item) + digits;
    if (!is_instalment(item))
        return digits == size && size == 10;
    return digits == 8 && rest[0] == '.' && rest[1] &&
           strspn(rest + 1, "0123456789") == strlen(rest + 1);
}

static const json_t *instalment_of(const json_t *plan, const char *item)
{
    size_t index;
    json_t *instalment;
    json_array_foreach(json_object_get(plan, "instalments"), index, instalment)
    {
        if (strcmp(fines_text(instalment, "id"), item) == 0)
            return instalment;
    }
    return NULL;
}

static medina_http_reply *fetch(medina_call *call, const char *item)
{
    char plan[16];
    if (!is_instalment(item))
        return medina_http_get(call, "/fines/%s", item);
    snprintf(plan, sizeof plan, "%.9s", item);
    return medina_http_get(call, "/plans/%s", plan);
}

static const json_t *record_of(const medina_http_reply *reply, const char *item)
{
    return is_instalment(item) ? instalment_of(reply->json, item)
                               : json_object_get(reply->json, "fine");
}

static json_t *payable_of(const json_t *record, const char *item)
{
    struct price price;
    if (is_instalment(item))
        return fines_instalment(record);
    // Whoever pays need not be the owner: the article is not told.
    return price_of(record, &price) ? present_payable(record, &price, false) : NULL;
}

void fines_quote(medina_call *call)
{
    const char *item = medina_input_string(call, "item");
    if (!is_item(item)) {
        medina_fail(call, MEDINA_NOT_FOUND, "fines.fine-unknown");
        return;
    }
    json_t *answer = fines_answer(call, fetch(call, item), is_instalment(item) ? "plan" : "fine",
                                  "fines.fine-unknown");
    if (!answer)
        return;
    const json_t *record =
        is_instalment(item) ? instalment_of(answer, item) : json_object_get(answer, "fine");
    json_t *payable = record ? payable_of(record, item) : NULL;
    if (!payable) {
        medina_fail(call, record ? MEDINA_UPSTREAM : MEDINA_NOT_FOUND,
                    record ? "fines.agency-unavailable" : "fines.fine-unknown");
        return;
    }
    bool owed = json_object_get(payable, "pay") != NULL;
    medina_return(call,
                  json_pack("{s:s, s:o, s:b, s:o}", "type", "data", "title",
                            medina_text("quote.title", NULL), "owed", owed, "payable", payable));
}

// ---- a payment was captured ----

enum posted { POSTED, REFUSED, LATER };

// The discount that leads from the full amount to what was captured. The event may come when
// another discount holds, or none: what the citizen paid stands.
static int percent_of(const json_t *record, int64_t amount)
{
    for (int percent = 0; percent <= 100; percent++)
        if (rules_net(fines_number(record, "amount"), percent) == amount)
            return percent;
    return -1;
}

static bool paid_by(const json_t *record, const char *reference)
{
    return fine_is(record, "paid") && strcmp(fines_text(record, "paid_reference"), reference) == 0;
}

static enum posted outcome_of(const medina_http_reply *reply, const char *reference)
{
    if (medina_http_ok(reply) && paid_by(json_object_get(reply->json, "paid"), reference))
        return POSTED;
    bool refused =
        reply->status == MEDINA_OK &&
        (reply->http_status == 404 || reply->http_status == 409 || reply->http_status == 422);
    return refused ? REFUSED : LATER;
}

static enum posted post(medina_call *call, const char *item, int64_t amount, const char *reference)
{
    if (!is_item(item))
        return REFUSED;
    const medina_http_reply *reply = fetch(call, item);
    const json_t *record = record_of(reply, item);
    if (!medina_http_ok(reply) || !record)
        return reply->status == MEDINA_OK && reply->http_status == 404 ? REFUSED : LATER;
    if (paid_by(record, reference))
        return POSTED;
    int percent = percent_of(record, amount);
    if (!fine_is(record, "due") || percent < 0)
        return REFUSED;
    json_t *posting = json_pack("{s:s, s:I, s:i, s:s}", is_instalment(item) ? "instalment" : "fine",
                                item, "amount", (json_int_t)amount, "discount_percent", percent,
                                "reference", reference);
    return outcome_of(medina_http_post(call, "/payments", posting, reference), reference);
}

// Posting is idempotent by reference, so an event that comes again does no harm. What the
// department refuses for good (paid elsewhere in the last moment) is given back, line by line.
void fines_captured(medina_call *call)
{
    json_t *event = medina_input(call), *line, *refused = json_array();
    const char *payment = fines_text(event, "payment");
    size_t index, later = 0;
    json_array_foreach(json_object_get(event, "lines"), index, line)
    {
        char reference[80];
        snprintf(reference, sizeof reference, "%s.%lld", payment,
                 (long long)fines_number(line, "line"));
        int64_t amount = fines_number(json_object_get(line, "amount"), "amount");
        enum posted posted = post(call, fines_text(line, "item"), amount, reference);
        later += posted == LATER;
        if (posted == REFUSED)
            json_array_append(refused, json_object_get(line, "line"));
    }
    if (later) {
        json_decref(refused);
        medina_fail(call, MEDINA_UPSTREAM, "fines.agency-unavailable");
        return;
    }
    medina_return(call, json_pack("{s:o}", "refused", refused));
}
