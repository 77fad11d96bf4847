// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_PROCESS_H
#define MEDINA_HOST_PROCESS_H

#include "base/err.h"
#include "base/str.h"
#include "loop/loop.h"

#include <stdint.h>

// One runner process, as the control thread sees it. Everything here runs on the control loop; the
// parent-death signal of a runner follows the thread that spawned it, so that thread is this one
// and lives as long as the host.

struct process;

struct process_options {
    struct loop *loop;
    const char *program;                          // path of medina-runner
    const char *name;                             // instance@version, for logs
    int plugin_fd;                                // taken over
    unsigned gateways;                            // call sockets to make
    void (*exited)(void *owner, const char *how); // once, when it has ended for whatever reason
    void *owner;
};

// Spawns it; gateway_fds (options->gateways of them) are the host's ends of the call sockets and
// belong to the caller. A failure leaves nothing behind.
int process_spawn(struct process **out, const struct process_options *options, int *gateway_fds,
                  struct err *err);

struct process_start {
    struct str instance;
    struct str configuration;
    struct str data;
    uint64_t timeout_ms;
};

// In a task: has it load the plugin and waits until it reports; ERR_INVALID with the plugin's own
// reason when it refuses, ERR_TIMEOUT, ERR_UNAVAILABLE when it ended.
int process_start(struct process *process, const struct process_start *start, struct err *err);

// In a task: hands over a data file and waits for the verdict, with the same errors.
int process_take_data(struct process *process, struct str data, uint64_t timeout_ms,
                      struct err *err);

// In a task: asks it to stop, waits, and kills it when it has not ended in time. Returns when the
// process is gone; exited is not called.
void process_stop(struct process *process, uint64_t timeout_ms);

// Ends it now; exited is called when it has.
void process_kill(struct process *process);

int process_pid(const struct process *process);

// Frees it; it must have ended.
void process_destroy(struct process *process);

#endif
