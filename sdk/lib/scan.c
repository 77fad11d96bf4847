/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over a plugin's storage: asks for one piece after the other (see medina/abi.h). */

#include "call.h"

#include <string.h>

struct medina_kv_cursor {
    medina_call *call;
    const char *prefix;
    struct medina_bytes after; /* the last key given out */
    const unsigned char *at;
    const unsigned char *end;
    bool more;
    enum medina_status status;
};

static char *keep(medina_call *call, const void *data, size_t size)
{
    char *copy = medina_call_alloc(call, size + 1);
    if (size)
        memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

static uint32_t number_at(const unsigned char *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* The next piece; false when there is none. */
static bool fetch(medina_kv_cursor *cursor)
{
    struct medina_kv_scan_request scan = {.prefix = medina_bytes_of(cursor->prefix),
                                          .after = cursor->after};
    uint32_t request = 0;
    if (medina_sdk.kv_scan)
        request = medina_sdk.kv_scan->ask(medina_sdk.host->context, cursor->call->id, &scan);
    const struct medina_answer *answer = medina_call_wait(cursor->call, request);
    cursor->status = answer->status;
    cursor->more = false;
    if (answer->status != MEDINA_OK || answer->size < 4)
        return false;
    cursor->at = (const unsigned char *)answer->body;
    cursor->end = cursor->at + answer->size;
    cursor->more = number_at(cursor->at) != 0;
    cursor->at += 4;
    return true;
}

medina_kv_cursor *medina_kv_scan(medina_call *call, const char *prefix, const char *after)
{
    medina_kv_cursor *cursor = medina_call_alloc(call, sizeof *cursor);
    *cursor = (medina_kv_cursor){.call = call,
                                 .prefix = keep(call, prefix, strlen(prefix)),
                                 .more = true};
    if (after)
        cursor->after = medina_bytes_of(keep(call, after, strlen(after)));
    return cursor;
}

bool medina_kv_next(medina_kv_cursor *cursor, medina_kv_pair *pair)
{
    if (cursor->at == cursor->end && (!cursor->more || !fetch(cursor)))
        return false;
    if (cursor->end - cursor->at < 8) {
        cursor->at = cursor->end;
        return false;
    }
    size_t key = number_at(cursor->at), value = number_at(cursor->at + 4);
    const char *text = keep(cursor->call, cursor->at + 8, key);
    char *bytes = keep(cursor->call, cursor->at + 8 + key, value);
    *pair = (medina_kv_pair){text, {bytes, value}};
    cursor->after = (struct medina_bytes){text, key};
    cursor->at += 8 + key + value;
    return true;
}

enum medina_status medina_kv_scan_status(const medina_kv_cursor *cursor)
{
    return cursor->status;
}
