// SPDX-License-Identifier: Apache-2.0
#include "main/config.h"

#include "base/mem.h"
#include "search/index.h"
#include "wire/layer.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum kind { TEXT, SECRET, NUMBER, SWITCH };

struct member {
    const char *name; // "http.body_bytes": nested in the file
    enum kind kind;
    size_t offset;
    const char *text; // default of a text
    int64_t number;   // default of a number
    int64_t low, high;
};

#define TEXT_MEMBER(name, field, value)                                                            \
    {                                                                                              \
        name, TEXT, offsetof(struct config, field), value, 0, 0, 0                                 \
    }
#define SECRET_MEMBER(name, field)                                                                 \
    {                                                                                              \
        name, SECRET, offsetof(struct config, field), "", 0, 0, 0                                  \
    }
#define NUMBER_MEMBER(name, field, value, low, high)                                               \
    {                                                                                              \
        name, NUMBER, offsetof(struct config, field), NULL, value, low, high                       \
    }
#define SWITCH_MEMBER(name, field, value)                                                          \
    {                                                                                              \
        name, SWITCH, offsetof(struct config, field), NULL, value, 0, 1                            \
    }

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY ((int64_t)24 * HOUR)
#define MONEY_MOST INT64_C(1000000000000) // fils
#define MB (1024 * 1024)

static const struct member members[] = {
    TEXT_MEMBER("listen.address", address, "127.0.0.1"),
    NUMBER_MEMBER("listen.port", port, 8080, 0, 65535),
    NUMBER_MEMBER("listen.metrics_port", metrics_port, 0, 0, 65535),
    NUMBER_MEMBER("listen.gateways", gateways, 0, 0, 64),
    TEXT_MEMBER("paths.data", data, "data"),
    TEXT_MEMBER("paths.web", web, ""),
    TEXT_MEMBER("paths.runner", runner, ""),
    TEXT_MEMBER("city.public_url", public_url, ""),
    TEXT_MEMBER("city.zone", zone, "Asia/Dubai"),
    TEXT_MEMBER("city.help_phone", help_phone, ""),
    TEXT_MEMBER("city.help_email", help_email, ""),
    TEXT_MEMBER("city.map", map, ""),
    TEXT_MEMBER("city.currency", currency, "AED"),
    SWITCH_MEMBER("city.demonstration", demonstration, 0),
    SWITCH_MEMBER("developer.components", developer_components, 0),
    NUMBER_MEMBER("http.target_bytes", http_target_bytes, 8192, 256, MB),
    NUMBER_MEMBER("http.head_bytes", http_head_bytes, 16384, 1024, MB),
    NUMBER_MEMBER("http.fields", http_fields, 64, 8, 1000),
    NUMBER_MEMBER("http.body_bytes", http_body_bytes, MB, 1024, 64 * MB),
    NUMBER_MEMBER("http.connections", http_connections, 8192, 16, 1000000),
    NUMBER_MEMBER("http.requests_per_connection", http_requests_per_connection, 0, 0, 1000000000),
    NUMBER_MEMBER("http.head_ms", http_head_ms, 10 * SECOND, 100, HOUR),
    NUMBER_MEMBER("http.body_ms", http_body_ms, 30 * SECOND, 100, HOUR),
    NUMBER_MEMBER("http.idle_ms", http_idle_ms, MINUTE, 100, HOUR),
    NUMBER_MEMBER("http.compress_bytes", http_compress_bytes, 1024, 0, MB),
    NUMBER_MEMBER("http.linger_ms", http_linger_ms, 2 * SECOND, 0, MINUTE),
    NUMBER_MEMBER("client.connections", client_connections, 256, 1, 10000),
    NUMBER_MEMBER("client.reply_bytes", client_reply_bytes, 4 * MB, 1024, 64 * MB),
    NUMBER_MEMBER("plugins.credit", plugin_credit, 256, 2, 65536),
    NUMBER_MEMBER("plugins.waiting", plugin_waiting, 1024, 0, 65536),
    NUMBER_MEMBER("plugins.result_bytes", plugin_result_bytes, 4 * MB, 1024, 64 * MB),
    NUMBER_MEMBER("plugins.requests_per_call", plugin_requests, 256, 1, 65536),
    NUMBER_MEMBER("plugins.connections", plugin_connections, 64, 1, 10000),
    NUMBER_MEMBER("plugins.asking_bytes", plugin_asking_bytes, 64 * MB, MB, 1024 * MB),
    NUMBER_MEMBER("plugins.start_ms", plugin_start_ms, 10 * SECOND, 100, HOUR),
    NUMBER_MEMBER("plugins.restart_ms", plugin_restart_ms, 100, 1, HOUR),
    NUMBER_MEMBER("plugins.restart_most_ms", plugin_restart_most_ms, 30 * SECOND, 1, HOUR),
    NUMBER_MEMBER("plugins.runners", plugin_runners, 1, 1, 16),
    NUMBER_MEMBER("plugins.crashes", plugin_crashes, 10, 1, 1000000),
    NUMBER_MEMBER("plugins.healthy_ms", plugin_healthy_ms, MINUTE, 100, DAY),
    NUMBER_MEMBER("plugins.drain_ms", plugin_drain_ms, 40 * SECOND, 100, HOUR),
    NUMBER_MEMBER("plugins.cool_down_ms", plugin_cool_down_ms, 10 * MINUTE, 0, DAY),
    NUMBER_MEMBER("plugins.retry_ms", plugin_retry_ms, 2 * SECOND, 0, MINUTE),
    NUMBER_MEMBER("plugins.refuse_input_ms", plugin_refuse_input_ms, MINUTE, 0, DAY),
    NUMBER_MEMBER("plugins.refuse_inputs", plugin_refuse_inputs, 1024, 1, 100000),
    NUMBER_MEMBER("plugins.overdue_ms", plugin_overdue_ms, 10 * SECOND, 100, HOUR),
    NUMBER_MEMBER("plugins.watch_ms", plugin_watch_ms, 100, 10, MINUTE),
    NUMBER_MEMBER("plugins.log_lines", plugin_log_lines, 1000, 20, 100000),
    NUMBER_MEMBER("plugins.history", plugin_history, 1000, 10, 100000),
    NUMBER_MEMBER("plugins.limited_callers", plugin_limited_callers, 65536, 1, 10000000),
    NUMBER_MEMBER("live.streams", live_streams, 1000, 0, 1000000),
    NUMBER_MEMBER("live.streams_per_caller", live_streams_per_caller, 8, 1, 1000000),
    NUMBER_MEMBER("live.result_bytes", live_result_bytes, 64 * 1024, 1024, 4 * MB),
    NUMBER_MEMBER("live.pending_bytes", live_pending_bytes, 256 * 1024, 16 * 1024, 64 * MB),
    NUMBER_MEMBER("live.look_ms", live_look_ms, 15 * SECOND, 50, HOUR),
    NUMBER_MEMBER("live.retry_ms", live_retry_ms, 2 * SECOND, 10, HOUR),
    NUMBER_MEMBER("search.query_bytes", search_query_bytes, 200, 16, 8192),
    NUMBER_MEMBER("search.query_words", search_query_words, 12, 1, SEARCH_WORDS_MOST),
    NUMBER_MEMBER("canary.least", canary_least, 200, 1, 1000000),
    NUMBER_MEMBER("canary.error_permil", canary_error_permil, 10, 0, 1000),
    NUMBER_MEMBER("canary.p99_percent", canary_p99_percent, 200, 100, 10000),
    NUMBER_MEMBER("canary.p99_floor_ms", canary_p99_floor_ms, 5, 0, MINUTE),
    NUMBER_MEMBER("canary.slow_windows", canary_slow_windows, 2, 1, 1000),
    NUMBER_MEMBER("canary.look_ms", canary_look_ms, SECOND, 10, HOUR),
    NUMBER_MEMBER("plugins.file_bytes", plugin_file_bytes, 64 * MB, MB, 64 * MB),
    SWITCH_MEMBER("plugins.allow_unsigned", allow_unsigned, 0),
    NUMBER_MEMBER("files.most_bytes", file_most_bytes, 8 * MB, 1024, 64 * MB),
    NUMBER_MEMBER("files.at_once", files_at_once, 16, 1, 10000),
    NUMBER_MEMBER("files.per_account", files_per_account, 10, 1, 1000),
    NUMBER_MEMBER("files.keep_ms", file_keep_ms, HOUR, SECOND, 30 * DAY),
    NUMBER_MEMBER("files.sent_ms", file_sent_ms, 10 * MINUTE, 0, 30 * DAY),
    NUMBER_MEMBER("files.sweep_ms", file_sweep_ms, 5 * MINUTE, 10, DAY),
    TEXT_MEMBER("sandbox.require", sandbox_require, "seccomp rlimits no_new_privs"),
    NUMBER_MEMBER("sandbox.uid", sandbox_uid, 65534, 1, UINT32_MAX - 1),
    NUMBER_MEMBER("sandbox.landlock_abi", sandbox_landlock_abi, 0, 0, 100),
    NUMBER_MEMBER("sandbox.loading_s", sandbox_loading_s, 10, 1, 3600),
    NUMBER_MEMBER("sandbox.memory_bytes", sandbox_memory_bytes, 256 * MB, 8 * MB,
                  (int64_t)16384 * MB),
    NUMBER_MEMBER("sandbox.scratch_bytes", sandbox_scratch_bytes, 64 * MB, 0, (int64_t)16384 * MB),
    NUMBER_MEMBER("sandbox.log_lines", sandbox_log_lines, 50, 1, 100000),
    NUMBER_MEMBER("sandbox.log_burst", sandbox_log_burst, 200, 1, 100000),
    NUMBER_MEMBER("upgrade.ready_ms", upgrade_ready_ms, MINUTE, 100, HOUR),
    // An idle connection has gone by itself by then (http.idle_ms), and so has any operation.
    NUMBER_MEMBER("upgrade.drain_ms", upgrade_drain_ms, 65 * SECOND, 100, HOUR),
    NUMBER_MEMBER("store.batch", store_batch, 256, 1, 1024),
    NUMBER_MEMBER("store.queue", store_queue, 4096, 16, 1000000),
    NUMBER_MEMBER("store.cache_kib", store_cache, 65536, 1024, 16 * 1024 * 1024),
    NUMBER_MEMBER("store.readers", store_readers, 2, 1, 64),
    NUMBER_MEMBER("sign_in.code_ms", code_ttl_ms, 5 * MINUTE, SECOND, HOUR),
    NUMBER_MEMBER("sign_in.code_tries", code_tries, 5, 1, 20),
    NUMBER_MEMBER("sign_in.sends_per_number", code_sends_per_number, 3, 1, 1000000),
    NUMBER_MEMBER("sign_in.sends_per_address", code_sends_per_address, 3, 1, 1000000),
    NUMBER_MEMBER("sign_in.cookie_ms", cookie_ttl_ms, 12 * HOUR, MINUTE, 365 * DAY),
    NUMBER_MEMBER("sign_in.cookie_idle_ms", cookie_idle_ms, 2 * HOUR, MINUTE, 365 * DAY),
    NUMBER_MEMBER("sign_in.bearer_ms", bearer_ttl_ms, 90 * DAY, MINUTE, 365 * DAY),
    NUMBER_MEMBER("sign_in.bearer_idle_ms", bearer_idle_ms, 30 * DAY, MINUTE, 365 * DAY),
    TEXT_MEMBER("sms.url", sms_url, ""),
    SECRET_MEMBER("sms.token", sms_token),
    TEXT_MEMBER("provider.url", provider_url, ""),
    TEXT_MEMBER("provider.page_origin", provider_page_origin, ""),
    SECRET_MEMBER("provider.key", provider_key),
    SECRET_MEMBER("provider.webhook_secret", provider_webhook_secret),
    NUMBER_MEMBER("provider.cards_timeout_ms", provider_cards_timeout_ms, 2 * SECOND, 100,
                  10 * SECOND),
    NUMBER_MEMBER("provider.timeout_ms", provider_timeout_ms, 10 * SECOND, 100, 5 * MINUTE),
    NUMBER_MEMBER("provider.dispute_poll_ms", dispute_poll_ms, 10 * MINUTE, SECOND, DAY),
    SWITCH_MEMBER("money.wallet", wallet, 0),
    SWITCH_MEMBER("money.top_up", top_up, 0),
    NUMBER_MEMBER("money.wallet_cap", wallet_cap, 500000, 1, MONEY_MOST),
    TEXT_MEMBER("money.approvers", money_approvers, ""),
    NUMBER_MEMBER("money.lines", money_lines, 50, 1, 1000),
    NUMBER_MEMBER("money.checkout_ms", money_checkout_ms, 30 * MINUTE, MINUTE, DAY),
    NUMBER_MEMBER("money.quote_patience_ms", money_quote_patience_ms, 2 * MINUTE, 100, DAY),
    NUMBER_MEMBER("money.hold_ms", money_hold_ms, 45 * MINUTE, 100, 6 * DAY),
    NUMBER_MEMBER("money.claim_ms", money_claim_ms, 2 * MINUTE, SECOND, HOUR),
    NUMBER_MEMBER("money.keep_answers_ms", money_keep_answers_ms, 35 * DAY, 30 * DAY, 3650 * DAY),
    NUMBER_MEMBER("money.event_ms", money_event_ms, 2 * DAY, SECOND, 365 * DAY),
    NUMBER_MEMBER("money.late_ms", money_late_ms, 15 * MINUTE, SECOND, 365 * DAY),
    NUMBER_MEMBER("money.automatic_look_ms", automatic_look_ms, HOUR, 100, DAY),
    NUMBER_MEMBER("money.automatic_lead_days", automatic_lead_days, 2, 0, 30),
    NUMBER_MEMBER("notify.inbox_ms", inbox_ms, 730 * DAY, DAY, 36500 * DAY),
    NUMBER_MEMBER("activity.keep_ms", activity_ms, 730 * DAY, DAY, 36500 * DAY),
    NUMBER_MEMBER("activity.scan", activity_scan, 5000, 100, 1000000),
    NUMBER_MEMBER("activity.export_lines", activity_export, 10000, 1, 100000),
    NUMBER_MEMBER("privacy.payments_years", payments_years, 5, 1, 100),
    NUMBER_MEMBER("money.refund_alone", money_refund_alone, 100000, 0, MONEY_MOST),
    TEXT_MEMBER("settlement.debtor_name", settlement_debtor_name, ""),
    TEXT_MEMBER("settlement.debtor_iban", settlement_debtor_iban, ""),
    TEXT_MEMBER("settlement.debtor_bic", settlement_debtor_bic, ""),
    TEXT_MEMBER("settlement.at", settlement_at, ""),
    NUMBER_MEMBER("settlement.grace_ms", settlement_grace_ms, 15 * MINUTE, MINUTE, 12 * HOUR),
    NUMBER_MEMBER("settlement.execution_days", settlement_execution_days, 1, 0, 10),
    NUMBER_MEMBER("reconcile.bank_bytes", reconcile_bank_bytes, 16 * MB, 1024, 64 * MB),
    NUMBER_MEMBER("reconcile.bank_depth", reconcile_bank_depth, 32, 12, 256),
    NUMBER_MEMBER("reconcile.report_bytes", reconcile_report_bytes, 32 * MB, 1024, 64 * MB),
};

enum { MEMBERS = sizeof members / sizeof *members };

static char **text_at(const struct config *config, const struct member *member)
{
    return (char **)(void *)((char *)config + member->offset);
}

static int64_t *number_at(const struct config *config, const struct member *member)
{
    return (int64_t *)(void *)((char *)config + member->offset);
}

static const struct member *find_member(const char *section, const char *name)
{
    size_t size = strlen(section);
    for (size_t i = 0; i < MEMBERS; i++)
        if (strncmp(members[i].name, section, size) == 0 && members[i].name[size] == '.' &&
            strcmp(members[i].name + size + 1, name) == 0)
            return &members[i];
    return NULL;
}

static int set_member(struct config *config, const struct member *member, const json_t *value,
                      struct err *err)
{
    if (member->kind == TEXT || member->kind == SECRET) {
        if (!json_is_string(value))
            return err_set(err, ERR_INVALID, "%s must be a string", member->name);
        free(*text_at(config, member));
        *text_at(config, member) = mem_string(json_string_value(value));
        return 0;
    }
    if (member->kind == SWITCH) {
        if (!json_is_boolean(value))
            return err_set(err, ERR_INVALID, "%s must be true or false", member->name);
        *number_at(config, member) = json_is_true(value);
        return 0;
    }
    if (!json_is_integer(value) || json_integer_value(value) < member->low ||
        json_integer_value(value) > member->high)
        return err_set(err, ERR_INVALID, "%s must be a whole number from %lld to %lld",
                       member->name, (long long)member->low, (long long)member->high);
    *number_at(config, member) = json_integer_value(value);
    return 0;
}

static int apply_section(struct config *config, const char *section_name, json_t *section,
                         struct err *err)
{
    const char *name;
    json_t *value;
    json_object_foreach(section, name, value)
    {
        const struct member *member = find_member(section_name, name);
        int rc = member ? set_member(config, member, value, err)
                        : err_set(err, ERR_INVALID,
                                  "%s.%s is not known; medinad --print-config lists what is",
                                  section_name, name);
        if (rc < 0)
            return rc;
    }
    return 0;
}

// A section whose members are the operator's own names; host/trust.c, money/payee.c and
// money/tariff.c read them.
static void take_section(json_t **into, json_t *section)
{
    json_decref(*into);
    *into = json_incref(section);
}

static int apply(struct config *config, const json_t *document, struct err *err)
{
    const char *name;
    json_t *section;
    json_object_foreach((json_t *)document, name, section)
    {
        int rc = 0;
        if (!json_is_object(section))
            rc = err_set(err, ERR_INVALID, "%s is not a section of the configuration", name);
        else if (strcmp(name, "agencies") == 0)
            take_section(&config->agencies, section);
        else if (strcmp(name, "tariff") == 0)
            take_section(&config->tariff_rules, section);
        else
            rc = apply_section(config, name, section, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int read_file(const char *path, struct buf *text, struct err *err)
{
    enum { MOST = 1024 * 1024 };
    char piece[4096];
    FILE *file = fopen(path, "re");
    if (!file)
        return err_set(err, ERR_IO, "cannot read it: %s", strerror(errno));
    for (size_t size; (size = fread(piece, 1, sizeof piece, file)) > 0 && text->size < MOST;)
        buf_append(text, piece, size);
    fclose(file);
    return text->size < MOST ? 0 : err_set(err, ERR_LIMIT, "it is over 1 MB");
}

// The C library takes any name and counts in UTC when it knows none.
static int check_zone(const struct config *config, struct err *err)
{
    struct buf path = {0};
    buf_printf(&path, "/usr/share/zoneinfo/%s", config->zone);
    bool known = config->zone[0] && !strstr(config->zone, "..") && access(path.data, R_OK) == 0;
    buf_finish(&path);
    return known ? 0
                 : err_set(err, ERR_INVALID, "city.zone: this machine knows no time zone \"%s\"",
                           config->zone);
}

static int check_layers(const struct config *config, struct err *err)
{
    uint32_t mask;
    int rc = layer_parse(str_from(config->sandbox_require), &mask, err);
    return rc < 0 ? err_prefix(err, "sandbox.require") : 0;
}

// "HH:MM" of a day, or nothing.
static int check_time(const struct config *config, struct err *err)
{
    int64_t hour, minute;
    struct str rest = str_from(config->settlement_at), first = str_cut(&rest, ':');
    bool fits = !config->settlement_at[0] ||
                (first.size == 2 && rest.size == 2 && str_to_integer(first, 0, 23, &hour) &&
                 str_to_integer(rest, 0, 59, &minute));
    return fits ? 0
                : err_set(err, ERR_INVALID,
                          "settlement.at must be a time of day like \"02:30\", or empty");
}

// What is made of several members together.
static int find_approvers(struct config *config, struct err *err)
{
    config->approvers = -1;
    if (!config->money_approvers[0])
        return 0;
    const struct group *group = getgrnam(config->money_approvers); // before there are threads
    if (!group)
        return err_set(err, ERR_INVALID, "money.approvers: this machine has no group \"%s\"",
                       config->money_approvers);
    config->approvers = group->gr_gid;
    return 0;
}

static int make_parts(struct config *config, struct err *err)
{
    struct payee_account debtor = {config->settlement_debtor_name, config->settlement_debtor_iban,
                                   config->settlement_debtor_bic};
    int rc = find_approvers(config, err);
    if (rc == 0)
        rc = trust_create(&config->trust, config->agencies, config->allow_unsigned != 0, err);
    if (rc == 0)
        rc = payees_create(&config->payees, config->agencies, &debtor, err);
    return rc < 0 ? rc : tariff_create(&config->tariff, config->tariff_rules, err);
}

int config_load(struct config *config, const char *path, struct err *err)
{
    *config = (struct config){0};
    for (size_t i = 0; i < MEMBERS; i++) {
        if (members[i].kind == TEXT || members[i].kind == SECRET)
            *text_at(config, &members[i]) = mem_string(members[i].text);
        else
            *number_at(config, &members[i]) = members[i].number;
    }
    config->agencies = json_object();
    config->tariff_rules = json_object();
    if (!path)
        return make_parts(config, err);
    struct buf text = {0};
    int rc = read_file(path, &text, err);
    json_t *document = rc == 0 ? json_parse(buf_str(&text), err) : NULL;
    if (rc == 0)
        rc = document ? apply(config, document, err) : ERR_INVALID;
    if (rc == 0)
        rc = check_zone(config, err);
    if (rc == 0)
        rc = check_layers(config, err);
    if (rc == 0)
        rc = check_time(config, err);
    if (rc == 0)
        rc = make_parts(config, err);
    json_decref(document);
    buf_finish(&text);
    return rc < 0 ? err_prefix(err, "%s", path) : 0;
}

void config_finish(struct config *config)
{
    for (size_t i = 0; i < MEMBERS; i++)
        if (members[i].kind == TEXT || members[i].kind == SECRET)
            free(*text_at(config, &members[i]));
    json_decref(config->agencies);
    json_decref(config->tariff_rules);
    tariff_destroy(config->tariff);
    trust_destroy(config->trust);
    payees_destroy(config->payees);
}

void config_find_runner(struct config *config)
{
    char self[4096];
    if (config->runner[0])
        return;
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 32);
    if (size <= 0)
        return;
    self[size] = '\0';
    char *slash = strrchr(self, '/');
    strcpy(slash ? slash + 1 : self, "medina-runner");
    free(config->runner);
    config->runner = mem_string(self);
}

struct process_sandbox config_sandbox(const struct config *config)
{
    struct process_sandbox sandbox = {.uid = (uint32_t)config->sandbox_uid,
                                      .landlock_abi = (uint32_t)config->sandbox_landlock_abi,
                                      .loading_s = (uint32_t)config->sandbox_loading_s,
                                      .log_lines = (unsigned)config->sandbox_log_lines,
                                      .log_burst = (unsigned)config->sandbox_log_burst};
    layer_parse(str_from(config->sandbox_require), &sandbox.required, NULL);
    return sandbox;
}

static json_t *member_json(const struct config *config, const struct member *member)
{
    if (member->kind == TEXT)
        return json_string(*text_at(config, member));
    if (member->kind == SECRET)
        return json_string((*text_at(config, member))[0] ? "(set)" : "");
    if (member->kind == SWITCH)
        return json_boolean(*number_at(config, member));
    return json_integer(*number_at(config, member));
}

json_t *config_json(const struct config *config)
{
    json_t *document = json_object();
    for (size_t i = 0; i < MEMBERS; i++) {
        const char *dot = strchr(members[i].name, '.');
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)(dot - members[i].name), members[i].name);
        json_t *section = json_object_get(document, name);
        if (!section) {
            section = json_object();
            json_object_set_new(document, name, section);
        }
        json_object_set_new(section, dot + 1, member_json(config, &members[i]));
    }
    json_object_set(document, "agencies", config->agencies);
    json_object_set(document, "tariff", config->tariff_rules);
    return document;
}
