// SPDX-License-Identifier: Apache-2.0
#include "host/process.h"

#include "base/log.h"
#include "base/mem.h"
#include "loop/task.h"
#include "wire/channel.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_GATEWAYS = 64, CONTROL_MESSAGE = 64 * 1024, KILL_MS = 5000 };

struct process {
    uv_process_t process;
    struct channel control;
    struct loop *loop;
    char *name;
    void (*exited)(void *owner, const char *how);
    void *owner;
    struct signal *answer; // of the task that waits for STARTED or DATA_TAKEN
    bool answered;
    bool accepted;
    char verdict[512];
    struct signal *end; // of the task that waits for the process to end
    bool running;
    bool stopping;
    unsigned open; // handles whose close has not been reported
    bool released;
};

static struct process *of_channel(struct channel *channel)
{
    return LIST_ELEMENT(channel, struct process, control);
}

// ---- what it says ----

static int on_verdict(struct process *process, const struct wire_message *message, struct err *err)
{
    struct wire_started started;
    int rc = wire_decode((enum wire_type)message->type, message->payload, &started, err);
    if (rc < 0)
        return rc;
    if (!process->answer)
        return err_set(err, ERR_PROTOCOL, "%s that nobody asked for", wire_name(message->type));
    process->answered = true;
    process->accepted = started.ok == 1;
    snprintf(process->verdict, sizeof process->verdict, STR_FORMAT, STR_ARGUMENTS(started.message));
    signal_raise(process->answer);
    return 0;
}

static int on_message(struct channel *channel, const struct wire_message *message, struct err *err)
{
    struct process *process = of_channel(channel);
    struct wire_log line;
    if (message->type != WIRE_LOG)
        return on_verdict(process, message, err);
    int rc = wire_decode(WIRE_LOG, message->payload, &line, err);
    if (rc < 0)
        return rc;
    if (line.level > LOG_LEVEL_ERROR)
        return err_set(err, ERR_PROTOCOL, "log level %u", line.level);
    log_foreign((enum log_level)line.level, process->name, line.text);
    return 0;
}

static void wake_waiting(struct process *process)
{
    if (process->answer)
        signal_raise(process->answer);
}

static void on_ended(struct channel *channel, const char *reason)
{
    struct process *process = of_channel(channel);
    if (reason)
        log_line(LOG_LEVEL_ERROR, "host", "%s broke the protocol: %s", process->name, reason);
    if (process->running)
        uv_process_kill(&process->process, SIGKILL);
}

static void free_when_closed(struct process *process)
{
    if (process->open > 0 || !process->released)
        return;
    free(process->name);
    free(process);
}

static void on_channel_closed(struct channel *channel)
{
    struct process *process = of_channel(channel);
    process->open--;
    free_when_closed(process);
}

static void on_process_closed(uv_handle_t *handle)
{
    struct process *process = handle->data;
    process->open--;
    free_when_closed(process);
}

static void on_process_end(uv_process_t *handle, int64_t status, int signal)
{
    struct process *process = handle->data;
    char how[64];
    if (signal)
        snprintf(how, sizeof how, "signal %d", signal);
    else
        snprintf(how, sizeof how, "exit code %d", (int)status);
    process->running = false;
    wake_waiting(process);
    if (process->end)
        signal_raise(process->end);
    if (!process->stopping)
        process->exited(process->owner, how);
}

// ---- spawning ----

static int make_pair(int *host_end, int *runner_end)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return -1;
    *host_end = pair[0];
    *runner_end = pair[1];
    return 0;
}

static void close_all(const int *fds, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

struct sockets {
    int host[1 + MOST_GATEWAYS]; // control first
    int runner[1 + MOST_GATEWAYS];
    unsigned count;
};

static int open_sockets(struct sockets *sockets, unsigned count, struct err *err)
{
    for (sockets->count = 0; sockets->count < count; sockets->count++) {
        unsigned i = sockets->count;
        if (make_pair(&sockets->host[i], &sockets->runner[i]) == 0)
            continue;
        int rc = err_set(err, ERR_IO, "no sockets for the runner: %s", strerror(errno));
        close_all(sockets->host, i);
        close_all(sockets->runner, i);
        return rc;
    }
    return 0;
}

// The runner inherits standard error, the plugin file and its ends of the sockets; nothing else,
// not the environment either.
static int spawn(struct process *process, const struct process_options *options,
                 const struct sockets *sockets, struct err *err)
{
    char loops[16], parent[16];
    snprintf(loops, sizeof loops, "%u", options->gateways);
    snprintf(parent, sizeof parent, "%d", (int)getpid());
    char zone[80];
    snprintf(zone, sizeof zone, "TZ=%s", getenv("TZ") ? getenv("TZ") : "UTC");
    char *arguments[] = {(char *)options->program, loops, parent, NULL};
    char *environment[] = {zone, getenv("ASAN_OPTIONS") ? "ASAN_OPTIONS=detect_leaks=0" : NULL,
                           NULL};
    uv_stdio_container_t stdio[5 + MOST_GATEWAYS] = {0};
    stdio[2] = (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = 2};
    stdio[WIRE_PLUGIN_FD] =
        (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = options->plugin_fd};
    for (unsigned i = 0; i < sockets->count; i++)
        stdio[WIRE_CONTROL_FD + i] =
            (uv_stdio_container_t){.flags = UV_INHERIT_FD, .data.fd = sockets->runner[i]};
    uv_process_options_t spawning = {.exit_cb = on_process_end,
                                     .file = options->program,
                                     .args = arguments,
                                     .env = environment,
                                     .stdio_count = (int)(WIRE_CONTROL_FD + sockets->count),
                                     .stdio = stdio};
    int rc = uv_spawn(&options->loop->uv, &process->process, &spawning);
    return rc == 0 ? 0
                   : err_set(err, ERR_IO, "cannot start %s: %s", options->program, uv_strerror(rc));
}

int process_spawn(struct process **out, const struct process_options *options, int *gateway_fds,
                  struct err *err)
{
    static const struct channel_events events = {on_message, on_ended, on_channel_closed};
    struct sockets sockets;
    int rc = open_sockets(&sockets, 1 + options->gateways, err);
    if (rc < 0) {
        close(options->plugin_fd);
        return rc;
    }
    struct process *process = mem_zero(1, sizeof *process);
    process->loop = options->loop;
    process->name = mem_string(options->name);
    process->exited = options->exited;
    process->owner = options->owner;
    process->process.data = process;
    rc = spawn(process, options, &sockets, err);
    close(options->plugin_fd);
    close_all(sockets.runner, sockets.count);
    process->open = 1;
    if (rc < 0) {
        close_all(sockets.host, sockets.count);
        process->released = true;
        uv_close((uv_handle_t *)&process->process, on_process_closed);
        return rc;
    }
    process->running = true;
    struct channel_options channel = {CHANNEL_OF_HOST, true, CONTROL_MESSAGE};
    process->open++;
    channel_open(&process->control, options->loop, sockets.host[0], &channel, &events);
    memcpy(gateway_fds, sockets.host + 1, options->gateways * sizeof *gateway_fds);
    *out = process;
    return 0;
}

// ---- asking ----

static int await_verdict(struct process *process, uint64_t timeout_ms, struct err *err)
{
    struct signal answer;
    signal_init(&answer);
    process->answer = &answer;
    process->answered = false;
    if (process->running)
        signal_wait(&answer, loop_now(process->loop) + timeout_ms);
    process->answer = NULL;
    if (process->answered)
        return process->accepted ? 0 : err_set(err, ERR_INVALID, "%s", process->verdict);
    if (!process->running)
        return err_set(err, ERR_UNAVAILABLE, "the plugin's process ended before it answered");
    return err_set(err, ERR_TIMEOUT, "the plugin did not answer within %llu ms",
                   (unsigned long long)timeout_ms);
}

int process_start(struct process *process, const struct process_start *start, struct err *err)
{
    struct wire_start message = {start->instance, start->configuration, start->data};
    channel_send(&process->control, WIRE_START, 0, 0, &message);
    return await_verdict(process, start->timeout_ms, err);
}

int process_take_data(struct process *process, struct str data, uint64_t timeout_ms,
                      struct err *err)
{
    struct wire_data message = {data};
    channel_send(&process->control, WIRE_DATA, 0, 0, &message);
    return await_verdict(process, timeout_ms, err);
}

static bool await_end(struct process *process, uint64_t timeout_ms)
{
    struct signal end;
    signal_init(&end);
    process->end = &end;
    if (process->running)
        signal_wait(&end, loop_now(process->loop) + timeout_ms);
    process->end = NULL;
    return !process->running;
}

void process_stop(struct process *process, uint64_t timeout_ms)
{
    process->stopping = true;
    channel_send(&process->control, WIRE_STOP, 0, 0, &(struct wire_data){0});
    if (await_end(process, timeout_ms))
        return;
    log_line(LOG_LEVEL_WARNING, "host", "%s did not stop in time; killing it", process->name);
    uv_process_kill(&process->process, SIGKILL);
    await_end(process, KILL_MS);
}

void process_kill(struct process *process)
{
    if (process->running)
        uv_process_kill(&process->process, SIGKILL);
}

int process_pid(const struct process *process)
{
    return process->running ? process->process.pid : 0;
}

void process_destroy(struct process *process)
{
    if (!process)
        return;
    process->released = true;
    channel_close(&process->control);
    uv_close((uv_handle_t *)&process->process, on_process_closed);
}
