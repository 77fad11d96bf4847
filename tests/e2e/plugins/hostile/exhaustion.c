// SPDX-License-Identifier: Apache-2.0
// Taking more than was given: memory, stack, descriptors, the log, time.

#include "hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MEGABYTE = 1 << 20, LINES = 20000 };
static const size_t ten_gigabytes = (size_t)10 << 30;

static long allocate_much(const struct attempt *attempt)
{
    (void)attempt;
    return malloc(ten_gigabytes) ? 0 : -1;
}

static long map_much(const struct attempt *attempt)
{
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | (int)attempt->arguments[0];
    void *place = mmap(NULL, ten_gigabytes, (int)attempt->arguments[1], flags, -1, 0);
    return place == MAP_FAILED ? -1 : 0;
}

static long grow_the_heap(const struct attempt *attempt)
{
    (void)attempt;
    return sbrk((intptr_t)ten_gigabytes) == (void *)-1 ? -1 : 0;
}

// A megabyte at a time, touched, until there is no more: how many there were.
static long leak(const struct attempt *attempt)
{
    long count = 0;
    (void)attempt;
    for (char *piece; count < 10000 && (piece = malloc(MEGABYTE)); count++)
        memset(piece, 1, MEGABYTE);
    attempt_say("%ld MB", count);
    errno = ENOMEM;
    return -1;
}

static long enlarge(const struct attempt *attempt)
{
    void *place = mmap(NULL, MEGABYTE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)attempt;
    return mremap(place, MEGABYTE, ten_gigabytes, MREMAP_MAYMOVE) == MAP_FAILED ? -1 : 0;
}

static long descend(long depth)
{
    volatile char frame[4096];
    frame[0] = (char)depth;
    return depth > 1000000 ? 0 : descend(depth + 1) + frame[0];
}

static long endless_stack(const struct attempt *attempt)
{
    (void)attempt;
    return descend(0);
}

// On standard error, as fast as the pipe takes it.
static long flood_the_log(const struct attempt *attempt)
{
    static const char line[] = "a line of a flood\n";
    (void)attempt;
    for (int i = 0; i < LINES; i++)
        if (write(STDERR_FILENO, line, sizeof line - 1) < 0)
            return -1;
    return 0;
}

static long escape_on_the_log(const struct attempt *attempt)
{
    static const char line[] =
        "\033]0;owned\007\033[2J \x9b\xff\xc2\x9b fake\r2026 error medinad\n";
    (void)attempt;
    return write(STDERR_FILENO, line, sizeof line - 1) < 0 ? -1 : 0;
}

static long spin(const struct attempt *attempt)
{
    volatile unsigned turn = 1;
    (void)attempt;
    while (turn)
        turn += 2;
    return 0;
}

// The page on which the runner says what it is at work on; the runner's own structure leads there.
__attribute__((no_sanitize("address"))) static volatile uint64_t *find_pulse(void)
{
    enum { LOOPS = 64, WORDS = 4096 };
    const uintptr_t *runner = attempt_host->context;
    uint64_t running = (uint64_t)(attempt_call % LOOPS + 1) << 32 | attempt_call / LOOPS;
    for (size_t i = 0; i < WORDS; i++) {
        uint64_t *page = (uint64_t *)runner[i];
        if (runner[i] % 4096 == 0 && runner[i] >> 40 && runner[i] >> 47 == 0 && page[1] == running)
            return page;
    }
    return NULL;
}

// As if it answered one call after the other.
__attribute__((no_sanitize("address"))) static long
spin_with_forged_pulse(const struct attempt *attempt)
{
    volatile uint64_t *pulse = find_pulse();
    (void)attempt;
    while (pulse) {
        pulse[0]++;
        pulse[1] = 0;
    }
    return 0;
}

static long sleep_long(const struct attempt *attempt)
{
    struct timespec hour = {3600, 0};
    (void)attempt;
    return clock_nanosleep(CLOCK_MONOTONIC, 0, &hour, NULL);
}

static const struct attempt attempts[] = {
    {"10 GB by malloc", 0, {0}, allocate_much},
    {"10 GB by mmap", 0, {0, PROT_READ | PROT_WRITE}, map_much},
    {"10 GB that are not reserved", 0, {MAP_NORESERVE, PROT_READ | PROT_WRITE}, map_much},
    {"10 GB that are not used", 0, {0, PROT_NONE}, map_much},
    {"10 GB by brk", 0, {0}, grow_the_heap},
    {"10 GB by mremap", 0, {0}, enlarge},
    {"memory until there is none", 0, {0}, leak},
    {"a stack without an end", 0, {0}, endless_stack},
    {"flood the log", 0, {0}, flood_the_log},
    {"commands for a terminal on the log", 0, {0}, escape_on_the_log},
    {"spin", 0, {0}, spin},
    {"spin with a forged pulse", 0, {0}, spin_with_forged_pulse},
    {"sleep for an hour", 0, {0}, sleep_long},
};
THEME(exhaustion_theme, attempts);
