// SPDX-License-Identifier: Apache-2.0
//
// Events for the outbox: one for each instance that a change of a payment concerns, with that
// instance's lines only and the name by which it knows the payer.
//
//     {"event":"…","type":"payment.captured","payment":"…","at":"2026-03-01T08:30:00Z",
//      "receipt":"…","payer":"…"|null,"lines":[{"line":1,"item":"…","reference":"…",
//      "amount":{"amount":58310,"currency":"AED"}}]}
#include "base/json.h"
#include "money/money_internal.h"
#include "money/top_up.h"

static bool concerns(const struct payment_line *line, int64_t only)
{
    // Of a top-up there is no plugin to tell.
    return !top_up_is(line) && (only ? line->number == only : line->state == LINE_PAID);
}

// True when no earlier line of the same instance is concerned: the event is written there.
static bool is_first(const struct payment *payment, size_t index, int64_t only)
{
    for (size_t i = 0; i < index; i++)
        if (concerns(&payment->lines[i], only) &&
            str_equal(payment->lines[i].instance, payment->lines[index].instance))
            return false;
    return concerns(&payment->lines[index], only);
}

static void write_line(struct buf *out, const struct payment *payment,
                       const struct payment_line *line, int64_t amount)
{
    buf_append_text(out, "{\"line\":");
    buf_append_integer(out, line->number);
    buf_append_text(out, ",\"item\":");
    json_append_string(out, line->item);
    buf_append_text(out, ",\"reference\":");
    json_append_string(out, line->reference);
    buf_append_text(out, ",\"amount\":{\"amount\":");
    buf_append_integer(out, amount);
    buf_append_texts(out, ",\"currency\":\"", payment->currency, "\"}}", NULL);
}

static void write_head(struct buf *out, const struct payment *payment,
                       const struct payment_line *line, const struct outbox_new *event)
{
    char at[CLOCK_TEXT];
    clock_format(event->now, at);
    buf_append_texts(out, "{\"event\":\"", event->id->text, "\",\"type\":\"", event->kind,
                     "\",\"payment\":\"", payment->id.text, "\",\"at\":\"", at, "\"", NULL);
    buf_append_text(out, ",\"receipt\":");
    json_append_string(out, payment->receipt);
    buf_append_text(out, ",\"payer\":");
    if (line->pseudonym.size)
        json_append_string(out, line->pseudonym);
    else
        buf_append_text(out, "null");
    buf_append_text(out, ",\"lines\":[");
}

int money_put_events(struct store_db *db, const struct payment *payment, const char *kind,
                     int64_t only, int64_t amount, struct money_stamp *stamp, struct err *err)
{
    struct buf body = {0};
    int status = 0;
    for (size_t i = 0; status >= 0 && i < payment->count; i++) {
        if (!is_first(payment, i, only))
            continue;
        const struct payment_line *first = &payment->lines[i];
        struct outbox_new event = {.id = money_ids_next(&stamp->ids),
                                   .payment = &payment->id,
                                   .instance = first->instance,
                                   .kind = kind,
                                   .now = stamp->now};
        buf_clear(&body);
        write_head(&body, payment, first, &event);
        for (size_t k = i, written = 0; k < payment->count; k++) {
            const struct payment_line *line = &payment->lines[k];
            if (!concerns(line, only) || !str_equal(line->instance, first->instance))
                continue;
            if (written++)
                buf_append_char(&body, ',');
            write_line(&body, payment, line, only ? amount : line->accepted - line->fee);
        }
        buf_append_text(&body, "]}");
        event.body = buf_str(&body);
        status = outbox_put(db, &event, err);
    }
    buf_finish(&body);
    return status < 0 ? status : 0;
}
