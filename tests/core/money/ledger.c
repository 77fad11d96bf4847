// SPDX-License-Identifier: Apache-2.0
#include "money/ledger.h"

#include "fixture.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { MOST_TRANSFERS = 4 };

// A job that posts several transfers: all or none.
struct posting {
    struct ledger_transfer transfers[MOST_TRANSFERS];
    struct id ids[MOST_TRANSFERS];
    size_t count;
};

static int post_all(struct store_db *db, void *argument, struct err *err)
{
    struct posting *posting = argument;
    int status = 0;
    for (size_t i = 0; i < posting->count && status == 0; i++)
        status = ledger_post(db, &posting->transfers[i], err);
    return status;
}

static int post(struct money_fixture *f, struct ledger_transfer transfer, struct err *err)
{
    struct posting posting = {.count = 1};
    posting.ids[0] = id_next(&f->ids, 1000);
    posting.transfers[0] = transfer;
    posting.transfers[0].id = &posting.ids[0];
    posting.transfers[0].reason = transfer.reason ? transfer.reason : "test";
    return store_run(f->store, post_all, &posting, err);
}

static const struct ledger_party wallet = {LEDGER_WALLET, "citizen"},
                                 clearing = {LEDGER_CLEARING, "card"},
                                 agency = {LEDGER_SETTLEMENT, "water"};

static struct ledger_transfer transfer(struct ledger_party debit, struct ledger_party credit,
                                       int64_t amount)
{
    return (struct ledger_transfer){
        .debit = debit, .credit = credit, .amount = amount, .currency = "AED", .made = 5};
}

Test(ledger, a_transfer_moves_an_amount_from_one_account_to_another)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct err err = {0};
    cr_assert_eq(post(&f, transfer(clearing, wallet, 500), &err), 0, "%s", err.message);
    cr_assert_eq(post(&f, transfer(wallet, agency, 180), &err), 0, "%s", err.message);
    cr_assert_eq(balance_of(&f, wallet), 320);
    cr_assert_eq(balance_of(&f, clearing), -500);
    cr_assert_eq(balance_of(&f, agency), 180);
    expect_ledger_whole(&f);
    money_fixture_close(&f);
}

Test(ledger, a_wallet_is_never_overdrawn_and_an_agency_may_be)
{
    struct money_fixture f;
    money_fixture_open(&f);
    cr_assert_eq(post(&f, transfer(wallet, agency, 1), NULL), ERR_CONFLICT);
    cr_assert_eq(post(&f, transfer(clearing, wallet, 100), NULL), 0);
    cr_assert_eq(post(&f, transfer(wallet, agency, 101), NULL), ERR_CONFLICT);
    cr_assert_eq(balance_of(&f, wallet), 100);
    cr_assert_eq(post(&f, transfer(agency, wallet, 70), NULL), 0);
    cr_assert_eq(balance_of(&f, agency), -70);
    expect_ledger_whole(&f);
    money_fixture_close(&f);
}

Test(ledger, what_cannot_be_a_transfer_is_refused)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct ledger_transfer bad[] = {transfer(clearing, agency, 0),
                                    transfer(clearing, agency, -5),
                                    transfer(clearing, agency, LEDGER_AMOUNT_MAX + 1),
                                    transfer(clearing, agency, 5),
                                    transfer(clearing, agency, 5),
                                    transfer((struct ledger_party){LEDGER_FEE, ""}, agency, 5)};
    bad[3].currency = "aed";
    bad[4].currency = "AEDX";
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert_eq(post(&f, bad[i], NULL), ERR_INVALID, "%zu", i);
    cr_assert_eq(post(&f, transfer(agency, agency, 5), NULL), ERR_CONFLICT);
    struct ledger_transfer capture = transfer(clearing, agency, 5);
    capture.reason = "capture";
    capture.payment = "p1";
    capture.line = 1;
    cr_assert_eq(post(&f, capture, NULL), 0);
    cr_assert_eq(post(&f, capture, NULL), ERR_CONFLICT, "one line was settled twice");
    expect_ledger_whole(&f);
    money_fixture_close(&f);
}

Test(ledger, transfers_of_one_job_hold_together_or_not_at_all)
{
    struct money_fixture f;
    money_fixture_open(&f);
    struct posting posting = {.count = 2};
    for (int i = 0; i < 2; i++)
        posting.ids[i] = id_next(&f.ids, 1000);
    posting.transfers[0] = transfer(clearing, wallet, 50);
    posting.transfers[1] = transfer(wallet, agency, 60);
    for (int i = 0; i < 2; i++) {
        posting.transfers[i].id = &posting.ids[i];
        posting.transfers[i].reason = "test";
    }
    cr_assert_eq(store_run(f.store, post_all, &posting, NULL), ERR_CONFLICT);
    cr_assert_eq(balance_of(&f, clearing), 0);
    expect_ledger_whole(&f);
    money_fixture_close(&f);
}

Test(ledger, a_wallet_below_zero_is_refused_by_the_database_itself)
{
    struct money_fixture f;
    money_fixture_open(&f);
    cr_assert_eq(post(&f, transfer(clearing, wallet, 10), NULL), 0);
    cr_assert_not(run_outside(&f, "UPDATE ledger_balance SET amount = -1 WHERE guarded = 1"));
    cr_assert_not(run_outside(&f, "UPDATE ledger_transfer SET amount = 0"));
    cr_assert(run_outside(&f, "UPDATE ledger_balance SET amount = 11 WHERE guarded = 1"));
    struct ledger_report report;
    cr_assert_eq(store_read(f.store, ledger_verify, &report, NULL), 0);
    cr_assert_eq(report.differing, 1, "a balance that no transfer explains was not seen");
    cr_assert_str_eq(report.first, "wallet:citizen:AED");
    cr_assert_eq(report.sum, 1);
    money_fixture_close(&f);
}

Test(ledger, random_transfers_from_several_nodes_always_sum_to_zero)
{
    struct money_fixture f;
    money_fixture_open(&f);
    static const struct ledger_party parties[] = {
        {LEDGER_WALLET, "a"},        {LEDGER_WALLET, "b"},         {LEDGER_CLEARING, "card"},
        {LEDGER_SETTLEMENT, "toll"}, {LEDGER_SETTLEMENT, "water"}, {LEDGER_FEE, "card"}};
    int64_t expected[6] = {0};
    unsigned seed = 7;
    for (int i = 0; i < 400; i++) {
        int from = rand_r(&seed) % 6, to = rand_r(&seed) % 6;
        struct ledger_transfer t = transfer(parties[from], parties[to], 1 + rand_r(&seed) % 100);
        t.node = rand_r(&seed) % 3;
        int status = post(&f, t, NULL);
        bool possible = from != to && (from > 1 || expected[from] >= t.amount);
        cr_assert_eq(status == 0, possible, "transfer %d of seed 7: %d", i, status);
        expected[from] -= possible ? t.amount : 0;
        expected[to] += possible ? t.amount : 0;
    }
    for (int i = 0; i < 6; i++)
        cr_assert_eq(balance_of(&f, parties[i]), expected[i]);
    expect_ledger_whole(&f);
    money_fixture_close(&f);
}
