// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_RUNNER_RUNNER_H
#define MEDINA_RUNNER_RUNNER_H

// The plugin process. One thread, one loop, one plugin; everything here is the untrusted side of
// the wall, so nothing of the host is linked in.
//
//     descriptor 3        the plugin's file, a sealed memfd
//     descriptor 4        control socket
//     descriptor 5 …      one call socket for each gateway loop
//
// The process waits for WIRE_START, loads the plugin, reports WIRE_STARTED and serves calls until
// WIRE_STOP or until the control socket closes, which means that the host is gone.

// Runs to the end; returns the process's exit code. parent is the host's process id: when it is no
// longer the parent, the host died before this process could tie its life to it.
int runner_main(unsigned loops, int parent);

#endif
