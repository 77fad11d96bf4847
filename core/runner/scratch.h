// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_RUNNER_SCRATCH_H
#define MEDINA_RUNNER_SCRATCH_H

#include "base/err.h"

#include <stdint.h>

// A private folder: memory of at most bytes, gone with the process. The process sees no other file
// system from then on, except its own open descriptors under /proc/self/fd, by which the plugin's
// file is loaded. The working directory is the folder; *fd names it (O_PATH), to be closed.
// Needs identity_isolate(true).
int scratch_mount(uint64_t bytes, int *fd, struct err *err);

#endif
