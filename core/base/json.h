// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_BASE_JSON_H
#define MEDINA_BASE_JSON_H

#include "base/buf.h"
#include "base/err.h"

#include <jansson.h>

// JSON (RFC 8259) from people we do not trust. Checking is one pass without memory; parsing checks
// first, because jansson descends as deep as the text does, on a stack that may be small.

enum { JSON_DEPTH = 32 };

// 0 when text is one JSON value in UTF-8 and nests at most depth deep; ERR_INVALID with the byte
// offset otherwise. Keys may repeat (json_parse refuses that).
int json_check(struct str text, unsigned depth, struct err *err);

// The parsed value, the caller's; NULL with ERR_INVALID when it is malformed, deeper than
// JSON_DEPTH, or names a member twice.
json_t *json_parse(struct str text, struct err *err);

// Appends the text as a JSON string, quotes included. It must be UTF-8.
void json_append_string(struct buf *out, struct str text);

// Appends the value with sorted keys and no blanks: equal values give equal bytes.
void json_append_canonical(struct buf *out, const json_t *value);

// Members by name; NULL, or fallback, when absent or of another type.
const char *json_get_string(const json_t *object, const char *name);
int64_t json_get_integer(const json_t *object, const char *name, int64_t fallback);
bool json_get_boolean(const json_t *object, const char *name, bool fallback);

#endif
