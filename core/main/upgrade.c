// SPDX-License-Identifier: Apache-2.0
//
//     IDLE ── upgrade_run ──► STARTING ── the new one serves ──► LEAVING ── drained ──► the end
//      ▲                         │                                  │
//      └── the new one failed ───┴────── the new one died ──────────┘

#include "main/upgrade.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "loop/stream.h"
#include "loop/task.h"
#include "main/talk.h"
#include "ops/service_manager.h"
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TAKE_OVER_FD = 3, // of the new host
    KILL_MS = 10 * 1000,
    DRAIN_STEP_MS = 20,
    OUTPUT = 2048 // of the new host, kept for the operator
};

enum phase { IDLE, STARTING, LEAVING };

// The new host's process, its words and what it writes before it has a log of its own.
struct heir {
    uv_process_t process;
    struct talk *talk;
    struct stream output;
    struct buf tail;
    bool has_output; // its pipe is open
    bool running;
    char how[64]; // it ended
    struct signal ended;
    unsigned open; // handles whose close has not been reported
    bool released;
};

struct upgrade {
    struct upgrade_options options;
    enum phase phase;
    struct heir *heir;
};

// ---- the new process ----

static void heir_closed(struct heir *heir)
{
    if (--heir->open > 0 || !heir->released)
        return;
    buf_finish(&heir->tail);
    free(heir);
}

static void on_process_closed(uv_handle_t *handle)
{
    heir_closed(handle->data);
}

static void on_process_end(uv_process_t *handle, int64_t status, int signal)
{
    struct heir *heir = handle->data;
    if (signal)
        snprintf(heir->how, sizeof heir->how, "signal %d", signal);
    else
        snprintf(heir->how, sizeof heir->how, "exit code %d", (int)status);
    heir->running = false;
    signal_raise(&heir->ended);
}

static struct heir *heir_of(struct stream *stream)
{
    return LIST_ELEMENT(stream, struct heir, output);
}

// What it says goes to our log, and its end to the operator when it fails.
static void on_output(struct stream *stream, struct str bytes)
{
    struct heir *heir = heir_of(stream);
    ssize_t ignored = write(STDERR_FILENO, bytes.data, bytes.size);
    (void)ignored;
    buf_append_str(&heir->tail, bytes);
    if (heir->tail.size > OUTPUT)
        buf_drop(&heir->tail, heir->tail.size - OUTPUT);
}

static void on_output_ended(struct stream *stream, int reason)
{
    (void)reason;
    heir_of(stream)->has_output = false;
    signal_raise(&heir_of(stream)->ended);
    stream_close(stream);
}

static void on_output_closed(struct stream *stream)
{
    heir_closed(heir_of(stream));
}

// The file that this process was started from, also when another has been put in its place.
static void own_program(char *out, size_t size)
{
    static const char gone[] = " (deleted)";
    ssize_t length = readlink("/proc/self/exe", out, size - 1);
    out[length > 0 ? length : 0] = '\0';
    size_t most = length > 0 ? (size_t)length : 0;
    if (most > sizeof gone && strcmp(out + most - (sizeof gone - 1), gone) == 0)
        out[most - (sizeof gone - 1)] = '\0';
}

struct channels {
    int talk[2];   // ours, its
    int output[2]; // ours to read, its to write
};

static int open_channels(struct channels *channels, struct err *err)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channels->talk) != 0)
        return err_set(err, ERR_IO, "no socket for the new host: %s", strerror(errno));
    if (pipe2(channels->output, O_CLOEXEC) == 0)
        return 0;
    int rc = err_set(err, ERR_IO, "no pipe for the new host: %s", strerror(errno));
    close(channels->talk[0]);
    close(channels->talk[1]);
    return rc;
}

static int spawn(struct upgrade *upgrade, const char *program, const struct channels *channels,
                 struct err *err)
{
    struct heir *heir = upgrade->heir;
    char fd[16];
    snprintf(fd, sizeof fd, "%d", TAKE_OVER_FD);
    char *arguments[] = {(char *)program,
                         "--take-over",
                         fd,
                         upgrade->options.config ? "--config" : NULL,
                         (char *)upgrade->options.config,
                         NULL};
    uv_stdio_container_t stdio[] = {
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = STDOUT_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = channels->output[1]},
        {.flags = UV_INHERIT_FD, .data.fd = channels->talk[1]},
    };
    uv_process_options_t spawning = {.exit_cb = on_process_end,
                                     .file = program,
                                     .args = arguments,
                                     .stdio_count = sizeof stdio / sizeof *stdio,
                                     .stdio = stdio};
    heir->process.data = heir;
    heir->open++;
    int rc = uv_spawn(&upgrade->options.control->uv, &heir->process, &spawning);
    heir->running = rc == 0;
    return rc == 0 ? 0 : err_set(err, ERR_INVALID, "cannot start %s: %s", program, uv_strerror(rc));
}

static int listen_to(struct upgrade *upgrade, struct channels *channels, struct err *err)
{
    static const struct stream_events events = {.bytes = on_output,
                                                .ended = on_output_ended,
                                                .closed = on_output_closed};
    struct heir *heir = upgrade->heir;
    heir->open++;
    heir->has_output =
        stream_open(&heir->output, upgrade->options.control, channels->output[0], &events) == 0;
    stream_read_start(&heir->output);
    return talk_open(&heir->talk, upgrade->options.control, channels->talk[0], err);
}

static int start_heir(struct upgrade *upgrade, const char *program, struct err *err)
{
    struct channels channels;
    struct bequest bequest = {.log = STDERR_FILENO};
    int rc = open_channels(&channels, err);
    if (rc < 0)
        return rc;
    // It lies in the socket until the new host reads it, which may end before that.
    upgrade->options.host->bequeath(upgrade->options.context, &bequest);
    rc = bequest_send(channels.talk[0], &bequest, err);
    json_decref(bequest.serving);
    if (rc == 0)
        rc = spawn(upgrade, program, &channels, err);
    close(channels.talk[1]);
    close(channels.output[1]);
    if (rc == 0)
        return listen_to(upgrade, &channels, err);
    close(channels.talk[0]);
    close(channels.output[0]);
    return rc;
}

// Waits until the process has ended and all that it wrote has come; it may have been killed.
static bool await_heir(struct upgrade *upgrade)
{
    struct heir *heir = upgrade->heir;
    uint64_t deadline = loop_now(upgrade->options.control) + KILL_MS;
    bool in_time = true;
    while (in_time && (heir->running || heir->has_output)) {
        signal_init(&heir->ended);
        in_time = signal_wait(&heir->ended, deadline);
    }
    return !heir->running;
}

static void release_heir(struct upgrade *upgrade)
{
    struct heir *heir = upgrade->heir;
    upgrade->heir = NULL;
    if (!heir)
        return;
    heir->released = true;
    talk_close(heir->talk);
    heir->open++; // until all closes are asked for
    if (heir->process.data)
        uv_close((uv_handle_t *)&heir->process, on_process_closed);
    if (heir->has_output)
        stream_close(&heir->output);
    heir_closed(heir);
}

static void kill_heir(struct upgrade *upgrade)
{
    if (upgrade->heir && upgrade->heir->running)
        uv_process_kill(&upgrade->heir->process, SIGKILL);
}

// ---- when it does not come up ----

static json_t *output_of(const struct heir *heir)
{
    json_t *text = heir->tail.size ? json_stringn(heir->tail.data, heir->tail.size) : NULL;
    return text ? json_pack("{s:o}", "output", text) : NULL;
}

// Everything is as it was before.
static void give_up(struct upgrade *upgrade)
{
    const struct upgrade_host *host = upgrade->options.host;
    kill_heir(upgrade);
    if (await_heir(upgrade))
        store_share(upgrade->options.store, false);
    else
        log_line(LOG_LEVEL_ERROR, "main",
                 "the new host cannot be killed; its writes are waited for");
    release_heir(upgrade);
    host->thaw(upgrade->options.context);
    upgrade->phase = IDLE;
}

static int fail(struct upgrade *upgrade, int rc, const char *what, struct err *err)
{
    struct heir *heir = upgrade->heir;
    bool by_itself = rc == ERR_UNAVAILABLE && await_heir(upgrade);
    kill_heir(upgrade);
    await_heir(upgrade);
    if (by_itself)
        return err_set(err, ERR_UNAVAILABLE,
                       "the new host ended (%s) before it was %s; this one serves on", heir->how,
                       what);
    return err_set(err, ERR_TIMEOUT,
                   "the new host was killed: not %s within %llu ms (upgrade.ready_ms); this one "
                   "serves on",
                   what, (unsigned long long)upgrade->options.ready_ms);
}

static int await_service(struct upgrade *upgrade, struct err *err)
{
    struct talk *talk = upgrade->heir->talk;
    struct loop *loop = upgrade->options.control;
    int rc = talk_await(talk, TALK_READY, loop_now(loop) + upgrade->options.ready_ms);
    if (rc < 0)
        return fail(upgrade, rc, "ready", err);
    talk_say(talk, TALK_ACCEPT);
    rc = talk_await(talk, TALK_SERVING, loop_now(loop) + upgrade->options.ready_ms);
    return rc < 0 ? fail(upgrade, rc, "serving", err) : 0;
}

// ---- when it does ----

// The new one died while this one drained: its sockets are ours still.
static void come_back(struct upgrade *upgrade)
{
    const struct upgrade_host *host = upgrade->options.host;
    await_heir(upgrade);
    log_line(LOG_LEVEL_ERROR, "main", "the new host, pid %d, died (%s); this one serves again",
             upgrade->heir->process.pid, upgrade->heir->how);
    service_manager_main_pid((int)getpid());
    host->return_to_service(upgrade->options.context);
    give_up(upgrade);
}

static void leave(void *argument)
{
    struct upgrade *upgrade = argument;
    const struct upgrade_host *host = upgrade->options.host;
    struct talk *talk = upgrade->heir->talk;
    uint64_t deadline = loop_now(upgrade->options.control) + upgrade->options.drain_ms;
    host->hand_over(upgrade->options.context);
    talk_say(talk, TALK_TENURE);
    while (!talk_gone(talk) && !host->quiet(upgrade->options.context) &&
           loop_now(upgrade->options.control) < deadline)
        task_sleep(DRAIN_STEP_MS);
    if (talk_gone(talk)) {
        come_back(upgrade);
        return;
    }
    if (!host->quiet(upgrade->options.context))
        log_line(LOG_LEVEL_WARNING, "main",
                 "connections are closed that did not end within %llu ms (upgrade.drain_ms)",
                 (unsigned long long)upgrade->options.drain_ms);
    host->leave(upgrade->options.context);
}

static int hand_over(struct upgrade *upgrade, json_t **answer, struct err *err)
{
    const struct upgrade_host *host = upgrade->options.host;
    int pid = upgrade->heir->process.pid;
    if (task_spawn(upgrade->options.control, leave, upgrade) != 0)
        return err_set(err, ERR_LIMIT, "no memory to drain");
    upgrade->phase = LEAVING;
    host->retire(upgrade->options.context);
    service_manager_main_pid(pid);
    log_line(LOG_LEVEL_INFORMATION, "main", "pid %d serves; this host, pid %d, drains", pid,
             (int)getpid());
    *answer = json_pack("{s:i, s:i}", "pid", pid, "draining", (int)getpid());
    return 0;
}

int upgrade_run(struct upgrade *upgrade, const char *program, json_t **answer, struct err *err)
{
    const struct upgrade_host *host = upgrade->options.host;
    char own[4096];
    *answer = NULL;
    if (upgrade->phase != IDLE)
        return err_set(err, ERR_CONFLICT, "an upgrade is under way already; wait for its end");
    if (!host->freeze(upgrade->options.context))
        return err_set(err, ERR_CONFLICT, "a plugin is being changed; try again when that is done");
    upgrade->phase = STARTING;
    if (!program) {
        own_program(own, sizeof own);
        program = own;
    }
    log_line(LOG_LEVEL_INFORMATION, "main", "upgrade to %s", program);
    upgrade->heir = mem_zero(1, sizeof *upgrade->heir);
    store_share(upgrade->options.store, true);
    int rc = start_heir(upgrade, program, err);
    if (rc == 0)
        rc = await_service(upgrade, err);
    if (rc == 0)
        rc = hand_over(upgrade, answer, err);
    if (rc == 0)
        return 0;
    *answer = output_of(upgrade->heir);
    log_line(LOG_LEVEL_ERROR, "main", "the upgrade failed: %s", err->message);
    give_up(upgrade);
    return rc;
}

// ---- the upgrade itself ----

void upgrade_create(struct upgrade **out, const struct upgrade_options *options)
{
    *out = mem_zero(1, sizeof **out);
    (*out)->options = *options;
}

void upgrade_abort(struct upgrade *upgrade)
{
    if (upgrade->phase == STARTING)
        kill_heir(upgrade);
}

bool upgrade_handed_over(const struct upgrade *upgrade)
{
    return upgrade->phase == LEAVING;
}

void upgrade_destroy(struct upgrade *upgrade)
{
    if (!upgrade)
        return;
    release_heir(upgrade);
    free(upgrade);
}
