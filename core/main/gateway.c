// SPDX-License-Identifier: Apache-2.0
#include "main/gateway.h"

#include "api/reply.h"
#include "base/clock.h"
#include "http/multipart.h"
#include "loop/task.h"

static void not_found(struct http_request *request, struct http_reply *reply)
{
    struct problem problem = {0};
    problem_set(&problem, "not-found");
    api_reply_problem(reply, &problem, api_language(request));
}

static void handle(void *context, struct http_request *request, struct http_reply *reply)
{
    struct gateway *gateway = context;
    uint64_t begin = clock_monotonic_ns();
    if (api_owns(request->path))
        api_handle(&gateway->api, request, reply);
    else if (gateway->portal)
        portal_handle(gateway->portal, request, reply);
    else
        not_found(request, reply);
    // A stream lasts as long as somebody looks: that says nothing about how fast we are.
    if (!reply->streamed)
        metrics_count_request(gateway->metrics, reply->status,
                              (clock_monotonic_ns() - begin) / 1000);
}

static void refuse(void *context, int status, const char *reason, struct http_reply *reply)
{
    (void)context;
    (void)reason;
    api_refuse(status, reply);
}

int gateway_init(struct gateway *gateway, struct err *err)
{
    return loop_init(&gateway->loop, err);
}

// Files come to /v1/files as they are, and to the pages with their form.
static size_t body_limit(void *context, const struct http_head *head)
{
    enum { FORM = 64 * 1024 }; // what stands around the file
    const struct gateway *gateway = context;
    size_t file = 0;
    if (str_is(head->path, "/v1/files"))
        file = gateway->file_bytes;
    else if (!api_owns(head->path) && multipart_is(head->content_type))
        file = gateway->file_bytes + FORM;
    bool larger = str_is(head->method, "POST") && file > gateway->limits.body_bytes;
    return larger ? file : gateway->limits.body_bytes;
}

void gateway_serve(struct gateway *gateway, const struct gateway_limits *limits)
{
    gateway->limits = limits->http;
    gateway->file_bytes = limits->file_bytes;
    struct http_service service = {.handle = handle,
                                   .refuse = refuse,
                                   .context = gateway,
                                   .limits = limits->http,
                                   .body_limit = body_limit,
                                   .large_bodies = limits->files_at_once};
    http_server_create(&gateway->server, &gateway->loop, &service);
}

static void *run(void *argument)
{
    struct gateway *gateway = argument;
    loop_run(&gateway->loop);
    return NULL;
}

int gateway_start(struct gateway *gateway, struct err *err)
{
    if (pthread_create(&gateway->thread, NULL, run, gateway) != 0)
        return err_set(err, ERR_IO, "no thread for a gateway loop");
    gateway->started = true;
    return 0;
}

struct listening {
    struct gateway *gateway;
    int fd;
    struct err *err;
    int rc;
    struct remote_signal done;
};

static void listen_here(void *argument)
{
    struct listening *listening = argument;
    struct gateway *gateway = listening->gateway;
    listening->rc = http_server_listen(gateway->server, listening->fd, listening->err);
    remote_raise(listening->done);
}

int gateway_listen(struct gateway *gateway, int fd, struct err *err)
{
    struct signal done;
    signal_init(&done);
    struct listening listening = {gateway, fd, err, 0, signal_remote(&done)};
    loop_post(&gateway->loop, listen_here, &listening);
    signal_wait(&done, TASK_NO_DEADLINE);
    return listening.rc;
}

static void retire_here(void *argument)
{
    struct gateway *gateway = argument;
    http_server_retire(gateway->server);
}

void gateway_retire(struct gateway *gateway)
{
    loop_post(&gateway->loop, retire_here, gateway);
}

static void resume_here(void *argument)
{
    struct gateway *gateway = argument;
    http_server_resume(gateway->server);
}

void gateway_resume(struct gateway *gateway)
{
    loop_post(&gateway->loop, resume_here, gateway);
}

static void drain_here(void *argument)
{
    struct gateway *gateway = argument;
    http_server_drain(gateway->server);
}

void gateway_drain(struct gateway *gateway)
{
    loop_post(&gateway->loop, drain_here, gateway);
}

static void destroy_here(void *argument)
{
    struct gateway *gateway = argument;
    http_server_destroy(gateway->server);
}

void gateway_join(struct gateway *gateway)
{
    if (!gateway->started)
        return;
    loop_post(&gateway->loop, destroy_here, gateway);
    loop_stop(&gateway->loop);
    pthread_join(gateway->thread, NULL);
    gateway->started = false;
}
