// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_BASE_LOG_H
#define MEDINA_BASE_LOG_H

#include "base/str.h"

// One line an event on standard error, in one write, so that lines of threads never mix:
//
//     2026-11-21T17:20:28.123Z warning host runner 7 of bills ended: signal 11
//
// Never a phone number, a name, an account, a plate or a code: say which row, not who.

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFORMATION, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

void log_line(enum log_level level, const char *room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// A line whose text comes from outside (a plugin): control characters become spaces, cut at 1 KB.
void log_foreign(enum log_level level, const char *room, struct str text);

#endif
