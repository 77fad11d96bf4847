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

struct migrations {
    const struct migration *all; // by number, from 1, without gaps
    size_t count;
    int64_t now_ms; // wall clock, noted beside what is applied
};

// Applies what the database lacks, each in a transaction of its own, and records it. While an older
// host runs on the database (older_runs) only what expands: the first that contracts waits for
// migrate_rest, and one that expands behind it is refused. A migration that a newer host has
// applied is no harm when it expands. ERR_CONFLICT when the database has one that contracts and
// that this host does not know, or one that it knows otherwise.
int migrate(struct store_db *db, const struct migrations *migrations, bool older_runs,
            struct err *err);

// Part of a job: applies what is left, once no older host runs.
int migrate_rest(struct store_db *db, const struct migrations *migrations, struct err *err);

#endif
