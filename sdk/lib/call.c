/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Implements medina/abi.h for plugins written against medina/plugin.h. Each call is a coroutine: it
 * starts in medina_call_begin, suspends in medina_call_wait and is resumed by answered() or
 * cancel(). The runner calls in from its main stack only, so resuming never nests.
 */

#include "call.h"

#include "base/co.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct medina_sdk medina_sdk;

/* What jansson compares a FILE with instead of stdin (see sdk/CMakeLists.txt); a plugin has none.
 */
extern void *medina_no_stdin;
void *medina_no_stdin;

extern const medina_definition medina_definition_of_plugin;

struct medina_owned {
    struct medina_owned *next;
    json_t *json; /* released with the block when set */
    _Alignas(16) char data[];
};

static void *allocate(size_t size)
{
    void *memory = malloc(size ? size : 1);
    if (!memory)
        abort();
    return memory;
}

void *medina_call_alloc(medina_call *call, size_t size)
{
    struct medina_owned *owned = allocate(sizeof *owned + size);
    owned->next = call->owned;
    owned->json = NULL;
    call->owned = owned;
    return owned->data;
}

json_t *medina_call_keep(medina_call *call, json_t *value)
{
    if (value) {
        medina_call_alloc(call, 0);
        call->owned->json = value;
    }
    return value;
}

static char *copy(medina_call *call, struct medina_bytes bytes)
{
    char *text = medina_call_alloc(call, bytes.size + 1);
    if (bytes.size)
        memcpy(text, bytes.data, bytes.size);
    text[bytes.size] = '\0';
    return text;
}

static medina_call **bucket(uint32_t id)
{
    return &medina_sdk.calls[id % (sizeof medina_sdk.calls / sizeof *medina_sdk.calls)];
}

static medina_call *find(uint32_t id)
{
    medina_call *call = *bucket(id);
    while (call && call->id != id)
        call = call->next;
    return call;
}

static void end(medina_call *call)
{
    medina_call **at = bucket(call->id);
    while (*at != call)
        at = &(*at)->next;
    *at = call->next;
    for (struct medina_owned *owned = call->owned; owned;) {
        struct medina_owned *next = owned->next;
        json_decref(owned->json);
        free(owned);
        owned = next;
    }
    co_destroy(call->co);
    free(call);
}

static void entry(void *argument)
{
    medina_call *call = argument;
    call->handle(call);
    if (call->answered)
        return;
    if (call->kind == MEDINA_CALL_EVENT)
        medina_return_text(call, "{}", 2);
    else
        medina_fail(call, MEDINA_FAILED, "plugin.no-answer");
}

static void run(medina_call *call)
{
    co_resume(call->co);
    if (co_finished(call->co))
        end(call);
}

static void (*handler_of(const struct medina_call_info *info))(medina_call *)
{
    const medina_definition *definition = medina_sdk.definition;
    bool event = info->kind == MEDINA_CALL_EVENT;
    size_t count = event ? definition->event_count : definition->operation_count;
    for (size_t i = 0; i < count; i++) {
        const char *id = event ? definition->events[i].type : definition->operations[i].id;
        if (strlen(id) == info->operation.size &&
            memcmp(id, info->operation.data, info->operation.size) == 0)
            return event ? definition->events[i].handle : definition->operations[i].handle;
    }
    return NULL;
}

static void refuse(const struct medina_call_info *info, enum medina_status status, const char *code)
{
    struct medina_outcome outcome = {.status = status, .code = medina_bytes_of(code)};
    medina_sdk.host->finish(medina_sdk.host->context, info->call, &outcome);
}

static void begin(const struct medina_call_info *info)
{
    void (*handle)(medina_call *) = handler_of(info);
    if (!handle) {
        refuse(info, MEDINA_NOT_FOUND, "plugin.no-handler");
        return;
    }
    medina_call *call = allocate(sizeof *call);
    *call = (medina_call){.id = info->call,
                          .kind = info->kind,
                          .budget_ms = info->budget_ms,
                          .handle = handle,
                          .input_size = info->input.size};
    call->co = co_create(entry, call);
    if (!call->co) {
        free(call);
        refuse(info, MEDINA_LIMITED, "plugin.no-memory");
        return;
    }
    call->operation = copy(call, info->operation);
    call->caller_text = copy(call, info->caller);
    call->input_text = copy(call, info->input);
    call->next = *bucket(call->id);
    *bucket(call->id) = call;
    run(call);
}

static void cancel(uint32_t id)
{
    medina_call *call = find(id);
    if (!call || call->cancelled)
        return;
    call->cancelled = true;
    if (call->waits_for)
        run(call);
}

static void answered(uint32_t id, uint32_t request, const struct medina_answer_info *info)
{
    medina_call *call = find(id);
    if (!call || call->waits_for != request || call->cancelled)
        return;
    struct medina_answer *answer = medina_call_alloc(call, sizeof *answer);
    *answer = (struct medina_answer){.status = (enum medina_status)info->status,
                                     .number = info->number,
                                     .text = copy(call, info->text),
                                     .body = copy(call, info->body),
                                     .size = info->body.size};
    call->answer = answer;
    run(call);
}

const struct medina_answer *medina_call_wait(medina_call *call, uint32_t request)
{
    static const struct medina_answer refused = {.status = MEDINA_LIMITED, .text = "", .body = ""};
    static const struct medina_answer cancelled = {.status = MEDINA_FAILED, .text = "", .body = ""};
    if (call->cancelled)
        return &cancelled;
    if (request == 0)
        return &refused;
    call->answer = NULL;
    call->waits_for = request;
    co_suspend();
    call->waits_for = 0;
    return call->answer ? call->answer : &cancelled;
}

static void finish(medina_call *call, const struct medina_outcome *outcome)
{
    if (call->answered)
        return;
    call->answered = true;
    medina_sdk.host->finish(medina_sdk.host->context, call->id, outcome);
}

void medina_return_text(medina_call *call, const char *json, size_t size)
{
    struct medina_outcome outcome = {.status = MEDINA_OK, .body = {json, size}};
    finish(call, &outcome);
}

void medina_return(medina_call *call, json_t *result)
{
    char *text = result ? json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    json_decref(result);
    if (text)
        medina_return_text(call, text, strlen(text));
    else
        medina_fail(call, MEDINA_FAILED, "plugin.no-result");
    free(text);
}

void medina_fail(medina_call *call, enum medina_status status, const char *code)
{
    char key[96];
    snprintf(key, sizeof key, "problem.%s", code);
    json_t *text = json_object_get(medina_sdk.strings[0], key) ? medina_text(key, NULL) : NULL;
    char *body = text ? json_dumps(text, JSON_COMPACT) : NULL;
    json_decref(text);
    struct medina_outcome outcome = {.status = status,
                                     .code = medina_bytes_of(code),
                                     .body = medina_bytes_of(body)};
    finish(call, &outcome);
    free(body);
}

void medina_log(enum medina_log_level level, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    medina_sdk.host->log(medina_sdk.host->context, level, medina_bytes_of(line));
}

const char *medina_instance(void)
{
    return medina_sdk.instance;
}

/* ---- the life of the plugin ---- */

static int take_data(struct medina_bytes data, char *reason, size_t reason_size)
{
    if (!medina_sdk.definition->take_data) {
        snprintf(reason, reason_size, "this plugin takes no data file");
        return -1;
    }
    return medina_sdk.definition->take_data(data.data, data.size, reason, reason_size) ? 0 : -1;
}

static int take_first_data(struct medina_bytes given, char *reason, size_t reason_size)
{
    struct medina_bytes own = {medina_embedded_data,
                               (size_t)(medina_embedded_data_end - medina_embedded_data)};
    struct medina_bytes data = given.size ? given : own;
    if (!medina_sdk.definition->take_data || !data.size)
        return 0;
    return take_data(data, reason, reason_size);
}

static int configure(struct medina_bytes text, char *reason, size_t reason_size)
{
    json_error_t error;
    if (!medina_sdk.definition->start)
        return 0;
    json_t *configuration = text.size
                                ? json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, &error)
                                : json_object();
    if (!configuration) {
        snprintf(reason, reason_size, "configuration: %s", error.text);
        return -1;
    }
    bool ok = medina_sdk.definition->start(configuration);
    json_decref(configuration);
    if (!ok)
        snprintf(reason, reason_size, "the plugin does not accept its configuration");
    return ok ? 0 : -1;
}

/* Every operation and event that the manifest promises must have its handler: a renamed one is
   found before it serves, not by a citizen. */
static int check_handlers(char *reason, size_t reason_size)
{
    json_t *manifest = json_loadb(medina_embedded_manifest,
                                  (size_t)(medina_embedded_manifest_end - medina_embedded_manifest),
                                  JSON_REJECT_DUPLICATES, NULL);
    size_t index;
    json_t *promised;
    int rc = 0;
    json_array_foreach(json_object_get(manifest, "operations"), index, promised)
    {
        const char *id = json_string_value(json_object_get(promised, "id"));
        struct medina_call_info info = {.kind = MEDINA_CALL_OPERATION,
                                        .operation = medina_bytes_of(id)};
        if (rc == 0 && !handler_of(&info)) {
            snprintf(reason, reason_size,
                     "the manifest names the operation \"%s\", but the code "
                     "has no handler for it",
                     id ? id : "");
            rc = -1;
        }
    }
    json_array_foreach(json_object_get(manifest, "events"), index, promised)
    {
        const char *type = json_string_value(promised);
        struct medina_call_info info = {.kind = MEDINA_CALL_EVENT,
                                        .operation = medina_bytes_of(type)};
        if (rc == 0 && !handler_of(&info)) {
            snprintf(reason, reason_size,
                     "the manifest asks for the event \"%s\", but the code has "
                     "no handler for it",
                     type ? type : "");
            rc = -1;
        }
    }
    json_decref(manifest);
    return rc;
}

/* jansson would take its hash key from /dev/urandom, which a plugin cannot open, or else from the
 * clock, which a citizen who sends many keys can guess. */
static void seed_hashes(void)
{
    size_t seed = 0;
    while (seed == 0)
        if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
            abort();
    json_object_seed(seed);
}

static int start(const struct medina_host *host, const struct medina_start_info *info, char *reason,
                 size_t reason_size)
{
    struct medina_sdk *sdk = &medina_sdk;
    if (host->magic != MEDINA_ABI_MAGIC || host->major != MEDINA_ABI_MAJOR ||
        host->size < sizeof *host) {
        snprintf(reason, reason_size, "the host speaks another version of the plugin interface");
        return -1;
    }
    seed_hashes();
    sdk->host = host;
    sdk->definition = &medina_definition_of_plugin;
    sdk->http = host->get_extension(host->context, MEDINA_HTTP_EXTENSION);
    sdk->http_file = host->get_extension(host->context, MEDINA_HTTP_FILE_EXTENSION);
    sdk->kv = host->get_extension(host->context, MEDINA_KV_EXTENSION);
    sdk->kv_scan = host->get_extension(host->context, MEDINA_KV_SCAN_EXTENSION);
    sdk->link = host->get_extension(host->context, MEDINA_LINK_EXTENSION);
    sdk->live = host->get_extension(host->context, MEDINA_LIVE_EXTENSION);
    sdk->clock = host->get_extension(host->context, MEDINA_CLOCK_EXTENSION);
    sdk->instance = allocate(info->instance.size + 1);
    memcpy(sdk->instance, info->instance.data, info->instance.size);
    sdk->instance[info->instance.size] = '\0';
    if (!medina_strings_load(reason, reason_size) || check_handlers(reason, reason_size) != 0 ||
        configure(info->configuration, reason, reason_size) != 0 ||
        take_first_data(info->data, reason, reason_size) != 0)
        return -1;
    if (sdk->definition->self_test && !sdk->definition->self_test(reason, reason_size))
        return -1;
    return 0;
}

static void stop(void)
{
    if (medina_sdk.definition->stop)
        medina_sdk.definition->stop();
    json_decref(medina_sdk.strings[0]);
    json_decref(medina_sdk.strings[1]);
    free(medina_sdk.instance);
    co_release_kept();
}

static const void *get_extension(const char *name)
{
    (void)name;
    return NULL;
}

__attribute__((visibility("default"))) const struct medina_plugin *medina_plugin_v1(void)
{
    static const struct medina_plugin plugin = {.magic = MEDINA_ABI_MAGIC,
                                                .major = MEDINA_ABI_MAJOR,
                                                .size = sizeof plugin,
                                                .start = start,
                                                .call = begin,
                                                .cancel = cancel,
                                                .answered = answered,
                                                .take_data = take_data,
                                                .stop = stop,
                                                .get_extension = get_extension};
    return &plugin;
}
