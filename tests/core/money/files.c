// SPDX-License-Identifier: Apache-2.0
// What providers and banks send: read, or refused with the line.
#include "base/buf.h"
#include "money/camt.h"
#include "money/csv.h"
#include "money/report.h"
#include "treasury.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

Test(csv, cells_rows_and_quotes_are_those_of_rfc_4180)
{
    struct arena arena = {0};
    struct csv csv;
    struct str cells[4];
    size_t count;
    csv_init(&csv, STR("\xEF\xBB\xBF"
                       "a,\"b \"\"c\"\"\r\nd\",\r\n\r\ne,f\n,\"\""));
    cr_assert_eq(csv_next(&csv, &arena, cells, 4, &count, NULL), 1);
    cr_assert_eq(count, 3);
    cr_assert(str_is(cells[0], "a") && str_is(cells[1], "b \"c\"\r\nd") && cells[2].size == 0);
    cr_assert_eq(csv_next(&csv, &arena, cells, 4, &count, NULL), 1);
    cr_assert_eq(csv.line, 4);
    cr_assert(count == 2 && str_is(cells[1], "f"));
    cr_assert_eq(csv_next(&csv, &arena, cells, 4, &count, NULL), 1);
    cr_assert(count == 2 && cells[0].size == 0 && cells[1].size == 0);
    cr_assert_eq(csv_next(&csv, &arena, cells, 4, &count, NULL), 0);
    arena_finish(&arena);
}

Test(csv, what_is_malformed_is_refused_with_its_line)
{
    static const struct {
        const char *text;
        int code;
    } bad[] = {{"a\r\n\"b", ERR_INVALID},
               {"a\r\n\"b\"c", ERR_INVALID},
               {"a\r\nb\"c", ERR_INVALID},
               {"a\r\nb,c,d,e", ERR_LIMIT}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena arena = {0};
        struct csv csv;
        struct str cells[3];
        size_t count;
        struct err err = {0};
        csv_init(&csv, str_from(bad[i].text));
        cr_assert_eq(csv_next(&csv, &arena, cells, 3, &count, &err), 1);
        cr_assert_eq(csv_next(&csv, &arena, cells, 3, &count, &err), bad[i].code, "%zu", i);
        cr_assert(strstr(err.message, "line 2"), "%s", err.message);
        arena_finish(&arena);
    }
}

Test(report, the_names_of_both_of_the_providers_reports_are_known)
{
    struct arena arena = {0};
    struct report report;
    struct err err = {0};
    cr_assert_eq(
        report_read(STR("created_utc,balance_transaction_id,reporting_category,source_id,"
                        "gross,fee,net,currency,payment_intent_id,more\n"
                        "2026-03-01 08:30:00,txn_1,charge,ch_1,12.50,0.50,12.00,aed,pi_1,x\n"
                        "2026-03-01T09:00:00Z,txn_2,payout,po_1,-12.00,0,-12.00,AED,,\n"),
                    "AED", &arena, &report, &err),
        0, "%s", err.message);
    cr_assert_eq(report.count, 2);
    cr_assert_eq(report.rows[0].kind, REPORT_CHARGE);
    cr_assert_eq(report.rows[0].amount, 1250);
    cr_assert_eq(report.rows[0].fee, 50);
    cr_assert_eq(report.rows[0].created, INT64_C(1772353800000));
    cr_assert(str_is(report.rows[0].charge, "pi_1"));
    cr_assert_eq(report.rows[1].kind, REPORT_PAYOUT);
    cr_assert(str_is(report.rows[1].source, "po_1"));
    arena_finish(&arena);
}

// --- the bank's statement ------------------------------------------------------------------------

#define HEAD                                                                                       \
    "<?xml version=\"1.0\"?>\n<Document "                                                          \
    "xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\n<BkToCstmrStmt><Stmt>"             \
    "<Acct><Id><IBAN>" CITY_IBAN "</IBAN></Id></Acct>"
#define TAIL "</Stmt></BkToCstmrStmt></Document>"
#define ENTRY(amount, side, rest)                                                                  \
    "<Ntry><Amt Ccy=\"AED\">" amount "</Amt><CdtDbtInd>" side "</CdtDbtInd><Sts><Cd>BOOK</Cd>"     \
    "</Sts><BookgDt><Dt>2026-03-02</Dt></BookgDt>" rest "</Ntry>"

static const struct camt_limits limits = {"AED", CITY_IBAN, 1 << 16, 16};

static int read_camt(const char *text, struct arena *arena, struct bank_statement *out,
                     struct err *err)
{
    return camt_read(str_from(text), &limits, arena, out, err);
}

Test(camt, entries_are_read_with_their_references)
{
    struct arena arena = {0};
    struct bank_statement statement;
    struct err err = {0};
    const char *text = HEAD ENTRY(
        "10.05", "DBIT",
        "<AcctSvcrRef>B1</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId> e2e-1 "
        "</EndToEndId></Refs><RmtInf><Ustrd>one</Ustrd><Ustrd>two &amp; 3</Ustrd></RmtInf>"
        "</TxDtls></NtryDtls>") ENTRY("7.00", "CRDT", "<AddtlNtryInf>STRIPE po_1</AddtlNtryInf>")
        TAIL;
    cr_assert_eq(read_camt(text, &arena, &statement, &err), 0, "%s", err.message);
    cr_assert_eq(statement.count, 2);
    cr_assert_eq(statement.entries[0].amount, -1005);
    cr_assert(str_is(statement.entries[0].reference, "e2e-1"));
    cr_assert(str_is(statement.entries[0].number, "B1"));
    cr_assert(str_is(statement.entries[0].text, "one two & 3"));
    cr_assert_str_eq(statement.entries[0].date, "2026-03-02");
    cr_assert_eq(statement.entries[1].amount, 700);
    cr_assert(str_is(statement.entries[1].text, "STRIPE po_1"));
    arena_finish(&arena);
}

Test(camt, an_entry_of_several_transactions_is_several_entries)
{
    struct arena arena = {0};
    struct bank_statement statement;
    struct err err = {0};
#define TRANSACTION(id, amount)                                                                    \
    "<TxDtls><Refs><EndToEndId>" id "</EndToEndId></Refs>" amount "</TxDtls>"
    const char *text =
        HEAD ENTRY("10.00", "DBIT",
                   "<NtryDtls>" TRANSACTION("a", "<Amt Ccy=\"AED\">4.00</Amt>")
                       TRANSACTION("b", "<Amt Ccy=\"AED\">6.00</Amt>") "</NtryDtls>") TAIL;
    cr_assert_eq(read_camt(text, &arena, &statement, &err), 0, "%s", err.message);
    cr_assert_eq(statement.count, 2);
    cr_assert(statement.entries[0].amount == -400 && statement.entries[1].amount == -600);
    cr_assert(str_is(statement.entries[1].reference, "b"));
    const char *const bad[] = {
        HEAD ENTRY("10.00", "DBIT",
                   "<NtryDtls>" TRANSACTION("a", "<Amt Ccy=\"AED\">4.00</Amt>")
                       TRANSACTION("b", "<Amt Ccy=\"AED\">5.00</Amt>") "</NtryDtls>") TAIL,
        HEAD ENTRY("10.00", "DBIT",
                   "<NtryDtls>" TRANSACTION("a", "<Amt Ccy=\"AED\">4.00</Amt>")
                       TRANSACTION("b", "") "</NtryDtls>") TAIL};
    for (size_t i = 0; i < 2; i++)
        cr_assert_eq(read_camt(bad[i], &arena, &statement, &err), ERR_INVALID, "%zu", i);
    arena_finish(&arena);
}

Test(camt, what_is_dangerous_or_wrong_is_refused)
{
    static const struct {
        const char *text, *message;
        int code;
    } bad[] = {
        {"<!DOCTYPE a [<!ENTITY x \"y\">]>" HEAD TAIL, "document type", ERR_INVALID},
        {"<?xml version=\"1.0\"?><!DOCTYPE a SYSTEM \"file:///etc/passwd\">" HEAD TAIL,
         "document type", ERR_INVALID},
        {HEAD "<A><A><A><A><A><A><A><A><A><A><A><A><A><A><A><A>", "reconcile.bank_depth",
         ERR_LIMIT},
        {"<Document/>", "no camt.053.001.08", ERR_INVALID},
        {"", "line 1", ERR_INVALID},
        {"\x01", "line 1", ERR_INVALID},
        {HEAD ENTRY("10.00", "OUT", "") TAIL, "CRDT or DBIT", ERR_INVALID},
        {HEAD ENTRY("-10.00", "DBIT", "") TAIL, "not an amount", ERR_INVALID},
        {HEAD ENTRY("10.001", "DBIT", "") TAIL, "not an amount", ERR_INVALID},
        {HEAD "<Ntry><Sts><Cd>BOOK</Cd></Sts></Ntry>" TAIL, "Amt and CdtDbtInd", ERR_INVALID},
        {HEAD "&nbsp;" TAIL, "undefined entity", ERR_INVALID},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct arena arena = {0};
        struct bank_statement statement;
        struct err err = {0};
        cr_assert_eq(read_camt(bad[i].text, &arena, &statement, &err), bad[i].code, "%zu: %s", i,
                     err.message);
        cr_assert(strstr(err.message, bad[i].message), "%zu: %s", i, err.message);
        arena_finish(&arena);
    }
}

Test(camt, a_file_over_the_limit_is_refused_and_any_cut_of_one_is)
{
    struct arena arena = {0};
    struct bank_statement statement;
    struct err err = {0};
    struct camt_limits small = limits;
    struct str whole = STR(HEAD ENTRY("10.00", "DBIT", "") TAIL);
    small.bytes = whole.size - 1;
    cr_assert_eq(camt_read(whole, &small, &arena, &statement, &err), ERR_LIMIT);
    cr_assert(strstr(err.message, "reconcile.bank_bytes"), "%s", err.message);
    for (size_t size = 0; size < whole.size; size++)
        cr_assert_eq(camt_read((struct str){whole.data, size}, &limits, &arena, &statement, NULL),
                     ERR_INVALID, "%zu", size);
    cr_assert_eq(camt_read(whole, &limits, &arena, &statement, NULL), 0);
    arena_finish(&arena);
}
