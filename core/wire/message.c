// SPDX-License-Identifier: Apache-2.0
#include "wire/message.h"

#include <endian.h>
#include <stddef.h>

enum field_kind { FIELD_END, FIELD_U32, FIELD_U64, FIELD_STR };

struct field {
    enum field_kind kind;
    size_t offset;
};

enum { MAX_FIELDS = 11 }; // the end included

struct description {
    const char *name;
    bool to_runner;
    bool control;
    struct field fields[MAX_FIELDS];
};

#define U32(type, member)                                                                          \
    {                                                                                              \
        FIELD_U32, offsetof(struct type, member)                                                   \
    }
#define U64(type, member)                                                                          \
    {                                                                                              \
        FIELD_U64, offsetof(struct type, member)                                                   \
    }
#define TEXT(type, member)                                                                         \
    {                                                                                              \
        FIELD_STR, offsetof(struct type, member)                                                   \
    }

static const struct description descriptions[WIRE_TYPES] = {
    [WIRE_START] = {"start",
                    true,
                    true,
                    {TEXT(wire_start, instance), TEXT(wire_start, configuration),
                     TEXT(wire_start, data), U64(wire_start, memory_bytes),
                     U64(wire_start, scratch_bytes), U32(wire_start, loading_s),
                     U32(wire_start, landlock_abi), U32(wire_start, layers),
                     U32(wire_start, required), U32(wire_start, probe)}},
    [WIRE_SANDBOXED] = {"sandboxed",
                        false,
                        true,
                        {U32(wire_sandboxed, layers), U32(wire_sandboxed, landlock_abi)}},
    [WIRE_STARTED] = {"started", false, true, {U32(wire_started, ok), TEXT(wire_started, message)}},
    [WIRE_DATA] = {"data", true, true, {TEXT(wire_data, data)}},
    [WIRE_DATA_TAKEN] = {"data-taken",
                         false,
                         true,
                         {U32(wire_started, ok), TEXT(wire_started, message)}},
    [WIRE_STOP] = {"stop", true, true, {{0}}},
    [WIRE_LOG] = {"log", false, true, {U32(wire_log, level), TEXT(wire_log, text)}},
    [WIRE_CALL] = {"call",
                   true,
                   false,
                   {U32(wire_call, kind), U32(wire_call, budget_ms), TEXT(wire_call, operation),
                    TEXT(wire_call, caller), TEXT(wire_call, input)}},
    [WIRE_CANCEL] = {"cancel", true, false, {{0}}},
    [WIRE_RESULT] = {"result",
                     false,
                     false,
                     {U32(wire_result, status), TEXT(wire_result, code), TEXT(wire_result, body)}},
    [WIRE_HTTP] = {"http",
                   false,
                   false,
                   {U32(wire_http, timeout_ms), TEXT(wire_http, method), TEXT(wire_http, path),
                    TEXT(wire_http, fields), TEXT(wire_http, body), TEXT(wire_http, file)}},
    [WIRE_KV] = {"kv",
                 false,
                 false,
                 {U32(wire_kv, verb), TEXT(wire_kv, key), TEXT(wire_kv, value),
                  TEXT(wire_kv, expected), U64(wire_kv, ttl_ms), U32(wire_kv, limit)}},
    [WIRE_LINK] = {"link",
                   false,
                   false,
                   {U32(wire_link, verb), TEXT(wire_link, account), TEXT(wire_link, label)}},
    [WIRE_ANSWER] = {"answer",
                     true,
                     false,
                     {U32(wire_answer, status), U32(wire_answer, number), TEXT(wire_answer, text),
                      TEXT(wire_answer, body)}},
    [WIRE_PUBLISH] = {"publish",
                      false,
                      false,
                      {TEXT(wire_publish, topic), TEXT(wire_publish, result)}},
};

void wire_encode(enum wire_type type, const void *message, struct buf *out)
{
    const char *base = message;
    for (const struct field *field = descriptions[type].fields; field->kind; field++) {
        const char *at = base + field->offset;
        if (field->kind == FIELD_U32) {
            uint32_t value = htole32(*(const uint32_t *)(const void *)at);
            buf_append(out, &value, sizeof value);
        } else if (field->kind == FIELD_U64) {
            uint64_t value = htole64(*(const uint64_t *)(const void *)at);
            buf_append(out, &value, sizeof value);
        } else {
            const struct str *text = (const void *)at;
            uint32_t size = htole32((uint32_t)text->size);
            buf_append(out, &size, sizeof size);
            buf_append_str(out, *text);
        }
    }
}

static bool take(struct str *payload, void *out, size_t size)
{
    if (payload->size < size)
        return false;
    memcpy(out, payload->data, size);
    *payload = str_from_offset(*payload, size);
    return true;
}

static bool take_field(const struct field *field, struct str *payload, char *at)
{
    uint32_t number = 0;
    uint64_t large = 0;
    if (field->kind == FIELD_U64) {
        if (!take(payload, &large, sizeof large))
            return false;
        *(uint64_t *)(void *)at = le64toh(large);
        return true;
    }
    if (!take(payload, &number, sizeof number))
        return false;
    number = le32toh(number);
    if (field->kind == FIELD_U32) {
        *(uint32_t *)(void *)at = number;
        return true;
    }
    if (payload->size < number)
        return false;
    *(struct str *)(void *)at = (struct str){payload->data, number};
    *payload = str_from_offset(*payload, number);
    return true;
}

int wire_decode(enum wire_type type, struct str payload, void *message, struct err *err)
{
    const struct description *description = &descriptions[type];
    for (const struct field *field = description->fields; field->kind; field++)
        if (!take_field(field, &payload, (char *)message + field->offset))
            return err_set(err, ERR_PROTOCOL, "%s message: field %d is cut short",
                           description->name, (int)(field - description->fields));
    if (payload.size)
        return err_set(err, ERR_PROTOCOL, "%s message: %zu bytes too many", description->name,
                       payload.size);
    return 0;
}

const char *wire_name(uint8_t type)
{
    return type > 0 && type < WIRE_TYPES ? descriptions[type].name : "?";
}

bool wire_from_runner(uint8_t type, bool control)
{
    return type > 0 && type < WIRE_TYPES && !descriptions[type].to_runner &&
           descriptions[type].control == control;
}

bool wire_from_host(uint8_t type, bool control)
{
    return type > 0 && type < WIRE_TYPES && descriptions[type].to_runner &&
           descriptions[type].control == control;
}
