// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include "base/mem.h"
#include "http/connection.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 1024, SWEEP_MS = 250 };

const struct http_limits http_default_limits = {.target_bytes = 8 * 1024,
                                                .head_bytes = 16 * 1024,
                                                .field_count = 64,
                                                .body_bytes = 1024 * 1024,
                                                .connections = 8192,
                                                .head_ms = 10 * 1000,
                                                .body_ms = 30 * 1000,
                                                .idle_ms = 60 * 1000,
                                                .linger_ms = 2 * 1000};

struct listener {
    struct list node;
    struct http_server *server;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
};

static void on_sweep(uv_timer_t *timer)
{
    struct http_server *server = timer->data;
    LIST_EACH(&server->connections, node)
    http_connection_sweep(node, loop_now(server->loop));
}

void http_server_create(struct http_server **out, struct loop *loop,
                        const struct http_service *service)
{
    struct http_server *server = mem_zero(1, sizeof *server);
    server->loop = loop;
    server->service = *service;
    list_init(&server->connections);
    list_init(&server->listeners);
    uv_timer_init(&loop->uv, &server->sweep);
    server->sweep.data = server;
    uv_timer_start(&server->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
    uv_unref((uv_handle_t *)&server->sweep);
    server->open = 1;
    *out = server;
}

static int parse_address(const char *address, unsigned port, struct sockaddr_storage *out,
                         socklen_t *size, struct err *err)
{
    *size = sizeof(struct sockaddr_in);
    if (uv_ip4_addr(address, (int)port, (struct sockaddr_in *)(void *)out) == 0)
        return 0;
    *size = sizeof(struct sockaddr_in6);
    if (uv_ip6_addr(address, (int)port, (struct sockaddr_in6 *)(void *)out) == 0)
        return 0;
    return err_set(err, ERR_INVALID, "%s is not an IP address", address);
}

static int bind_socket(const char *address, unsigned *port, bool share, int *fd, struct err *err)
{
    struct sockaddr_storage storage = {0};
    socklen_t size;
    int one = 1, rc = parse_address(address, *port, &storage, &size, err);
    if (rc < 0)
        return rc;
    int socket_fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_fd < 0)
        return err_set(err, ERR_IO, "cannot open a socket: %s", strerror(errno));
    if (setsockopt(socket_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        (share && setsockopt(socket_fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) != 0) ||
        bind(socket_fd, (struct sockaddr *)&storage, size) != 0 ||
        getsockname(socket_fd, (struct sockaddr *)&storage, &size) != 0) {
        rc = err_set(err, errno == EADDRINUSE ? ERR_CONFLICT : ERR_IO,
                     "cannot listen on %s port %u: %s", address, *port, strerror(errno));
        close(socket_fd);
        return rc;
    }
    *port =
        ntohs(storage.ss_family == AF_INET ? ((struct sockaddr_in *)(void *)&storage)->sin_port
                                           : ((struct sockaddr_in6 *)(void *)&storage)->sin6_port);
    *fd = socket_fd;
    return 0;
}

int http_bind(const char *address, unsigned *port, int *fd, struct err *err)
{
    return bind_socket(address, port, true, fd, err);
}

int http_port_free(const char *address, unsigned port, struct err *err)
{
    int fd, rc = bind_socket(address, &port, false, &fd, err);
    if (rc == 0)
        close(fd);
    return rc;
}

static void on_listener_closed(uv_handle_t *handle)
{
    struct listener *listener = handle->data;
    struct http_server *server = listener->server;
    free(listener);
    http_server_released(server);
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct listener *listener = stream->data;
    if (status == 0)
        http_connection_accept(listener->server, stream);
}

static int start_listening(struct listener *listener, const char *what, struct err *err)
{
    listener->uv.handle.data = listener;
    list_append(&listener->server->listeners, &listener->node);
    listener->server->open++;
    int rc = uv_listen(&listener->uv.stream, BACKLOG, on_connection);
    if (rc != 0) {
        list_remove(&listener->node);
        uv_close(&listener->uv.handle, on_listener_closed);
        return err_set(err, rc == UV_EADDRINUSE ? ERR_CONFLICT : ERR_IO, "cannot listen on %s: %s",
                       what, uv_strerror(rc));
    }
    return 0;
}

static bool is_unix(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    return getsockname(fd, (struct sockaddr *)&address, &size) == 0 && address.ss_family == AF_UNIX;
}

int http_server_listen(struct http_server *server, int fd, struct err *err)
{
    struct listener *listener = mem_zero(1, sizeof *listener);
    listener->server = server;
    if (is_unix(fd)) {
        uv_pipe_init(&server->loop->uv, &listener->uv.pipe, 0);
        uv_pipe_open(&listener->uv.pipe, fd);
    } else {
        uv_tcp_init(&server->loop->uv, &listener->uv.tcp);
        uv_tcp_open(&listener->uv.tcp, fd);
    }
    return start_listening(listener, "the socket", err);
}

static int parse_path(const char *path, struct sockaddr_un *out, struct err *err)
{
    *out = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof out->sun_path)
        return err_set(err, ERR_INVALID, "%s: a socket's path has at most %zu bytes", path,
                       sizeof out->sun_path - 1);
    strcpy(out->sun_path, path);
    return 0;
}

// A socket file that nobody answers on is left over from a process that was killed.
static int remove_stale(const struct sockaddr_un *address, struct err *err)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot open a socket: %s", strerror(errno));
    int rc = connect(fd, (const struct sockaddr *)address, sizeof *address);
    int reason = errno;
    close(fd);
    if (rc == 0)
        return err_set(err, ERR_CONFLICT, "%s: another process is listening here",
                       address->sun_path);
    if (reason == ECONNREFUSED)
        unlink(address->sun_path);
    return 0;
}

// By hand: libuv would remove the file when it closes the socket, also when another process goes on
// with it.
int http_bind_unix(const char *path, int *fd, struct err *err)
{
    struct sockaddr_un address;
    int rc = parse_path(path, &address, err);
    if (rc == 0)
        rc = remove_stale(&address, err);
    if (rc < 0)
        return rc;
    int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_fd < 0)
        return err_set(err, ERR_IO, "cannot open a socket: %s", strerror(errno));
    mode_t old = umask(0177);
    rc = bind(socket_fd, (struct sockaddr *)&address, sizeof address);
    umask(old);
    if (rc != 0) {
        rc = err_set(err, ERR_IO, "cannot listen on %s: %s", path, strerror(errno));
        close(socket_fd);
        return rc;
    }
    *fd = socket_fd;
    return 0;
}

const struct http_counters *http_server_counters(const struct http_server *server)
{
    return &server->counters;
}

const char *http_server_date(struct http_server *server)
{
    time_t now = time(NULL);
    if (now != server->date_second) {
        struct tm civil;
        gmtime_r(&now, &civil);
        strftime(server->date, sizeof server->date, "%a, %d %b %Y %H:%M:%S GMT", &civil);
        server->date_second = now;
    }
    return server->date;
}

void http_server_released(struct http_server *server)
{
    if (--server->open == 0)
        free(server);
}

static void close_listeners(struct http_server *server)
{
    for (struct list *node; (node = list_take_first(&server->listeners));)
        uv_close(&LIST_ELEMENT(node, struct listener, node)->uv.handle, on_listener_closed);
}

void http_server_retire(struct http_server *server)
{
    server->draining = true;
    close_listeners(server);
    LIST_EACH(&server->connections, node)
    http_connection_end_stream(node);
}

void http_server_resume(struct http_server *server)
{
    server->draining = false;
}

void http_server_drain(struct http_server *server)
{
    http_server_retire(server);
    LIST_EACH(&server->connections, node)
    http_connection_drain(node);
}

static void on_sweep_closed(uv_handle_t *handle)
{
    http_server_released(handle->data);
}

void http_server_destroy(struct http_server *server)
{
    if (!server || server->destroyed)
        return;
    server->destroyed = true;
    server->draining = true;
    close_listeners(server);
    LIST_EACH(&server->connections, node)
    http_connection_close(node);
    uv_close((uv_handle_t *)&server->sweep, on_sweep_closed);
}
