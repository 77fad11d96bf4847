// SPDX-License-Identifier: Apache-2.0
// The host: reads the configuration, makes one of everything, connects them and runs until it is
// told to stop (SIGINT, SIGTERM).

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/mem.h"
#include "host/notice.h"
#include "host/problem.h"
#include "loop/task.h"
#include "main/check.h"
#include "main/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// ---- making everything ----

static int make_folder(const char *path, struct err *err)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return 0;
    return err_set(err, ERR_IO, "cannot make the folder %s: %s", path, strerror(errno));
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

// The lock of the folder and the sockets, before anything in the folder is touched: anew, or from
// the host that this one replaces.
static int make_listeners(struct daemon *daemon, struct err *err)
{
    const struct config *config = &daemon->config;
    struct bequest *bequest = succession_bequest(daemon->succession);
    daemon->gateway_count = config->gateways ? (unsigned)config->gateways : core_count();
    struct listeners_plan plan = {.data = config->data,
                                  .address = config->address,
                                  .port = (unsigned)config->port,
                                  .gateways = daemon->gateway_count,
                                  .metrics_port = (unsigned)config->metrics_port,
                                  .group = config->approvers};
    int rc = bequest ? listeners_take_over(&daemon->listeners, &bequest->listeners, &plan, err)
                     : listeners_open(&daemon->listeners, &plan, err);
    if (rc < 0)
        return rc;
    daemon->port = listeners_find(&daemon->listeners, LISTENER_GATEWAY, 0)->port;
    settle_public_url(daemon);
    return 0;
}

static int open_store(struct daemon *daemon, struct err *err)
{
    struct config *config = &daemon->config;
    struct buf path = {0};
    buf_printf(&path, "%s/medina.db", config->data);
    struct store_config store = {.path = path.data,
                                 .batch_limit = (unsigned)config->store_batch,
                                 .cache_kib = (unsigned)config->store_cache,
                                 .queue_limit = (unsigned)config->store_queue,
                                 .readers = (unsigned)config->store_readers,
                                 .started_ms = clock_now(NULL),
                                 .shared = daemon->succession != NULL};
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
                                .idle_ms = (uint64_t)config->http_idle_ms,
                                .linger_ms = (uint64_t)config->http_linger_ms};
}

static int make_gateways(struct daemon *daemon, struct err *err)
{
    struct gateway_limits limits = {limits_of(&daemon->config),
                                    (size_t)daemon->config.file_most_bytes,
                                    (unsigned)daemon->config.files_at_once};
    int rc = 0;
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

static void make_uploads(struct daemon *daemon)
{
    const struct config *config = &daemon->config;
    struct crypto_key key;
    auth_upload_key(daemon->auth, &key);
    struct uploads_options options = {.store = daemon->store,
                                      .key = &key,
                                      .most_bytes = (size_t)config->file_most_bytes,
                                      .per_account = (unsigned)config->files_per_account,
                                      .keep_ms = config->file_keep_ms,
                                      .sent_ms = config->file_sent_ms};
    uploads_create(&daemon->uploads, &options);
    crypto_wipe(&key, sizeof key);
}

static void wake_delivery(void *context)
{
    struct daemon *daemon = context;
    delivery_wake(daemon->delivery);
}

static struct settlement_terms terms_of(const struct config *config)
{
    return (struct settlement_terms){.payees = config->payees,
                                     .currency = config->currency,
                                     .grace_ms = config->settlement_grace_ms,
                                     .execution_days = config->settlement_execution_days};
}

static void make_automatic(struct daemon *daemon)
{
    const struct config *config = &daemon->config;
    struct automatic_options options = {.gate = daemon->gates[0],
                                        .auth = daemon->auth,
                                        .money = daemon->money,
                                        .store = daemon->store,
                                        .sms = &daemon->sms,
                                        .currency = config->currency,
                                        .public_url = config->public_url,
                                        .look_ms = config->wallet
                                                       ? (uint64_t)config->automatic_look_ms
                                                       : 0,
                                        .lead_days = config->automatic_lead_days};
    automatic_create(&daemon->automatic, &options);
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
                                   .timeout_ms = (uint64_t)config->provider_timeout_ms,
                                   .cards_timeout_ms = (uint64_t)config->provider_cards_timeout_ms};
        int rc = card_create(&daemon->card, &card, err);
        if (rc < 0)
            return rc;
        providers[0] = daemon->card;
    }
    for (unsigned i = 0; i < daemon->gateway_count; i++)
        daemon->gates[i] = host_gate(daemon->host, i);
    daemon->desk = (struct quote_desk){daemon->gates, daemon->gateway_count, config->currency};
    struct money_config money = {.store = daemon->store,
                                 .tariff = config->tariff,
                                 .lines_limit = config->money_lines,
                                 .checkout_ms = config->money_checkout_ms,
                                 .quote_patience_ms = config->money_quote_patience_ms,
                                 .hold_ms = config->money_hold_ms,
                                 .claim_ms = config->money_claim_ms,
                                 .keep_answers_ms = config->money_keep_answers_ms,
                                 .event_ms = config->money_event_ms,
                                 .wallet_cap =
                                     config->wallet && config->top_up ? config->wallet_cap : 0,
                                 .refund_alone = config->money_refund_alone,
                                 .providers = providers,
                                 .quote = quote_for_money,
                                 .quote_context = &daemon->desk,
                                 .told = notice_of_event,
                                 .outbox_ready = wake_delivery,
                                 .outbox_context = daemon};
    int rc = money_create(&daemon->money, &money, err);
    if (rc < 0)
        return rc;
    struct delivery_options delivery = {.gate = daemon->gates[0],
                                        .money = daemon->money,
                                        .store = daemon->store,
                                        .inbox_ms = config->inbox_ms,
                                        .late_ms = config->money_late_ms};
    delivery_create(&daemon->delivery, &delivery);
    make_automatic(daemon);
    struct settler_plan plan = {terms_of(config), config->settlement_at,
                                daemon->card ? "card" : NULL, (uint64_t)config->dispute_poll_ms};
    settler_init(&daemon->settler, daemon->money, &plan);
    // What a host that still drains has begun is not a dead host's: that comes when it has gone.
    return daemon->succession ? 0 : money_recover(daemon->money, err);
}

static void connect_gateways(struct daemon *daemon)
{
    const struct config *config = &daemon->config;
    daemon->settings = (struct api_settings){.currency = config->currency,
                                             .provider = daemon->card ? "card" : NULL,
                                             .public_url = config->public_url,
                                             .wallet = config->wallet != 0,
                                             .top_up = config->wallet && config->top_up};
    for (unsigned i = 0; i < daemon->gateway_count; i++) {
        struct gateway *gateway = &daemon->gateways[i];
        struct portal_services services = {daemon->gates[i], daemon->auth, daemon->money,
                                           daemon->store,    &daemon->sms, daemon->directory};
        gateway->api = (struct api){.gate = daemon->gates[i],
                                    .auth = daemon->auth,
                                    .money = daemon->money,
                                    .store = daemon->store,
                                    .sms = &daemon->sms,
                                    .directory = daemon->directory,
                                    .settings = &daemon->settings};
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

static int make_directory(struct daemon *daemon, struct err *err)
{
    struct search_limits limits = {(size_t)daemon->config.search_query_bytes,
                                   (size_t)daemon->config.search_query_words};
    return directory_create(&daemon->directory, &limits, err);
}

static int load_site(struct daemon *daemon, struct err *err)
{
    const struct config *config = &daemon->config;
    struct portal_settings settings = {.web = config->web,
                                       .map = config->map,
                                       .help_phone = config->help_phone,
                                       .help_email = config->help_email,
                                       .currency = config->currency,
                                       .provider = daemon->card ? "card" : NULL,
                                       .provider_origin = provider_origin(config),
                                       .public_url = config->public_url,
                                       .wallet = config->wallet != 0,
                                       .top_up = config->wallet && config->top_up,
                                       .activity_scan = config->activity_scan,
                                       .activity_export = config->activity_export,
                                       .payments_years = config->payments_years,
                                       .demonstration = config->demonstration != 0,
                                       .components = config->developer_components != 0,
                                       .compress_bytes = (size_t)config->http_compress_bytes};
    return config->web[0] ? portal_site_load(&daemon->site, &settings, err) : 0;
}

static void set_rollout(struct host_options *options, const struct config *config)
{
    options->gate.retry_ms = (uint64_t)config->plugin_retry_ms;
    options->drain_ms = (uint64_t)config->plugin_drain_ms;
    options->crashes = (unsigned)config->plugin_crashes;
    options->healthy_ms = (uint64_t)config->plugin_healthy_ms;
    options->runners = (unsigned)config->plugin_runners;
    options->cool_down_ms = (uint64_t)config->plugin_cool_down_ms;
    options->refuse_input_ms = (uint64_t)config->plugin_refuse_input_ms;
    options->refuse_inputs = (unsigned)config->plugin_refuse_inputs;
    options->limited_callers = (unsigned)config->plugin_limited_callers;
    options->overdue_ms = (uint64_t)config->plugin_overdue_ms;
    options->watch_ms = (uint64_t)config->plugin_watch_ms;
    options->log_lines = (unsigned)config->plugin_log_lines;
    options->history = (unsigned)config->plugin_history;
    options->canary = (struct canary_bounds){.least = (unsigned)config->canary_least,
                                             .error_permil = (unsigned)config->canary_error_permil,
                                             .p99_percent = (unsigned)config->canary_p99_percent,
                                             .p99_floor_ms = (unsigned)config->canary_p99_floor_ms,
                                             .slow_windows = (unsigned)config->canary_slow_windows,
                                             .look_ms = (uint64_t)config->canary_look_ms};
}

static void make_host(struct daemon *daemon)
{
    const struct config *config = &daemon->config;
    static struct loop *loops[MOST_GATEWAYS];
    daemon->sandbox = config_sandbox(config);
    for (unsigned i = 0; i < daemon->gateway_count; i++)
        loops[i] = &daemon->gateways[i].loop;
    struct host_options options = host_default_options;
    options.control = &daemon->control;
    options.gateways = loops;
    options.gateway_count = daemon->gateway_count;
    options.runner_program = config->runner;
    options.trust = config->trust;
    options.sandbox = daemon->sandbox;
    options.memory_bytes = (uint64_t)config->sandbox_memory_bytes;
    options.scratch_bytes = (uint64_t)config->sandbox_scratch_bytes;
    options.gate.credit = (unsigned)config->plugin_credit;
    options.gate.waiting = (unsigned)config->plugin_waiting;
    options.gate.result_bytes = (size_t)config->plugin_result_bytes;
    options.gate.connections = (unsigned)config->plugin_connections;
    options.gate.asking_bytes = (size_t)config->plugin_asking_bytes;
    options.gate.requests_per_call = (unsigned)config->plugin_requests;
    options.start_ms = (uint64_t)config->plugin_start_ms;
    options.restart_ms = (uint64_t)config->plugin_restart_ms;
    options.restart_most_ms = (uint64_t)config->plugin_restart_most_ms;
    set_rollout(&options, config);
    options.live =
        (struct live_limits){.streams = (unsigned)config->live_streams,
                             .streams_per_caller = (unsigned)config->live_streams_per_caller,
                             .result_bytes = (size_t)config->live_result_bytes,
                             .pending_bytes = (size_t)config->live_pending_bytes,
                             .look_ms = (uint64_t)config->live_look_ms,
                             .retry_ms = (uint64_t)config->live_retry_ms};
    options.broker.client = daemon->client;
    options.broker.store = daemon->store;
    options.broker.auth = daemon->auth;
    options.broker.uploads = daemon->uploads;
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

static struct camt_limits statement_limits(const struct config *config)
{
    return (struct camt_limits){.currency = config->currency,
                                .iban = config->settlement_debtor_iban,
                                .bytes = (size_t)config->reconcile_bank_bytes,
                                .depth = (unsigned)config->reconcile_bank_depth};
}

// The operator may ask while plugins come up; when this host replaces another that one answers.
static int make_admin(struct daemon *daemon, struct err *err)
{
    const struct listeners *listeners = &daemon->listeners;
    daemon->admin = (struct admin){.host = daemon->host,
                                   .trust = daemon->config.trust,
                                   .money = daemon->money,
                                   .terms = terms_of(&daemon->config),
                                   .provider = "card",
                                   .report_bytes = (size_t)daemon->config.reconcile_report_bytes,
                                   .statement = statement_limits(&daemon->config),
                                   .currency = daemon->config.currency,
                                   .approvers = daemon->config.approvers,
                                   .metrics = &daemon->metrics,
                                   .started_ms = clock_now(NULL)};
    struct http_service service = {.handle = admin_handle,
                                   .refuse = admin_refuse,
                                   .context = &daemon->admin,
                                   .limits = limits_of(&daemon->config)};
    service.limits.body_bytes = (size_t)daemon->config.plugin_file_bytes;
    service.limits.body_ms = STOP_DRAIN_MS;
    http_server_create(&daemon->admin_server, &daemon->control, &service);
    service.handle = admin_handle_metrics;
    if (daemon->config.metrics_port)
        http_server_create(&daemon->metrics_server, &daemon->control, &service);
    if (daemon->succession)
        return 0;
    int rc = serve_listen(daemon->admin_server, listeners_find(listeners, LISTENER_ADMIN, 0), err);
    if (rc == 0 && daemon->metrics_server)
        rc = serve_listen(daemon->metrics_server, listeners_find(listeners, LISTENER_METRICS, 0),
                          err);
    return rc;
}

// ---- running ----

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    serve_stop(handle->data);
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

static int make_all(struct daemon *daemon, struct err *err)
{
    int rc = crypto_start(err);
    if (rc == 0)
        rc = problem_load(err);
    if (rc == 0)
        rc = make_folder(daemon->config.data, err);
    if (rc == 0)
        rc = make_listeners(daemon, err);
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
    make_uploads(daemon);
    make_host(daemon);
    make_metrics(daemon);
    rc = make_money(daemon, err);
    if (rc == 0)
        rc = load_site(daemon, err);
    if (rc == 0)
        rc = make_directory(daemon, err);
    if (rc < 0)
        return rc;
    daemon->metrics.money = daemon->money;
    connect_gateways(daemon);
    rc = make_admin(daemon, err);
    serve_prepare(daemon);
    return rc < 0 ? rc : succession_watch(daemon->succession, &daemon->control, err);
}

static int run(struct daemon *daemon, struct err *err)
{
    int rc = make_all(daemon, err);
    for (unsigned i = 0; i < daemon->gateway_count && rc == 0; i++)
        rc = gateway_start(&daemon->gateways[i], err);
    if (rc < 0)
        return rc;
    watch_signals(daemon);
    succession_own_log(daemon->succession);
    task_spawn(&daemon->control, serve_begin, daemon);
    loop_run(&daemon->control);
    upgrade_destroy(daemon->upgrade);
    succession_destroy(daemon->succession);
    for (unsigned i = 0; i < daemon->gateway_count; i++)
        gateway_join(&daemon->gateways[i]);
    for (unsigned i = 0; i < daemon->gateway_count; i++)
        portal_destroy(daemon->gateways[i].portal);
    portal_site_destroy(daemon->site);
    directory_destroy(daemon->directory);
    delivery_destroy(daemon->delivery);
    automatic_destroy(daemon->automatic);
    host_destroy(daemon->host);
    money_destroy(daemon->money);
    card_destroy(daemon->card);
    uploads_destroy(daemon->uploads);
    auth_destroy(daemon->auth);
    http_client_destroy(daemon->client);
    store_destroy(daemon->store);
    for (unsigned i = 0; i < daemon->gateway_count; i++)
        loop_finish(&daemon->gateways[i].loop);
    loop_finish(&daemon->control);
    listeners_finish(&daemon->listeners);
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

struct arguments {
    const char *config;
    bool print;
    int take_over; // -1: no
};

static int read_arguments(int argc, char **argv, struct arguments *out)
{
    *out = (struct arguments){.take_over = -1};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--print-config") == 0) {
            out->print = true;
        } else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
            out->config = argv[++i];
        } else if (strcmp(argv[i], "--take-over") == 0 && i + 1 < argc) {
            // Given by the host that this one replaces.
            out->take_over = atoi(argv[++i]);
            if (out->take_over <= STDERR_FILENO)
                return -1;
        } else {
            return -1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct daemon daemon;
    struct arguments arguments;
    struct err err;
    if (argc > 1 && strcmp(argv[1], "--check") == 0)
        return check_run(argc - 2, argv + 2);
    if (read_arguments(argc, argv, &arguments) < 0) {
        fprintf(stderr,
                "usage: medinad [--config FILE] [--print-config], or medinad --check FILE …\n");
        return 2;
    }
    daemon.config_path = arguments.config;
    if (config_load(&daemon.config, arguments.config, &err) < 0) {
        fprintf(stderr, "medinad: %s\n", err.message);
        return 2;
    }
    config_find_runner(&daemon.config);
    setenv("TZ", daemon.config.zone, 1);
    tzset();
    int rc = 0;
    if (arguments.take_over >= 0)
        rc = succession_begin(&daemon.succession, arguments.take_over, &err);
    if (rc == 0)
        rc = arguments.print ? print_config(&daemon.config) : run(&daemon, &err);
    if (rc < 0)
        fprintf(stderr, "medinad: %s\n", err.message);
    config_finish(&daemon.config);
    return rc < 0 ? 1 : 0;
}
