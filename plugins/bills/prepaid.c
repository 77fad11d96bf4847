/* SPDX-License-Identifier: Apache-2.0 */
/* A prepaid account: its balance, its latest trips, and top-ups of an amount that the citizen
   chooses. The agency numbers top-ups, so one that was paid for cannot be paid for again from
   another tab. */

#include "bills.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Fils. */
enum { LEAST = 2000, MOST = 100000, USUAL = 5000, LOW = 5000 };

enum { ACCOUNT_DIGITS = 10 };

static int64_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static json_t *payable(const char *account, int64_t next)
{
    char item[64];
    snprintf(item, sizeof item, "%s.%" PRId64, account, next);
    return json_pack("{s:s, s:o, s:o, s:s, s:{s:i, s:i, s:[i, i, i]}}", "id", item, "title",
                     medina_text("toll.top-up", "account", account, NULL), "amount",
                     medina_money(USUAL), "account", account, "pay", "least", LEAST, "most", MOST,
                     "choices", USUAL, 2 * USUAL, 4 * USUAL);
}

static json_t *trips_section(const json_t *answer)
{
    json_t *rows = json_array(), *trip;
    size_t index;
    json_array_foreach(json_object_get(answer, "trips"), index, trip)
    {
        json_array_append_new(rows, json_pack("[O, {s:O}, o]", json_object_get(trip, "gate"),
                                              "time", json_object_get(trip, "time"),
                                              medina_money(number(trip, "fare"))));
    }
    return json_pack("{s:o, s:{s:[{s:o}, {s:o}, {s:o, s:s}], s:o}}", "title",
                     medina_text("toll.trips", NULL), "table", "columns", "title",
                     medina_text("toll.gate", NULL), "title", medina_text("toll.time", NULL),
                     "title", medina_text("toll.fare", NULL), "align", "end", "rows", rows);
}

static void show(medina_call *call, const char *account)
{
    json_t *answer = bills_ask(call, medina_http_get(call, "/accounts/%s", account), "next_top_up",
                               "bills.account-unknown");
    if (!answer)
        return;
    json_t *items = json_pack("[o]", payable(account, number(answer, "next_top_up")));
    json_t *sections = json_array();
    bool owner = medina_owns(call, account);
    /* The balance and the trips are the owner's; anybody may top up. */
    if (owner)
        json_array_append_new(sections,
                              json_pack("{s:[o]}", "rows",
                                        bills_row("toll.balance",
                                                  medina_money(number(answer, "balance")))));
    json_array_append_new(sections, json_pack("{s:o}", "items", items));
    if (owner)
        json_array_append_new(sections, trips_section(answer));
    json_t *result = json_pack("{s:s, s:o, s:O, s:o}", "type", "detail", "title",
                               medina_text("toll.title", "account", account, NULL), "summary",
                               json_object_get(answer, "name_masked"), "sections", sections);
    if (owner && number(answer, "balance") < LOW)
        json_object_set_new(result, "badge", bills_badge("toll.low", "warning"));
    medina_return(call, result);
}

/* Nothing is owed on a prepaid account; a low one is worth a top-up. */
static bool add_due(medina_call *call, json_t *items, const char *account)
{
    medina_http_reply *reply = medina_http_get(call, "/accounts/%s", account);
    if (!medina_http_ok(reply) || !json_is_integer(json_object_get(reply->json, "balance")))
        return false;
    if (number(reply->json, "balance") < LOW)
        json_array_append_new(items, payable(account, number(reply->json, "next_top_up")));
    return true;
}

/* "3007654321.7" into account and number. */
static bool split(const char *item, char account[16], int64_t *next)
{
    int used = 0;
    return sscanf(item, "%10[0-9].%9" SCNd64 "%n", account, next, &used) == 2 && !item[used] &&
           strlen(account) == ACCOUNT_DIGITS;
}

static void quote(medina_call *call, const char *item)
{
    char account[16];
    int64_t next;
    if (!split(item, account, &next)) {
        medina_fail(call, MEDINA_NOT_FOUND, "bills.bill-unknown");
        return;
    }
    json_t *answer = bills_ask(call, medina_http_get(call, "/accounts/%s", account), "next_top_up",
                               "bills.account-unknown");
    if (!answer)
        return;
    medina_return(call, json_pack("{s:s, s:o, s:b, s:o}", "type", "data", "title",
                                  medina_text("toll.top-up", "account", account, NULL), "owed",
                                  number(answer, "next_top_up") == next, "payable",
                                  payable(account, next)));
}

static json_t *posting(const char *item, int64_t paid, const char *reference)
{
    char account[16];
    int64_t next;
    if (!split(item, account, &next))
        return NULL;
    return json_pack("{s:s, s:I, s:I, s:s}", "account", account, "number", (json_int_t)next,
                     "amount", (json_int_t)paid, "reference", reference);
}

/* The agency took the top-up when it has gone on to a later number. */
static bool posted(const json_t *answer, const json_t *posting)
{
    return json_equal(json_object_get(answer, "account"), json_object_get(posting, "account")) &&
           number(answer, "next_top_up") > number(posting, "number");
}

const struct trade prepaid = {show, add_due, quote, posting, posted};
