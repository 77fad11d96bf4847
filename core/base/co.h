// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_BASE_CO_H
#define MEDINA_BASE_CO_H

#include <stdbool.h>
#include <stddef.h>

// Coroutines: functions with stacks of their own that one thread switches between. This is the one
// switch of the house; the host's tasks (loop/task.h) and the SDK's handlers (sdk/lib) are both
// built on it, so it includes nothing of Medina and keeps to libc.
//
// A stack is CO_STACK bytes with CO_GUARD bytes of no-access memory below it: together with
// -fstack-clash-protection an overflow always faults instead of reaching a neighbour (82 KB of
// frames jump a 4 KB guard page). Finished stacks are kept for reuse, up to CO_KEPT a thread.
//
// Everything here belongs to the thread that created it; a coroutine never moves to another.

enum { CO_GUARD = 64 * 1024, CO_KEPT = 256 };
#ifdef MEDINA_SANITIZED
enum { CO_STACK = 512 * 1024 }; // the sanitizers' frames are several times larger
#else
enum { CO_STACK = 128 * 1024 };
#endif

struct co;

// A suspended coroutine that will run entry(argument); NULL when the kernel gives no memory.
struct co *co_create(void (*entry)(void *argument), void *argument);

// Runs it until it suspends or returns. Called from the thread's main stack, never from inside a
// coroutine.
void co_resume(struct co *co);

// Back to the caller of co_resume; returns at the next co_resume.
void co_suspend(void);

// The coroutine that is running, NULL on the main stack.
struct co *co_running(void);

bool co_finished(const struct co *co);

// Frees a coroutine that has finished or never ran; its stack is kept for the next one.
void co_destroy(struct co *co);

// Unmaps the stacks this thread keeps. For a thread that ends.
void co_release_kept(void);

#endif
