// SPDX-License-Identifier: Apache-2.0
//
// Debian 12's headers know ABI 2; what later kernels add is written down here, from
// include/uapi/linux/landlock.h of Linux 6.12.

#include "runner/landlock.h"

#include <errno.h>
#include <linux/landlock.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct ruleset {
    uint64_t files;
    uint64_t network; // since ABI 4
    uint64_t scoped;  // since ABI 6
};

enum {
    ALL_OF_ABI_1 = (1 << 13) - 1,
    REFER = 1 << 13,        // since ABI 2
    TRUNCATE = 1 << 14,     // since ABI 3
    IOCTL_DEVICE = 1 << 15, // since ABI 5
    ALL_OF_NETWORK = 3,     // bind and connect of TCP
    ALL_SCOPES = 3,         // abstract Unix sockets and signals
};

// In the scratch folder: files and folders, nothing else that has a name, and nothing to execute.
static const uint64_t scratch_access =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_DIR |
    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_REMOVE_DIR | REFER | TRUNCATE;

static uint32_t usable_abi(uint32_t most_abi)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (abi <= 0)
        return 0;
    return most_abi && most_abi < (uint32_t)abi ? most_abi : (uint32_t)abi;
}

static struct ruleset ruleset_of(uint32_t abi)
{
    struct ruleset rules = {.files = ALL_OF_ABI_1};
    if (abi >= 2)
        rules.files |= REFER;
    if (abi >= 3)
        rules.files |= TRUNCATE;
    if (abi >= 4)
        rules.network = ALL_OF_NETWORK;
    if (abi >= 5)
        rules.files |= IOCTL_DEVICE;
    if (abi >= 6)
        rules.scoped = ALL_SCOPES;
    return rules;
}

static size_t size_of(uint32_t abi)
{
    return abi >= 6 ? sizeof(struct ruleset) : abi >= 4 ? 16 : 8;
}

int landlock_close(int scratch_fd, uint32_t most_abi, uint32_t *abi, struct err *err)
{
    uint32_t usable = usable_abi(most_abi);
    if (usable == 0)
        return err_set(err, ERR_UNAVAILABLE, "the kernel has no Landlock, or it is turned off");
    struct ruleset rules = ruleset_of(usable);
    int fd = (int)syscall(SYS_landlock_create_ruleset, &rules, size_of(usable), 0);
    if (fd < 0)
        return err_set(err, ERR_UNAVAILABLE, "landlock_create_ruleset: %s", strerror(errno));
    struct landlock_path_beneath_attr folder = {scratch_access & rules.files, scratch_fd};
    int rc = 0;
    if (scratch_fd >= 0 &&
        syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH, &folder, 0) != 0)
        rc = err_set(err, ERR_UNAVAILABLE, "landlock_add_rule: %s", strerror(errno));
    if (rc == 0 && syscall(SYS_landlock_restrict_self, fd, 0) != 0)
        rc = err_set(err, ERR_UNAVAILABLE, "landlock_restrict_self: %s", strerror(errno));
    close(fd);
    if (rc == 0)
        *abi = usable;
    return rc;
}
