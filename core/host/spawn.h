// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_SPAWN_H
#define MEDINA_HOST_SPAWN_H

#include "base/err.h"

#include <stdint.h>

// Starts a program in namespaces of its own, with the descriptors it is given and nothing else of
// this process: no other descriptor, no environment but what is named, default signals, a session
// of its own. Its end is seen on a pidfd (poll(2): readable), so no process id is ever mistaken.

struct spawn_options {
    const char *program;      // path
    char *const *arguments;   // the first is the program's name; NULL ends
    char *const *environment; // NULL ends
    const int *fds;           // fds[i] becomes descriptor i; they stay the caller's
    unsigned fd_count;
};

struct spawned {
    int pid;
    int pidfd;       // yours
    uint32_t layers; // the namespaces it is in (LAYER_USER … of wire/layer.h)
    int refused;     // errno of the first attempt when the kernel did not give all of them, or 0
};

// As root the namespaces are made as they are; as anybody else inside a new user namespace. What
// the kernel refuses is left out, least important first. ERR_IO when the program cannot be started;
// then there is no process. The calling thread waits until the program runs (some 0.5 ms); a
// parent-death signal that the program asks for follows this thread.
int spawn_program(struct spawned *out, const struct spawn_options *options, struct err *err);

// Gives a program that was started in a user namespace ids there (its own numbers), which it needs
// to make files in one nested deeper.
int spawn_map_ids(const struct spawned *spawned, struct err *err);

#endif
