// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_DIRECTORY_H
#define MEDINA_HOST_DIRECTORY_H

#include "base/arena.h"
#include "host/snapshot.h"
#include "search/index.h"

// Finding services and what can be done with them, by the words of their manifests: one index of
// what is loaded, shared by all gateway loops, made anew when somebody asks after that has changed.
// While one loop makes it the others go on with the one before.

struct directory;

// ERR_INVALID when the words that come with the program cannot be read.
int directory_create(struct directory **out, const struct search_limits *limits, struct err *err);
void directory_destroy(struct directory *directory); // when no loop asks any more

enum { DIRECTORY_RESULTS = 24 };

// An operation, perhaps with some of its input filled in, or a service. All borrowed of the
// snapshot.
struct directory_entry {
    const struct route *route;
    const struct operation *operation; // NULL: the service itself
    const json_t *intent;              // of the manifest; NULL: the operation as it is
};

struct directory_answer {
    struct directory_entry entries[DIRECTORY_RESULTS]; // best first
    size_t count;
    bool cut;       // the query was longer than is looked at
    size_t words;   // that were looked for
    size_t unknown; // of them, found nowhere
};

// Any loop; answers from what the snapshot holds.
void directory_search(struct directory *directory, const struct snapshot *snapshot,
                      struct str query, struct directory_answer *answer);

// The page of an entry, below the languages: "/pharmacies/find?kind=pharmacy&open=true".
const char *directory_path(const struct directory_entry *entry, struct arena *arena);

#endif
