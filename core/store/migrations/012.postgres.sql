-- expand: bills that are paid by themselves
-- SPDX-License-Identifier: Apache-2.0

-- What a citizen has agreed to for one linked account: up to most a bill, fees included, after a
-- notice of so many days. consented is when these terms were agreed to.
CREATE TABLE standing_order (
    account TEXT NOT NULL REFERENCES account (id),
    instance TEXT NOT NULL,
    reference TEXT NOT NULL,
    method TEXT NOT NULL,
    language TEXT NOT NULL,
    most BIGINT NOT NULL CHECK (most > 0),
    days BIGINT NOT NULL CHECK (days > 0),
    active BIGINT NOT NULL,
    consented BIGINT NOT NULL,
    PRIMARY KEY (account, instance, reference)
);

-- What was last told of one bill: no more than amount is paid of it, and not before pay_at. told
-- counts the messages, body is the last one's; texted: it has gone out as a text message, too.
CREATE TABLE standing_item (
    account TEXT NOT NULL,
    instance TEXT NOT NULL,
    reference TEXT NOT NULL,
    item TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('announced', 'failed', 'over', 'paid', 'given-up')),
    amount BIGINT NOT NULL CHECK (amount > 0),
    pay_at BIGINT NOT NULL,
    body TEXT NOT NULL,
    told BIGINT NOT NULL,
    texted BIGINT NOT NULL,
    PRIMARY KEY (account, instance, reference, item)
);
