// SPDX-License-Identifier: Apache-2.0
// A plugin that wants out, against the bare ABI: it makes the attempts of its tables, and writes
// whatever frames it is told to on the sockets of the process that it lives in (operation "lie").

#include "hostile.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { CONTROL = 4, FIRST_LOOP = 6, LOOPS = 64, HEADER = 16 };

// What the SDK's jansson calls stdin (sdk/CMakeLists.txt); the SDK itself is not used here.
void *medina_no_stdin;

const struct medina_host *attempt_host;
uint32_t attempt_call;
static char *configuration;
static char said[8192];
const char *attempt_path;

void attempt_say(const char *format, ...)
{
    va_list list;
    size_t used = strlen(said);
    va_start(list, format);
    vsnprintf(said + used, sizeof said - used, format, list);
    va_end(list);
}

static void answer(uint32_t call, json_t *result)
{
    char *text = json_dumps(result, JSON_COMPACT);
    struct medina_outcome outcome = {.status = MEDINA_OK, .body = {text, strlen(text)}};
    attempt_host->finish(attempt_host->context, call, &outcome);
    free(text);
    json_decref(result);
}

// ---- attempts ----

static void tell_names(uint32_t call, json_t *input)
{
    const struct attempt *attempt;
    json_t *list = json_array();
#ifdef __SANITIZE_ADDRESS__
    int sanitized = 1;
#else
    int sanitized = 0;
#endif
    (void)input;
    for (size_t i = 0; (attempt = attempt_at(i)); i++)
        json_array_append_new(list, json_pack("{s:s, s:I}", "name", attempt->name, "number",
                                              (json_int_t)attempt->number));
    answer(call, json_pack("{s:b, s:o}", "sanitized", sanitized, "attempts", list));
}

static void make_attempt(uint32_t call, json_t *input)
{
    const struct attempt *attempt = attempt_find(json_string_value(json_object_get(input, "name")));
    said[0] = '\0';
    attempt_call = call;
    attempt_path = json_string_value(json_object_get(input, "path"));
    if (!attempt) {
        answer(call, json_pack("{s:s}", "text", "no such attempt"));
        return;
    }
    errno = 0;
    long result = attempt_run(attempt);
    int error = errno;
    answer(call, json_pack("{s:I, s:s, s:s}", "returned", (json_int_t)result, "errno",
                           result < 0 && error ? strerrorname_np(error) : "", "text", said));
}

static void tell_configuration(uint32_t call, json_t *input)
{
    (void)input;
    answer(call, json_pack("{s:s}", "configuration", configuration));
}

// ---- lies ----

static void write_all(int fd, const char *data, size_t size)
{
    struct timespec moment = {0, 1000 * 1000};
    while (size) {
        ssize_t put = write(fd, data, size);
        if (put < 0 && errno != EAGAIN)
            return;
        if (put < 0)
            clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
        data += put > 0 ? put : 0;
        size -= put > 0 ? (size_t)put : 0;
    }
}

static uint32_t number(const json_t *frame, const char *name, uint32_t fallback)
{
    json_t *value = json_object_get(frame, name);
    return value ? (uint32_t)json_integer_value(value) : fallback;
}

static size_t decode_hex(const char *hex, char *out)
{
    size_t size = hex ? strlen(hex) / 2 : 0;
    for (size_t i = 0; i < size; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        out[i] = (char)strtoul(pair, NULL, 16);
    }
    return size;
}

static void put32(char *at, uint32_t value)
{
    memcpy(at, &value, sizeof value);
}

// The control socket, this call's, or that of the other of two loops.
static int descriptor_of(uint32_t call, const char *socket)
{
    int loop = (int)(call % LOOPS);
    if (strcmp(socket, "control") == 0)
        return CONTROL;
    return FIRST_LOOP + (strcmp(socket, "other") == 0 ? 1 - loop : loop);
}

// "fill" blanks follow the bytes in "hex"; "call" is added to the number of this very call.
static void send_frame(uint32_t call, const json_t *frame)
{
    const char *hex = json_string_value(json_object_get(frame, "hex"));
    size_t fill = number(frame, "fill", 0), room = HEADER + fill + (hex ? strlen(hex) / 2 : 0);
    int fd = descriptor_of(call, json_string_value(json_object_get(frame, "socket")));
    char *bytes = malloc(room);
    size_t size = decode_hex(hex, bytes + HEADER);
    memset(bytes + HEADER + size, ' ', fill);
    uint32_t own = json_is_true(json_object_get(frame, "own")) ? call / LOOPS : 0;
    put32(bytes, number(frame, "size", (uint32_t)(size + fill)));
    bytes[4] = (char)number(frame, "type", 0);
    bytes[5] = (char)number(frame, "flags", 0);
    bytes[6] = (char)number(frame, "zero", 0);
    bytes[7] = 0;
    put32(bytes + 8, own + number(frame, "call", 0));
    uint32_t first = number(frame, "request", 0);
    bool counting = json_is_true(json_object_get(frame, "counting"));
    for (uint32_t i = 0; i < number(frame, "repeat", 1); i++) {
        put32(bytes + 12, counting ? first + i : first);
        write_all(fd, bytes, room);
    }
    free(bytes);
}

static void lie(uint32_t call, json_t *input)
{
    const char *then = json_string_value(json_object_get(input, "then"));
    size_t index;
    json_t *frame;
    json_array_foreach(json_object_get(input, "frames"), index, frame) send_frame(call, frame);
    if (strcmp(then, "wait") == 0)
        clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){4, 0}, NULL);
    if (strcmp(then, "finish") == 0)
        answer(call, json_pack("{s:b}", "alive", 1));
}

// ---- the ABI ----

static int start(const struct medina_host *own, const struct medina_start_info *info, char *reason,
                 size_t size)
{
    attempt_host = own;
    (void)reason;
    (void)size;
    configuration = strndup(info->configuration.data, info->configuration.size);
    return 0;
}

static void begin(const struct medina_call_info *info)
{
    static const struct {
        const char *id;
        void (*handle)(uint32_t call, json_t *input);
    } operations[] = {{"names", tell_names},
                      {"attempt", make_attempt},
                      {"lie", lie},
                      {"lie-signed-in", lie},
                      {"configuration", tell_configuration}};
    json_t *input = json_loadb(info->input.data, info->input.size, 0, NULL);
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        if (info->operation.size == strlen(operations[i].id) &&
            memcmp(info->operation.data, operations[i].id, info->operation.size) == 0)
            operations[i].handle(info->call, input);
    json_decref(input);
}

static void cancelled(uint32_t call)
{
    answer(call, json_pack("{s:b}", "cancelled", 1));
}

static void answered(uint32_t call, uint32_t request, const struct medina_answer_info *info)
{
    json_t *text = json_stringn(info->text.data, info->text.size);
    json_t *body = json_stringn(info->body.data, info->body.size);
    answer(call, json_pack("{s:i, s:i, s:i, s:o, s:o}", "request", (int)request, "status",
                           (int)info->status, "number", (int)info->number, "text",
                           text ? text : json_null(), "body", body ? body : json_null()));
}

static int take_data(struct medina_bytes data, char *reason, size_t size)
{
    (void)data;
    (void)reason;
    (void)size;
    return 0;
}

static void stop(void)
{
    free(configuration);
}

static const void *extension(const char *name)
{
    (void)name;
    return NULL;
}

__attribute__((visibility("default"))) const struct medina_plugin *medina_plugin_v1(void)
{
    static const struct medina_plugin plugin = {
        MEDINA_ABI_MAGIC, MEDINA_ABI_MAJOR, sizeof plugin, start, begin,
        cancelled,        answered,         take_data,     stop,  extension};
    return &plugin;
}
