// SPDX-License-Identifier: Apache-2.0
// The host: reads the configuration, makes one of everything, connects them and runs until it is
// told to stop (SIGINT, SIGTERM).

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/mem.h"
#include "host/delivery.h"
#include "host/layers.h"
#include "host/problem.h"
#include "host/quote.h"
#include "http/client.h"
#include "loop/task.h"
#include "main/check.h"
#include "main/config.h"
#include "main/gateway.h"
#include "money/card.h"
#include "notify/sms.h"
#include "ops/admin.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    MOST_GATEWAYS = METRICS_GATEWAYS,
    DRAIN_MS = 10 * 1000,
    DRAIN_STEP_MS = 20,
    SWEEP_TICKS = 300
};

struct daemon {
    struct config config;
    struct loop control;
    struct gateway gateways[MOST_GATEWAYS];
    unsigned gateway_count;
    unsigned port;
    struct store *store;
    struct http_client *client;
    struct sms sms;
    struct auth *auth;
    struct provider *card;
    struct money *money;
    struct gate *gates[MOST_GATEWAYS];
    struct quote_desk desk;
    struct delivery *delivery;
    struct api_settings settings;
    struct portal_site *site; // NULL: no web front is configured
    struct host *host;
    struct metrics metrics;
    struct admin admin;
    struct http_server *admin_server;
    struct http_server *metrics_server;
    uv_signal_t interrupt;
    uv_signal_t terminate;
    struct process_sandbox sandbox;
    struct err failure; // why it does not come up; code 0: it did
    bool stopping;
};

// ---- making everything ----

static int make_folder(const char *path, struct err *err)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return 0;
    return err_set(err, ERR_IO, "cannot make the folder %s: %s", path, strerror(errno));
}

// One host a folder: before anything in it is touched. The lock goes with the process.
static int lock_folder(const struct config *config, struct err *err)
{
    struct buf path = {0};
    buf_printf(&path, "%s/medinad.lock", config->data);
    int fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int rc = 0;
    if (fd < 0)
        rc = err_set(err, ERR_IO, "cannot open %s: %s", path.data, strerror(errno));
    else if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        rc = err_set(err, ERR_CONFLICT, "another medinad runs in %s; stop it, or set paths.data",
                     config->data);
    buf_finish(&path);
    return rc;
}

static int open_store(struct daemon *daemon, struct err *err)
{
    struct config *config = &daemon->config;
    struct buf path = {0};
    buf_printf(&path, "%s/medina.db", config->data);
    struct store_config store = {.path = path.data,
                                 .batch_limit = (unsigned)config->store_batch,
                                 .queue_limit = (unsigned)config->store_queue,
                                 .readers = (unsigned)config->store_readers,
                                 .started_ms = clock_now(NULL)};
    int rc = store_create(&daemon->store, &store, err);
    buf_finish(&path);
    return rc;
}

static struct http_limits limits_of(const struct config *config)
{
    return (struct http_limits){.target_bytes = (size_t)config->http_target_bytes,
                                .head_bytes = (size_t)config->http_head_bytes,
                                .field_count = (unsigned)config->http_fields,
                                .body_bytes = (size_t)config->http_body_bytes,
                                .connections = (unsigned)config->http_connections,
                                .requests_per_connection =
                                    (unsigned)config->http_requests_per_connection,
                                .head_ms = (uint64_t)config->http_head_ms,
                                .body_ms = (uint64_t)config->http_body_ms,
                                .idle_ms = (uint64_t)config->http_idle_ms};
}

static unsigned core_count(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > MOST_GATEWAYS ? MOST_GATEWAYS : (unsigned)cores;
}

// Without city.public_url browsers see the host where it listens.
static void settle_public_url(struct daemon *daemon)
{
    struct config *config = &daemon->config;
    if (config->public_url[0])
        return;
    struct buf url = {0};
    buf_printf(&url, "http://%s:%u", config->address, daemon->port);
    free(config->public_url);
    config->public_url = buf_detach(&url);
}

static int bind_gateways(struct daemon *daemon, struct err *err)
{
    daemon->port = (unsigned)daemon->config.port;
    for (unsigned i = 0; i < daemon->gateway_count; i++) {
        int rc = http_bind(daemon->config.address, &daemon->port, &daemon->gateways[i].fd, err);
        if (rc < 0)
            return rc;
    }
    settle_public_url(daemon);
    return 0;
}

// SO_REUSEPORT lets a second host share the port in silence; a probe without it tells.
static int check_port_free(const struct daemon *daemon, struct err *err)
{
    unsigned port = (unsigned)daemon->config.port;
    if (port == 0)
        return 0;
    return http_port_free(daemon->config.address, port, err);
}

static int make_gateways(struct daemon *daemon, struct err *err)
{
    struct http_limits limits = limits_of(&daemon->config);
    daemon->gateway_count =
        daemon->config.gateways ? (unsigned)daemon->config.gateways : core_count();
    int rc = check_port_free(daemon, err);
    if (rc == 0)
        rc = bind_gateways(daemon, err);
    for (unsigned i = 0; i < daemon->gateway_count && rc == 0; i++) {
        rc = gateway_init(&daemon->gateways[i], err);
        if (rc == 0)
            gateway_serve(&daemon->gateways[i], &limits);
    }
    return rc;
}

static int make_auth(struct daemon *daemon, struct err *err)
{
    const struct config *config = &daemon->config;
    daemon->sms = (struct sms){daemon->client, config->sms_url, config->sms_token,
                               (uint64_t)config->provider_timeout_ms};
    struct auth_config auth = {.store = daemon->store,
                               .send = sms_send_code,
                               .send_context = &daemon->sms,
                               .code_ttl_ms = config->code_ttl_ms,
                               .code_tries = config->code_tries,
                               .sends_per_number = config->code_sends_per_number,
                               .sends_per_address = config->code_sends_per_address,
                               .cookie_ttl_ms = config->cookie_ttl_ms,
                               .cookie_idle_ms = config->cookie_idle_ms,
                               .bearer_ttl_ms = config->bearer_ttl_ms,
                               .bearer_idle_ms = config->bearer_idle_ms};
    return auth_create(&daemon->auth, &auth, err);
}

static void wake_delivery(void *context)
{
    struct daemon *daemon = context;
    delivery_wake(daemon->delivery);
}

static int make_money(struct daemon *daemon, struct err *err)
{
    const struct config *config = &daemon->config;
    static struct provider *providers[2];
    if (config->provider_url[0]) {
        struct card_config card = {.name = "card",
                                   .api = config->provider_url,
                                   .secret_key = config->provider_key,
                                   .webhook_secret = config->provider_webhook_secret,
                                   .send = http_client_send,
                                   .client = daemon->client,
                                   .timeout_ms = (uint64_t)config->provider_timeout_ms};
        int rc = card_create(&daemon->card, &card, err);
        if (rc < 0)
            return rc;
        providers[0] = daemon->card;
    }
    for (unsigned i = 0; i < daemon->gateway_count; i++)
        daemon->gates[i] = host_gate(daemon->host, i);
    daemon->desk = (struct quote_desk){daemon->gates, daemon->gateway_count, config->currency};
    struct money_config money = {.store = daemon->store,
                                 .providers = providers,
                                 .quote = quote_for_money,
                                 .quote_context = &daemon->desk,
                                 .outbox_ready = wake_delivery,
                                 .outbox_context = daemon};
    int rc = money_create(&daemon->money, &money, err);
    if (rc < 0)
        return rc;
    struct delivery_options delivery = {.gate = daemon->gates[0], .money = daemon->money};
    delivery_create(&daemon->delivery, &delivery);
    return money_recover(daemon->money, err);
}

static void connect_gateways(struct daemon *daemon)
{
    const struct config *config = &daemon->config;
    daemon->settings = (struct api_settings){.currency = config->currency,
                                             .provider = daemon->card ? "card" : NULL,
                                             .public_url = config->public_url,
                                             .wallet = config->wallet != 0};
    for (unsigned i = 0; i < daemon->gateway_count; i++) {
        struct gateway *gateway = &daemon->gateways[i];
        struct portal_services services = {daemon->gates[i], daemon->auth, daemon->money};
        gateway->api =
            (struct api){daemon->gates[i], daemon->auth, daemon->money, &daemon->settings};
        if (daemon->site)
            portal_create(&gateway->portal, daemon->site, &services);
    }
}

// Where the card page is. Without a setting of its own it is the API's host: an empty one would
// have browsers block the way to the page in silence.
static const char *provider_origin(const struct config *config)
{
    return config->provider_page_origin[0] ? config->provider_page_origin : config->provider_url;
}

static int load_site(struct daemon *daemon, struct err *err)
{
    const struct config *config = &daemon->config;
    struct portal_settings settings = {.web = config->web,
                                       .currency = config->currency,
                                       .provider = daemon->card ? "card" : NULL,
                                       .provider_origin = provider_origin(config),
                                       .public_url = config->public_url,
                                       .wallet = config->wallet != 0,
                                       .demonstration = config->demonstration != 0};
    return config->web[0] ? portal_site_load(&daemon->site, &settings, err) : 0;
}

static void read_sandbox(struct daemon *daemon)
{
    const struct config *config = &daemon->config;
    daemon->sandbox =
        (struct process_sandbox){.uid = (uint32_t)config->sandbox_uid,
                                 .landlock_abi = (uint32_t)config->sandbox_landlock_abi,
                                 .loading_s = (uint32_t)config->sandbox_loading_s,
                                 .log_lines = (unsigned)config->sandbox_log_lines,
                                 .log_burst = (unsigned)config->sandbox_log_burst};
    layer_parse(str_from(config->sandbox_require), &daemon->sandbox.required, NULL);
}

static void make_host(struct daemon *daemon)
{
    const struct config *config = &daemon->config;
    static struct loop *loops[MOST_GATEWAYS];
    read_sandbox(daemon);
    for (unsigned i = 0; i < daemon->gateway_count; i++)
        loops[i] = &daemon->gateways[i].loop;
    struct host_options options = host_default_options;
    options.control = &daemon->control;
    options.gateways = loops;
    options.gateway_count = daemon->gateway_count;
    options.runner_program = config->runner;
    options.trust = config->trust;
    options.gate.credit = (unsigned)config->plugin_credit;
    options.gate.waiting = (unsigned)config->plugin_waiting;
    options.gate.result_bytes = (size_t)config->plugin_result_bytes;
    options.gate.requests_per_call = (unsigned)config->plugin_requests;
    options.start_ms = (uint64_t)config->plugin_start_ms;
    options.restart_ms = (uint64_t)config->plugin_restart_ms;
    options.restart_most_ms = (uint64_t)config->plugin_restart_most_ms;
    options.sandbox = daemon->sandbox;
    options.memory_bytes = (uint64_t)config->sandbox_memory_bytes;
    options.scratch_bytes = (uint64_t)config->sandbox_scratch_bytes;
    options.broker.client = daemon->client;
    options.broker.store = daemon->store;
    options.broker.auth = daemon->auth;
    options.broker.reply_bytes = (size_t)config->client_reply_bytes;
    host_create(&daemon->host, &options);
}

static void make_metrics(struct daemon *daemon)
{
    struct metrics *metrics = &daemon->metrics;
    metrics->host = daemon->host;
    metrics->store = daemon->store;
    metrics->gateways = daemon->gateway_count;
    for (unsigned i = 0; i < daemon->gateway_count; i++) {
        struct gateway *gateway = &daemon->gateways[i];
        gateway->metrics = &metrics->requests[i];
        metrics->http[i] = http_server_counters(gateway->server);
        metrics->gates[i] = gate_counters(host_gate(daemon->host, i));
    }
}

static int make_admin(struct daemon *daemon, struct err *err)
{
    daemon->admin = (struct admin){daemon->host,     daemon->config.trust,
                                   daemon->money,    daemon->config.currency,
                                   &daemon->metrics, clock_now(NULL)};
    struct http_service service = {admin_handle, admin_refuse, &daemon->admin,
                                   limits_of(&daemon->config)};
    service.limits.body_bytes = (size_t)daemon->config.plugin_file_bytes;
    service.limits.body_ms = DRAIN_MS;
    http_server_create(&daemon->admin_server, &daemon->control, &service);
    struct buf path = {0};
    buf_printf(&path, "%s/medinad.sock", daemon->config.data);
    int rc = http_server_listen_unix(daemon->admin_server, path.data, err);
    buf_finish(&path);
    if (rc < 0 || daemon->config.metrics_port == 0)
        return rc;
    int fd;
    unsigned port = (unsigned)daemon->config.metrics_port;
    service.handle = admin_handle_metrics;
    http_server_create(&daemon->metrics_server, &daemon->control, &service);
    rc = http_bind("127.0.0.1", &port, &fd, err);
    return rc < 0 ? rc : http_server_listen(daemon->metrics_server, fd, err);
}

// ---- stopping ----

static bool connections_open(const struct daemon *daemon)
{
    for (unsigned i = 0; i < daemon->gateway_count; i++)
        if (http_server_counters(daemon->gateways[i].server)->open)
            return true;
    return false;
}

static void stop(void *argument)
{
    struct daemon *daemon = argument;
    for (unsigned i = 0; i < daemon->gateway_count; i++)
        gateway_drain(&daemon->gateways[i]);
    for (int waited = 0; connections_open(daemon) && waited < DRAIN_MS; waited += DRAIN_STEP_MS)
        task_sleep(DRAIN_STEP_MS);
    delivery_stop(daemon->delivery);
    host_stop(daemon->host);
    http_server_destroy(daemon->admin_server);
    http_server_destroy(daemon->metrics_server);
    uv_close((uv_handle_t *)&daemon->interrupt, NULL);
    uv_close((uv_handle_t *)&daemon->terminate, NULL);
    loop_stop(&daemon->control);
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    struct daemon *daemon = handle->data;
    if (daemon->stopping)
        return;
    daemon->stopping = true;
    log_line(LOG_LEVEL_INFORMATION, "main", "stopping");
    task_spawn(&daemon->control, stop, daemon);
}

static void watch_signals(struct daemon *daemon)
{
    signal(SIGPIPE, SIG_IGN);
    uv_signal_init(&daemon->control.uv, &daemon->interrupt);
    uv_signal_init(&daemon->control.uv, &daemon->terminate);
    daemon->interrupt.data = daemon->terminate.data = daemon;
    uv_signal_start(&daemon->interrupt, on_signal, SIGINT);
    uv_signal_start(&daemon->terminate, on_signal, SIGTERM);
}

// ---- running ----

static void start_delivery(void *delivery)
{
    delivery_start(delivery);
}

// Codes and sessions that have expired are deleted now and then.
static void sweep_auth(void *argument)
{
    struct daemon *daemon = argument;
    struct err err;
    while (!daemon->stopping) {
        if (auth_sweep(daemon->auth, &err) < 0)
            log_line(LOG_LEVEL_WARNING, "auth", "%s", err.message);
        for (int i = 0; i < SWEEP_TICKS && !daemon->stopping; i++)
            task_sleep(1000);
    }
}

// Which layers of the box this machine gives, before any plugin is near.
static int probe_sandbox(struct daemon *daemon, struct err *err)
{
    struct process_layers layers;
    int rc = layers_probe(&daemon->control, daemon->config.runner, &daemon->sandbox, &layers, err);
    layers_log(&layers);
    return rc;
}

static void bring_up(void *argument)
{
    struct daemon *daemon = argument;
    struct err err;
    if (probe_sandbox(daemon, &daemon->failure) < 0) {
        daemon->stopping = true;
        stop(daemon);
        return;
    }
    if (host_restore(daemon->host, &err) < 0)
        log_line(LOG_LEVEL_ERROR, "host", "plugins cannot be brought back: %s", err.message);
    loop_post(&daemon->gateways[0].loop, start_delivery, daemon->delivery);
    task_spawn(&daemon->control, sweep_auth, daemon);
    for (unsigned i = 0; i < daemon->gateway_count; i++)
        if (gateway_listen(&daemon->gateways[i], &err) < 0)
            log_line(LOG_LEVEL_ERROR, "http", "%s", err.message);
    printf("medinad listens on http://%s:%u\n", daemon->config.address, daemon->port);
    fflush(stdout);
}

static int make_all(struct daemon *daemon, struct err *err)
{
    int rc = crypto_start(err);
    if (rc == 0)
        rc = problem_load(err);
    if (rc == 0)
        rc = make_folder(daemon->config.data, err);
    if (rc == 0)
        rc = lock_folder(&daemon->config, err);
    if (rc == 0)
        rc = loop_init(&daemon->control, err);
    if (rc == 0)
        rc = make_gateways(daemon, err);
    if (rc == 0)
        rc = open_store(daemon, err);
    if (rc == 0)
        rc = http_client_create(&daemon->client, (unsigned)daemon->config.client_connections, err);
    if (rc == 0)
        rc = make_auth(daemon, err);
    if (rc < 0)
        return rc;
    make_host(daemon);
    make_metrics(daemon);
    rc = make_money(daemon, err);
    if (rc == 0)
        rc = load_site(daemon, err);
    if (rc < 0)
        return rc;
    daemon->metrics.money = daemon->money;
    connect_gateways(daemon);
    return make_admin(daemon, err);
}

static int run(struct daemon *daemon, struct err *err)
{
    int rc = make_all(daemon, err);
    for (unsigned i = 0; i < daemon->gateway_count && rc == 0; i++)
        rc = gateway_start(&daemon->gateways[i], err);
    if (rc < 0)
        return rc;
    watch_signals(daemon);
    task_spawn(&daemon->control, bring_up, daemon);
    loop_run(&daemon->control);
    for (unsigned i = 0; i < daemon->gateway_count; i++)
        gateway_join(&daemon->gateways[i]);
    for (unsigned i = 0; i < daemon->gateway_count; i++)
        portal_destroy(daemon->gateways[i].portal);
    portal_site_destroy(daemon->site);
    delivery_destroy(daemon->delivery);
    host_destroy(daemon->host);
    money_destroy(daemon->money);
    card_destroy(daemon->card);
    auth_destroy(daemon->auth);
    http_client_destroy(daemon->client);
    store_destroy(daemon->store);
    for (unsigned i = 0; i < daemon->gateway_count; i++)
        loop_finish(&daemon->gateways[i].loop);
    loop_finish(&daemon->control);
    problem_unload();
    if (daemon->failure.code < 0)
        return err_set(err, daemon->failure.code, "%s", daemon->failure.message);
    return 0;
}

static int print_config(const struct config *config)
{
    json_t *document = config_json(config);
    json_dumpf(document, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(document);
    return 0;
}

int main(int argc, char **argv)
{
    static struct daemon daemon;
    struct err err;
    const char *path = NULL;
    bool print = false;
    if (argc > 1 && strcmp(argv[1], "--check") == 0)
        return check_run(argc - 2, argv + 2);
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--print-config") == 0) {
            print = true;
        } else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
            path = argv[++i];
        } else {
            fprintf(stderr,
                    "usage: medinad [--config FILE] [--print-config], or medinad --check FILE …\n");
            return 2;
        }
    }
    if (config_load(&daemon.config, path, &err) < 0) {
        fprintf(stderr, "medinad: %s\n", err.message);
        return 2;
    }
    config_find_runner(&daemon.config);
    setenv("TZ", daemon.config.zone, 1);
    tzset();
    int rc = print ? print_config(&daemon.config) : run(&daemon, &err);
    if (rc < 0)
        fprintf(stderr, "medinad: %s\n", err.message);
    config_finish(&daemon.config);
    return rc < 0 ? 1 : 0;
}
