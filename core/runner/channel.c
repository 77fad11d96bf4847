// SPDX-License-Identifier: Apache-2.0
#include "runner/channel.h"

enum { MESSAGE_LIMIT = 32 * 1024 * 1024, PUMP_BYTES = 256 * 1024 };

static struct channel *from_stream(struct stream *stream)
{
    return LIST_ELEMENT(stream, struct channel, stream);
}

static int deliver(void *context, const struct wire_message *message, struct err *err)
{
    struct channel *channel = context;
    if (!wire_from_host(message->type, channel->control))
        return err_set(err, ERR_PROTOCOL, "message %s on the wrong socket",
                       wire_name(message->type));
    channel->message(channel, message);
    return 0;
}

static void on_bytes(struct stream *stream, struct str bytes)
{
    struct channel *channel = from_stream(stream);
    if (wire_feed(&channel->reader, bytes, deliver, channel, NULL) < 0)
        channel->ended(channel);
}

static void on_ended(struct stream *stream, int reason)
{
    (void)reason;
    struct channel *channel = from_stream(stream);
    channel->ended(channel);
}

static void on_drained(struct stream *stream)
{
    struct channel *channel = from_stream(stream);
    wire_pump(&channel->writer, stream_buffer(stream), PUMP_BYTES);
    if (stream_buffer(stream)->size)
        stream_touch(stream);
}

static void on_closed(struct stream *stream)
{
    struct channel *channel = from_stream(stream);
    wire_reader_finish(&channel->reader);
    wire_writer_finish(&channel->writer);
    buf_finish(&channel->payload);
}

int channel_open(struct channel *channel, struct loop *loop, int fd, bool control)
{
    static const struct stream_events events = {.bytes = on_bytes,
                                                .ended = on_ended,
                                                .drained = on_drained,
                                                .closed = on_closed};
    channel->control = control;
    wire_reader_init(&channel->reader, MESSAGE_LIMIT, 2 * (size_t)MESSAGE_LIMIT);
    wire_writer_init(&channel->writer);
    int rc = stream_open(&channel->stream, loop, fd, &events);
    if (rc == 0)
        stream_read_start(&channel->stream);
    return rc;
}

void channel_send(struct channel *channel, enum wire_type type, uint32_t call, uint32_t request,
                  const void *message)
{
    buf_clear(&channel->payload);
    wire_encode(type, message, &channel->payload);
    struct wire_message frame = {(uint8_t)type, call, request, buf_str(&channel->payload)};
    struct buf *out = stream_buffer(&channel->stream);
    wire_put(&channel->writer, out, &frame);
    wire_pump(&channel->writer, out, PUMP_BYTES);
    stream_touch(&channel->stream);
}
