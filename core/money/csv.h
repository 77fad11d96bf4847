// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MONEY_CSV_H
#define MEDINA_MONEY_CSV_H

#include "base/arena.h"
#include "base/err.h"

// Reads comma-separated values (RFC 4180; a line may also end with LF alone, and a byte order mark
// is skipped), a row at a time.
struct csv {
    struct str rest;
    int64_t line;  // on which the row that was read last begins, from 1
    int64_t lines; // that were passed
};

void csv_init(struct csv *csv, struct str text);

// The next row's cells, in the arena or in the text. 1 when there is one, 0 at the end;
// ERR_INVALID with the line for a quote that is not closed or stands inside a cell, ERR_LIMIT for
// more than most cells. Empty lines are skipped.
int csv_next(struct csv *csv, struct arena *arena, struct str *cells, size_t most, size_t *count,
             struct err *err);

#endif
