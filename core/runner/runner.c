// SPDX-License-Identifier: Apache-2.0
//
// The life of the process; call.c serves the plugin's calls.

#include "runner/runner.h"

#include "base/mem.h"
#include "runner/identity.h"
#include "runner/load.h"
#include "runner/runner_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static void report_start(struct runner *runner, const char *reason)
{
    struct wire_started started = {.ok = !reason, .message = str_from(reason)};
    channel_send(&runner->control, WIRE_STARTED, 0, 0, &started);
    if (reason)
        loop_stop(&runner->loop);
}

// Puts the box on and says so, before any byte of the plugin runs: from then on the plugin could
// say it too, so the message has left when this returns.
static int enter_sandbox(struct runner *runner, const struct wire_start *start, struct err *err)
{
    struct sandbox_limits limits = {.memory_bytes = start->memory_bytes,
                                    .scratch_bytes = start->scratch_bytes,
                                    .loading_s = start->loading_s,
                                    .landlock_abi = start->landlock_abi,
                                    .layers = start->layers,
                                    .plugin_fd = start->probe ? -1 : WIRE_PLUGIN_FD};
    int rc = sandbox_enter(&runner->sandbox, &limits, err);
    if (rc < 0)
        return rc;
    uint32_t on = runner->layers | runner->sandbox.layers;
    struct wire_sandboxed report = {on, runner->sandbox.landlock_abi};
    if (runner->sandbox.trouble[0])
        runner_log(runner, LOG_LEVEL_WARNING, str_from(runner->sandbox.trouble));
    channel_send(&runner->control, WIRE_SANDBOXED, 0, 0, &report);
    stream_flush(&runner->control.stream);
    uint32_t missing = start->required & ~(on | start->layers);
    if (!missing)
        return 0;
    struct buf names = {0};
    layer_append_names(missing, &names);
    rc = err_set(err, ERR_UNAVAILABLE, "the sandbox lacks: %s (%s)", names.data,
                 runner->sandbox.trouble);
    buf_finish(&names);
    return rc;
}

static int load(struct runner *runner, const struct wire_start *start, struct err *err)
{
    char reason[512] = "";
    const struct medina_plugin *plugin;
    wire_pulse_enter(runner->pulse, WIRE_PULSE_NO_LOOP, 0);
    int rc = load_plugin(WIRE_PLUGIN_FD, &plugin, err);
    if (rc == 0)
        rc = sandbox_seal(&runner->sandbox, err);
    close(WIRE_PLUGIN_FD);
    struct medina_start_info info = {.instance = bytes_of(start->instance),
                                     .configuration = bytes_of(start->configuration),
                                     .data = bytes_of(start->data)};
    if (rc == 0 && plugin->start(&runner->host, &info, reason, sizeof reason) != 0)
        rc = err_set(err, ERR_INVALID, "%s", reason[0] ? reason : "start failed without a reason");
    wire_pulse_leave(runner->pulse);
    if (rc == 0)
        runner->plugin = plugin;
    return rc;
}

static void start(struct runner *runner, const struct wire_message *message)
{
    struct wire_start start;
    struct err err;
    if (runner->started || wire_decode(WIRE_START, message->payload, &start, &err) < 0)
        return;
    runner->started = true;
    int rc = enter_sandbox(runner, &start, &err);
    if (rc == 0 && !start.probe)
        rc = load(runner, &start, &err);
    report_start(runner, rc < 0 ? err.message : NULL);
    if (rc == 0 && !start.probe)
        runner_open_calls(runner);
}

static void take_data(struct runner *runner, const struct wire_message *message)
{
    struct wire_data data;
    char reason[512] = "";
    if (!runner->plugin || wire_decode(WIRE_DATA, message->payload, &data, NULL) < 0)
        return;
    wire_pulse_enter(runner->pulse, WIRE_PULSE_NO_LOOP, 0);
    int rc = runner->plugin->take_data(bytes_of(data.data), reason, sizeof reason);
    wire_pulse_leave(runner->pulse);
    struct wire_started taken = {.ok = rc == 0, .message = str_from(reason)};
    channel_send(&runner->control, WIRE_DATA_TAKEN, 0, message->request, &taken);
}

static int on_control_message(struct channel *channel, const struct wire_message *message,
                              struct err *err)
{
    (void)err;
    struct runner *runner = runner_of_channel(channel);
    if (message->type == WIRE_START)
        start(runner, message);
    else if (message->type == WIRE_DATA)
        take_data(runner, message);
    else
        loop_stop(&runner->loop);
    return 0;
}

static void on_control_ended(struct channel *channel, const char *reason)
{
    (void)reason;
    loop_stop(channel->stream.loop);
}

static void close_channels(struct runner *runner)
{
    channel_close_when_drained(&runner->control);
    for (unsigned i = 0; i < runner->loops; i++)
        if (runner->calls[i].events)
            channel_close_when_drained(&runner->calls[i]);
}

static int open_pulse(struct runner *runner, struct err *err)
{
    void *page = mmap(NULL, WIRE_PULSE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, WIRE_PULSE_FD, 0);
    close(WIRE_PULSE_FD);
    if (page == MAP_FAILED)
        return err_set(err, ERR_IO, "cannot map the pulse: %s", strerror(errno));
    runner->pulse = page;
    return 0;
}

// What needs files or rights of its own, before there is anything to be afraid of.
static int prepare(struct runner *runner, uint32_t uid, struct err *err)
{
    prctl(PR_SET_NAME, "medina-runner");
    tzset(); // reads the zone's file, once
    int rc = identity_become(uid, &runner->layers, err);
    if (rc == 0)
        rc = identity_tie_to_parent(WIRE_CONTROL_FD, err);
    if (rc == 0)
        rc = open_pulse(runner, err);
    return rc < 0 ? rc : loop_init(&runner->loop, err);
}

static void finish(struct runner *runner)
{
    if (runner->plugin) {
        wire_pulse_enter(runner->pulse, WIRE_PULSE_NO_LOOP, 0);
        runner->plugin->stop();
        wire_pulse_leave(runner->pulse);
    }
    close_channels(runner);
    loop_finish(&runner->loop);
    runner_free_calls(runner);
    free(runner);
}

int runner_main(unsigned loops, uint32_t uid)
{
    static const struct channel_events events = {on_control_message, on_control_ended, NULL};
    struct channel_options options = {CHANNEL_OF_RUNNER, true, MESSAGE_LIMIT};
    struct runner *runner = mem_zero(1, sizeof *runner);
    struct err err;
    if (loops > MOST_LOOPS || prepare(runner, uid, &err) < 0) {
        fprintf(stderr, "medina-runner: %s\n", loops > MOST_LOOPS ? "too many loops" : err.message);
        free(runner);
        return 2;
    }
    runner->loops = loops;
    runner_init_calls(runner);
    if (channel_open(&runner->control, &runner->loop, WIRE_CONTROL_FD, &options, &events) != 0)
        return 2;
    loop_run(&runner->loop);
    finish(runner);
    return 0;
}
