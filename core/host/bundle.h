// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_BUNDLE_H
#define MEDINA_HOST_BUNDLE_H

#include "host/manifest.h"
#include "host/trust.h"

#include <stdatomic.h>

// One plugin file: its bytes, their SHA-256, who released it and what it says about itself.
// Immutable once read and counted, so that loops on several threads may hold it.
//
// The bytes are copied before anything is decided about them, and everything after that speaks of
// the copy: the signature is verified over it, the manifest is read from it, a runner loads it. A
// file that is exchanged on disk meanwhile changes nothing.
struct bundle {
    _Atomic unsigned references;
    struct str bytes;
    char hash[65];              // lower-case hex
    char *signature;            // the text of its signature file; "" when it has none
    struct trust_origin origin; // by that signature
    char distrust[512];         // why a kept file may not run any more; "" when it may
    struct manifest *manifest;
    json_t *strings_en;
    json_t *strings_ar;
};

enum { BUNDLE_BYTES = 64 * 1024 * 1024 };

// Copies the claim's bytes and decides about the copy, in this order: signature, manifest (its
// agency is the one that signed), code. Nothing of the file is looked into before its signature is
// verified. One reference is yours.
int bundle_read(struct bundle **out, const struct trust_claim *claim, const struct trust *trust,
                struct err *err);

// The same for a file that was read once and kept under that hash. One that is trusted no longer is
// read all the same, so that it can be shown, with the reason in distrust: it must not run.
// ERR_INVALID when the bytes are not those of the hash.
int bundle_read_kept(struct bundle **out, const struct trust_claim *claim, const char *hash,
                     const struct trust *trust, struct err *err);

// The steps of bundle_read, for who tells of each: create, then verify, then the manifest and the
// code. A bundle whose step failed is good for bundle_release only.
struct bundle *bundle_create(struct str bytes);
int bundle_verify(struct bundle *bundle, const struct trust_claim *claim, const struct trust *trust,
                  struct err *err);
int bundle_read_manifest(struct bundle *bundle, struct err *err);
int bundle_check_code(const struct bundle *bundle, struct err *err);

struct bundle *bundle_hold(struct bundle *bundle);
void bundle_release(struct bundle *bundle); // NULL is fine

// A sealed memory file with the bytes: what a runner loads. The descriptor is yours.
int bundle_memfd(const struct bundle *bundle, int *fd, struct err *err);

#endif
