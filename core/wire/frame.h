// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_WIRE_FRAME_H
#define MEDINA_WIRE_FRAME_H

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"

#include <stdbool.h>
#include <stdint.h>

// Host and runner speak in messages; a message travels as one or more frames. A frame is, in
// little-endian order,
//
//     size u32 | type u8 | flags u8 | zero u16 | call u32 | request u32 | payload (size bytes)
//
// with at most WIRE_CHUNK bytes of payload. A longer message is cut into chunks, all but the last
// flagged MORE; chunks of different messages interleave, so that a large body never holds up a
// small one, and messages of one call keep their order.
//
// call names a request of a citizen (chosen by the host, unique on its socket while it lives);
// request names something that the plugin asked of the host on behalf of that call, 0 otherwise.
// No I/O here: bytes come from and go to whoever owns the socket.

enum { WIRE_HEADER = 16, WIRE_CHUNK = 16 * 1024 };

struct wire_message {
    uint8_t type;
    uint32_t call;
    uint32_t request;
    struct str payload;
};

// The sending side.
struct wire_writer {
    struct list large;    // messages being cut into chunks, in turn
    uint64_t next_number; // of the message kept next
    size_t kept;          // bytes of payload that are not cut yet
};

void wire_writer_init(struct wire_writer *writer);
void wire_writer_finish(struct wire_writer *writer);

// Appends a message's frame to out, or keeps the message (copied) for wire_pump when it is longer
// than a chunk or an earlier message of the same call is still being cut.
void wire_put(struct wire_writer *writer, struct buf *out, const struct wire_message *message);

// Appends chunks of kept messages in turn until out holds budget bytes; true while any are left.
bool wire_pump(struct wire_writer *writer, struct buf *out, size_t budget);

// The receiving side. Everything that arrives is hostile until checked.
struct wire_reader {
    struct buf partial_frame;
    struct list partial_messages;
    size_t partial_bytes;
    size_t message_limit; // bytes of one message
    size_t total_limit;   // bytes of all messages that are incomplete at one time
};

void wire_reader_init(struct wire_reader *reader, size_t message_limit, size_t total_limit);
void wire_reader_finish(struct wire_reader *reader);

// Calls deliver for each message that the bytes complete, in order; the payload is borrowed until
// deliver returns. ERR_PROTOCOL or ERR_LIMIT when the other side broke the rules (or what deliver
// returned, when negative): close the socket.
int wire_feed(struct wire_reader *reader, struct str bytes,
              int (*deliver)(void *context, const struct wire_message *message, struct err *err),
              void *context, struct err *err);

// Forgets the chunks kept for a call that is over.
void wire_forget(struct wire_reader *reader, uint32_t call);

#endif
