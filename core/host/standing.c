// SPDX-License-Identifier: Apache-2.0
#include "host/standing.h"

#include "base/crypto.h"
#include "money/settlement.h"
#include "notify/inbox.h"

#include <stdio.h>

#define DAY_MS (INT64_C(24) * 3600 * 1000)

STORE_SQL(standing_upsert,
          "INSERT INTO standing_order (account, instance, reference, method, language, most, days, "
          "active, consented) SELECT id, $2, $3, 'wallet', $4, $5, $6, $7, $8 FROM account "
          "WHERE id = $1 ON CONFLICT (account, instance, reference) DO UPDATE SET "
          "method = excluded.method, language = excluded.language, most = excluded.most, "
          "days = excluded.days, active = excluded.active, consented = excluded.consented");
STORE_SQL(standing_unannounce, "DELETE FROM standing_item WHERE account = $1 AND instance = $2 "
                               "AND reference = $3 AND state IN ('announced', 'failed', 'over')");
STORE_SQL(standing_one, "SELECT account, instance, reference, language, most, days, active, "
                        "consented FROM standing_order "
                        "WHERE account = $1 AND instance = $2 AND reference = $3");
STORE_SQL(standing_delete,
          "DELETE FROM standing_order WHERE account = $1 AND instance = $2 AND reference = $3");
STORE_SQL(standing_active,
          "SELECT account, instance, reference, language, most, days, active, consented "
          "FROM standing_order WHERE active = 1 AND (account, instance, reference) > ($1, $2, $3) "
          "ORDER BY account, instance, reference LIMIT $4");
STORE_SQL(standing_items,
          "SELECT item, state, amount, pay_at, told, body, texted FROM standing_item "
          "WHERE account = $1 AND instance = $2 AND reference = $3 ORDER BY item LIMIT $4");
STORE_SQL(standing_item_told, "SELECT told FROM standing_item WHERE account = $1 "
                              "AND instance = $2 AND reference = $3 AND item = $4");
STORE_SQL(standing_item_upsert,
          "INSERT INTO standing_item (account, instance, reference, item, state, amount, pay_at, "
          "body, told, texted) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0) "
          "ON CONFLICT (account, instance, reference, item) DO UPDATE SET "
          "state = excluded.state, amount = excluded.amount, pay_at = excluded.pay_at, "
          "body = excluded.body, told = excluded.told, texted = 0");
STORE_SQL(standing_item_texted, "UPDATE standing_item SET texted = 1 WHERE account = $1 "
                                "AND instance = $2 AND reference = $3 AND item = $4");
STORE_SQL(standing_item_forget,
          "DELETE FROM standing_item WHERE account = $1 AND instance = $2 AND reference = $3 "
          "AND item = $4 AND state IN ('announced', 'failed', 'over')");
STORE_SQL(standing_item_pay,
          "UPDATE standing_item SET state = 'paid', texted = 1 WHERE account = $1 "
          "AND instance = $2 AND reference = $3 AND item = $4 AND state IN ('announced', 'failed') "
          "AND amount >= $5 AND pay_at <= $6 AND EXISTS (SELECT 1 FROM standing_order AS o "
          "WHERE o.account = $1 AND o.instance = $2 AND o.reference = $3 AND o.active = 1 "
          "AND o.most >= $5)");

static const char *const states[] = {"announced", "failed", "over", "paid", "given-up"};

const char *standing_state_name(enum standing_state state)
{
    return states[state];
}

const char *standing_kind(enum standing_state state)
{
    static const char *const kinds[] = {"automatic.notice", "automatic.failed",
                                        "automatic.over-limit", NULL, "automatic.given-up"};
    return kinds[state];
}

#define KEY(key)                                                                                   \
    bind_text(id_str((key)->account)), bind_string((key)->instance), bind_string((key)->reference)

static struct standing_key key_of(const struct standing *order)
{
    return (struct standing_key){&order->account, order->instance, order->reference};
}

// ---- orders ----

struct put_job {
    const struct standing *order;
    const struct activity_actor *by;
};

static int tell_activity(struct store_db *db, const struct standing_key *key,
                         const struct activity_note *what, struct err *err)
{
    struct activity_note note = *what;
    note.account = key->account;
    note.instance = key->instance;
    return activity_put(db, &note, err);
}

static int put_job(struct store_db *db, void *argument, struct err *err)
{
    const struct put_job *job = argument;
    const struct standing *order = job->order;
    struct standing_key key = key_of(order);
    struct activity_note note = {.kind = order->active ? "automatic.agreed" : "automatic.stopped",
                                 .actor = *job->by,
                                 .made = order->consented};
    int status =
        store_exec(db, standing_upsert,
                   BIND(KEY(&key), bind_string(order->language), bind_int(order->most),
                        bind_int(order->days), bind_int(order->active), bind_int(order->consented)),
                   err);
    if (status >= 0 && !order->active)
        status = store_exec(db, standing_unannounce, BIND(KEY(&key)), err);
    return status < 0 ? status : tell_activity(db, &key, &note, err);
}

int standing_put(struct store *store, const struct standing *order, const struct activity_actor *by,
                 struct err *err)
{
    struct put_job job = {order, by};
    int status = store_run(store, put_job, &job, err);
    return status < 0 ? status : 0;
}

static void read_order(const struct store_cursor *row, struct standing *out)
{
    *out = (struct standing){.account = id_from(cursor_text(row, 0)),
                             .most = cursor_int(row, 4),
                             .days = cursor_int(row, 5),
                             .active = cursor_int(row, 6) != 0,
                             .consented = cursor_int(row, 7)};
    cursor_copy(row, 1, out->instance, sizeof out->instance);
    cursor_copy(row, 2, out->reference, sizeof out->reference);
    cursor_copy(row, 3, out->language, sizeof out->language);
}

struct one_job {
    const struct standing_key *key;
    struct standing *out;
    const struct activity_actor *by;
    int64_t now;
};

static int get_job(struct store_db *db, void *argument, struct err *err)
{
    struct one_job *job = argument;
    struct store_cursor row;
    int found = store_one(db, standing_one, BIND(KEY(job->key)), &row, err);
    if (found <= 0)
        return found < 0 ? found : err_set(err, ERR_NOT_FOUND, "no such standing order");
    read_order(&row, job->out);
    cursor_finish(&row);
    return 0;
}

int standing_get(struct store *store, const struct standing_key *key, struct standing *out,
                 struct err *err)
{
    struct one_job job = {.key = key, .out = out};
    return store_read(store, get_job, &job, err);
}

// What was paid stays noted: it is not paid again when the order comes back.
static int remove_job(struct store_db *db, void *argument, struct err *err)
{
    struct one_job *job = argument;
    int status = store_exec(db, standing_unannounce, BIND(KEY(job->key)), err);
    if (status >= 0)
        status = store_exec(db, standing_delete, BIND(KEY(job->key)), err);
    if (status <= 0)
        return status < 0 ? status : err_set(err, ERR_NOT_FOUND, "no such standing order");
    struct activity_note note = {.kind = "automatic.stopped", .actor = *job->by, .made = job->now};
    return tell_activity(db, job->key, &note, err);
}

int standing_remove(struct store *store, const struct standing_key *key,
                    const struct activity_actor *by, struct err *err)
{
    struct one_job job = {.key = key, .by = by, .now = clock_now(NULL)};
    int status = store_run(store, remove_job, &job, err);
    return status < 0 ? status : 0;
}

STORE_SQL(standing_erase_items, "DELETE FROM standing_item WHERE account = $1");
STORE_SQL(standing_erase_orders, "DELETE FROM standing_order WHERE account = $1");

int standing_erase(struct store_db *db, const struct id *account, struct err *err)
{
    struct store_value id = bind_text(id_str(account));
    int status = store_exec(db, standing_erase_items, BIND(id), err);
    return status < 0 ? status : store_exec(db, standing_erase_orders, BIND(id), err);
}

static int list_job(struct store_db *db, void *argument, struct err *err)
{
    const struct standing_page *page = argument;
    const struct standing *after = page->after;
    struct store_cursor row;
    int count = 0;
    int status = store_query(db, standing_active,
                             BIND(bind_string(after ? after->account.text : ""),
                                  bind_string(after ? after->instance : ""),
                                  bind_string(after ? after->reference : ""),
                                  bind_int((int64_t)page->limit)),
                             &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        read_order(&row, &page->orders[count++]);
        status = 0;
    }
    cursor_finish(&row);
    return status < 0 ? status : count;
}

int standing_list(struct store *store, const struct standing_page *page, struct err *err)
{
    struct standing first;
    struct standing_page copy = *page;
    if (page->after) { // which may lie among the orders that are filled in
        first = *page->after;
        copy.after = &first;
    }
    return store_read(store, list_job, &copy, err);
}

// ---- bills ----

static enum standing_state state_of(struct str name)
{
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (str_is(name, states[i]))
            return (enum standing_state)i;
    return ITEM_GIVEN_UP; // a newer host's: leave it alone
}

static int notices_job(struct store_db *db, void *argument, struct err *err)
{
    const struct standing_notices *query = argument;
    struct store_cursor row;
    int count = 0;
    int status = store_query(db, standing_items,
                             BIND(KEY(&query->key), bind_int((int64_t)query->limit)), &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        struct standing_notice *notice = &query->notices[count++];
        *notice = (struct standing_notice){.state = state_of(cursor_text(&row, 1)),
                                           .amount = cursor_int(&row, 2),
                                           .pay_at = cursor_int(&row, 3),
                                           .told = cursor_int(&row, 4),
                                           .texted = cursor_int(&row, 6) != 0};
        cursor_copy(&row, 0, notice->item, sizeof notice->item);
        cursor_copy(&row, 5, notice->body, sizeof notice->body);
        status = 0;
    }
    cursor_finish(&row);
    return status < 0 ? status : count;
}

int standing_notices(struct store *store, const struct standing_notices *query, struct err *err)
{
    struct standing_notices copy = *query;
    return store_read(store, notices_job, &copy, err);
}

static int count_told(struct store_db *db, const struct standing_telling *telling, int64_t *told,
                      struct err *err)
{
    struct store_cursor row;
    *told = 0;
    int found = store_one(db, standing_item_told,
                          BIND(KEY(&telling->key), bind_string(telling->item)), &row, err);
    if (found > 0) {
        *told = cursor_int(&row, 0);
        cursor_finish(&row);
    }
    return found < 0 ? found : 0;
}

// The name of a message: of this account's item and its number, and short.
static void name_message(const struct standing_telling *telling, int64_t number, char out[INBOX_ID])
{
    static const struct crypto_key none;
    struct str parts[] = {STR("standing"), str_from(telling->key.instance),
                          str_from(telling->key.reference), str_from(telling->item)};
    struct crypto_hash hash = crypto_keyed_hash(&none, parts, 4);
    struct buf text = {0};
    crypto_base64url(hash.bytes, 16, &text);
    snprintf(out, INBOX_ID, "automatic-%.22s-%lld-%lld", text.data, (long long)number,
             (long long)(telling->now / 1000));
    buf_finish(&text);
}

static int tell_job(struct store_db *db, void *argument, struct err *err)
{
    const struct standing_telling *telling = argument;
    struct standing order;
    struct one_job one = {.key = &telling->key, .out = &order};
    int64_t told;
    char id[INBOX_ID];
    int status = get_job(db, &one, err);
    if (status == ERR_NOT_FOUND || (status == 0 && !order.active))
        return 0;
    if (status == 0)
        status = count_told(db, telling, &told, err);
    if (status < 0)
        return status;
    status =
        store_exec(db, standing_item_upsert,
                   BIND(KEY(&telling->key), bind_string(telling->item),
                        bind_string(states[telling->state]), bind_int(telling->amount),
                        bind_int(telling->pay_at), bind_string(telling->body), bind_int(told + 1)),
                   err);
    name_message(telling, told + 1, id);
    struct inbox_message message = {.account = telling->key.account,
                                    .id = id,
                                    .kind = standing_kind(telling->state),
                                    .body = str_from(telling->body),
                                    .made = telling->now};
    if (status >= 0)
        status = inbox_put(db, &message, err);
    return status < 0 ? status : 1;
}

int standing_tell(struct store *store, const struct standing_telling *telling, struct err *err)
{
    struct standing_telling copy = *telling;
    return store_run(store, tell_job, &copy, err);
}

struct mark_job {
    const struct store_sql *sql;
    const struct standing_key *key;
    const char *item;
};

static int mark_job(struct store_db *db, void *argument, struct err *err)
{
    struct mark_job *job = argument;
    return store_exec(db, job->sql, BIND(KEY(job->key), bind_string(job->item)), err);
}

int standing_texted(struct store *store, const struct standing_key *key, const char *item,
                    struct err *err)
{
    struct mark_job job = {standing_item_texted, key, item};
    return store_run(store, mark_job, &job, err);
}

int standing_forget(struct store *store, const struct standing_key *key, const char *item,
                    struct err *err)
{
    struct mark_job job = {standing_item_forget, key, item};
    return store_run(store, mark_job, &job, err);
}

int standing_pay(void *context, struct store_db *db, const struct payment *payment, struct err *err)
{
    const struct standing_paying *paying = context;
    int status = store_exec(db, standing_item_pay,
                            BIND(KEY(&paying->key), bind_string(paying->item),
                                 bind_int(payment->total), bind_int(paying->now)),
                            err);
    if (status == 0)
        return err_set(err, ERR_DENIED, "the citizen was not told so, or wants it no more");
    return status < 0 ? status : 0;
}

// ---- what comes next ----

static bool due_soon(const struct standing *order, const struct standing_item *item,
                     const struct standing_rules *rules)
{
    int64_t began, ended;
    return settlement_bounds(item->due, &began, &ended) &&
           began <= rules->now + (order->days + rules->lead_days) * DAY_MS;
}

enum standing_step standing_decide(const struct standing *order,
                                   const struct standing_notice *notice,
                                   const struct standing_item *item,
                                   const struct standing_rules *rules)
{
    bool told = notice && notice->state != ITEM_OVER;
    if (notice && (notice->state == ITEM_PAID || notice->state == ITEM_GIVEN_UP))
        return STANDING_WAIT;
    if (!told && !due_soon(order, item, rules))
        return STANDING_WAIT;
    if (item->amount > order->most)
        return notice && !told && notice->amount == item->amount ? STANDING_WAIT : STANDING_REFUSE;
    if (!told || item->amount > notice->amount)
        return STANDING_ANNOUNCE;
    return notice->pay_at <= rules->now ? STANDING_PAY : STANDING_WAIT;
}

int64_t standing_again(const struct standing_item *item, int64_t now)
{
    int64_t began, ended;
    bool late = !settlement_bounds(item->due, &began, &ended) || now + DAY_MS >= ended;
    return late ? 0 : now + DAY_MS;
}
