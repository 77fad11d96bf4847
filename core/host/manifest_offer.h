// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_MANIFEST_OFFER_H
#define MEDINA_HOST_MANIFEST_OFFER_H

#include "host/manifest.h"

// What a manifest tells people beforehand (cost, takes) and what the search may answer with
// (intents): what of it a schema cannot say.

// cost and takes of a service or an operation. ERR_INVALID with the place, which begins with
// pointer, and what to write there.
int manifest_check_offer(const json_t *document, const char *pointer, struct err *err);

// The same of an operation, and its intents: their input is part of an input that it takes.
int manifest_check_operation_offer(const struct operation *operation, size_t index,
                                   struct err *err);

#endif
