// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_REGISTRY_H
#define MEDINA_HOST_REGISTRY_H

#include "base/id.h"
#include "base/list.h"
#include "host/host.h"
#include "host/journal.h"
#include "host/process.h"
#include "loop/lock.h"
#include "loop/task.h"

// What the files of the registry share: host.c (the operator's verbs), instance.c, load.c (a file
// becomes a version), pool.c (its processes), move.c (its data), publish.c (what the loops are
// told), rollout.c (switch, trial, way back), watchdog.c, describe.c, registry.c (beginning and
// end). All of it on the control thread.

enum { REGISTRY_NAME = 64, REGISTRY_REASON = 512, REGISTRY_GATEWAYS = 64, LAST_LINES = 20 };

// Tasks that hold a pointer to something; whoever frees it waits for them.
struct crew {
    unsigned count;
    struct signal empty;
};

// One process of a version's pool.
struct member {
    struct version *version;
    struct process *process;
    uint32_t runner;   // its number, 0 when it has no links
    bool ended;        // unasked, and not yet mourned
    bool felled;       // by a SIGKILL that was not this host's
    bool ending;       // a task waits for its end
    uint64_t start_us; // from the spawn to the passed self-test
    struct tally *tallies[REGISTRY_GATEWAYS];
    struct signal hurry;            // ends a back-off
    char incident[REGISTRY_REASON]; // why the host killed it; "" when it did not
    uint64_t stuck_turn;            // of its pulse, as the watchdog last saw it, and since when
    uint64_t stuck_since;
    uint64_t overdue_ended; // of its tallies, as the watchdog last saw it, and since when
    uint64_t overdue_since;
};

struct version {
    struct list node;
    uint64_t serial; // no two versions of a host's life have the same
    struct instance *instance;
    struct bundle *bundle;
    json_t *configuration;
    enum version_state state;
    enum version_state drains_to;
    char reason[REGISTRY_REASON];
    struct member pool[ROUTE_RUNNERS];
    unsigned size;
    struct tally_sum past; // of members that have ended
    unsigned crashes;      // in a row
    uint64_t last_crash;
    uint64_t restart_at;  // when the next start is tried; 0: none is planned
    json_t *last_lines;   // what its instance's runners said before it was quarantined; or NULL
    struct crew restarts; // tasks that start members
    struct crew drains;
};

struct instance {
    struct list node;
    struct host *host;
    char name[REGISTRY_NAME];
    struct task_lock lock; // one change at a time
    struct crew crew;
    bool removed;
    bool serves;     // as last published,
    int64_t since;   // and since when: wall clock, ms; 0: not published yet
    bool unsaved;    // changed while another host had the tenure
    struct str data; // owned; empty: the plugin's own
    uint64_t data_generation;
    unsigned runners;
    struct list versions;
    struct version *active;
    struct version *previous; // to go back to
    char highest[32];         // the newest version that ever served
    struct journal *journal;
    // The trial.
    struct version *canary;
    unsigned share;
    uint64_t promote_ms, trial_since;
    unsigned trials;       // tells the judge of an earlier trial that it is over
    bool trial_clean;      // a verdict was in its favour, and none against it since
    unsigned slow_windows; // in a row
    struct tally_sum canary_then, active_then;
    struct signal trial_hurry;
    // The cool-down after a switch.
    int64_t settles_at;       // wall clock, ms; 0: settled
    unsigned switches;        // tells the cool-down of an earlier switch that it is over
    struct signal cool_hurry; // of the only cool-down that waits
};

struct host {
    struct host_options options;
    struct host_counters counters;
    struct list instances;
    struct gate *gates[REGISTRY_GATEWAYS];
    struct poison *poison;
    struct limiter *limiter;
    struct id_generator ids;
    struct crew crew; // the watchdog
    struct signal watchdog_hurry;
    uint32_t last_runner;
    uint64_t last_snapshot;
    uint64_t last_version;
    bool tenure; // see host_tenure
    bool stopping;
};

// ---- crew.c ----

// Starts function(argument) as a task of the crew, which ends with crew_leave; -1 without memory.
int crew_spawn(struct crew *crew, struct loop *loop, void (*function)(void *argument),
               void *argument);
void crew_join(struct crew *crew);
void crew_leave(struct crew *crew);
void crew_await(struct crew *crew); // until it is empty

// ---- publish.c ----

// Every loop goes by the current state of the registry when this returns.
void registry_publish(struct host *host);
void registry_attach(struct host *host, struct member *member, const int *fds);
// Returns when the member's last call has ended on every loop; one that takes longer than drain_ms
// loses its process.
void registry_detach(struct host *host, struct member *member);

// ---- pool.c ----

// Starts all processes of the version and gives them links; when one fails, ends the others.
int pool_start(struct version *version, struct err *err);
// Ends its calls, then its processes.
void pool_end(struct version *version);
unsigned pool_serving(const struct version *version);       // members with links
struct tally_sum member_tally(const struct member *member); // since it was started
struct tally_sum pool_tally(const struct version *version); // also of members that have ended

// Ends it in a task of its own: DRAINING, then that state.
void pool_drain(struct version *version, enum version_state then);

// The members of a version that serves which have no process are started, after a back-off.
void pool_restart_missing(struct version *version);

// ---- rollout.c ----

// The warm version serves from now on; the one before stays warm for the cool-down.
int rollout_switch(struct version *version, struct err *err);
int rollout_try(struct version *version, unsigned share, uint64_t promote_ms, struct err *err);
// Ends a trial: drained, then that state.
void rollout_end_trial(struct instance *instance, enum version_state then, const char *reason);
// The version before serves again (started first when it is not warm any more).
int rollout_back(struct instance *instance, enum version_state then, const char *reason,
                 struct err *err);
// Whether the version before takes over when a process of this one ends unasked.
bool rollout_has_way_back(const struct version *version);
// A process of a version on trial, or of one that was switched to a while ago, ended unasked: the
// version before takes over. False when there is none to do so.
bool rollout_crashed(struct version *version);
void rollout_watch_trial(struct instance *instance); // starts the judge
void rollout_cool_down(struct instance *instance);   // starts the cool-down's end

// As in its manifest, "1.2.0"; "" for no version.
static inline const char *version_number(const struct version *version)
{
    return version ? version->bundle->manifest->version : "";
}

// ---- load.c ----

struct version *version_add(struct instance *instance, struct bundle *bundle,
                            const json_t *configuration);
void version_remove(struct version *version);
// Processes, then its data moved from the version of that number (NULL: it has been moved already):
// COLD, WARM. On failure QUARANTINED with the reason.
int version_warm(struct version *version, const char *from, struct err *err);
void version_quarantine(struct version *version, const char *reason);

// ---- move.c ----

// Has the version's plugin move its data ("upgrade.migrate") or drop the old form
// ("upgrade.finalize"), step by step, when its manifest asks for that event.
int move_data(struct version *version, const char *event, const char *from, struct err *err);

// ---- describe.c ----

const char *version_state_name(enum version_state state);

// ---- instance.c ----

struct instance *instance_find(struct host *host, const char *name); // NULL: there is none
void instance_lock(struct instance *instance);
// Finds it and takes its lock; give it back. ERR_NOT_FOUND says what is there.
int instance_take(struct host *host, const char *name, struct instance **out, struct err *err);
void instance_give(struct instance *instance);
struct version *instance_version(struct instance *instance, const char *version);
struct instance *instance_add(struct host *host, const char *name);
void instance_remove(struct instance *instance);
// Notes instance and version (NULL: none) in the store.
int instance_save(struct instance *instance, const struct version *version, struct err *err);
// Writes an event of the host's own, or an operator's, into the history; failures are logged.
void instance_note(struct instance *instance, const struct host_order *order, const char *verb,
                   const char *version, const char *outcome);

// ---- watchdog.c ----

void watchdog_start(struct host *host);
// For gate_watch.
void watchdog_lost(void *host, uint32_t runner, const char *reason);
void watchdog_late(void *host, uint32_t runner, const struct wire_beat *beat);

#endif
