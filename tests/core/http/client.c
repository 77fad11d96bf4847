// SPDX-License-Identifier: Apache-2.0
#include "http/client.h"
#include "http/server.h"
#include "loop/task.h"

#include <criterion/criterion.h>
#include <unistd.h>

// Client and server on one loop: the client's own thread is the only other one.
struct world {
    struct loop loop;
    struct http_server *server;
    struct http_client *client;
    unsigned port;
    void (*scene)(struct world *world);
};

static void handle(void *context, struct http_request *request, struct http_reply *reply)
{
    (void)context;
    if (str_is(request->path, "/never"))
        task_sleep(400);
    if (str_is(request->path, "/moved")) {
        reply->status = 303;
        http_reply_field(reply, "location", STR("/else"));
    }
    if (str_is(request->path, "/large"))
        for (int i = 0; i < 1000; i++)
            buf_append_text(&reply->body, "0123456789");
    http_reply_field(reply, "content-type", STR("application/json"));
    buf_printf(&reply->body, STR_FORMAT " " STR_FORMAT " " STR_FORMAT,
               STR_ARGUMENTS(request->method), STR_ARGUMENTS(request->body),
               STR_ARGUMENTS(http_request_field(request, "idempotency-key")));
}

static void refuse(void *context, int status, const char *reason, struct http_reply *reply)
{
    (void)context;
    buf_printf(&reply->body, "%d %s", status, reason);
}

static void play(void *argument)
{
    struct world *world = argument;
    world->scene(world);
    http_server_destroy(world->server);
    loop_stop(&world->loop);
}

static void with_world(void (*scene)(struct world *world))
{
    struct world world = {.scene = scene};
    int fd;
    struct http_service service = {handle, refuse, NULL, http_default_limits};
    cr_assert_eq(loop_init(&world.loop, NULL), 0);
    http_server_create(&world.server, &world.loop, &service);
    cr_assert_eq(http_bind("127.0.0.1", &world.port, &fd, NULL), 0);
    cr_assert_eq(http_server_listen(world.server, fd, NULL), 0);
    cr_assert_eq(http_client_create(&world.client, 8, NULL), 0);
    cr_assert_eq(task_spawn(&world.loop, play, &world), 0);
    loop_run(&world.loop);
    loop_finish(&world.loop);
    http_client_destroy(world.client);
}

static int get(struct world *world, const char *path, struct http_incoming *in, struct err *err)
{
    char url[128];
    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", world->port, path);
    struct http_outgoing out = {.method = "GET",
                                .url = url,
                                .timeout_ms = 200,
                                .reply_limit = 5000};
    return http_client_send(world->client, &out, in, err);
}

static void posts(struct world *world)
{
    char url[128];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/pay", world->port);
    struct http_field key = {STR("Idempotency-Key"), STR("k-1")};
    struct http_outgoing out = {.method = "POST",
                                .url = url,
                                .fields = &key,
                                .field_count = 1,
                                .body = STR("{}"),
                                .timeout_ms = 2000,
                                .reply_limit = 5000};
    struct http_incoming in;
    cr_assert_eq(http_client_send(world->client, &out, &in, NULL), 0);
    cr_assert_eq(in.status, 200);
    cr_assert_str_eq(in.body.data, "POST {} k-1");
    cr_assert_str_eq(in.content_type, "application/json");
    buf_finish(&in.body);
}

Test(http_client, a_request_goes_out_and_its_reply_comes_back)
{
    with_world(posts);
}

static void meets_failures(struct world *world)
{
    struct http_incoming in;
    struct err err;
    cr_assert_eq(get(world, "/never", &in, &err), ERR_UNKNOWN);
    cr_assert_eq(get(world, "/large", &in, &err), ERR_LIMIT);
    cr_assert_eq(get(world, "/moved", &in, &err), 0);
    cr_assert_eq(in.status, 303, "redirects are not followed");
    buf_finish(&in.body);
    struct http_outgoing out = {.method = "GET", .timeout_ms = 500, .reply_limit = 10};
    out.url = "http://127.0.0.1:1/";
    cr_assert_eq(http_client_send(world->client, &out, &in, &err), ERR_UNAVAILABLE);
    out.url = "file:///etc/passwd";
    cr_assert_eq(http_client_send(world->client, &out, &in, &err), ERR_INVALID);
}

Test(http_client, a_failure_says_whether_the_request_may_have_arrived)
{
    with_world(meets_failures);
}
