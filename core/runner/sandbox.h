// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_RUNNER_SANDBOX_H
#define MEDINA_RUNNER_SANDBOX_H

#include "base/err.h"
#include "wire/layer.h"

#include <stdbool.h>
#include <stdint.h>

// The box that this process puts on itself before it loads the plugin, and closes for good when the
// plugin is loaded. core/runner/README.md draws its layers. Nothing of it can be taken off again.

struct filter_program;

struct sandbox_limits {
    uint64_t memory_bytes;  // that the plugin may allocate
    uint64_t scratch_bytes; // of its folder; 0: no file system
    uint32_t loading_s;     // of processor time, until sandbox_seal
    uint32_t landlock_abi;  // at most this one; 0: the best there is
    uint32_t layers;        // that the host has put on (enum layer)
    int plugin_fd;          // its file; -1: none
};

struct sandbox {
    uint32_t layers; // put on by this process
    uint32_t landlock_abi;
    char trouble[1024]; // a sentence for each layer that could not be put on; "" when all are
    bool scratch;
    struct filter_program *sealing; // the second filter, ready to load
};

// Puts everything on. A layer that the kernel refuses is missing in box->layers and explained in
// box->trouble. ERR_UNAVAILABLE when the scratch folder cannot be made, the host is gone, or the
// box is half on: then the process must end.
int sandbox_enter(struct sandbox *box, const struct sandbox_limits *limits, struct err *err);

// The plugin is loaded: no new executable memory, no more system calls of loading, processor time
// is the watchdog's matter from here on.
int sandbox_seal(struct sandbox *box, struct err *err);

#endif
