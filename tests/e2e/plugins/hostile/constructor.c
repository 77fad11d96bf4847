// SPDX-License-Identifier: Apache-2.0
// What runs before the plugin is asked anything: inside dlopen, with the first filter only. Which
// of the attacks it is stands in the file itself, so that a test makes them by patching copies.

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { CONTROL = 4, PLUGIN = 3, SANDBOXED = 2, STARTED = 3, DATA_TAKEN = 5, RESULT = 10 };

// Padded with blanks; kept as it is by whatever optimizes.
static const volatile char hostile_mode[] = "hostile-mode=none                ";

static bool mode_is(const char *name)
{
    size_t size = strlen(name);
    const volatile char *mode = hostile_mode + strlen("hostile-mode=");
    for (size_t i = 0; i < size; i++)
        if (mode[i] != name[i])
            return false;
    return mode[size] == ' ';
}

// A line on the log, whatever libc has been made of.
static void tell(const char *what, long result)
{
    char line[128];
    int size =
        snprintf(line, sizeof line, "%s: %s\n", what, result < 0 ? strerrorname_np(errno) : "done");
    ssize_t ignored = write(STDERR_FILENO, line, (size_t)size);
    (void)ignored;
}

static void send_message(int fd, uint8_t type, const void *payload, uint32_t size)
{
    char frame[1024] = {0};
    memcpy(frame, &size, sizeof size);
    frame[4] = (char)type;
    memcpy(frame + 16, payload, size);
    ssize_t ignored = write(fd, frame, 16 + size);
    (void)ignored;
}

static void send_started(uint8_t type, uint32_t ok, const char *message)
{
    char payload[900];
    uint32_t size = (uint32_t)strlen(message);
    memcpy(payload, &ok, 4);
    memcpy(payload + 4, &size, 4);
    memcpy(payload + 8, message, size);
    send_message(CONTROL, type, payload, 8 + size);
}

static void sleep_for_ever(void)
{
    for (;;)
        clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){1000, 0}, NULL);
}

static void spin(void)
{
    volatile unsigned turn = 1;
    while (turn)
        turn += 2;
}

// A filter of its own that answers the runner's next steps with "done" without doing them.
static void fake_the_seal(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    tell("fake the seal", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

static void listen_to_calls(void)
{
    struct sock_filter code = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    struct sock_fprog program = {1, &code};
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

static void lift_time_and_spin(void)
{
    struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};
    tell("lift the limit of time", setrlimit(RLIMIT_CPU, &none));
    spin();
}

static void leak_descriptors(void)
{
    long fd;
    do
        fd = fcntl(PLUGIN, F_DUPFD_CLOEXEC, 0);
    while (fd >= 0);
    tell("leak descriptors", fd);
}

static void take_processes(void)
{
    if (mode_is("fork"))
        fork();
    if (mode_is("clone"))
        syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (mode_is("exec"))
        execl("/bin/sh", "sh", "-c", "id", NULL);
    if (mode_is("socket"))
        socket(AF_INET, SOCK_STREAM, 0);
    if (mode_is("ptrace"))
        syscall(SYS_ptrace, 0, 0, 0, 0);
    if (mode_is("kill"))
        kill(1, SIGKILL);
    if (mode_is("listener"))
        listen_to_calls();
    if (mode_is("shared"))
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (mode_is("code"))
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mode_is("anonymous-code"))
        mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mode_is("writable-file-code"))
        mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE, PLUGIN, 0);
}

static void take_files(void)
{
    static char space[8192] __attribute__((aligned(4096)));
    if (mode_is("open"))
        tell("open", open("/etc/passwd", O_RDONLY));
    if (mode_is("open-itself"))
        tell("write itself", write(open("/proc/self/fd/3", O_RDWR), "x", 1));
    if (mode_is("data-code"))
        tell("data becomes code", mprotect(space, 4096, PROT_READ | PROT_EXEC));
    if (mode_is("write-file"))
        tell("write the file", write(PLUGIN, "x", 1));
    if (mode_is("map-file-to-write"))
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, PLUGIN, 0);
    if (mode_is("descriptors"))
        leak_descriptors();
#ifdef HOSTILE_SCRATCH
    if (mode_is("scratch-code")) {
        int fd = open("code", O_RDWR | O_CREAT, 0700);
        tell("a file to write", write(fd, "\xc3", 1));
        void *place = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
        tell("code of a file", place == MAP_FAILED ? -1 : 0);
    }
#endif
}

static void take_time(void)
{
    if (mode_is("spin"))
        spin();
    if (mode_is("lift-time"))
        lift_time_and_spin();
    if (mode_is("sleep"))
        sleep_for_ever();
    if (mode_is("exit"))
        _exit(0);
    if (mode_is("abort"))
        abort();
}

static void lie(void)
{
    static const uint32_t everything[] = {0xffffffff, 99};
    if (mode_is("sandboxed"))
        send_message(CONTROL, SANDBOXED, everything, sizeof everything);
    if (mode_is("started"))
        send_started(STARTED, 1, "");
    if (mode_is("started-and-stay")) {
        send_started(STARTED, 1, "");
        spin();
    }
    if (mode_is("refuse-in-colours"))
        send_started(STARTED, 0, "\033[2J\033]0;owned\007 \xff\xfe \xc2\x9b no\n");
    if (mode_is("started-7"))
        send_started(STARTED, 7, "seven");
    if (mode_is("data-taken"))
        send_started(DATA_TAKEN, 1, "");
    if (mode_is("early-result"))
        send_message(6, RESULT, everything, sizeof everything);
    if (mode_is("seal"))
        fake_the_seal();
}

__attribute__((constructor)) static void construct(void)
{
    if (mode_is("none"))
        return;
    take_processes();
    take_files();
    take_time();
    lie();
}
