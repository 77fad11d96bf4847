// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_MAIN_DAEMON_H
#define MEDINA_MAIN_DAEMON_H

#include "host/directory.h"
#include "host/quote.h"
#include "host/upload.h"
#include "http/client.h"
#include "main/config.h"
#include "main/gateway.h"
#include "main/listeners.h"
#include "main/succession.h"
#include "main/tenure.h"
#include "main/upgrade.h"
#include "money/card.h"
#include "notify/sms.h"
#include "ops/admin.h"

enum { MOST_GATEWAYS = METRICS_GATEWAYS, STOP_DRAIN_MS = 10 * 1000 };

_Static_assert((int)MOST_GATEWAYS <= (int)LISTENERS_GATEWAYS, "a socket for every gateway");

// What the process has one of.
struct daemon {
    const char *config_path; // NULL: defaults
    struct config config;
    struct listeners listeners;
    struct succession *succession; // NULL: started alone
    struct upgrade *upgrade;
    struct tenure tenure;
    struct loop control;
    struct gateway gateways[MOST_GATEWAYS];
    unsigned gateway_count;
    unsigned port;
    struct store *store;
    struct http_client *client;
    struct sms sms;
    struct auth *auth;
    struct uploads *uploads;
    struct provider *card;
    struct money *money;
    struct gate *gates[MOST_GATEWAYS];
    struct quote_desk desk;
    struct delivery *delivery;
    struct settler settler;
    struct automatic *automatic;
    struct api_settings settings;
    struct directory *directory;
    struct portal_site *site; // NULL: no web front is configured
    struct host *host;
    struct metrics metrics;
    struct admin admin;
    struct http_server *admin_server;
    struct http_server *metrics_server; // NULL: no port for it
    uv_signal_t interrupt;
    uv_signal_t terminate;
    struct process_sandbox sandbox;
    struct err failure; // why it does not come up; code 0: it did
    bool stopping;
};

#endif
