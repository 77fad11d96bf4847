// SPDX-License-Identifier: Apache-2.0
#include "auth/link.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "host/automatic.h"
#include "host/invoke.h"
#include "host/purchase.h"
#include "host/standing.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_LINKS = 50 };

struct tending {
    const struct automatic_options *options;
    const struct standing *order;
    struct standing_key key;
    struct arena arena;
    struct standing_notice *notices;
    size_t notice_count;
    int64_t now;
};

// A bill as the plugin lists it, of which nothing is taken on trust.
struct bill {
    struct standing_item item;
    const json_t *title; // borrowed
};

bool automatic_serves(const struct snapshot *snapshot, const char *instance)
{
    const struct route *route = snapshot_find(snapshot, str_from(instance));
    const struct manifest *manifest = route ? route->bundle->manifest : NULL;
    return manifest && manifest->may_pay && manifest_with_role(manifest, ROLE_DUE) &&
           manifest_with_role(manifest, ROLE_QUOTE);
}

// ---- asking ----

// The proven link that the key names: 1, or 0 when there is none; negative codes.
static int find_link(struct auth *auth, const struct standing_key *key, struct auth_link *out,
                     struct err *err)
{
    struct auth_link *links = mem_zero(MOST_LINKS, sizeof *links);
    struct auth_link_list list = {key->account, key->instance, links, MOST_LINKS};
    int count = auth_link_list(auth, &list, err), found = count < 0 ? count : 0;
    for (int i = 0; i < count && !found; i++) {
        if (links[i].proven && strcmp(links[i].reference, key->reference) == 0) {
            *out = links[i];
            found = 1;
        }
    }
    free(links);
    return found;
}

int automatic_may(struct auth *auth, struct gate *gate, const struct standing_key *key,
                  struct err *err)
{
    struct auth_link link;
    struct snapshot *snapshot = gate_pin(gate);
    bool serves = automatic_serves(snapshot, key->instance);
    snapshot_release(snapshot);
    int found = serves ? find_link(auth, key, &link, err) : 0;
    return found < 0    ? found
           : found == 0 ? err_set(err, ERR_NOT_FOUND, "no linked account whose bills can be paid")
                        : 0;
}

// As the plugin gets it: a JSON array of one.
static struct str links_json(struct tending *tending, const struct auth_link *link)
{
    struct buf text = {0};
    buf_append_text(&text, "[{\"account\":");
    json_append_string(&text, str_from(link->reference));
    buf_append_texts(&text, ",\"label\":", link->label[0] ? link->label : "null", "}]", NULL);
    struct str out = str_from(arena_string(&tending->arena, buf_str(&text)));
    buf_finish(&text);
    return out;
}

// What the account owes, yours; NULL when the agency cannot say now.
static json_t *ask_due(struct tending *tending, const struct auth_link *link)
{
    const struct automatic_options *options = tending->options;
    struct str account = id_str(&tending->order->account);
    struct str instance = str_from(tending->order->instance);
    struct snapshot *snapshot = gate_pin(options->gate);
    struct auth_pseudonym name = auth_pseudonym(options->auth, instance, &tending->order->account);
    struct invoke invoke = {.gate = options->gate,
                            .snapshot = snapshot,
                            .route = route_for(snapshot_find(snapshot, instance), account),
                            .citizen = account,
                            .caller = {.host = true,
                                       .signed_in = true,
                                       .account = account,
                                       .citizen = str_from(name.text),
                                       .links = links_json(tending, link)},
                            .input = json_object(),
                            .arena = &tending->arena};
    struct problem problem = {0};
    struct str result;
    json_t *answer = NULL;
    if (automatic_serves(snapshot, tending->order->instance))
        invoke.operation = manifest_with_role(invoke.route->bundle->manifest, ROLE_DUE);
    if (invoke.operation && invoke_operation(&invoke, &result, &problem) == 0)
        answer = json_parse(result, NULL);
    json_decref(invoke.input);
    problem_finish(&problem);
    snapshot_release(snapshot);
    return answer;
}

static bool read_bill(const struct tending *tending, const json_t *entry, struct bill *bill)
{
    const json_t *money = json_object_get(entry, "amount");
    const char *currency = json_get_string(money, "currency");
    const char *account = json_get_string(entry, "account");
    int64_t amount = json_get_integer(money, "amount", 0);
    *bill = (struct bill){.item = {.id = json_get_string(entry, "id"),
                                   .due = json_get_string(entry, "due")},
                          .title = json_object_get(entry, "title")};
    if (!bill->item.id || !bill->item.id[0] || strlen(bill->item.id) >= STANDING_ITEM ||
        !bill->item.due || !json_object_get(entry, "pay") || amount < 1 ||
        amount > LEDGER_AMOUNT_MAX || !currency ||
        strcmp(currency, tending->options->currency) != 0)
        return false;
    bill->item.amount = amount + money_fee(tending->options->money, "wallet",
                                           str_from(tending->order->instance), amount);
    return !account || strcmp(account, tending->order->reference) == 0;
}

// ---- telling ----

static json_t *money_of(const struct tending *tending, int64_t amount)
{
    return json_pack("{s:I, s:s}", "amount", (json_int_t)amount, "currency",
                     tending->options->currency);
}

static void tell(struct tending *tending, const struct bill *bill, enum standing_state state,
                 int64_t pay_at)
{
    struct err err;
    char date[CLOCK_DATE];
    struct buf text = {0};
    json_t *body =
        json_pack("{s:s, s:s, s:o}", "instance", tending->order->instance, "account",
                  tending->order->reference, "amount", money_of(tending, bill->item.amount));
    if (json_is_object(bill->title))
        json_object_set(body, "title", (json_t *)bill->title);
    clock_format_date(pay_at, date);
    if (state == ITEM_ANNOUNCED || state == ITEM_FAILED)
        json_object_set_new(body, "date", json_pack("{s:s}", "date", date));
    if (state == ITEM_OVER)
        json_object_set_new(body, "limit", money_of(tending, tending->order->most));
    json_append_canonical(&text, body);
    if (text.size >= STANDING_BODY) { // a title that long names nothing better than none
        json_object_del(body, "title");
        buf_clear(&text);
        json_append_canonical(&text, body);
    }
    struct standing_telling telling = {tending->key, bill->item.id, state,       bill->item.amount,
                                       pay_at,       text.data,     tending->now};
    if (standing_tell(tending->options->store, &telling, &err) < 0)
        log_line(LOG_LEVEL_WARNING, "money", "a notice of a standing order: %s", err.message);
    json_decref(body);
    buf_finish(&text);
}

// ---- paying ----

// The same for every try of an item: whatever happens in between, it is paid once.
static struct idempotency_key key_of(struct tending *tending, const struct bill *bill)
{
    struct str text =
        str_from(arena_printf(&tending->arena, "%s\n%s\n%s", tending->order->account.text,
                              tending->order->instance, bill->item.id));
    struct crypto_hash hash = crypto_sha256(text);
    struct buf key = {0};
    crypto_base64url(hash.bytes, sizeof hash.bytes, &key);
    struct idempotency_key out = {.caller = id_str(&tending->order->account),
                                  .route = STR("automatic"),
                                  .key = str_from(arena_string(&tending->arena, buf_str(&key))),
                                  .request = hash};
    buf_finish(&key);
    return out;
}

// It was refused, or the agency cannot say: tried again, or given up and said so.
static void not_paid(struct tending *tending, const struct bill *bill,
                     const struct standing_notice *notice, const struct problem *problem)
{
    enum { PATIENCE_MS = 24 * 3600 * 1000 };
    bool poor = str_is(problem->code, "insufficient-funds");
    int64_t again = standing_again(&bill->item, tending->now);
    if (!poor && (again || notice->pay_at + PATIENCE_MS > tending->now))
        return; // the next round looks again
    if (again)
        tell(tending, bill, ITEM_FAILED, again);
    else
        tell(tending, bill, ITEM_GIVEN_UP, tending->now);
}

static void pay(struct tending *tending, const struct bill *bill,
                const struct standing_notice *notice)
{
    const struct automatic_options *options = tending->options;
    struct purchase_item item = {str_from(tending->order->instance), str_from(bill->item.id), 0};
    struct standing_paying paying = {tending->key, bill->item.id, tending->now};
    struct purchase purchase = {.gate = options->gate,
                                .auth = options->auth,
                                .money = options->money,
                                .by = {.by = ACTIVITY_AUTOMATIC},
                                .payer = &tending->order->account,
                                .currency = options->currency,
                                .language = tending->order->language,
                                .key = key_of(tending, bill),
                                .items = &item,
                                .count = 1,
                                .also = standing_pay,
                                .also_context = &paying,
                                .arena = &tending->arena};
    struct money_answer answer;
    struct problem problem = {0};
    if (purchase_make(&purchase, &answer, &problem) == 0)
        buf_finish(&answer.body);
    else
        not_paid(tending, bill, notice, &problem);
    problem_finish(&problem);
}

// ---- an order ----

static const struct standing_notice *notice_of(const struct tending *tending, const char *item)
{
    for (size_t i = 0; i < tending->notice_count; i++)
        if (strcmp(tending->notices[i].item, item) == 0)
            return &tending->notices[i];
    return NULL;
}

static void tend_bill(struct tending *tending, const struct bill *bill)
{
    const struct standing_notice *notice = notice_of(tending, bill->item.id);
    struct standing_rules rules = {tending->now, tending->options->lead_days};
    switch (standing_decide(tending->order, notice, &bill->item, &rules)) {
    case STANDING_WAIT:
        break;
    case STANDING_ANNOUNCE:
        tell(tending, bill, ITEM_ANNOUNCED,
             tending->now + tending->order->days * INT64_C(24) * 3600 * 1000);
        break;
    case STANDING_REFUSE:
        tell(tending, bill, ITEM_OVER, tending->now);
        break;
    case STANDING_PAY:
        pay(tending, bill, notice);
        break;
    }
}

static bool lists(const json_t *items, const char *item)
{
    size_t index;
    json_t *entry;
    json_array_foreach((json_t *)items, index, entry)
    {
        const char *id = json_get_string(entry, "id");
        if (id && strcmp(id, item) == 0)
            return true;
    }
    return false;
}

static void tend_bills(struct tending *tending, const json_t *items)
{
    struct err err;
    struct bill bill;
    for (size_t i = 0; i < json_array_size(items) && i < STANDING_ITEMS; i++)
        if (read_bill(tending, json_array_get(items, i), &bill))
            tend_bill(tending, &bill);
    // What was announced and is owed no more, because it was paid in another way.
    for (size_t i = 0; i < tending->notice_count; i++)
        if (!lists(items, tending->notices[i].item))
            standing_forget(tending->options->store, &tending->key, tending->notices[i].item, &err);
}

static int read_notices(struct tending *tending, struct err *err)
{
    struct standing_notices query = {tending->key, tending->notices, 2 * STANDING_ITEMS};
    int count = standing_notices(tending->options->store, &query, err);
    tending->notice_count = count < 0 ? 0 : (size_t)count;
    return count < 0 ? count : 0;
}

void automatic_tend(const struct automatic_options *options, const struct standing *order)
{
    struct err err = {0};
    struct auth_link link;
    struct tending tending = {.options = options,
                              .order = order,
                              .key = {&order->account, order->instance, order->reference},
                              .now = clock_now(NULL)};
    tending.notices = arena_zero(&tending.arena, 2 * STANDING_ITEMS * sizeof *tending.notices);
    struct activity_actor by = {.by = ACTIVITY_CITY};
    int linked = find_link(options->auth, &tending.key, &link, &err);
    int rc = linked == 0 ? standing_remove(options->store, &tending.key, &by, &err) : linked;
    if (linked > 0)
        rc = read_notices(&tending, &err);
    json_t *answer = linked > 0 && rc == 0 ? ask_due(&tending, &link) : NULL;
    const json_t *items = json_object_get(answer, "items");
    if (json_is_array(items)) {
        tend_bills(&tending, items);
        rc = read_notices(&tending, &err);
    }
    automatic_text(options, order, tending.notices, tending.notice_count);
    if (rc < 0 && rc != ERR_NOT_FOUND)
        log_line(LOG_LEVEL_WARNING, "money", "a standing order: %s", err.message);
    json_decref(answer);
    arena_finish(&tending.arena);
}
