// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_RUNNER_CHANNEL_H
#define MEDINA_RUNNER_CHANNEL_H

#include "loop/stream.h"
#include "wire/frame.h"
#include "wire/message.h"

#include <stdbool.h>

// A socket to the host that speaks in messages.
struct channel {
    struct stream stream;
    struct wire_reader reader;
    struct wire_writer writer;
    struct buf payload; // scratch of channel_send
    bool control;
    void (*message)(struct channel *channel, const struct wire_message *message);
    void (*ended)(struct channel *channel);
};

int channel_open(struct channel *channel, struct loop *loop, int fd, bool control);
void channel_send(struct channel *channel, enum wire_type type, uint32_t call, uint32_t request,
                  const void *message);

#endif
