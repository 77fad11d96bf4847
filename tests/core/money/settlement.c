// SPDX-License-Identifier: Apache-2.0
#include "money/settlement.h"

#include "money/csv.h"
#include "money/decimal.h"
#include "money/verify.h"
#include "treasury.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

Test(settlement, a_day_pays_what_it_gave_and_a_transfer_belongs_to_the_day_it_was_made_in)
{
    struct treasury t;
    struct arena arena = {0};
    treasury_open(&t);
    int64_t midnight = at(3, 2, 0, 0);
    move_money(&t, "water", 1000, "capture", midnight - 1);
    move_money(&t, "water", 500, "capture", midnight);
    clock_fix(&t.f.clock, at(3, 2, 0, 15));
    struct settlement_day *day = close_day(&t, "2026-03-01", &arena);
    struct settlement *water = row_of(day, "water");
    cr_assert_eq(water->captured, 1000);
    cr_assert_eq(water->payable, 1000);
    cr_assert_eq(water->remainder, 0);
    cr_assert_str_eq(day->execution, "2026-03-02");
    cr_assert_eq(balance_of(&t.f, (struct ledger_party){LEDGER_SETTLEMENT, "water"}), 500);
    cr_assert_eq(balance_of(&t.f, (struct ledger_party){LEDGER_CLEARING, "bank"}), 1000);
    clock_fix(&t.f.clock, at(3, 3, 9, 0));
    cr_assert_eq(row_of(close_day(&t, "2026-03-02", &arena), "water")->payable, 500);
    cr_assert_eq(balance_of(&t.f, (struct ledger_party){LEDGER_SETTLEMENT, "water"}), 0);
    expect_ledger_whole(&t.f);
    arena_finish(&arena);
    treasury_close(&t);
}

Test(settlement, what_is_negative_is_carried_forward_and_nothing_is_posted)
{
    struct treasury t;
    struct arena arena = {0};
    treasury_open(&t);
    move_money(&t, "water", 300, "capture", at(3, 1, 10, 0));
    clock_fix(&t.f.clock, at(3, 2, 1, 0));
    close_day(&t, "2026-03-01", &arena);
    move_money(&t, "water", -200, "refund-reserve", at(3, 2, 10, 0));
    move_money(&t, "water", 50, "refund-failed", at(3, 2, 11, 0));
    clock_fix(&t.f.clock, at(3, 3, 1, 0));
    struct settlement *owing = row_of(close_day(&t, "2026-03-02", &arena), "water");
    cr_assert_eq(owing->refunded, -150);
    cr_assert_eq(owing->payable, 0);
    cr_assert_eq(owing->remainder, -150);
    cr_assert_str_empty(owing->transfer.text);
    move_money(&t, "water", 100, "capture", at(3, 3, 10, 0));
    clock_fix(&t.f.clock, at(3, 4, 1, 0));
    cr_assert_eq(row_of(close_day(&t, "2026-03-03", &arena), "water")->remainder, -50);
    move_money(&t, "water", 80, "capture", at(3, 4, 10, 0));
    clock_fix(&t.f.clock, at(3, 5, 1, 0));
    struct settlement *paid = row_of(close_day(&t, "2026-03-04", &arena), "water");
    cr_assert_eq(paid->carried, -50);
    cr_assert_eq(paid->payable, 30);
    cr_assert_eq(ask_outside(&t.f, "SELECT count(*) FROM ledger_transfer "
                                   "WHERE reason = 'settlement'"),
                 2);
    arena_finish(&arena);
    treasury_close(&t);
}

Test(settlement, a_day_that_is_not_over_or_not_in_turn_is_refused)
{
    struct treasury t;
    struct err err;
    treasury_open(&t);
    cr_assert_eq(try_close(&t, "2026-03-01", &err), ERR_NOT_FOUND, "nothing was ever paid");
    move_money(&t, "water", 300, "capture", at(3, 1, 10, 0));
    clock_fix(&t.f.clock, at(3, 2, 0, 15) - 1);
    cr_assert_eq(try_close(&t, "2026-03-01", &err), ERR_CONFLICT);
    cr_assert(strstr(err.message, "can be settled from 2026-03-02T00:15:00+04:00"), "%s",
              err.message);
    clock_fix(&t.f.clock, at(3, 9, 9, 0));
    cr_assert_eq(try_close(&t, "2026-03-02", &err), ERR_CONFLICT);
    cr_assert(strstr(err.message, "2026-03-01 is not settled yet"), "%s", err.message);
    cr_assert_eq(try_close(&t, "2026-02-28", NULL), ERR_NOT_FOUND);
    const char *const none[] = {"2026-02-30", "2026-3-1", "", "tomorrow", "2026-03-01x"};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        cr_assert_eq(try_close(&t, none[i], NULL), ERR_INVALID, "%s", none[i]);
    char due[CLOCK_DATE];
    for (int day = 1; day <= 8; day++) {
        cr_assert_eq(settlement_due(t.f.money, &t.terms, due, &err), 1);
        cr_assert_eq(due[9], '0' + day);
        cr_assert_eq(try_close(&t, due, &err), 0, "%s", err.message);
    }
    cr_assert_eq(settlement_due(t.f.money, &t.terms, due, &err), 0);
    treasury_close(&t);
}

Test(settlement, an_agency_without_an_account_is_carried_forward_until_it_has_one)
{
    struct treasury t;
    struct arena arena = {0};
    treasury_open(&t);
    move_money(&t, "fines", 700, "capture", at(3, 1, 10, 0));
    clock_fix(&t.f.clock, at(3, 3, 9, 0));
    cr_assert_eq(row_of(close_day(&t, "2026-03-01", &arena), "fines")->remainder, 700);
    treasury_set_agencies(&t, "{\"police\": {\"legal_name\": \"Police\", \"iban\": \"" TOLL_IBAN
                              "\", \"instances\": [\"fines\"]}}");
    struct settlement *fines = row_of(close_day(&t, "2026-03-02", &arena), "fines");
    cr_assert_eq(fines->carried, 700);
    cr_assert_eq(fines->payable, 700);
    cr_assert(str_is(fines->agency, "police"));
    arena_finish(&arena);
    treasury_close(&t);
}

Test(settlement, without_an_account_of_the_city_nothing_is_closed)
{
    struct treasury t;
    struct payee_account none = {"", "", ""};
    struct payees *payees;
    struct err err;
    treasury_open(&t);
    move_money(&t, "water", 700, "capture", at(3, 1, 10, 0));
    clock_fix(&t.f.clock, at(3, 3, 9, 0));
    json_t *agencies = json_object();
    cr_assert_eq(payees_create(&payees, agencies, &none, NULL), 0);
    t.terms.payees = payees;
    cr_assert_eq(try_close(&t, "2026-03-01", &err), ERR_UNAVAILABLE);
    cr_assert(strstr(err.message, "settlement.debtor_iban"), "%s", err.message);
    payees_destroy(payees);
    json_decref(agencies);
    treasury_close(&t);
}

Test(settlement, what_comes_into_a_closed_day_is_paid_with_the_next_and_said_to_be_late)
{
    struct treasury t;
    struct arena arena = {0};
    struct buf report = {0};
    struct err err;
    treasury_open(&t);
    move_money(&t, "water", 300, "capture", at(3, 1, 10, 0));
    clock_fix(&t.f.clock, at(3, 2, 1, 0));
    close_day(&t, "2026-03-01", &arena);
    move_money(&t, "water", 11, "capture", at(3, 1, 23, 59));
    move_money(&t, "water", 200, "capture", at(3, 2, 10, 0));
    clock_fix(&t.f.clock, at(3, 3, 1, 0));
    struct settlement *water = row_of(close_day(&t, "2026-03-02", &arena), "water");
    cr_assert_eq(water->captured, 200);
    cr_assert_eq(water->late, 11);
    cr_assert_eq(water->payable, 211);
    cr_assert_eq(settlement_report(t.f.money, "2026-03-01", &report, &err), ERR_CONFLICT);
    cr_assert_eq(settlement_report(t.f.money, "2026-03-02", &report, &err), 0, "%s", err.message);
    buf_finish(&report);
    arena_finish(&arena);
    treasury_close(&t);
}

Test(settlement, a_ledger_that_disagrees_with_itself_settles_nothing)
{
    struct treasury t;
    struct err err;
    treasury_open(&t);
    move_money(&t, "water", 300, "capture", at(3, 1, 10, 0));
    clock_fix(&t.f.clock, at(3, 2, 1, 0));
    cr_assert(run_outside(&t.f, "UPDATE ledger_balance SET amount = amount + 5 "
                                "WHERE account = 'settlement:water:AED'"));
    cr_assert_eq(try_close(&t, "2026-03-01", &err), ERR_CONFLICT);
    cr_assert(strstr(err.message, "medina money verify"), "%s", err.message);
    cr_assert_eq(ask_outside(&t.f, "SELECT count(*) FROM settlement_day"), 0);
    treasury_close(&t);
}

Test(settlement, a_dry_run_says_the_same_and_changes_nothing)
{
    struct treasury t;
    struct arena arena = {0};
    struct settlement_day *plan;
    treasury_open(&t);
    move_money(&t, "water", 300, "capture", at(3, 1, 10, 0));
    clock_fix(&t.f.clock, at(3, 2, 1, 0));
    struct settlement_order order = {&t.terms, "2026-03-01", true};
    cr_assert_eq(settlement_close(t.f.money, &order, &arena, &plan, NULL), 0);
    cr_assert(plan->planned);
    cr_assert_eq(row_of(plan, "water")->payable, 300);
    cr_assert_eq(ask_outside(&t.f, "SELECT count(*) FROM ledger_transfer"), 1);
    cr_assert_eq(settlement_read(t.f.money, "2026-03-01", &arena, &plan, NULL), ERR_NOT_FOUND);
    arena_finish(&arena);
    treasury_close(&t);
}

Test(settlement, an_order_cannot_be_dated_before_it_is_made)
{
    struct treasury t;
    struct arena arena = {0};
    treasury_open(&t);
    move_money(&t, "water", 300, "capture", at(2, 27, 10, 0));
    clock_fix(&t.f.clock, at(3, 6, 1, 0));
    cr_assert_str_eq(close_day(&t, "2026-02-27", &arena)->execution, "2026-03-06");
    t.terms.execution_days = 3;
    cr_assert_str_eq(close_day(&t, "2026-02-28", &arena)->execution, "2026-03-06");
    t.terms.execution_days = 10;
    cr_assert_str_eq(close_day(&t, "2026-03-01", &arena)->execution, "2026-03-11");
    arena_finish(&arena);
    treasury_close(&t);
}

Test(settlement, a_day_is_as_long_as_the_citys_clocks_make_it)
{
    int64_t began, ended;
    setenv("TZ", "Europe/Berlin", 1);
    tzset();
    cr_assert(settlement_bounds("2026-03-29", &began, &ended));
    cr_assert_eq(ended - began, 23 * 3600000);
    cr_assert(settlement_bounds("2026-10-25", &began, &ended));
    cr_assert_eq(ended - began, 25 * 3600000);
    cr_assert_not(settlement_bounds("2026-02-29", &began, &ended));
}

// --- the files -----------------------------------------------------------------------------------

static void check_schema(const struct buf *xml, const char *schema)
{
    char path[] = "/tmp/medina-pain-XXXXXX", command[512];
    snprintf(command, sizeof command, MEDINA_VECTORS "/iso20022/%s", schema);
    if (access(command, R_OK) != 0)
        cr_skip_test("%s is not there", command);
    int fd = mkstemp(path);
    cr_assert_eq(write(fd, xml->data, xml->size), (ssize_t)xml->size);
    close(fd);
    snprintf(command, sizeof command,
             "xmllint --noout --nonet --schema " MEDINA_VECTORS "/iso20022/%s %s", schema, path);
    int rc = system(command);
    unlink(path);
    cr_assert_eq(rc, 0, "%s", xml->data);
}

Test(settlement, the_order_to_the_bank_is_valid_and_names_each_agency)
{
    struct treasury t;
    struct arena arena = {0};
    struct buf xml = {0}, again = {0};
    treasury_open(&t);
    move_money(&t, "water", 123456, "capture", at(3, 1, 10, 0));
    move_money(&t, "toll", 5, "capture", at(3, 1, 10, 0));
    clock_fix(&t.f.clock, at(3, 2, 1, 0));
    struct settlement_day *day = close_day(&t, "2026-03-01", &arena);
    cr_assert_eq(settlement_pain(t.f.money, "2026-03-01", &xml, NULL), 0);
    const char *const wanted[] = {"<NbOfTxs>2</NbOfTxs><CtrlSum>1234.61</CtrlSum>",
                                  "<InstdAmt Ccy=\"AED\">1234.56</InstdAmt>",
                                  "<InstdAmt Ccy=\"AED\">0.05</InstdAmt>",
                                  "<Nm>Coast Water &amp; Electricity &lt;1&gt;</Nm>",
                                  WATER_IBAN,
                                  TOLL_IBAN,
                                  "<MsgId>SETTLEMENT-20260301</MsgId>",
                                  "<ReqdExctnDt>2026-03-02</ReqdExctnDt>",
                                  row_of(day, "toll")->transfer.text};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        cr_assert(strstr(xml.data, wanted[i]), "%s\n%s", wanted[i], xml.data);
    // Settings may change, and the day's files do not.
    treasury_set_agencies(&t, "{}");
    clock_fix(&t.f.clock, at(4, 2, 1, 0));
    money_fixture_restart(&t.f);
    cr_assert_eq(settlement_pain(t.f.money, "2026-03-01", &again, NULL), 0);
    cr_assert(str_equal(buf_str(&xml), buf_str(&again)));
    cr_assert_eq(settlement_pain(t.f.money, "2026-03-02", &again, NULL), ERR_NOT_FOUND);
    check_schema(&xml, "pain.001.001.03.xsd");
    buf_finish(&xml);
    buf_finish(&again);
    arena_finish(&arena);
    treasury_close(&t);
}

// The report's lines of one account add up to what its totals say.
static void check_report(struct treasury *t, struct settlement_day *day)
{
    struct buf report = {0}, again = {0};
    struct arena arena = {0};
    struct str cells[16];
    struct csv csv;
    struct err err = {0};
    size_t count;
    int64_t sum = 0, amount, payable = -1;
    cr_assert_eq(settlement_report(t->f.money, day->day, &report, &err), 0, "%s", err.message);
    cr_assert_eq(settlement_report(t->f.money, day->day, &again, &err), 0);
    cr_assert(str_equal(buf_str(&report), buf_str(&again)));
    csv_init(&csv, buf_str(&report));
    cr_assert_eq(csv_next(&csv, &arena, cells, 16, &count, &err), 1);
    cr_assert(str_is(cells[7], "amount"));
    while (csv_next(&csv, &arena, cells, 16, &count, &err) == 1) {
        cr_assert_eq(count, 11);
        if (!str_is(cells[2], "water"))
            continue;
        cr_assert(decimal_read(cells[7], "AED", &amount));
        if (!str_starts(cells[6], STR("total ")))
            sum += amount;
        else if (str_is(cells[6], "total payable"))
            payable = amount;
    }
    struct settlement *s = row_of(day, "water");
    cr_assert_eq(sum, s->captured + s->refunded + s->disputed + s->fees + s->other);
    cr_assert_eq(payable, s->payable);
    buf_finish(&report);
    buf_finish(&again);
    arena_finish(&arena);
}

// --- any history ---------------------------------------------------------------------------------

enum { DAYS = 12, MOST_A_DAY = 14 };

static void live_a_day(struct treasury *t, int month_day, unsigned *seed)
{
    static const char *const instances[] = {"water", "toll", "fines"};
    static const struct {
        const char *reason;
        int sign;
    } kinds[] = {{"capture", 1},         {"capture", 1},       {"refund", -1},
                 {"refund-reserve", -1}, {"refund-failed", 1}, {"dispute-lost", -1},
                 {"dispute-fee", -1},    {"correction", 1}};
    int count = rand_r(seed) % MOST_A_DAY;
    for (int i = 0; i < count; i++) {
        size_t kind = (size_t)rand_r(seed) % 8;
        int64_t made = at(3, month_day, 0, 0) + rand_r(seed) % (24 * 3600 * 1000);
        move_money(t, instances[rand_r(seed) % 3], kinds[kind].sign * (1 + rand_r(seed) % 5000),
                   kinds[kind].reason, made);
    }
}

// The row against the ledger's own rows, by SQL that has nothing to do with ours.
static void check_row(struct treasury *t, const struct settlement_day *day,
                      const struct settlement *s, unsigned seed)
{
    char sql[700];
    snprintf(sql, sizeof sql,
             "SELECT coalesce(sum(CASE WHEN credit = 'settlement:%s:AED' THEN amount "
             "ELSE -amount END), 0) FROM ledger_transfer WHERE 'settlement:%s:AED' IN "
             "(credit, debit) AND reason <> 'settlement' AND made < %lld",
             s->instance.data, s->instance.data, (long long)day->ended);
    int64_t everything = ask_outside(&t->f, sql);
    snprintf(sql, sizeof sql,
             "SELECT coalesce(sum(amount), 0) FROM ledger_transfer WHERE "
             "debit = 'settlement:%s:AED' AND reason = 'settlement'",
             s->instance.data);
    int64_t paid = ask_outside(&t->f, sql);
    cr_assert_eq(s->remainder, everything - paid, "seed %u, %s, %s: %lld is not %lld less %lld",
                 seed, day->day, s->instance.data, (long long)s->remainder, (long long)everything,
                 (long long)paid);
    cr_assert(s->payable >= 0 && s->late == 0);
    cr_assert(s->iban.size ? s->remainder <= 0 : s->payable == 0, "seed %u", seed);
}

static void live(unsigned first_seed)
{
    unsigned seed = first_seed;
    struct treasury t;
    struct verify_report report;
    treasury_open(&t);
    move_money(&t, "water", 1, "capture", at(3, 1, 0, 0));
    int closed = 0;
    for (int day = 1; day <= DAYS; day++) {
        live_a_day(&t, day, &seed);
        clock_fix(&t.f.clock, at(3, day + 1, 1, 0) + rand_r(&seed) % 3600000);
        if (rand_r(&seed) % 3 == 0)
            money_fixture_restart(&t.f);
        // Some days are closed late, together with those that follow.
        while (rand_r(&seed) % 4 && closed < day) {
            struct arena arena = {0};
            char name[CLOCK_DATE];
            clock_format_date(at(3, ++closed, 12, 0), name);
            struct settlement_day *now = close_day(&t, name, &arena);
            for (size_t i = 0; i < now->count; i++)
                check_row(&t, now, &now->at[i], first_seed);
            check_report(&t, now);
            arena_finish(&arena);
        }
    }
    expect_ledger_whole(&t.f);
    cr_assert_eq(store_read(t.f.store, money_verify, &report, NULL), 0);
    for (size_t i = 0; i < report.count; i++) // the transfers are of no payments
        cr_assert(strncmp(report.findings[i].check, "settled", 7) != 0);
    treasury_close(&t);
}

Test(settlement, totals_are_the_ledgers_whatever_happened, .timeout = 3000)
{
    unsigned seeds = getenv("MEDINA_SOAK") ? 300 : 12;
    for (unsigned seed = 1; seed <= seeds; seed++)
        live(seed);
}
