// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MAIN_CONFIG_H
#define MEDINA_MAIN_CONFIG_H

#include "base/err.h"
#include "base/json.h"
#include "host/process.h"
#include "host/trust.h"
#include "money/payee.h"
#include "money/tariff.h"

#include <stdint.h>

// What an operator may set, all of it in one JSON file. config.c holds the one table of names,
// defaults and bounds; `medinad --print-config` shows what is in force. Numbers are int64_t here so
// that one table serves all; sizes are bytes, times milliseconds.
struct config {
    // where
    char *address;
    int64_t port;
    int64_t metrics_port; // loopback; 0: none
    char *data;           // folder of the database and the control socket
    char *web;            // folder of templates, strings and assets
    char *runner;         // path of medina-runner
    char *public_url;     // as browsers see this host, no slash at the end; "": where it listens
    char *zone;           // the city's time zone
    char *help_phone, *help_email; // whom citizens turn to; "": not shown
    char *map;                     // GeoJSON that lies under maps; "": the sample city's
    char *currency;
    int64_t gateways; // loops; 0: one a core
    // HTTP
    int64_t http_target_bytes, http_head_bytes, http_fields, http_body_bytes, http_connections;
    int64_t http_requests_per_connection, http_head_ms, http_body_ms, http_idle_ms, http_linger_ms;
    int64_t http_compress_bytes; // pages of at least that leave compressed; 0: none
    int64_t client_connections, client_reply_bytes;
    // plugins
    int64_t plugin_credit, plugin_waiting, plugin_result_bytes, plugin_requests;
    int64_t plugin_connections, plugin_asking_bytes, plugin_overdue_ms;
    int64_t plugin_start_ms, plugin_restart_ms, plugin_restart_most_ms, plugin_file_bytes;
    int64_t plugin_runners, plugin_crashes, plugin_healthy_ms, plugin_drain_ms, plugin_cool_down_ms;
    int64_t plugin_retry_ms, plugin_refuse_input_ms, plugin_refuse_inputs, plugin_watch_ms;
    int64_t plugin_log_lines, plugin_history;
    int64_t live_streams, live_streams_per_caller, live_result_bytes, live_pending_bytes;
    int64_t live_look_ms, live_retry_ms;
    int64_t search_query_bytes, search_query_words;
    int64_t canary_least, canary_error_permil, canary_p99_percent, canary_p99_floor_ms;
    int64_t canary_slow_windows, canary_look_ms;
    int64_t allow_unsigned; // 1: a load may ask for a plugin without a signature; a developer's
    json_t *tariff_rules;   // the open section "tariff"; money/tariff.h
    struct tariff *tariff;  // made of it
    json_t *agencies;       // the open section: {"<agency id>": {"keys": ["RW…", …]}, …}
    struct trust *trust;    // made of the two
    // the box of a runner
    int64_t plugin_limited_callers;
    int64_t file_most_bytes, files_at_once, files_per_account; // that citizens send
    int64_t file_keep_ms, file_sent_ms, file_sweep_ms;
    char *sandbox_require; // layers without which nothing starts, blanks between them
    int64_t sandbox_uid, sandbox_landlock_abi, sandbox_loading_s;
    int64_t sandbox_memory_bytes, sandbox_scratch_bytes, sandbox_log_lines, sandbox_log_burst;
    // replacing the host
    int64_t upgrade_ready_ms; // for the new host to come up
    int64_t upgrade_drain_ms; // for the old one's last requests
    // store
    int64_t store_batch, store_cache, store_queue, store_readers;
    // sign-in
    int64_t code_ttl_ms, code_tries, code_sends_per_number, code_sends_per_address;
    int64_t cookie_ttl_ms, cookie_idle_ms, bearer_ttl_ms, bearer_idle_ms;
    char *sms_url;
    char *sms_token;
    // money
    char *provider_url;         // of the card provider's API; empty: no cards
    char *provider_page_origin; // "https://pay.example": where its pages are, for the page policy
    char *provider_key;
    char *provider_webhook_secret;
    int64_t provider_timeout_ms, provider_cards_timeout_ms;
    int64_t money_lines, money_checkout_ms, money_quote_patience_ms, money_hold_ms;
    int64_t money_claim_ms, money_keep_answers_ms, money_event_ms;
    int64_t money_late_ms, inbox_ms;
    int64_t activity_ms, activity_scan, activity_export, payments_years;
    char *money_approvers; // the group whose members see to refunds; "": nobody beside the operator
    int64_t approvers;     // its number, -1 without one
    int64_t money_refund_alone;   // fils: the largest refund that one operator decides alone
    int64_t wallet;               // 1: the wallet may be used to pay
    int64_t top_up;               // 1: citizens may put money into it by card
    int64_t wallet_cap;           // fils that it holds at most after that
    int64_t automatic_look_ms;    // between two rounds of standing orders
    int64_t automatic_lead_days;  // bills are announced so long before their notice has to begin
    int64_t demonstration;        // 1: every page says that no money moves
    int64_t developer_components; // 1: /dev/components shows every page in all its states
    int64_t dispute_poll_ms;      // between two questions for disputes
    char *settlement_debtor_name; // the city's account, from which agencies are paid
    char *settlement_debtor_iban, *settlement_debtor_bic;
    char *settlement_at;         // "HH:MM" of the city's clock; "": by hand
    int64_t settlement_grace_ms; // from a day's end until it can be closed
    int64_t settlement_execution_days;
    int64_t reconcile_bank_bytes, reconcile_bank_depth, reconcile_report_bytes;
    struct payees *payees; // made of the debtor and the agencies
};

// Defaults, then the file (NULL: none). ERR_INVALID names file, member and what it may be.
int config_load(struct config *config, const char *path, struct err *err);
void config_finish(struct config *config);

// medina-runner stands beside medinad unless the configuration says otherwise.
void config_find_runner(struct config *config);

// The box of a runner, as a configuration that has been loaded wants it.
struct process_sandbox config_sandbox(const struct config *config);

// All members as nested JSON; secrets are shown as "(set)". Yours.
json_t *config_json(const struct config *config);

#endif
