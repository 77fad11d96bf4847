// SPDX-License-Identifier: Apache-2.0
// Memory: that of others, and new code in its own.

#include "hostile.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096, READ_WRITE = PROT_READ | PROT_WRITE, ALL = READ_WRITE | PROT_EXEC };
enum { ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS };

static char space[2 * PAGE] __attribute__((aligned(PAGE)));
static struct iovec here = {space, 16}, there = {space, 16};
static uint32_t word;

static uintptr_t text_page(void)
{
    return (uintptr_t)attempt_find & ~(uintptr_t)(PAGE - 1);
}

static long write_text(const struct attempt *attempt)
{
    (void)attempt;
    *(volatile char *)text_page() = 0;
    return 0;
}

static long call_data(const struct attempt *attempt)
{
    void (*function)(void);
    (void)attempt;
    *(void **)&function = space;
    space[0] = (char)0xc3;
    function();
    return 0;
}

static long open_text(const struct attempt *attempt)
{
    return mprotect((void *)text_page(), PAGE, (int)attempt->arguments[0]);
}

// mremap keeps what a page may do: code moves, it does not become writable.
static long move_text_and_write(const struct attempt *attempt)
{
    char *place = mremap((void *)text_page(), PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
    (void)attempt;
    if (place == MAP_FAILED)
        return -1;
    *(volatile char *)place = 0;
    return 0;
}

static long data_over_text(const struct attempt *attempt)
{
    char *place = mmap((void *)text_page(), PAGE, READ_WRITE, ANONYMOUS | MAP_FIXED, -1, 0);
    (void)attempt;
    return place == MAP_FAILED ? -1 : attempt_find("") == NULL;
}

#define CALL(name, ...)                                                                            \
    {                                                                                              \
#name, SYS_##name, {__VA_ARGS__ }, NULL                                                    \
    }

static const struct attempt attempts[] = {
    CALL(process_vm_readv, 1, ADDRESS(&here), 1, ADDRESS(&there), 1, 0),
    CALL(process_vm_writev, 1, ADDRESS(&here), 1, ADDRESS(&there), 1, 0),
    CALL(process_madvise, 4, ADDRESS(&here), 1, MADV_COLD, 0),
    CALL(kcmp, 1, 2, 0, 0, 0),
    CALL(userfaultfd, 0),
    CALL(membarrier, MEMBARRIER_CMD_QUERY, 0, 0),
    CALL(move_pages, 1, 0, 0, 0, 0, 0),
    CALL(migrate_pages, 1, 0, 0, 0),
    CALL(get_robust_list, 1, ADDRESS(space), ADDRESS(space + 8)),
    CALL(shmget, 1, PAGE, 01666),
    CALL(shmat, 0, 0, 0),
    CALL(remap_file_pages, ADDRESS(space), PAGE, 0, 0, 0),
    CALL(pkey_alloc, 0, 0),
    CALL(pkey_mprotect, ADDRESS(space), PAGE, ALL, -1),
    CALL(mlock, ADDRESS(space), PAGE),
    CALL(mlockall, MCL_FUTURE),
    {"mseal", 462, {ADDRESS(space), PAGE, 0}, NULL},
    CALL(msync, ADDRESS(space), PAGE, MS_SYNC),
    CALL(mincore, ADDRESS(space), PAGE, ADDRESS(space)),
    {"memory of everybody", SYS_mmap, {0, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0}},
    {"memory shared by a file", SYS_mmap, {0, PAGE, READ_WRITE, MAP_SHARED, 4, 0}, NULL},
    {"writable code", SYS_mmap, {0, PAGE, ALL, ANONYMOUS, -1, 0}, NULL},
    {"code of nothing", SYS_mmap, {0, PAGE, PROT_READ | PROT_EXEC, ANONYMOUS, -1, 0}, NULL},
    {"code that is only run", SYS_mmap, {0, PAGE, PROT_EXEC, ANONYMOUS, -1, 0}, NULL},
    {"code of the plugin's file", SYS_mmap, {0, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, 3, 0}},
    {"code of huge pages",
     SYS_mmap,
     {0, 1 << 21, PROT_READ | PROT_EXEC, ANONYMOUS | MAP_HUGETLB, -1, 0},
     NULL},
    {"data becomes code", SYS_mprotect, {ADDRESS(space), PAGE, PROT_READ | PROT_EXEC}, NULL},
    {"data becomes writable code", SYS_mprotect, {ADDRESS(space), PAGE, ALL}, NULL},
    {"data becomes code, downwards",
     SYS_mprotect,
     {ADDRESS(space), PAGE, PROT_EXEC | PROT_GROWSDOWN},
     NULL},
    {"its text becomes writable code", SYS_mprotect, {ALL}, open_text},
    {"its text becomes writable, then code again",
     SYS_mprotect,
     {PROT_READ | PROT_EXEC},
     open_text},
    {"write its own text", 0, {0}, write_text},
    {"run data", 0, {0}, call_data},
    {"move its text and write it", 0, {0}, move_text_and_write},
    {"data where its text was", 0, {0}, data_over_text},
    {"advise to poison a page", SYS_madvise, {ADDRESS(space), PAGE, MADV_HWPOISON}, NULL},
    {"advise to page out", SYS_madvise, {ADDRESS(space), PAGE, MADV_PAGEOUT}, NULL},
    {"requeue a futex", SYS_futex, {ADDRESS(&word), FUTEX_CMP_REQUEUE, 0, 0, 0, 0}, NULL},
    {"lock with priorities", SYS_futex, {ADDRESS(&word), FUTEX_LOCK_PI, 0, 0, 0, 0}, NULL},
};
THEME(memory_theme, attempts);
