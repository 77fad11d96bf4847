-- expand: the ledger
-- SPDX-License-Identifier: Apache-2.0

-- id is "kind:owner:CUR".
CREATE TABLE ledger_account (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('wallet', 'clearing', 'settlement', 'fee', 'reserve')),
    owner TEXT NOT NULL,
    currency TEXT NOT NULL,
    opened BIGINT NOT NULL
);

-- Derivable from the transfers alone (ledger_verify). A guarded account has one row; the others one
-- for each node of the platform, so that no row is touched by all payments of all nodes.
CREATE TABLE ledger_balance (
    account TEXT NOT NULL REFERENCES ledger_account (id),
    node BIGINT NOT NULL,
    guarded BIGINT NOT NULL CHECK (guarded IN (0, 1)),
    amount BIGINT NOT NULL,
    PRIMARY KEY (account, node),
    CHECK (guarded = 0 OR (node = 0 AND amount >= 0))
);

-- Append-only. One row moves amount from debit to credit.
CREATE TABLE ledger_transfer (
    id TEXT NOT NULL PRIMARY KEY,
    debit TEXT NOT NULL REFERENCES ledger_account (id),
    credit TEXT NOT NULL REFERENCES ledger_account (id),
    amount BIGINT NOT NULL CHECK (amount > 0),
    reason TEXT NOT NULL,
    payment TEXT,
    line BIGINT,
    made BIGINT NOT NULL,
    CHECK (debit <> credit)
);

-- A line of a payment reaches its agency once.
CREATE UNIQUE INDEX ledger_transfer_capture ON ledger_transfer (payment, line)
    WHERE reason = 'capture';

-- What else an account gave and received. Captures, nearly all transfers, are found by their payment
-- or, for a settlement, by their day: ids are in order of time.
CREATE INDEX ledger_transfer_debit ON ledger_transfer (debit, id) WHERE reason <> 'capture';
CREATE INDEX ledger_transfer_credit ON ledger_transfer (credit, id) WHERE reason <> 'capture';
