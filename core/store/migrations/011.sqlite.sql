-- expand: files that citizens send with a form
-- SPDX-License-Identifier: Apache-2.0

-- A file waits here for the operation that it was sent for, encrypted under a key that is made of
-- the server's and of the handle that its owner has and this table has not: proof is a keyed hash of
-- it. account is the only one who may name it.
CREATE TABLE upload (
    id TEXT NOT NULL PRIMARY KEY,
    proof BLOB NOT NULL,
    account TEXT NOT NULL,
    instance TEXT NOT NULL,
    operation TEXT NOT NULL,
    field TEXT NOT NULL,
    media TEXT NOT NULL,
    content BLOB NOT NULL,
    made INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX upload_account ON upload (account, expires);
CREATE INDEX upload_expires ON upload (expires);
