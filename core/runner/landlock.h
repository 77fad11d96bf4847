// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_RUNNER_LANDLOCK_H
#define MEDINA_RUNNER_LANDLOCK_H

#include "base/err.h"

#include <stdint.h>

// Landlock (landlock(7)): from now on this process opens no file, makes none, uses no TCP port and
// reaches no process outside, by whatever call. Descriptors that are open stay usable.

// scratch_fd names the one folder that stays open for files and folders; -1: none. most_abi limits
// what is used of the kernel's ABI (0: all of it); *abi is what was used. ERR_UNAVAILABLE where the
// kernel has none. no_new_privs must be set.
int landlock_close(int scratch_fd, uint32_t most_abi, uint32_t *abi, struct err *err);

#endif
