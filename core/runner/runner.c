// SPDX-License-Identifier: Apache-2.0
//
// Between the host's sockets and the plugin's function table. The host numbers calls per socket
// (below WIRE_CALL_NUMBERS); the plugin sees one numbering, with the socket in the low bits.

#include "runner/runner.h"

#include "base/mem.h"
#include "runner/load.h"
#include "wire/channel.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    BUCKETS = 1024,
    REQUESTS_PER_CALL = 256,
    MESSAGE_LIMIT = 32 * 1024 * 1024,
    MOST_LOOPS = UINT32_MAX / WIRE_CALL_NUMBERS + 1,
};

struct runner_call {
    struct list node;
    uint32_t number;      // the plugin's
    uint32_t wire_number; // the host's, on its channel
    uint32_t requests;
    struct channel *channel;
};

struct runner {
    struct loop loop;
    struct channel control;
    struct channel *calls;
    unsigned loops;
    const struct medina_plugin *plugin;
    struct medina_host host;
    struct list table[BUCKETS];
    bool started;
};

static struct str text_of(struct medina_bytes bytes)
{
    return (struct str){bytes.data, bytes.size};
}

static struct medina_bytes bytes_of(struct str text)
{
    return (struct medina_bytes){text.data, text.size};
}

// ---- what the plugin calls ----

static struct runner_call *find_call(struct runner *runner, uint32_t number)
{
    LIST_EACH(&runner->table[number % BUCKETS], node)
    {
        struct runner_call *call = LIST_ELEMENT(node, struct runner_call, node);
        if (call->number == number)
            return call;
    }
    return NULL;
}

static void host_finish(void *context, uint32_t number, const struct medina_outcome *outcome)
{
    struct runner_call *call = find_call(context, number);
    if (!call)
        return;
    struct wire_result result = {.status = outcome->status,
                                 .code = text_of(outcome->code),
                                 .body = text_of(outcome->body)};
    channel_send(call->channel, WIRE_RESULT, call->wire_number, 0, &result);
    list_remove(&call->node);
    free(call);
}

static void host_log(void *context, uint32_t level, struct medina_bytes text)
{
    struct runner *runner = context;
    struct wire_log log = {.level = level, .text = text_of(text)};
    channel_send(&runner->control, WIRE_LOG, 0, 0, &log);
}

// Sends something that a call asks for; the number of the request, 0 when it may not ask any more.
static uint32_t ask(struct runner *runner, uint32_t number, enum wire_type type,
                    const void *message)
{
    struct runner_call *call = find_call(runner, number);
    if (!call || call->requests == REQUESTS_PER_CALL)
        return 0;
    channel_send(call->channel, type, call->wire_number, ++call->requests, message);
    return call->requests;
}

static uint32_t http_send(void *context, uint32_t number, uint32_t timeout_ms,
                          struct medina_bytes method, struct medina_bytes path,
                          struct medina_bytes fields, struct medina_bytes body)
{
    struct wire_http http = {timeout_ms, text_of(method), text_of(path), text_of(fields),
                             text_of(body)};
    return ask(context, number, WIRE_HTTP, &http);
}

static uint32_t kv_ask(void *context, uint32_t number, const struct medina_kv_request *request)
{
    struct wire_kv kv = {.verb = request->verb,
                         .key = text_of(request->key),
                         .value = text_of(request->value),
                         .expected = text_of(request->expected),
                         .ttl_ms = request->ttl_ms};
    return ask(context, number, WIRE_KV, &kv);
}

static uint32_t kv_scan(void *context, uint32_t number,
                        const struct medina_kv_scan_request *request)
{
    struct wire_kv kv = {.verb = WIRE_KV_SCAN,
                         .key = text_of(request->prefix),
                         .value = text_of(request->after),
                         .limit = request->limit};
    return ask(context, number, WIRE_KV, &kv);
}

static uint32_t link_ask(void *context, uint32_t number, uint32_t forget,
                         struct medina_bytes account, struct medina_bytes label)
{
    struct wire_link link = {forget ? WIRE_LINK_REMOVE : WIRE_LINK_ADD, text_of(account),
                             text_of(label)};
    return ask(context, number, WIRE_LINK, &link);
}

static const void *host_extension(void *context, const char *name)
{
    static const struct medina_http_extension http = {sizeof http, http_send};
    static const struct medina_kv_extension kv = {sizeof kv, kv_ask};
    static const struct medina_kv_scan_extension scan = {sizeof scan, kv_scan};
    static const struct medina_link_extension link = {sizeof link, link_ask};
    (void)context;
    if (strcmp(name, MEDINA_HTTP_EXTENSION) == 0)
        return &http;
    if (strcmp(name, MEDINA_KV_EXTENSION) == 0)
        return &kv;
    if (strcmp(name, MEDINA_KV_SCAN_EXTENSION) == 0)
        return &scan;
    return strcmp(name, MEDINA_LINK_EXTENSION) == 0 ? &link : NULL;
}

// ---- calls from the host ----

static struct runner *of_channel(struct channel *channel)
{
    return LIST_ELEMENT(channel->stream.loop, struct runner, loop);
}

static uint32_t call_number(const struct runner *runner, const struct channel *channel,
                            uint32_t wire_number)
{
    return wire_number * MOST_LOOPS + (uint32_t)(channel - runner->calls);
}

static void begin_call(struct runner *runner, struct channel *channel, uint32_t wire_number,
                       const struct wire_call *message)
{
    struct runner_call *call = mem_zero(1, sizeof *call);
    call->number = call_number(runner, channel, wire_number);
    call->wire_number = wire_number;
    call->channel = channel;
    list_append(&runner->table[call->number % BUCKETS], &call->node);
    struct medina_call_info info = {.call = call->number,
                                    .kind = message->kind,
                                    .budget_ms = message->budget_ms,
                                    .operation = bytes_of(message->operation),
                                    .caller = bytes_of(message->caller),
                                    .input = bytes_of(message->input)};
    runner->plugin->call(&info);
}

static void answer_call(struct runner *runner, struct channel *channel,
                        const struct wire_message *message)
{
    struct wire_answer answer;
    struct runner_call *call = find_call(runner, call_number(runner, channel, message->call));
    if (!call || wire_decode(WIRE_ANSWER, message->payload, &answer, NULL) < 0)
        return;
    struct medina_answer_info info = {.status = answer.status,
                                      .number = answer.number,
                                      .text = bytes_of(answer.text),
                                      .body = bytes_of(answer.body)};
    runner->plugin->answered(call->number, message->request, &info);
}

static int on_call_message(struct channel *channel, const struct wire_message *message,
                           struct err *err)
{
    (void)err;
    struct runner *runner = of_channel(channel);
    if (message->type == WIRE_CALL) {
        struct wire_call call;
        if (wire_decode(WIRE_CALL, message->payload, &call, NULL) == 0)
            begin_call(runner, channel, message->call, &call);
    } else if (message->type == WIRE_CANCEL) {
        runner->plugin->cancel(call_number(runner, channel, message->call));
    } else {
        answer_call(runner, channel, message);
    }
    return 0;
}

// The host closed this loop's socket: it has no calls here any more.
static void on_call_ended(struct channel *channel, const char *reason)
{
    (void)channel;
    (void)reason;
}

// ---- the life of the process ----

static void report_start(struct runner *runner, const char *reason)
{
    struct wire_started started = {.ok = !reason, .message = str_from(reason)};
    channel_send(&runner->control, WIRE_STARTED, 0, 0, &started);
    if (reason)
        loop_stop(&runner->loop);
}

static void start(struct runner *runner, const struct wire_message *message)
{
    struct wire_start start;
    struct err err;
    char reason[512] = "";
    if (runner->started || wire_decode(WIRE_START, message->payload, &start, &err) < 0)
        return;
    runner->started = true;
    const struct medina_plugin *plugin;
    if (load_plugin(WIRE_PLUGIN_FD, &plugin, &err) < 0) {
        report_start(runner, err.message);
        return;
    }
    struct medina_start_info info = {.instance = bytes_of(start.instance),
                                     .configuration = bytes_of(start.configuration),
                                     .data = bytes_of(start.data)};
    if (plugin->start(&runner->host, &info, reason, sizeof reason) != 0) {
        report_start(runner, reason[0] ? reason : "start failed without a reason");
        return;
    }
    runner->plugin = plugin;
    report_start(runner, NULL);
    for (unsigned i = 0; i < runner->loops; i++) {
        static const struct channel_events events = {on_call_message, on_call_ended, NULL};
        struct channel_options options = {CHANNEL_OF_RUNNER, false, MESSAGE_LIMIT};
        if (channel_open(&runner->calls[i], &runner->loop, WIRE_FIRST_LOOP_FD + (int)i, &options,
                         &events) != 0)
            loop_stop(&runner->loop);
    }
}

static void take_data(struct runner *runner, const struct wire_message *message)
{
    struct wire_data data;
    char reason[512] = "";
    if (!runner->plugin || wire_decode(WIRE_DATA, message->payload, &data, NULL) < 0)
        return;
    int rc = runner->plugin->take_data(bytes_of(data.data), reason, sizeof reason);
    struct wire_started taken = {.ok = rc == 0, .message = str_from(reason)};
    channel_send(&runner->control, WIRE_DATA_TAKEN, 0, message->request, &taken);
}

static int on_control_message(struct channel *channel, const struct wire_message *message,
                              struct err *err)
{
    (void)err;
    struct runner *runner = of_channel(channel);
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

// Dies with the host, dumps no memory with citizens' data in it, gains no privilege by exec.
// (Landlock, seccomp and the resource limits stand here too, once they exist.)
static int tie_to_parent(int parent)
{
    struct rlimit none = {0, 0};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        setrlimit(RLIMIT_CORE, &none) != 0)
        return -1;
    return getppid() == parent ? 0 : -1;
}

static void close_channels(struct runner *runner)
{
    channel_close_when_drained(&runner->control);
    for (unsigned i = 0; i < runner->loops; i++)
        if (runner->calls[i].events)
            channel_close_when_drained(&runner->calls[i]);
}

int runner_main(unsigned loops, int parent)
{
    if (loops == 0 || loops > MOST_LOOPS || tie_to_parent(parent) != 0)
        return 2;
    struct runner *runner = mem_zero(1, sizeof *runner);
    if (loop_init(&runner->loop, NULL) < 0)
        return 2;
    for (size_t i = 0; i < BUCKETS; i++)
        list_init(&runner->table[i]);
    runner->loops = loops;
    runner->calls = mem_zero(loops, sizeof *runner->calls);
    runner->host = (struct medina_host){.magic = MEDINA_ABI_MAGIC,
                                        .major = MEDINA_ABI_MAJOR,
                                        .size = sizeof runner->host,
                                        .context = runner,
                                        .finish = host_finish,
                                        .log = host_log,
                                        .get_extension = host_extension};
    static const struct channel_events events = {on_control_message, on_control_ended, NULL};
    struct channel_options options = {CHANNEL_OF_RUNNER, true, MESSAGE_LIMIT};
    if (channel_open(&runner->control, &runner->loop, WIRE_CONTROL_FD, &options, &events) != 0)
        return 2;
    loop_run(&runner->loop);
    if (runner->plugin)
        runner->plugin->stop();
    close_channels(runner);
    loop_finish(&runner->loop);
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct list *node; (node = list_take_first(&runner->table[i]));)
            free(LIST_ELEMENT(node, struct runner_call, node));
    free(runner->calls);
    free(runner);
    return 0;
}
