// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_CONTRACT_H
#define MEDINA_HOST_CONTRACT_H

#include "host/manifest.h"

// What a plugin promised its callers, held against a newer manifest of the same plugin. Within one
// major version whoever could use the old one must be able to use the new one in the same way:
//
//   an operation stays, with its role, its result type and its safety, and asks for no more of who
//   calls it; every input that was taken is taken; an event that money depends on is still taken;
//   storage is not given up.
//
// An input schema is stricter when some value that it took is refused now. Where a change cannot be
// judged (anyOf, not, $ref, patterns of member names …) it counts as stricter. Titles, hints and
// defaults may change freely.

// Appends a sentence to list (a JSON array) for each promise that is broken, beginning with a JSON
// pointer into the new manifest: "/operations/2/input/required: \"area\" must be given now".
// Returns how many. Any thread.
size_t contract_compare(const struct manifest *before, const struct manifest *after, json_t *list);

// The part of it for one input schema; pointer is where the new one stands.
size_t contract_compare_schema(const json_t *before, const json_t *after, const char *pointer,
                               json_t *list);

#endif
