// SPDX-License-Identifier: Apache-2.0
#include "portal/payment_view.h"

#include "base/clock.h"
#include "host/snapshot.h"
#include "money/top_up.h"
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
    const json_t *text = route ? visit_route_text(route, "agency") : NULL;
    if (str_is(instance, TOP_UP_INSTANCE))
        return json_pack("{s:s, s:s}", "en", "Wallet", "ar", "المحفظة");
    return text ? json_deep_copy(text) : json_object();
}

bool payment_is_open(const struct payment *payment)
{
    return payment->state == PAYMENT_CREATED || payment->state == PAYMENT_AUTHORIZED;
}

// A payment that took money: all of it for good, or still on its way to an agency, or in part.
static const char *captured_word(const struct payment *payment)
{
    bool all = true, delivered = true;
    for (size_t i = 0; i < payment->count; i++) {
        all = all && payment->lines[i].state == LINE_PAID;
        delivered =
            delivered && (payment->lines[i].state != LINE_PAID || payment->lines[i].delivered);
    }
    return !delivered ? "waiting" : all ? "succeeded" : "partly";
}

// Why it ended without money, by the money room's reason.
static const char *ended_word(const struct payment *payment)
{
    static const struct {
        const char *reason, *word;
    } ends[] = {{"cancelled", "cancelled"},    {"not-owed", "already"},
                {"amount-changed", "refused"}, {"agency-unavailable", "unreachable"},
                {"declined", "declined"},      {"closed", "expired"},
                {"nothing-taken", "unused"},   {"wallet-full", "refused"}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (str_is(payment->reason, ends[i].reason))
            return ends[i].word;
    return "failed";
}

const char *payment_word(const struct payment *payment)
{
    switch (payment->state) {
    case PAYMENT_CREATED:
        return "unfinished";
    case PAYMENT_AUTHORIZED:
        return "processing";
    case PAYMENT_CAPTURED:
        return captured_word(payment);
    case PAYMENT_EXPIRED:
        return "expired";
    case PAYMENT_REFUNDED:
        return "refunded";
    default:
        return ended_word(payment);
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
                     payment_time(payment), "total",
                     money(payment->captured ? payment->captured : payment->total,
                           payment->currency),
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

static json_t *status_items(const struct payment *payment, const struct snapshot *snapshot)
{
    json_t *items = json_array();
    for (size_t i = 0; i < payment->count; i++) {
        const struct payment_line *line = &payment->lines[i];
        bool taken = line->state == LINE_PAID || line->state == LINE_REFUNDED;
        json_t *item = json_pack("{s:o, s:o, s:o}", "title", line_title(line), "agency",
                                 agency(snapshot, line->instance), "amount",
                                 money(taken ? line->accepted : line->amount, payment->currency));
        if (line->state != LINE_OPEN)
            json_object_set_new(item, "state", json_string(line_word(line)));
        if (line->state == LINE_RELEASED && line->reason.size)
            json_object_set_new(item, "reason", string(line->reason));
        json_array_append_new(items, item);
    }
    return items;
}

// Whether paying it again may work: not when it is not owed any more.
static bool can_be_paid_again(const struct payment_line *line)
{
    return line->state == LINE_RELEASED && !str_is(line->reason, "not-owed");
}

// Where what was not taken can be paid anew, at today's amounts; NULL when there is none of it.
static json_t *retry_url(const struct payment *payment)
{
    struct buf query = {0};
    const struct payment_line *lines = payment->lines;
    for (size_t i = 0; i < payment->count; i++)
        if (can_be_paid_again(&lines[i]))
            visit_append_item(&query, (struct purchase_item){lines[i].instance, lines[i].item,
                                                             lines[i].amount - lines[i].fee});
    json_t *url = query.size ? json_sprintf("/pay?%s", query.data) : NULL;
    buf_finish(&query);
    return url;
}

json_t *payment_status(const struct payment *payment, const struct snapshot *snapshot)
{
    const char *id = payment->id.text, *word = payment_word(payment);
    json_t *model =
        json_pack("{s:s, s:o, s:o}", "state", word, "items", status_items(payment, snapshot),
                  "total",
                  money(payment->captured ? payment->captured : payment->total, payment->currency));
    if (payment->receipt.size) {
        json_object_set_new(model, "number", string(payment->receipt));
        json_object_set_new(model, "receipt_url", json_sprintf("/payments/%s/receipt", id));
    }
    if (payment->state == PAYMENT_CREATED)
        json_object_set_new(model, "continue_url", json_sprintf("/payments/%s/continue", id));
    if (payment_is_open(payment))
        json_object_set_new(model, "cancel_url", json_sprintf("/payments/%s/cancel", id));
    else if (strcmp(word, "already") != 0 && !payment->hold)
        json_object_set_new(model, "retry_url", retry_url(payment));
    if (payment_is_open(payment) || strcmp(word, "waiting") == 0)
        json_object_set_new(model, "check_url", json_sprintf("/payments/%s", id));
    return model;
}

static bool is_one_agency(const struct payment *payment)
{
    for (size_t i = 1; i < payment->count; i++)
        if (!str_equal(payment->lines[i].instance, payment->lines[0].instance))
            return false;
    return true;
}

json_t *payment_verified(const struct payment *payment, const struct snapshot *snapshot)
{
    json_t *lines = json_array();
    for (size_t i = 0; i < payment->count; i++) {
        const struct payment_line *line = &payment->lines[i];
        if (line->state == LINE_RELEASED)
            continue;
        json_t *entry = json_pack("{s:o, s:o}", "agency", agency(snapshot, line->instance),
                                  "amount", money(line->accepted, payment->currency));
        if (line->refunded)
            json_object_set_new(entry, "refunded", money(line->refunded, payment->currency));
        json_array_append_new(lines, entry);
    }
    const char *state = payment->state == PAYMENT_REFUNDED ? "refunded"
                        : payment->refunded                ? "partly"
                                                           : "paid";
    return json_pack("{s:s, s:o, s:o, s:o, s:o}", "state", state, "number",
                     string(payment->receipt), "time", payment_time(payment), "lines", lines,
                     "total", money(payment->captured, payment->currency));
}

static void add_receipt_lines(const struct payment *payment, json_t *lines)
{
    int64_t fees = 0;
    for (size_t i = 0; i < payment->count; i++) {
        const struct payment_line *line = &payment->lines[i];
        if (line->state == LINE_RELEASED)
            continue;
        fees += line->fee;
        json_array_append_new(lines,
                              json_pack("{s:o, s:o}", "title", line_title(line), "amount",
                                        money(line->accepted - line->fee, payment->currency)));
    }
    if (fees)
        json_array_append_new(lines,
                              json_pack("{s:{s:s, s:s}, s:o}", "title", "en", "Service fee", "ar",
                                        "رسوم الخدمة", "amount", money(fees, payment->currency)));
}

static json_t *receipt_row(const char *english, const char *arabic, json_t *value)
{
    return json_pack("{s:{s:s, s:s}, s:o}", "label", "en", english, "ar", arabic, "value", value);
}

static json_t *receipt_rows(const struct payment *payment)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < payment->count; i++) {
        const struct payment_line *line = &payment->lines[i];
        bool again = i > 0 && str_equal(line->reference, payment->lines[i - 1].reference);
        if (line->state != LINE_RELEASED && line->reference.size && !again)
            json_array_append_new(rows,
                                  receipt_row("Account", "الحساب",
                                              json_pack("{s:o}", "id", string(line->reference))));
    }
    bool wallet = strcmp(payment->provider, "wallet") == 0;
    json_array_append_new(rows,
                          receipt_row("Paid with", "طريقة الدفع",
                                      json_pack("{s:s, s:s}", "en", wallet ? "Wallet" : "Card",
                                                "ar", wallet ? "المحفظة" : "بطاقة")));
    if (payment->refunded)
        json_array_append_new(rows, receipt_row("Refunded since", "المبلغ المسترد",
                                                money(payment->refunded, payment->currency)));
    if (payment->receipt_code.size)
        json_array_append_new(rows,
                              receipt_row("Check code", "رمز التحقق",
                                          json_pack("{s:o}", "id", string(payment->receipt_code))));
    return rows;
}

json_t *payment_receipt(const struct payment *payment, const struct snapshot *snapshot,
                        const char *public_url, const char *language)
{
    char time[CLOCK_TEXT];
    json_t *lines = json_array();
    clock_format_local(payment->captured_at, time);
    add_receipt_lines(payment, lines);
    json_t *receipt =
        json_pack("{s:s, s:{s:s, s:s}, s:o, s:s, s:o, s:o, s:o, s:o}", "type", "receipt", "title",
                  "en", "Receipt", "ar", "إيصال الدفع", "number", string(payment->receipt), "time",
                  time, "issuer",
                  is_one_agency(payment) ? agency(snapshot, payment->lines[0].instance)
                                         : json_object(),
                  "lines", lines, "total", money(payment->captured, payment->currency), "rows",
                  receipt_rows(payment));
    if (payment->receipt_code.size)
        json_object_set_new(receipt, "verify",
                            json_sprintf("%s/%s/verify?number=%s&code=%s", public_url, language,
                                         payment->receipt.data, payment->receipt_code.data));
    return receipt;
}
