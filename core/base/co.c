// SPDX-License-Identifier: Apache-2.0
//
// The coroutine switch. A coroutine's mapping, from low to high addresses, is
//
//     CO_GUARD (no access) | CO_STACK, growing down | struct co
//
// so that one mmap holds everything and nothing is allocated beside it. A switch saves the
// callee-saved registers of the System V ABI (x86-64) or AAPCS64 (aarch64) on the stack that is
// left and loads those of the one that is entered. The floating-point control words are not saved:
// nothing in Medina changes them.
//
// AddressSanitizer must be told of each switch, or it takes the other stack for garbage;
// ThreadSanitizer must be told that a coroutine is a fibre of its own. Their entry points are weak:
// absent from a plain build, and in a plugin those of the process that loaded it.

#include "base/co.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

struct co {
    void *stack_pointer; // while suspended
    void (*entry)(void *argument);
    void *argument;
    void *mapping;
    void *asan_stack;
    void *tsan_fiber;
    struct co *next_kept;
    bool finished;
};

struct co_thread {
    struct co *running;
    void *stack_pointer; // of the main stack, while a coroutine runs
    void *asan_stack;
    const void *asan_bottom;
    size_t asan_size;
    void *tsan_fiber;
    struct co *kept;
    unsigned kept_count;
};

// What is running belongs to a thread, not to any object that a caller could pass along.
#ifdef MEDINA_ONE_THREAD // a plugin's copy (sdk/CMakeLists.txt)
static struct co_thread this_thread;
#else
static _Thread_local struct co_thread this_thread;
#endif

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wredundant-decls"
__attribute__((weak)) void __sanitizer_start_switch_fiber(void **, const void *, size_t);
__attribute__((weak)) void __sanitizer_finish_switch_fiber(void *, const void **, size_t *);
__attribute__((weak)) void __asan_unpoison_memory_region(void const volatile *, size_t);
__attribute__((weak)) void *__tsan_get_current_fiber(void);
__attribute__((weak)) void *__tsan_create_fiber(unsigned);
__attribute__((weak)) void __tsan_destroy_fiber(void *);
__attribute__((weak)) void __tsan_switch_to_fiber(void *, unsigned);
#pragma GCC diagnostic pop

// Saves the registers and the stack pointer in *save, continues where load was saved.
void medina_co_switch(void **save, void *load) __attribute__((visibility("hidden")));

#if defined(__x86_64__)
__asm__(".text\n"
        ".globl medina_co_switch\n"
        ".hidden medina_co_switch\n"
        ".type medina_co_switch, @function\n"
        "medina_co_switch:\n"
        "    endbr64\n"
        "    pushq %rbp\n    pushq %rbx\n    pushq %r12\n"
        "    pushq %r13\n    pushq %r14\n    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n    popq %r14\n    popq %r13\n"
        "    popq %r12\n    popq %rbx\n    popq %rbp\n"
        "    ret\n"
        ".size medina_co_switch, .-medina_co_switch\n");
enum { SAVED_WORDS = 8, RETURN_WORD = 6 }; // six registers, the return address, a null caller
#elif defined(__aarch64__)
__asm__(".text\n"
        ".globl medina_co_switch\n"
        ".hidden medina_co_switch\n"
        ".type medina_co_switch, %function\n"
        "medina_co_switch:\n"
        "    sub sp, sp, #176\n"
        "    stp x19, x20, [sp, #0]\n    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n   stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n   stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n     stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n  stp d14, d15, [sp, #144]\n"
        "    mov x9, sp\n    str x9, [x0]\n    mov sp, x1\n"
        "    ldp x19, x20, [sp, #0]\n    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n   ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n   ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n     ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n  ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #176\n    ret\n"
        ".size medina_co_switch, .-medina_co_switch\n");
enum { SAVED_WORDS = 22, RETURN_WORD = 11 };
#else
#error "base/co.c knows x86-64 and aarch64"
#endif

static char *stack_bottom(const struct co *co)
{
    return (char *)co->mapping + CO_GUARD;
}

static void leave(struct co *co)
{
    struct co_thread *thread = &this_thread;
    if (__sanitizer_start_switch_fiber)
        __sanitizer_start_switch_fiber(co->finished ? NULL : &co->asan_stack, thread->asan_bottom,
                                       thread->asan_size);
    if (__tsan_switch_to_fiber)
        __tsan_switch_to_fiber(thread->tsan_fiber, 0);
    medina_co_switch(&co->stack_pointer, thread->stack_pointer);
    if (__sanitizer_finish_switch_fiber)
        __sanitizer_finish_switch_fiber(co->asan_stack, &thread->asan_bottom, &thread->asan_size);
}

// The first frame of every coroutine; it is left for the last time and never returned from.
static void enter(void)
{
    struct co_thread *thread = &this_thread;
    struct co *co = thread->running;
    if (__sanitizer_finish_switch_fiber)
        __sanitizer_finish_switch_fiber(NULL, &thread->asan_bottom, &thread->asan_size);
    co->entry(co->argument);
    co->finished = true;
    leave(co);
    __builtin_trap();
}

static struct co *co_map(void)
{
    struct co_thread *thread = &this_thread;
    struct co *co = thread->kept;
    if (co) {
        thread->kept = co->next_kept;
        thread->kept_count--;
        return co;
    }
    size_t size = CO_GUARD + CO_STACK;
    char *mapping = mmap(NULL, size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (mapping == MAP_FAILED)
        return NULL;
    if (mprotect(mapping, CO_GUARD, PROT_NONE) != 0) {
        munmap(mapping, size);
        return NULL;
    }
    co = (struct co *)(void *)(mapping + size - (sizeof *co + 15) / 16 * 16);
    co->mapping = mapping;
    return co;
}

struct co *co_create(void (*entry)(void *argument), void *argument)
{
    struct co *co = co_map();
    if (!co)
        return NULL;
    *co = (struct co){.entry = entry, .argument = argument, .mapping = co->mapping};
    uintptr_t *top = (uintptr_t *)(void *)co - SAVED_WORDS;
    memset(top, 0, SAVED_WORDS * sizeof *top);
    top[RETURN_WORD] = (uintptr_t)enter;
    co->stack_pointer = top;
    if (__tsan_create_fiber)
        co->tsan_fiber = __tsan_create_fiber(0);
    return co;
}

void co_resume(struct co *co)
{
    struct co_thread *thread = &this_thread;
    thread->running = co;
    if (__sanitizer_start_switch_fiber)
        __sanitizer_start_switch_fiber(&thread->asan_stack, stack_bottom(co), CO_STACK);
    if (__tsan_switch_to_fiber) {
        thread->tsan_fiber = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(co->tsan_fiber, 0);
    }
    medina_co_switch(&thread->stack_pointer, co->stack_pointer);
    if (__sanitizer_finish_switch_fiber)
        __sanitizer_finish_switch_fiber(thread->asan_stack, NULL, NULL);
    thread->running = NULL;
}

void co_suspend(void)
{
    leave(this_thread.running);
}

struct co *co_running(void)
{
    return this_thread.running;
}

bool co_finished(const struct co *co)
{
    return co->finished;
}

static void co_unmap(struct co *co)
{
    munmap(co->mapping, CO_GUARD + CO_STACK);
}

void co_destroy(struct co *co)
{
    struct co_thread *thread = &this_thread;
    if (!co)
        return;
    if (__tsan_destroy_fiber && co->tsan_fiber)
        __tsan_destroy_fiber(co->tsan_fiber);
    // The frames that finished left their red zones poisoned.
    if (__asan_unpoison_memory_region)
        __asan_unpoison_memory_region(stack_bottom(co), CO_STACK);
    if (thread->kept_count == CO_KEPT) {
        co_unmap(co);
        return;
    }
    co->next_kept = thread->kept;
    thread->kept = co;
    thread->kept_count++;
}

void co_release_kept(void)
{
    struct co_thread *thread = &this_thread;
    while (thread->kept) {
        struct co *co = thread->kept;
        thread->kept = co->next_kept;
        co_unmap(co);
    }
    thread->kept_count = 0;
}
