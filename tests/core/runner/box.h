// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_TESTS_RUNNER_BOX_H
#define MEDINA_TESTS_RUNNER_BOX_H

#include "runner/sandbox.h"

#include <stdbool.h>
#include <stdint.h>

// A child process that puts the sandbox on and then tries something.
struct box_trial {
    const char *name;
    bool nobody; // as uid 65534 when the test runs as root
    uint32_t landlock_abi;
    uint64_t scratch_bytes;
    uint64_t memory_bytes;                // 0: 64 MB
    bool loading;                         // still in the phase of loading
    const char *plugin;                   // a file to stand at WIRE_PLUGIN_FD; NULL: none
    int (*attempt)(const void *argument); // its result is the exit code: 0, or an errno
    const void *argument;
};

enum { BOX_BROKEN = 250 }; // exit code of a child whose box did not come on; said tells why

struct box_outcome {
    int code;   // of exit; -1 when a signal ended it
    int signal; // 0 when it exited
    char said[4096];
};

// Waits until it has ended, half a minute at most.
void box_try(const struct box_trial *trial, struct box_outcome *outcome);

// Whether this machine lets the tests' user make user namespaces.
bool box_has_user_namespaces(void);

#endif
