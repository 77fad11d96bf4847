// SPDX-License-Identifier: Apache-2.0
// Files: by every call that takes a path, and every descriptor that a process might make of one.

#include "hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static struct stat status;
static char space[4096];
static int pair[2];
static struct open_how how = {.flags = O_RDONLY};
static const struct timespec times[2];
static struct file_handle_space {
    unsigned bytes;
    int type;
    unsigned char handle[128];
} handle = {.bytes = 128};
static struct iovec piece = {space, 16};

// ---- descriptors ----

static char kind_of(const struct stat *file)
{
    if (S_ISFIFO(file->st_mode))
        return 'p';
    if (S_ISSOCK(file->st_mode))
        return 's';
    if (S_ISCHR(file->st_mode))
        return 'c';
    return S_ISREG(file->st_mode) ? 'f' : S_ISDIR(file->st_mode) ? 'd' : 'a';
}

// All that are open, by kind: pipe, socket, character device, file, directory, anonymous.
static long list_descriptors(const struct attempt *attempt)
{
    long count = 0;
    (void)attempt;
    for (int fd = 0; fd < 1024; fd++) {
        struct stat file;
        if (fcntl(fd, F_GETFL) < 0)
            continue;
        count++;
        attempt_say("%c", fstat(fd, &file) == 0 ? kind_of(&file) : '?');
    }
    return count;
}

static int first_of(char kind)
{
    for (int fd = 3; fd < 1024; fd++) {
        struct stat file;
        if (fcntl(fd, F_GETFL) >= 0 && fstat(fd, &file) == 0 && kind_of(&file) == kind)
            return fd;
    }
    return -1;
}

static long read_log(const struct attempt *attempt)
{
    (void)attempt;
    return read(STDERR_FILENO, space, sizeof space);
}

// With epoll: what may be added is what may be waited for.
static long write_anonymous(const struct attempt *attempt)
{
    (void)attempt;
    for (int fd = 3; fd < 1024; fd++) {
        struct epoll_event event;
        if (fcntl(fd, F_GETFL) >= 0 && epoll_wait(fd, &event, 1, 0) >= 0)
            return write(fd, space, 8);
    }
    return 0;
}

static long map_each(const struct attempt *attempt)
{
    long mapped = 0;
    (void)attempt;
    for (int fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFL) >= 0 &&
            mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) != MAP_FAILED)
            mapped++;
    return mapped;
}

static long seek_each(const struct attempt *attempt)
{
    long moved = 0;
    (void)attempt;
    for (int fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFL) >= 0 && first_of('c') != fd && lseek(fd, 0, SEEK_SET) > 0)
            moved++;
    return moved;
}

static long write_device(const struct attempt *attempt)
{
    (void)attempt;
    int fd = first_of('c');
    return fd < 0 ? 0 : read(fd, space, sizeof space);
}

static long open_given(const struct attempt *attempt)
{
    (void)attempt;
    return open(attempt_path ? attempt_path : "/", O_RDWR);
}

static long open_parent_memory(const struct attempt *attempt)
{
    static const char *const paths[] = {"/proc/1/mem", "/proc/1/root/etc/passwd", "/proc/2/mem",
                                        "/proc/self/../1/environ"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (open(paths[i], O_RDONLY) >= 0)
            return (long)i;
    (void)attempt;
    return -1;
}

#define OPEN(path, flags)                                                                          \
    {                                                                                              \
        "open " path, SYS_openat, {AT_FDCWD, ADDRESS(path), flags, 0600}, NULL                     \
    }
#define PATH(name, ...)                                                                            \
    {                                                                                              \
#name " of a path", SYS_##name, {__VA_ARGS__ }, NULL                                       \
    }
#define PASSWD ADDRESS("/etc/passwd")

static const struct attempt attempts[] = {
    OPEN("/etc/passwd", O_RDONLY),
    OPEN("/etc/shadow", O_RDONLY),
    OPEN("/etc/ld.so.preload", O_WRONLY | O_CREAT),
    OPEN("/", O_RDONLY | O_DIRECTORY),
    OPEN("/tmp/medina-escape", O_WRONLY | O_CREAT),
    OPEN("/dev/shm/medina-escape", O_RDWR | O_CREAT),
    OPEN("/dev/mem", O_RDONLY),
    OPEN("/dev/kmem", O_RDONLY),
    OPEN("/dev/kvm", O_RDWR),
    OPEN("/dev/fuse", O_RDWR),
    OPEN("/dev/ptmx", O_RDWR),
    OPEN("/dev/tty", O_RDWR),
    OPEN("/dev/zero", O_RDWR),
    OPEN("/sys/kernel/security", O_RDONLY),
    OPEN("/proc/self/mem", O_RDWR),
    OPEN("/proc/self/maps", O_RDONLY),
    OPEN("/proc/self/exe", O_RDONLY),
    OPEN("/proc/self/environ", O_RDONLY),
    OPEN("/proc/self/ns/net", O_RDONLY),
    OPEN("/proc/self/fd/0", O_RDONLY),
    OPEN("/proc/self/fd/3", O_RDONLY),
    OPEN("/proc/self/fd/4", O_RDWR),
    OPEN("/proc/sys/kernel/core_pattern", O_WRONLY),
    OPEN("/proc/sysrq-trigger", O_WRONLY),
    OPEN("/scratch", O_RDONLY | O_DIRECTORY),
    OPEN("../../../../etc/passwd", O_RDONLY),
    OPEN(".", O_RDONLY | O_DIRECTORY),
    OPEN("", O_RDONLY),
    {"open a file without a name", SYS_openat, {AT_FDCWD, ADDRESS("."), O_TMPFILE | O_RDWR, 0600}},
    {"open by a path alone", SYS_openat, {AT_FDCWD, PASSWD, O_PATH}, NULL},
    {"open beside the control socket", SYS_openat, {4, ADDRESS("../x"), O_RDONLY}, NULL},
    {"open a path that is none", SYS_openat, {AT_FDCWD, 0, O_RDONLY}, NULL},
    {"open what the test names", 0, {0}, open_given},
    {"open what the first processes have", 0, {0}, open_parent_memory},
    {"openat2", SYS_openat2, {AT_FDCWD, PASSWD, ADDRESS(&how), sizeof how}, NULL},
    {"name_to_handle_at",
     SYS_name_to_handle_at,
     {AT_FDCWD, PASSWD, ADDRESS(&handle), ADDRESS(space), 0},
     NULL},
    {"open_by_handle_at", SYS_open_by_handle_at, {AT_FDCWD, ADDRESS(&handle), O_RDONLY}, NULL},
    {"stat a path", SYS_newfstatat, {AT_FDCWD, PASSWD, ADDRESS(&status), 0}, NULL},
#ifdef __x86_64__
    PATH(open, PASSWD, O_RDONLY),
    PATH(creat, ADDRESS("/tmp/medina-escape"), 0600),
    PATH(stat, PASSWD, ADDRESS(&status)),
    PATH(lstat, PASSWD, ADDRESS(&status)),
    PATH(access, PASSWD, R_OK),
    PATH(symlink, PASSWD, ADDRESS("passwd")),
    PATH(link, PASSWD, ADDRESS("passwd")),
    PATH(mknod, ADDRESS("device"), S_IFCHR | 0600, 0x101),
    PATH(chmod, PASSWD, 0777),
    PATH(chown, PASSWD, 0, 0),
    {"pipe", SYS_pipe, {ADDRESS(pair)}, NULL},
    {"dup2", SYS_dup2, {4, 20}, NULL},
#endif
    PATH(statx, AT_FDCWD, PASSWD, 0, 0xfff, ADDRESS(space)),
    PATH(faccessat, AT_FDCWD, PASSWD, R_OK),
    PATH(statfs, ADDRESS("/"), ADDRESS(space)),
    PATH(truncate, PASSWD, 0),
    PATH(chdir, ADDRESS("/")),
    PATH(symlinkat, PASSWD, AT_FDCWD, ADDRESS("passwd")),
    PATH(linkat, AT_FDCWD, PASSWD, AT_FDCWD, ADDRESS("passwd"), 0),
    PATH(mknodat, AT_FDCWD, ADDRESS("fifo"), S_IFIFO | 0600, 0),
    PATH(fchmodat, AT_FDCWD, PASSWD, 0777, 0),
    PATH(utimensat, AT_FDCWD, PASSWD, ADDRESS(times), 0),
    PATH(setxattr, PASSWD, ADDRESS("user.x"), ADDRESS("x"), 1, 0),
    PATH(getxattr, PASSWD, ADDRESS("user.x"), ADDRESS(space), 16),
    PATH(inotify_add_watch, 0, ADDRESS("/"), 2),
    {"fchdir", SYS_fchdir, {4}, NULL},
    {"inotify_init1", SYS_inotify_init1, {0}, NULL},
    {"fanotify_init", SYS_fanotify_init, {0, 0}, NULL},
    {"descriptors that are open", 0, {0}, list_descriptors},
    {"read its own log", 0, {0}, read_log},
    {"write to the loop's epoll", 0, {0}, write_anonymous},
    {"map each descriptor", 0, {0}, map_each},
    {"seek in each descriptor", 0, {0}, seek_each},
    {"read the device that libuv keeps", 0, {0}, write_device},
    {"shrink the pulse's file", SYS_ftruncate, {5, 0}, NULL},
    {"write the plugin's file", SYS_write, {3, ADDRESS("x"), 1}, NULL},
    {"write a descriptor that is not there", SYS_write, {900, ADDRESS("x"), 1}, NULL},
    {"dup", SYS_dup, {4}, NULL},
    {"dup3", SYS_dup3, {4, 20, 0}, NULL},
    {"duplicate by fcntl", SYS_fcntl, {4, F_DUPFD, 0}, NULL},
    {"duplicate by fcntl, closed on exec", SYS_fcntl, {4, F_DUPFD_CLOEXEC, 0}, NULL},
    {"signals by a descriptor", SYS_fcntl, {4, F_SETOWN, 1}, NULL},
    {"leases of a file", SYS_fcntl, {3, F_SETLEASE, 0}, NULL},
    {"pipe size", SYS_fcntl, {2, F_SETPIPE_SZ, 1 << 20}, NULL},
    {"seals of a file", SYS_fcntl, {5, F_ADD_SEALS, 0}, NULL},
    {"close_range", SYS_close_range, {100, 200, 0}, NULL},
    {"pipe2", SYS_pipe2, {ADDRESS(pair), 0}, NULL},
    {"eventfd", SYS_eventfd2, {0, 0}, NULL},
    {"signalfd", SYS_signalfd4, {-1, ADDRESS(space), 8, 0}, NULL},
    {"timerfd", SYS_timerfd_create, {1, 0}, NULL},
    {"epoll of its own", SYS_epoll_create1, {0}, NULL},
    {"memfd", SYS_memfd_create, {ADDRESS("escape"), 0}, NULL},
    {"secret memory", SYS_memfd_secret, {0}, NULL},
    {"sendfile", SYS_sendfile, {2, 3, 0, 16}, NULL},
    {"splice", SYS_splice, {4, 0, 2, 0, 16, 0}, NULL},
    {"tee", SYS_tee, {0, 2, 16, 0}, NULL},
    {"vmsplice", SYS_vmsplice, {2, ADDRESS(&piece), 1, 0}, NULL},
    {"copy_file_range", SYS_copy_file_range, {3, 0, 5, 0, 16, 0}, NULL},
    {"flock", SYS_flock, {3, 2}, NULL},
};
THEME(files_theme, attempts);
