// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_RUNNER_IDENTITY_H
#define MEDINA_RUNNER_IDENTITY_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

// Who the process is to the kernel: its ids, its user namespace, its capabilities, and that it dies
// with its parent.

// A process that starts as root becomes uid (user and group, no other groups) and reports
// LAYER_UID in *layers; any other stays who it is.
int identity_become(uint32_t uid, uint32_t *layers, struct err *err);

// Enters a new user namespace, and with mount set a new mount namespace in it, in which the caller
// may mount. Ids keep their numbers.
int identity_isolate(bool mount, struct err *err);

// Gives up every capability of the namespace.
int identity_drop_capabilities(struct err *err);

// SIGKILL when the thread that started this process ends. A change of ids or capabilities undoes
// it, so it comes after those. ERR_UNAVAILABLE when the host has died before: its end of
// control_fd is closed (in a PID namespace the parent's id is 0 and tells nothing).
int identity_tie_to_parent(int control_fd, struct err *err);

#endif
