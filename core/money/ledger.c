// SPDX-License-Identifier: Apache-2.0
#include "money/ledger.h"

#include <stdio.h>

static const char *const kinds[] = {"wallet", "clearing", "settlement", "fee", "reserve"};

STORE_SQL(ledger_open_account, "INSERT INTO ledger_account (id, kind, owner, currency, opened) "
                               "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING");
STORE_SQL(ledger_open_balance,
          "INSERT INTO ledger_balance (account, node, guarded, amount) VALUES ($1, $2, $3, 0)");
STORE_SQL(ledger_add, "UPDATE ledger_balance SET amount = amount + $3 "
                      "WHERE account = $1 AND node = $2");
STORE_SQL(ledger_take, "UPDATE ledger_balance SET amount = amount - $3 "
                       "WHERE account = $1 AND node = $2 AND (guarded = 0 OR amount >= $3)");
STORE_SQL(ledger_append,
          "INSERT INTO ledger_transfer (id, debit, credit, amount, reason, payment, line, made) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
STORE_SQL(ledger_sum, "SELECT coalesce(CAST(sum(amount) AS BIGINT), 0) FROM ledger_balance "
                      "WHERE account = $1");

static bool guarded(enum ledger_kind kind)
{
    return kind == LEDGER_WALLET;
}

bool ledger_currency_valid(const char *currency)
{
    if (strnlen(currency, LEDGER_CURRENCY) != LEDGER_CURRENCY - 1)
        return false;
    for (const char *c = currency; *c; c++)
        if (*c < 'A' || *c > 'Z')
            return false;
    return true;
}

// "kind:owner:CUR". By hand: a payment makes four names, and printf was a tenth of its ledger.
static void name_account(char out[LEDGER_NAME], struct ledger_party party, const char *currency)
{
    const char *const parts[] = {kinds[party.kind], ":", party.owner, ":", currency};
    char *end = out, *last = out + LEDGER_NAME - 1;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (const char *c = parts[i]; *c && end < last; c++)
            *end++ = *c;
    *end = 0;
}

static int64_t node_of(const struct ledger_transfer *transfer, enum ledger_kind kind)
{
    return guarded(kind) ? 0 : transfer->node;
}

static int open_account(struct store_db *db, const struct ledger_transfer *transfer,
                        struct ledger_party party, const char *name, struct err *err)
{
    int status =
        store_exec(db, ledger_open_account,
                   BIND(bind_string(name), bind_string(kinds[party.kind]), bind_string(party.owner),
                        bind_string(transfer->currency), bind_int(transfer->made)),
                   err);
    if (status < 0)
        return status;
    return store_exec(db, ledger_open_balance,
                      BIND(bind_string(name), bind_int(node_of(transfer, party.kind)),
                           bind_int(guarded(party.kind))),
                      err);
}

// Adds to or takes from one side's balance; opens the account when this node never used it.
static int move(struct store_db *db, const struct ledger_transfer *transfer, bool take,
                const char *name, struct err *err)
{
    struct ledger_party party = take ? transfer->debit : transfer->credit;
    const struct store_sql *sql = take ? ledger_take : ledger_add;
    struct store_values values = BIND(bind_string(name), bind_int(node_of(transfer, party.kind)),
                                      bind_int(transfer->amount));
    int rows = store_exec(db, sql, values, err);
    if (rows != 0)
        return rows;
    if (take && guarded(party.kind))
        return err_set(err, ERR_CONFLICT, "the wallet does not hold that much");
    int status = open_account(db, transfer, party, name, err);
    return status < 0 ? status : store_exec(db, sql, values, err);
}

static int check(const struct ledger_transfer *transfer, struct err *err)
{
    if (transfer->amount < 1 || transfer->amount > LEDGER_AMOUNT_MAX)
        return err_set(err, ERR_INVALID, "a transfer moves 1 to %lld",
                       (long long)LEDGER_AMOUNT_MAX);
    if (!ledger_currency_valid(transfer->currency))
        return err_set(err, ERR_INVALID, "a currency is three capitals");
    size_t debit = strlen(transfer->debit.owner), credit = strlen(transfer->credit.owner);
    if (!debit || !credit || debit > LEDGER_OWNER || credit > LEDGER_OWNER)
        return err_set(err, ERR_INVALID, "an account's owner is 1 to %d bytes", LEDGER_OWNER);
    return 0;
}

int ledger_post(struct store_db *db, const struct ledger_transfer *transfer, struct err *err)
{
    int status = check(transfer, err);
    if (status != 0)
        return status;
    char debit[LEDGER_NAME], credit[LEDGER_NAME];
    name_account(debit, transfer->debit, transfer->currency);
    name_account(credit, transfer->credit, transfer->currency);
    status = move(db, transfer, true, debit, err);
    if (status >= 0)
        status = move(db, transfer, false, credit, err);
    if (status < 0)
        return status;
    status = store_exec(db, ledger_append,
                        BIND(bind_text(id_str(transfer->id)), bind_string(debit),
                             bind_string(credit), bind_int(transfer->amount),
                             bind_string(transfer->reason), bind_string(transfer->payment),
                             transfer->payment ? bind_int(transfer->line) : bind_null(),
                             bind_int(transfer->made)),
                        err);
    return status < 0 ? status : 0;
}

int ledger_balance(struct store_db *db, struct ledger_party party, const char *currency,
                   int64_t *out, struct err *err)
{
    char name[LEDGER_NAME];
    name_account(name, party, currency);
    struct store_cursor row;
    int found = store_one(db, ledger_sum, BIND(bind_string(name)), &row, err);
    if (found < 0)
        return found;
    *out = cursor_int(&row, 0);
    cursor_finish(&row);
    return 0;
}

STORE_SQL(ledger_count,
          "SELECT (SELECT count(*) FROM ledger_account), (SELECT count(*) FROM ledger_transfer), "
          "(SELECT count(*) FROM ledger_balance WHERE guarded = 1 AND amount < 0), "
          "(SELECT coalesce(CAST(sum(amount) AS BIGINT), 0) FROM ledger_balance)");
STORE_SQL(ledger_differences,
          "SELECT a.id FROM ledger_account AS a "
          "LEFT JOIN (SELECT account, CAST(sum(amount) AS BIGINT) AS total FROM ledger_balance "
          "GROUP BY account) AS b ON b.account = a.id "
          "LEFT JOIN (SELECT credit, CAST(sum(amount) AS BIGINT) AS total FROM ledger_transfer "
          "GROUP BY credit) AS c ON c.credit = a.id "
          "LEFT JOIN (SELECT debit, CAST(sum(amount) AS BIGINT) AS total FROM ledger_transfer "
          "GROUP BY debit) AS d ON d.debit = a.id "
          "WHERE coalesce(b.total, 0) <> coalesce(c.total, 0) - coalesce(d.total, 0) "
          "ORDER BY a.id");

int ledger_verify(struct store_db *db, void *argument, struct err *err)
{
    struct ledger_report *report = argument;
    *report = (struct ledger_report){0};
    struct store_cursor row;
    int status = store_one(db, ledger_count, BIND(), &row, err);
    if (status < 0)
        return status;
    report->accounts = cursor_int(&row, 0);
    report->transfers = cursor_int(&row, 1);
    report->negative_guarded = cursor_int(&row, 2);
    report->sum = cursor_int(&row, 3);
    cursor_finish(&row);

    status = store_query(db, ledger_differences, BIND(), &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        if (report->differing++ == 0)
            cursor_copy(&row, 0, report->first, sizeof report->first);
        status = 0;
    }
    return status;
}
