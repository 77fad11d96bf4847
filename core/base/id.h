// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_BASE_ID_H
#define MEDINA_BASE_ID_H

#include "base/str.h"

#include <pthread.h>

// Ids that sort by the time they were made: a UUIDv7 (RFC 9562, 5.7) written as 26 lower-case
// Crockford base32 digits, so that text order is time order and a B-tree grows at one end only
// (random keys halve the store's throughput at two million rows). An id is a name, not a secret.

enum { ID_LENGTH = 26 };

struct id {
    char text[ID_LENGTH + 1]; // NUL-terminated; an empty text is "no id"
};

// May be shared between threads. Ids of one generator grow strictly, also within a millisecond and
// when the clock is set back (RFC 9562, 6.2, method 2).
struct id_generator {
    pthread_mutex_t lock;
    uint64_t high;     // the last id: 48 bits of milliseconds, version, 12 random bits
    uint64_t low;      // variant, 62 random bits
    uint64_t pool[32]; // random numbers not used yet: one call of the system for many ids
    unsigned pooled;
};

#define ID_GENERATOR_INIT                                                                          \
    {                                                                                              \
        .lock = PTHREAD_MUTEX_INITIALIZER                                                          \
    }

// now_ms: milliseconds since 1970, as clock_now gives them.
struct id id_next(struct id_generator *generator, int64_t now_ms);

// True for exactly what id_next can have made.
bool id_valid(struct str text);

// Copies a text that id_valid accepts; anything else gives the empty id.
struct id id_from(struct str text);

// The millisecond in which a valid id was made.
int64_t id_time(const struct id *id);

// What no id made at or after that millisecond sorts before: the edge of a range of ids.
struct id id_edge(int64_t ms);

static inline struct str id_str(const struct id *id)
{
    return str_from(id->text);
}

#endif
