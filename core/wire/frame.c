// SPDX-License-Identifier: Apache-2.0
#include "wire/frame.h"

#include "base/mem.h"

#include <endian.h>
#include <stdlib.h>

enum { FLAG_MORE = 1 };

struct header {
    uint32_t size;
    uint8_t type;
    uint8_t flags;
    uint16_t zero;
    uint32_t call;
    uint32_t request;
};
_Static_assert(sizeof(struct header) == WIRE_HEADER, "the header has no holes");

static void put_frame(struct buf *out, const struct wire_message *message, struct str payload,
                      uint8_t flags)
{
    struct header header = {.size = htole32((uint32_t)payload.size),
                            .type = message->type,
                            .flags = flags,
                            .call = htole32(message->call),
                            .request = htole32(message->request)};
    buf_reserve(out, WIRE_HEADER + payload.size);
    buf_append(out, &header, WIRE_HEADER);
    buf_append_str(out, payload);
}

// ---- writing ----

struct large_message {
    struct list node;
    struct wire_message message; // payload owned
    size_t sent;
    uint64_t number; // in order of wire_put
};

void wire_writer_init(struct wire_writer *writer)
{
    *writer = (struct wire_writer){0};
    list_init(&writer->large);
}

static void large_free(struct large_message *large)
{
    list_remove(&large->node);
    free((void *)large->message.payload.data);
    free(large);
}

void wire_writer_finish(struct wire_writer *writer)
{
    while (!list_empty(&writer->large))
        large_free(LIST_ELEMENT(writer->large.next, struct large_message, node));
}

static bool call_is_kept(const struct wire_writer *writer, uint32_t call)
{
    for (struct list *node = writer->large.next; node != &writer->large; node = node->next)
        if (LIST_ELEMENT(node, struct large_message, node)->message.call == call)
            return true;
    return false;
}

void wire_put(struct wire_writer *writer, struct buf *out, const struct wire_message *message)
{
    if (message->payload.size <= WIRE_CHUNK &&
        (list_empty(&writer->large) || !call_is_kept(writer, message->call))) {
        put_frame(out, message, message->payload, 0);
        return;
    }
    struct large_message *large = mem_zero(1, sizeof *large);
    large->message = *message;
    large->message.payload.data = mem_copy(message->payload.data, message->payload.size);
    large->number = writer->next_number++;
    writer->kept += message->payload.size;
    list_append(&writer->large, &large->node);
}

// True when an earlier message of the same call is not out yet.
static bool must_wait(const struct wire_writer *writer, const struct large_message *large)
{
    for (const struct list *node = writer->large.next; node != &writer->large; node = node->next) {
        const struct large_message *other = LIST_ELEMENT(node, struct large_message, node);
        if (other->message.call == large->message.call && other->number < large->number)
            return true;
    }
    return false;
}

static size_t put_chunk(struct large_message *large, struct buf *out)
{
    struct str rest = str_from_offset(large->message.payload, large->sent);
    bool more = rest.size > WIRE_CHUNK;
    if (more)
        rest.size = WIRE_CHUNK;
    put_frame(out, &large->message, rest, more ? FLAG_MORE : 0);
    large->sent += rest.size;
    if (!more)
        large_free(large);
    return rest.size;
}

bool wire_pump(struct wire_writer *writer, struct buf *out, size_t budget)
{
    // Whoever sent a chunk goes to the end of the row: every message gets its turn, however small
    // the budget. One that waits for an earlier message of its call only steps back.
    while (!list_empty(&writer->large) && out->size < budget) {
        struct large_message *large = LIST_ELEMENT(writer->large.next, struct large_message, node);
        list_remove(&large->node);
        list_append(&writer->large, &large->node);
        if (!must_wait(writer, large))
            writer->kept -= put_chunk(large, out);
    }
    return !list_empty(&writer->large);
}

// ---- reading ----

struct partial_message {
    struct list node;
    uint8_t type;
    uint32_t call;
    uint32_t request;
    struct buf payload;
};

void wire_reader_init(struct wire_reader *reader, size_t message_limit, size_t total_limit)
{
    *reader = (struct wire_reader){.message_limit = message_limit, .total_limit = total_limit};
    list_init(&reader->partial_messages);
}

static void partial_free(struct wire_reader *reader, struct partial_message *partial)
{
    reader->partial_bytes -= partial->payload.size;
    list_remove(&partial->node);
    buf_finish(&partial->payload);
    free(partial);
}

void wire_reader_finish(struct wire_reader *reader)
{
    while (!list_empty(&reader->partial_messages))
        partial_free(reader,
                     LIST_ELEMENT(reader->partial_messages.next, struct partial_message, node));
    buf_finish(&reader->partial_frame);
}

void wire_forget(struct wire_reader *reader, uint32_t call)
{
    LIST_EACH(&reader->partial_messages, node)
    {
        struct partial_message *partial = LIST_ELEMENT(node, struct partial_message, node);
        if (partial->call == call)
            partial_free(reader, partial);
    }
}

static struct partial_message *partial_find(struct wire_reader *reader, const struct header *header)
{
    LIST_EACH(&reader->partial_messages, node)
    {
        struct partial_message *partial = LIST_ELEMENT(node, struct partial_message, node);
        if (partial->call == header->call && partial->request == header->request &&
            partial->type == header->type)
            return partial;
    }
    return NULL;
}

static int gather(struct wire_reader *reader, const struct header *header, struct str payload,
                  struct partial_message **out, struct err *err)
{
    struct partial_message *partial = partial_find(reader, header);
    size_t size = (partial ? partial->payload.size : 0) + payload.size;
    if (size > reader->message_limit)
        return err_set(err, ERR_LIMIT, "message of type %u is over %zu bytes", header->type,
                       reader->message_limit);
    if (reader->partial_bytes + payload.size > reader->total_limit)
        return err_set(err, ERR_LIMIT, "incomplete messages are over %zu bytes",
                       reader->total_limit);
    if (!partial) {
        partial = mem_zero(1, sizeof *partial);
        partial->type = header->type;
        partial->call = header->call;
        partial->request = header->request;
        list_append(&reader->partial_messages, &partial->node);
    }
    buf_append_str(&partial->payload, payload);
    reader->partial_bytes += payload.size;
    *out = partial;
    return 0;
}

typedef int deliver_function(void *context, const struct wire_message *message, struct err *err);

static int take_frame(struct wire_reader *reader, const struct header *header, struct str payload,
                      deliver_function *deliver, void *context, struct err *err)
{
    struct wire_message message = {header->type, header->call, header->request, payload};
    bool more = header->flags & FLAG_MORE;
    bool alone = !more && list_empty(&reader->partial_messages);
    if (alone || (!more && !partial_find(reader, header))) {
        if (payload.size > reader->message_limit)
            return err_set(err, ERR_LIMIT, "message of type %u is over %zu bytes", header->type,
                           reader->message_limit);
        return deliver(context, &message, err);
    }
    struct partial_message *partial = NULL;
    int rc = gather(reader, header, payload, &partial, err);
    if (rc < 0 || more)
        return rc;
    // Unlinked first: deliver may forget the call.
    list_remove(&partial->node);
    reader->partial_bytes -= partial->payload.size;
    message.payload = buf_str(&partial->payload);
    rc = deliver(context, &message, err);
    buf_finish(&partial->payload);
    free(partial);
    return rc;
}

static int read_header(struct header *header, const char *data, struct err *err)
{
    memcpy(header, data, WIRE_HEADER);
    header->size = le32toh(header->size);
    header->call = le32toh(header->call);
    header->request = le32toh(header->request);
    if (header->size > WIRE_CHUNK)
        return err_set(err, ERR_PROTOCOL, "frame of %u bytes, at most %d allowed", header->size,
                       WIRE_CHUNK);
    if (header->zero != 0 || (header->flags & ~FLAG_MORE) != 0)
        return err_set(err, ERR_PROTOCOL, "frame with unknown flags");
    if ((header->flags & FLAG_MORE) && header->size != WIRE_CHUNK)
        return err_set(err, ERR_PROTOCOL, "chunk of %u bytes is not full", header->size);
    return 0;
}

// Takes the whole frames at the start of bytes; *used says how many bytes they were.
static int take_frames(struct wire_reader *reader, struct str bytes, size_t *used,
                       deliver_function *deliver, void *context, struct err *err)
{
    *used = 0;
    while (bytes.size - *used >= WIRE_HEADER) {
        struct header header;
        int rc = read_header(&header, bytes.data + *used, err);
        if (rc < 0)
            return rc;
        if (bytes.size - *used - WIRE_HEADER < header.size)
            return 0;
        struct str payload = {bytes.data + *used + WIRE_HEADER, header.size};
        rc = take_frame(reader, &header, payload, deliver, context, err);
        if (rc < 0)
            return rc;
        *used += WIRE_HEADER + header.size;
    }
    return 0;
}

int wire_feed(struct wire_reader *reader, struct str bytes, deliver_function *deliver,
              void *context, struct err *err)
{
    size_t used;
    if (reader->partial_frame.size == 0) {
        int rc = take_frames(reader, bytes, &used, deliver, context, err);
        if (rc < 0)
            return rc;
        if (used < bytes.size)
            buf_append_str(&reader->partial_frame, str_from_offset(bytes, used));
        return 0;
    }
    buf_append_str(&reader->partial_frame, bytes);
    int rc = take_frames(reader, buf_str(&reader->partial_frame), &used, deliver, context, err);
    if (rc < 0)
        return rc;
    buf_drop(&reader->partial_frame, used);
    return 0;
}
