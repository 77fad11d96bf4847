/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that a handler asks the host for: HTTP, storage, links, live results. */

#include "call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct text {
    char *data;
    size_t size;
    size_t capacity;
};

static void append(struct text *text, const char *data, size_t size)
{
    if (text->size + size + 1 > text->capacity) {
        text->capacity = (text->size + size + 1) * 2;
        text->data = realloc(text->data, text->capacity);
        if (!text->data)
            abort();
    }
    memcpy(text->data + text->size, data, size);
    text->size += size;
    text->data[text->size] = '\0';
}

/* Everything but RFC 3986's unreserved characters is percent-encoded. */
static void append_encoded(struct text *text, const char *value)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     strchr("-._~", c);
        char encoded[3] = {'%', hex[c >> 4], hex[c & 15]};
        if (plain)
            append(text, value, 1);
        else
            append(text, encoded, 3);
    }
}

/* The conversions that a path can need: %s %d %lld %%. */
static void append_formatted(struct text *text, const char *format, va_list arguments)
{
    char number[24];
    for (; *format; format++) {
        if (*format != '%') {
            append(text, format, 1);
        } else if (format[1] == 's') {
            append_encoded(text, va_arg(arguments, const char *));
            format++;
        } else if (format[1] == 'd') {
            int size = snprintf(number, sizeof number, "%d", va_arg(arguments, int));
            append(text, number, (size_t)size);
            format++;
        } else if (strncmp(format, "%lld", 4) == 0) {
            int size = snprintf(number, sizeof number, "%lld", va_arg(arguments, long long));
            append(text, number, (size_t)size);
            format += 3;
        } else {
            append(text, "%", 1);
            format += format[1] == '%';
        }
    }
}

static medina_http_reply *reply_of(medina_call *call, uint32_t request)
{
    const struct medina_answer *answer = medina_call_wait(call, request);
    medina_http_reply *reply = medina_call_alloc(call, sizeof *reply);
    *reply = (medina_http_reply){.status = answer->status,
                                 .http_status = (int)answer->number,
                                 .body = answer->body,
                                 .size = answer->size};
    if (answer->status == MEDINA_OK && strstr(answer->text, "json"))
        reply->json = medina_call_keep(call, json_loadb(answer->body, answer->size,
                                                        JSON_REJECT_DUPLICATES, NULL));
    return reply;
}

static medina_http_reply *send(medina_call *call, const char *method, const char *path,
                               const char *fields, struct medina_bytes body)
{
    uint32_t request = 0;
    if (medina_sdk.http)
        request = medina_sdk.http->send(medina_sdk.host->context, call->id, call->budget_ms,
                                        medina_bytes_of(method), medina_bytes_of(path),
                                        medina_bytes_of(fields), body);
    return reply_of(call, request);
}

medina_http_reply *medina_http_get(medina_call *call, const char *path, ...)
{
    struct text text = {0};
    va_list arguments;
    va_start(arguments, path);
    append_formatted(&text, path, arguments);
    va_end(arguments);
    medina_http_reply *reply = send(call, "GET", text.data ? text.data : "/",
                                    "Accept: application/json\n", (struct medina_bytes){0});
    free(text.data);
    return reply;
}

static void write_fields(char *fields, size_t size, const char *first, const char *key)
{
    snprintf(fields, size, "%sAccept: application/json\n%s%s%s", first,
             key ? "Idempotency-Key: " : "", key ? key : "", key ? "\n" : "");
}

medina_http_reply *medina_http_post(medina_call *call, const char *path, json_t *body,
                                    const char *idempotency_key)
{
    char fields[320];
    write_fields(fields, sizeof fields, "Content-Type: application/json\n", idempotency_key);
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    medina_http_reply *reply = send(call, "POST", path, fields, medina_bytes_of(text));
    free(text);
    return reply;
}

medina_http_reply *medina_http_post_file(medina_call *call, const char *path, const char *file,
                                         const char *idempotency_key)
{
    char fields[320];
    uint32_t request = 0;
    write_fields(fields, sizeof fields, "", idempotency_key);
    struct medina_http_file_request ask = {.timeout_ms = call->budget_ms,
                                           .method = medina_bytes_of("POST"),
                                           .path = medina_bytes_of(path),
                                           .fields = medina_bytes_of(fields),
                                           .file = medina_bytes_of(file)};
    if (medina_sdk.http_file)
        request = medina_sdk.http_file->send(medina_sdk.host->context, call->id, &ask);
    return reply_of(call, request);
}

static const struct medina_answer *ask_kv(medina_call *call, const struct medina_kv_request *kv)
{
    uint32_t request = 0;
    if (medina_sdk.kv)
        request = medina_sdk.kv->ask(medina_sdk.host->context, call->id, kv);
    return medina_call_wait(call, request);
}

enum medina_status medina_kv_get(medina_call *call, const char *key, struct medina_bytes *value)
{
    struct medina_kv_request kv = {.verb = MEDINA_KV_GET, .key = medina_bytes_of(key)};
    const struct medina_answer *answer = ask_kv(call, &kv);
    *value = (struct medina_bytes){answer->body, answer->size};
    return answer->status;
}

enum medina_status medina_kv_put(medina_call *call, const char *key, struct medina_bytes value,
                                 uint64_t ttl_ms)
{
    struct medina_kv_request kv = {.verb = MEDINA_KV_PUT,
                                   .key = medina_bytes_of(key),
                                   .value = value,
                                   .ttl_ms = ttl_ms};
    return ask_kv(call, &kv)->status;
}

enum medina_status medina_kv_delete(medina_call *call, const char *key)
{
    struct medina_kv_request kv = {.verb = MEDINA_KV_DELETE, .key = medina_bytes_of(key)};
    return ask_kv(call, &kv)->status;
}

enum medina_status medina_kv_compare_and_set(medina_call *call, const char *key,
                                             const struct medina_bytes *expected,
                                             struct medina_bytes value)
{
    struct medina_kv_request kv = {.verb = MEDINA_KV_COMPARE_AND_SET,
                                   .key = medina_bytes_of(key),
                                   .value = value};
    if (expected)
        kv.expected = *expected;
    return ask_kv(call, &kv)->status;
}

static enum medina_status ask_link(medina_call *call, uint32_t forget, const char *account,
                                   const char *label)
{
    uint32_t request = 0;
    if (medina_sdk.link)
        request = medina_sdk.link->ask(medina_sdk.host->context, call->id, forget,
                                       medina_bytes_of(account), medina_bytes_of(label));
    return medina_call_wait(call, request)->status;
}

enum medina_status medina_link(medina_call *call, const char *account, json_t *label)
{
    char *text = json_dumps(label, JSON_COMPACT);
    json_decref(label);
    enum medina_status status = ask_link(call, 0, account, text);
    free(text);
    return status;
}

enum medina_status medina_unlink(medina_call *call, const char *account)
{
    return ask_link(call, 1, account, "");
}

enum medina_status medina_publish(medina_call *call, const char *topic, json_t *result)
{
    uint32_t request = 0;
    char *text = result ? json_dumps(result, JSON_COMPACT) : NULL;
    json_decref(result);
    if (!text)
        return MEDINA_FAILED;
    if (medina_sdk.live)
        request = medina_sdk.live->publish(medina_sdk.host->context, call->id,
                                           medina_bytes_of(topic), medina_bytes_of(text));
    free(text);
    return medina_call_wait(call, request)->status;
}
