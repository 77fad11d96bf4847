// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_POISON_H
#define MEDINA_HOST_POISON_H

#include "base/str.h"

#include <stdint.h>

// Requests that killed a runner. The same request (version, operation, caller and input) is
// refused for a while, so that one that crashes a plugin cannot do so again and again by being
// repeated. Shared by the gateway loops; any thread.

struct poison;

// Refuses each for ms milliseconds and remembers at most this many at a time (the oldest gives
// way). ms 0 refuses nothing.
void poison_create(struct poison **out, uint64_t ms, unsigned most);
void poison_destroy(struct poison *poison);

// The name of a request: a keyed hash, different in every process.
uint64_t poison_key(const struct poison *poison, const struct str *parts, unsigned count);

// runner is the number of the one that died of it.
void poison_add(struct poison *poison, uint64_t key, uint32_t runner);

// That runner was killed from outside: nothing it was running is to blame.
void poison_forgive(struct poison *poison, uint32_t runner);

// Milliseconds for which it is still refused; 0: it may pass. Costs one load while nothing is.
uint64_t poison_left(struct poison *poison, uint64_t key);

#endif
