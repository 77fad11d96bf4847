// SPDX-License-Identifier: Apache-2.0
//
// Every system call that a runner and its plugin may make: the call, what its arguments must be,
// and why it is needed. What is not here does not happen. No call here takes a path (without a
// scratch folder), makes a descriptor (except one while loading), makes a process or a thread, or
// reaches another one.

#include "runner/filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define EQUAL(argument, value)                                                                     \
    {                                                                                              \
        argument, SCMP_CMP_EQ, value, 0                                                            \
    }
#define MASKED(argument, mask, value)                                                              \
    {                                                                                              \
        argument, SCMP_CMP_MASKED_EQ, mask, value                                                  \
    }

enum { SHARING = MAP_SHARED | MAP_PRIVATE };

// Memory is private, never writable and executable at once, and executable only from a file (the
// plugin's: its descriptor is the only one that can be mapped).
static const struct filter_rule mapping[FILTER_RULES] = {
    {FILTER_BOTH, false, false, 2, {MASKED(2, PROT_EXEC, 0), MASKED(3, SHARING, MAP_PRIVATE)}},
    {FILTER_LOADING,
     false,
     false,
     2,
     {MASKED(2, PROT_EXEC | PROT_WRITE, PROT_EXEC),
      MASKED(3, SHARING | MAP_ANONYMOUS, MAP_PRIVATE)}},
};

static const struct filter_rule protecting[FILTER_RULES] = {
    {FILTER_BOTH, false, false, 1, {MASKED(2, PROT_EXEC, 0)}},
};

#define FUTEX(operation)                                                                           \
    {                                                                                              \
        FILTER_BOTH, false, false, 1,                                                              \
        {                                                                                          \
            MASKED(1, (scmp_datum_t) ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME), operation)      \
        }                                                                                          \
    }
static const struct filter_rule waiting[FILTER_RULES] = {
    FUTEX(FUTEX_WAIT),
    FUTEX(FUTEX_WAKE),
    FUTEX(FUTEX_WAIT_BITSET),
};

static const struct filter_rule advising[FILTER_RULES] = {
    {FILTER_BOTH, false, false, 1, {EQUAL(2, MADV_DONTNEED)}},
    {FILTER_BOTH, false, false, 1, {EQUAL(2, MADV_FREE)}},
};

static const struct filter_rule aborting[FILTER_RULES] = {
    {FILTER_BOTH, false, false, 1, {EQUAL(0, SIGABRT)}},
};

static const struct filter_rule signalling_itself[FILTER_RULES] = {
    {FILTER_BOTH, true, true, 0, {{0}}},
};

static const struct filter_rule descriptor_flags[FILTER_RULES] = {
    {FILTER_BOTH, false, false, 1, {EQUAL(1, F_GETFL)}},
    {FILTER_BOTH, false, false, 1, {EQUAL(1, F_SETFL)}},
    {FILTER_LOADING, false, false, 1, {EQUAL(1, F_DUPFD_CLOEXEC)}},
};

static const struct filter_rule not_blocking[FILTER_RULES] = {
    {FILTER_BOTH, false, false, 1, {EQUAL(1, FIONBIO)}},
};

static const struct filter_rule reading_limits[FILTER_RULES] = {
    {FILTER_BOTH, false, false, 2, {EQUAL(0, 0), EQUAL(2, 0)}},
    {FILTER_LOADING, false, false, 2, {EQUAL(0, 0), EQUAL(1, RLIMIT_CPU)}},
};

// A flag would give it a listener, which is a new descriptor.
static const struct filter_rule filtering[FILTER_RULES] = {
    {FILTER_LOADING, false, false, 2, {EQUAL(0, SECCOMP_SET_MODE_FILTER), EQUAL(1, 0)}},
};

#define ANY(name, why)                                                                             \
    {                                                                                              \
        SCMP_SYS(name), FILTER_BOTH, false, 0, NULL, NULL, why                                     \
    }
#define HOT(name, priority, why)                                                                   \
    {                                                                                              \
        SCMP_SYS(name), FILTER_BOTH, false, priority, NULL, NULL, why                              \
    }
#define LOADING(name, why)                                                                         \
    {                                                                                              \
        SCMP_SYS(name), FILTER_LOADING, false, 0, NULL, NULL, why                                  \
    }
#define RULED(name, rules, what, why)                                                              \
    {                                                                                              \
        SCMP_SYS(name), FILTER_BOTH, false, 0, rules, what, why                                    \
    }
#define SCRATCH(name, why)                                                                         \
    {                                                                                              \
        SCMP_SYS(name), FILTER_BOTH, true, 0, NULL, NULL, why                                      \
    }

const struct filter_call filter_calls[] = {
    // what the loop does all day
    HOT(epoll_wait, 250, "libuv waits for the host's messages"),
    HOT(epoll_pwait, 245, "the same, where the loop profiles or the machine has no epoll_wait"),
    HOT(read, 240, "messages; the plugin's file while it loads"),
    HOT(write, 235, "answers; the loop's own bell; the log"),
    HOT(writev, 230, "answers in several pieces"),
    HOT(clock_gettime, 200, "the loop's clock, where the vDSO cannot tell it"),
    ANY(epoll_ctl, "libuv adds a socket when the loops open, drops it when one closes"),
    ANY(close, "a loop's socket that ended; the plugin's file once it is loaded"),
    RULED(ioctl, not_blocking, "FIONBIO", "libuv takes a socket over"),
    RULED(fcntl, descriptor_flags, "F_GETFL, F_SETFL; while loading F_DUPFD_CLOEXEC",
          "libuv takes a socket over; dlopen gets the plugin's file"),
    // memory
    RULED(mmap, mapping, "private, not executable; while loading a file's pages, not writable",
          "malloc, coroutine stacks, the plugin's segments"),
    RULED(mprotect, protecting, "never executable", "guard areas, RELRO of the plugin"),
    ANY(munmap, "free, coroutine stacks"),
    ANY(mremap, "realloc of large blocks"),
    ANY(brk, "malloc"),
    RULED(madvise, advising, "MADV_DONTNEED, MADV_FREE", "free gives memory back"),
    // time, chance, locks
    ANY(gettimeofday, "the clock, where the vDSO cannot tell it"),
    ANY(clock_nanosleep, "sleep(3), which only holds up the plugin itself"),
    ANY(restart_syscall, "the kernel's own way back into a wait after a stop"),
    ANY(getrandom, "arc4random(3), keys of hash tables"),
    ANY(sched_yield, "libuv's bell under contention"),
    RULED(futex, waiting, "wait and wake", "mutexes and once-flags of libc and libuv"),
    // its own end
    RULED(rt_sigaction, aborting, "SIGABRT", "abort(3) restores the default action"),
    ANY(rt_sigprocmask, "abort(3)"),
    ANY(rt_sigreturn, "the way back from the handler in trap.c"),
    RULED(tgkill, signalling_itself, "this thread", "abort(3), raise(3)"),
    ANY(getpid, "abort(3), raise(3)"),
    ANY(gettid, "abort(3), raise(3)"),
    ANY(exit_group, "the end"),
    ANY(exit, "the end of the one thread"),
    // looking at itself
    ANY(fstat, "size of a descriptor; takes no path"),
    ANY(lseek, "dprintf(3) looks whether a descriptor has a position; seeks in a file"),
    RULED(prlimit64, reading_limits, "its own, reading only; while loading RLIMIT_CPU",
          "sysconf(3); the end of the limit of loading"),
    // while the plugin is loaded
    LOADING(pread64, "dlopen reads program headers"),
    RULED(seccomp, filtering, "SECCOMP_SET_MODE_FILTER without flags, while loading",
          "the second filter"),
    // a scratch folder, by paths that end in it: the process has no other file system
    SCRATCH(openat, "open a file or the folder"),
    SCRATCH(newfstatat, "size and kind of a file"),
    SCRATCH(ftruncate, "cut a file"),
    SCRATCH(unlinkat, "remove a file or a folder"),
#ifdef __x86_64__ // the older machines have the older forms, and libc uses them
    SCRATCH(unlink, "remove a file"),
    SCRATCH(rmdir, "remove a folder"),
    SCRATCH(rename, "put a finished file in its place"),
    SCRATCH(mkdir, "make a folder"),
#else
    SCRATCH(renameat, "put a finished file in its place"),
    SCRATCH(mkdirat, "make a folder"),
#endif
    SCRATCH(getdents64, "list the folder"),
    SCRATCH(pwrite64, "write at a place in a file"),
};
const size_t filter_call_count = sizeof filter_calls / sizeof *filter_calls;

// Sanitizer builds only: what their run-time libraries need to look after memory and to report.
const struct filter_call filter_sanitizer_calls[] = {
    ANY(madvise, "shadow memory: no huge pages, no dumps"),
    ANY(sigaltstack, "the stack of its handlers, given back at the end"),
    ANY(rt_sigaction, "its handlers, set again around a report"),
    ANY(sched_getaffinity, "the number of processors"),
};
const size_t filter_sanitizer_call_count =
    sizeof filter_sanitizer_calls / sizeof *filter_sanitizer_calls;

const struct filter_refusal filter_refusals[] = {
    {SCMP_SYS(mprotect),
     FILTER_LOADING,
     EACCES,
     1,
     {MASKED(2, PROT_EXEC, PROT_EXEC)},
     "a plugin that wants an executable stack does not load, and dlerror says so"},
    {SCMP_SYS(sysinfo), FILTER_BOTH, EPERM, 0, {{0}}, "qsort(3) asks for the machine's memory"},
    {SCMP_SYS(ioctl),
     FILTER_BOTH,
     ENOTTY,
     1,
     {EQUAL(1, TCGETS)},
     "stdio asks whether it writes to a terminal"},
#ifdef MEDINA_SANITIZED
    {SCMP_SYS(readlink),
     FILTER_BOTH,
     EACCES,
     0,
     {{0}},
     "ThreadSanitizer looks for its own name when a library is loaded"},
#endif
};
const size_t filter_refusal_count = sizeof filter_refusals / sizeof *filter_refusals;
