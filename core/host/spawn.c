// SPDX-License-Identifier: Apache-2.0
//
// The child shares the parent's memory until it has exec'd (CLONE_VM), on a stack of its own, while
// the calling thread waits (CLONE_VFORK): a copy of a large host's page tables would take
// milliseconds and make its other threads fault on every page they write. So the child may do
// nothing but system calls, and says through memory why it could not go on.

#include "host/spawn.h"

#include "wire/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STACK_BYTES = 64 * 1024, SIGNALS = 64, SIGNAL_SET_BYTES = 8, MOST_FDS = 128 };

struct child {
    const struct spawn_options *options;
    int program;
    int error; // errno of what failed
};

// The sanitizers keep books about stacks and memory that this code must not touch.
#define UNWATCHED __attribute__((noinline, no_sanitize("address", "thread", "undefined")))

// glibc's other name for clone(2): ThreadSanitizer puts itself before the usual one and takes every
// child for a fork, with memory of its own.
int __clone(int (*function)(void *argument), void *stack, int flags, void *argument, ...);

// struct sigaction as the kernel has it.
struct kernel_action {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
};

UNWATCHED static void reset_signals(void)
{
    struct kernel_action action = {0};
    unsigned long none = 0;
    for (int signal = 1; signal <= SIGNALS; signal++)
        syscall(SYS_rt_sigaction, signal, &action, NULL, SIGNAL_SET_BYTES);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, SIGNAL_SET_BYTES);
}

// Twice, because a source may stand where another one has to go.
UNWATCHED static int place_descriptors(const struct spawn_options *options)
{
    int parked[MOST_FDS];
    for (unsigned i = 0; i < options->fd_count; i++) {
        parked[i] = (int)syscall(SYS_fcntl, options->fds[i], F_DUPFD_CLOEXEC, MOST_FDS);
        if (parked[i] < 0)
            return -1;
    }
    for (unsigned i = 0; i < options->fd_count; i++)
        if (syscall(SYS_dup3, parked[i], i, 0) < 0)
            return -1;
    return 0;
}

UNWATCHED static int run_child(void *argument)
{
    struct child *child = argument;
    const struct spawn_options *options = child->options;
    int program = (int)syscall(SYS_fcntl, child->program, F_DUPFD_CLOEXEC, MOST_FDS);
    reset_signals();
    if (program >= 0 && syscall(SYS_setsid) >= 0 && place_descriptors(options) == 0 &&
        syscall(SYS_close_range, options->fd_count, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
        syscall(SYS_execveat, program, "", options->arguments, options->environment, AT_EMPTY_PATH);
    child->error = errno;
    syscall(SYS_exit, 127);
    return 127;
}

// ---- which namespaces ----

static const struct {
    int flag;
    uint32_t layer;
} namespaces[] = {{CLONE_NEWUSER, LAYER_USER},
                  {CLONE_NEWNET, LAYER_NET},
                  {CLONE_NEWPID, LAYER_PID},
                  {CLONE_NEWIPC, LAYER_IPC},
                  {CLONE_NEWUTS, LAYER_UTS}};

enum { REST = CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS };

// Tried in this order. A machine may be out of one kind (user.max_net_namespaces …), forbid user
// namespaces, or be a container whose root may make them and nothing else.
static const int attempts[] = {REST,
                               CLONE_NEWUSER | REST,
                               CLONE_NEWUSER | (REST & ~CLONE_NEWNET),
                               CLONE_NEWUSER | (REST & ~CLONE_NEWPID),
                               CLONE_NEWUSER | (REST & ~CLONE_NEWIPC),
                               CLONE_NEWUSER | (REST & ~CLONE_NEWUTS),
                               REST & ~CLONE_NEWNET,
                               REST & ~CLONE_NEWPID,
                               REST & ~CLONE_NEWIPC,
                               REST & ~CLONE_NEWUTS,
                               CLONE_NEWUSER | CLONE_NEWNET,
                               CLONE_NEWUSER | CLONE_NEWPID,
                               CLONE_NEWUSER,
                               0};

enum { ATTEMPTS = sizeof attempts / sizeof *attempts };

static uint32_t layers_of(int flags)
{
    uint32_t layers = 0;
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++)
        if (flags & namespaces[i].flag)
            layers |= namespaces[i].layer;
    return layers;
}

static bool refused(int error)
{
    return error == EPERM || error == EACCES || error == ENOSPC || error == EUSERS ||
           error == EINVAL;
}

// ---- starting ----

static int clone_child(struct child *child, char *stack, struct spawned *out)
{
    out->refused = 0;
    for (size_t i = geteuid() == 0 ? 0 : 1; i < ATTEMPTS; i++) {
        int flags = attempts[i] | CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
        out->pid = __clone(run_child, stack + STACK_BYTES, flags, child, &out->pidfd);
        out->layers = layers_of(attempts[i]);
        if (out->pid >= 0)
            return 0;
        if (!refused(errno))
            return -1;
        if (!out->refused)
            out->refused = errno;
    }
    return -1;
}

// No handler of this process may run in the child, so all signals wait until it has its own.
static int clone_undisturbed(struct child *child, char *stack, struct spawned *out)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int rc = clone_child(child, stack, out);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return rc;
}

static void reap(const struct spawned *spawned)
{
    siginfo_t info;
    waitid(P_PIDFD, (id_t)spawned->pidfd, &info, WEXITED);
    close(spawned->pidfd);
}

int spawn_program(struct spawned *out, const struct spawn_options *options, struct err *err)
{
    struct child child = {.options = options};
    if (options->fd_count > MOST_FDS)
        return err_set(err, ERR_LIMIT, "more than %d descriptors for a program", MOST_FDS);
    child.program = open(options->program, O_PATH | O_CLOEXEC);
    if (child.program < 0)
        return err_set(err, ERR_IO, "cannot start %s: %s", options->program, strerror(errno));
    char *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    int rc = stack == MAP_FAILED ? -1 : clone_undisturbed(&child, stack, out);
    int error = errno;
    if (stack != MAP_FAILED)
        munmap(stack, STACK_BYTES);
    close(child.program);
    if (rc == 0 && !child.error)
        return 0;
    if (rc == 0)
        reap(out);
    return err_set(err, ERR_IO, "cannot start %s: %s", options->program,
                   strerror(rc == 0 ? child.error : error));
}

// ---- ids ----

static int write_map(int pid, const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t put = write(fd, text, strlen(text));
    close(fd);
    return put < 0 ? -1 : 0;
}

int spawn_map_ids(const struct spawned *spawned, struct err *err)
{
    char user[64], group[64];
    snprintf(user, sizeof user, "%u %u 1", geteuid(), geteuid());
    snprintf(group, sizeof group, "%u %u 1", getegid(), getegid());
    if (write_map(spawned->pid, "setgroups", "deny") != 0 ||
        write_map(spawned->pid, "gid_map", group) != 0 ||
        write_map(spawned->pid, "uid_map", user) != 0)
        return err_set(err, ERR_UNAVAILABLE, "the user namespace takes no ids: %s",
                       strerror(errno));
    return 0;
}
