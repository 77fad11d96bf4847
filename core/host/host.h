// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_HOST_H
#define MEDINA_HOST_HOST_H

#include "host/broker.h"
#include "host/bundle.h"
#include "host/gate.h"
#include "host/live.h"
#include "host/process.h"

// The registry of plugins: which instances there are, which versions of each, and which runners
// serve. It belongs to the control thread; the loops see it through snapshots. README.md beside
// this file has the picture of the states and says which function is which arrow. A bundle's
// signature was verified before it comes here (bundle_read); one that the store kept and that is
// trusted no longer is not started, and says why.

enum version_state {
    VERSION_STAGED,     // its file is known and checked
    VERSION_STARTING,   // its processes load it
    VERSION_COLD,       // loaded and self-tested; its data may have to be moved first
    VERSION_WARM,       // ready, serves nobody: about to, or kept for the way back
    VERSION_CANARY,     // serves a share of the citizens
    VERSION_ACTIVE,     // serves
    VERSION_DRAINING,   // its last calls end
    VERSION_STOPPED,    // no process; can be used again
    VERSION_QUARANTINED // failed: not started again until somebody says so
};

struct host;

// When a version on trial is at fault, against the one that serves, over the same time.
struct canary_bounds {
    unsigned least;        // calls that each side must have had; fewer: no verdict
    unsigned error_permil; // errors over the other's, in thousandths of the calls
    unsigned p99_percent;  // its p99 latency in percent of the other's …
    unsigned p99_floor_ms; // … and at least this much longer
    unsigned slow_windows; // in a row in which it must have been slower
    uint64_t look_ms;      // between two looks
};

struct host_options {
    struct loop *control;
    struct loop **gateways;
    unsigned gateway_count;
    const char *runner_program;
    const struct trust *trust; // whose files it runs; for those it brings back
    struct gate_limits gate;
    struct host_broker broker; // without live, which the host makes
    struct live_limits live;
    struct process_sandbox sandbox;
    uint64_t memory_bytes;  // of a runner whose manifest names none, and the most that one may name
    uint64_t scratch_bytes; // the most that a manifest may name
    uint64_t start_ms;      // a plugin's start, or its look at a data file
    uint64_t drain_ms;      // the last calls of a version; longer than any operation's deadline
    uint64_t restart_ms;    // first back-off; doubles up to restart_most_ms
    uint64_t restart_most_ms;
    unsigned crashes;         // in a row, after which a version is quarantined
    uint64_t healthy_ms;      // without a crash, after which a row has ended
    unsigned runners;         // processes of a version unless its load says otherwise
    uint64_t cool_down_ms;    // a version that was replaced stays warm this long
    uint64_t refuse_input_ms; // a request that killed a runner is refused this long
    unsigned refuse_inputs;   // such requests remembered
    unsigned limited_callers; // of operations with a limit, remembered at one time
    uint64_t overdue_ms; // a runner is killed when no call past its deadline has ended for so long
    uint64_t watch_ms;   // between two looks for a runner that is stuck
    unsigned log_lines;  // of each instance's runners kept for the operator
    unsigned history;    // events of each instance kept
    struct canary_bounds canary;
};

extern const struct host_options host_default_options;

struct host_counters {
    _Atomic uint64_t starts;
    _Atomic uint64_t crashes;
    _Atomic uint64_t stuck; // killed by the watchdog
    _Atomic uint64_t rollbacks;
};

void host_create(struct host **out, const struct host_options *options);
struct gate *host_gate(struct host *host, unsigned gateway);
const struct host_counters *host_counters(const struct host *host);

// ---- on the control thread, inside a task ----

// Who wants a change, and why; both are kept in the instance's history.
struct host_order {
    const char *actor;
    const char *reason; // "" when none was given
    bool dry_run;       // check all that can be checked, change nothing
    json_t *plan;       // an array that gets a sentence for each thing done, or that would be
};

struct host_load {
    const char *instance;        // NULL: the plugin's own name
    struct bundle *bundle;       // held while it is needed
    const json_t *configuration; // NULL: the instance's, or {} for a new one
    unsigned runners;            // 0: the instance's, or the host's default
    unsigned canary_share;       // of the citizens, in 1/ROUTE_SHARES; 0: switch to it at once
    uint64_t promote_ms;         // a trial without fault that long ends by itself; 0: it does not
};

// Starts the version beside the one that serves and, when it is warm, switches to it or puts it on
// trial. Returns when every loop goes by it. ERR_INVALID with the reason, in which case nothing has
// changed for anybody.
int host_load(struct host *host, const struct host_load *load, const struct host_order *order,
              struct err *err);

// Switches to a version that was loaded before; ends a trial in its favour.
int host_use(struct host *host, const char *instance, const char *version,
             const struct host_order *order, struct err *err);

// Ends a trial, or goes back to the version that served before the last switch.
int host_rollback(struct host *host, const char *instance, const struct host_order *order,
                  struct err *err);

// Forgets a version that does not serve.
int host_discard(struct host *host, const char *instance, const char *version,
                 const struct host_order *order, struct err *err);

// Takes the instance away; its last calls end first.
int host_unload(struct host *host, const char *instance, const struct host_order *order,
                struct err *err);

// Has the plugin validate a data file and take it; ERR_INVALID with its reason keeps the old one.
int host_take_data(struct host *host, const char *instance, struct str data,
                   const struct host_order *order, struct err *err);

// Brings back the instances and versions that the store names. One that does not start is tried
// again like one that crashed.
int host_restore(struct host *host, struct err *err);

// [{"instance", "plugin", "version", "state", "waits_for", "active", "pid", "reason", …}, …] of one
// instance, or of all (NULL); yours.
json_t *host_describe(struct host *host, const char *instance);

// What happened to an instance, newest first; see history.h. *list is yours.
int host_history(struct host *host, const char *instance, unsigned count, json_t **list,
                 struct err *err);

// What its runners said after that line; see journal.h. *list is yours.
int host_logs(struct host *host, const char *instance, uint64_t after, json_t **list,
              struct err *err);

// For each instance its calls, errors and calls under way: {name: {"calls", …}}; yours.
json_t *host_tallies(struct host *host);

// While another host replaces this one, or is replaced by it, only one of them writes down what is
// to run and decides about trials and cool-downs. A host has the tenure from the start; taking it
// again writes down what has changed meanwhile.
void host_tenure(struct host *host, bool tenure);

// Stops every plugin. The last thing a host does.
void host_stop(struct host *host);
void host_destroy(struct host *host); // after host_stop and after the gateway loops have ended

#endif
