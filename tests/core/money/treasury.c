// SPDX-License-Identifier: Apache-2.0
#include "treasury.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

static const char agencies[] =
    "{\"coast\": {\"legal_name\": \"Coast Water & Electricity <1>\", \"iban\": \"" WATER_IBAN
    "\", \"bic\": \"EBILAEAD\", \"instances\": [\"water\"]},"
    "\"roads\": {\"legal_name\": \"Roads\", \"iban\": \"" TOLL_IBAN
    "\", \"instances\": [\"toll\"]}}";

void treasury_set_agencies(struct treasury *t, const char *text)
{
    struct err err = {0};
    struct payee_account debtor = {"City Treasury", CITY_IBAN, "NBADAEAA"};
    json_t *section = json_parse(str_from(text), &err);
    payees_destroy(t->payees);
    cr_assert_eq(payees_create(&t->payees, section, &debtor, &err), 0, "%s", err.message);
    json_decref(section);
    t->terms = (struct settlement_terms){.payees = t->payees,
                                         .currency = "AED",
                                         .grace_ms = 900000,
                                         .execution_days = 1};
}

void treasury_open(struct treasury *t)
{
    setenv("TZ", "Asia/Dubai", 1);
    tzset();
    *t = (struct treasury){0};
    money_fixture_open(&t->f);
    treasury_set_agencies(t, agencies);
}

void treasury_close(struct treasury *t)
{
    payees_destroy(t->payees);
    money_fixture_close(&t->f);
}

static int post_job(struct store_db *db, void *transfer, struct err *err)
{
    return ledger_post(db, transfer, err);
}

void move_money(struct treasury *t, const char *instance, int64_t amount, const char *reason,
                int64_t made)
{
    struct id_generator ids = ID_GENERATOR_INIT; // of its own: a test goes back in time
    struct id id = id_next(&ids, made), payment = id_next(&t->f.ids, made);
    struct ledger_party agency = {LEDGER_SETTLEMENT, instance}, card = {LEDGER_CLEARING, "card"};
    struct ledger_transfer transfer = {.id = &id,
                                       .debit = amount < 0 ? agency : card,
                                       .credit = amount < 0 ? card : agency,
                                       .amount = amount < 0 ? -amount : amount,
                                       .currency = "AED",
                                       .reason = reason,
                                       .payment = payment.text,
                                       .line = 1,
                                       .made = made,
                                       .node = 1 + (int64_t)(made % 2)};
    struct err err = {0};
    cr_assert_eq(store_run(t->f.store, post_job, &transfer, &err), 0, "%s", err.message);
}

int64_t at(int month, int day, int hour, int minute)
{
    struct civil civil = {2026, month, day, hour, minute, 0, 0};
    return clock_from_civil(&civil);
}

int try_close(struct treasury *t, const char *day, struct err *err)
{
    struct arena arena = {0};
    struct settlement_day *out;
    struct settlement_order order = {.terms = &t->terms, .day = day};
    int rc = settlement_close(t->f.money, &order, &arena, &out, err);
    arena_finish(&arena);
    return rc;
}

struct settlement_day *close_day(struct treasury *t, const char *day, struct arena *arena)
{
    struct settlement_day *out;
    struct settlement_order order = {.terms = &t->terms, .day = day};
    struct err err = {0};
    cr_assert_eq(settlement_close(t->f.money, &order, arena, &out, &err), 0, "%s: %s", day,
                 err.message);
    cr_assert_not(out->planned);
    return out;
}

struct settlement *row_of(struct settlement_day *day, const char *instance)
{
    for (size_t i = 0; i < day->count; i++)
        if (str_is(day->at[i].instance, instance))
            return &day->at[i];
    cr_assert_fail("%s has no row of %s", day->day, instance);
    return NULL;
}
