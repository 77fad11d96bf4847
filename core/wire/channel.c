// SPDX-License-Identifier: Apache-2.0
#include "wire/channel.h"

#include <unistd.h>

enum { PUMP_BYTES = 256 * 1024 };

static struct channel *from_stream(struct stream *stream)
{
    return LIST_ELEMENT(stream, struct channel, stream);
}

static int deliver(void *context, const struct wire_message *message, struct err *err)
{
    struct channel *channel = context;
    bool allowed = channel->options.side == CHANNEL_OF_HOST
                       ? wire_from_runner(message->type, channel->options.control)
                       : wire_from_host(message->type, channel->options.control);
    if (!allowed)
        return err_set(err, ERR_PROTOCOL, "message %s (%u) on the wrong socket",
                       wire_name(message->type), message->type);
    return channel->events->message(channel, message, err);
}

static void end(struct channel *channel, const char *reason)
{
    if (channel->ended)
        return;
    channel->ended = true;
    stream_read_stop(&channel->stream);
    channel->events->ended(channel, reason);
}

static void on_bytes(struct stream *stream, struct str bytes)
{
    struct channel *channel = from_stream(stream);
    struct err err;
    if (!channel->ended && wire_feed(&channel->reader, bytes, deliver, channel, &err) < 0)
        end(channel, err.message);
}

static void on_ended(struct stream *stream, int reason)
{
    (void)reason;
    end(from_stream(stream), NULL);
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
    if (channel->events->closed)
        channel->events->closed(channel);
}

int channel_open(struct channel *channel, struct loop *loop, int fd,
                 const struct channel_options *options, const struct channel_events *events)
{
    static const struct stream_events stream_events = {.bytes = on_bytes,
                                                       .ended = on_ended,
                                                       .drained = on_drained,
                                                       .closed = on_closed};
    *channel = (struct channel){.options = *options, .events = events};
    wire_reader_init(&channel->reader, options->message_limit, 2 * options->message_limit);
    wire_writer_init(&channel->writer);
    int rc = stream_open(&channel->stream, loop, fd, &stream_events);
    if (rc != 0) {
        close(fd);
        return rc;
    }
    stream_read_start(&channel->stream);
    return 0;
}

void channel_send(struct channel *channel, enum wire_type type, uint32_t call, uint32_t request,
                  const void *message)
{
    if (channel->ended)
        return;
    buf_clear(&channel->payload);
    wire_encode(type, message, &channel->payload);
    struct wire_message frame = {(uint8_t)type, call, request, buf_str(&channel->payload)};
    struct buf *out = stream_buffer(&channel->stream);
    wire_put(&channel->writer, out, &frame);
    wire_pump(&channel->writer, out, PUMP_BYTES);
    stream_touch(&channel->stream);
}

size_t channel_pending(const struct channel *channel)
{
    return stream_pending(&channel->stream) + channel->writer.kept;
}

void channel_close(struct channel *channel)
{
    channel->ended = true;
    stream_close(&channel->stream);
}

void channel_close_when_drained(struct channel *channel)
{
    channel->ended = true;
    stream_close_when_drained(&channel->stream);
}
