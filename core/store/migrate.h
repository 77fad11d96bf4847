// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_STORE_MIGRATE_H
#define MEDINA_STORE_MIGRATE_H

#include "store/database.h"

// The files of migrations/, compiled in. Each starts with a line
//     -- expand: what it adds          (older hosts keep working)
//     -- contract: what it takes away  (waits until no older host runs)
struct migration {
    int number;
    const char *sqlite;
    const char *postgres;
};

const struct migration *migration_all(size_t *count); // by number, from 1, without gaps

// Makes the table that records what was applied; the same words for both engines.
extern const char migration_table[];

// "expand" or "contract", NULL when the first line says neither.
const char *migration_kind(const char *text);

// Applies what the database lacks, each in a transaction of its own, and records it. ERR_CONFLICT
// when the database has a migration that this host does not know or knows otherwise.
int migrate(struct store_db *db, int64_t now_ms, struct err *err);

#endif
