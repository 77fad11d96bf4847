-- expand: the store's own counters
-- SPDX-License-Identifier: Apache-2.0
CREATE TABLE store_state (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

INSERT INTO store_state (name, value) VALUES ('settled', 0);
