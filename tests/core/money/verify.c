// SPDX-License-Identifier: Apache-2.0
#include "money/verify.h"

#include "treasury.h"

#include <criterion/criterion.h>

// A wallet payment with a part refunded, a card payment that is captured, and a settled day.
static void live(struct treasury *t)
{
    struct money_answer answer;
    struct arena arena = {0};
    treasury_open(t);
    fill_wallet(&t->f, 5000);
    cr_assert_eq(pay_wallet(&t->f, "k1", "bill-1", 3000, &answer), 0);
    buf_finish(&answer.body);
    struct money_refund refund = {.key = {.caller = STR("operator"),
                                          .route = STR("refund"),
                                          .key = STR("r1")},
                                  .payment = &answer.payment,
                                  .line = 1,
                                  .amount = 500,
                                  .seen = 3000,
                                  .reason = "test"};
    struct money_answer refunded;
    cr_assert_eq(payment_refund(t->f.money, &refund, &refunded, NULL), 0);
    buf_finish(&refunded.body);
    struct id card = checkout(&t->f, "bill-2");
    fake_pay(t->f.fake, card.text);
    cr_assert_eq(payment_advance(t->f.money, &card, NULL), 0);
    cr_assert_eq(state_of(&t->f, &card), PAYMENT_CAPTURED);
    advance_clock(&t->f, INT64_C(24) * 3600 * 1000);
    close_day(t, "2026-03-01", &arena);
    arena_finish(&arena);
}

static struct verify_report verify(struct treasury *t)
{
    struct verify_report report;
    struct err err = {0};
    cr_assert_eq(store_read(t->f.store, money_verify, &report, &err), 0, "%s", err.message);
    return report;
}

Test(verify, books_that_agree_are_whole)
{
    struct treasury t;
    live(&t);
    struct verify_report report = verify(&t);
    cr_assert(verify_whole(&report), "%s: %s", report.findings[0].check, report.findings[0].first);
    cr_assert_gt(report.ledger.transfers, 3);
    treasury_close(&t);
}

Test(verify, whatever_is_changed_by_hand_is_found)
{
    static const struct {
        const char *sql, *check;
    } harms[] = {
        {"UPDATE payment SET captured = captured - 1 WHERE provider = 'card'", "captured"},
        {"UPDATE payment_line SET state = 'released' WHERE item = 'bill-2'", "captured-known"},
        {"UPDATE payment SET refunded = refunded + 1 WHERE provider = 'wallet'", "lines"},
        {"UPDATE payment SET total = total + 1 WHERE provider = 'card'", "total"},
        {"UPDATE payment SET refunded = refunded + 1 WHERE provider = 'wallet'", "refunded"},
        {"UPDATE payment SET refunding = 1 WHERE provider = 'card'", "refunding"},
        {"UPDATE payment SET refunding = 1 WHERE provider = 'card'", "lines"},
        {"UPDATE settlement SET payable = payable - 1, remainder = remainder + 1 "
         "WHERE payable > 0",
         "settled"},
        {"DELETE FROM settlement WHERE payable > 0", "settled-known"},
        {"INSERT INTO ledger_account VALUES ('reserve:card:AED', 'reserve', 'card', 'AED', 1); "
         "INSERT INTO ledger_balance VALUES ('reserve:card:AED', 1, 0, 5)",
         "reserve"},
    };
    for (size_t i = 0; i < sizeof harms / sizeof *harms; i++) {
        struct treasury t;
        live(&t);
        cr_assert(run_outside(&t.f, harms[i].sql), "%s", harms[i].sql);
        struct verify_report report = verify(&t);
        bool found = false;
        for (size_t k = 0; k < report.count; k++)
            found |= strcmp(report.findings[k].check, harms[i].check) == 0 &&
                     report.findings[k].count == 1 && report.findings[k].first[0];
        cr_assert(found, "%s was not found after %s", harms[i].check, harms[i].sql);
        cr_assert_not(verify_whole(&report));
        treasury_close(&t);
    }
}
