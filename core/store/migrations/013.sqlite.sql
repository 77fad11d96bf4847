-- expand: cards that a payment provider keeps
-- SPDX-License-Identifier: Apache-2.0

-- The provider's own name for a citizen, made when they first pay on its page. The cards are kept
-- there; nothing about them is here.
CREATE TABLE provider_customer (
    account TEXT NOT NULL,
    provider TEXT NOT NULL,
    customer TEXT NOT NULL,
    PRIMARY KEY (account, provider)
) STRICT, WITHOUT ROWID;
