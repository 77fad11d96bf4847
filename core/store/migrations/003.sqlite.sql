-- expand: accounts, sign-in, sessions, linked accounts
-- SPDX-License-Identifier: Apache-2.0

-- Made at the first start; without them codes, sessions and pseudonyms mean nothing.
CREATE TABLE server_key (
    name TEXT NOT NULL PRIMARY KEY,
    secret BLOB NOT NULL,
    made INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Personal data: erased with the identity, while the account's id stays in financial entries.
CREATE TABLE account_phone (
    phone TEXT NOT NULL PRIMARY KEY,
    account TEXT NOT NULL UNIQUE REFERENCES account (id),
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Personal data, for minutes. Nonce and code are keyed hashes.
CREATE TABLE sign_in_code (
    nonce BLOB NOT NULL PRIMARY KEY,
    phone TEXT NOT NULL,
    code BLOB NOT NULL,
    expires INTEGER NOT NULL,
    tries_left INTEGER NOT NULL CHECK (tries_left >= 0)
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_code_expires ON sign_in_code (expires);

-- What counts against the limits: subject is the keyed hash of a number or an address.
CREATE TABLE sign_in_send (
    subject BLOB NOT NULL,
    id TEXT NOT NULL,
    made INTEGER NOT NULL,
    PRIMARY KEY (subject, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX sign_in_send_made ON sign_in_send (made);

CREATE TABLE session (
    token BLOB NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL REFERENCES account (id),
    kind INTEGER NOT NULL,
    level INTEGER NOT NULL,
    label TEXT NOT NULL,
    created INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX session_account ON session (account, created);
CREATE INDEX session_expires ON session (expires);

-- Personal data: which utility, toll or fine account is whose.
CREATE TABLE linked_account (
    account TEXT NOT NULL REFERENCES account (id),
    instance TEXT NOT NULL,
    reference TEXT NOT NULL,
    label TEXT NOT NULL,
    proven INTEGER NOT NULL CHECK (proven IN (0, 1)),
    created INTEGER NOT NULL,
    PRIMARY KEY (account, instance, reference)
) STRICT, WITHOUT ROWID;
