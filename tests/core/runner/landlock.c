// SPDX-License-Identifier: Apache-2.0
//
// Landlock by itself: what it holds where seccomp is out of the way.
#include "runner/landlock.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static long kernel_abi(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

// Exit code of a child that closes itself in and then does as told.
static int closed_in(uint32_t abi, int (*attempt)(uint32_t used))
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        uint32_t used;
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        int rc = landlock_close(-1, abi, &used, NULL);
        if (rc < 0 || (abi && used > abi))
            _exit(250);
        _exit(attempt(used));
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int open_file(uint32_t abi)
{
    (void)abi;
    return open("/etc/passwd", O_RDONLY) < 0 ? errno : 0;
}

static int make_file(uint32_t abi)
{
    (void)abi;
    return open("/tmp/medina-landlock", O_WRONLY | O_CREAT, 0600) < 0 ? errno : 0;
}

static int list_folder(uint32_t abi)
{
    (void)abi;
    return open("/", O_RDONLY | O_DIRECTORY) < 0 ? errno : 0;
}

static int use_port(uint32_t abi)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000001)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int rc = bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ? errno : 0;
    // Before ABI 4 this is the matter of seccomp and of the network namespace.
    return abi >= 4 ? rc : EACCES;
}

Test(landlock, opens_nothing_with_any_abi)
{
    if (kernel_abi() <= 0) {
        uint32_t used;
        struct err err;
        cr_assert_eq(landlock_close(-1, 0, &used, &err), ERR_UNAVAILABLE);
        return;
    }
    for (uint32_t abi = 0; abi <= 8; abi++) {
        cr_assert_eq(closed_in(abi, open_file), EACCES, "abi %u", abi);
        cr_assert_eq(closed_in(abi, make_file), EACCES, "abi %u", abi);
        cr_assert_eq(closed_in(abi, list_folder), EACCES, "abi %u", abi);
        cr_assert_eq(closed_in(abi, use_port), EACCES, "abi %u", abi);
    }
}
