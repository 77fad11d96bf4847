// SPDX-License-Identifier: Apache-2.0
// A city's file as it is after years: payments from wallets, with all that belongs to them, so that
// `medina money verify` finds it whole. The host's own migrations have made the file and the host
// has stopped; SQLite's shell fills it, tables in order of their keys and indexes at the end.
import { execFileSync } from "node:child_process";
import { statfsSync } from "node:fs";
import { dirname } from "node:path";

const BYTES = 1700; // of disk for a payment, the sorting of its indexes included
const PAYERS = 100_000, AMOUNT = 100, YEAR_MS = 365 * 24 * 3600 * 1000, KEPT = 35 / 365;

const FILLED = ["account", "ledger_account", "ledger_balance", "ledger_transfer", "payment", "payment_line", "inbox_message"];

const sqlite = (path, input) => execFileSync("sqlite3", ["-bail", path], { input, encoding: "utf8", maxBuffer: 1 << 24 });

// Ids sort before all that the host makes: it is later than 1970.
const id = (kind, number) => `printf('00000000${kind}%017d', ${number})`;

function statements(payments, now) {
    const payers = Math.max(1, Math.min(PAYERS, Math.floor(payments / 10)));
    const each = Math.ceil(payments / payers) * AMOUNT;
    const made = `(${now - YEAR_MS} + n * ${YEAR_MS} / ${payments})`;
    // A prime step scatters the payers of neighbouring payments.
    const payer = id("a", `(n * 7919) % ${payers}`), instance = "'bench'", wallet = `'wallet:' || ${payer} || ':AED'`;
    const upTo = (count) => `WITH RECURSIVE t(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM t WHERE n + 1 < ${count})`;
    const receipt = `printf('%s-90-%07d-%d', substr(strftime('%Y%m%d', ${made} / 1000, 'unixepoch'), 3), n, n % 10)`;
    const answer = `CAST(printf('{"payment":"%s","state":"captured","receipt":"%s","pad":"%0400d"}', ${id("p", "n")}, ${receipt}, n) AS BLOB)`;
    return `
INSERT INTO account (id, created) ${upTo(payers)} SELECT ${id("a", "n")}, ${now - YEAR_MS} FROM t;
INSERT INTO ledger_account (id, kind, owner, currency, opened)
    ${upTo(payers)} SELECT 'wallet:' || ${id("a", "n")} || ':AED', 'wallet', ${id("a", "n")}, 'AED', ${now - YEAR_MS} FROM t;
INSERT INTO ledger_account (id, kind, owner, currency, opened) VALUES
    ('clearing:filled:AED', 'clearing', 'filled', 'AED', ${now - YEAR_MS}),
    ('settlement:bench:AED', 'settlement', ${instance}, 'AED', ${now - YEAR_MS}) ON CONFLICT DO NOTHING;
INSERT INTO ledger_transfer (id, debit, credit, amount, reason, made)
    ${upTo(payers)} SELECT ${id("d", "n")}, 'clearing:filled:AED', 'wallet:' || ${id("a", "n")} || ':AED', ${each}, 'deposit', ${now - YEAR_MS} FROM t;
INSERT INTO payment (id, payer, provider, currency, state, total, authorized, captured, refunding, refunded, language,
        receipt, created, expires, authorized_at, captured_at, checks, hold, receipt_code)
    ${upTo(payments)} SELECT ${id("p", "n")}, ${payer}, 'wallet', 'AED', 'captured', ${AMOUNT}, ${AMOUNT}, ${AMOUNT}, 0, 0, 'en',
        ${receipt}, ${made}, ${made} + 1800000, ${made}, ${made}, 0, 0, printf('%010d', n) FROM t;
INSERT INTO payment_line (payment, line, instance, item, title_en, title_ar, reference, pseudonym, amount, refunding, refunded,
        state, delivered, fee, accepted)
    ${upTo(payments)} SELECT ${id("p", "n")}, 1, ${instance}, printf('%08x-%d', n * 2654435761 % 4294967296, n), 'Item', 'بند', '',
        printf('%023d', (n * 7919) % ${payers}), ${AMOUNT}, 0, 0, 'paid', ${made} + 50, 0, ${AMOUNT} FROM t;
INSERT INTO ledger_transfer (id, debit, credit, amount, reason, payment, line, made)
    ${upTo(payments)} SELECT ${id("t", "n")}, ${wallet}, 'settlement:bench:AED', ${AMOUNT}, 'capture', ${id("p", "n")}, 1, ${made} FROM t;
INSERT INTO inbox_message (account, id, kind, body, made)
    SELECT payer, id, 'payment.captured',
        '{"payment":"' || id || '","receipt":"' || receipt || '","amount":{"amount":${AMOUNT},"currency":"AED"}}', captured_at
    FROM payment WHERE payer >= '00000000a' AND payer < '00000000b' ORDER BY payer, id;
INSERT INTO idempotency (scope, request, status, answer, payment, made)
    ${upTo(payments)} SELECT randomblob(16), randomblob(32), 201, ${answer}, ${id("p", "n")}, ${made} FROM t
    WHERE n >= ${Math.floor(payments * (1 - KEPT))};
INSERT INTO ledger_balance (account, node, guarded, amount)
    SELECT 'wallet:' || payer || ':AED', 0, 1, ${each} - sum(captured) FROM payment
    WHERE payer >= '00000000a' AND payer < '00000000b' GROUP BY payer ORDER BY payer;
INSERT INTO ledger_balance (account, node, guarded, amount) VALUES ('clearing:filled:AED', 90, 0, -${each * payers}),
    ('settlement:bench:AED', 90, 0, ${payments * AMOUNT});
`;
}

/** Fills the file with so many payments; refuses where the disk has no room for them. */
export function fill(path, payments) {
    const disk = statfsSync(dirname(path)), free = disk.bavail * disk.bsize, needed = payments * BYTES;
    if (free < needed * 1.2)
        throw new Error(`${payments} payments take ${(needed / 1e9).toFixed(1)} GB and ${dirname(path)} has ${(free / 1e9).toFixed(1)}; ` +
            "set MEDINA_BENCH_PAYMENTS to fewer, or TMPDIR to where there is room");
    const names = FILLED.map((name) => `'${name}'`).join(",");
    // Uniqueness is checked when the index is made again; a table's own constraints stay.
    const indexes = JSON.parse(sqlite(path, `SELECT json_group_array(json_object('name', name, 'sql', sql)) FROM sqlite_schema
        WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN (${names});`));
    sqlite(path, `PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -800000; PRAGMA temp_store = FILE;
PRAGMA locking_mode = EXCLUSIVE;
${indexes.map(({ name }) => `DROP INDEX ${name};`).join("\n")}
PRAGMA foreign_keys = OFF;
BEGIN;
${statements(payments, Date.now() - 24 * 3600 * 1000)}
COMMIT;
${indexes.map(({ sql }) => `${sql};`).join("\n")}
PRAGMA locking_mode = NORMAL; PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL;`);
    execFileSync("sync", ["-f", path]);
}
