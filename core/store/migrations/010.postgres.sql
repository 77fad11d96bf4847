-- expand: the citizens' inbox
-- SPDX-License-Identifier: Apache-2.0

-- id is the payment's or the event's that the message is about, so that telling it twice is telling
-- it once. body is JSON, by kind (notify/inbox.h); the words are made when it is read.
CREATE TABLE inbox_message (
    account TEXT NOT NULL REFERENCES account (id),
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    made BIGINT NOT NULL,
    seen BIGINT,
    PRIMARY KEY (account, id)
);
CREATE INDEX inbox_message_made ON inbox_message (made);
