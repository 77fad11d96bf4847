-- expand: payments, intents, idempotency, outbox, receipts
-- SPDX-License-Identifier: Apache-2.0

CREATE TABLE payment (
    id TEXT NOT NULL PRIMARY KEY,
    payer TEXT,
    provider TEXT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('created', 'authorized', 'captured', 'voided', 'expired',
                                         'failed', 'refunded')),
    total INTEGER NOT NULL CHECK (total > 0),
    authorized INTEGER NOT NULL,
    captured INTEGER NOT NULL,
    refunding INTEGER NOT NULL,
    refunded INTEGER NOT NULL,
    language TEXT NOT NULL,
    session TEXT,
    charge TEXT,
    redirect TEXT,
    reason TEXT,
    receipt TEXT,
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    authorized_at INTEGER,
    captured_at INTEGER,
    next_check INTEGER,
    checks INTEGER NOT NULL,
    CHECK (refunding >= 0 AND refunded >= 0),
    CHECK (refunding + refunded <= captured AND captured <= authorized),
    CHECK ((receipt IS NULL) = (captured = 0))
) STRICT, WITHOUT ROWID;

CREATE INDEX payment_payer ON payment (payer, id) WHERE payer IS NOT NULL;
CREATE INDEX payment_next_check ON payment (next_check) WHERE next_check IS NOT NULL;

CREATE TABLE payment_line (
    payment TEXT NOT NULL REFERENCES payment (id),
    line INTEGER NOT NULL,
    instance TEXT NOT NULL,
    item TEXT NOT NULL,
    title_en TEXT NOT NULL,
    title_ar TEXT NOT NULL,
    reference TEXT NOT NULL,
    pseudonym TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    refunding INTEGER NOT NULL CHECK (refunding >= 0),
    refunded INTEGER NOT NULL CHECK (refunded >= 0),
    state TEXT NOT NULL CHECK (state IN ('open', 'paid', 'released', 'refunded')),
    delivered INTEGER,
    PRIMARY KEY (payment, line),
    CHECK (refunding + refunded <= amount)
) STRICT, WITHOUT ROWID;

-- One thing is not paid from two tabs.
CREATE UNIQUE INDEX payment_line_item ON payment_line (instance, item)
    WHERE state IN ('open', 'paid');

-- What the host is about to ask a provider to do, committed before it asks.
CREATE TABLE payment_intent (
    id TEXT NOT NULL PRIMARY KEY,
    payment TEXT NOT NULL REFERENCES payment (id),
    kind TEXT NOT NULL CHECK (kind IN ('open', 'capture', 'cancel', 'refund')),
    line INTEGER,
    amount INTEGER NOT NULL,
    reason TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    claimed_until INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'done', 'failed')),
    made INTEGER NOT NULL,
    ended INTEGER
) STRICT;

CREATE INDEX payment_intent_pending ON payment_intent (payment, id) WHERE state = 'pending';

-- A payment is captured or cancelled, never both at once.
CREATE UNIQUE INDEX payment_intent_deciding ON payment_intent (payment)
    WHERE state = 'pending' AND kind IN ('open', 'capture', 'cancel');

-- scope is a hash of caller, route and key. status NULL: in flight. number counts in order of making,
-- for the sweep.
CREATE TABLE idempotency (
    number INTEGER PRIMARY KEY,
    scope BLOB NOT NULL UNIQUE,
    request BLOB NOT NULL,
    status INTEGER,
    answer BLOB,
    payment TEXT,
    made INTEGER NOT NULL
) STRICT;

CREATE INDEX idempotency_in_flight ON idempotency (payment) WHERE status IS NULL;

-- Deleted when the plugin has acknowledged it.
CREATE TABLE outbox (
    payment TEXT NOT NULL,
    instance TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    made INTEGER NOT NULL,
    due INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    PRIMARY KEY (payment, instance, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_due ON outbox (instance, due);

CREATE TABLE receipt_counter (
    node INTEGER NOT NULL,
    day TEXT NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (node, day)
) STRICT, WITHOUT ROWID;

-- Webhooks that were dealt with.
CREATE TABLE provider_event (
    provider TEXT NOT NULL,
    id TEXT NOT NULL,
    seen INTEGER NOT NULL,
    PRIMARY KEY (provider, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX provider_event_seen ON provider_event (seen);
