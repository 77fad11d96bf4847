// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_BASE_BUF_H
#define MEDINA_BASE_BUF_H

#include "base/str.h"

#include <stdarg.h>

// A growable run of bytes. Zero-initialised is valid and empty; data is NUL-terminated whenever it
// is not NULL. Not safe to share between threads.
struct buf {
    char *data;
    size_t size;
    size_t capacity;
};

void buf_finish(struct buf *buf);                // frees; the buf is empty and usable again
void buf_clear(struct buf *buf);                 // size 0, memory kept
void buf_reserve(struct buf *buf, size_t extra); // room for extra more bytes and a NUL
void buf_append(struct buf *buf, const void *data, size_t size);
void buf_append_str(struct buf *buf, struct str text);
void buf_append_text(struct buf *buf, const char *text);
// All of them, NULL ends; several times faster than buf_printf where an answer is made of pieces.
void buf_append_texts(struct buf *buf, const char *first, ...) __attribute__((sentinel));
void buf_append_char(struct buf *buf, char c);
void buf_append_integer(struct buf *buf, int64_t value);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list arguments);

// Removes the first size bytes (size ≤ buf->size).
void buf_drop(struct buf *buf, size_t size);

// Hands the bytes over: the caller frees them with free(); never NULL. The buf is empty again.
char *buf_detach(struct buf *buf);

static inline struct str buf_str(const struct buf *buf)
{
    return (struct str){buf->data, buf->size};
}

#endif
