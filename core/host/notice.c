// SPDX-License-Identifier: Apache-2.0
#include "host/notice.h"

#include "base/json.h"
#include "notify/inbox.h"

#include <stdio.h>

STORE_SQL(notice_payment, "SELECT payer, receipt, captured, currency FROM payment WHERE id = $1");

struct paid {
    struct id payer;
    char receipt[32], currency[4];
    int64_t captured;
};

static int read_paid(struct store_db *db, const struct id *payment, struct paid *paid,
                     struct err *err)
{
    struct store_cursor row;
    int found = store_one(db, notice_payment, BIND(bind_text(id_str(payment))), &row, err);
    if (found <= 0)
        return found;
    paid->payer = id_from(cursor_text(&row, 0));
    cursor_copy(&row, 1, paid->receipt, sizeof paid->receipt);
    paid->captured = cursor_int(&row, 2);
    cursor_copy(&row, 3, paid->currency, sizeof paid->currency);
    cursor_finish(&row);
    return paid->payer.text[0] != 0; // nobody to tell of an anonymous payment
}

// What the event says is moved: all of its lines' amounts.
static int64_t amount_of(const struct outbox_event *event)
{
    json_t *body = json_parse(event->body, NULL);
    const json_t *lines = json_object_get(body, "lines");
    int64_t sum = 0;
    for (size_t i = 0; i < json_array_size(lines); i++)
        sum += json_get_integer(json_object_get(json_array_get(lines, i), "amount"), "amount", 0);
    json_decref(body);
    return sum;
}

static void write_body(struct buf *out, const struct outbox_event *event, const struct paid *paid,
                       int64_t amount)
{
    buf_append_texts(out, "{\"payment\":\"", event->payment.text, "\"", NULL);
    if (paid->receipt[0])
        buf_append_texts(out, ",\"receipt\":\"", paid->receipt, "\"", NULL);
    buf_append_text(out, ",\"amount\":{\"amount\":");
    buf_append_integer(out, amount);
    buf_append_texts(out, ",\"currency\":\"", paid->currency, "\"}}", NULL);
}

int notice_of_event(void *context, struct store_db *db, const struct outbox_told *told,
                    struct err *err)
{
    (void)context;
    const struct outbox_event *event = told->event;
    struct paid paid = {0};
    int status = read_paid(db, &event->payment, &paid, err);
    if (status <= 0)
        return status;
    // A payment to several agencies is one message; each refund is one.
    bool captured = strcmp(event->kind, "payment.captured") == 0;
    struct buf body = {0};
    write_body(&body, event, &paid, captured ? paid.captured : amount_of(event));
    char id[INBOX_ID];
    snprintf(id, sizeof id, "%s%s", captured ? event->payment.text : event->id.text,
             told->dead ? "-waiting" : "");
    struct inbox_message message = {.account = &paid.payer,
                                    .id = id,
                                    .kind = told->dead ? "payment.waiting" : event->kind,
                                    .body = buf_str(&body),
                                    .made = told->now};
    status = inbox_put(db, &message, err);
    buf_finish(&body);
    return status < 0 ? status : 0;
}
