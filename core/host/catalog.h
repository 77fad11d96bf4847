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
};

// Notes that the instance is to run this bundle (its file and signature are kept, and stay known to
// the instance).
int catalog_save(struct store *store, const struct catalog_instance *instance,
                 const struct bundle *bundle, struct err *err);

// Forgets the instance; files that nothing names any more go too.
int catalog_remove(struct store *store, const char *instance, struct err *err);

struct catalog_entry {
    char *name;
    json_t *configuration;
    char *version;
    struct str data; // owned
    int64_t generation;
    struct bundle **bundles; // every version known, references owned
    size_t bundle_count;
};

// All instances; yours. Every file is verified again: one that is trusted no longer says so in its
// distrust. A file that no longer reads is left out and logged.
int catalog_load(struct store *store, const struct trust *trust, struct catalog_entry **entries,
                 size_t *count, struct err *err);
void catalog_free(struct catalog_entry *entries, size_t count);

#endif
