// SPDX-License-Identifier: Apache-2.0
//
//     /                 tmpfs of the wanted size: nosuid, nodev, noexec
//     /scratch          the folder
//     /proc/self/fd     this process's descriptors, and nothing else of /proc

#include "runner/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST_FILES = 1024 };

static int failed(const char *what, struct err *err)
{
    return err_set(err, ERR_UNAVAILABLE, "no scratch folder: %s: %s", what, strerror(errno));
}

// The tmpfs covers /proc, which every Linux has; by then own is a detached copy of what is needed.
static int mount_root(uint64_t bytes, struct err *err)
{
    char options[96];
    snprintf(options, sizeof options, "size=%llu,nr_inodes=%d,mode=0700", (unsigned long long)bytes,
             MOST_FILES);
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return failed("mounts cannot be made private", err);
    if (mount("scratch", "/proc", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options) != 0)
        return failed("tmpfs", err);
    return chdir("/proc") == 0 ? 0 : failed("tmpfs", err);
}

static int fill_root(int own, struct err *err)
{
    if (mkdir("scratch", 0700) != 0 || mkdir("proc", 0700) != 0 || mkdir("proc/self", 0700) != 0 ||
        mkdir("proc/self/fd", 0700) != 0)
        return failed("mkdir", err);
    if (move_mount(own, "", AT_FDCWD, "proc/self/fd", MOVE_MOUNT_F_EMPTY_PATH) != 0)
        return failed("/proc/self/fd", err);
    return 0;
}

// pivot_root(2), "pivot_root(".", ".")": the old root ends up on top of the new one and is let go.
static int enter_root(struct err *err)
{
    if (syscall(SYS_pivot_root, ".", ".") != 0 || umount2(".", MNT_DETACH) != 0)
        return failed("pivot_root", err);
    return chdir("/scratch") == 0 ? 0 : failed("chdir", err);
}

int scratch_mount(uint64_t bytes, int *fd, struct err *err)
{
    int own = open_tree(AT_FDCWD, "/proc/self/fd", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (own < 0)
        return failed("/proc/self/fd", err);
    int rc = mount_root(bytes, err);
    if (rc == 0)
        rc = fill_root(own, err);
    if (rc == 0)
        rc = enter_root(err);
    close(own);
    if (rc < 0)
        return rc;
    *fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return *fd >= 0 ? 0 : failed("open", err);
}
