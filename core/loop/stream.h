// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_LOOP_STREAM_H
#define MEDINA_LOOP_STREAM_H

#include "base/buf.h"
#include "loop/loop.h"

// A connected socket, TCP or Unix, whose writes gather during a turn and leave in one system call
// at its end. It lives inside its owner; every function belongs to the loop's thread.

struct stream;

struct stream_events {
    // Bytes arrived. They are borrowed until the callback returns.
    void (*bytes)(struct stream *stream, struct str bytes);
    // The other side closed (reason 0) or the socket failed (a libuv error). Nothing more arrives;
    // what was written before may still leave. The owner answers with stream_close.
    void (*ended)(struct stream *stream, int reason);
    // All that was written has left. May be NULL.
    void (*drained)(struct stream *stream);
    // The last event: the owner may free the stream.
    void (*closed)(struct stream *stream);
};

struct stream {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    struct loop *loop;
    const struct stream_events *events;
    struct buf out;     // gathers until the turn's end
    struct buf leaving; // in libuv's hands
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct loop_hook flush;
    bool reading;
    bool closing;
    bool close_when_drained;
    bool end_when_drained;
    bool failed;
};

// Takes over the connection that the listening handle has waiting.
int stream_accept(struct stream *stream, struct loop *loop, uv_stream_t *listener,
                  const struct stream_events *events);

// Takes over a connected descriptor of a Unix socket; on failure the descriptor is still the
// caller's.
int stream_open(struct stream *stream, struct loop *loop, int fd,
                const struct stream_events *events);

void stream_read_start(struct stream *stream);
void stream_read_stop(struct stream *stream); // back-pressure: the kernel's buffer fills up

// Appends to what leaves at the end of this turn. After a failure or a close it does nothing.
void stream_write(struct stream *stream, struct str bytes);

// The buffer that stream_write appends to, for writers that format in place; call stream_touch
// after appending.
static inline struct buf *stream_buffer(struct stream *stream)
{
    return &stream->out;
}
void stream_touch(struct stream *stream);

// Writes now what the turn has gathered, as far as the socket takes it, instead of at the turn's
// end. For what must have left before the caller goes on.
void stream_flush(struct stream *stream);

// Bytes written by the owner that have not left yet.
static inline size_t stream_pending(const struct stream *stream)
{
    return stream->out.size + stream->leaving.size;
}

void stream_close(struct stream *stream);              // at once; what is pending is lost
void stream_close_when_drained(struct stream *stream); // after all that was written has left

// Closes our direction after all that was written has left; what arrives is still read, until the
// other side closes too (the event "ended") or the owner closes.
void stream_end_when_drained(struct stream *stream);

#endif
