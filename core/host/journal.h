// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_JOURNAL_H
#define MEDINA_HOST_JOURNAL_H

#include "base/log.h"

#include <jansson.h>
#include <stdint.h>

// The last lines that the runners of one instance wrote: what `medina plugin logs` shows. A ring in
// memory on the control thread; everything also goes to the host's own log.

struct journal;

void journal_create(struct journal **out, unsigned lines);
void journal_destroy(struct journal *journal);

// Keeps a line said by source ("bills@1.0.0[4711]").
void journal_add(struct journal *journal, enum log_level level, const char *source,
                 struct str text);

// The lines after that number, oldest first, at most count of the newest:
// [{"number", "time", "level", "source", "text"}, …]; yours.
json_t *journal_read(const struct journal *journal, uint64_t after, unsigned count);

#endif
