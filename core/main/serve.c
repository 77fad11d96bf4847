// SPDX-License-Identifier: Apache-2.0
#include "main/serve.h"

#include "base/clock.h"
#include "base/log.h"
#include "host/layers.h"
#include "loop/task.h"
#include "ops/service_manager.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define YEAR_MS (INT64_C(366) * 24 * 3600 * 1000)

enum { DRAIN_STEP_MS = 20, LEAVE_MARGIN_MS = 120 * 1000 };

// ---- accepting ----

int serve_listen(struct http_server *server, const struct listener *listener, struct err *err)
{
    int fd, rc = listener ? listener_copy(listener, &fd, err) : 0;
    return rc < 0 || !listener ? rc : http_server_listen(server, fd, err);
}

// Every socket gets a loop, also when there are more than loops: connections wait in each.
static int accept_citizens(struct daemon *daemon, struct err *err)
{
    const struct listener *listener;
    int rc = 0;
    for (unsigned i = 0;
         rc == 0 && (listener = listeners_find(&daemon->listeners, LISTENER_GATEWAY, i)); i++) {
        int fd;
        rc = listener_copy(listener, &fd, err);
        if (rc == 0)
            rc = gateway_listen(&daemon->gateways[i % daemon->gateway_count], fd, err);
    }
    return rc;
}

static int accept_operators(struct daemon *daemon, struct err *err)
{
    const struct listeners *listeners = &daemon->listeners;
    int rc = serve_listen(daemon->admin_server, listeners_find(listeners, LISTENER_ADMIN, 0), err);
    if (rc == 0 && daemon->metrics_server)
        rc = serve_listen(daemon->metrics_server, listeners_find(listeners, LISTENER_METRICS, 0),
                          err);
    return rc;
}

// ---- beginning ----

static bool serves(const json_t *versions, const char *wanted, char *reason, size_t size)
{
    size_t index;
    json_t *version;
    const char *at = strchr(wanted, '@');
    size_t name = at ? (size_t)(at - wanted) : strlen(wanted);
    snprintf(reason, size, "it is not known");
    json_array_foreach((json_t *)versions, index, version)
    {
        const char *instance = json_get_string(version, "instance");
        if (strlen(instance) != name || memcmp(instance, wanted, name) != 0 ||
            !json_get_boolean(version, "active", false))
            continue;
        if (json_get_integer(version, "pid", 0))
            return true;
        snprintf(reason, size, "%s", json_get_string(version, "reason"));
    }
    return false;
}

// What served in the old host must serve here, or citizens would lose it by the upgrade.
static void check_plugins(struct daemon *daemon)
{
    struct bequest *bequest = succession_bequest(daemon->succession);
    if (!bequest)
        return;
    size_t index;
    json_t *wanted, *versions = host_describe(daemon->host, NULL);
    char reason[512], text[700];
    json_array_foreach(bequest->serving, index, wanted)
    {
        const char *name = json_is_string(wanted) ? json_string_value(wanted) : "";
        if (serves(versions, name, reason, sizeof reason))
            continue;
        snprintf(text, sizeof text, "%s serves in the old host and does not start here: %s", name,
                 reason);
        succession_fail(daemon->succession, text);
    }
    json_decref(versions);
}

static void take_tenure(void *context)
{
    struct daemon *daemon = context;
    tenure_begin(&daemon->tenure);
    host_tenure(daemon->host, true);
}

// Nobody else writes any more, and what another host had begun is a dead host's.
static void become_alone(void *context)
{
    struct daemon *daemon = context;
    struct err err;
    store_share(daemon->store, false);
    if (money_recover(daemon->money, &err) < 0)
        log_line(LOG_LEVEL_ERROR, "money", "what the old host had begun waits: %s", err.message);
    if (store_contract(daemon->store, clock_now(NULL), &err) < 0)
        log_line(LOG_LEVEL_ERROR, "store", "%s; it is tried again at the next start", err.message);
}

static void fail_to_listen(struct daemon *daemon, const struct err *err)
{
    log_line(LOG_LEVEL_ERROR, "http", "%s", err->message);
    if (daemon->succession)
        succession_fail(daemon->succession, err->message);
    serve_stop(daemon);
}

// Which layers of the box this machine gives, before any plugin is near.
static int probe_sandbox(struct daemon *daemon, struct err *err)
{
    struct process_layers layers;
    int rc = layers_probe(&daemon->control, daemon->config.runner, &daemon->sandbox, &layers, err);
    layers_log(&layers);
    return rc;
}

void serve_begin(void *argument)
{
    struct daemon *daemon = argument;
    struct succession_events events = {take_tenure, become_alone, daemon};
    struct err err;
    if (probe_sandbox(daemon, &daemon->failure) < 0) {
        if (daemon->succession)
            succession_fail(daemon->succession, daemon->failure.message);
        serve_stop(daemon);
        return;
    }
    host_tenure(daemon->host, !daemon->succession);
    if (host_restore(daemon->host, &err) < 0)
        log_line(LOG_LEVEL_ERROR, "host", "plugins cannot be brought back: %s", err.message);
    check_plugins(daemon);
    succession_ready(daemon->succession);
    int rc = accept_citizens(daemon, &err);
    if (rc == 0 && daemon->succession)
        rc = accept_operators(daemon, &err);
    if (rc < 0) {
        fail_to_listen(daemon, &err);
        return;
    }
    succession_serving(daemon->succession);
    if (daemon->succession)
        succession_follow(daemon->succession, &events);
    else
        tenure_begin(&daemon->tenure);
    service_manager_ready();
    printf("medinad listens on http://%s:%u\n", daemon->config.address, daemon->port);
    fflush(stdout);
}

// ---- being replaced ----

static bool freeze(void *context)
{
    struct daemon *daemon = context;
    if (daemon->admin.changes)
        return false;
    daemon->admin.frozen = true;
    host_tenure(daemon->host, false);
    return true;
}

static void thaw(void *context)
{
    struct daemon *daemon = context;
    daemon->admin.frozen = false;
    host_tenure(daemon->host, true);
}

static void bequeath(void *context, struct bequest *out)
{
    struct daemon *daemon = context;
    size_t index;
    json_t *version, *versions = host_describe(daemon->host, NULL);
    out->listeners = daemon->listeners;
    out->leave_ms = (uint64_t)daemon->config.upgrade_drain_ms + LEAVE_MARGIN_MS;
    out->serving = json_array();
    json_array_foreach(versions, index, version)
    {
        if (json_get_boolean(version, "active", false) && json_get_integer(version, "pid", 0))
            json_array_append_new(out->serving,
                                  json_sprintf("%s@%s", json_get_string(version, "instance"),
                                               json_get_string(version, "version")));
    }
    json_decref(versions);
}

static void retire(void *context)
{
    struct daemon *daemon = context;
    for (unsigned i = 0; i < daemon->gateway_count; i++)
        gateway_retire(&daemon->gateways[i]);
    http_server_retire(daemon->admin_server);
    if (daemon->metrics_server)
        http_server_retire(daemon->metrics_server);
}

static void hand_over(void *context)
{
    struct daemon *daemon = context;
    tenure_end(&daemon->tenure);
}

static bool connections_open(const struct daemon *daemon)
{
    for (unsigned i = 0; i < daemon->gateway_count; i++)
        if (http_server_counters(daemon->gateways[i].server)->open)
            return true;
    return false;
}

static bool quiet(void *context)
{
    struct daemon *daemon = context;
    bool operators = http_server_counters(daemon->admin_server)->open != 0;
    return daemon->stopping || (!operators && !connections_open(daemon));
}

static void return_to_service(void *context)
{
    struct daemon *daemon = context;
    struct err err;
    for (unsigned i = 0; i < daemon->gateway_count; i++)
        gateway_resume(&daemon->gateways[i]);
    http_server_resume(daemon->admin_server);
    if (daemon->metrics_server)
        http_server_resume(daemon->metrics_server);
    if (accept_citizens(daemon, &err) < 0 || accept_operators(daemon, &err) < 0)
        log_line(LOG_LEVEL_ERROR, "http", "%s", err.message);
    tenure_begin(&daemon->tenure);
    become_alone(daemon);
}

static void leave(void *context)
{
    serve_stop(context);
}

static const struct upgrade_host upgrade_table = {.freeze = freeze,
                                                  .bequeath = bequeath,
                                                  .retire = retire,
                                                  .hand_over = hand_over,
                                                  .quiet = quiet,
                                                  .leave = leave,
                                                  .return_to_service = return_to_service,
                                                  .thaw = thaw};

static int run_upgrade(void *context, const char *program, json_t **answer, struct err *err)
{
    struct daemon *daemon = context;
    int predecessor = succession_predecessor(daemon->succession);
    if (daemon->stopping)
        return err_set(err, ERR_UNAVAILABLE, "this host is stopping; start the new one after it");
    if (predecessor)
        return err_set(err, ERR_CONFLICT,
                       "pid %d, which this host has replaced, still drains, for %lld ms at most "
                       "(upgrade.drain_ms); try again when it has gone",
                       predecessor, (long long)daemon->config.upgrade_drain_ms);
    return upgrade_run(daemon->upgrade, program, answer, err);
}

static int predecessor(void *context)
{
    struct daemon *daemon = context;
    return succession_predecessor(daemon->succession);
}

void serve_prepare(struct daemon *daemon)
{
    struct upgrade_options options = {.control = &daemon->control,
                                      .host = &upgrade_table,
                                      .context = daemon,
                                      .store = daemon->store,
                                      .config = daemon->config_path,
                                      .ready_ms = (uint64_t)daemon->config.upgrade_ready_ms,
                                      .drain_ms = (uint64_t)daemon->config.upgrade_drain_ms};
    upgrade_create(&daemon->upgrade, &options);
    daemon->admin.upgrade = (struct admin_upgrade){run_upgrade, predecessor, daemon};
    struct tenure_options tenure = {.control = &daemon->control,
                                    .delivery = daemon->delivery,
                                    .auth = daemon->auth,
                                    .settler = &daemon->settler,
                                    .automatic = daemon->automatic,
                                    .uploads = daemon->uploads,
                                    .store = daemon->store,
                                    .retention = {daemon->config.activity_ms,
                                                  daemon->config.payments_years * YEAR_MS},
                                    .sweep_ms = (uint64_t)daemon->config.file_sweep_ms};
    tenure_init(&daemon->tenure, &tenure);
}

// ---- stopping ----

static void stop(void *argument)
{
    struct daemon *daemon = argument;
    for (unsigned i = 0; i < daemon->gateway_count; i++)
        gateway_drain(&daemon->gateways[i]);
    for (int waited = 0; connections_open(daemon) && waited < STOP_DRAIN_MS;
         waited += DRAIN_STEP_MS)
        task_sleep(DRAIN_STEP_MS);
    tenure_stop(&daemon->tenure);
    host_stop(daemon->host);
    http_server_destroy(daemon->admin_server);
    http_server_destroy(daemon->metrics_server);
    if (!upgrade_handed_over(daemon->upgrade))
        listeners_unlink(&daemon->listeners);
    uv_close((uv_handle_t *)&daemon->interrupt, NULL);
    uv_close((uv_handle_t *)&daemon->terminate, NULL);
    loop_stop(&daemon->control);
}

void serve_stop(struct daemon *daemon)
{
    if (daemon->stopping)
        return;
    daemon->stopping = true;
    upgrade_abort(daemon->upgrade);
    listeners_close(&daemon->listeners);
    if (!upgrade_handed_over(daemon->upgrade))
        service_manager_stopping();
    log_line(LOG_LEVEL_INFORMATION, "main", "stopping");
    task_spawn(&daemon->control, stop, daemon);
}
