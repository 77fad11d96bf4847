// SPDX-License-Identifier: Apache-2.0
#include "host/process.h"

#include "base/mem.h"
#include "host/ends.h"
#include "host/layers.h"
#include "host/pulse.h"
#include "host/runner_log.h"
#include "host/spawn.h"
#include "loop/task.h"
#include "wire/channel.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONTROL_MESSAGE = 64 * 1024, KILL_MS = 5000 };

// What a runner can know of itself; the rest is the host's to say.
enum {
    OWN_LAYERS = LAYER_NO_NEW_PRIVS | LAYER_RLIMITS | LAYER_SECCOMP | LAYER_LANDLOCK | LAYER_UID |
                 LAYER_USER | LAYER_MOUNT
};

enum box { BOX_OPEN, BOX_ORDERED, BOX_REPORTED };

struct process {
    struct spawned spawned;
    uv_poll_t end_poll; // on the pidfd
    struct channel control;
    struct runner_log log;
    struct pulse *pulse;
    struct loop *loop;
    char *name;
    struct process_sandbox sandbox;
    bool probe;
    enum box box;
    struct process_layers layers;
    void (*exited)(void *owner, const char *how);
    void (*said)(void *owner, enum log_level level, struct str line);
    void (*lied)(void *owner, const char *reason);
    void *owner;
    struct signal *answer; // of the task that waits for STARTED or DATA_TAKEN
    enum wire_type awaited;
    bool answered;
    bool accepted;
    char verdict[512];
    struct signal *end; // of the task that waits for the process to end
    bool running;
    bool silent;  // its control socket has ended: all that it said has been read
    char how[64]; // it ended; empty until then
    bool stopping;
    unsigned open; // handles whose close has not been reported
    bool released;
};

const struct process_sandbox process_default_sandbox = {.uid = 65534,
                                                        .required = LAYER_SECCOMP | LAYER_RLIMITS |
                                                                    LAYER_NO_NEW_PRIVS,
                                                        .loading_s = 10,
                                                        .log_lines = 50,
                                                        .log_burst = 200};

static struct process *of_channel(struct channel *channel)
{
    return LIST_ELEMENT(channel, struct process, control);
}

// ---- what it says ----

static void on_line(void *owner, enum log_level level, struct str line)
{
    struct process *process = owner;
    if (process->said)
        process->said(process->owner, level, line);
    else
        log_foreign(level, process->name, line);
}

// Sent before the plugin is loaded. A second one would be the plugin's.
static int on_sandboxed(struct process *process, const struct wire_message *message,
                        struct err *err)
{
    struct wire_sandboxed report;
    int rc = wire_decode(WIRE_SANDBOXED, message->payload, &report, err);
    if (rc < 0)
        return rc;
    if (process->box != BOX_ORDERED)
        return err_set(err, ERR_PROTOCOL, "sandboxed that nobody asked for");
    process->box = BOX_REPORTED;
    process->layers.on |= report.layers & OWN_LAYERS;
    process->layers.landlock_abi = report.landlock_abi;
    return 0;
}

static int on_verdict(struct process *process, const struct wire_message *message, struct err *err)
{
    struct wire_started started;
    int rc = wire_decode((enum wire_type)message->type, message->payload, &started, err);
    if (rc < 0)
        return rc;
    bool boxed = process->box == BOX_REPORTED || (process->box == BOX_ORDERED && !started.ok);
    if (!process->answer || process->answered || message->type != process->awaited || !boxed)
        return err_set(err, ERR_PROTOCOL, "%s that nobody asked for", wire_name(message->type));
    process->answered = true;
    process->accepted = started.ok == 1;
    size_t size = runner_log_text(started.message, process->verdict, sizeof process->verdict - 1);
    process->verdict[size] = '\0';
    signal_raise(process->answer);
    return 0;
}

static int on_message(struct channel *channel, const struct wire_message *message, struct err *err)
{
    struct process *process = of_channel(channel);
    struct wire_log line;
    if (message->call || message->request)
        return err_set(err, ERR_PROTOCOL, "%s on the control socket names a call or a request",
                       wire_name(message->type));
    if (message->type == WIRE_SANDBOXED)
        return on_sandboxed(process, message, err);
    if (message->type != WIRE_LOG)
        return on_verdict(process, message, err);
    int rc = wire_decode(WIRE_LOG, message->payload, &line, err);
    if (rc < 0)
        return rc;
    if (line.level > LOG_LEVEL_ERROR)
        return err_set(err, ERR_PROTOCOL, "log level %u", line.level);
    runner_log_line(&process->log, (enum log_level)line.level, line.text);
    return 0;
}

// ---- its end ----

static void handle_closed(struct process *process)
{
    process->open--;
    if (process->open > 0 || !process->released)
        return;
    close(process->spawned.pidfd);
    pulse_release(process->pulse);
    free(process->name);
    free(process);
}

static void on_channel_closed(struct channel *channel)
{
    handle_closed(of_channel(channel));
}

static void on_log_closed(void *owner)
{
    handle_closed(owner);
}

static void on_poll_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

// Once it is gone and what it said before has been read: the last lines are the ones that explain.
static void report_end(struct process *process)
{
    if (process->running || !process->silent || !process->how[0])
        return;
    runner_log_drain(&process->log);
    if (process->answer)
        signal_raise(process->answer);
    if (process->end)
        signal_raise(process->end);
    if (!process->stopping)
        process->exited(process->owner, process->how);
    process->how[0] = '\0';
}

static void on_process_end(uv_poll_t *poll, int status, int events)
{
    struct process *process = poll->data;
    siginfo_t info = {0};
    char how[64];
    (void)status;
    (void)events;
    if (waitid(P_PIDFD, (id_t)process->spawned.pidfd, &info, WEXITED | WNOHANG) != 0 ||
        info.si_pid == 0)
        return;
    uv_poll_stop(poll);
    if (info.si_code == CLD_EXITED)
        snprintf(how, sizeof how, "exit code %d", info.si_status);
    else
        snprintf(how, sizeof how, "signal %d", info.si_status);
    process->running = false;
    snprintf(process->how, sizeof process->how, "%s", how);
    report_end(process);
}

static void on_ended(struct channel *channel, const char *reason)
{
    struct process *process = of_channel(channel);
    if (reason) {
        log_line(LOG_LEVEL_ERROR, "host", "%s broke the protocol: %s", process->name, reason);
        if (process->lied)
            process->lied(process->owner, reason);
    }
    process->silent = true;
    process_kill(process);
    report_end(process);
}

// ---- spawning ----

static int start_program(struct process *process, const struct process_options *options,
                         const struct ends *ends, struct err *err)
{
    char loops[16], uid[16], zone[80];
    int fds[ENDS_FDS];
    snprintf(loops, sizeof loops, "%u", options->gateways);
    snprintf(uid, sizeof uid, "%u", options->sandbox.uid);
    snprintf(zone, sizeof zone, "TZ=%s", getenv("TZ") ? getenv("TZ") : "UTC");
    char *arguments[] = {(char *)options->program, loops, uid, NULL};
    char *environment[] = {zone, NULL};
    ends_list(ends, process->probe ? ends->log_writing : options->plugin_fd, fds);
    struct spawn_options spawning = {.program = options->program,
                                     .arguments = arguments,
                                     .environment = environment,
                                     .fds = fds,
                                     .fd_count = WIRE_FIRST_LOOP_FD + options->gateways};
    int rc = spawn_program(&process->spawned, &spawning, err);
    process->running = rc == 0;
    process->layers.on = rc == 0 ? process->spawned.layers : 0;
    return rc;
}

// Watches a process that runs: its end, its log, its control socket.
static int watch(struct process *process, struct ends *ends, struct err *err)
{
    static const struct channel_events events = {on_message, on_ended, on_channel_closed};
    struct runner_log_options log = {.loop = process->loop,
                                     .lines = process->sandbox.log_lines,
                                     .burst = process->sandbox.log_burst,
                                     .said = on_line,
                                     .closed = on_log_closed,
                                     .owner = process};
    struct channel_options control = {CHANNEL_OF_HOST, true, CONTROL_MESSAGE};
    int rc = runner_log_open(&process->log, ends->log, &log, err);
    ends->log = -1;
    if (rc < 0)
        return rc;
    uv_poll_init(&process->loop->uv, &process->end_poll, process->spawned.pidfd);
    process->end_poll.data = process;
    uv_poll_start(&process->end_poll, UV_READABLE, on_process_end);
    channel_open(&process->control, process->loop, ends->control, &control, &events);
    ends->control = -1;
    process->open = 3;
    return 0;
}

static void abandon(struct process *process, struct ends *ends)
{
    ends_close(ends);
    if (process->running) {
        siginfo_t info;
        process_kill(process);
        waitid(P_PIDFD, (id_t)process->spawned.pidfd, &info, WEXITED);
        close(process->spawned.pidfd);
    }
    pulse_release(process->pulse);
    free(process->name);
    free(process);
}

int process_spawn(struct process **out, const struct process_options *options, int *gateway_fds,
                  struct err *err)
{
    struct ends ends;
    struct process *process = mem_zero(1, sizeof *process);
    process->loop = options->loop;
    process->name = mem_string(options->name);
    process->sandbox = options->sandbox;
    process->probe = options->plugin_fd < 0;
    process->exited = options->exited;
    process->lied = options->lied;
    process->said = options->said;
    process->owner = options->owner;
    int rc = ends_open(&ends, options->gateways, err);
    if (rc == 0)
        rc = pulse_create(&process->pulse, &ends.pulse, err);
    if (rc == 0)
        rc = start_program(process, options, &ends, err);
    if (options->plugin_fd >= 0)
        close(options->plugin_fd);
    ends_close_runner(&ends);
    if (rc == 0)
        rc = watch(process, &ends, err);
    if (rc < 0) {
        abandon(process, &ends);
        return rc;
    }
    for (unsigned i = 0; i < options->gateways; i++)
        gateway_fds[i] = ends.gateways[i];
    *out = process;
    return 0;
}

// ---- asking ----

static int await_verdict(struct process *process, enum wire_type type, uint64_t timeout_ms,
                         struct err *err)
{
    struct signal answer;
    signal_init(&answer);
    process->answer = &answer;
    process->awaited = type;
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
    uint32_t required = process->sandbox.required;
    if (!start->scratch_bytes)
        required &= ~(uint32_t)LAYER_MOUNT;
    // What only the host can put on is known before anything is asked.
    int rc = layers_check(required & ~(uint32_t)OWN_LAYERS, process->layers.on, err);
    if (rc == 0 && start->scratch_bytes && process->layers.on & LAYER_USER)
        rc = spawn_map_ids(&process->spawned, err);
    if (rc < 0)
        return rc;
    struct wire_start message = {.instance = start->instance,
                                 .configuration = start->configuration,
                                 .data = start->data,
                                 .memory_bytes = start->memory_bytes,
                                 .scratch_bytes = start->scratch_bytes,
                                 .loading_s = process->sandbox.loading_s,
                                 .landlock_abi = process->sandbox.landlock_abi,
                                 .layers = process->layers.on,
                                 .required = required,
                                 .probe = process->probe};
    process->box = BOX_ORDERED;
    channel_send(&process->control, WIRE_START, 0, 0, &message);
    rc = await_verdict(process, WIRE_STARTED, start->timeout_ms, err);
    if (process->box != BOX_REPORTED)
        return rc;
    int missing = layers_check(required, process->layers.on, err);
    return missing < 0 ? missing : rc;
}

int process_take_data(struct process *process, struct str data, uint64_t timeout_ms,
                      struct err *err)
{
    struct wire_data message = {data};
    channel_send(&process->control, WIRE_DATA, 0, 0, &message);
    return await_verdict(process, WIRE_DATA_TAKEN, timeout_ms, err);
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
    process_kill(process);
    await_end(process, KILL_MS);
}

void process_kill(struct process *process)
{
    if (process->running)
        syscall(SYS_pidfd_send_signal, process->spawned.pidfd, SIGKILL, NULL, 0);
}

// ---- telling ----

int process_pid(const struct process *process)
{
    return process->running ? process->spawned.pid : 0;
}

struct process_layers process_layers(const struct process *process)
{
    return process->layers;
}

struct pulse *process_page(const struct process *process)
{
    return process->pulse;
}

void process_destroy(struct process *process)
{
    if (!process)
        return;
    process->released = true;
    channel_close(&process->control);
    runner_log_close(&process->log);
    uv_close((uv_handle_t *)&process->end_poll, on_poll_closed);
}
