// SPDX-License-Identifier: Apache-2.0
#include "host/pulse.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct pulse {
    _Atomic unsigned references;
    const struct wire_pulse *page;
};

static int give_up(int fd, const char *what, struct err *err)
{
    int rc = err_set(err, ERR_IO, "no page for the runner's pulse: %s: %s", what, strerror(errno));
    if (fd >= 0)
        close(fd);
    return rc;
}

// Sealed against shrinking: reading a page that its file has lost would kill the host.
int pulse_create(struct pulse **out, int *fd, struct err *err)
{
    int file = memfd_create("pulse", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0)
        return give_up(file, "memfd_create", err);
    if (ftruncate(file, WIRE_PULSE_BYTES) != 0 ||
        fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
        return give_up(file, "sealing", err);
    void *page = mmap(NULL, WIRE_PULSE_BYTES, PROT_READ, MAP_SHARED, file, 0);
    if (page == MAP_FAILED)
        return give_up(file, "mmap", err);
    struct pulse *pulse = mem_zero(1, sizeof *pulse);
    pulse->references = 1;
    pulse->page = page;
    *out = pulse;
    *fd = file;
    return 0;
}

struct pulse *pulse_hold(struct pulse *pulse)
{
    atomic_fetch_add_explicit(&pulse->references, 1, memory_order_relaxed);
    return pulse;
}

void pulse_release(struct pulse *pulse)
{
    if (!pulse || atomic_fetch_sub_explicit(&pulse->references, 1, memory_order_acq_rel) != 1)
        return;
    munmap((void *)pulse->page, WIRE_PULSE_BYTES);
    free(pulse);
}

struct wire_beat pulse_read(const struct pulse *pulse)
{
    return wire_pulse_read(pulse->page);
}
