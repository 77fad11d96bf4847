// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_OPS_ADMIN_H
#define MEDINA_OPS_ADMIN_H

#include "host/host.h"
#include "http/message.h"
#include "money/camt.h"
#include "money/settlement.h"
#include "ops/metrics.h"

// The operator's API, spoken over HTTP on the host's Unix socket by the medina command. Only the
// user that runs the host, and root, may (SO_PEERCRED).
//
//     GET    /status                            how the host is
//     GET    /metrics                           Prometheus text
//     GET    /plugins                           every version of every instance
//     POST   /plugins?instance=&configuration=&signature=&runners=&canary=&promote_ms=
//                                               load a plugin; the body is the file, signature the
//                                               text of its .minisig; with allow_unsigned=1 it may
//                                               go without, where the configuration is a
//                                               developer's. canary: a share in 1/10000
//     GET    /plugins/<instance>                its versions
//     GET    /plugins/<instance>/history?count= who did what, newest first
//     GET    /plugins/<instance>/logs?after=    what its processes said
//     POST   /plugins/<instance>/use?version=   switch to a version that was loaded before
//     POST   /plugins/<instance>/rollback       end a trial, or go back to the version before
//     POST   /plugins/<instance>/discard?version=  forget a version
//     PUT    /plugins/<instance>/data           give it a data file; the body is the file
//     DELETE /plugins/<instance>                unload
//     POST   /wallets/<account>?amount=&reference=  put fils into a wallet, once a reference
//     GET    /money/verify                      ledger and payments, held against each other
//     POST   /money/settle?day=&dry_run=1       close a day, or all that are over
//     GET    /money/settlements/<day>/report.csv    a closed day's transfers
//     GET    /money/settlements/<day>/pain.001.xml  and its order to the bank
//     POST   /money/reconcile?day=&report_bytes=&post=1
//                                               the body is the provider's report, so many bytes
//                                               of it, and behind it the bank's statement
//     GET    /money/payments/<id>               how one stands
//     POST   /money/refunds?payment=&line=&amount=&seen=&reason=   ask for a refund
//     GET    /money/refunds                     those that wait for a second person
//     POST   /money/refunds/<id>/approve or decline
//     GET    /money/events                      what agencies have not taken
//     POST   /money/events[/<id>]               try what was given up again
//     GET    /money/disputes                    the newest
//     POST   /money/disputes/<id>?line=         make another line's agency liable
//     POST   /upgrade?program=                  replace this host by a new one
//
// Root and the user that runs the host may do all of it, members of the group that approves refunds
// what is below /money/payments and /money/refunds.
//
// Whatever changes plugins takes reason= (kept) and dry_run=1 (says what it would do, in "plan").
// Answers are JSON; a refusal is {"error": name, "message": what to do}.

// Replaces the host (main/upgrade.h). 0 with what the operator is told in *answer; negative with
// err and perhaps members to add to the refusal in *answer. program NULL: the same one.
struct admin_upgrade {
    int (*run)(void *context, const char *program, json_t **answer, struct err *err);
    int (*predecessor)(void *context); // pid of the host that this one replaced and that drains; 0
    void *context;
};

struct admin {
    struct host *host;
    const struct trust *trust; // whose plugins may be loaded
    struct money *money;
    const char *currency;
    int64_t approvers; // the group that approves refunds; -1: none
    struct settlement_terms terms;
    const char *provider;         // of cards, in the ledger
    size_t report_bytes;          // most of a provider's report
    struct camt_limits statement; // of the bank
    struct metrics *metrics;
    int64_t started_ms; // wall clock
    struct admin_upgrade upgrade;
    unsigned changes; // of the set of plugins under way
    bool frozen;      // no more of them: another host is reading the set
};

// The http_handler of the operator's server; context is a struct admin. On the control loop.
void admin_handle(void *context, struct http_request *request, struct http_reply *reply);

// Its http_refusal.
void admin_refuse(void *context, int status, const char *reason, struct http_reply *reply);

// The http_handler of the loopback metrics port: GET /metrics and nothing else.
void admin_handle_metrics(void *context, struct http_request *request, struct http_reply *reply);

#endif
