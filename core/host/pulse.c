// SPDX-License-Identifier: Apache-2.0
#include "host/pulse.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int pulse_map(const struct wire_pulse **pulse, int *fd, struct err *err)
{
    void *page = MAP_FAILED;
    int memory = memfd_create("pulse", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory >= 0 && ftruncate(memory, WIRE_PULSE_BYTES) == 0 &&
        fcntl(memory, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW) == 0)
        page = mmap(NULL, WIRE_PULSE_BYTES, PROT_READ, MAP_SHARED, memory, 0);
    if (page == MAP_FAILED) {
        int rc = err_set(err, ERR_IO, "no page for the runner's pulse: %s", strerror(errno));
        if (memory >= 0)
            close(memory);
        return rc;
    }
    *pulse = page;
    *fd = memory;
    return 0;
}

void pulse_unmap(const struct wire_pulse *pulse)
{
    if (pulse)
        munmap((void *)pulse, WIRE_PULSE_BYTES);
}
