// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include "money/verify.h"

#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static int quote(void *context, const struct payment *payment, const struct payment_line *line,
                 struct money_quote *out, struct err *err)
{
    struct money_fixture *f = context;
    cr_assert_eq(payment->state, PAYMENT_AUTHORIZED);
    if (f->answer)
        return f->answer(f, line, out);
    *out = (struct money_quote){.owed = !f->not_owed,
                                .amount = line->amount - line->fee + f->quote_change};
    return f->quote_result ? err_set(err, f->quote_result, "the agency") : 0;
}

static void note_events(void *context)
{
    struct money_fixture *f = context;
    atomic_fetch_add(&f->events_ready, 1);
}

void money_fixture_stop(struct money_fixture *f)
{
    money_destroy(f->money);
    store_destroy(f->store);
    f->money = NULL;
    f->store = NULL;
}

void money_fixture_restart(struct money_fixture *f)
{
    struct err err = {0};
    money_fixture_stop(f);
    struct store_config store = f->terms;
    store.path = f->path;
    cr_assert_eq(store_create(&f->store, &store, &err), 0, "%s", err.message);
    f->provider = fake_provider(f->fake);
    f->providers[0] = &f->provider;
    struct money_config config = {.store = f->store,
                                  .clock = &f->clock,
                                  .providers = f->providers,
                                  .tariff = f->tariff,
                                  .event_ms = f->event_ms,
                                  .refund_alone = f->refund_alone,
                                  .wallet_cap = f->wallet_cap,
                                  .quote = quote,
                                  .quote_context = f,
                                  .outbox_ready = note_events,
                                  .outbox_context = f};
    cr_assert_eq(money_create(&f->money, &config, &err), 0, "%s", err.message);
    cr_assert_eq(money_recover(f->money, &err), 0, "%s", err.message);
}

void money_fixture_open(struct money_fixture *f)
{
    *f = (struct money_fixture){.ids = ID_GENERATOR_INIT};
    snprintf(f->folder, sizeof f->folder, "/tmp/medina-money-XXXXXX");
    cr_assert_not_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/city.db", f->folder);
    clock_fix(&f->clock, INT64_C(1772353800000)); // 2026-03-01T08:30:00Z
    f->citizen = id_next(&f->ids, clock_now(&f->clock));
    f->fake = fake_create();
    money_fixture_restart(f);
}

void money_fixture_close(struct money_fixture *f)
{
    money_fixture_stop(f);
    fake_destroy(f->fake);
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
    cr_assert_eq(system(command), 0);
}

void advance_clock(struct money_fixture *f, int64_t ms)
{
    clock_fix(&f->clock, clock_now(&f->clock) + ms);
}

void fill_wallet(struct money_fixture *f, int64_t amount)
{
    struct id reference = id_next(&f->ids, clock_now(&f->clock));
    struct money_deposit deposit = {&f->citizen, amount, "AED", "bank", reference.text};
    struct err err = {0};
    cr_assert_eq(money_deposit(f->money, &deposit, &err), 0, "%s", err.message);
}

struct balance_query {
    struct ledger_party party;
    int64_t balance;
};

static int read_balance(struct store_db *db, void *argument, struct err *err)
{
    struct balance_query *query = argument;
    return ledger_balance(db, query->party, "AED", &query->balance, err);
}

int64_t balance_of(struct money_fixture *f, struct ledger_party party)
{
    struct balance_query query = {.party = party};
    struct err err = {0};
    cr_assert_eq(store_read(f->store, read_balance, &query, &err), 0, "%s", err.message);
    return query.balance;
}

void expect_ledger_whole(struct money_fixture *f)
{
    struct ledger_report report;
    struct err err = {0};
    cr_assert_eq(store_read(f->store, ledger_verify, &report, &err), 0, "%s", err.message);
    cr_assert_eq(report.differing, 0, "%s differs from its transfers", report.first);
    cr_assert_eq(report.sum, 0);
    cr_assert_eq(report.negative_guarded, 0);
}

void expect_books_whole(struct money_fixture *f)
{
    struct verify_report report;
    struct err err = {0};
    cr_assert_eq(store_read(f->store, money_verify, &report, &err), 0, "%s", err.message);
    cr_assert(verify_whole(&report), "%s: %lld, the first %s; ledger: %lld, the first %s",
              report.count ? report.findings[0].check : "", (long long)report.findings[0].count,
              report.findings[0].first, (long long)report.ledger.differing, report.ledger.first);
}

static sqlite3 *open_outside(struct money_fixture *f)
{
    sqlite3 *handle;
    cr_assert_eq(sqlite3_open(f->path, &handle), SQLITE_OK);
    sqlite3_busy_timeout(handle, 5000);
    return handle;
}

bool run_outside(struct money_fixture *f, const char *sql)
{
    sqlite3 *handle = open_outside(f);
    int rc = sqlite3_exec(handle, sql, NULL, NULL, NULL);
    cr_assert(rc == SQLITE_OK || rc == SQLITE_CONSTRAINT, "%s", sqlite3_errmsg(handle));
    sqlite3_close(handle);
    return rc == SQLITE_OK;
}

int64_t ask_outside(struct money_fixture *f, const char *sql)
{
    sqlite3 *handle = open_outside(f);
    sqlite3_stmt *statement;
    int rc = sqlite3_prepare_v2(handle, sql, -1, &statement, NULL);
    cr_assert_eq(rc, SQLITE_OK, "%s", sqlite3_errmsg(handle));
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW, "%s", sql);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return value;
}

void small_order(struct money_fixture *f, struct small_order *out, const char *key,
                 const char *item, int64_t amount)
{
    out->item = (struct money_item){.instance = STR("water"),
                                    .item = str_from(item),
                                    .title_en = STR("Water, March"),
                                    .title_ar = STR("مياه، مارس"),
                                    .reference = STR("2001234567"),
                                    .pseudonym = STR("p-water"),
                                    .amount = amount};
    out->order = (struct money_order){.key = {.caller = id_str(&f->citizen),
                                              .route = STR("POST /v1/payments"),
                                              .key = str_from(key),
                                              .request = crypto_sha256(str_from(item))},
                                      .payer = &f->citizen,
                                      .currency = "AED",
                                      .language = "ar",
                                      .items = &out->item,
                                      .count = 1,
                                      .return_url = STR("https://city/{payment}/return"),
                                      .cancel_url = STR("https://city/{payment}/cancel")};
}

int pay_wallet(struct money_fixture *f, const char *key, const char *item, int64_t amount,
               struct money_answer *answer)
{
    struct small_order small;
    small_order(f, &small, key, item, amount);
    return money_pay_wallet(f->money, &small.order, answer, NULL);
}

struct id checkout(struct money_fixture *f, const char *item)
{
    struct small_order small;
    struct money_answer answer;
    struct err err = {0};
    struct id key = id_next(&f->ids, clock_now(&f->clock));
    small_order(f, &small, key.text, item, 1000);
    cr_assert_eq(money_checkout(f->money, "card", &small.order, &answer, &err), 0, "%s",
                 err.message);
    buf_finish(&answer.body);
    return answer.payment;
}

enum payment_state state_of(struct money_fixture *f, const struct id *payment)
{
    struct arena arena = {0};
    struct payment *read;
    cr_assert_eq(money_payment(f->money, id_str(payment), &arena, &read, NULL), 0);
    enum payment_state state = read->state;
    arena_finish(&arena);
    return state;
}

int64_t left_of(struct money_fixture *f, const struct id *payment)
{
    struct arena arena = {0};
    struct payment *read;
    int status = money_payment(f->money, id_str(payment), &arena, &read, NULL);
    int64_t left = status == 0 ? payment_line_left(&read->lines[0]) : 0;
    arena_finish(&arena);
    return left;
}
