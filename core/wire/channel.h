// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_WIRE_CHANNEL_H
#define MEDINA_WIRE_CHANNEL_H

#include "loop/stream.h"
#include "wire/frame.h"
#include "wire/message.h"

#include <stdbool.h>

// A socket between host and runner that speaks in messages: the joint of loop/stream and
// wire/frame, used by both sides. It lives inside its owner and belongs to the loop's thread.

enum channel_side { CHANNEL_OF_HOST, CHANNEL_OF_RUNNER }; // which side uses this end

struct channel;

struct channel_events {
    // A message that the other side may send on this kind of socket. A negative return ends it.
    int (*message)(struct channel *channel, const struct wire_message *message, struct err *err);
    // The other side closed, or broke the protocol (reason says how; NULL for a plain close).
    // Nothing more arrives; the owner answers with channel_close.
    void (*ended)(struct channel *channel, const char *reason);
    void (*closed)(struct channel *channel); // the last event; may be NULL
};

struct channel_options {
    enum channel_side side;
    bool control;
    size_t message_limit; // bytes of one incoming message
};

struct channel {
    struct stream stream;
    struct wire_reader reader;
    struct wire_writer writer;
    struct buf payload; // scratch of channel_send
    struct channel_options options;
    const struct channel_events *events;
    bool ended;
};

// Takes the descriptor over (also on failure: it is closed).
int channel_open(struct channel *channel, struct loop *loop, int fd,
                 const struct channel_options *options, const struct channel_events *events);
void channel_send(struct channel *channel, enum wire_type type, uint32_t call, uint32_t request,
                  const void *message);

// Bytes sent that the other side has not taken yet; they stand in this side's memory.
size_t channel_pending(const struct channel *channel);

void channel_close(struct channel *channel);              // at once
void channel_close_when_drained(struct channel *channel); // after what was sent has left

#endif
