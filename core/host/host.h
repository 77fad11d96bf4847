// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_HOST_H
#define MEDINA_HOST_HOST_H

#include "host/broker.h"
#include "host/bundle.h"
#include "host/gate.h"
#include "host/process.h"

// The registry of plugins: which instances there are, which versions of each, and which runner
// serves. It belongs to the control thread; the loops see it through snapshots.
//
// A version goes STAGED (its file is known) → STARTING (its process loads it) → WARM (self-test
// passed) → ACTIVE (serves) → DRAINING (a newer one serves; its last calls end) → STOPPED. One
// that fails on the way is QUARANTINED with the reason, and what served before goes on serving. A
// runner that dies while ACTIVE is started again after a back-off; until then its callers get 503.
// (Signature comes between STAGED and STARTING, canary between WARM and ACTIVE.)

enum version_state {
    VERSION_STAGED,
    VERSION_STARTING,
    VERSION_WARM,
    VERSION_ACTIVE,
    VERSION_DRAINING,
    VERSION_STOPPED,
    VERSION_QUARANTINED
};

struct host;

struct host_options {
    struct loop *control;
    struct loop **gateways;
    unsigned gateway_count;
    const char *runner_program;
    const struct trust *trust; // whose files it runs; for those it brings back
    struct gate_limits gate;
    struct host_broker broker;
    struct process_sandbox sandbox;
    uint64_t memory_bytes;  // of a runner whose manifest names none, and the most that one may name
    uint64_t scratch_bytes; // the most that a manifest may name
    uint64_t start_ms;      // a plugin's start, or its look at a data file
    uint64_t drain_ms;      // the last calls of a version; longer than any operation's deadline
    uint64_t restart_ms;    // first back-off; doubles up to restart_most_ms
    uint64_t restart_most_ms;
};

extern const struct host_options host_default_options;

struct host_counters {
    _Atomic uint64_t starts;
    _Atomic uint64_t crashes;
};

void host_create(struct host **out, const struct host_options *options);
struct gate *host_gate(struct host *host, unsigned gateway);
const struct host_counters *host_counters(const struct host *host);

// ---- on the control thread, inside a task ----

struct host_load {
    const char *instance;        // NULL: the plugin's own name
    struct bundle *bundle;       // held while it is needed
    const json_t *configuration; // NULL: the instance's, or {} for a new one
};

// Starts the version beside the one that serves, and switches when it is warm. Returns when every
// loop goes by the new version; the old one drains behind. ERR_INVALID with the reason, in which
// case nothing has changed for anybody.
int host_load(struct host *host, const struct host_load *load, struct err *err);

// Switches to a version that was loaded before.
int host_use(struct host *host, const char *instance, const char *version, struct err *err);

// Takes the instance away; its last calls end first.
int host_unload(struct host *host, const char *instance, struct err *err);

// Has the plugin validate a data file and take it; ERR_INVALID with its reason keeps the old one.
int host_take_data(struct host *host, const char *instance, struct str data, struct err *err);

// Brings back the instances and versions that the store names. One that does not start is tried
// again like one that crashed.
int host_restore(struct host *host, struct err *err);

// [{"instance", "plugin", "version", "state", "active", "pid", "reason", …}, …]; yours.
json_t *host_describe(struct host *host);

// Stops every plugin. The last thing a host does.
void host_stop(struct host *host);
void host_destroy(struct host *host); // after host_stop and after the gateway loops have ended

#endif
