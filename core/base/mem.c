// SPDX-License-Identifier: Apache-2.0
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory, size_t size)
{
    if (!memory) {
        fprintf(stderr, "out of memory (%zu bytes)\n", size);
        abort();
    }
    return memory;
}

void *mem_alloc(size_t size)
{
    return checked(malloc(size ? size : 1), size);
}

void *mem_zero(size_t count, size_t size)
{
    return checked(calloc(count ? count : 1, size ? size : 1), size);
}

void *mem_resize(void *old, size_t size)
{
    return checked(realloc(old, size ? size : 1), size);
}

void *mem_copy(const void *data, size_t size)
{
    char *copy = mem_alloc(size + 1);
    if (size)
        memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

char *mem_string(const char *text)
{
    return text ? mem_copy(text, strlen(text)) : NULL;
}
