// SPDX-License-Identifier: Apache-2.0
#include "money/verify.h"

// Each statement gives the names of those for which its rule does not hold.

// What left the payer for agencies and the city's fees is what the payment says was taken.
STORE_SQL(verify_captured,
          "SELECT p.id FROM payment AS p LEFT JOIN (SELECT payment, CAST(sum(amount) AS BIGINT) "
          "AS total FROM ledger_transfer WHERE reason IN ('capture', 'fee') GROUP BY payment) "
          "AS t ON t.payment = p.id WHERE coalesce(t.total, 0) <> p.captured ORDER BY p.id");
STORE_SQL(verify_captured_once, "SELECT payment FROM ledger_transfer WHERE reason = 'capture' "
                                "GROUP BY payment, line HAVING count(*) > 1 ORDER BY payment");
STORE_SQL(
    verify_captured_known,
    "SELECT t.id FROM ledger_transfer AS t WHERE t.reason = 'capture' AND NOT EXISTS "
    "(SELECT 1 FROM payment_line AS l WHERE l.payment = t.payment AND l.line = t.line "
    "AND l.state IN ('paid', 'refunded') AND t.amount = coalesce(l.accepted, l.amount) - l.fee) "
    "ORDER BY t.id");
// What the wallet holds for payments that are authorized from it lies between the two.
STORE_SQL(verify_holding,
          "SELECT a.id FROM ledger_account AS a LEFT JOIN (SELECT account, "
          "CAST(sum(amount) AS BIGINT) AS total FROM ledger_balance GROUP BY account) AS b "
          "ON b.account = a.id LEFT JOIN (SELECT w.currency, CAST(sum(CASE WHEN w.state = 'held' "
          "THEN w.amount WHEN w.state = 'captured' AND p.captured = 0 THEN w.captured ELSE 0 END) "
          "AS BIGINT) AS total FROM wallet_hold AS w JOIN payment AS p ON p.id = w.payment "
          "GROUP BY w.currency) AS h ON h.currency = a.currency WHERE a.kind = 'clearing' "
          "AND a.owner = 'wallet' AND coalesce(b.total, 0) <> coalesce(h.total, 0) ORDER BY a.id");
STORE_SQL(verify_lines,
          "SELECT p.id FROM payment AS p LEFT JOIN (SELECT payment, "
          "CAST(sum(refunded) AS BIGINT) AS refunded, CAST(sum(refunding) AS BIGINT) AS refunding "
          "FROM payment_line GROUP BY payment) AS l ON l.payment = p.id "
          "WHERE coalesce(l.refunded, 0) <> p.refunded OR coalesce(l.refunding, 0) <> p.refunding "
          "ORDER BY p.id");
STORE_SQL(verify_total,
          "SELECT p.id FROM payment AS p LEFT JOIN (SELECT payment, CAST(sum(amount) AS BIGINT) "
          "AS total FROM payment_line GROUP BY payment) AS l ON l.payment = p.id "
          "WHERE coalesce(l.total, 0) <> p.total ORDER BY p.id");
STORE_SQL(verify_refunded,
          "SELECT p.id FROM payment AS p LEFT JOIN (SELECT payment, CAST(sum(amount) AS BIGINT) "
          "AS total FROM ledger_transfer WHERE reason = 'refund' GROUP BY payment) "
          "AS t ON t.payment = p.id WHERE coalesce(t.total, 0) <> p.refunded ORDER BY p.id");
// What the wallet holds for a payment has left it, and what was not taken is back.
STORE_SQL(verify_held,
          "SELECT h.payment FROM wallet_hold AS h LEFT JOIN (SELECT payment, "
          "CAST(sum(CASE WHEN reason = 'hold' THEN amount ELSE -amount END) AS BIGINT) AS total "
          "FROM ledger_transfer WHERE reason IN ('hold', 'hold-release') GROUP BY payment) AS t "
          "ON t.payment = h.payment WHERE coalesce(t.total, 0) <> CASE h.state "
          "WHEN 'held' THEN h.amount ELSE h.captured END ORDER BY h.payment");
// What went into the reserve and has not left it, neither to the payer nor back to the agency.
STORE_SQL(verify_refunding,
          "SELECT p.id FROM payment AS p LEFT JOIN (SELECT t.payment, CAST(sum(CASE WHEN "
          "a.kind = 'reserve' THEN t.amount ELSE -t.amount END) AS BIGINT) AS total "
          "FROM ledger_transfer AS t JOIN ledger_account AS a ON a.id = t.credit "
          "JOIN ledger_account AS d ON d.id = t.debit WHERE (a.kind = 'reserve' OR "
          "d.kind = 'reserve') AND t.reason IN ('refund-reserve', 'refund', 'refund-failed') "
          "GROUP BY t.payment) AS t ON t.payment = p.id "
          "WHERE coalesce(t.total, 0) <> p.refunding ORDER BY p.id");
STORE_SQL(verify_reserve,
          "SELECT a.id FROM ledger_account AS a LEFT JOIN (SELECT account, "
          "CAST(sum(amount) AS BIGINT) AS total FROM ledger_balance GROUP BY account) AS b "
          "ON b.account = a.id LEFT JOIN (SELECT provider, currency, "
          "CAST(sum(refunding) AS BIGINT) AS total FROM payment GROUP BY provider, currency) AS r "
          "ON r.provider = a.owner AND r.currency = a.currency LEFT JOIN (SELECT "
          "provider || '.disputes' AS owner, currency, CAST(sum(amount) AS BIGINT) AS total "
          "FROM dispute WHERE state = 'open' GROUP BY provider, currency) AS d "
          "ON d.owner = a.owner AND d.currency = a.currency WHERE a.kind = 'reserve' "
          "AND coalesce(b.total, 0) <> coalesce(r.total, 0) - coalesce(d.total, 0) ORDER BY a.id");
STORE_SQL(verify_disputed,
          "SELECT d.payment FROM dispute AS d LEFT JOIN (SELECT payment, "
          "CAST(sum(amount) AS BIGINT) AS total FROM ledger_transfer "
          "WHERE reason = 'dispute-opened' GROUP BY payment) AS t ON t.payment = d.payment "
          "GROUP BY d.payment, t.total HAVING CAST(sum(d.amount) AS BIGINT) "
          "<> coalesce(t.total, 0) ORDER BY d.payment");
STORE_SQL(verify_disputed_known,
          "SELECT t.id FROM ledger_transfer AS t WHERE t.reason = 'dispute-opened' AND NOT EXISTS "
          "(SELECT 1 FROM dispute AS d WHERE d.payment = t.payment) ORDER BY t.id");
STORE_SQL(verify_settled,
          "SELECT s.day || ' ' || s.instance FROM settlement AS s WHERE s.payable > 0 "
          "AND NOT EXISTS (SELECT 1 FROM ledger_transfer AS t WHERE t.id = s.transfer "
          "AND t.reason = 'settlement' AND t.amount = s.payable "
          "AND t.debit = 'settlement:' || s.instance || ':' || s.currency) ORDER BY s.day");
STORE_SQL(verify_settled_known,
          "SELECT t.id FROM ledger_transfer AS t WHERE t.reason = 'settlement' AND NOT EXISTS "
          "(SELECT 1 FROM settlement AS s WHERE s.transfer = t.id) ORDER BY t.id");

static const struct check {
    const char *name;
    const struct store_sql *sql;
    const char *what;
} checks[] = {
    {"captured", verify_captured, "what a payment took is what its transfers gave on"},
    {"captured-once", verify_captured_once, "a line is captured once"},
    {"captured-known", verify_captured_known, "a capture is of a paid line, what its agency took"},
    {"holding", verify_holding, "what the wallet's clearing holds is what payments hold"},
    {"total", verify_total, "a payment's total is the sum of its lines"},
    {"lines", verify_lines, "a payment's refunds are the sum of its lines'"},
    {"refunded", verify_refunded, "what a payment gave back is what its transfers did"},
    {"held", verify_held, "what a wallet holds for a payment has left it"},
    {"refunding", verify_refunding, "what waits in the reserve is what is being refunded"},
    {"reserve", verify_reserve, "a reserve holds the refunds and disputes that are under way"},
    {"disputed", verify_disputed, "a dispute has its transfer"},
    {"disputed-known", verify_disputed_known, "what was taken back belongs to a dispute"},
    {"settled", verify_settled, "a settlement has its transfer"},
    {"settled-known", verify_settled_known, "what was paid out belongs to a settlement"},
};

enum { CHECKS = sizeof checks / sizeof *checks };
_Static_assert((int)CHECKS <= (int)VERIFY_CHECKS, "a place for every finding");

static int run_check(struct store_db *db, const struct check *check, struct verify_report *report,
                     struct err *err)
{
    struct verify_finding finding = {.check = check->name, .what = check->what};
    struct store_cursor row;
    int status = store_query(db, check->sql, BIND(), &row, err);
    while (status == 0 && (status = cursor_next(&row, err)) == 1) {
        if (finding.count++ == 0)
            cursor_copy(&row, 0, finding.first, sizeof finding.first);
        status = 0;
    }
    if (finding.count)
        report->findings[report->count++] = finding;
    return status;
}

int money_verify(struct store_db *db, void *argument, struct err *err)
{
    struct verify_report *report = argument;
    *report = (struct verify_report){0};
    int status = ledger_verify(db, &report->ledger, err);
    for (size_t i = 0; status == 0 && i < CHECKS; i++)
        status = run_check(db, &checks[i], report, err);
    return status;
}

bool verify_whole(const struct verify_report *report)
{
    const struct ledger_report *ledger = &report->ledger;
    return ledger->differing == 0 && ledger->sum == 0 && ledger->negative_guarded == 0 &&
           report->count == 0;
}
