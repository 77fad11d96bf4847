/* SPDX-License-Identifier: Apache-2.0 */
/* Months of electricity and water. Whoever has not linked the account sees amounts, dates and a
   masked name, enough to pay for a neighbour and no more. */

#include "bills.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ACCOUNT_DIGITS = 10, DATE = 16 };

static const char *text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value ? value : "";
}

static int64_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* A text with {name} filled in by another text, each language by its own. */
static json_t *text_with(const char *key, const char *name, const json_t *value)
{
    json_t *english = medina_text(key, name, text(value, "en"), NULL);
    json_t *arabic = medina_text(key, name, text(value, "ar"), NULL);
    json_t *both = medina_text_of(text(english, "en"), text(arabic, "ar"));
    json_decref(english);
    json_decref(arabic);
    return both;
}

/* A text with {month} filled in: "2026-10" reads "October 2026". */
static json_t *text_of_month(const char *key, const char *id)
{
    char year[5] = "", name[16];
    if (strlen(id) != sizeof "2026-10" - 1)
        return medina_text(key, "month", id, NULL);
    memcpy(year, id, 4);
    snprintf(name, sizeof name, "month.%.2s", id + 5);
    json_t *month = medina_text(name, "year", year, NULL);
    json_t *both = text_with(key, "month", month);
    json_decref(month);
    return both;
}

static bool is_due(const json_t *bill)
{
    return strcmp(text(bill, "status"), "due") == 0;
}

/* Dates compare as text. The process's zone is the city's. */
static bool is_overdue(const json_t *bill)
{
    char today[DATE];
    time_t now = time(NULL);
    struct tm civil;
    localtime_r(&now, &civil);
    strftime(today, sizeof today, "%Y-%m-%d", &civil);
    return strcmp(text(bill, "due"), today) < 0;
}

static json_t *bill_badge(const json_t *bill)
{
    if (!is_due(bill))
        return bills_badge("bill.paid", "success");
    return is_overdue(bill) ? bills_badge("bill.overdue", "error")
                            : bills_badge("bill.due", "warning");
}

static void add_payable(json_t *to, const char *account, const json_t *bill)
{
    char item[64];
    snprintf(item, sizeof item, "%s.%s", account, text(bill, "id"));
    json_object_set_new(to, "id", json_string(item));
    json_object_set_new(to, "title", text_of_month("bill.item", text(bill, "id")));
    json_object_set_new(to, "amount", medina_money(number(bill, "total")));
    json_object_set_new(to, "account", json_string(account));
    if (!is_due(bill))
        return;
    json_object_set_new(to, "due", json_string(text(bill, "due")));
    json_object_set_new(to, "pay", json_object());
}

static json_t *bill_item(const char *account, const json_t *bill, bool owner)
{
    json_t *item = json_pack("{s:o}", "badge", bill_badge(bill));
    add_payable(item, account, bill);
    json_object_set_new(item, "title", text_of_month("bill.title", text(bill, "id")));
    if (owner)
        json_object_set_new(item, "open",
                            bills_action("bill",
                                         json_pack("{s:s, s:s}", "account", account, "bill",
                                                   text(bill, "id")),
                                         medina_text("bill.open", NULL), "secondary"));
    return item;
}

static void list_bills(medina_call *call, const char *account)
{
    json_t *items = json_array(), *bill;
    size_t index;
    bool owner = medina_owns(call, account);
    json_t *answer = bills_ask(call, medina_http_get(call, "/accounts/%s/bills", account), "bills",
                               "bills.account-unknown");
    if (!answer) {
        json_decref(items);
        return;
    }
    json_array_foreach(json_object_get(answer, "bills"), index, bill)
    {
        if (owner || is_due(bill))
            json_array_append_new(items, bill_item(account, bill, owner));
    }
    const json_t *name = json_object_get(answer, owner ? "name" : "name_masked");
    medina_return(call, json_pack("{s:s, s:o, s:o, s:o, s:o}", "type", "list", "title",
                                  medina_text("bills.title", "account", account, NULL), "summary",
                                  text_with("account.of", "name", name), "empty",
                                  medina_text("bills.empty", NULL), "items", items));
}

static bool add_due(medina_call *call, json_t *items, const char *account)
{
    medina_http_reply *reply = medina_http_get(call, "/accounts/%s/bills", account);
    json_t *bill;
    size_t index;
    if (!medina_http_ok(reply) || !json_is_array(json_object_get(reply->json, "bills")))
        return false;
    json_array_foreach(json_object_get(reply->json, "bills"), index, bill)
    {
        if (is_due(bill))
            json_array_append_new(items, bill_item(account, bill, true));
    }
    return true;
}

/* ---- one bill ---- */

static json_t *unit_of(const char *unit)
{
    char key[32];
    snprintf(key, sizeof key, "unit.%s", unit);
    return medina_text(key, NULL);
}

static json_t *quantity(int64_t thousandths, const char *unit)
{
    return json_pack("{s:f, s:o, s:i}", "number", (double)thousandths / 1000, "unit", unit_of(unit),
                     "decimals", strcmp(unit, "kWh") == 0 ? 0 : 2);
}

static json_t *column(const char *key, const char *align)
{
    return json_pack("{s:o, s:s}", "title", medina_text(key, NULL), "align", align);
}

static json_t *readings_section(const json_t *bill)
{
    json_t *rows = json_array(), *reading;
    size_t index;
    json_array_foreach(json_object_get(bill, "readings"), index, reading)
    {
        char key[32];
        snprintf(key, sizeof key, "meter.%s", text(reading, "meter"));
        const char *unit = text(reading, "unit");
        int64_t from = number(reading, "from"), to = number(reading, "to");
        json_array_append_new(rows, json_pack("[o, o, o, o]", medina_text(key, NULL),
                                              quantity(from, unit), quantity(to, unit),
                                              quantity(to - from, unit)));
    }
    return json_pack("{s:o, s:{s:[o, o, o, o], s:o}}", "title", medina_text("readings.title", NULL),
                     "table", "columns", column("readings.meter", "start"),
                     column("readings.before", "end"), column("readings.now", "end"),
                     column("readings.used", "end"), "rows", rows);
}

static json_t *lines_section(const json_t *bill)
{
    json_t *rows = json_array(), *line;
    size_t index;
    json_array_foreach(json_object_get(bill, "lines"), index, line)
    {
        bool measured = number(line, "quantity_thousandths") > 0 && text(line, "unit")[0];
        json_array_append_new(
            rows,
            json_pack("[O, o, o, o]", json_object_get(line, "title"),
                      measured ? quantity(number(line, "quantity_thousandths"), text(line, "unit"))
                               : json_null(),
                      medina_money(number(line, "amount")), medina_money(number(line, "vat"))));
    }
    return json_pack("{s:o, s:{s:[o, o, o, o], s:o, s:[o, n, o, o]}}", "title",
                     medina_text("lines.title", NULL), "table", "columns",
                     column("lines.line", "start"), column("lines.quantity", "end"),
                     column("lines.amount", "end"), column("lines.vat", "end"), "rows", rows,
                     "total", medina_text("lines.total", NULL),
                     medina_money(number(bill, "amount")), medina_money(number(bill, "vat")));
}

static json_t *slabs_section(const json_t *line)
{
    json_t *rows = json_array(), *step;
    size_t index;
    const json_t *title = json_object_get(line, "title");
    json_array_foreach(json_object_get(line, "steps"), index, step)
    {
        json_array_append_new(rows,
                              json_pack("[o, {s:f, s:i}, o]",
                                        quantity(number(step, "quantity_thousandths"),
                                                 text(line, "unit")),
                                        "number", (double)number(step, "rate_microfils") / 1e6,
                                        "decimals", 2, medina_money(number(step, "amount"))));
    }
    return json_pack("{s:o, s:{s:[o, o, o], s:o}}", "title",
                     text_with("slabs.title", "line", title), "table", "columns",
                     column("slabs.quantity", "start"), column("slabs.rate", "end"),
                     column("slabs.amount", "end"), "rows", rows);
}

static json_t *history_section(const json_t *answer)
{
    json_t *labels = json_array(), *values = json_array(), *month;
    size_t index;
    json_array_foreach(json_object_get(answer, "history"), index, month)
    {
        json_array_append_new(labels, json_pack("{s:s}", "month", text(month, "month")));
        json_array_append_new(values,
                              json_real((double)number(month, "electricity_thousandths") / 1000));
    }
    return json_pack("{s:o, s:{s:s, s:o, s:o, s:[{s:o, s:o}]}}", "title",
                     medina_text("history.title", NULL), "chart", "kind", "bar", "unit",
                     unit_of("kWh"), "labels", labels, "series", "title",
                     medina_text("meter.electricity", NULL), "values", values);
}

static json_t *facts_section(const char *account, const json_t *answer, const json_t *bill)
{
    json_t *rows = json_array();
    json_array_append_new(rows, bills_row("bill.account", json_pack("{s:s}", "id", account)));
    json_array_append_new(rows, bills_row("bill.place",
                                          json_deep_copy(json_object_get(answer, "place"))));
    json_array_append_new(rows, bills_row("bill.issued",
                                          json_pack("{s:s}", "date", text(bill, "issued"))));
    json_array_append_new(rows, bills_row("bill.due-date",
                                          json_pack("{s:s}", "date", text(bill, "due"))));
    if (text(bill, "paid_at")[0])
        json_array_append_new(rows, bills_row("bill.paid-at",
                                              json_pack("{s:s}", "time", text(bill, "paid_at"))));
    json_array_append_new(rows, bills_row("bill.total", medina_money(number(bill, "total"))));
    return json_pack("{s:o}", "rows", rows);
}

void bills_show(medina_call *call)
{
    const char *account = medina_input_string(call, "account");
    const char *month = medina_input_string(call, "bill");
    if (!medina_owns(call, account)) {
        medina_fail(call, MEDINA_DENIED, "bills.not-yours");
        return;
    }
    json_t *answer = bills_ask(call, medina_http_get(call, "/accounts/%s/bills/%s", account, month),
                               "bill", "bills.bill-unknown");
    if (!answer)
        return;
    const json_t *bill = json_object_get(answer, "bill");
    json_t *payable = json_object(), *sections = json_array(), *line;
    size_t index;
    add_payable(payable, account, bill);
    json_array_append_new(sections, facts_section(account, answer, bill));
    json_array_append_new(sections, readings_section(bill));
    json_array_append_new(sections, lines_section(bill));
    json_array_foreach(json_object_get(bill, "lines"), index, line)
    {
        if (json_array_size(json_object_get(line, "steps")) > 0)
            json_array_append_new(sections, slabs_section(line));
    }
    json_array_append_new(sections, history_section(answer));
    medina_return(call, json_pack("{s:s, s:o, s:o, s:o, s:o}", "type", "detail", "title",
                                  text_of_month("bill.title", month), "badge", bill_badge(bill),
                                  "payable", payable, "sections", sections));
}

/* ---- paying ---- */

/* "2001234567.2026-10" into account and month. */
static bool split(const char *item, char account[16], char month[16])
{
    const char *dot = strchr(item, '.');
    if (!dot || dot - item != ACCOUNT_DIGITS || strlen(dot + 1) != 7)
        return false;
    memcpy(account, item, ACCOUNT_DIGITS);
    account[ACCOUNT_DIGITS] = '\0';
    strcpy(month, dot + 1);
    return strspn(account, "0123456789") == ACCOUNT_DIGITS && strspn(month, "0123456789-") == 7;
}

static void quote(medina_call *call, const char *item)
{
    char account[16], month[16];
    if (!split(item, account, month)) {
        medina_fail(call, MEDINA_NOT_FOUND, "bills.bill-unknown");
        return;
    }
    json_t *answer = bills_ask(call, medina_http_get(call, "/accounts/%s/bills/%s", account, month),
                               "bill", "bills.bill-unknown");
    if (!answer)
        return;
    const json_t *bill = json_object_get(answer, "bill");
    json_t *payable = json_object();
    add_payable(payable, account, bill);
    medina_return(call, json_pack("{s:s, s:o, s:b, s:o}", "type", "data", "title",
                                  text_of_month("bill.title", month), "owed", is_due(bill),
                                  "payable", payable));
}

static json_t *posting(const char *item, int64_t amount, const char *reference)
{
    char account[16], month[16];
    if (!split(item, account, month))
        return NULL;
    return json_pack("{s:s, s:s, s:I, s:s}", "account", account, "bill", month, "amount",
                     (json_int_t)amount, "reference", reference);
}

/* Only the agency's word that this payment settled the bill is one. */
static bool posted(const json_t *answer, const json_t *posting)
{
    const json_t *bill = json_object_get(answer, "bill");
    return strcmp(text(bill, "status"), "paid") == 0 &&
           strcmp(text(bill, "paid_reference"), text(posting, "reference")) == 0;
}

const struct trade postpaid = {list_bills, add_due, quote, posting, posted};
