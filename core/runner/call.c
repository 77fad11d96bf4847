// SPDX-License-Identifier: Apache-2.0
//
// Between the host's sockets and the plugin's function table. The host numbers calls per socket
// (below WIRE_CALL_NUMBERS); the plugin sees one numbering, with the socket in the low bits.

#include "runner/runner_internal.h"

#include "base/clock.h"
#include "base/mem.h"

#include <stdlib.h>
#include <time.h>

enum { REQUESTS_PER_CALL = 256 };

struct runner_call {
    struct list node;
    uint32_t number;      // the plugin's
    uint32_t wire_number; // the host's, on its channel
    uint32_t requests;
    struct channel *channel;
};

static struct str text_of(struct medina_bytes bytes)
{
    return (struct str){bytes.data, bytes.size};
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

void runner_log(struct runner *runner, enum log_level level, struct str text)
{
    struct wire_log log = {.level = level, .text = text};
    channel_send(&runner->control, WIRE_LOG, 0, 0, &log);
    // What was said before a crash is what one wants to read after it.
    stream_flush(&runner->control.stream);
}

static void host_log(void *context, uint32_t level, struct medina_bytes text)
{
    runner_log(context, level, text_of(text));
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
    struct wire_http http = {.timeout_ms = timeout_ms,
                             .method = text_of(method),
                             .path = text_of(path),
                             .fields = text_of(fields),
                             .body = text_of(body)};
    return ask(context, number, WIRE_HTTP, &http);
}

static uint32_t http_send_file(void *context, uint32_t number,
                               const struct medina_http_file_request *request)
{
    struct wire_http http = {.timeout_ms = request->timeout_ms,
                             .method = text_of(request->method),
                             .path = text_of(request->path),
                             .fields = text_of(request->fields),
                             .file = text_of(request->file)};
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

static uint32_t live_publish(void *context, uint32_t number, struct medina_bytes topic,
                             struct medina_bytes result)
{
    struct wire_publish publish = {text_of(topic), text_of(result)};
    return ask(context, number, WIRE_PUBLISH, &publish);
}

static int64_t clock_read(void *context)
{
    (void)context;
    return clock_now(NULL);
}

// The zone was read when the process began (runner.c), so this opens no file.
static void clock_show(void *context, int64_t ms, struct medina_civil_time *out)
{
    struct tm tm = {0};
    struct civil civil = clock_civil(ms);
    time_t seconds = (time_t)(ms / 1000 - (ms % 1000 < 0));
    localtime_r(&seconds, &tm);
    (void)context;
    *out = (struct medina_civil_time){civil.year,    civil.month,
                                      civil.day,     civil.hour,
                                      civil.minute,  civil.second,
                                      civil.weekday, (int32_t)(tm.tm_gmtoff / 60)};
}

static const void *host_extension(void *context, const char *name)
{
    static const struct medina_http_extension http = {sizeof http, http_send};
    static const struct medina_http_file_extension http_file = {sizeof http_file, http_send_file};
    static const struct medina_kv_extension kv = {sizeof kv, kv_ask};
    static const struct medina_kv_scan_extension scan = {sizeof scan, kv_scan};
    static const struct medina_link_extension link = {sizeof link, link_ask};
    static const struct medina_live_extension live = {sizeof live, live_publish};
    static const struct medina_clock_extension clock = {sizeof clock, clock_read, clock_show};
    static const struct {
        const char *name;
        const void *table;
    } extensions[] = {{MEDINA_HTTP_EXTENSION, &http}, {MEDINA_HTTP_FILE_EXTENSION, &http_file},
                      {MEDINA_KV_EXTENSION, &kv},     {MEDINA_KV_SCAN_EXTENSION, &scan},
                      {MEDINA_LINK_EXTENSION, &link}, {MEDINA_CLOCK_EXTENSION, &clock},
                      {MEDINA_LIVE_EXTENSION, &live}};
    (void)context;
    for (size_t i = 0; i < sizeof extensions / sizeof *extensions; i++)
        if (strcmp(name, extensions[i].name) == 0)
            return extensions[i].table;
    return NULL;
}

// ---- calls from the host ----

static uint32_t loop_of(const struct runner *runner, const struct channel *channel)
{
    return (uint32_t)(channel - runner->calls);
}

static uint32_t call_number(const struct runner *runner, const struct channel *channel,
                            uint32_t wire_number)
{
    return wire_number * MOST_LOOPS + loop_of(runner, channel);
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
    wire_pulse_enter(runner->pulse, loop_of(runner, channel), wire_number);
    runner->plugin->call(&info);
    wire_pulse_leave(runner->pulse);
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
    wire_pulse_enter(runner->pulse, loop_of(runner, channel), message->call);
    runner->plugin->answered(call->number, message->request, &info);
    wire_pulse_leave(runner->pulse);
}

static int on_call_message(struct channel *channel, const struct wire_message *message,
                           struct err *err)
{
    (void)err;
    struct runner *runner = runner_of_channel(channel);
    if (message->type == WIRE_CALL) {
        struct wire_call call;
        if (wire_decode(WIRE_CALL, message->payload, &call, NULL) == 0)
            begin_call(runner, channel, message->call, &call);
    } else if (message->type == WIRE_CANCEL) {
        wire_pulse_enter(runner->pulse, loop_of(runner, channel), message->call);
        runner->plugin->cancel(call_number(runner, channel, message->call));
        wire_pulse_leave(runner->pulse);
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

void runner_open_calls(struct runner *runner)
{
    static const struct channel_events events = {on_call_message, on_call_ended, NULL};
    struct channel_options options = {CHANNEL_OF_RUNNER, false, MESSAGE_LIMIT};
    for (unsigned i = 0; i < runner->loops; i++)
        if (channel_open(&runner->calls[i], &runner->loop, WIRE_FIRST_LOOP_FD + (int)i, &options,
                         &events) != 0)
            loop_stop(&runner->loop);
}

void runner_init_calls(struct runner *runner)
{
    for (size_t i = 0; i < BUCKETS; i++)
        list_init(&runner->table[i]);
    runner->calls = mem_zero(runner->loops, sizeof *runner->calls);
    runner->host = (struct medina_host){.magic = MEDINA_ABI_MAGIC,
                                        .major = MEDINA_ABI_MAJOR,
                                        .size = sizeof runner->host,
                                        .context = runner,
                                        .finish = host_finish,
                                        .log = host_log,
                                        .get_extension = host_extension};
}

void runner_free_calls(struct runner *runner)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct list *node; (node = list_take_first(&runner->table[i]));)
            free(LIST_ELEMENT(node, struct runner_call, node));
    free(runner->calls);
}
