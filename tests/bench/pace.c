// SPDX-License-Identifier: Apache-2.0
// bench-pace PORT TOKEN RUN RATE SECONDS INSTANCE: payments at an even rate, whatever the answers
// take. A payment's time runs from the instant at which it was due, not from when a connection was
// free to send it, so that a stalled server is not asked less and then looks fast ("coordinated
// omission"). Prints the count, failures and percentiles in microseconds.
#include "base/clock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS = 64, REPLY = 16 * 1024, DRAIN_S = 10 };

struct connection {
    int fd;
    size_t size;  // of the reply so far
    uint64_t due; // of the payment under way, 0 when free
    char reply[REPLY];
};

struct pace {
    const char *token, *run, *instance;
    struct connection at[CONNECTIONS];
    uint64_t *times; // ns
    size_t planned, sent, answered, failed;
};

static void die(const char *what)
{
    fprintf(stderr, "bench-pace: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int open_connection(uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || (connect(fd, (void *)&to, sizeof to) < 0 && errno != EINPROGRESS))
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

// A request is far smaller than a socket's buffer: it goes in one piece or not at all.
static void send_payment(struct pace *pace, struct connection *connection, uint64_t due)
{
    char body[256], request[1024];
    int size =
        snprintf(body, sizeof body,
                 "{\"method\":\"wallet\",\"items\":[{\"instance\":\"%s\",\"item\":\"%s-%zu\"}]}",
                 pace->instance, pace->run, pace->sent);
    int total =
        snprintf(request, sizeof request,
                 "POST /v1/payments HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer %s\r\n"
                 "content-type: application/json\r\nidempotency-key: %s-%zu\r\n"
                 "content-length: %d\r\n\r\n%s",
                 pace->token, pace->run, pace->sent, size, body);
    if (write(connection->fd, request, (size_t)total) != total)
        die("write");
    connection->due = due;
    connection->size = 0;
    pace->sent++;
}

// The whole reply is there: its head, and as many bytes as it says.
static bool is_complete(struct connection *connection)
{
    connection->reply[connection->size] = 0;
    const char *body = strstr(connection->reply, "\r\n\r\n");
    const char *length = strcasestr(connection->reply, "content-length:");
    if (!body || !length || length > body)
        return false;
    size_t head = (size_t)(body + 4 - connection->reply);
    return connection->size >= head + strtoul(length + 15, NULL, 10);
}

static void read_reply(struct pace *pace, struct connection *connection)
{
    ssize_t got =
        read(connection->fd, connection->reply + connection->size, REPLY - 1 - connection->size);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0)
        die("read");
    connection->size += (size_t)got;
    if (!connection->due || !is_complete(connection))
        return;
    pace->times[pace->answered++] = clock_monotonic_ns() - connection->due;
    pace->failed += strncmp(connection->reply, "HTTP/1.1 201", 12) != 0;
    connection->due = 0;
}

static void send_due(struct pace *pace, uint64_t began, double interval, uint64_t now)
{
    for (size_t i = 0; i < CONNECTIONS && pace->sent < pace->planned; i++) {
        uint64_t due = began + (uint64_t)((double)pace->sent * interval);
        if (due > now)
            return;
        if (!pace->at[i].due)
            send_payment(pace, &pace->at[i], due);
    }
}

static void run(struct pace *pace, uint16_t port, double rate, int seconds)
{
    struct epoll_event events[CONNECTIONS];
    int poll = epoll_create1(0);
    for (size_t i = 0; i < CONNECTIONS; i++) {
        pace->at[i].fd = open_connection(port);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &pace->at[i]};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, pace->at[i].fd, &event) < 0)
            die("epoll_ctl");
    }
    usleep(100 * 1000); // they are all there
    uint64_t began = clock_monotonic_ns();
    uint64_t end = began + (uint64_t)(seconds + DRAIN_S) * 1000000000;
    while (pace->answered < pace->planned && clock_monotonic_ns() < end) {
        send_due(pace, began, 1e9 / rate, clock_monotonic_ns());
        int count = epoll_wait(poll, events, CONNECTIONS, 1);
        for (int i = 0; i < count; i++)
            read_reply(pace, events[i].data.ptr);
    }
}

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

int main(int argc, char **argv)
{
    if (argc < 7) {
        fprintf(stderr, "usage: bench-pace PORT TOKEN RUN RATE SECONDS INSTANCE\n");
        return 2;
    }
    static struct pace pace;
    pace.token = argv[2];
    pace.run = argv[3];
    pace.instance = argv[6];
    double rate = atof(argv[4]);
    int seconds = atoi(argv[5]);
    pace.planned = (size_t)(rate * seconds);
    pace.times = calloc(pace.planned + 1, sizeof *pace.times);
    run(&pace, (uint16_t)atoi(argv[1]), rate, seconds);
    qsort(pace.times, pace.answered, sizeof *pace.times, compare);
    size_t lost = pace.planned - pace.answered, most = pace.answered ? pace.answered - 1 : 0;
    printf("%zu payments, %zu failed; p50 %.0f p99 %.0f p99.9 %.0f max %.0f us\n", pace.answered,
           pace.failed + lost, (double)pace.times[most / 2] / 1e3,
           (double)pace.times[most * 99 / 100] / 1e3, (double)pace.times[most * 999 / 1000] / 1e3,
           (double)pace.times[most] / 1e3);
    free(pace.times);
    return pace.failed + lost ? 1 : 0;
}
