// SPDX-License-Identifier: Apache-2.0
#include "host/runner_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MOST_A_SECOND = 1024 * 1024, SECOND_MS = 1000 };

// ---- the limit ----

static void refill(struct runner_log *log)
{
    uint64_t now = loop_now(log->options.loop);
    log->tokens += (double)(now - log->filled) * log->options.lines / SECOND_MS;
    if (log->tokens > log->options.burst)
        log->tokens = log->options.burst;
    log->filled = now;
}

static void tell_dropped(struct runner_log *log)
{
    char line[64];
    if (!log->dropped)
        return;
    int size = snprintf(line, sizeof line, "\xE2\x80\xA6 %llu lines dropped",
                        (unsigned long long)log->dropped);
    log->dropped = 0;
    log->options.said(log->options.owner, LOG_LEVEL_WARNING, (struct str){line, (size_t)size});
}

static void on_second(uv_timer_t *timer);

static void await_second(struct runner_log *log)
{
    if (!uv_is_active((uv_handle_t *)&log->second) && !uv_is_closing((uv_handle_t *)&log->second))
        uv_timer_start(&log->second, on_second, SECOND_MS, 0);
}

static bool admit(struct runner_log *log)
{
    refill(log);
    if (log->tokens < 1) {
        log->dropped++;
        await_second(log);
        return false;
    }
    log->tokens -= 1;
    tell_dropped(log);
    return true;
}

// ---- lines ----

// Control characters, C1 ones too, and what is not UTF-8 would let a line pass for something else
// on an operator's terminal.
static void make_printable(char *line, size_t size)
{
    bool valid = str_is_utf8((struct str){line, size});
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)line[i];
        if (c < 0x20 || c == 0x7F)
            line[i] = ' ';
        else if (c >= 0x80 && !valid)
            line[i] = '?';
        else if (c == 0xC2 && i + 1 < size && (unsigned char)line[i + 1] < 0xA0)
            line[i] = line[i + 1] = ' ';
    }
}

// Not in the middle of a character: bytes 10xxxxxx go on with one.
static size_t whole_characters(const char *line, size_t size)
{
    size_t end = size;
    while (end > 0 && size - end < 4 && ((unsigned char)line[end - 1] & 0xC0) == 0x80)
        end--;
    if (end > 0 && (unsigned char)line[end - 1] >= 0xC0)
        end--;
    return end > 0 && size - end < 4 ? end : size;
}

size_t runner_log_text(struct str line, char *text, size_t room)
{
    size_t size = line.size > room ? whole_characters(line.data, room) : line.size;
    if (size)
        memcpy(text, line.data, size);
    make_printable(text, size);
    return size;
}

static void say(struct runner_log *log, enum log_level level, struct str line)
{
    char text[RUNNER_LOG_LINE];
    if (!admit(log))
        return;
    size_t size = runner_log_text(line, text, sizeof text);
    log->options.said(log->options.owner, level, (struct str){text, size});
}

void runner_log_line(struct runner_log *log, enum log_level level, struct str line)
{
    say(log, level, line);
}

static void end_line(struct runner_log *log)
{
    if (log->used)
        say(log, LOG_LEVEL_WARNING, (struct str){log->line, log->used});
    log->used = 0;
    log->cutting = false;
}

static void take(struct runner_log *log, struct str bytes)
{
    while (bytes.size) {
        const char *end = memchr(bytes.data, '\n', bytes.size);
        size_t size = end ? (size_t)(end - bytes.data) : bytes.size;
        size_t room = sizeof log->line - log->used, kept = size < room ? size : room;
        if (!log->cutting)
            memcpy(log->line + log->used, bytes.data, kept);
        if (!log->cutting)
            log->used += kept;
        log->cutting = log->cutting || kept < size;
        if (end)
            end_line(log);
        bytes = str_from_offset(bytes, end ? size + 1 : size);
    }
}

// ---- standard error ----

static void on_readable(uv_poll_t *poll, int status, int events);

// False when nothing more is to be had now.
static bool read_piece(struct runner_log *log)
{
    char *piece = log->options.loop->read_buffer;
    if (log->ended || log->read >= MOST_A_SECOND)
        return false;
    ssize_t size = read(log->fd, piece, LOOP_READ_SIZE);
    if (size > 0) {
        log->read += (size_t)size;
        take(log, (struct str){piece, (size_t)size});
        return true;
    }
    if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
        log->ended = true;
        end_line(log);
    }
    return false;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
    struct runner_log *log = poll->data;
    (void)status;
    (void)events;
    await_second(log);
    read_piece(log);
    if (log->ended || log->read >= MOST_A_SECOND)
        uv_poll_stop(poll);
}

static void on_second(uv_timer_t *timer)
{
    struct runner_log *log = timer->data;
    tell_dropped(log);
    log->read = 0;
    bool closing = uv_is_closing((uv_handle_t *)&log->poll); // by who was told just now
    if (!log->ended && !closing && !uv_is_active((uv_handle_t *)&log->poll))
        uv_poll_start(&log->poll, UV_READABLE, on_readable);
}

void runner_log_drain(struct runner_log *log)
{
    while (read_piece(log))
        ;
    end_line(log);
    tell_dropped(log);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct runner_log *log = handle->data;
    if (--log->open > 0)
        return;
    close(log->fd);
    log->options.closed(log->options.owner);
}

int runner_log_open(struct runner_log *log, int fd, const struct runner_log_options *options,
                    struct err *err)
{
    *log = (struct runner_log){.options = *options, .fd = fd, .tokens = options->burst};
    log->filled = loop_now(options->loop);
    int rc = fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ? UV_EIO
                                                 : uv_poll_init(&options->loop->uv, &log->poll, fd);
    if (rc != 0) {
        close(fd);
        return err_set(err, ERR_IO, "the runner's log: %s", uv_strerror(rc));
    }
    uv_timer_init(&options->loop->uv, &log->second);
    log->poll.data = log->second.data = log;
    log->open = 2;
    uv_poll_start(&log->poll, UV_READABLE, on_readable);
    return 0;
}

void runner_log_close(struct runner_log *log)
{
    uv_close((uv_handle_t *)&log->poll, on_handle_closed);
    uv_close((uv_handle_t *)&log->second, on_handle_closed);
}
