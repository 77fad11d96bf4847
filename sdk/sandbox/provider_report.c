// SPDX-License-Identifier: Apache-2.0
// What the provider did on a day, as its report of balance transactions: CSV in the shape of
// Stripe's. Each payment costs a share and a fixed sum; what is left of the day is paid out at its
// end. https://docs.stripe.com/reports/balance-transaction-types
//
//     GET /v1/reports/balance_transactions?day=2026-03-01, with the provider's key

#include "provider.h"

#include "base/clock.h"
#include "base/url.h"

#include <stdio.h>
#include <stdlib.h>

struct day {
    struct sandbox_request *request;
    struct buf *out;
    char name[CLOCK_DATE];
    int64_t net; // of its rows
};

static bool is_of(const struct day *day, int64_t ms)
{
    char date[CLOCK_DATE];
    clock_format_date(ms, date);
    return ms && strcmp(date, day->name) == 0;
}

static void write_amount(struct buf *out, int64_t fils)
{
    long long size = llabs((long long)fils);
    buf_printf(out, "%s%lld.%02lld", fils < 0 ? "-" : "", size / 100, size % 100);
}

struct row {
    const char *type;
    const char *source; // of which the transaction's id is made
    const char *intent;
    const char *payment;
    int64_t amount, fee, created;
};

static void write_row(struct day *day, const struct row *row)
{
    struct buf *out = day->out;
    char created[CLOCK_TEXT];
    clock_format(row->created / 1000 * 1000, created);
    buf_printf(out, "txn_%s_%s,%s,%s,%s,", row->type, row->source, row->type, row->source,
               row->intent ? row->intent : "");
    write_amount(out, row->amount);
    buf_append_char(out, ',');
    write_amount(out, row->fee);
    buf_append_char(out, ',');
    write_amount(out, row->amount - row->fee);
    buf_printf(out, ",aed,%.10s %.8s,po_%.4s%.2s%.2s,%s\r\n", created, created + 11, day->name,
               day->name + 5, day->name + 8, row->payment ? row->payment : "");
    day->net += row->amount - row->fee;
}

static const char *payment_of(struct day *day, const char *intent)
{
    const json_t *found =
        json_object_get(sandbox_collection(day->request->sandbox, "intents"), intent);
    return json_get_string(json_object_get(found, "metadata"), "payment");
}

static void write_charges(struct day *day)
{
    const char *id;
    json_t *intent;
    const struct sandbox *sandbox = day->request->sandbox;
    json_object_foreach(sandbox_collection(day->request->sandbox, "intents"), id, intent)
    {
        int64_t amount = json_get_integer(intent, "amount_received", 0);
        int64_t created = json_get_integer(intent, "captured_at", 0);
        if (amount == 0 || !is_of(day, created))
            continue;
        int64_t fee = (amount * sandbox->fee_permil + 500) / 1000 + sandbox->fee_fixed;
        struct row row = {"charge", id, id, payment_of(day, id), amount, fee, created};
        write_row(day, &row);
    }
}

static void write_refunds(struct day *day)
{
    size_t index;
    json_t *refund;
    json_array_foreach(json_object_get(day->request->sandbox->state, "refunds"), index, refund)
    {
        int64_t created = json_get_integer(refund, "created_at", 0);
        const char *intent = json_get_string(refund, "payment_intent");
        if (!is_of(day, created))
            continue;
        struct row row = {"refund",
                          json_get_string(refund, "id"),
                          intent,
                          payment_of(day, intent),
                          -json_get_integer(refund, "amount", 0),
                          0,
                          created};
        write_row(day, &row);
    }
}

// Lost at once when it is opened, given again when it is won; the fee stays.
static void write_disputes(struct day *day)
{
    const char *id;
    json_t *dispute;
    json_object_foreach(sandbox_collection(day->request->sandbox, "disputes"), id, dispute)
    {
        const char *intent = json_get_string(dispute, "payment_intent");
        int64_t amount = json_get_integer(dispute, "amount", 0);
        struct row opened = {"dispute",
                             id,
                             intent,
                             payment_of(day, intent),
                             -amount,
                             json_get_integer(dispute, "fee", 0),
                             json_get_integer(dispute, "opened_at", 0)};
        struct row won = {"dispute_reversal",
                          id,
                          intent,
                          payment_of(day, intent),
                          amount,
                          0,
                          json_get_integer(dispute, "closed_at", 0)};
        if (is_of(day, opened.created))
            write_row(day, &opened);
        if (provider_is(dispute, "won") && is_of(day, won.created))
            write_row(day, &won);
    }
}

static void write_payout(struct day *day, int64_t last)
{
    char source[24];
    snprintf(source, sizeof source, "po_%.4s%.2s%.2s", day->name, day->name + 5, day->name + 8);
    struct row row = {"payout", source, NULL, NULL, -day->net, 0, last};
    if (day->net > 0)
        write_row(day, &row);
}

// The last instant of the day that is named; 0 when it is none.
static int64_t last_of(const char *name)
{
    char start[CLOCK_TEXT], *end;
    struct civil civil = {.month = 1, .day = 1};
    snprintf(start, sizeof start, "%s", name);
    civil.year = (int)strtol(start, &end, 10);
    if (end == start + 4 && *end == '-')
        civil.month = (int)strtol(end + 1, &end, 10);
    if (end == start + 7 && *end == '-')
        civil.day = (int)strtol(end + 1, &end, 10);
    civil.day++;
    return end == start + 10 && !*end ? clock_from_civil(&civil) - 1 : 0;
}

void provider_report(struct sandbox_request *request)
{
    struct str name = url_find_pair(request->http->query, "day", &request->http->arena);
    struct day day = {.request = request, .out = &request->reply->body};
    int64_t last = name.size == 10 ? last_of(arena_string(&request->http->arena, name)) : 0;
    if (last == 0) {
        sandbox_error(request, 400, "parameter_invalid");
        return;
    }
    clock_format_date(last, day.name);
    buf_append_text(day.out, "id,type,source,payment_intent_id,amount,fee,net,currency,created_utc,"
                             "automatic_payout_id,payment_metadata[payment]\r\n");
    write_charges(&day);
    write_refunds(&day);
    write_disputes(&day);
    if (last < clock_now(NULL))
        write_payout(&day, last);
    http_reply_field(request->reply, "content-type", STR("text/csv"));
}
