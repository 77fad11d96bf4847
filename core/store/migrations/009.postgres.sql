-- expand: settlement of agencies, what providers reported, disputes
-- SPDX-License-Identifier: Apache-2.0

-- A day that is closed, and all that its files say about the payer: settings may change, a closed
-- day's files do not.
CREATE TABLE settlement_day (
    day TEXT NOT NULL PRIMARY KEY,
    began BIGINT NOT NULL,
    ended BIGINT NOT NULL,
    made BIGINT NOT NULL,
    execution TEXT NOT NULL,
    debtor_name TEXT NOT NULL,
    debtor_iban TEXT NOT NULL,
    debtor_bic TEXT NOT NULL,
    CHECK (began < ended AND ended <= made)
);

-- One account of an agency on that day. transfer is the one that pays it out, and the bank's
-- end-to-end id.
CREATE TABLE settlement (
    day TEXT NOT NULL REFERENCES settlement_day (day),
    instance TEXT NOT NULL,
    currency TEXT NOT NULL,
    agency TEXT NOT NULL,
    name TEXT NOT NULL,
    iban TEXT NOT NULL,
    bic TEXT NOT NULL,
    carried BIGINT NOT NULL,
    captured BIGINT NOT NULL,
    refunded BIGINT NOT NULL,
    disputed BIGINT NOT NULL,
    fees BIGINT NOT NULL,
    other BIGINT NOT NULL,
    late BIGINT NOT NULL,
    payable BIGINT NOT NULL CHECK (payable >= 0),
    remainder BIGINT NOT NULL,
    transfer TEXT REFERENCES ledger_transfer (id),
    PRIMARY KEY (day, instance, currency),
    CHECK (carried + captured + refunded + disputed + fees + other + late = payable + remainder),
    CHECK ((transfer IS NULL) = (payable = 0)),
    CHECK (payable = 0 OR iban <> '')
);

CREATE UNIQUE INDEX settlement_transfer ON settlement (transfer) WHERE transfer IS NOT NULL;

-- A transaction of a provider's report that was found right: its fee is posted once.
CREATE TABLE provider_transaction (
    provider TEXT NOT NULL,
    id TEXT NOT NULL,
    day TEXT NOT NULL,
    kind TEXT NOT NULL,
    reference TEXT NOT NULL,
    payment TEXT,
    amount BIGINT NOT NULL,
    fee BIGINT NOT NULL,
    created BIGINT NOT NULL,
    transfer TEXT REFERENCES ledger_transfer (id),
    PRIMARY KEY (provider, id)
);

CREATE INDEX provider_transaction_reference ON provider_transaction (reference);
CREATE INDEX provider_transaction_payment ON provider_transaction (payment)
    WHERE payment IS NOT NULL;

-- A citizen's bank takes a payment back. liable and line: whose money it is.
CREATE TABLE dispute (
    provider TEXT NOT NULL,
    id TEXT NOT NULL,
    payment TEXT NOT NULL REFERENCES payment (id),
    line BIGINT NOT NULL,
    liable TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    fee BIGINT NOT NULL CHECK (fee >= 0),
    reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'won', 'lost')),
    opened BIGINT NOT NULL,
    ended BIGINT,
    PRIMARY KEY (provider, id),
    CHECK ((ended IS NULL) = (state = 'open'))
);

CREATE INDEX dispute_payment ON dispute (payment);
CREATE INDEX dispute_open ON dispute (provider, id) WHERE state = 'open';
