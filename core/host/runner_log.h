// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_RUNNER_LOG_H
#define MEDINA_HOST_RUNNER_LOG_H

#include "base/log.h"
#include "loop/loop.h"

// What one runner says, by its standard error or by messages, as lines: made printable, cut at
// RUNNER_LOG_LINE bytes, under one limit for both ways. What is over the limit is dropped and
// counted; the count is said once a second as a line of its own. A runner that floods its standard
// error is not read until the second is over, so it holds up itself and not the host.
//
// Lives inside its owner and belongs to the loop's thread.

enum { RUNNER_LOG_LINE = 1024 };

struct runner_log_options {
    struct loop *loop;
    unsigned lines;                                                   // a second
    unsigned burst;                                                   // at once, after a quiet time
    void (*said)(void *owner, enum log_level level, struct str line); // borrowed until it returns
    void (*closed)(void *owner);                                      // after runner_log_close
    void *owner;
};

struct runner_log {
    struct runner_log_options options;
    uv_poll_t poll;
    uv_timer_t second;
    int fd;
    unsigned open; // handles
    double tokens;
    uint64_t filled; // when tokens were last added, on loop_now's clock
    uint64_t dropped;
    size_t read; // bytes of standard error in this second
    bool ended;
    bool cutting; // the rest of a line that was too long
    size_t used;
    char line[RUNNER_LOG_LINE];
};

// Reads standard error from fd (taken over). On failure nothing is open.
int runner_log_open(struct runner_log *log, int fd, const struct runner_log_options *options,
                    struct err *err);

// Copies what a runner wrote, cut to room between two characters; what would do something to a
// terminal or is no UTF-8 is replaced. Returns the bytes; no NUL follows them.
size_t runner_log_text(struct str line, char *text, size_t room);

// A line that came by message.
void runner_log_line(struct runner_log *log, enum log_level level, struct str line);

// Reads what is there, as far as the limits go, and says what was dropped: the runner has ended,
// and its last lines tell why.
void runner_log_drain(struct runner_log *log);

void runner_log_close(struct runner_log *log);

#endif
