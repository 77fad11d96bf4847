// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

void buf_finish(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){0};
}

void buf_clear(struct buf *buf)
{
    buf->size = 0;
    if (buf->data)
        buf->data[0] = '\0';
}

void buf_reserve(struct buf *buf, size_t extra)
{
    size_t needed = buf->size + extra + 1;
    if (needed <= buf->capacity)
        return;
    size_t capacity = buf->capacity ? buf->capacity : 256;
    while (capacity < needed)
        capacity += capacity / 2;
    buf->data = mem_resize(buf->data, capacity);
    buf->capacity = capacity;
}

void buf_append(struct buf *buf, const void *data, size_t size)
{
    buf_reserve(buf, size);
    if (size)
        memcpy(buf->data + buf->size, data, size);
    buf->size += size;
    buf->data[buf->size] = '\0';
}

void buf_append_str(struct buf *buf, struct str text)
{
    buf_append(buf, text.data, text.size);
}

void buf_append_text(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_append_char(struct buf *buf, char c)
{
    buf_append(buf, &c, 1);
}

void buf_append_texts(struct buf *buf, const char *first, ...)
{
    va_list rest;
    va_start(rest, first);
    for (const char *text = first; text; text = va_arg(rest, const char *))
        buf_append_text(buf, text);
    va_end(rest);
}

void buf_append_integer(struct buf *buf, int64_t value)
{
    char digits[24];
    char *at = digits + sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + rest % 10);
    while (rest /= 10);
    if (value < 0)
        *--at = '-';
    buf_append(buf, at, (size_t)(digits + sizeof digits - at));
}

void buf_vprintf(struct buf *buf, const char *format, va_list arguments)
{
    enum { GUESS = 128 };
    va_list again;
    va_copy(again, arguments);
    buf_reserve(buf, GUESS);
    size_t room = buf->capacity - buf->size;
    int size = vsnprintf(buf->data + buf->size, room, format, arguments);
    // Most texts are short; only what did not fit is formatted a second time.
    if (size >= 0 && (size_t)size >= room) {
        buf_reserve(buf, (size_t)size);
        vsnprintf(buf->data + buf->size, (size_t)size + 1, format, again);
    }
    va_end(again);
    if (size >= 0)
        buf->size += (size_t)size;
    buf->data[buf->size] = '\0';
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buf_vprintf(buf, format, arguments);
    va_end(arguments);
}

void buf_drop(struct buf *buf, size_t size)
{
    if (size == 0)
        return;
    memmove(buf->data, buf->data + size, buf->size - size + 1);
    buf->size -= size;
}

char *buf_detach(struct buf *buf)
{
    if (!buf->data)
        buf_reserve(buf, 0), buf->data[0] = '\0';
    char *data = buf->data;
    *buf = (struct buf){0};
    return data;
}
