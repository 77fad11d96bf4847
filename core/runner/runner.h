// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_RUNNER_RUNNER_H
#define MEDINA_RUNNER_RUNNER_H

#include <stdint.h>

// The plugin process. One thread, one loop, one plugin; everything here is the untrusted side of
// the wall, so nothing of the host is linked in.
//
//     descriptor 0, 1, 2  the log: a pipe's writing end
//     descriptor 3        the plugin's file, a sealed memfd; closed once it is loaded
//     descriptor 4        control socket
//     descriptor 5        the page of wire/pulse.h; closed once it is mapped
//     descriptor 6 …      one call socket for each gateway loop
//
// The process waits for WIRE_START, puts the box on (sandbox.h), reports WIRE_SANDBOXED, loads the
// plugin, closes the box, reports WIRE_STARTED and serves calls until WIRE_STOP or until the
// control socket closes, which means that the host is gone.

// Runs to the end; returns the process's exit code. A process that is root becomes user uid.
int runner_main(unsigned loops, uint32_t uid);

#endif
