// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_RUNNER_LIMITS_H
#define MEDINA_RUNNER_LIMITS_H

#include "base/err.h"
#include "runner/sandbox.h"

// Bytes of address space that the process has mapped now; 0 when /proc does not say.
uint64_t limits_mapped(void);

// The resource limits (setrlimit(2)), on top of the mapped bytes. Called when all that the runner
// itself needs is open: no descriptor more than those, except a few with a scratch folder.
int limits_apply(const struct sandbox_limits *limits, uint64_t mapped, struct err *err);

// Loading is over: the limit of processor time goes.
int limits_loaded(struct err *err);

#endif
