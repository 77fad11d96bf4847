// SPDX-License-Identifier: Apache-2.0
#include "box.h"

#include "runner/filter.h"
#include "runner/load.h"
#include "wire/message.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

// ---- the table ----

Test(table, has_at_most_45_calls_each_once_and_with_its_reason)
{
    cr_assert_leq(filter_call_count, FILTER_MOST_CALLS);
    cr_assert_gt(filter_call_count, 20);
    for (size_t i = 0; i < filter_call_count; i++) {
        const struct filter_call *call = &filter_calls[i];
        cr_assert(call->reason && strlen(call->reason) >= 5, "entry %zu has no reason", i);
        cr_assert_eq(call->rules != NULL, call->arguments != NULL, "entry %zu", i);
        for (size_t other = 0; other < i; other++)
            cr_assert_neq(filter_calls[other].number, call->number, "entries %zu, %zu", i, other);
    }
}

Test(table, lets_no_call_make_a_process_or_reach_one_or_open_a_socket)
{
    const int forbidden[] = {SCMP_SYS(clone),   SCMP_SYS(clone3),  SCMP_SYS(fork),
                             SCMP_SYS(vfork),   SCMP_SYS(execve),  SCMP_SYS(execveat),
                             SCMP_SYS(ptrace),  SCMP_SYS(kill),    SCMP_SYS(socket),
                             SCMP_SYS(connect), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg),
                             SCMP_SYS(dup),     SCMP_SYS(prctl),   SCMP_SYS(io_uring_setup)};
    for (size_t i = 0; i < filter_call_count; i++)
        for (size_t k = 0; k < sizeof forbidden / sizeof *forbidden; k++)
            cr_assert_neq(filter_calls[i].number, forbidden[k]);
    for (size_t i = 0; i < filter_sanitizer_call_count; i++)
        for (size_t k = 0; k < sizeof forbidden / sizeof *forbidden; k++)
            cr_assert_neq(filter_sanitizer_calls[i].number, forbidden[k]);
}

static bool in_table(int number)
{
    for (size_t i = 0; i < filter_call_count; i++)
        if (filter_calls[i].number == number && !filter_calls[i].scratch)
            return true;
    for (size_t i = 0; i < filter_sanitizer_call_count; i++)
        if (filter_sanitizer_calls[i].number == number)
            return true;
    for (size_t i = 0; i < filter_refusal_count; i++)
        if (filter_refusals[i].number == number)
            return true;
    return number == SYS_openat || number == SYS_newfstatat;
}

// Linux lets two calls of x86-64 past every filter (uretprobe since 6.13, uprobe since 6.18): they
// belong to code that the kernel itself has put into a process, and are SIGILL anywhere else.
static bool past_seccomp(int number)
{
#ifdef __x86_64__
    return number == 335 || number == 336;
#else
    (void)number;
    return false;
#endif
}

static int call_by_number(const void *number)
{
    syscall(*(const int *)number, 0, 0, 0, 0, 0, 0);
    return 0;
}

Test(sandbox, a_call_that_is_not_in_the_table_ends_the_process_and_is_named)
{
    for (int number = 0; number < 470; number++) {
        char line[64];
        struct box_outcome outcome;
        struct box_trial trial = {.attempt = call_by_number, .argument = &number};
        if (in_table(number) || past_seccomp(number))
            continue;
        box_try(&trial, &outcome);
        snprintf(line, sizeof line, "system call %d is not allowed here\n", number);
        cr_assert_eq(outcome.signal, SIGSYS, "call %d: exit %d, %s", number, outcome.code,
                     outcome.said);
        cr_assert_str_eq(outcome.said, line);
    }
}

// ---- attempts with arguments that look right ----

static int result(long value)
{
    return value < 0 ? errno : 0;
}

#define ATTEMPT(name, expression)                                                                  \
    static int name(const void *argument)                                                          \
    {                                                                                              \
        (void)argument;                                                                            \
        return result((long)(expression));                                                         \
    }

static struct stat file_status;
static struct rlimit no_limit = {RLIM_INFINITY, RLIM_INFINITY};
static struct sysinfo machine;

ATTEMPT(open_file, open("/etc/passwd", O_RDONLY))
ATTEMPT(open_relative, openat(3, "fd", O_RDONLY))
ATTEMPT(open_itself, open("/proc/self/mem", O_RDWR))
ATTEMPT(open_memory, open("/dev/shm/medina", O_RDWR | O_CREAT, 0600))
ATTEMPT(status_of_file, stat("/etc/passwd", &file_status))
ATTEMPT(status_of_descriptor, fstat(STDERR_FILENO, &file_status))
ATTEMPT(ask_terminal, isatty(STDERR_FILENO) ? 0 : -1)
ATTEMPT(ask_machine, sysinfo(&machine))
ATTEMPT(writable_code,
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
ATTEMPT(anonymous_code, mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
ATTEMPT(file_code, mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, WIRE_PLUGIN_FD, 0))
ATTEMPT(shared_memory, mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0))
ATTEMPT(code_of_data,
        mprotect((void *)((uintptr_t)&file_status & ~4095ul), 4096, PROT_READ | PROT_EXEC))
ATTEMPT(socket_of_unix, socket(AF_UNIX, SOCK_STREAM, 0))
ATTEMPT(pass_descriptor, sendmsg(WIRE_CONTROL_FD, &(struct msghdr){0}, 0))
ATTEMPT(signal_parent, kill(getppid(), 0))
ATTEMPT(signal_parent_thread, syscall(SYS_tgkill, 1, 1, SIGTERM))
ATTEMPT(signal_itself, syscall(SYS_tgkill, getpid(), gettid(), SIGWINCH))
ATTEMPT(handle_own_signal, signal(SIGSYS, SIG_IGN) == SIG_ERR ? -1 : 0)
ATTEMPT(outlive_parent, prctl(PR_SET_PDEATHSIG, 0))
ATTEMPT(raise_limit, setrlimit(RLIMIT_NOFILE, &no_limit))
ATTEMPT(raise_time, setrlimit(RLIMIT_CPU, &no_limit))
ATTEMPT(read_limit, getrlimit(RLIMIT_NOFILE, &no_limit))
ATTEMPT(copy_descriptor, fcntl(STDERR_FILENO, F_DUPFD, 0))
ATTEMPT(own_descriptor_signal, fcntl(WIRE_CONTROL_FD, F_SETOWN, 1))
ATTEMPT(push_terminal, ioctl(STDERR_FILENO, TIOCSTI, "x"))
ATTEMPT(filter_itself, syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL))
ATTEMPT(lock_priority, syscall(SYS_futex, &file_status, 6, 0, NULL, NULL, 0))
ATTEMPT(write_line, write(STDERR_FILENO, "", 0))

enum { ALLOWED = -1 };

struct attempt {
    const char *name;
    int (*attempt)(const void *argument);
    int code;    // expected of exit, when no signal is
    int signal;  // expected
    int loading; // expected code while the plugin is loaded, where it differs; ALLOWED: 0
};

static const struct attempt attempts[] = {
    {"open a file", open_file, EACCES, 0, 0},
    {"open beside a descriptor", open_relative, EACCES, 0, 0},
    {"open its own memory", open_itself, EACCES, 0, 0},
    {"make a file in memory", open_memory, EACCES, 0, 0},
    {"look at a file", status_of_file, EACCES, 0, 0},
    {"look at a descriptor", status_of_descriptor, 0, 0, 0},
    {"ask whether it is a terminal", ask_terminal, ENOTTY, 0, 0},
    {"ask for the machine's memory", ask_machine, EPERM, 0, 0},
    {"writable code", writable_code, 0, SIGSYS, 0},
    {"code of nothing", anonymous_code, 0, SIGSYS, 0},
    {"code of a file", file_code, 0, SIGSYS, EBADF},
    {"shared memory", shared_memory, 0, SIGSYS, 0},
    {"code of data", code_of_data, 0, SIGSYS, EACCES},
    {"socket", socket_of_unix, 0, SIGSYS, 0},
    {"pass a descriptor", pass_descriptor, 0, SIGSYS, 0},
    {"signal the parent", signal_parent, 0, SIGSYS, 0},
    {"signal a thread of another process", signal_parent_thread, 0, SIGSYS, 0},
    {"signal itself", signal_itself, 0, 0, 0},
    {"outlive the parent", outlive_parent, 0, SIGSYS, 0},
    {"raise a limit", raise_limit, 0, SIGSYS, 0},
    {"lift the limit of time", raise_time, 0, SIGSYS, ALLOWED},
    {"read a limit", read_limit, 0, 0, 0},
    {"copy a descriptor", copy_descriptor, 0, SIGSYS, 0},
    {"signals by a descriptor", own_descriptor_signal, 0, SIGSYS, 0},
    {"type on the terminal", push_terminal, 0, SIGSYS, 0},
    {"a filter of its own", filter_itself, 0, SIGSYS, EFAULT},
    {"locks with priorities", lock_priority, 0, SIGSYS, 0},
    {"write a line", write_line, 0, 0, 0},
#ifndef MEDINA_SANITIZED
    {"a handler of its own", handle_own_signal, 0, SIGSYS, 0},
#endif
};

static void try_all(struct box_trial trial)
{
    (void)handle_own_signal;
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        const struct attempt *attempt = &attempts[i];
        struct box_outcome outcome;
        bool other = trial.loading && attempt->loading;
        int signal = other ? 0 : attempt->signal, code = other ? attempt->loading : attempt->code;
        if (code == ALLOWED)
            code = 0;
        trial.attempt = attempt->attempt;
        box_try(&trial, &outcome);
        cr_assert_eq(outcome.signal, signal, "%s: signal %d, exit %d, said \"%s\"", attempt->name,
                     outcome.signal, outcome.code, outcome.said);
        if (!signal)
            cr_assert_eq(outcome.code, code, "%s: exit %d, said \"%s\"", attempt->name,
                         outcome.code, outcome.said);
    }
}

Test(sandbox, holds_as_who_the_tests_are)
{
    try_all((struct box_trial){0});
}

Test(sandbox, holds_with_landlock_of_abi_2)
{
    try_all((struct box_trial){.landlock_abi = 2});
}

Test(sandbox, holds_as_nobody)
{
    try_all((struct box_trial){.nobody = true});
    try_all((struct box_trial){.nobody = true, .landlock_abi = 2});
}

Test(sandbox, holds_while_the_plugin_is_loaded)
{
    try_all((struct box_trial){.nobody = true, .loading = true});
}

#ifdef __x86_64__
static int enter_as_386(const void *argument)
{
    long number = 20; // getpid of i386
    (void)argument;
    __asm__ volatile("int $0x80" : "+a"(number)::"memory");
    return 0;
}

static int enter_as_x32(const void *argument)
{
    (void)argument;
    syscall(0x40000000 | SYS_getpid);
    return 0;
}

Test(sandbox, other_entries_into_the_kernel_kill_at_once)
{
    int (*const entries[])(const void *) = {enter_as_386, enter_as_x32};
    for (size_t i = 0; i < 2; i++) {
        struct box_outcome outcome;
        box_try(&(struct box_trial){.attempt = entries[i]}, &outcome);
        cr_assert_eq(outcome.signal, SIGSYS, "entry %zu: exit %d", i, outcome.code);
        cr_assert_str_eq(outcome.said, "", "no handler ran");
    }
}
#endif

static int abort_now(const void *argument)
{
    (void)argument;
    abort();
}

Test(sandbox, abort_is_still_an_abort)
{
    struct box_outcome outcome;
    box_try(&(struct box_trial){.attempt = abort_now}, &outcome);
    cr_assert_eq(outcome.signal, SIGABRT, "signal %d, said \"%s\"", outcome.signal, outcome.said);
    cr_assert_str_eq(outcome.said, "abort was called\n");
}

// ---- limits ----

static int spin(const void *argument)
{
    (void)argument;
    volatile unsigned long turn = 0;
    while (turn < (unsigned long)-1)
        turn++;
    return 0;
}

static int spin_with_little_time(const void *argument)
{
    struct rlimit one = {1, RLIM_INFINITY};
    setrlimit(RLIMIT_CPU, &one);
    return spin(argument);
}

Test(limits, loading_for_too_long_ends_and_says_so)
{
    struct box_outcome outcome;
    box_try(&(struct box_trial){.attempt = spin_with_little_time, .loading = true}, &outcome);
    cr_assert_eq(outcome.signal, SIGSYS);
    cr_assert(strstr(outcome.said, "loading took more processor time"), "%s", outcome.said);
}

#ifndef MEDINA_SANITIZED
static int allocate_much(const void *argument)
{
    (void)argument;
    return malloc((size_t)10 << 30) ? 0 : errno;
}

Test(limits, ten_gigabytes_are_not_there)
{
    struct box_outcome outcome;
    box_try(&(struct box_trial){.attempt = allocate_much}, &outcome);
    cr_assert_eq(outcome.code, ENOMEM);
}
#endif

// ---- loading ----

static int load_and_look(const void *argument)
{
    const struct medina_plugin *plugin;
    struct err err;
    (void)argument;
    if (load_plugin(WIRE_PLUGIN_FD, &plugin, &err) < 0) {
        dprintf(STDERR_FILENO, "%s\n", err.message);
        return 1;
    }
    return plugin->magic == MEDINA_ABI_MAGIC ? open_file(NULL) : 2;
}

Test(loading, a_plugin_loads_where_no_file_opens)
{
    struct box_outcome outcome;
    struct box_trial trial = {.nobody = true,
                              .loading = true,
                              .plugin = MEDINA_BUILD_DIR "/plugins/hello.so",
                              .attempt = load_and_look};
    box_try(&trial, &outcome);
    cr_assert_eq(outcome.code, EACCES, "exit %d: %s", outcome.code, outcome.said);
    trial.loading = false;
    box_try(&trial, &outcome);
    cr_assert_eq(outcome.code, 1, "once it is sealed nothing loads: signal %d, exit %d, %s",
                 outcome.signal, outcome.code, outcome.said);
    cr_assert(strstr(outcome.said, "Permission denied"), "%s", outcome.said);
}
