-- expand: payments: parts that agencies take, holds, fees, receipts anyone can check, dead letters
-- SPDX-License-Identifier: Apache-2.0

-- hold: what is captured is decided after the authorization, 0 to the total. receipt_code: the ten
-- characters that let a stranger check the receipt.
ALTER TABLE payment ADD COLUMN hold INTEGER NOT NULL DEFAULT 0;
ALTER TABLE payment ADD COLUMN receipt_code TEXT;
CREATE UNIQUE INDEX payment_receipt ON payment (receipt) WHERE receipt IS NOT NULL;

-- fee: the part of amount that is the city's. accepted: what the agency takes of amount, decided with
-- the capture; NULL until then, and in rows of an older host that took the whole. reason: why a line
-- was released alone.
ALTER TABLE payment_line ADD COLUMN fee INTEGER NOT NULL DEFAULT 0 CHECK (fee >= 0 AND fee < amount);
ALTER TABLE payment_line ADD COLUMN accepted INTEGER CHECK (accepted >= 0 AND accepted <= amount AND refunding + refunded <= accepted);
ALTER TABLE payment_line ADD COLUMN reason TEXT;

-- What the wallet holds for a payment that is authorized from it: the wallet as a provider.
CREATE TABLE wallet_hold (
    payment TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    captured INTEGER NOT NULL CHECK (captured >= 0 AND captured <= amount),
    state TEXT NOT NULL CHECK (state IN ('held', 'captured', 'gone'))
) STRICT, WITHOUT ROWID;

-- An event that no plugin took within its time is dead (the instant), and not due until an operator
-- has it tried again: since then. It holds back the later events of its payment for its instance.
ALTER TABLE outbox ADD COLUMN died INTEGER;
ALTER TABLE outbox ADD COLUMN since INTEGER;
CREATE INDEX outbox_dead ON outbox (id) WHERE died IS NOT NULL;

-- Refunds that somebody asked for and somebody else has to approve.
CREATE TABLE refund_request (
    id TEXT NOT NULL PRIMARY KEY,
    payment TEXT NOT NULL REFERENCES payment (id),
    line INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    reason TEXT NOT NULL,
    seen INTEGER NOT NULL,
    asked_by TEXT NOT NULL,
    asked INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('asked', 'approved', 'declined')),
    decided_by TEXT,
    decided INTEGER,
    CHECK (decided_by IS NULL OR decided_by <> asked_by)
) STRICT, WITHOUT ROWID;
CREATE INDEX refund_request_open ON refund_request (id) WHERE state = 'asked';
