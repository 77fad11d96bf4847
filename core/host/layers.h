// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_LAYERS_H
#define MEDINA_HOST_LAYERS_H

#include "host/process.h"

// ERR_UNAVAILABLE when a layer of required is not on; the message names it, and what an operator
// can do about it.
int layers_check(uint32_t required, uint32_t on, struct err *err);

// Starts a runner without a plugin, has it put the box on and ends it: what this machine gives. In
// a task. Fails as layers_check does when a required layer is missing.
int layers_probe(struct loop *loop, const char *program, const struct process_sandbox *sandbox,
                 struct process_layers *layers, struct err *err);

// Logs one line: "sandbox: no_new_privs rlimits … landlock (ABI 6); not on: net".
void layers_log(const struct process_layers *layers);

#endif
