// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_RETENTION_H
#define MEDINA_HOST_RETENTION_H

#include "base/err.h"

#include <stdint.h>

struct store;

// How long what is known of citizens is kept.
struct retention {
    int64_t activity_ms; // lines of their activity
    int64_t payments_ms; // payments under the id of an account that was deleted, from then on
};

// Deletes, or makes nobody's, what is over its time. Once in the city, behind the tenure.
int retention_sweep(struct store *store, const struct retention *retention, int64_t now,
                    struct err *err);

#endif
