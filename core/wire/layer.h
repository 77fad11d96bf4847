// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_WIRE_LAYER_H
#define MEDINA_WIRE_LAYER_H

#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>

// What a runner is boxed with. Each layer is a bit; host and runner speak of them in masks.

enum layer {
    LAYER_NO_NEW_PRIVS = 1 << 0, // exec gives no privilege (prctl(2), PR_SET_NO_NEW_PRIVS)
    LAYER_RLIMITS = 1 << 1,      // memory, descriptors, processes, file size … (setrlimit(2))
    LAYER_SECCOMP = 1 << 2,      // the table of system calls (seccomp(2))
    LAYER_LANDLOCK = 1 << 3,     // no file, no port, no signal out (landlock(7))
    LAYER_UID = 1 << 4,  // an id of its own, without privileges; only where the host is root
    LAYER_USER = 1 << 5, // namespaces(7), each by its name
    LAYER_NET = 1 << 6,
    LAYER_PID = 1 << 7,
    LAYER_IPC = 1 << 8,
    LAYER_UTS = 1 << 9,
    LAYER_MOUNT = 1 << 10, // a file system of its own; only where the plugin asks for scratch space
};

// The mask for a list of names with blanks between them ("seccomp rlimits pid"). ERR_INVALID names
// the word that is no layer and lists those that are.
int layer_parse(struct str names, uint32_t *mask, struct err *err);

// Appends the names of the layers in mask, blanks between them; "none" for an empty one.
void layer_append_names(uint32_t mask, struct buf *out);

#endif
