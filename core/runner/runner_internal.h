// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_RUNNER_RUNNER_INTERNAL_H
#define MEDINA_RUNNER_RUNNER_INTERNAL_H

#include "base/log.h"
#include "runner/sandbox.h"
#include "wire/channel.h"
#include "wire/pulse.h"

#include <medina/abi.h>

// What the life of the process (runner.c) and the calls of its plugin (call.c) share.

enum {
    BUCKETS = 1024,
    MESSAGE_LIMIT = 32 * 1024 * 1024,
    MOST_LOOPS = UINT32_MAX / WIRE_CALL_NUMBERS + 1,
};

struct runner {
    struct loop loop;
    struct channel control;
    struct channel *calls;
    unsigned loops;
    const struct medina_plugin *plugin;
    struct medina_host host;
    struct list table[BUCKETS];
    struct wire_pulse *pulse;
    struct sandbox sandbox;
    uint32_t layers; // put on before the sandbox
    bool started;
};

static inline struct runner *runner_of_channel(struct channel *channel)
{
    return LIST_ELEMENT(channel->stream.loop, struct runner, loop);
}

static inline struct medina_bytes bytes_of(struct str text)
{
    return (struct medina_bytes){text.data, text.size};
}

// The functions that the plugin calls, and the empty table of its calls.
void runner_init_calls(struct runner *runner);

// Serves calls on every loop's socket; the plugin has started.
void runner_open_calls(struct runner *runner);

// Frees what is still open.
void runner_free_calls(struct runner *runner);

void runner_log(struct runner *runner, enum log_level level, struct str text);

#endif
