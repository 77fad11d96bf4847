// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_BASE_URL_H
#define MEDINA_BASE_URL_H

#include "base/arena.h"
#include "base/buf.h"

// Percent-encoding (RFC 3986 section 2.1) and the form encoding of query strings and form bodies
// (WHATWG URL, application/x-www-form-urlencoded).

// Decodes into the arena; with plus_is_blank a '+' is a blank. false when a '%' is not followed by
// two hexadecimal digits, or when the result has a NUL or is not UTF-8.
bool url_decode(struct str text, bool plus_is_blank, struct arena *arena, struct str *out);

// Appends the text with everything but unreserved characters encoded.
void url_encode(struct str text, struct buf *out);

// Takes the next name=value pair off *rest. 1 when there was one, 0 at the end, -1 when it is
// malformed. Empty pieces ("&&") are skipped.
int url_next_pair(struct str *rest, struct arena *arena, struct str *name, struct str *value);

// Value of the first pair of that name; data NULL when absent or malformed.
struct str url_find_pair(struct str pairs, const char *name, struct arena *arena);

#endif
