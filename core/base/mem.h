// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_BASE_MEM_H
#define MEDINA_BASE_MEM_H

#include <stddef.h>

// Allocation that cannot fail: prints one line and aborts when memory is out (see base/err.h for
// why). All of it is released with free().

void *mem_alloc(size_t size);              // uninitialised
void *mem_zero(size_t count, size_t size); // zeroed; aborts when count * size overflows
void *mem_resize(void *old, size_t size);
void *mem_copy(const void *data, size_t size); // a NUL follows the copy
char *mem_string(const char *text);            // NULL gives NULL

#endif
