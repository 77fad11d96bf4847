// SPDX-License-Identifier: Apache-2.0
// The kernel's own doors: machine-wide calls, tracing, keys, other entries.

#include "hostile.h"

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <time.h>

static char space[1024];
static struct timespec epoch;
static struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event};
static struct sock_filter allow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
static struct sock_fprog program = {1, &allow};

#ifdef __x86_64__
static long enter_as_386(const struct attempt *attempt)
{
    long number = attempt->arguments[0];
    __asm__ volatile("int $0x80" : "+a"(number) : "b"(0), "c"(0), "d"(0) : "memory");
    return number;
}
#endif

#define CALL(name, ...)                                                                            \
    {                                                                                              \
#name, SYS_##name, {__VA_ARGS__ }, NULL                                                    \
    }
#define CONTROL(name, ...)                                                                         \
    {                                                                                              \
        "prctl " #name, SYS_prctl, {PR_##name, __VA_ARGS__}, NULL                                  \
    }

static const struct attempt attempts[] = {
#ifdef __x86_64__
    {"int 0x80: exit", 0, {1}, enter_as_386},
    {"int 0x80: getpid", 0, {20}, enter_as_386},
    {"int 0x80: open", 0, {5}, enter_as_386},
    {"int 0x80: socketcall", 0, {102}, enter_as_386},
    {"x32: getpid", 0x40000000 | SYS_getpid, {0}, NULL},
    {"x32: write", 0x40000000 | SYS_write, {2, 0, 0}, NULL},
    {"x32: socket", 0x40000000 | SYS_socket, {1, 1, 0}, NULL},
    {"x32: execve", 0x40000000 | 520, {0}, NULL},
    {"uretprobe", 335, {0}, NULL},
    {"uprobe", 336, {0}, NULL},
    CALL(arch_prctl, 0x1012, 0),
    CALL(modify_ldt, 0, ADDRESS(space), sizeof space),
    CALL(iopl, 3),
    CALL(ioperm, 0x80, 1, 1),
    CALL(sysfs, 3),
    CALL(uselib, ADDRESS("/lib/x")),
#endif
    {"a call without a number", 9999, {0}, NULL},
    {"a negative call", -7, {0}, NULL},
    CALL(io_uring_setup, 8, ADDRESS(space)),
    CALL(io_uring_enter, 4, 1, 0, 0, 0, 0),
    CALL(io_uring_register, 4, 0, 0, 0),
    CALL(io_setup, 8, ADDRESS(space)),
    CALL(bpf, BPF_MAP_CREATE, ADDRESS(space), 64),
    CALL(perf_event_open, ADDRESS(&event), 0, -1, -1, 0),
    CALL(seccomp, SECCOMP_SET_MODE_FILTER, 0, ADDRESS(&program)),
    {"seccomp with a listener",
     SYS_seccomp,
     {SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, ADDRESS(&program)},
     NULL},
    {"seccomp strict", SYS_seccomp, {SECCOMP_SET_MODE_STRICT, 0, 0}, NULL},
    CALL(landlock_create_ruleset, 0, 0, 1),
    CALL(landlock_add_rule, 3, 1, ADDRESS(space), 0),
    CALL(landlock_restrict_self, 3, 0),
    CALL(add_key, ADDRESS("user"), ADDRESS("x"), ADDRESS("x"), 1, KEY_SPEC_SESSION_KEYRING),
    CALL(request_key, ADDRESS("user"), ADDRESS("x"), 0, 0),
    CALL(keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0),
    CONTROL(SET_DUMPABLE, 1),
    CONTROL(SET_PDEATHSIG, 0),
    CONTROL(SET_NO_NEW_PRIVS, 0),
    CONTROL(SET_SECCOMP, 1),
    CONTROL(SET_PTRACER, -1),
    CONTROL(SET_CHILD_SUBREAPER, 1),
    CONTROL(SET_MM, 1),
    CONTROL(SET_NAME, ADDRESS("medinad")),
    CONTROL(CAP_AMBIENT, 2),
    CONTROL(SET_SECUREBITS, 0),
    CALL(personality, 0x0040000),
    CALL(mount, ADDRESS("none"), ADDRESS("/"), ADDRESS("tmpfs"), 0, 0),
    CALL(umount2, ADDRESS("/"), MNT_DETACH),
    CALL(move_mount, -1, ADDRESS("/"), -1, ADDRESS("/"), 0),
    CALL(open_tree, -1, ADDRESS("/"), 1),
    CALL(fsopen, ADDRESS("tmpfs"), 0),
    CALL(pivot_root, ADDRESS("."), ADDRESS(".")),
    CALL(chroot, ADDRESS("/")),
    CALL(swapon, ADDRESS("/swap"), 0),
    CALL(swapoff, ADDRESS("/swap")),
    CALL(quotactl, 0, ADDRESS("/"), 0, 0),
    CALL(acct, ADDRESS("/acct")),
    CALL(reboot, 0xfee1dead, 672274793, RB_AUTOBOOT, 0),
    CALL(kexec_load, 0, 0, 0, 0),
    CALL(init_module, ADDRESS(space), 16, ADDRESS("")),
    CALL(finit_module, 3, ADDRESS(""), 0),
    CALL(delete_module, ADDRESS("x"), 0),
    CALL(clock_settime, CLOCK_REALTIME, ADDRESS(&epoch)),
    CALL(clock_adjtime, 0, ADDRESS(space)),
    CALL(settimeofday, ADDRESS(&epoch), 0),
    CALL(adjtimex, ADDRESS(space)),
    CALL(sethostname, ADDRESS("escape"), 6),
    CALL(setdomainname, ADDRESS("escape"), 6),
    CALL(syslog, 3, ADDRESS(space), sizeof space),
    CALL(uname, ADDRESS(space)),
    CALL(getppid, 0),
    CALL(vhangup, 0),
    CALL(lookup_dcookie, 0, ADDRESS(space), 16),
    CALL(timer_create, CLOCK_REALTIME, 0, ADDRESS(space)),
    CALL(setitimer, 0, ADDRESS(space), 0),
    CALL(mq_open, ADDRESS("/escape"), 0102, 0600, 0),
    CALL(semget, 1, 1, 01666),
    CALL(msgget, 1, 01666),
    {"ask for the machine's memory", SYS_sysinfo, {ADDRESS(space)}, NULL},
    {"type on a terminal", SYS_ioctl, {2, TIOCSTI, ADDRESS("x")}, NULL},
    {"type on a terminal, with high bits", SYS_ioctl, {2, 0x100000000 | TIOCSTI, ADDRESS("x")}},
    {"ask for a terminal", SYS_ioctl, {2, TCGETS, ADDRESS(space)}, NULL},
    {"ask how much waits", SYS_ioctl, {4, FIONREAD, ADDRESS(space)}, NULL},
    {"signals of a socket", SYS_ioctl, {4, FIOASYNC, ADDRESS(space)}, NULL},
};
THEME(kernel_theme, attempts);
