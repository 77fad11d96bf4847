// SPDX-License-Identifier: Apache-2.0
#include "wire/frame.h"
#include "wire/message.h"

#include <criterion/criterion.h>
#include <stdlib.h>

struct received {
    struct buf log; // "type/call/request:size:checksum " a message
    int refuse_type;
};

static unsigned checksum(struct str bytes)
{
    unsigned sum = 0;
    for (size_t i = 0; i < bytes.size; i++)
        sum = sum * 31 + (unsigned char)bytes.data[i];
    return sum;
}

static int receive(void *context, const struct wire_message *message, struct err *err)
{
    struct received *received = context;
    if (message->type == received->refuse_type)
        return err_set(err, ERR_PROTOCOL, "refused");
    buf_printf(&received->log, "%u/%u/%u:%zu:%u ", message->type, message->call, message->request,
               message->payload.size, checksum(message->payload));
    return 0;
}

static char *filled(size_t size, unsigned seed)
{
    char *data = malloc(size);
    for (size_t i = 0; i < size; i++)
        data[i] = (char)(i * seed + i / 251);
    return data;
}

Test(frame, large_messages_interleave_and_small_ones_overtake_them)
{
    char *one = filled(100000, 3), *two = filled(50000, 7);
    struct wire_writer writer;
    struct buf out = {0};
    wire_writer_init(&writer);
    wire_put(&writer, &out, &(struct wire_message){WIRE_CALL, 1, 0, {one, 100000}});
    wire_put(&writer, &out, &(struct wire_message){WIRE_CALL, 2, 0, {two, 50000}});
    wire_put(&writer, &out, &(struct wire_message){WIRE_CALL, 3, 0, STR("small")});
    wire_put(&writer, &out, &(struct wire_message){WIRE_CANCEL, 1, 0, STR("")});
    while (wire_pump(&writer, &out, out.size + 40000))
        ;
    struct buf expected = {0};
    buf_printf(&expected, "%u/3/0:5:%u ", WIRE_CALL, checksum(STR("small")));
    buf_printf(&expected, "%u/2/0:50000:%u ", WIRE_CALL, checksum((struct str){two, 50000}));
    buf_printf(&expected, "%u/1/0:100000:%u ", WIRE_CALL, checksum((struct str){one, 100000}));
    buf_printf(&expected, "%u/1/0:0:0 ", WIRE_CANCEL);

    // However the bytes are cut on the way.
    for (size_t step = 1; step < 200000; step = step * 3 + 1) {
        struct wire_reader reader;
        struct received received = {0};
        wire_reader_init(&reader, 1 << 20, 1 << 20);
        for (size_t at = 0; at < out.size; at += step) {
            struct str piece = str_from_offset(buf_str(&out), at);
            piece.size = piece.size < step ? piece.size : step;
            cr_assert_eq(wire_feed(&reader, piece, receive, &received, NULL), 0);
        }
        cr_assert_str_eq(received.log.data, expected.data, "step %zu: %s", step, received.log.data);
        cr_assert_eq(reader.partial_bytes, 0);
        buf_finish(&received.log);
        wire_reader_finish(&reader);
    }
    buf_finish(&expected);
    buf_finish(&out);
    wire_writer_finish(&writer);
    free(one);
    free(two);
}

static int feed_once(struct str bytes, size_t message_limit, size_t total_limit, struct err *err)
{
    struct wire_reader reader;
    struct received received = {0};
    wire_reader_init(&reader, message_limit, total_limit);
    int rc = wire_feed(&reader, bytes, receive, &received, err);
    buf_finish(&received.log);
    wire_reader_finish(&reader);
    return rc;
}

Test(frame, a_lying_header_is_refused)
{
    struct err err;
    char header[WIRE_HEADER] = {0};
    header[2] = 1; // size 65536
    header[4] = WIRE_CALL;
    cr_assert_eq(feed_once((struct str){header, sizeof header}, 1 << 20, 1 << 20, &err),
                 ERR_PROTOCOL);
    cr_assert_str_eq(err.message, "frame of 65536 bytes, at most 16384 allowed");
    header[2] = 0;
    header[5] = 2; // a flag nobody knows
    cr_assert_eq(feed_once((struct str){header, sizeof header}, 1 << 20, 1 << 20, &err),
                 ERR_PROTOCOL);
    header[5] = 1; // a chunk that is not full
    cr_assert_eq(feed_once((struct str){header, sizeof header}, 1 << 20, 1 << 20, &err),
                 ERR_PROTOCOL);
}

Test(frame, messages_over_the_limits_are_refused)
{
    char *data = filled(60000, 5);
    struct wire_writer writer;
    struct buf out = {0};
    struct err err;
    wire_writer_init(&writer);
    for (uint32_t call = 1; call <= 3; call++)
        wire_put(&writer, &out, &(struct wire_message){WIRE_CALL, call, 0, {data, 60000}});
    while (wire_pump(&writer, &out, SIZE_MAX))
        ;
    cr_assert_eq(feed_once(buf_str(&out), 50000, 1 << 20, &err), ERR_LIMIT);
    cr_assert_eq(feed_once(buf_str(&out), 1 << 20, 100000, &err), ERR_LIMIT);
    cr_assert_eq(feed_once(buf_str(&out), 60000, 180000, &err), 0);
    buf_finish(&out);
    wire_writer_finish(&writer);
    free(data);
}

Test(message, what_was_encoded_is_decoded)
{
    struct wire_call sent = {.kind = WIRE_CALL_EVENT,
                             .budget_ms = 5000,
                             .operation = STR("list-bills"),
                             .caller = STR("{\"level\":2}"),
                             .input = STR("{}")};
    struct wire_call got = {0};
    struct buf payload = {0};
    wire_encode(WIRE_CALL, &sent, &payload);
    cr_assert_eq(wire_decode(WIRE_CALL, buf_str(&payload), &got, NULL), 0);
    cr_assert_eq(got.kind, sent.kind);
    cr_assert_eq(got.budget_ms, sent.budget_ms);
    cr_assert(str_equal(got.operation, sent.operation));
    cr_assert(str_equal(got.caller, sent.caller));
    cr_assert(str_equal(got.input, sent.input));
    buf_finish(&payload);
}

Test(message, a_payload_cut_anywhere_or_too_long_is_refused)
{
    struct wire_kv kv = {.verb = WIRE_KV_PUT, .key = STR("k"), .value = STR("v"), .ttl_ms = 9};
    struct buf payload = {0};
    wire_encode(WIRE_KV, &kv, &payload);
    for (size_t size = 0; size < payload.size; size++)
        cr_assert_eq(wire_decode(WIRE_KV, (struct str){payload.data, size}, &kv, NULL),
                     ERR_PROTOCOL);
    buf_append_char(&payload, 'x');
    cr_assert_eq(wire_decode(WIRE_KV, buf_str(&payload), &kv, NULL), ERR_PROTOCOL);
    buf_finish(&payload);
}

Test(message, a_runner_may_not_send_what_only_the_host_sends)
{
    cr_assert(wire_from_runner(WIRE_RESULT, false));
    cr_assert_not(wire_from_runner(WIRE_RESULT, true));
    cr_assert_not(wire_from_runner(WIRE_CALL, false));
    cr_assert_not(wire_from_runner(0, false));
    cr_assert_not(wire_from_runner(WIRE_TYPES, true));
    cr_assert(wire_from_host(WIRE_START, true));
    cr_assert_not(wire_from_host(WIRE_LOG, true));
}
