-- expand: what was done on an account, its language, favourites, whose accounts were deleted
-- SPDX-License-Identifier: Apache-2.0

-- One line for each thing that was done (activity/activity.h); its words are made when it is read.
-- number counts up for each account. device: what the citizen's client called itself.
CREATE TABLE activity (
    account TEXT NOT NULL REFERENCES account (id),
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL CHECK (actor IN ('citizen', 'automatic', 'operator', 'agency', 'city')),
    device TEXT NOT NULL,
    instance TEXT NOT NULL,
    operation TEXT NOT NULL,
    payment TEXT NOT NULL,
    subject TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    made BIGINT NOT NULL,
    PRIMARY KEY (account, number)
);
CREATE INDEX activity_made ON activity (made);

-- NULL: not chosen yet.
ALTER TABLE account ADD COLUMN language TEXT;

-- A service that the citizen has marked (favourite: when) or used (used: when last).
CREATE TABLE service_mark (
    account TEXT NOT NULL REFERENCES account (id),
    instance TEXT NOT NULL,
    favourite BIGINT,
    used BIGINT,
    PRIMARY KEY (account, instance)
);

-- device: with which a payment was begun, for the line of its capture. Gone with the account.
ALTER TABLE payment ADD COLUMN device TEXT;

-- Whom payments still name by this id, though nobody knows any more who that was; until the term
-- for payments is over.
CREATE TABLE account_deleted (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);
