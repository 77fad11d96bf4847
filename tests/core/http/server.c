// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"
#include "base/mem.h"
#include "loop/task.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

// A server on a thread of its own, and a client that speaks raw bytes to it.
struct site {
    struct loop loop;
    struct http_server *server;
    struct http_limits limits;
    pthread_t thread;
    unsigned port;
    _Atomic int gone;
};

static void on_gone(void *waiter)
{
    signal_raise(waiter);
}

// Says a word at once and another later, then goes on until the client or the server goes.
static void stream(struct http_request *request, struct http_reply *reply)
{
    struct signal gone;
    signal_init(&gone);
    http_reply_field(reply, "content-type", STR("text/event-stream"));
    buf_append_text(&reply->body, "never sent");
    http_stream_begin(request, reply);
    http_stream_write(request, STR("first "));
    task_sleep(20);
    http_stream_write(request, STR("second "));
    request->waiter = &gone;
    request->on_gone = on_gone;
    if (!request->gone)
        signal_wait(&gone, loop_now(request->loop) + 5000);
    request->on_gone = NULL;
    http_stream_write(request, request->gone ? STR("gone") : STR("late"));
}

// /echo answers method, path, query, a field and the body; /wait waits until the client is gone.
static void handle(void *context, struct http_request *request, struct http_reply *reply)
{
    struct site *site = context;
    if (str_is(request->path, "/wait")) {
        struct signal gone;
        signal_init(&gone);
        request->waiter = &gone;
        request->on_gone = on_gone;
        if (request->gone || signal_wait(&gone, loop_now(request->loop) + 5000))
            site->gone = 1;
        request->on_gone = NULL;
        return;
    }
    if (str_is(request->path, "/stream")) {
        stream(request, reply);
        return;
    }
    if (str_is(request->path, "/slow"))
        task_sleep(30);
    struct str test = http_request_field(request, "X-Test");
    struct str cookie = http_request_cookie(request, "b");
    http_reply_field(reply, "content-type", STR("text/plain"));
    http_reply_field(reply, "x-split", STR("a\r\nevil: 1"));
    buf_printf(&reply->body,
               STR_FORMAT " " STR_FORMAT " " STR_FORMAT " [" STR_FORMAT "] {" STR_FORMAT "} %zu",
               STR_ARGUMENTS(request->method), STR_ARGUMENTS(request->path),
               STR_ARGUMENTS(request->query), STR_ARGUMENTS(test), STR_ARGUMENTS(cookie),
               request->body.size);
}

static void refuse(void *context, int status, const char *reason, struct http_reply *reply)
{
    (void)context;
    buf_printf(&reply->body, "refused %d: %s", status, reason);
}

// Uploads may be larger, by path and by type.
static size_t body_limit(void *context, const struct http_head *head)
{
    const struct site *site = context;
    bool large = str_is(head->method, "POST") && str_is(head->path, "/upload") &&
                 str_is(head->content_type, "image/png");
    return large ? 4000 : site->limits.body_bytes;
}

static void *run(void *argument)
{
    struct site *site = argument;
    loop_run(&site->loop);
    loop_finish(&site->loop);
    return NULL;
}

static struct site *site_open(const struct http_limits *limits)
{
    struct site *site = mem_zero(1, sizeof *site);
    int fd;
    cr_assert_eq(loop_init(&site->loop, NULL), 0);
    struct http_service service = {handle, refuse, site, *limits, body_limit, 1};
    site->limits = *limits;
    http_server_create(&site->server, &site->loop, &service);
    cr_assert_eq(http_bind("127.0.0.1", &site->port, &fd, NULL), 0);
    cr_assert_eq(http_server_listen(site->server, fd, NULL), 0);
    pthread_create(&site->thread, NULL, run, site);
    return site;
}

static void destroy_server(void *argument)
{
    struct site *site = argument;
    http_server_destroy(site->server);
}

static void site_close(struct site *site)
{
    loop_post(&site->loop, destroy_server, site);
    loop_stop(&site->loop);
    pthread_join(site->thread, NULL);
    free(site);
}

static int try_dial(const struct site *site)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)site->port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static int dial(const struct site *site)
{
    int fd = try_dial(site);
    cr_assert_geq(fd, 0);
    return fd;
}

// Reads until the other side closes or, with until set, until that text has come.
static char *read_all(int fd, const char *until)
{
    struct buf buf = {0};
    char piece[4096];
    buf_append_text(&buf, "");
    while (!until || !strstr(buf.data, until)) {
        struct pollfd waits = {.fd = fd, .events = POLLIN};
        cr_assert_eq(poll(&waits, 1, 5000), 1, "not closed; so far: %s", buf.data);
        ssize_t size = read(fd, piece, sizeof piece);
        if (size <= 0)
            break;
        buf_append(&buf, piece, (size_t)size);
    }
    return buf_detach(&buf);
}

static char *ask_all(const struct site *site, struct str bytes)
{
    int fd = dial(site);
    cr_assert_eq(send(fd, bytes.data, bytes.size, MSG_NOSIGNAL), (ssize_t)bytes.size);
    char *answer = read_all(fd, NULL);
    close(fd);
    return answer;
}

static void expect(const struct site *site, const char *request, const char *part)
{
    char *answer = ask_all(site, str_from(request));
    cr_assert(strstr(answer, part), "asked %.60s\nexpected %s\ngot %s", request, part, answer);
    free(answer);
}

Test(http_server, a_request_reaches_the_handler_whole)
{
    struct site *site = site_open(&http_default_limits);
    expect(site,
           "POST /echo?a=1 HTTP/1.1\r\nHost: x\r\nx-TEST:  v w \r\nX-Empty:\r\n"
           "Cookie: a=1; b=two\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
           "POST /echo a=1 [v w] {two} 5");
    expect(site, "GET http://host/abs?q HTTP/1.1\r\nHost: host\r\nConnection: close\r\n\r\n",
           "GET /abs q [] {} 0");
    expect(site,
           "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"
           "\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
           "POST /echo  [] {} 5");
    site_close(site);
}

Test(http_server, a_field_value_cannot_end_the_head)
{
    struct site *site = site_open(&http_default_limits);
    char *answer = ask_all(site, STR("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    cr_assert(strstr(answer, "x-split: a\r\n"));
    cr_assert_not(strstr(answer, "evil"));
    free(answer);
    site_close(site);
}

Test(http_server, pipelined_requests_are_answered_in_order_however_they_are_cut)
{
    struct site *site = site_open(&http_default_limits);
    struct buf all = {0};
    for (int i = 0; i < 20; i++)
        buf_printf(&all, "GET /%s?%d HTTP/1.1\r\nHost: x\r\n%s\r\n", i % 3 ? "echo" : "slow", i,
                   i == 19 ? "Connection: close\r\n" : "");
    for (size_t step = 7; step < 4000; step = step * 5) {
        int fd = dial(site);
        for (size_t at = 0; at < all.size; at += step) {
            size_t size = all.size - at < step ? all.size - at : step;
            cr_assert_eq(send(fd, all.data + at, size, MSG_NOSIGNAL), (ssize_t)size);
        }
        char *answer = read_all(fd, NULL), *at = answer;
        for (int i = 0; i < 20; i++) {
            char wanted[32];
            snprintf(wanted, sizeof wanted, "/%s %d [", i % 3 ? "echo" : "slow", i);
            at = strstr(at, wanted);
            cr_assert(at, "%s is missing", wanted);
        }
        free(answer);
        close(fd);
    }
    buf_finish(&all);
    site_close(site);
}

Test(http_server, a_head_request_gets_no_body_and_http_1_0_closes)
{
    struct site *site = site_open(&http_default_limits);
    char *answer = ask_all(site, STR("HEAD /echo HTTP/1.0\r\n\r\n"));
    cr_assert(strstr(answer, "content-length: 19\r\n"));
    cr_assert(strstr(answer, "connection: close\r\n\r\n"));
    cr_assert_str_eq(strstr(answer, "\r\n\r\n"), "\r\n\r\n");
    free(answer);
    site_close(site);
}

Test(http_server, malformed_requests_are_refused_with_the_right_status)
{
    struct site *site = site_open(&http_default_limits);
    static const struct {
        const char *request;
        const char *status;
    } cases[] = {
        {"GET / HTTP/1.1\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: "
         "chunked\r\n\r\n0\r\n\r\n",
         "400"},
        {"GET / HTTP/1.1\r\nHost : a\r\nConnection: close\r\n\r\n", "400"},
        {"GET / HTTP/1.1\r\nHost: a\r\nBad Name: x\r\nConnection: close\r\n\r\n", "400"},
        {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", "505"},
        {"NONSENSE / HTTP/1.1\r\nHost: a\r\n\r\n", "501"},
        {"\x16\x03\x01 hello", "501"},
        {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999\r\n\r\n", "413"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char wanted[32];
        snprintf(wanted, sizeof wanted, "HTTP/1.1 %s ", cases[i].status);
        expect(site, cases[i].request, wanted);
    }
    site_close(site);
}

Test(http_server, every_limit_is_enforced)
{
    struct http_limits limits = http_default_limits;
    limits.target_bytes = 100;
    limits.head_bytes = 400;
    limits.field_count = 4;
    limits.body_bytes = 1000;
    struct site *site = site_open(&limits);
    char filler[2000];
    struct buf request = {0};
    memset(filler, 'a', sizeof filler);
    buf_printf(&request, "GET /%.120s HTTP/1.1\r\nHost: x\r\n\r\n", filler);
    expect(site, request.data, "HTTP/1.1 414 ");
    buf_clear(&request);
    buf_printf(&request, "GET / HTTP/1.1\r\nHost: x\r\nX: %.500s\r\n\r\n", filler);
    expect(site, request.data, "HTTP/1.1 431 ");
    expect(site, "GET / HTTP/1.1\r\nHost: x\r\na:1\r\nb:1\r\nc:1\r\nd:1\r\n\r\n", "HTTP/1.1 431 ");
    buf_clear(&request);
    buf_printf(&request,
               "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5dc\r\n%.1500s\r\n",
               filler);
    expect(site, request.data, "HTTP/1.1 413 ");
    buf_finish(&request);
    site_close(site);
}

Test(http_server, a_larger_body_is_taken_where_the_service_says_so_and_one_at_a_time)
{
    struct http_limits limits = http_default_limits;
    limits.body_bytes = 1000;
    struct site *site = site_open(&limits);
    static const char head[] = "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: "
                               "image/png\r\nContent-Length: %zu\r\n\r\n%.*s";
    static char filler[5000];
    struct buf request = {0};
    memset(filler, 'a', sizeof filler);
    buf_printf(&request, head, "/upload?x=1", (size_t)3000, 3000, filler);
    expect(site, request.data, "} 3000");
    buf_clear(&request);
    buf_printf(&request, head, "/upload", (size_t)4001, 4001, filler);
    expect(site, request.data, "HTTP/1.1 413 ");
    buf_clear(&request);
    buf_printf(&request, head, "/other", (size_t)3000, 3000, filler);
    expect(site, request.data, "HTTP/1.1 413 ");
    // One has begun to arrive: there is room for no other, but for one of the usual size.
    buf_clear(&request);
    buf_printf(&request, head, "/upload", (size_t)3000, 2000, filler);
    int first = dial(site);
    cr_assert_eq(send(first, request.data, request.size, MSG_NOSIGNAL), (ssize_t)request.size);
    expect(site, "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK");
    expect(site, request.data, "HTTP/1.1 503 ");
    cr_assert_eq(send(first, filler, 1000, MSG_NOSIGNAL), 1000);
    char *answer = read_all(first, NULL);
    cr_assert(strstr(answer, "} 3000"), "%s", answer);
    free(answer);
    close(first);
    buf_clear(&request);
    buf_printf(&request, head, "/upload", (size_t)3000, 3000, filler);
    expect(site, request.data, "} 3000");
    buf_finish(&request);
    site_close(site);
}

// Sends all of it, as a client does that reads the answer only then; false when the other side had
// closed before.
static bool send_whole(int fd, size_t size)
{
    static char filler[64 * 1024];
    struct timeval most = {.tv_sec = 10};
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
    while (size > 0) {
        ssize_t sent = send(fd, filler, size < sizeof filler ? size : sizeof filler, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        size -= (size_t)sent;
    }
    return true;
}

Test(http_server, who_sends_on_after_a_refusal_still_reads_it)
{
    enum { SIZE = 16 * 1024 * 1024 };
    struct site *site = site_open(&http_default_limits);
    static const char head[] = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 16777216\r\n\r\n";
    int fd = dial(site);
    cr_assert_eq(send(fd, head, sizeof head - 1, MSG_NOSIGNAL), (ssize_t)sizeof head - 1);
    cr_assert(send_whole(fd, SIZE), "the server closed while the client was sending");
    char *answer = read_all(fd, NULL);
    cr_assert(strstr(answer, "HTTP/1.1 413 "), "%s", answer);
    free(answer);
    close(fd);
    site_close(site);
}

Test(http_server, who_never_closes_is_closed)
{
    struct http_limits limits = http_default_limits;
    limits.linger_ms = 50;
    struct site *site = site_open(&limits);
    static const char request[] = "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    int fd = dial(site), tries = 0;
    cr_assert_eq(send(fd, request, sizeof request - 1, MSG_NOSIGNAL), (ssize_t)sizeof request - 1);
    free(read_all(fd, NULL));
    while (send(fd, "x", 1, MSG_NOSIGNAL) == 1 && tries++ < 500)
        usleep(20 * 1000);
    cr_assert_lt(tries, 500);
    close(fd);
    site_close(site);
}

Test(http_server, slow_requests_and_idle_connections_are_ended)
{
    struct http_limits limits = http_default_limits;
    limits.head_ms = 100;
    limits.body_ms = 100;
    limits.idle_ms = 100;
    struct site *site = site_open(&limits);
    expect(site, "GET / HTTP/1.1\r\nHos", "HTTP/1.1 408 ");
    expect(site, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", "HTTP/1.1 408 ");
    char *silent = ask_all(site, STR(""));
    cr_assert_str_eq(silent, "");
    free(silent);
    expect(site, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK");
    site_close(site);
}

Test(http_server, a_waiting_handler_learns_that_its_client_is_gone)
{
    struct site *site = site_open(&http_default_limits);
    int fd = dial(site);
    struct str request = STR("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    send(fd, request.data, request.size, 0);
    shutdown(fd, SHUT_WR);
    char *answer = read_all(fd, NULL);
    cr_assert_eq(site->gone, 1);
    free(answer);
    close(fd);
    site_close(site);
}

Test(http_server, connections_over_the_limit_are_closed_and_counted)
{
    struct http_limits limits = http_default_limits;
    limits.connections = 2;
    struct site *site = site_open(&limits);
    int one = dial(site), two = dial(site);
    struct str request = STR("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    send(one, request.data, request.size, 0);
    free(read_all(one, "\r\n\r\n"));
    send(two, request.data, request.size, 0);
    free(read_all(two, "\r\n\r\n"));
    char *third = ask_all(site, STR(""));
    cr_assert_str_eq(third, "");
    free(third);
    cr_assert_eq(http_server_counters(site->server)->refused_connections, 1);
    close(one);
    close(two);
    site_close(site);
}

// ---- another process goes on with the sockets ----

struct order {
    struct site *site;
    void (*function)(struct http_server *server);
    int fd; // to listen on afterwards, or -1
    struct err err;
    int rc;
    int done[2]; // a pipe
};

static void obey(void *argument)
{
    struct order *order = argument;
    order->function(order->site->server);
    if (order->fd >= 0)
        order->rc = http_server_listen(order->site->server, order->fd, &order->err);
    cr_assert_eq(write(order->done[1], "", 1), 1);
}

static void have_it(struct site *site, void (*function)(struct http_server *server), int fd)
{
    struct order order = {.site = site, .function = function, .fd = fd};
    char done;
    cr_assert_eq(pipe(order.done), 0);
    loop_post(&site->loop, obey, &order);
    cr_assert_eq(read(order.done[0], &done, 1), 1);
    cr_assert_eq(order.rc, 0, "%s", order.err.message);
    close(order.done[0]);
    close(order.done[1]);
}

static char *ask_kept(int fd, const char *target)
{
    char text[120];
    int size = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: x\r\n\r\n", target);
    cr_assert_eq(send(fd, text, (size_t)size, MSG_NOSIGNAL), size);
    return read_all(fd, "} 0");
}

Test(http_server, a_retired_server_tells_every_connection_before_it_closes_it)
{
    struct site *site = site_open(&http_default_limits);
    int idle = dial(site), fresh = dial(site);
    char *first = ask_kept(idle, "/echo");
    cr_assert_not(strstr(first, "connection: close"), "%s", first);
    have_it(site, http_server_retire, -1);
    cr_assert_eq(try_dial(site), -1, "nobody new gets in");
    int fds[] = {idle, fresh};
    for (int i = 0; i < 2; i++) {
        char *last = ask_kept(fds[i], "/echo");
        cr_assert(strstr(last, "HTTP/1.1 200 ") && strstr(last, "connection: close"), "%s", last);
        char *rest = read_all(fds[i], NULL);
        cr_assert_str_eq(rest, "");
        free(rest);
        free(last);
        close(fds[i]);
    }
    free(first);
    site_close(site);
}

Test(http_server, a_retired_server_answers_all_that_has_arrived)
{
    struct site *site = site_open(&http_default_limits);
    int fd = dial(site);
    struct str three = STR("GET /slow?1 HTTP/1.1\r\nHost: x\r\n\r\nGET /slow?2 HTTP/1.1\r\nHost: "
                           "x\r\n\r\nGET /slow?3 HTTP/1.1\r\nHost: x\r\n\r\n");
    cr_assert_eq(send(fd, three.data, three.size, MSG_NOSIGNAL), (ssize_t)three.size);
    while (http_server_counters(site->server)->requests < 1)
        sched_yield();
    have_it(site, http_server_retire, -1);
    char *answer = read_all(fd, NULL);
    cr_assert(strstr(answer, "/slow 1") && strstr(answer, "/slow 2") && strstr(answer, "/slow 3"),
              "%s", answer);
    char *told = strstr(answer, "connection: close");
    cr_assert(told && told > strstr(answer, "/slow 2"), "%s", answer);
    free(answer);
    close(fd);
    site_close(site);
}

Test(http_server, a_server_that_resumes_serves_on_another_descriptor_of_its_socket)
{
    struct site *site = site_open(&http_default_limits);
    have_it(site, http_server_retire, -1);
    int fd;
    cr_assert_eq(http_bind("127.0.0.1", &site->port, &fd, NULL), 0);
    int copy = dup(fd);
    have_it(site, http_server_resume, fd);
    int client = dial(site);
    char *answer = ask_kept(client, "/echo");
    cr_assert_not(strstr(answer, "connection: close"), "%s", answer);
    free(answer);
    close(client);
    have_it(site, http_server_retire, -1);
    client = dial(site); // waits in the kernel: a descriptor of the socket is left
    have_it(site, http_server_resume, copy);
    answer = ask_kept(client, "/echo?waited");
    cr_assert(strstr(answer, "GET /echo waited"), "%s", answer);
    free(answer);
    close(client);
    site_close(site);
}

Test(http_server, a_stream_has_no_length_and_ends_when_the_server_retires)
{
    struct site *site = site_open(&http_default_limits);
    struct str ask =
        STR("GET /stream HTTP/1.1\r\nHost: c\r\n\r\nGET /echo HTTP/1.1\r\nHost: c\r\n\r\n");
    int fd = dial(site);
    cr_assert_eq(send(fd, ask.data, ask.size, MSG_NOSIGNAL), (ssize_t)ask.size);
    char *head = read_all(fd, "second ");
    cr_assert(strstr(head, "HTTP/1.1 200 OK\r\n") && strstr(head, "connection: close\r\n"), "%s",
              head);
    cr_assert(strstr(head, "content-type: text/event-stream\r\n"), "%s", head);
    cr_assert_not(strstr(head, "content-length") || strstr(head, "never sent"), "%s", head);
    cr_assert(strstr(head, "\r\n\r\nfirst second "), "%s", head);
    have_it(site, http_server_retire, -1);
    char *rest = read_all(fd, NULL);
    cr_assert_str_eq(rest, "gone", "nothing after a stream is answered");
    free(head);
    free(rest);
    close(fd);
    site_close(site);
}

Test(http_server, a_stream_that_begins_while_the_server_retires_ends_at_once)
{
    struct site *site = site_open(&http_default_limits);
    int fd = dial(site);
    free(ask_kept(fd, "/echo"));
    have_it(site, http_server_retire, -1);
    struct str ask = STR("GET /stream HTTP/1.1\r\nHost: c\r\n\r\n");
    cr_assert_eq(send(fd, ask.data, ask.size, MSG_NOSIGNAL), (ssize_t)ask.size);
    char *answer = read_all(fd, NULL);
    cr_assert(strstr(answer, "first second gone"), "%s", answer);
    free(answer);
    close(fd);
    site_close(site);
}

Test(http_server, a_unix_socket_is_its_owners_and_outlives_one_of_its_descriptors)
{
    struct site *site = site_open(&http_default_limits);
    char folder[] = "/tmp/medina-http-XXXXXX", path[64];
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/sock", folder);
    int fd, second;
    struct err err;
    struct stat facts;
    cr_assert_eq(http_bind_unix(path, &fd, &err), 0, "%s", err.message);
    cr_assert_eq(stat(path, &facts), 0);
    cr_assert_eq(facts.st_mode & 0777, 0600);
    int copy = dup(fd);
    have_it(site, http_server_resume, fd);
    cr_assert_eq(http_bind_unix(path, &second, &err), ERR_CONFLICT);
    have_it(site, http_server_retire, -1);
    cr_assert_eq(stat(path, &facts), 0, "the file stays for the other descriptor");
    have_it(site, http_server_resume, copy);
    cr_assert_eq(http_bind_unix(path, &second, &err), ERR_CONFLICT);
    have_it(site, http_server_retire, -1);
    cr_assert_eq(http_bind_unix(path, &second, &err), 0, "nobody listens: %s", err.message);
    close(second);
    unlink(path);
    rmdir(folder);
    site_close(site);
}
