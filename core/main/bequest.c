// SPDX-License-Identifier: Apache-2.0
#include "main/bequest.h"

#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { VERSION = 1, MOST_TEXT = 128 * 1024, MOST_FDS = LISTENERS_MOST + 1, PATIENCE_SECONDS = 10 };

// Room for the descriptors of one message, aligned as the kernel wants it.
union rights {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(MOST_FDS * sizeof(int))];
};

// ---- sending ----

static void describe(const struct bequest *bequest, struct buf *out)
{
    json_t *sockets = json_array();
    for (unsigned i = 0; i < bequest->listeners.count; i++) {
        const struct listener *listener = &bequest->listeners.at[i];
        json_array_append_new(sockets, json_pack("{s:s, s:s, s:i}", "role",
                                                 listener_role_name(listener->role), "address",
                                                 listener->address, "port", (int)listener->port));
    }
    json_t *document =
        json_pack("{s:i, s:o, s:O, s:I}", "version", VERSION, "sockets", sockets, "serving",
                  bequest->serving, "leave_ms", (json_int_t)bequest->leave_ms);
    json_append_canonical(out, document);
    buf_append_char(out, '\n');
    json_decref(document);
}

static void attach(struct msghdr *message, union rights *rights, const struct bequest *bequest)
{
    int fds[MOST_FDS];
    unsigned count = 0;
    for (; count < bequest->listeners.count; count++)
        fds[count] = bequest->listeners.at[count].fd;
    fds[count++] = bequest->log;
    message->msg_control = rights;
    message->msg_controllen = CMSG_SPACE(count * sizeof *fds);
    rights->head.cmsg_level = SOL_SOCKET;
    rights->head.cmsg_type = SCM_RIGHTS;
    rights->head.cmsg_len = CMSG_LEN(count * sizeof *fds);
    memcpy(CMSG_DATA(&rights->head), fds, count * sizeof *fds);
}

int bequest_send(int fd, const struct bequest *bequest, struct err *err)
{
    struct buf text = {0};
    union rights rights = {0};
    describe(bequest, &text);
    struct iovec bytes = {text.data, text.size};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1};
    attach(&message, &rights, bequest);
    int rc = 0;
    if (text.size > MOST_TEXT)
        rc = err_set(err, ERR_LIMIT, "too many plugins to name: %zu bytes", text.size);
    // The socket is new and its buffer is larger than that, so it takes the message whole.
    else if (sendmsg(fd, &message, MSG_NOSIGNAL) != (ssize_t)text.size)
        rc = err_set(err, ERR_IO, "cannot hand over the sockets: %s", strerror(errno));
    buf_finish(&text);
    return rc;
}

// ---- receiving ----

struct arrival {
    struct buf text;
    int fds[MOST_FDS];
    unsigned count; // of fds
    unsigned taken; // of them
};

static void keep_fds(struct arrival *arrival, struct msghdr *message)
{
    for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
            continue;
        arrival->count = (unsigned)((head->cmsg_len - CMSG_LEN(0)) / sizeof *arrival->fds);
        memcpy(arrival->fds, CMSG_DATA(head), arrival->count * sizeof *arrival->fds);
    }
}

static int read_message(int fd, struct arrival *arrival, struct err *err)
{
    char piece[16 * 1024];
    struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    do {
        union rights rights = {0};
        struct iovec bytes = {piece, sizeof piece};
        struct msghdr message = {.msg_iov = &bytes,
                                 .msg_iovlen = 1,
                                 .msg_control = arrival->count ? NULL : &rights,
                                 .msg_controllen = arrival->count ? 0 : sizeof rights};
        ssize_t size = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
        if (size <= 0)
            return err_set(err, ERR_IO, "the host that is to be replaced says nothing: %s",
                           size == 0 ? "it has gone" : strerror(errno));
        if (!arrival->count)
            keep_fds(arrival, &message);
        buf_append(&arrival->text, piece, (size_t)size);
    } while (arrival->text.size < MOST_TEXT && arrival->text.data[arrival->text.size - 1] != '\n');
    return 0;
}

static int read_socket(struct arrival *arrival, const json_t *entry, struct bequest *out,
                       struct err *err)
{
    struct listener listener = {.port = (unsigned)json_get_integer(entry, "port", 0)};
    const char *address = json_get_string(entry, "address");
    if (!listener_role_from(json_get_string(entry, "role"), &listener.role) || !address ||
        arrival->taken == arrival->count || out->listeners.count == LISTENERS_MOST)
        return err_set(err, ERR_PROTOCOL,
                       "the host that is to be replaced hands over a socket "
                       "that this one does not know");
    snprintf(listener.address, sizeof listener.address, "%s", address);
    listener.fd = arrival->fds[arrival->taken++];
    out->listeners.at[out->listeners.count++] = listener;
    return 0;
}

static int read_bequest(struct arrival *arrival, const json_t *document, struct bequest *out,
                        struct err *err)
{
    size_t index;
    json_t *entry;
    int rc = 0;
    if (json_get_integer(document, "version", 0) != VERSION)
        return err_set(err, ERR_PROTOCOL,
                       "the host that is to be replaced hands over in another way; stop it and "
                       "start this one");
    json_array_foreach(json_object_get(document, "sockets"), index, entry)
    {
        rc = rc == 0 ? read_socket(arrival, entry, out, err) : rc;
    }
    if (rc == 0 && arrival->taken < arrival->count)
        out->log = arrival->fds[arrival->taken++];
    out->serving = json_incref(json_object_get(document, "serving"));
    out->leave_ms = (uint64_t)json_get_integer(document, "leave_ms", 0);
    return rc;
}

int bequest_receive(int fd, struct bequest *out, struct err *err)
{
    struct arrival arrival = {0};
    *out = (struct bequest){.log = -1};
    int rc = read_message(fd, &arrival, err);
    json_t *document = rc == 0 ? json_parse(buf_str(&arrival.text), err) : NULL;
    if (rc == 0)
        rc = document ? read_bequest(&arrival, document, out, err) : ERR_PROTOCOL;
    while (arrival.taken < arrival.count)
        close(arrival.fds[arrival.taken++]);
    json_decref(document);
    buf_finish(&arrival.text);
    if (rc < 0)
        bequest_finish(out);
    return rc;
}

void bequest_finish(struct bequest *bequest)
{
    for (unsigned i = 0; i < bequest->listeners.count; i++)
        close(bequest->listeners.at[i].fd);
    bequest->listeners.count = 0;
    if (bequest->log >= 0)
        close(bequest->log);
    bequest->log = -1;
    json_decref(bequest->serving);
    bequest->serving = NULL;
}
