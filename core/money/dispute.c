// SPDX-License-Identifier: Apache-2.0
#include "money/dispute.h"

#include "base/log.h"
#include "money/money_internal.h"

#include <stdio.h>

enum { PAGE = 100, MOST_PAGES = 20, MOST_OPEN = 500, MOST_TRANSFERS = 3 };

// A dispute as the store has it.
struct dispute {
    int64_t line, amount, fee;
    char liable[LEDGER_OWNER + 1];
    char state[8];
    char payment[ID_LENGTH + 1];
    char currency[LEDGER_CURRENCY];
};

STORE_SQL(dispute_find, "SELECT line, amount, fee, liable, state, payment, currency FROM dispute "
                        "WHERE provider = $1 AND id = $2");

static int find(struct store_db *db, const char *provider, const char *id, struct dispute *out,
                struct err *err)
{
    struct store_cursor row;
    int found =
        store_one(db, dispute_find, BIND(bind_string(provider), bind_string(id)), &row, err);
    if (found != 1)
        return found;
    out->line = cursor_int(&row, 0);
    out->amount = cursor_int(&row, 1);
    out->fee = cursor_int(&row, 2);
    cursor_copy(&row, 3, out->liable, sizeof out->liable);
    cursor_copy(&row, 4, out->state, sizeof out->state);
    cursor_copy(&row, 5, out->payment, sizeof out->payment);
    cursor_copy(&row, 6, out->currency, sizeof out->currency);
    cursor_finish(&row);
    return 1;
}

// --- postings ------------------------------------------------------------------------------------

struct posting {
    struct ledger_party from, to;
    int64_t amount;
    const char *reason;
};

static int post(struct store_db *db, const struct dispute *dispute, const struct posting *posting,
                struct money_stamp *stamp, struct err *err)
{
    struct ledger_transfer transfer = {.id = money_ids_next(&stamp->ids),
                                       .debit = posting->from,
                                       .credit = posting->to,
                                       .amount = posting->amount,
                                       .currency = dispute->currency,
                                       .reason = posting->reason,
                                       .payment = dispute->payment,
                                       .line = dispute->line,
                                       .made = stamp->now,
                                       .node = stamp->node};
    return posting->amount ? ledger_post(db, &transfer, err) : 0;
}

// --- bringing it forward -------------------------------------------------------------------------

struct record_job {
    const char *provider;
    const struct provider_dispute *view;
    struct arena *arena;
    struct money_stamp stamp;
    bool foreign, changed; // results
};

struct accounts {
    char reserve_name[32];
    struct ledger_party reserve, clearing, liable;
};

static void name_accounts(const char *provider, const struct dispute *dispute, struct accounts *out)
{
    snprintf(out->reserve_name, sizeof out->reserve_name, "%s.disputes", provider);
    out->reserve = (struct ledger_party){LEDGER_RESERVE, out->reserve_name};
    out->clearing = (struct ledger_party){LEDGER_CLEARING, provider};
    out->liable = (struct ledger_party){LEDGER_SETTLEMENT, dispute->liable};
}

// The line of that very amount, what was given back not counted; else the first that was paid.
static const struct payment_line *liable_line(const struct payment *payment, int64_t amount)
{
    const struct payment_line *first = NULL;
    for (size_t i = 0; i < payment->count; i++) {
        const struct payment_line *line = &payment->lines[i];
        bool paid = line->state == LINE_PAID || line->state == LINE_REFUNDED;
        if (paid && line->accepted - line->refunded == amount)
            return line;
        if (paid && !first)
            first = line;
    }
    return first;
}

STORE_SQL(dispute_add,
          "INSERT INTO dispute (provider, id, payment, line, liable, currency, amount, "
          "fee, reason, state, opened, ended) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, "
          "$8, 'open', $9, NULL)");
STORE_SQL(dispute_charge, "UPDATE dispute SET fee = $3 WHERE provider = $1 AND id = $2");
STORE_SQL(dispute_end, "UPDATE dispute SET state = $3, ended = $4 WHERE provider = $1 AND id = $2 "
                       "AND state = 'open'");

static int open_dispute(struct store_db *db, struct record_job *job, struct dispute *dispute,
                        struct err *err)
{
    const struct provider_dispute *view = job->view;
    struct payment *payment;
    struct accounts accounts;
    int status = payment_read(db, str_from(view->payment), job->arena, &payment, err);
    const struct payment_line *line = status == 0 ? liable_line(payment, view->amount) : NULL;
    job->foreign = status == ERR_NOT_FOUND || (status == 0 && !line) ||
                   (status == 0 && (strcmp(payment->provider, job->provider) != 0 ||
                                    strcmp(payment->currency, view->currency) != 0 ||
                                    view->amount > payment->captured));
    if (status < 0 || job->foreign)
        return job->foreign ? 0 : status;
    *dispute = (struct dispute){.line = line->number, .amount = view->amount};
    snprintf(dispute->liable, sizeof dispute->liable, STR_FORMAT, STR_ARGUMENTS(line->instance));
    snprintf(dispute->payment, sizeof dispute->payment, "%s", payment->id.text);
    snprintf(dispute->currency, sizeof dispute->currency, "%s", payment->currency);
    snprintf(dispute->state, sizeof dispute->state, "open");
    name_accounts(job->provider, dispute, &accounts);
    struct posting opened = {accounts.reserve, accounts.clearing, dispute->amount,
                             "dispute-opened"};
    status = post(db, dispute, &opened, &job->stamp, err);
    if (status < 0)
        return status;
    status = store_exec(db, dispute_add,
                        BIND(bind_string(job->provider), bind_string(view->id),
                             bind_string(dispute->payment), bind_int(dispute->line),
                             bind_string(dispute->liable), bind_string(dispute->currency),
                             bind_int(dispute->amount), bind_string(view->reason),
                             bind_int(job->stamp.now)),
                        err);
    return status < 0 ? status : 1;
}

// The provider's fee may come later, and may be given again.
static int charge_fee(struct store_db *db, struct record_job *job, struct dispute *dispute,
                      struct err *err)
{
    struct accounts accounts;
    int64_t more = job->view->fee - dispute->fee;
    if (more == 0)
        return 0;
    name_accounts(job->provider, dispute, &accounts);
    struct posting fee = {accounts.liable, accounts.clearing, more, "dispute-fee"};
    if (more < 0)
        fee = (struct posting){accounts.clearing, accounts.liable, -more, "dispute-fee"};
    int status = post(db, dispute, &fee, &job->stamp, err);
    if (status < 0)
        return status;
    job->changed = true;
    return store_exec(db, dispute_charge,
                      BIND(bind_string(job->provider), bind_string(job->view->id),
                           bind_int(job->view->fee)),
                      err);
}

static int end_dispute(struct store_db *db, struct record_job *job, const struct dispute *dispute,
                       struct err *err)
{
    bool won = job->view->state == PROVIDER_DISPUTE_WON;
    struct accounts accounts;
    if (strcmp(dispute->state, "open") != 0)
        return strcmp(dispute->state, won ? "won" : "lost") == 0
                   ? 0
                   : err_set(err, ERR_CONFLICT, "the dispute %s has ended as %s, and now it is not",
                             job->view->id, dispute->state);
    name_accounts(job->provider, dispute, &accounts);
    struct posting end = {won ? accounts.clearing : accounts.liable, accounts.reserve,
                          dispute->amount, won ? "dispute-won" : "dispute-lost"};
    int status = post(db, dispute, &end, &job->stamp, err);
    if (status < 0)
        return status;
    job->changed = true;
    return store_exec(db, dispute_end,
                      BIND(bind_string(job->provider), bind_string(job->view->id),
                           bind_string(won ? "won" : "lost"), bind_int(job->stamp.now)),
                      err);
}

static int record_job(struct store_db *db, void *argument, struct err *err)
{
    struct record_job *job = argument;
    struct dispute dispute = {0};
    job->stamp.ids.used = 0;
    job->foreign = job->changed = false;
    int found = find(db, job->provider, job->view->id, &dispute, err);
    if (found == 0) {
        found = open_dispute(db, job, &dispute, err);
        job->changed = found > 0;
    }
    if (found <= 0)
        return found;
    int status = charge_fee(db, job, &dispute, err);
    bool ended =
        job->view->state == PROVIDER_DISPUTE_WON || job->view->state == PROVIDER_DISPUTE_LOST;
    return status < 0 || !ended ? status : end_dispute(db, job, &dispute, err);
}

static int record(struct money *money, const char *provider, const struct provider_dispute *view,
                  struct err *err)
{
    static const char *const states[] = {"asked", "open", "won", "lost"};
    struct arena arena = {0};
    struct record_job job = {.provider = provider, .view = view, .arena = &arena};
    if (view->state == PROVIDER_DISPUTE_ASKED || !id_valid(str_from(view->payment)))
        return 0;
    job.stamp = money_stamp_make(money, &arena, MOST_TRANSFERS);
    int status = store_run(money->config.store, record_job, &job, err);
    arena_finish(&arena);
    if (status >= 0 && job.foreign)
        log_line(LOG_LEVEL_WARNING, "money", "the dispute %s is of no payment here", view->id);
    else if (status >= 0 && job.changed)
        log_line(LOG_LEVEL_WARNING, "money", "the dispute %s of payment %s is %s", view->id,
                 view->payment, states[view->state]);
    return status < 0 ? status : 0;
}

// --- looking -------------------------------------------------------------------------------------

static struct provider *with_disputes(struct money *money, const char *name)
{
    struct provider *provider = money_provider(money, name);
    return provider && provider->look_dispute && provider->disputes ? provider : NULL;
}

int dispute_look(struct money *money, const char *name, const char *id, struct err *err)
{
    struct provider *provider = with_disputes(money, name);
    struct provider_dispute view;
    if (!provider)
        return err_set(err, ERR_NOT_FOUND, "the provider %s has no disputes", name);
    int status = provider->look_dispute(provider->context, id, &view, err);
    return status < 0 ? status : record(money, name, &view, err);
}

struct open_job {
    const char *provider;
    struct arena *arena;
    const char *ids[MOST_OPEN];
    size_t count;
};

STORE_SQL(dispute_open_ones, "SELECT id FROM dispute WHERE provider = $1 AND state = 'open' "
                             "ORDER BY id LIMIT 500");

static int open_job(struct store_db *db, void *argument, struct err *err)
{
    struct open_job *job = argument;
    struct store_cursor row;
    job->count = 0;
    int status = store_query(db, dispute_open_ones, BIND(bind_string(job->provider)), &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        job->ids[job->count++] = arena_string(job->arena, cursor_text(&row, 0));
        status = 0;
    }
    return status;
}

// It needs no look of its own any more.
static void tick_off(struct open_job *open, const char *id)
{
    for (size_t i = 0; i < open->count; i++)
        if (open->ids[i] && strcmp(open->ids[i], id) == 0)
            open->ids[i] = NULL;
}

// One that is wrong does not keep the others from being seen.
static int poll_pages(struct money *money, struct provider *provider, struct open_job *open,
                      struct err *err)
{
    struct arena *arena = open->arena;
    struct provider_disputes page = {.most = PAGE, .more = true};
    int worst = 0;
    page.at = arena_alloc(arena, PAGE * sizeof *page.at);
    for (int i = 0; i < MOST_PAGES && page.more; i++) {
        int status = provider->disputes(provider->context, &page, err);
        if (status < 0)
            return status;
        for (size_t k = 0; k < page.count; k++) {
            if (record(money, provider->name, &page.at[k], err) < 0)
                worst = err->code;
            tick_off(open, page.at[k].id);
        }
        page.more = page.more && page.count;
        if (page.count)
            page.after = arena_string(arena, str_from(page.at[page.count - 1].id));
    }
    return worst;
}

int dispute_poll(struct money *money, const char *name, struct err *err)
{
    struct provider *provider = with_disputes(money, name);
    struct arena arena = {0};
    if (!provider)
        return 0;
    struct open_job *open = arena_zero(&arena, sizeof *open);
    open->provider = name;
    open->arena = &arena;
    int status = store_read(money->config.store, open_job, open, err);
    if (status == 0)
        status = poll_pages(money, provider, open, err);
    for (size_t i = 0; status == 0 && i < open->count; i++)
        if (open->ids[i])
            status = dispute_look(money, name, open->ids[i], err);
    arena_finish(&arena);
    return status;
}

// --- who is liable -------------------------------------------------------------------------------

struct assign_job {
    const char *provider, *id;
    int64_t line;
    struct money_stamp stamp;
};

STORE_SQL(dispute_line, "SELECT instance FROM payment_line WHERE payment = $1 AND line = $2 "
                        "AND state IN ('paid', 'refunded')");
STORE_SQL(dispute_reassign, "UPDATE dispute SET line = $3, liable = $4 "
                            "WHERE provider = $1 AND id = $2");

// What the old one has borne goes back to it from the new one.
static int move_burden(struct store_db *db, struct assign_job *job, const struct dispute *dispute,
                       const char *liable, struct err *err)
{
    struct ledger_party from = {LEDGER_SETTLEMENT, liable};
    struct ledger_party to = {LEDGER_SETTLEMENT, dispute->liable};
    struct posting fee = {from, to, dispute->fee, "dispute-fee"};
    struct posting lost = {from, to, dispute->amount, "dispute-lost"};
    if (strcmp(liable, dispute->liable) == 0)
        return 0;
    int status = post(db, dispute, &fee, &job->stamp, err);
    if (status == 0 && strcmp(dispute->state, "lost") == 0)
        status = post(db, dispute, &lost, &job->stamp, err);
    return status;
}

static int assign_job(struct store_db *db, void *argument, struct err *err)
{
    struct assign_job *job = argument;
    struct dispute dispute;
    struct store_cursor row;
    char liable[LEDGER_OWNER + 1];
    job->stamp.ids.used = 0;
    int status = find(db, job->provider, job->id, &dispute, err);
    if (status <= 0)
        return status < 0 ? status : err_set(err, ERR_NOT_FOUND, "no such dispute");
    status = store_one(db, dispute_line, BIND(bind_string(dispute.payment), bind_int(job->line)),
                       &row, err);
    if (status <= 0)
        return status < 0 ? status
                          : err_set(err, ERR_NOT_FOUND, "the payment has no such paid line");
    cursor_copy(&row, 0, liable, sizeof liable);
    cursor_finish(&row);
    status = move_burden(db, job, &dispute, liable, err);
    if (status < 0)
        return status;
    return store_exec(db, dispute_reassign,
                      BIND(bind_string(job->provider), bind_string(job->id), bind_int(job->line),
                           bind_string(liable)),
                      err);
}

int dispute_assign(struct money *money, const char *provider, const char *id, int64_t line,
                   struct err *err)
{
    struct arena arena = {0};
    struct assign_job job = {.provider = provider, .id = id, .line = line};
    job.stamp = money_stamp_make(money, &arena, MOST_TRANSFERS);
    int status = store_run(money->config.store, assign_job, &job, err);
    arena_finish(&arena);
    if (status >= 0)
        log_line(LOG_LEVEL_WARNING, "money", "the dispute %s is borne by line %lld's agency", id,
                 (long long)line);
    return status < 0 ? status : 0;
}

// --- reading -------------------------------------------------------------------------------------

struct list_job {
    size_t limit;
    json_t *list;
};

STORE_SQL(
    dispute_newest,
    "SELECT provider, id, payment, line, liable, currency, amount, fee, reason, state, opened, "
    "coalesce(ended, 0) FROM dispute ORDER BY opened DESC, id LIMIT $1");

static json_t *text_json(const struct store_cursor *row, int column)
{
    struct str text = cursor_text(row, column);
    return json_stringn(text.data ? text.data : "", text.size);
}

static json_t *row_json(const struct store_cursor *row)
{
    static const char *const names[] = {"provider", "dispute", "payment", "line",   "liable",
                                        "currency", "amount",  "fee",     "reason", "state"};
    json_t *out = json_object();
    char time[CLOCK_TEXT];
    for (int i = 0; i < 10; i++) {
        bool number = i == 3 || i == 6 || i == 7;
        json_object_set_new(out, names[i],
                            number ? json_integer(cursor_int(row, i)) : text_json(row, i));
    }
    clock_format_local(cursor_int(row, 10), time);
    json_object_set_new(out, "opened", json_string(time));
    clock_format_local(cursor_int(row, 11), time);
    json_object_set_new(out, "ended", json_string(cursor_int(row, 11) ? time : ""));
    return out;
}

static int list_job(struct store_db *db, void *argument, struct err *err)
{
    struct list_job *job = argument;
    struct store_cursor row;
    json_array_clear(job->list);
    int status = store_query(db, dispute_newest, BIND(bind_int((int64_t)job->limit)), &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        json_array_append_new(job->list, row_json(&row));
        status = 0;
    }
    return status;
}

int dispute_list(struct money *money, size_t limit, json_t **out, struct err *err)
{
    struct list_job job = {limit, json_array()};
    int status = store_read(money->config.store, list_job, &job, err);
    *out = status < 0 ? NULL : job.list;
    if (status < 0)
        json_decref(job.list);
    return status;
}
