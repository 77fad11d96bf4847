// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_MANIFEST_H
#define MEDINA_HOST_MANIFEST_H

#include "base/buf.h"
#include "base/err.h"
#include "base/schema.h"

// What a plugin says about itself (sdk/docs/manifest.schema.json), checked and compiled.

// WHO_HOST: nobody but the host itself.
enum operation_who { WHO_PUBLIC, WHO_SIGNED_IN, WHO_VERIFIED, WHO_STAFF, WHO_HOST };

// entry: an operation that people start with; step: one they reach from another; due: the payable
// items of linked accounts; quote: one payable item, as it stands now.
enum operation_role {
    ROLE_ENTRY,
    ROLE_STEP,
    ROLE_DUE,
    ROLE_QUOTE,
    ROLE_ACCEPT, // says what is captured of a payment on hold
    ROLE_FOLLOW, // the page of an item whose payment is on hold
};

struct operation {
    const char *id;
    const json_t *document; // its part of the manifest
    enum operation_who who;
    enum operation_role role;
    bool safe;              // changes nothing: called by GET, with flat input
    const char *result;     // type of its result
    unsigned cache_seconds; // 0: never cached
    unsigned deadline_ms;
    unsigned limit_calls; // of one caller in limit_window_ms; 0: no limit
    uint64_t limit_window_ms;
    bool takes_files; // some fields of the input are files (host/upload_field.h)
    struct schema *input;
};

struct manifest {
    json_t *document;
    const char *plugin;
    const char *version;
    const char *agency_id; // who releases it; its key signs the file
    struct operation *operations;
    size_t operation_count;
    struct schema *configuration; // of an instance; NULL when it takes none
    const char *http_base;        // configuration member with the back end's URL, or NULL
    const char *http_token;       // configuration member with its bearer token, or NULL
    uint64_t kv_bytes;            // 0: no storage
    uint64_t memory_bytes;        // that it may allocate; 0: as much as the host gives
    uint64_t scratch_bytes;       // of a private folder; 0: none, it sees no file system
    bool may_link;
    bool may_pay;
    bool may_publish; // live results
    bool takes_data;
};

// Parses and checks. The message names the place and what to write there:
// "/operations/0/who: must be one of public, signed-in, verified, staff".
int manifest_parse(struct manifest **out, struct str text, struct err *err);
void manifest_destroy(struct manifest *manifest);

// Whether what it asks for is within what a host gives; ERR_INVALID names the limit and the
// setting.
int manifest_check_limits(const struct manifest *manifest, uint64_t memory_bytes,
                          uint64_t scratch_bytes, struct err *err);

const struct operation *manifest_operation(const struct manifest *manifest, struct str id);
// Whether the plugin asks to be told of events of this kind ("payment.captured").
bool manifest_takes_event(const struct manifest *manifest, const char *kind);

const struct operation *manifest_with_role(const struct manifest *manifest,
                                           enum operation_role role);

// Orders two versions ("1.10.0" is newer than "1.9.3"): negative, 0 or positive as strcmp. Both are
// of the manifest's form, three numbers.
int manifest_version_compare(const char *a, const char *b);

// The first number of a version: within one a plugin keeps what it promised (host/contract.h).
unsigned manifest_major(const char *version);

// One sentence in English about what is wrong with a value at a place, for operators and plugin
// authors.
void manifest_describe_fault(const struct schema_fault *fault, struct buf *out);

#endif
