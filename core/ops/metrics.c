// SPDX-License-Identifier: Apache-2.0
#include "ops/metrics.h"

#include "base/json.h"

const uint64_t metrics_bounds_us[METRICS_BUCKETS] = {500,    1000,    2500,    5000,
                                                     10000,  25000,   50000,   100000,
                                                     250000, 1000000, 5000000, 30000000};

void metrics_count_request(struct metrics_requests *requests, int status, uint64_t duration_us)
{
    int class = status / 100;
    unsigned bucket = 0;
    while (bucket < METRICS_BUCKETS && duration_us > metrics_bounds_us[bucket])
        bucket++;
    atomic_fetch_add_explicit(&requests->by_class[class > 0 && class < 6 ? class : 0], 1,
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&requests->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&requests->sum_us, duration_us, memory_order_relaxed);
}

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct buf *out, const char *name, const char *type, const char *help,
                uint64_t value)
{
    head(out, name, type, help);
    buf_printf(out, "%s %llu\n", name, (unsigned long long)value);
}

static void write_requests(const struct metrics *metrics, struct buf *out)
{
    static const char *const classes[] = {"other", "1xx", "2xx", "3xx", "4xx", "5xx"};
    uint64_t by_class[6] = {0}, buckets[METRICS_BUCKETS + 1] = {0}, sum = 0, count = 0;
    for (unsigned i = 0; i < metrics->gateways; i++) {
        const struct metrics_requests *requests = &metrics->requests[i];
        for (int k = 0; k < 6; k++)
            by_class[k] += requests->by_class[k];
        for (int k = 0; k <= METRICS_BUCKETS; k++)
            buckets[k] += requests->buckets[k];
        sum += requests->sum_us;
    }
    head(out, "medina_requests_total", "counter", "Requests answered, by class of status.");
    for (int k = 0; k < 6; k++)
        buf_printf(out, "medina_requests_total{status=\"%s\"} %llu\n", classes[k],
                   (unsigned long long)by_class[k]);
    head(out, "medina_request_seconds", "histogram", "Time from a whole request to its answer.");
    for (int k = 0; k < METRICS_BUCKETS; k++) {
        count += buckets[k];
        buf_printf(out, "medina_request_seconds_bucket{le=\"%g\"} %llu\n",
                   (double)metrics_bounds_us[k] / 1e6, (unsigned long long)count);
    }
    count += buckets[METRICS_BUCKETS];
    buf_printf(out,
               "medina_request_seconds_bucket{le=\"+Inf\"} %llu\nmedina_request_seconds_sum "
               "%.6f\nmedina_request_seconds_count %llu\n",
               (unsigned long long)count, (double)sum / 1e6, (unsigned long long)count);
}

static void write_connections(const struct metrics *metrics, struct buf *out)
{
    uint64_t open = 0, accepted = 0, refused = 0, malformed = 0;
    for (unsigned i = 0; i < metrics->gateways; i++) {
        open += metrics->http[i]->open;
        accepted += metrics->http[i]->accepted;
        refused += metrics->http[i]->refused_connections;
        malformed += metrics->http[i]->refused_requests;
    }
    one(out, "medina_connections", "gauge", "Open connections.", open);
    one(out, "medina_connections_total", "counter", "Connections accepted.", accepted);
    one(out, "medina_connections_refused_total", "counter", "Connections over the limit.", refused);
    one(out, "medina_requests_malformed_total", "counter",
        "Requests refused before they reached a handler.", malformed);
}

static void write_plugins(const struct metrics *metrics, struct buf *out)
{
    uint64_t calls = 0, failed = 0, late = 0, refused = 0, protocol = 0, in_use = 0;
    uint64_t retried = 0, poisoned = 0;
    for (unsigned i = 0; i < metrics->gateways; i++) {
        calls += metrics->gates[i]->calls;
        failed += metrics->gates[i]->failed;
        late += metrics->gates[i]->late;
        refused += metrics->gates[i]->refused;
        protocol += metrics->gates[i]->protocol;
        in_use += metrics->gates[i]->in_use;
        retried += metrics->gates[i]->retried;
        poisoned += metrics->gates[i]->poisoned;
    }
    one(out, "medina_plugin_calls_total", "counter", "Calls sent to plugins.", calls);
    one(out, "medina_plugin_calls_in_flight", "gauge", "Calls that plugins are at work on.",
        in_use);
    one(out, "medina_plugin_calls_lost_total", "counter", "Calls whose process ended.", failed);
    one(out, "medina_plugin_calls_retried_total", "counter",
        "Of them sent once more, to another process.", retried);
    one(out, "medina_plugin_calls_poisoned_total", "counter",
        "Calls refused because the same one killed a process.", poisoned);
    one(out, "medina_plugin_calls_late_total", "counter", "Calls past their deadline.", late);
    one(out, "medina_plugin_calls_refused_total", "counter", "Calls refused for want of credit.",
        refused);
    one(out, "medina_plugin_protocol_errors_total", "counter",
        "Plugin processes cut off for breaking the protocol.", protocol);
    const struct host_counters *host = host_counters(metrics->host);
    one(out, "medina_runner_starts_total", "counter", "Plugin processes started.", host->starts);
    one(out, "medina_runner_stuck_total", "counter", "Plugin processes killed by the watchdog.",
        host->stuck);
    one(out, "medina_plugin_rollbacks_total", "counter",
        "Versions taken back, by an operator or by the host.", host->rollbacks);
    one(out, "medina_runner_crashes_total", "counter", "Plugin processes that ended unasked.",
        host->crashes);
}

// By instance, so that one agency's dashboard needs nothing of another's.
static void write_instances(const struct metrics *metrics, struct buf *out)
{
    static const struct {
        const char *member;
        const char *name;
        const char *type;
        const char *help;
    } series[] = {
        {"calls", "medina_instance_calls_total", "counter", "Calls that ended, by instance."},
        {"errors", "medina_instance_errors_total", "counter",
         "Of them through a fault of plugin or agency."},
        {"in_flight", "medina_instance_calls_in_flight", "gauge", "Calls under way, by instance."},
        {"serving", "medina_instance_processes", "gauge", "Processes that serve, by instance."}};
    json_t *instances = host_tallies(metrics->host), *tally;
    const char *name;
    for (size_t i = 0; i < sizeof series / sizeof *series; i++) {
        head(out, series[i].name, series[i].type, series[i].help);
        json_object_foreach(instances, name, tally)
            buf_printf(out, "%s{instance=\"%s\"} %lld\n", series[i].name, name,
                       (long long)json_get_integer(tally, series[i].member, 0));
    }
    json_decref(instances);
}

static void write_store(const struct metrics *metrics, struct buf *out)
{
    struct store_metrics store;
    store_metrics(metrics->store, &store);
    one(out, "medina_store_jobs_total", "counter", "Jobs answered by the writer.", store.jobs);
    one(out, "medina_store_jobs_refused_total", "counter", "Jobs that refused.", store.refused);
    one(out, "medina_store_reads_total", "counter", "Jobs answered by readers.", store.reads);
    one(out, "medina_store_queue_depth", "gauge", "Jobs waiting for the writer.",
        store.queue_depth);
    one(out, "medina_store_read_queue_depth", "gauge", "Jobs waiting for a reader.",
        store.read_depth);
    one(out, "medina_store_turned_away_total", "counter", "Jobs refused by a full queue.",
        store.turned_away);
    one(out, "medina_store_unknown_commits_total", "counter", "Commits with unknown outcome.",
        store.unknown);
    one(out, "medina_store_commit_nanoseconds_total", "counter", "Time spent in COMMIT.",
        store.commit_ns);
    head(out, "medina_store_batch_jobs", "histogram", "Jobs in one commit.");
    uint64_t count = 0;
    for (int i = 0; i < STORE_BATCH_BUCKETS - 1; i++) {
        count += store.batch_sizes[i];
        buf_printf(out, "medina_store_batch_jobs_bucket{le=\"%d\"} %llu\n", 1 << i,
                   (unsigned long long)count);
    }
    buf_printf(out,
               "medina_store_batch_jobs_bucket{le=\"+Inf\"} %llu\nmedina_store_batch_jobs_sum "
               "%llu\nmedina_store_batch_jobs_count %llu\n",
               (unsigned long long)store.batches, (unsigned long long)store.jobs,
               (unsigned long long)store.batches);
}

static void write_money(const struct metrics *metrics, struct buf *out)
{
    struct outbox_status outbox;
    if (outbox_status(metrics->money, &outbox, NULL) < 0)
        return;
    one(out, "medina_outbox_waiting", "gauge", "Events that no plugin has taken yet.",
        (uint64_t)outbox.waiting);
    one(out, "medina_outbox_oldest_milliseconds", "gauge", "Age of the oldest of them.",
        (uint64_t)outbox.oldest_ms);
}

void metrics_write(const struct metrics *metrics, struct buf *out)
{
    write_requests(metrics, out);
    write_connections(metrics, out);
    write_plugins(metrics, out);
    one(out, "medina_live_streams", "gauge", "Event streams open.",
        live_streams(gate_broker(host_gate(metrics->host, 0))->live));
    write_instances(metrics, out);
    write_store(metrics, out);
    write_money(metrics, out);
}
