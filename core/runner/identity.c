// SPDX-License-Identifier: Apache-2.0
#include "runner/identity.h"

#include "wire/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int identity_become(uint32_t uid, uint32_t *layers, struct err *err)
{
    if (geteuid() != 0)
        return 0;
    if (setgroups(0, NULL) != 0 || setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0)
        return err_set(err, ERR_UNAVAILABLE,
                       "cannot become user %u: %s; set sandbox.uid to an id of this machine", uid,
                       strerror(errno));
    *layers |= LAYER_UID;
    return 0;
}

static int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t put = write(fd, text, strlen(text));
    close(fd);
    return put == (ssize_t)strlen(text) ? 0 : -1;
}

static int map_ids(unsigned uid, unsigned gid)
{
    char user[64], group[64];
    snprintf(user, sizeof user, "%u %u 1", uid, uid);
    snprintf(group, sizeof group, "%u %u 1", gid, gid);
    if (write_file("/proc/self/setgroups", "deny") != 0 ||
        write_file("/proc/self/gid_map", group) != 0)
        return -1;
    return write_file("/proc/self/uid_map", user);
}

int identity_isolate(bool mount, struct err *err)
{
    unsigned uid = geteuid(), gid = getegid();
    // The files below belong to root in a process that became another user.
    if (mount && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
        return err_set(err, ERR_UNAVAILABLE, "prctl: %s", strerror(errno));
    if (unshare(CLONE_NEWUSER | (mount ? CLONE_NEWNS : 0)) != 0)
        return err_set(err, ERR_UNAVAILABLE, "no user namespace: %s", strerror(errno));
    // Only who mounts needs ids of the namespace: files are made under one.
    if (mount && map_ids(uid, gid) != 0)
        return err_set(err, ERR_UNAVAILABLE, "the user namespace's map: %s", strerror(errno));
    return 0;
}

int identity_drop_capabilities(struct err *err)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    if (syscall(SYS_capset, &header, none) != 0)
        return err_set(err, ERR_UNAVAILABLE, "cannot drop capabilities: %s", strerror(errno));
    return 0;
}

int identity_tie_to_parent(int control_fd, struct err *err)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return err_set(err, ERR_UNAVAILABLE, "prctl: %s", strerror(errno));
    struct pollfd host = {.fd = control_fd, .events = POLLRDHUP};
    if (poll(&host, 1, 0) != 0)
        return err_set(err, ERR_UNAVAILABLE, "the host is gone");
    return 0;
}
