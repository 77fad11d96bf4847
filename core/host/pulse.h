// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_PULSE_H
#define MEDINA_HOST_PULSE_H

#include "base/err.h"
#include "wire/pulse.h"

// The page that a runner tells on what it does (wire/pulse.h). The size is sealed, so that nothing
// the runner does to its descriptor makes a read here fault.

// *pulse is read-only and stays until pulse_unmap; *fd is for the runner, yours to close.
int pulse_map(const struct wire_pulse **pulse, int *fd, struct err *err);
void pulse_unmap(const struct wire_pulse *pulse); // NULL is fine

#endif
