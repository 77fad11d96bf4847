// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_LOOP_GATHER_H
#define MEDINA_LOOP_GATHER_H

#include <stddef.h>

// Does function(context, 0) … function(context, count - 1) at once, each in a task of its own on
// the running task's loop, and suspends until all have returned. What bounds the wait are the
// deadlines inside function. One alone, what finds no memory for a task, and all of it outside a
// task, is called straight.
void gather(size_t count, void (*function)(void *context, size_t index), void *context);

#endif
