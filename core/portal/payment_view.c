// SPDX-License-Identifier: Apache-2.0
#include "portal/payment_view.h"

#include "base/clock.h"
#include "host/snapshot.h"
#include "portal/visit.h"

static json_t *money(int64_t amount, const char *currency)
{
    return json_pack("{s:I, s:s}", "amount", (json_int_t)amount, "currency", currency);
}

static json_t *string(struct str text)
{
    return json_stringn(text.data ? text.data : "", text.size);
}

static json_t *line_title(const struct payment_line *line)
{
    return json_pack("{s:o, s:o}", "en", string(line->title_en), "ar", string(line->title_ar));
}

static json_t *agency(const struct snapshot *snapshot, struct str instance)
{
    const struct route *route = snapshot_find(snapshot, instance);
    const json_t *text = route ? visit_route_text(route, "title") : NULL;
    return text ? json_deep_copy(text) : json_object();
}

static bool all_delivered(const struct payment *payment)
{
    for (size_t i = 0; i < payment->count; i++)
        if (payment->lines[i].state == LINE_PAID && payment->lines[i].delivered == 0)
            return false;
    return true;
}

const char *payment_word(const struct payment *payment)
{
    switch (payment->state) {
    case PAYMENT_CREATED:
        return "abandoned";
    case PAYMENT_AUTHORIZED:
        return "processing";
    case PAYMENT_CAPTURED:
        return all_delivered(payment) ? "succeeded" : "waiting";
    case PAYMENT_VOIDED:
        return str_is(payment->reason, "cancelled") ? "abandoned" : "refused";
    case PAYMENT_EXPIRED:
        return "expired";
    case PAYMENT_REFUNDED:
        return "refunded";
    default:
        return str_is(payment->reason, "declined") ? "declined" : "refused";
    }
}

static json_t *payment_time(const struct payment *payment)
{
    char text[CLOCK_TEXT];
    clock_format_local(payment->captured_at ? payment->captured_at : payment->created, text);
    return json_pack("{s:s}", "time", text);
}

json_t *payment_entry(const struct payment *payment, struct arena *arena)
{
    return json_pack("{s:o, s:o, s:o, s:s, s:s}", "title", line_title(&payment->lines[0]), "time",
                     payment_time(payment), "total", money(payment->total, payment->currency),
                     "state", payment_word(payment), "url",
                     arena_printf(arena, "/payments/%s", payment->id.text));
}

static const char *line_word(const struct payment_line *line)
{
    switch (line->state) {
    case LINE_PAID:
        return line->delivered ? "accepted" : "waiting";
    case LINE_REFUNDED:
        return "refunded";
    case LINE_RELEASED:
        return "released";
    default:
        return "waiting";
    }
}

json_t *payment_status(const struct payment *payment, const struct snapshot *snapshot,
                       struct arena *arena)
{
    json_t *items = json_array();
    const char *word = payment_word(payment);
    for (size_t i = 0; i < payment->count; i++) {
        const struct payment_line *line = &payment->lines[i];
        json_array_append_new(items, json_pack("{s:o, s:o, s:o, s:s}", "title", line_title(line),
                                               "agency", agency(snapshot, line->instance), "amount",
                                               money(line->amount, payment->currency), "state",
                                               line_word(line)));
    }
    json_t *model = json_pack("{s:s, s:o, s:o}", "state", word, "items", items, "total",
                              money(payment->total, payment->currency));
    const char *base = arena_printf(arena, "/payments/%s", payment->id.text);
    if (payment->receipt.size) {
        json_object_set_new(model, "number", string(payment->receipt));
        json_object_set_new(model, "receipt_url",
                            json_string(arena_printf(arena, "%s/receipt", base)));
    }
    if (payment->state == PAYMENT_CREATED)
        json_object_set_new(model, "retry_url",
                            json_string(arena_printf(arena, "%s/continue", base)));
    if (strcmp(word, "processing") == 0 || strcmp(word, "waiting") == 0)
        json_object_set_new(model, "check_url", json_string(base));
    return model;
}

json_t *payment_receipt(const struct payment *payment, const struct snapshot *snapshot,
                        const char *public_url, const char *language)
{
    char time[CLOCK_TEXT];
    json_t *lines = json_array(), *rows = json_array();
    clock_format_local(payment->captured_at, time);
    for (size_t i = 0; i < payment->count; i++) {
        const struct payment_line *line = &payment->lines[i];
        if (line->state == LINE_RELEASED)
            continue;
        json_array_append_new(lines, json_pack("{s:o, s:o}", "title", line_title(line), "amount",
                                               money(line->amount, payment->currency)));
        if (line->reference.size)
            json_array_append_new(rows, json_pack("{s:{s:s, s:s}, s:{s:o}}", "label", "en",
                                                  "Account", "ar", "الحساب", "value", "id",
                                                  string(line->reference)));
    }
    bool wallet = strcmp(payment->provider, "wallet") == 0;
    json_array_append_new(rows,
                          json_pack("{s:{s:s, s:s}, s:{s:s, s:s}}", "label", "en", "Paid with",
                                    "ar", "طريقة الدفع", "value", "en", wallet ? "Wallet" : "Card",
                                    "ar", wallet ? "المحفظة" : "بطاقة"));
    struct buf verify = {0};
    buf_printf(&verify, "%s/%s/payments/%s/receipt", public_url, language, payment->id.text);
    json_t *receipt =
        json_pack("{s:s, s:{s:s, s:s}, s:o, s:s, s:o, s:o, s:o, s:o, s:s}", "type", "receipt",
                  "title", "en", "Receipt", "ar", "إيصال", "number", string(payment->receipt),
                  "time", time, "issuer", agency(snapshot, payment->lines[0].instance), "lines",
                  lines, "total", money(payment->captured, payment->currency), "rows", rows,
                  "verify", verify.data);
    buf_finish(&verify);
    return receipt;
}
