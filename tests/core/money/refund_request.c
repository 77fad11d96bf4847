// SPDX-License-Identifier: Apache-2.0
//
// Refunds that agencies ask for: four eyes above a limit, and a decision that is never made without
// its refund nor the refund without its decision.
#include "money/refund_request.h"

#include "fixture.h"

#include <criterion/criterion.h>

static struct id paid(struct money_fixture *f)
{
    struct money_answer answer;
    money_fixture_open(f);
    f->refund_alone = 200;
    money_fixture_restart(f);
    fill_wallet(f, 1000);
    cr_assert_eq(pay_wallet(f, "pay", "bill-1", 1000, &answer), 0);
    buf_finish(&answer.body);
    return answer.payment;
}

static int ask(struct money_fixture *f, const struct id *payment, int64_t amount, int64_t seen,
               struct id *request)
{
    struct refund_asking asking = {payment, 1, amount, seen, "billed-twice", "uid 1001"};
    return refund_ask(f->money, &asking, request, NULL);
}

static int64_t wallet_has(struct money_fixture *f)
{
    return balance_of(f, (struct ledger_party){LEDGER_WALLET, f->citizen.text});
}

Test(refund_request, a_small_one_is_made_at_once_and_kept)
{
    struct money_fixture f;
    struct id payment = paid(&f), request;
    cr_assert_eq(ask(&f, &payment, 200, 1000, &request), 1);
    cr_assert_eq(wallet_has(&f), 200);
    cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM refund_request WHERE state = 'approved' "
                                 "AND asked_by = 'uid 1001' AND decided_by IS NULL"),
                 1);
    money_fixture_close(&f);
}

Test(refund_request, a_large_one_waits_for_somebody_else)
{
    struct money_fixture f;
    struct id payment = paid(&f), request;
    struct refund_request waiting[4];
    cr_assert_eq(ask(&f, &payment, 201, 1000, &request), 0);
    cr_assert_eq(wallet_has(&f), 0);
    cr_assert_eq(refund_list(f.money, waiting, 4, NULL), 1);
    cr_assert_eq(waiting[0].amount, 201);
    cr_assert_str_eq(waiting[0].asked_by, "uid 1001");
    cr_assert_str_eq(waiting[0].instance, "water");
    cr_assert_eq(refund_approve(f.money, id_str(&request), "uid 1001", NULL), ERR_DENIED);
    cr_assert_eq(wallet_has(&f), 0);
    cr_assert_eq(refund_approve(f.money, id_str(&request), "uid 1002", NULL), 0);
    cr_assert_eq(wallet_has(&f), 201);
    cr_assert_eq(refund_approve(f.money, id_str(&request), "uid 1003", NULL), ERR_NOT_FOUND);
    cr_assert_eq(wallet_has(&f), 201);
    cr_assert_eq(refund_list(f.money, waiting, 4, NULL), 0);
    expect_books_whole(&f);
    money_fixture_close(&f);
}

Test(refund_request, approval_is_for_what_was_seen)
{
    struct money_fixture f;
    struct id payment = paid(&f), large, small;
    struct refund_request waiting[4];
    cr_assert_eq(ask(&f, &payment, 900, 1000, &large), 0);
    cr_assert_eq(ask(&f, &payment, 100, 1000, &small), 1);
    cr_assert_eq(refund_approve(f.money, id_str(&large), "uid 1002", NULL), ERR_CONFLICT);
    cr_assert_eq(wallet_has(&f), 100);
    cr_assert_eq(refund_list(f.money, waiting, 4, NULL), 1, "it waits to be declined");
    cr_assert_eq(refund_decline(f.money, id_str(&large), "uid 1002", NULL), 0);
    cr_assert_eq(refund_list(f.money, waiting, 4, NULL), 0);
    money_fixture_close(&f);
}

Test(refund_request, whoever_asked_may_take_it_back_but_not_approve_it)
{
    struct money_fixture f;
    struct id payment = paid(&f), request;
    cr_assert_eq(ask(&f, &payment, 500, 1000, &request), 0);
    cr_assert_eq(refund_decline(f.money, id_str(&request), "uid 1001", NULL), 0);
    cr_assert_eq(refund_approve(f.money, id_str(&request), "uid 1002", NULL), ERR_NOT_FOUND);
    cr_assert_eq(wallet_has(&f), 0);
    cr_assert_not(run_outside(&f, "UPDATE refund_request SET decided_by = asked_by"),
                  "the database itself wants four eyes");
    money_fixture_close(&f);
}

Test(refund_request, what_cannot_be_refunded_cannot_be_asked_for)
{
    struct money_fixture f;
    struct id payment = paid(&f), request, nothing = {"0"};
    cr_assert_eq(ask(&f, &payment, 1001, 1000, &request), ERR_CONFLICT);
    cr_assert_eq(ask(&f, &payment, 300, 999, &request), ERR_CONFLICT);
    cr_assert_eq(ask(&f, &payment, 0, 1000, &request), ERR_INVALID);
    cr_assert_eq(ask(&f, &nothing, 300, 1000, &request), ERR_NOT_FOUND);
    struct refund_asking asking = {&payment, 2, 300, 1000, "billed-twice", "uid 1001"};
    cr_assert_eq(refund_ask(f.money, &asking, &request, NULL), ERR_NOT_FOUND);
    asking = (struct refund_asking){&payment, 1, 300, 1000, "", "uid 1001"};
    cr_assert_eq(refund_ask(f.money, &asking, &request, NULL), ERR_INVALID);
    cr_assert_eq(ask_outside(&f, "SELECT count(*) FROM refund_request"), 0);
    money_fixture_close(&f);
}
