// SPDX-License-Identifier: Apache-2.0
// medina-sandbox: the stand-in for the outside world. See sandbox.h.

#include "sandbox.h"

#include "base/crypto.h"
#include "base/mem.h"
#include "http/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <uv.h>

static const char usage[] =
    "usage: medina-sandbox [--port N] [--data FOLDER] [--public-url URL] [--webhook URL]\n"
    "                      [--zone NAME] [--fee-permil N] [--fee-fixed FILS] [--fee-dispute FILS]\n"
    "Secrets come from the environment: SANDBOX_PROVIDER_KEY, SANDBOX_WEBHOOK_SECRET.\n";

enum { MOST_BODY = 16 * 1024 * 1024 }; // evidence comes as it is

struct options {
    unsigned port;
    const char *data;
    const char *public_url;
    const char *webhook;
    const char *zone;
    int64_t fees[3]; // permil, fixed, of a dispute
};

static bool read_options(int argc, char **argv, struct options *options)
{
    const struct {
        const char *name;
        const char **value;
    } texts[] = {{"--data", &options->data},
                 {"--public-url", &options->public_url},
                 {"--webhook", &options->webhook},
                 {"--zone", &options->zone}};
    for (int i = 1; i < argc; i += 2) {
        bool known = false;
        if (i + 1 == argc)
            return false;
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            if (strcmp(argv[i], texts[k].name) == 0) {
                *texts[k].value = argv[i + 1];
                known = true;
            }
        static const char *const fees[] = {"--fee-permil", "--fee-fixed", "--fee-dispute"};
        for (size_t k = 0; k < 3; k++)
            if (strcmp(argv[i], fees[k]) == 0)
                known = str_to_integer(str_from(argv[i + 1]), 0, 1000000, &options->fees[k]);
        if (strcmp(argv[i], "--port") == 0) {
            options->port = (unsigned)strtoul(argv[i + 1], NULL, 10);
            known = options->port < 65536;
        }
        if (!known)
            return false;
    }
    return true;
}

struct program {
    struct sandbox sandbox;
    struct http_server *server;
    uv_signal_t interrupt, terminate;
};

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    struct program *program = handle->data;
    http_server_destroy(program->server);
    program->server = NULL;
    uv_close((uv_handle_t *)&program->interrupt, NULL);
    uv_close((uv_handle_t *)&program->terminate, NULL);
    loop_stop(&program->sandbox.loop);
}

static void watch_signals(struct program *program)
{
    signal(SIGPIPE, SIG_IGN);
    uv_signal_init(&program->sandbox.loop.uv, &program->interrupt);
    uv_signal_init(&program->sandbox.loop.uv, &program->terminate);
    program->interrupt.data = program->terminate.data = program;
    uv_signal_start(&program->interrupt, on_signal, SIGINT);
    uv_signal_start(&program->terminate, on_signal, SIGTERM);
}

static const char *secret(const char *name)
{
    const char *value = getenv(name);
    return value ? value : "";
}

static int serve(struct program *program, struct options *options, struct err *err)
{
    struct sandbox *sandbox = &program->sandbox;
    struct http_service service = {.handle = sandbox_handle,
                                   .refuse = sandbox_refuse,
                                   .context = sandbox,
                                   .limits = http_default_limits};
    service.limits.body_bytes = MOST_BODY;
    int fd, rc = http_bind("127.0.0.1", &options->port, &fd, err);
    if (rc < 0)
        return rc;
    struct buf url = {0};
    buf_printf(&url, "http://127.0.0.1:%u", options->port);
    sandbox->public_url = mem_string(options->public_url ? options->public_url : url.data);
    http_server_create(&program->server, &sandbox->loop, &service);
    rc = http_server_listen(program->server, fd, err);
    if (rc == 0)
        printf("medina-sandbox listens on %s\n", url.data);
    fflush(stdout);
    buf_finish(&url);
    return rc;
}

static int run(struct program *program, struct options *options, struct err *err)
{
    struct sandbox *sandbox = &program->sandbox;
    sandbox->faults = json_object();
    sandbox->documents = json_object();
    sandbox->provider_key = mem_string(secret("SANDBOX_PROVIDER_KEY"));
    sandbox->webhook_secret = mem_string(secret("SANDBOX_WEBHOOK_SECRET"));
    sandbox->webhook_url = mem_string(options->webhook);
    sandbox->fee_permil = options->fees[0];
    sandbox->fee_fixed = options->fees[1];
    sandbox->fee_dispute = options->fees[2];
    int rc = crypto_start(err);
    if (rc == 0)
        rc = sandbox_pages_load(sandbox, err);
    if (rc == 0)
        rc = loop_init(&sandbox->loop, err);
    if (rc == 0)
        rc = sandbox_state_load(sandbox, options->data, err);
    if (rc == 0)
        rc = http_client_create(&sandbox->client, 16, err);
    if (rc == 0)
        rc = serve(program, options, err);
    if (rc < 0)
        return rc;
    watch_signals(program);
    loop_run(&sandbox->loop);
    http_client_destroy(sandbox->client);
    loop_finish(&sandbox->loop);
    return 0;
}

static void finish(struct sandbox *sandbox)
{
    json_decref(sandbox->state);
    json_decref(sandbox->faults);
    json_decref(sandbox->documents);
    mustache_destroy(sandbox->pages);
    free(sandbox->state_path);
    free(sandbox->provider_key);
    free(sandbox->webhook_secret);
    free(sandbox->webhook_url);
    free(sandbox->public_url);
}

int main(int argc, char **argv)
{
    static struct program program;
    struct options options = {.data = "data",
                              .webhook = "",
                              .zone = "Asia/Dubai",
                              .fees = {29, 100, 5500}};
    struct err err;
    if (!read_options(argc, argv, &options)) {
        fputs(usage, stderr);
        return 2;
    }
    setenv("TZ", options.zone, 1);
    tzset();
    int rc = run(&program, &options, &err);
    if (rc < 0)
        fprintf(stderr, "medina-sandbox: %s\n", err.message);
    finish(&program.sandbox);
    return rc < 0 ? 1 : 0;
}
