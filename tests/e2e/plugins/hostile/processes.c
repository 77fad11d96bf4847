// SPDX-License-Identifier: Apache-2.0
// Processes: making them, becoming another program or another user, reaching those of others.

#include "hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static char *const words[] = {"/bin/sh", "-c", "id", NULL};
static const struct rlimit no_limit = {RLIM_INFINITY, RLIM_INFINITY};
static struct clone_args cloned = {.flags = CLONE_VM, .exit_signal = SIGCHLD};
static siginfo_t info = {.si_code = SI_QUEUE};
static char space[256];
static const sigset_t all = {{~0ul}};

static long run_shell(const struct attempt *attempt)
{
    (void)attempt;
    return system("id > /tmp/medina-escape");
}

static void *idle(void *argument)
{
    return argument;
}

static long start_thread(const struct attempt *attempt)
{
    pthread_t thread;
    (void)attempt;
    return -pthread_create(&thread, NULL, idle, NULL);
}

static long fork_bomb(const struct attempt *attempt)
{
    (void)attempt;
    for (int i = 0; i < 1000; i++)
        if (fork() < 0)
            return -1;
    return 0;
}

static long execute_memory(const struct attempt *attempt)
{
    int fd = (int)syscall(SYS_memfd_create, "escape", MFD_CLOEXEC);
    (void)attempt;
    return syscall(SYS_execveat, fd, "", words, environ, AT_EMPTY_PATH);
}

// Another thread's number stands for another process's: it is not this one.
static long signal_neighbour(const struct attempt *attempt)
{
    return syscall(SYS_tgkill, getpid(), getpid() + 1, (int)attempt->arguments[0]);
}

// A handler of its own would see the forbidden calls instead of the runner's.
static long silence_alarm(const struct attempt *attempt)
{
    (void)attempt;
    return signal(SIGSYS, SIG_IGN) == SIG_ERR ? -1 : 0;
}

// Blocked, the signal of a forbidden call still ends the process; only the line on the log is gone.
static long block_alarm(const struct attempt *attempt)
{
    (void)attempt;
    sigprocmask(SIG_BLOCK, &all, NULL);
    return syscall(SYS_socket, 1, 1, 0);
}

static long exit_in_a_call(const struct attempt *attempt)
{
    (void)attempt;
    _exit(0);
}

static long abort_in_a_call(const struct attempt *attempt)
{
    (void)attempt;
    abort();
}

#define CALL(name, ...)                                                                            \
    {                                                                                              \
#name, SYS_##name, {__VA_ARGS__ }, NULL                                                    \
    }

static const struct attempt attempts[] = {
#ifdef __x86_64__
    CALL(fork, 0),
    CALL(vfork, 0),
#endif
    CALL(clone, SIGCHLD, 0, 0, 0, 0),
    CALL(clone3, ADDRESS(&cloned), sizeof cloned),
    {"clone with namespaces", SYS_clone, {CLONE_NEWUSER | CLONE_NEWNET | SIGCHLD}, NULL},
    {"clone that shares its memory", SYS_clone, {CLONE_VM | CLONE_VFORK | SIGCHLD}, NULL},
    {"a shell", 0, {0}, run_shell},
    {"a thread", 0, {0}, start_thread},
    {"fork bomb", 0, {0}, fork_bomb},
    CALL(execve, ADDRESS("/bin/sh"), ADDRESS(words), ADDRESS(words + 3)),
    CALL(execveat, AT_FDCWD, ADDRESS("/bin/sh"), ADDRESS(words), ADDRESS(words + 3), 0),
    {"execute a file in memory", SYS_memfd_create, {0}, execute_memory},
    {"execute the plugin's file",
     SYS_execveat,
     {3, ADDRESS(""), ADDRESS(words), ADDRESS(words + 3), AT_EMPTY_PATH},
     NULL},
    CALL(kill, 1, SIGKILL),
    {"kill the parent", SYS_kill, {2, SIGKILL}, NULL},
    {"kill everybody", SYS_kill, {-1, SIGKILL}, NULL},
    {"kill its group", SYS_kill, {0, SIGKILL}, NULL},
    CALL(tkill, 1, SIGKILL),
    {"tgkill process 1", SYS_tgkill, {1, 2, SIGKILL}, NULL},
    {"tgkill another thread", SYS_tgkill, {SIGKILL}, signal_neighbour},
    CALL(rt_sigqueueinfo, 1, SIGTERM, ADDRESS(&info)),
    CALL(rt_tgsigqueueinfo, 1, 1, SIGTERM, ADDRESS(&info)),
    CALL(pidfd_open, 1, 0),
    CALL(pidfd_send_signal, 4, SIGKILL, 0, 0),
    CALL(pidfd_getfd, 4, 0, 0),
    CALL(process_mrelease, 4, 0),
    CALL(ptrace, PTRACE_ATTACH, 1, 0, 0),
    {"ptrace by the parent", SYS_ptrace, {PTRACE_TRACEME}, NULL},
    {"ptrace seize", SYS_ptrace, {PTRACE_SEIZE, 2}, NULL},
    CALL(wait4, -1, 0, 0, 0),
    CALL(setuid, 0),
    CALL(setgid, 0),
    CALL(setresuid, 0, 0, 0),
    CALL(setgroups, 0, 0),
    CALL(setfsuid, 0),
    CALL(capset, ADDRESS(space), ADDRESS(space)),
    CALL(setsid, 0),
    CALL(setpgid, 0, 0),
    CALL(unshare, CLONE_NEWUSER),
    {"unshare the mounts", SYS_unshare, {CLONE_NEWNS}, NULL},
    CALL(setns, 4, 0),
    CALL(setpriority, 0, 0, -20),
    CALL(sched_setscheduler, 0, SCHED_FIFO, ADDRESS(space)),
    CALL(sched_setaffinity, 0, sizeof space, ADDRESS(space)),
    CALL(ioprio_set, 1, 0, 0),
    CALL(setrlimit, RLIMIT_NOFILE, ADDRESS(&no_limit)),
    {"prlimit of its own", SYS_prlimit64, {0, RLIMIT_NOFILE, ADDRESS(&no_limit)}, NULL},
    {"prlimit of processor time", SYS_prlimit64, {0, RLIMIT_CPU, ADDRESS(&no_limit)}, NULL},
    {"prlimit of another", SYS_prlimit64, {1, RLIMIT_NOFILE, 0, ADDRESS(space)}, NULL},
    {"a handler of SIGSYS", SYS_rt_sigaction, {0}, silence_alarm},
    {"SIGSYS blocked", 0, {0}, block_alarm},
    {"exit", 0, {0}, exit_in_a_call},
    {"abort", 0, {0}, abort_in_a_call},
};
THEME(processes_theme, attempts);
