// SPDX-License-Identifier: Apache-2.0
//
// Two buffers: out gathers, leaving is being written. The turn's end tries to write out at once
// (nearly always all of it fits in the socket's buffer); what does not fit becomes leaving and
// libuv waits for room, while out goes on gathering.

#include "loop/stream.h"

static void flush(struct loop_hook *hook);

static void stream_prepare(struct stream *stream, struct loop *loop,
                           const struct stream_events *events)
{
    stream->loop = loop;
    stream->events = events;
    stream->flush.function = flush;
    list_init(&stream->flush.node);
    stream->uv.handle.data = stream;
    stream->write.data = stream;
}

int stream_accept(struct stream *stream, struct loop *loop, uv_stream_t *listener,
                  const struct stream_events *events)
{
    *stream = (struct stream){0};
    if (listener->type == UV_TCP)
        uv_tcp_init(&loop->uv, &stream->uv.tcp);
    else
        uv_pipe_init(&loop->uv, &stream->uv.pipe, 0);
    stream_prepare(stream, loop, events);
    int rc = uv_accept(listener, &stream->uv.stream);
    if (rc == 0 && listener->type == UV_TCP)
        uv_tcp_nodelay(&stream->uv.tcp, 1);
    return rc;
}

int stream_open(struct stream *stream, struct loop *loop, int fd,
                const struct stream_events *events)
{
    *stream = (struct stream){0};
    uv_pipe_init(&loop->uv, &stream->uv.pipe, 0);
    stream_prepare(stream, loop, events);
    return uv_pipe_open(&stream->uv.pipe, fd);
}

static void lend_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    struct stream *stream = handle->data;
    *buffer = uv_buf_init(stream->loop->read_buffer, LOOP_READ_SIZE);
}

static void on_read(uv_stream_t *handle, ssize_t size, const uv_buf_t *buffer)
{
    struct stream *stream = handle->data;
    if (size > 0) {
        stream->events->bytes(stream, (struct str){buffer->base, (size_t)size});
    } else if (size < 0) {
        stream_read_stop(stream);
        stream->events->ended(stream, size == UV_EOF ? 0 : (int)size);
    }
}

void stream_read_start(struct stream *stream)
{
    if (stream->reading || stream->closing)
        return;
    stream->reading = true;
    uv_read_start(&stream->uv.stream, lend_buffer, on_read);
}

void stream_read_stop(struct stream *stream)
{
    if (!stream->reading)
        return;
    stream->reading = false;
    uv_read_stop(&stream->uv.stream);
}

static void on_closed(uv_handle_t *handle)
{
    struct stream *stream = handle->data;
    buf_finish(&stream->out);
    buf_finish(&stream->leaving);
    stream->events->closed(stream);
}

void stream_close(struct stream *stream)
{
    if (stream->closing)
        return;
    stream->closing = true;
    stream->reading = false;
    list_remove(&stream->flush.node);
    uv_close(&stream->uv.handle, on_closed);
}

static void stream_fail(struct stream *stream, int reason)
{
    if (stream->failed || stream->closing)
        return;
    stream->failed = true;
    buf_clear(&stream->out);
    stream_read_stop(stream);
    if (stream->close_when_drained)
        stream_close(stream);
    else
        stream->events->ended(stream, reason);
}

static void all_left(struct stream *stream)
{
    if (stream->close_when_drained)
        stream_close(stream);
    else if (stream->end_when_drained)
        uv_shutdown(&stream->shutdown, &stream->uv.stream, NULL);
    else if (stream->events->drained)
        stream->events->drained(stream);
}

static void on_written(uv_write_t *write, int status)
{
    struct stream *stream = write->data;
    buf_clear(&stream->leaving);
    if (stream->closing)
        return;
    if (status < 0)
        stream_fail(stream, status);
    else if (stream->out.size)
        loop_at_turn_end(stream->loop, &stream->flush);
    else
        all_left(stream);
}

static void flush(struct loop_hook *hook)
{
    struct stream *stream = LIST_ELEMENT(hook, struct stream, flush);
    if (stream->leaving.size || stream->closing || !stream->out.size)
        return;
    uv_buf_t bytes = uv_buf_init(stream->out.data, (unsigned)stream->out.size);
    int sent = uv_try_write(&stream->uv.stream, &bytes, 1);
    if (sent == (int)stream->out.size) {
        buf_clear(&stream->out);
        all_left(stream);
        return;
    }
    if (sent < 0 && sent != UV_EAGAIN) {
        stream_fail(stream, sent);
        return;
    }
    struct buf empty = stream->leaving;
    stream->leaving = stream->out;
    stream->out = empty;
    bytes.base = stream->leaving.data + (sent > 0 ? sent : 0);
    bytes.len -= sent > 0 ? (size_t)sent : 0;
    int rc = uv_write(&stream->write, &stream->uv.stream, &bytes, 1, on_written);
    if (rc < 0) {
        buf_clear(&stream->leaving);
        stream_fail(stream, rc);
    }
}

void stream_touch(struct stream *stream)
{
    if (stream->closing || stream->failed)
        buf_clear(&stream->out);
    else
        loop_at_turn_end(stream->loop, &stream->flush);
}

void stream_flush(struct stream *stream)
{
    list_remove(&stream->flush.node);
    flush(&stream->flush);
}

void stream_write(struct stream *stream, struct str bytes)
{
    if (stream->closing || stream->failed)
        return;
    buf_append_str(&stream->out, bytes);
    loop_at_turn_end(stream->loop, &stream->flush);
}

void stream_close_when_drained(struct stream *stream)
{
    stream->close_when_drained = true;
    if (!stream_pending(stream) || stream->failed)
        stream_close(stream);
}

void stream_end_when_drained(struct stream *stream)
{
    if (stream->end_when_drained || stream->closing || stream->failed)
        return;
    stream->end_when_drained = true;
    if (!stream_pending(stream))
        all_left(stream);
}
