// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_RUNNER_TRAP_H
#define MEDINA_RUNNER_TRAP_H

#include "base/err.h"

#include <stdbool.h>

// What happens on a system call that the filter does not allow: one line on the log that names it,
// and the process dies of SIGSYS. Two calls are answered instead, because dlopen and stdio make
// them and neither needs what they offer beyond the one descriptor:
//
//     openat       of the plugin's file while it is loaded: another descriptor of it. Else EACCES.
//     newfstatat   of a descriptor: fstat. Of a path: EACCES.
//
// So no path ever reaches the kernel, not even while the plugin's constructors run.

// Installs the handlers of SIGSYS, SIGXCPU and SIGABRT. Before the filter: it allows no more of
// that.
int trap_install(struct err *err);

// Whether the plugin's file may be opened.
void trap_loading(bool loading);

#endif
