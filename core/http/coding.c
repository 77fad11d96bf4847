// SPDX-License-Identifier: Apache-2.0
#include "http/coding.h"

#include "base/mem.h"

#include <limits.h>
#include <stdlib.h>
#define ZLIB_CONST // zlib only reads what it is given
#include <zlib.h>

enum { LEVEL = 6, WINDOW = 15, GZIP_HEAD = 16, MEMORY = 8 };

struct http_compressor {
    z_stream stream;
    size_t least_bytes;
    bool ready;
};

// "q=0", "q=0.000" (RFC 9110 section 12.4.2).
static bool is_zero(struct str weight)
{
    if (!str_starts(weight, STR("q=0")))
        return false;
    for (size_t i = 2; i < weight.size; i++)
        if (weight.data[i] != '0' && weight.data[i] != '.')
            return false;
    return true;
}

bool http_accepts_coding(const struct http_request *request, const char *coding)
{
    struct str field = http_request_field(request, "accept-encoding");
    while (field.size) {
        struct str weight = str_cut(&field, ',');
        struct str name = str_trim(str_cut(&weight, ';'));
        if (str_equal_ignoring_case(name, str_from(coding)))
            return !is_zero(str_trim(weight));
    }
    return false;
}

void http_compressor_create(struct http_compressor **out, size_t least_bytes)
{
    struct http_compressor *compressor = mem_zero(1, sizeof *compressor);
    compressor->least_bytes = least_bytes;
    compressor->ready =
        least_bytes > 0 && deflateInit2(&compressor->stream, LEVEL, Z_DEFLATED, WINDOW + GZIP_HEAD,
                                        MEMORY, Z_DEFAULT_STRATEGY) == Z_OK;
    *out = compressor;
}

void http_compressor_destroy(struct http_compressor *compressor)
{
    if (compressor && compressor->ready)
        deflateEnd(&compressor->stream);
    free(compressor);
}

// The gzip form, shorter than the body; false when there is none.
static bool deflate_body(struct http_compressor *compressor, struct str body, struct buf *out)
{
    z_stream *stream = &compressor->stream;
    if (body.size > UINT_MAX || deflateReset(stream) != Z_OK)
        return false;
    stream->next_in = (const Bytef *)body.data;
    stream->avail_in = (uInt)body.size;
    buf_reserve(out, body.size);
    stream->next_out = (Bytef *)out->data;
    stream->avail_out = (uInt)body.size;
    if (deflate(stream, Z_FINISH) != Z_STREAM_END)
        return false;
    out->size = body.size - stream->avail_out;
    out->data[out->size] = '\0';
    return true;
}

void http_compress(struct http_compressor *compressor, const struct http_request *request,
                   struct http_reply *reply)
{
    struct buf smaller = {0};
    if (!compressor->ready || reply->streamed || reply->borrowed_body.data ||
        reply->body.size < compressor->least_bytes)
        return;
    http_reply_field(reply, "vary", STR("Accept-Encoding"));
    if (!http_accepts_coding(request, "gzip") ||
        !deflate_body(compressor, buf_str(&reply->body), &smaller)) {
        buf_finish(&smaller);
        return;
    }
    http_reply_field(reply, "content-encoding", STR("gzip"));
    buf_finish(&reply->body);
    reply->body = smaller;
}
