// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK = 4096 - 32, ALIGN = 16 };

struct arena_block {
    struct arena_block *next;
    size_t capacity;
    _Alignas(ALIGN) char data[];
};

struct arena_cleanup {
    struct arena_cleanup *next;
    void (*release)(void *);
    void *object;
};

void *arena_alloc(struct arena *arena, size_t size)
{
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
    struct arena_block *block = arena->blocks;
    if (!block || block->capacity - arena->used < size) {
        size_t capacity = size > BLOCK ? size : BLOCK;
        block = mem_alloc(sizeof *block + capacity);
        *block = (struct arena_block){.next = arena->blocks, .capacity = capacity};
        arena->blocks = block;
        arena->used = 0;
    }
    void *memory = block->data + arena->used;
    arena->used += size;
    return memory;
}

void *arena_zero(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

char *arena_string(struct arena *arena, struct str text)
{
    char *copy = arena_alloc(arena, text.size + 1);
    if (text.size)
        memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = arena_alloc(arena, (size_t)(size < 0 ? 0 : size) + 1);
    text[0] = '\0';
    if (size > 0)
        vsnprintf(text, (size_t)size + 1, format, arguments);
    va_end(arguments);
    return text;
}

void arena_on_finish(struct arena *arena, void (*release)(void *), void *object)
{
    struct arena_cleanup *cleanup = arena_alloc(arena, sizeof *cleanup);
    *cleanup = (struct arena_cleanup){arena->cleanups, release, object};
    arena->cleanups = cleanup;
}

static void run_cleanups(struct arena *arena)
{
    for (struct arena_cleanup *c = arena->cleanups; c; c = c->next)
        c->release(c->object);
    arena->cleanups = NULL;
}

static void free_blocks(struct arena_block *block)
{
    while (block) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
}

void arena_clear(struct arena *arena)
{
    run_cleanups(arena);
    struct arena_block *kept = arena->blocks;
    arena->used = 0;
    if (!kept)
        return;
    free_blocks(kept->next);
    kept->next = NULL;
    if (kept->capacity > BLOCK) {
        free(kept);
        arena->blocks = NULL;
    }
}

void arena_finish(struct arena *arena)
{
    run_cleanups(arena);
    free_blocks(arena->blocks);
    *arena = (struct arena){0};
}
