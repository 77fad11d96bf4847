-- expand: accounts, sign-in, sessions, linked accounts
-- SPDX-License-Identifier: Apache-2.0

-- Made at the first start; without them codes, sessions and pseudonyms mean nothing.
CREATE TABLE server_key (
    name TEXT NOT NULL PRIMARY KEY,
    secret BYTEA NOT NULL,
    made BIGINT NOT NULL
);

CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    created BIGINT NOT NULL
);

-- Personal data: erased with the identity, while the account's id stays in financial entries.
CREATE TABLE account_phone (
    phone TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL UNIQUE REFERENCES account (id),
    since BIGINT NOT NULL
);

-- Personal data, for minutes. Nonce and code are keyed hashes.
CREATE TABLE sign_in_code (
    nonce BYTEA NOT NULL PRIMARY KEY,
    phone TEXT NOT NULL,
    code BYTEA NOT NULL,
    expires BIGINT NOT NULL,
    tries_left BIGINT NOT NULL CHECK (tries_left >= 0)
);

CREATE INDEX sign_in_code_expires ON sign_in_code (expires);

-- What counts against the limits: subject is the keyed hash of a number or an address.
CREATE TABLE sign_in_send (
    subject BYTEA NOT NULL,
    id TEXT NOT NULL,
    made BIGINT NOT NULL,
    PRIMARY KEY (subject, id)
);

CREATE INDEX sign_in_send_made ON sign_in_send (made);

CREATE TABLE session (
    token BYTEA NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES account (id),
    kind BIGINT NOT NULL,
    level BIGINT NOT NULL,
    label TEXT NOT NULL,
    created BIGINT NOT NULL,
    seen BIGINT NOT NULL,
    expires BIGINT NOT NULL
);

CREATE INDEX session_account ON session (account, created);
CREATE INDEX session_expires ON session (expires);

-- Personal data: which utility, toll or fine account is whose.
CREATE TABLE linked_account (
    account TEXT NOT NULL REFERENCES account (id),
    instance TEXT NOT NULL,
    reference TEXT NOT NULL,
    label TEXT NOT NULL,
    proven BIGINT NOT NULL CHECK (proven IN (0, 1)),
    created BIGINT NOT NULL,
    PRIMARY KEY (account, instance, reference)
);
