// SPDX-License-Identifier: Apache-2.0
// From within a scratch folder: there are files, and paths lead to them.

#include "hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, MOST = 100000 };

static long keep(int fd, const char *text)
{
    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        return -1;
    return close(fd);
}

// As many bytes as go, over several files: one alone ends at the limit of a file. What was there is
// given back, so that others may try.
static long fill_with_bytes(const struct attempt *attempt)
{
    static char piece[PIECE];
    char name[32];
    long written = 0, files = attempt->arguments[0];
    int error = 0;
    for (long i = 0; i < files && error != ENOSPC; i++) {
        snprintf(name, sizeof name, "fill-%ld", i);
        int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        ssize_t put;
        while (written < MOST && (put = write(fd, piece, sizeof piece)) > 0)
            written += put / PIECE;
        error = errno;
        close(fd);
    }
    for (long i = 0; i < files; i++) {
        snprintf(name, sizeof name, "fill-%ld", i);
        unlink(name);
    }
    attempt_say("%ld KB", written * PIECE / 1024);
    errno = error;
    return -1;
}

static long fill_with_files(const struct attempt *attempt)
{
    char name[32];
    long made = 0, error = 0;
    (void)attempt;
    for (int fd; made < MOST && error == 0;) {
        snprintf(name, sizeof name, "file-%ld", made);
        fd = open(name, O_WRONLY | O_CREAT, 0600);
        if (fd < 0)
            error = errno;
        else if (++made && close(fd) < 0)
            error = errno;
    }
    attempt_say("%ld files", made);
    for (long i = 0; i < made; i++) {
        snprintf(name, sizeof name, "file-%ld", i);
        unlink(name);
    }
    errno = (int)error;
    return -1;
}

static long file_at_the_end_of_all(const struct attempt *attempt)
{
    int fd = open("far", O_WRONLY | O_CREAT, 0600);
    (void)attempt;
    return ftruncate(fd, (off_t)1 << 40);
}

static long leak_descriptors(const struct attempt *attempt)
{
    int fds[1000], count = 0, error;
    (void)attempt;
    keep(open("leak", O_WRONLY | O_CREAT, 0600), "x");
    while (count < 1000 && (fds[count] = open("leak", O_RDONLY)) >= 0)
        count++;
    error = errno;
    attempt_say("%d", count);
    for (int i = 0; i < count; i++)
        close(fds[i]);
    errno = error;
    return -1;
}

static long run_a_file(const struct attempt *attempt)
{
    int fd = open("code", O_RDWR | O_CREAT, 0700);
    (void)attempt;
    if (write(fd, "\xc3", 1) != 1)
        return 0;
    return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED ? -1 : 0;
}

// A folder is put in the place of another while a path leads through it.
static long race_of_renames(const struct attempt *attempt)
{
    (void)attempt;
    mkdir("a", 0700);
    for (int i = 0; i < 200; i++) {
        rename("a", "b");
        rename("b", "a");
        if (open("a/../../../../etc/passwd", O_RDONLY) >= 0 ||
            open("b/../../../../etc/passwd", O_RDONLY) >= 0)
            return 0;
    }
    return -1;
}

static long rename_out(const struct attempt *attempt)
{
    keep(open("inside", O_WRONLY | O_CREAT, 0600), "x");
    (void)attempt;
    return rename("inside", "/outside");
}

static long open_given(const struct attempt *attempt)
{
    (void)attempt;
    return open(attempt_path ? attempt_path : "/none", O_RDWR);
}

static long list_root(const struct attempt *attempt)
{
    char names[1024];
    int fd = open((const char *)attempt->arguments[0], O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return -1;
    long size = syscall(SYS_getdents64, fd, names, sizeof names);
    for (long at = 0; at < size; at += *(unsigned short *)(void *)(names + at + 16))
        attempt_say("%s ", names + at + 19);
    return close(fd);
}

static long file_that_stays(const struct attempt *attempt)
{
    (void)attempt;
    if (open("stays", O_RDONLY) >= 0)
        return 0;
    int error = errno;
    keep(open("stays", O_WRONLY | O_CREAT, 0600), "x");
    errno = error;
    return -1;
}

// It counts like any other.
static long file_without_name(const struct attempt *attempt)
{
    static char piece[PIECE];
    long written = 0;
    int fd = open(".", O_TMPFILE | O_RDWR, 0600);
    (void)attempt;
    if (fd < 0)
        return -1;
    while (written < MOST && write(fd, piece, sizeof piece) > 0)
        written++;
    int error = errno;
    close(fd);
    attempt_say("%ld KB", written * PIECE / 1024);
    errno = error;
    return -1;
}

#define OPEN(path, flags)                                                                          \
    {                                                                                              \
        "scratch: open " path, SYS_openat, {AT_FDCWD, ADDRESS(path), flags, 0600}, NULL            \
    }

static const struct attempt attempts[] = {
    OPEN("/etc/passwd", O_RDONLY),
    OPEN("../etc/passwd", O_RDONLY),
    OPEN("/scratch/../../etc/passwd", O_RDONLY),
    OPEN("/proc/self/mem", O_RDWR),
    OPEN("/proc/self/fd/../mem", O_RDWR),
    OPEN("/proc/self/fd/../../1/mem", O_RDWR),
    OPEN("/proc/1/root", O_RDONLY),
    OPEN("/proc/self/fd/4", O_RDWR),
    OPEN("/proc/self/fd/6", O_RDWR),
    OPEN("/proc/self/fd/2", O_RDONLY | O_NONBLOCK),
    OPEN("/proc/self/ns/user", O_RDONLY),
    OPEN("/dev/mem", O_RDWR),
    OPEN("/new-file", O_WRONLY | O_CREAT),
    {"scratch: open what the test names", 0, {0}, open_given},
    {"scratch: list the root", 0, {ADDRESS("/")}, list_root},
    {"scratch: list the folder", 0, {ADDRESS(".")}, list_root},
    {"scratch: list above the folder", 0, {ADDRESS("..")}, list_root},
    {"scratch: a file without a name", 0, {0}, file_without_name},
    {"scratch: symlink", SYS_symlinkat, {ADDRESS("/etc/passwd"), AT_FDCWD, ADDRESS("l")}, NULL},
    {"scratch: hard link", SYS_linkat, {4, ADDRESS(""), AT_FDCWD, ADDRESS("l"), AT_EMPTY_PATH}},
    {"scratch: device", SYS_mknodat, {AT_FDCWD, ADDRESS("d"), S_IFBLK | 0600, 0x801}, NULL},
    {"scratch: change of mode", SYS_fchmodat, {AT_FDCWD, ADDRESS("."), 06777}, NULL},
    {"scratch: other folder to stand in", SYS_chdir, {ADDRESS("/")}, NULL},
    {"scratch: fill it with bytes", 0, {64}, fill_with_bytes},
    {"scratch: fill one file with bytes", 0, {1}, fill_with_bytes},
    {"scratch: fill it with files", 0, {0}, fill_with_files},
    {"scratch: a file of a terabyte", 0, {0}, file_at_the_end_of_all},
    {"scratch: leak descriptors", 0, {0}, leak_descriptors},
    {"scratch: run a file", SYS_mmap, {0}, run_a_file},
    {"scratch: race of renames", 0, {0}, race_of_renames},
    {"scratch: rename out of it", 0, {0}, rename_out},
    {"scratch: a file for the next process", 0, {0}, file_that_stays},
};
THEME(scratch_theme, attempts);
