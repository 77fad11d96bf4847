// SPDX-License-Identifier: Apache-2.0
#include "runner/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MOST_DESCRIPTORS = 128,
    SCRATCH_DESCRIPTORS = 16,
    LOADING_DESCRIPTORS = 1,
    STACK_BYTES = 1024 * 1024
};

static int limit(int resource, rlim_t most, struct err *err)
{
    struct rlimit now;
    if (getrlimit((__rlimit_resource_t)resource, &now) != 0)
        return err_set(err, ERR_UNAVAILABLE, "getrlimit %d: %s", resource, strerror(errno));
    if (now.rlim_max < most)
        most = now.rlim_max;
    struct rlimit wanted = {most, most};
    if (setrlimit((__rlimit_resource_t)resource, &wanted) != 0)
        return err_set(err, ERR_UNAVAILABLE, "setrlimit %d: %s", resource, strerror(errno));
    return 0;
}

uint64_t limits_mapped(void)
{
    char text[64] = "";
    unsigned long long pages = 0;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0 || sscanf(text, "%llu", &pages) != 1)
        pages = 0;
    if (fd >= 0)
        close(fd);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

#ifndef MEDINA_SANITIZED
// What the plugin may have beside its own file, which is mapped once with gaps between its parts.
static int limit_memory(const struct sandbox_limits *limits, uint64_t mapped, struct err *err)
{
    struct stat file = {0};
    if (mapped == 0)
        return err_set(err, ERR_UNAVAILABLE, "/proc/self/statm: %s", strerror(errno));
    if (limits->plugin_fd >= 0 && fstat(limits->plugin_fd, &file) != 0)
        return err_set(err, ERR_UNAVAILABLE, "the plugin's file: %s", strerror(errno));
    uint64_t space = mapped + 2 * (uint64_t)file.st_size + limits->memory_bytes;
    int rc = limit(RLIMIT_AS, space, err);
    if (rc == 0)
        rc = limit(RLIMIT_DATA, limits->memory_bytes, err);
    return rc < 0 ? rc : limit(RLIMIT_STACK, STACK_BYTES, err);
}
#else
// A sanitizer maps terabytes of shadow, and its frames are large.
static int limit_memory(const struct sandbox_limits *limits, uint64_t mapped, struct err *err)
{
    (void)limits;
    (void)mapped;
    (void)err;
    return 0;
}
#endif

static rlim_t descriptors_in_use(void)
{
    int highest = 0;
    for (int fd = 0; fd < MOST_DESCRIPTORS; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            highest = fd;
    return (rlim_t)highest + 1;
}

// SIGXCPU comes at the soft limit; the hard one stays, or it could not be lifted after loading.
static int limit_loading(uint32_t seconds, struct err *err)
{
    struct rlimit now;
    if (getrlimit(RLIMIT_CPU, &now) == 0) {
        now.rlim_cur = seconds < now.rlim_max ? seconds : now.rlim_max;
        if (setrlimit(RLIMIT_CPU, &now) == 0)
            return 0;
    }
    return err_set(err, ERR_UNAVAILABLE, "the limit of processor time: %s", strerror(errno));
}

int limits_apply(const struct sandbox_limits *limits, uint64_t mapped, struct err *err)
{
    rlim_t files = descriptors_in_use() + LOADING_DESCRIPTORS +
                   (limits->scratch_bytes ? SCRATCH_DESCRIPTORS : 0);
    const struct {
        int resource;
        rlim_t most;
    } fixed[] = {{RLIMIT_NOFILE, files}, {RLIMIT_NPROC, 0},   {RLIMIT_FSIZE, limits->scratch_bytes},
                 {RLIMIT_CORE, 0},       {RLIMIT_MEMLOCK, 0}, {RLIMIT_MSGQUEUE, 0},
                 {RLIMIT_NICE, 0},       {RLIMIT_RTPRIO, 0}};
    int rc = limit_memory(limits, mapped, err);
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed && rc == 0; i++)
        rc = limit(fixed[i].resource, fixed[i].most, err);
    return rc < 0 ? rc : limit_loading(limits->loading_s, err);
}

int limits_loaded(struct err *err)
{
    struct rlimit now;
    if (getrlimit(RLIMIT_CPU, &now) == 0) {
        now.rlim_cur = now.rlim_max;
        if (setrlimit(RLIMIT_CPU, &now) == 0)
            return 0;
    }
    return err_set(err, ERR_UNAVAILABLE, "the limit of processor time: %s", strerror(errno));
}
