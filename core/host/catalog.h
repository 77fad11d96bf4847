// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_CATALOG_H
#define MEDINA_HOST_CATALOG_H

#include "host/bundle.h"
#include "store/store.h"

// The plugins that this host is to run, in the store: every node has them, and a host that starts
// again brings the same ones back.

struct catalog_instance {
    const char *name;
    const char *configuration; // JSON object
    const char *version;       // the one that serves
    struct str data;           // the data file in force; empty: the plugin's own
    int64_t generation;
    const char *previous; // the one to go back to; "" for none
    const char *highest;  // the newest that ever served
    unsigned runners;     // processes of each version; 0: as configured
    const char *canary;   // the one on trial; "" for none
    unsigned share;       // of the citizens, in 1/ROUTE_SHARES
    int64_t promote_ms;   // trial without fault after which it serves all; 0: never by itself
    int64_t settles_at;   // wall clock, ms: when the last switch's cool-down ends; 0: has ended
};

struct catalog_version {
    const struct bundle *bundle;
    const char *configuration; // JSON object
    const char *quarantine;    // why it must not run; "" when it may
};

// Notes the state of an instance and of one of its versions (NULL: none to note); the version's
// file and signature are kept, and stay known to the instance.
int catalog_save(struct store *store, const struct catalog_instance *instance,
                 const struct catalog_version *version, struct err *err);

// Forgets a version of the instance.
int catalog_discard(struct store *store, const char *instance, const char *version,
                    struct err *err);

// Forgets the instance; files that nothing names any more go too.
int catalog_remove(struct store *store, const char *instance, struct err *err);

struct catalog_known {
    struct bundle *bundle; // a reference of yours
    json_t *configuration; // yours
    char *quarantine;
};

struct catalog_entry {
    char *name;
    json_t *configuration;
    char *version, *previous, *highest, *canary;
    struct str data; // owned
    int64_t generation, promote_ms, settles_at;
    unsigned runners, share;
    struct catalog_known *known; // every version
    size_t known_count;
};

// All instances; yours. Every file is verified again: one that is trusted no longer says so in its
// distrust. A file that no longer reads is left out and logged.
int catalog_load(struct store *store, const struct trust *trust, struct catalog_entry **entries,
                 size_t *count, struct err *err);
void catalog_free(struct catalog_entry *entries, size_t count);

#endif
