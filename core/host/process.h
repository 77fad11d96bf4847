// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_PROCESS_H
#define MEDINA_HOST_PROCESS_H

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "host/pulse.h"
#include "loop/loop.h"
#include "wire/layer.h"

#include <stdint.h>

// One runner process, as the control thread sees it. Everything here runs on the control loop; the
// parent-death signal of a runner follows the thread that spawned it, so that thread is this one
// and lives as long as the host.

struct process;

// The box, as the configuration wants it for every runner.
struct process_sandbox {
    uint32_t uid;          // user and group of a runner when the host is root
    uint32_t landlock_abi; // at most; 0: the best that the kernel has
    uint32_t required;     // layers (wire/layer.h) without which nothing is started
    uint32_t loading_s;    // of processor time, for loading a plugin
    unsigned log_lines;    // of one runner, a second
    unsigned log_burst;    // and at once
};

extern const struct process_sandbox process_default_sandbox;

struct process_options {
    struct loop *loop;
    const char *program; // path of medina-runner
    const char *name;    // instance@version, for logs
    struct process_sandbox sandbox;
    int plugin_fd;                                // taken over; -1: none, for a probe
    unsigned gateways;                            // call sockets to make
    void (*exited)(void *owner, const char *how); // once, when it has ended for whatever reason
    // A line that it wrote on standard error or sent as a message: printable, at most 1 KB, under
    // the limits of sandbox. NULL: it goes to the host's log.
    void (*said)(void *owner, enum log_level level, struct str line);
    // It broke the protocol on its control socket and is being killed. May be NULL.
    void (*lied)(void *owner, const char *reason);
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
    uint64_t memory_bytes;  // that the plugin may allocate
    uint64_t scratch_bytes; // of its private folder; 0: none
    uint64_t timeout_ms;
};

// In a task: has it put the box on and load the plugin and waits until it reports; ERR_INVALID with
// the plugin's own reason when it refuses, ERR_TIMEOUT, ERR_UNAVAILABLE when it ended or when a
// required layer of the box is missing; the message names it and what to do. Then no byte of the
// plugin has run.
int process_start(struct process *process, const struct process_start *start, struct err *err);

// In a task: hands over a data file and waits for the verdict, with the same errors.
int process_take_data(struct process *process, struct str data, uint64_t timeout_ms,
                      struct err *err);

// In a task: asks it to stop, waits, and kills it when it has not ended in time. Returns when the
// process is gone; exited is not called.
void process_stop(struct process *process, uint64_t timeout_ms);

// Ends it now; exited is called when it has, after the last of what it said.
void process_kill(struct process *process);

int process_pid(const struct process *process);

struct process_layers {
    uint32_t on; // enum layer; what the runner put on itself is known once it has reported
    uint32_t landlock_abi;
};
struct process_layers process_layers(const struct process *process);

// The page on which it says what it is at work on, also after its end; borrowed: hold it to keep
// it. A hint about this plugin: the plugin itself could have written it.
struct pulse *process_page(const struct process *process);

// Frees it; it must have ended.
void process_destroy(struct process *process);

#endif
