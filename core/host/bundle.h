// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_BUNDLE_H
#define MEDINA_HOST_BUNDLE_H

#include "host/manifest.h"

#include <stdatomic.h>

// One plugin file: its bytes, their SHA-256 and what it says about itself. Immutable and counted,
// so that loops on several threads may hold it.
struct bundle {
    _Atomic unsigned references;
    struct str bytes;
    char hash[65]; // lower-case hex
    struct manifest *manifest;
    json_t *strings_en;
    json_t *strings_ar;
};

enum { BUNDLE_BYTES = 64 * 1024 * 1024 };

// Copies the bytes and reads manifest and strings from their sections. One reference is yours.
int bundle_read(struct bundle **out, struct str bytes, struct err *err);

// The same from a file, of at most BUNDLE_BYTES.
int bundle_read_file(struct bundle **out, const char *path, struct err *err);

struct bundle *bundle_hold(struct bundle *bundle);
void bundle_release(struct bundle *bundle);

// A sealed memory file with the bytes: what a runner loads. The descriptor is yours.
int bundle_memfd(const struct bundle *bundle, int *fd, struct err *err);

#endif
