// SPDX-License-Identifier: Apache-2.0
#include "main/talk.h"

#include "base/mem.h"
#include "loop/stream.h"
#include "loop/task.h"

#include <stdlib.h>

struct talk {
    struct stream stream;
    struct loop *loop;
    enum talk_word heard;
    bool gone;
    struct signal change;
    void (*on_gone)(void *context);
    void *context;
};

static struct talk *of(struct stream *stream)
{
    return LIST_ELEMENT(stream, struct talk, stream);
}

static void on_bytes(struct stream *stream, struct str bytes)
{
    struct talk *talk = of(stream);
    for (size_t i = 0; i < bytes.size; i++)
        if (bytes.data[i] > (char)talk->heard && bytes.data[i] <= TALK_TENURE)
            talk->heard = (enum talk_word)bytes.data[i];
    signal_raise(&talk->change);
}

static void on_ended(struct stream *stream, int reason)
{
    (void)reason;
    struct talk *talk = of(stream);
    if (talk->gone)
        return;
    talk->gone = true;
    signal_raise(&talk->change);
    if (talk->on_gone)
        talk->on_gone(talk->context);
}

static void on_closed(struct stream *stream)
{
    free(of(stream));
}

int talk_open(struct talk **out, struct loop *loop, int fd, struct err *err)
{
    static const struct stream_events events = {.bytes = on_bytes,
                                                .ended = on_ended,
                                                .closed = on_closed};
    struct talk *talk = mem_zero(1, sizeof *talk);
    talk->loop = loop;
    signal_init(&talk->change);
    if (stream_open(&talk->stream, loop, fd, &events) != 0) {
        stream_close(&talk->stream);
        return err_set(err, ERR_IO, "cannot read the other host's socket");
    }
    stream_read_start(&talk->stream);
    *out = talk;
    return 0;
}

void talk_watch(struct talk *talk, void (*gone)(void *context), void *context)
{
    talk->on_gone = gone;
    talk->context = context;
}

void talk_close(struct talk *talk)
{
    if (!talk)
        return;
    talk->on_gone = NULL;
    stream_close_when_drained(&talk->stream);
}

void talk_say(struct talk *talk, enum talk_word word)
{
    char byte = (char)word;
    stream_write(&talk->stream, (struct str){&byte, 1});
}

bool talk_gone(const struct talk *talk)
{
    return talk->gone;
}

static int await_change(struct talk *talk, uint64_t deadline)
{
    signal_init(&talk->change);
    return signal_wait(&talk->change, deadline) ? 0 : ERR_TIMEOUT;
}

int talk_await(struct talk *talk, enum talk_word word, uint64_t deadline)
{
    int rc = 0;
    while (rc == 0 && talk->heard < word && !talk->gone)
        rc = await_change(talk, deadline);
    return talk->heard >= word ? 0 : talk->gone ? ERR_UNAVAILABLE : rc;
}

int talk_await_end(struct talk *talk, uint64_t deadline)
{
    int rc = 0;
    while (rc == 0 && !talk->gone)
        rc = await_change(talk, deadline);
    return talk->gone ? 0 : rc;
}
