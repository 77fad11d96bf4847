// SPDX-License-Identifier: Apache-2.0
#include "runner/trap.h"

#include "wire/message.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

// A signal handler has no argument to find its state by.
static struct {
    volatile bool loading;
    char path[32]; // of the plugin's file
} trap;

#if defined(__x86_64__)
enum { RESULT = REG_RAX };
static const int argument_registers[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10};
static long long argument_of(const ucontext_t *context, unsigned i)
{
    return context->uc_mcontext.gregs[argument_registers[i]];
}
static void set_result(ucontext_t *context, long result)
{
    context->uc_mcontext.gregs[RESULT] = result;
}
#elif defined(__aarch64__)
static long long argument_of(const ucontext_t *context, unsigned i)
{
    return (long long)context->uc_mcontext.regs[i];
}
static void set_result(ucontext_t *context, long result)
{
    context->uc_mcontext.regs[0] = (unsigned long long)result;
}
#else
#error "runner/trap.c knows x86-64 and aarch64"
#endif

// ---- what only async-signal-safe code may do ----

static void say(const char *text)
{
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
}

static void say_call(int number)
{
    char text[] = "system call ########## is not allowed here\n", digits[12];
    size_t count = 0, at = strcspn(text, "#");
    unsigned rest = (unsigned)number;
    do
        digits[count++] = (char)('0' + rest % 10);
    while ((rest /= 10) && count < 10);
    size_t tail = at + 10;
    for (size_t i = 0; i < count; i++)
        text[at + i] = digits[count - 1 - i];
    memmove(text + at + count, text + tail, sizeof text - tail);
    say(text);
}

// SIGSYS is blocked in both handlers: another forbidden call is then the end, by SIGSYS and
// whatever the plugin may have made of the handlers.
static void die(void)
{
    syscall(SYS_ptrace, -1, 0, 0, 0);
    _exit(128 + SIGSYS);
}

static long result_of(long value)
{
    return value < 0 ? -errno : value;
}

static long open_plugin(const char *path)
{
    if (!trap.loading || strcmp(path, trap.path) != 0)
        return -EACCES;
    return result_of(fcntl(WIRE_PLUGIN_FD, F_DUPFD_CLOEXEC, 0));
}

static long stat_descriptor(int fd, const char *path, void *status, int flags)
{
    if (!(flags & AT_EMPTY_PATH) || path[0])
        return -EACCES;
    return result_of(syscall(SYS_fstat, fd, status));
}

static void on_forbidden_call(int signal, siginfo_t *info, void *data)
{
    ucontext_t *context = data;
    int before = errno;
    (void)signal;
    if (info->si_syscall == SYS_openat) {
        set_result(context, open_plugin((const char *)argument_of(context, 1)));
    } else if (info->si_syscall == SYS_newfstatat) {
        set_result(context,
                   stat_descriptor((int)argument_of(context, 0),
                                   (const char *)argument_of(context, 1),
                                   (void *)argument_of(context, 2), (int)argument_of(context, 3)));
    } else {
        say_call(info->si_syscall);
        die();
    }
    errno = before;
}

static void on_time_over(int signal)
{
    (void)signal;
    say("loading took more processor time than is allowed (sandbox.loading_s)\n");
    die();
}

// In a PID namespace the process is the first one, for which the default action of SIGABRT is to do
// nothing; abort(3) then ends it by another signal. So the word for it is said here.
static void on_abort(int signal)
{
    (void)signal;
    say("abort was called\n");
}

int trap_install(struct err *err)
{
    struct sigaction forbidden = {.sa_sigaction = on_forbidden_call, .sa_flags = SA_SIGINFO};
    struct sigaction over = {.sa_handler = on_time_over};
    struct sigaction aborted = {.sa_handler = on_abort};
    sigfillset(&forbidden.sa_mask);
    sigfillset(&over.sa_mask);
    snprintf(trap.path, sizeof trap.path, "/proc/self/fd/%d", WIRE_PLUGIN_FD);
    if (sigaction(SIGSYS, &forbidden, NULL) != 0 || sigaction(SIGXCPU, &over, NULL) != 0 ||
        sigaction(SIGABRT, &aborted, NULL) != 0)
        return err_set(err, ERR_UNAVAILABLE, "sigaction: %s", strerror(errno));
    // A full pipe's end or a full folder is an error, not an end.
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    return 0;
}

void trap_loading(bool loading)
{
    trap.loading = loading;
}
