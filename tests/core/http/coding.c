// SPDX-License-Identifier: Apache-2.0
#include "http/coding.h"

#include "base/mem.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <zlib.h>

enum { LEAST = 100 };

static struct http_compressor *compressor;

static void make(void)
{
    http_compressor_create(&compressor, LEAST);
}

static void end(void)
{
    http_compressor_destroy(compressor);
}

TestSuite(coding, .init = make, .fini = end);

static struct http_reply reply_of(char letter, size_t size)
{
    struct http_reply reply = {.status = 200};
    for (size_t i = 0; i < size; i++)
        buf_append_char(&reply.body, letter);
    return reply;
}

static void compress_for(struct http_reply *reply, const char *accepted)
{
    struct http_field field = {STR("accept-encoding"), str_from(accepted)};
    struct http_request request = {.fields = &field, .field_count = 1};
    http_compress(compressor, &request, reply);
}

static bool says(const struct http_reply *reply, const char *line)
{
    struct str fields = buf_str(&reply->fields);
    return fields.data && strstr(fields.data, line);
}

static void finish(struct http_reply *reply)
{
    buf_finish(&reply->fields);
    buf_finish(&reply->body);
}

static void assert_unpacks_to(const struct http_reply *reply, char letter, size_t size)
{
    char *plain = mem_alloc(size + 1);
    z_stream stream = {.next_in = (Bytef *)reply->body.data,
                       .avail_in = (uInt)reply->body.size,
                       .next_out = (Bytef *)plain,
                       .avail_out = (uInt)size + 1};
    cr_assert(eq(int, inflateInit2(&stream, 15 + 16), Z_OK));
    cr_expect(eq(int, inflate(&stream, Z_FINISH), Z_STREAM_END));
    cr_expect(eq(sz, stream.total_out, size));
    for (size_t i = 0; i < size; i++)
        cr_assert(plain[i] == letter);
    inflateEnd(&stream);
    free(plain);
}

Test(coding, a_page_leaves_as_gzip_and_unpacks_to_itself_again_and_again)
{
    for (int i = 0; i < 3; i++) {
        struct http_reply reply = reply_of((char)('a' + i), 5000);
        compress_for(&reply, "gzip, deflate, br");
        cr_expect(says(&reply, "content-encoding: gzip\r\n"));
        cr_expect(says(&reply, "vary: Accept-Encoding\r\n"));
        cr_expect(lt(sz, reply.body.size, 100));
        assert_unpacks_to(&reply, (char)('a' + i), 5000);
        finish(&reply);
    }
}

Test(coding, who_does_not_take_gzip_gets_the_page_as_it_is)
{
    static const char *const fields[] = {"", "br", "gzip;q=0", "gzip ; q=0.0", "x-gzip"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct http_reply reply = reply_of('a', 5000);
        compress_for(&reply, fields[i]);
        cr_expect(eq(sz, reply.body.size, 5000), "%s", fields[i]);
        cr_expect(not(says(&reply, "content-encoding")), "%s", fields[i]);
        cr_expect(says(&reply, "vary: Accept-Encoding\r\n"), "a cache must tell them apart");
        finish(&reply);
    }
}

Test(coding, a_small_body_a_borrowed_and_a_streamed_one_are_left_alone)
{
    struct http_reply small = reply_of('a', LEAST - 1), borrowed = reply_of('a', LEAST),
                      streamed = reply_of('a', LEAST);
    borrowed.borrowed_body = STR("lent");
    streamed.streamed = true;
    compress_for(&small, "gzip");
    compress_for(&borrowed, "gzip");
    compress_for(&streamed, "gzip");
    cr_expect(eq(sz, small.body.size, LEAST - 1));
    cr_expect(eq(sz, borrowed.body.size, LEAST));
    cr_expect(eq(sz, streamed.body.size, LEAST));
    cr_expect(not(says(&small, "gzip") || says(&borrowed, "gzip") || says(&streamed, "gzip")));
    finish(&small);
    finish(&borrowed);
    finish(&streamed);
}

Test(coding, what_would_not_become_smaller_stays_as_it_is)
{
    struct http_reply reply = {.status = 200};
    uint32_t random = 1;
    for (int i = 0; i < 300; i++) {
        random = random * 1664525 + 1013904223;
        buf_append_char(&reply.body, (char)(random >> 24));
    }
    compress_for(&reply, "gzip");
    cr_expect(eq(sz, reply.body.size, 300));
    cr_expect(not(says(&reply, "content-encoding")));
    finish(&reply);
}

Test(coding, it_can_be_switched_off)
{
    struct http_reply reply = reply_of('a', 5000);
    http_compressor_destroy(compressor);
    http_compressor_create(&compressor, 0);
    compress_for(&reply, "gzip");
    cr_expect(eq(sz, reply.body.size, 5000));
    finish(&reply);
}
