// SPDX-License-Identifier: Apache-2.0
#include "main/succession.h"

#include "base/log.h"
#include "base/mem.h"
#include "loop/task.h"
#include "main/talk.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { KILL_MS = 10 * 1000, EXIT_LEFT_BEHIND = 1 };

struct succession {
    int fd; // -1: the talk has it
    pid_t predecessor;
    struct bequest bequest;
    int told; // the pipe that the old host reads, -1: nobody does
    struct talk *talk;
    struct loop *control;
    bool ready;
    bool alone;
    struct succession_events events;
};

int succession_begin(struct succession **out, int fd, struct err *err)
{
    struct succession *succession = mem_zero(1, sizeof *succession);
    succession->fd = fd;
    succession->told = -1;
    succession->bequest.log = -1;
    succession->predecessor = getppid();
    close_range((unsigned)fd + 1, ~0U, 0);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    int rc = bequest_receive(fd, &succession->bequest, err);
    if (rc < 0) {
        succession_destroy(succession);
        return rc;
    }
    *out = succession;
    return 0;
}

struct bequest *succession_bequest(struct succession *succession)
{
    return succession ? &succession->bequest : NULL;
}

void succession_own_log(struct succession *succession)
{
    if (!succession || succession->bequest.log < 0)
        return;
    succession->told = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    dup2(succession->bequest.log, STDERR_FILENO);
    close(succession->bequest.log);
    succession->bequest.log = -1;
}

static void on_gone(void *context)
{
    struct succession *succession = context;
    if (succession->ready)
        return;
    log_line(LOG_LEVEL_ERROR, "main", "pid %d died before this host was ready to replace it",
             (int)succession->predecessor);
    // Nothing is ours yet but runners, which die with us.
    _exit(EXIT_LEFT_BEHIND);
}

int succession_watch(struct succession *succession, struct loop *control, struct err *err)
{
    if (!succession)
        return 0;
    succession->control = control;
    int fd = succession->fd;
    succession->fd = -1;
    int rc = talk_open(&succession->talk, control, fd, err);
    if (rc == 0)
        talk_watch(succession->talk, on_gone, succession);
    return rc;
}

void succession_fail(struct succession *succession, const char *reason)
{
    log_line(LOG_LEVEL_ERROR, "main", "this host does not come up: %s", reason);
    if (succession->told >= 0)
        dprintf(succession->told, "medinad: %s\n", reason);
    _exit(EXIT_LEFT_BEHIND);
}

static void stop_telling(struct succession *succession)
{
    if (succession->told >= 0)
        close(succession->told);
    succession->told = -1;
}

void succession_ready(struct succession *succession)
{
    if (!succession)
        return;
    succession->ready = true;
    log_line(LOG_LEVEL_INFORMATION, "main", "pid %d is ready to replace pid %d", (int)getpid(),
             (int)succession->predecessor);
    talk_say(succession->talk, TALK_READY);
    talk_await(succession->talk, TALK_ACCEPT, TASK_NO_DEADLINE);
}

void succession_serving(struct succession *succession)
{
    if (!succession)
        return;
    talk_say(succession->talk, TALK_SERVING);
    stop_telling(succession);
}

// It hangs, and may hold the turn to write (store/turn.h): what it has not finished by now it
// promised to have given up. While its socket is open its number cannot be another's.
static void end_predecessor(struct succession *succession)
{
    log_line(LOG_LEVEL_ERROR, "main", "pid %d has not ended in its time; killing it",
             (int)succession->predecessor);
    if (getppid() == succession->predecessor)
        kill(succession->predecessor, SIGKILL);
    talk_await_end(succession->talk, loop_now(succession->control) + KILL_MS);
}

static void follow(void *argument)
{
    struct succession *succession = argument;
    const struct succession_events *events = &succession->events;
    uint64_t deadline = loop_now(succession->control) + succession->bequest.leave_ms;
    if (talk_await(succession->talk, TALK_TENURE, deadline) == 0)
        events->tenure(events->context);
    if (talk_await_end(succession->talk, deadline) != 0)
        end_predecessor(succession);
    log_line(LOG_LEVEL_INFORMATION, "main", "pid %d has gone; this host, pid %d, is alone",
             (int)succession->predecessor, (int)getpid());
    succession->alone = true;
    talk_close(succession->talk);
    succession->talk = NULL;
    events->tenure(events->context);
    events->alone(events->context);
}

void succession_follow(struct succession *succession, const struct succession_events *events)
{
    if (!succession)
        return;
    succession->events = *events;
    if (task_spawn(succession->control, follow, succession) != 0)
        log_line(LOG_LEVEL_ERROR, "main", "no memory to follow pid %d",
                 (int)succession->predecessor);
}

int succession_predecessor(const struct succession *succession)
{
    return succession && !succession->alone ? (int)succession->predecessor : 0;
}

void succession_destroy(struct succession *succession)
{
    if (!succession)
        return;
    talk_close(succession->talk);
    if (succession->fd >= 0)
        close(succession->fd);
    stop_telling(succession);
    bequest_finish(&succession->bequest);
    free(succession);
}
