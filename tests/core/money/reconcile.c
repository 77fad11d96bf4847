// SPDX-License-Identifier: Apache-2.0
// The flows with real files are in tests/e2e/settlement.test.mjs; here is what they cannot see.
#include "money/reconcile.h"

#include "money/decimal.h"
#include "money/tariff.h"
#include "money/verify.h"
#include "treasury.h"

#include <criterion/criterion.h>
#include <stdio.h>

static const char header[] =
    "id,type,source,payment_intent_id,amount,fee,net,currency,created_utc\n";

static void add_row(struct buf *report, const char *id, const char *type, const char *charge,
                    int64_t amount, int64_t fee, const char *created)
{
    if (!report->size)
        buf_append_text(report, header);
    buf_printf(report, "%s,%s,%s,%s,", id, type, id, charge);
    decimal_write(report, amount, "AED");
    buf_append_char(report, ',');
    decimal_write(report, fee, "AED");
    buf_append_char(report, ',');
    decimal_write(report, amount - fee, "AED");
    buf_printf(report, ",aed,%s\n", created);
}

static void start_statement(struct buf *out)
{
    buf_append_text(out, "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">"
                         "<BkToCstmrStmt><Stmt><Acct><Id><IBAN>" CITY_IBAN "</IBAN></Id></Acct>");
}

static void add_entry(struct buf *out, const char *reference, int64_t amount, const char *day)
{
    buf_append_text(out, "<Ntry><Amt Ccy=\"AED\">");
    decimal_write(out, amount < 0 ? -amount : amount, "AED");
    buf_printf(out,
               "</Amt><CdtDbtInd>%s</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>%s</Dt>"
               "</BookgDt><NtryDtls><TxDtls><Refs><EndToEndId>%s</EndToEndId></Refs></TxDtls>"
               "</NtryDtls></Ntry>",
               amount < 0 ? "DBIT" : "CRDT", day, reference);
}

static struct reconciliation *reconcile(struct treasury *t, struct buf *report, struct buf *bank,
                                        const char *day, struct arena *arena)
{
    struct reconciliation *out;
    struct err err = {0};
    struct buf statement = {0};
    buf_append_str(&statement, buf_str(bank));
    buf_append_text(&statement, "</Stmt></BkToCstmrStmt></Document>");
    struct reconcile_order order = {.day = day,
                                    .provider = "card",
                                    .currency = "AED",
                                    .report = buf_str(report),
                                    .statement = buf_str(&statement),
                                    .report_bytes = 1 << 20,
                                    .bank = {"AED", CITY_IBAN, 1 << 20, 32},
                                    .post = true};
    cr_assert_eq(money_reconcile(t->f.money, &order, arena, &out, &err), 0, "%s", err.message);
    buf_finish(&statement);
    return out;
}

// A captured card payment of 1000 fils; its id and the provider's name of it.
static struct id pay_card(struct treasury *t, const char *item, char *charge)
{
    struct arena arena = {0};
    struct payment *payment;
    struct id id = checkout(&t->f, item);
    fake_pay(t->f.fake, id.text);
    cr_assert_eq(payment_advance(t->f.money, &id, NULL), 0);
    cr_assert_eq(money_payment(t->f.money, id_str(&id), &arena, &payment, NULL), 0);
    cr_assert_eq(payment->state, PAYMENT_CAPTURED);
    snprintf(charge, 64, STR_FORMAT, STR_ARGUMENTS(payment->charge));
    arena_finish(&arena);
    return id;
}

static void refund(struct treasury *t, const struct id *payment, int64_t amount, int64_t seen,
                   const char *key)
{
    struct money_answer answer;
    struct money_refund refund = {.key = {.caller = STR("test"),
                                          .route = STR("refund"),
                                          .key = str_from(key)},
                                  .payment = payment,
                                  .line = 1,
                                  .amount = amount,
                                  .seen = seen,
                                  .reason = "test"};
    cr_assert_eq(payment_refund(t->f.money, &refund, &answer, NULL), 0);
    buf_finish(&answer.body);
}

static const struct ledger_party card = {LEDGER_CLEARING, "card"}, bank = {LEDGER_CLEARING, "bank"},
                                 fees = {LEDGER_FEE, "card"}, water = {LEDGER_SETTLEMENT, "water"};

static void expect_only(const struct reconciliation *result, enum reconcile_kind kind)
{
    cr_assert_eq(result->count, 1, "%zu differences, the first %s %s", result->count,
                 result->count ? reconcile_kind_name(result->differences[0].kind) : "",
                 result->count ? result->differences[0].about : "");
    cr_assert_eq(result->differences[0].kind, kind, "%s",
                 reconcile_kind_name(result->differences[0].kind));
}

Test(reconcile, a_day_that_agrees_leaves_nothing_open_with_the_provider_and_the_banks_fees_known)
{
    struct treasury t;
    struct arena arena = {0};
    struct buf report = {0}, statement = {0};
    char charge[64];
    treasury_open(&t);
    struct id payment = pay_card(&t, "bill-1", charge);
    refund(&t, &payment, 200, 1000, "a");
    refund(&t, &payment, 100, 800, "b");
    advance_clock(&t.f, INT64_C(24) * 3600 * 1000);
    struct settlement *s = row_of(close_day(&t, "2026-03-01", &arena), "water");
    add_row(&report, "txn_1", "charge", charge, 1000, 39, "2026-03-01 08:31:00");
    add_row(&report, "txn_2", "refund", charge, -100, 0, "2026-03-01 08:32:00");
    add_row(&report, "txn_3", "refund", charge, -200, 0, "2026-03-01 08:32:00");
    add_row(&report, "po_1", "payout", "", -661, 0, "2026-03-01 19:00:00");
    start_statement(&statement);
    add_entry(&statement, s->transfer.text, -700, "2026-03-02");
    add_entry(&statement, "po_1", 661, "2026-03-02");
    struct reconciliation *result = reconcile(&t, &report, &statement, "2026-03-01", &arena);
    cr_assert_eq(result->count, 0, "%s", result->differences[0].about);
    cr_assert_eq(result->posted, 4);
    cr_assert_eq(balance_of(&t.f, card), 0, "the provider owes nothing any more");
    cr_assert_eq(balance_of(&t.f, water), 0);
    cr_assert_eq(balance_of(&t.f, fees), -39);
    cr_assert_eq(balance_of(&t.f, bank), 39, "the city paid the fee out of its own");
    cr_assert_eq(reconcile(&t, &report, &statement, "2026-03-01", &arena)->posted, 0);
    cr_assert_eq(balance_of(&t.f, fees), -39);
    expect_books_whole(&t.f);
    struct verify_report verified;
    cr_assert_eq(store_read(t.f.store, money_verify, &verified, NULL), 0);
    cr_assert(verify_whole(&verified), "%s", verified.findings[0].check);
    buf_finish(&report);
    buf_finish(&statement);
    arena_finish(&arena);
    treasury_close(&t);
}

Test(reconcile, what_differs_is_not_posted_and_what_agrees_beside_it_is)
{
    struct treasury t;
    struct arena arena = {0};
    struct buf report = {0}, statement = {0};
    char first[64], second[64];
    treasury_open(&t);
    pay_card(&t, "bill-1", first);
    pay_card(&t, "bill-2", second);
    add_row(&report, "txn_1", "charge", first, 1000, 39, "2026-03-01 08:31:00");
    add_row(&report, "txn_2", "charge", second, 900, 39, "2026-03-01 08:31:00");
    start_statement(&statement);
    struct reconciliation *result = reconcile(&t, &report, &statement, "2026-03-01", &arena);
    expect_only(result, DIFFERENCE_AMOUNT);
    cr_assert_eq(result->posted, 1);
    cr_assert_eq(balance_of(&t.f, fees), -39);
    // The bank did not get the payout, so it is still the provider's.
    add_row(&report, "po_1", "payout", "", -500, 0, "2026-03-01 19:00:00");
    result = reconcile(&t, &report, &statement, "2026-03-01", &arena);
    cr_assert_eq(result->count, 2);
    cr_assert_eq(result->posted, 0);
    cr_assert_eq(balance_of(&t.f, bank), 0);
    buf_finish(&report);
    buf_finish(&statement);
    arena_finish(&arena);
    treasury_close(&t);
}

Test(reconcile, around_midnight_the_other_day_is_named_on_both)
{
    struct treasury t;
    struct arena arena = {0};
    struct buf early = {0}, late = {0}, statement = {0};
    char charge[64];
    treasury_open(&t);
    clock_fix(&t.f.clock, at(3, 2, 0, 0) + 5);
    struct id payment = pay_card(&t, "bill-1", charge);
    start_statement(&statement);
    // The provider's clock was 10 ms behind.
    add_row(&early, "txn_1", "charge", charge, 1000, 39, "2026-03-01 19:59:59");
    buf_append_text(&late, header);
    struct reconciliation *result = reconcile(&t, &early, &statement, "2026-03-01", &arena);
    expect_only(result, DIFFERENCE_DAY);
    cr_assert_str_eq(result->differences[0].our_day, "2026-03-02");
    cr_assert_str_eq(result->differences[0].their_day, "2026-03-01");
    cr_assert(str_is(result->differences[0].payment, payment.text));
    cr_assert_eq(result->posted, 1, "on which day, the fee is the same");
    result = reconcile(&t, &late, &statement, "2026-03-02", &arena);
    expect_only(result, DIFFERENCE_DAY);
    cr_assert_str_eq(result->differences[0].their_day, "2026-03-01");
    // A report of both days says so, too, and not twice that it is missing.
    expect_only(reconcile(&t, &early, &statement, "2026-03-02", &arena), DIFFERENCE_DAY);
    cr_assert_eq(balance_of(&t.f, fees), -39);
    buf_finish(&early);
    buf_finish(&late);
    buf_finish(&statement);
    arena_finish(&arena);
    treasury_close(&t);
}

Test(reconcile, a_transaction_that_was_right_on_another_day_is_a_duplicate)
{
    struct treasury t;
    struct arena arena = {0};
    struct buf report = {0}, again = {0}, statement = {0};
    char charge[64];
    treasury_open(&t);
    pay_card(&t, "bill-1", charge);
    start_statement(&statement);
    add_row(&report, "txn_1", "charge", charge, 1000, 39, "2026-03-01 08:31:00");
    cr_assert_eq(reconcile(&t, &report, &statement, "2026-03-01", &arena)->count, 0);
    add_row(&again, "txn_1", "charge", charge, 1000, 39, "2026-03-02 08:31:00");
    expect_only(reconcile(&t, &again, &statement, "2026-03-02", &arena), DIFFERENCE_DUPLICATE);
    cr_assert_eq(balance_of(&t.f, fees), -39);
    buf_finish(&report);
    buf_finish(&again);
    buf_finish(&statement);
    arena_finish(&arena);
    treasury_close(&t);
}

Test(reconcile, a_statement_with_another_days_payout_and_settlement_says_nothing_of_them)
{
    struct treasury t;
    struct arena arena = {0};
    struct buf first = {0}, second = {0}, statement = {0}, both = {0};
    char charge[64];
    treasury_open(&t);
    pay_card(&t, "bill-1", charge);
    add_row(&first, "txn_1", "charge", charge, 1000, 0, "2026-03-01 08:31:00");
    add_row(&first, "po_1", "payout", "", -1000, 0, "2026-03-01 19:00:00");
    clock_fix(&t.f.clock, at(3, 2, 1, 0));
    struct settlement *s = row_of(close_day(&t, "2026-03-01", &arena), "water");
    start_statement(&statement);
    add_entry(&statement, s->transfer.text, -1000, "2026-03-02");
    add_entry(&statement, "po_1", 1000, "2026-03-02");
    cr_assert_eq(reconcile(&t, &first, &statement, "2026-03-01", &arena)->count, 0);
    pay_card(&t, "bill-2", charge);
    add_row(&second, "txn_2", "charge", charge, 1000, 0, "2026-03-01 21:00:00");
    add_row(&second, "po_2", "payout", "", -1000, 0, "2026-03-02 19:00:00");
    clock_fix(&t.f.clock, at(3, 3, 1, 0));
    s = row_of(close_day(&t, "2026-03-02", &arena), "water");
    buf_append_str(&both, buf_str(&statement));
    add_entry(&both, s->transfer.text, -1000, "2026-03-03");
    add_entry(&both, "po_2", 1000, "2026-03-04");
    struct reconciliation *result = reconcile(&t, &second, &both, "2026-03-02", &arena);
    cr_assert_eq(result->count, 0, "%s %s", reconcile_kind_name(result->differences[0].kind),
                 result->differences[0].about);
    cr_assert_eq(balance_of(&t.f, card), 0);
    cr_assert_eq(balance_of(&t.f, bank), 0);
    buf_finish(&first);
    buf_finish(&second);
    buf_finish(&statement);
    buf_finish(&both);
    arena_finish(&arena);
    treasury_close(&t);
}

Test(reconcile, a_charge_is_what_the_agencies_and_the_city_got_of_it)
{
    struct treasury t;
    struct arena arena = {0};
    struct buf report = {0}, statement = {0};
    char charge[64];
    treasury_open(&t);
    json_t *rules = json_parse(STR("{\"*\": {\"card\": {\"basis_points\": 200}}}"), NULL);
    struct tariff *tariff;
    cr_assert_eq(tariff_create(&tariff, rules, NULL), 0);
    t.f.tariff = tariff;
    money_fixture_restart(&t.f);
    struct id payment = pay_card(&t, "bill-1", charge);
    int64_t fee = balance_of(&t.f, (struct ledger_party){LEDGER_FEE, "city"});
    cr_assert_gt(fee, 0);
    refund(&t, &payment, 1000 + fee, 1000 + fee, "all");
    add_row(&report, "txn_1", "charge", charge, 1000 + fee, 39, "2026-03-01 08:31:00");
    add_row(&report, "txn_2", "refund", charge, -1000 - fee, 0, "2026-03-01 08:32:00");
    start_statement(&statement);
    struct reconciliation *result = reconcile(&t, &report, &statement, "2026-03-01", &arena);
    cr_assert_eq(result->count, 0, "%s", reconcile_kind_name(result->differences[0].kind));
    cr_assert_eq(result->ledger.charged, 1000 + fee);
    expect_books_whole(&t.f);
    tariff_destroy(tariff);
    json_decref(rules);
    buf_finish(&report);
    buf_finish(&statement);
    arena_finish(&arena);
    treasury_close(&t);
}
