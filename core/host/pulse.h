// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_PULSE_H
#define MEDINA_HOST_PULSE_H

#include "base/err.h"
#include "wire/pulse.h"

// The page that a runner and the host share: on it the runner says which call it is running plugin
// code for (wire/pulse.h). It outlives the runner, so that what ran when it died can still be read.
// The plugin can write there too: a hint about itself, never a fact about anybody else.

struct pulse;

// Makes the page: one reference, and a descriptor of it for the runner, are yours.
int pulse_create(struct pulse **out, int *fd, struct err *err);

struct pulse *pulse_hold(struct pulse *pulse);
void pulse_release(struct pulse *pulse); // NULL is fine

// Any thread.
struct wire_beat pulse_read(const struct pulse *pulse);

#endif
