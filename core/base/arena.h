// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_BASE_ARENA_H
#define MEDINA_BASE_ARENA_H

#include "base/str.h"

// Memory that lives exactly as long as one request: many allocations, one release.
// Zero-initialised is valid and empty.
struct arena {
    struct arena_block *blocks;
    size_t used; // bytes used of the first block
    struct arena_cleanup *cleanups;
};

// 16-byte aligned, uninitialised; never NULL.
void *arena_alloc(struct arena *arena, size_t size);
void *arena_zero(struct arena *arena, size_t size);
char *arena_string(struct arena *arena, struct str text); // NUL-terminated copy
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Runs release(object) when the arena finishes, last added first.
void arena_on_finish(struct arena *arena, void (*release)(void *object), void *object);

void arena_clear(struct arena *arena);  // as finish, but keeps a little memory for the next use
void arena_finish(struct arena *arena); // releases everything; the arena is usable again

#endif
