// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_HOST_STORAGE_H
#define MEDINA_HOST_STORAGE_H

#include "base/arena.h"
#include "base/err.h"
#include "store/store.h"
#include "wire/message.h"

// The key-value storage of a plugin instance. Names and values of one instance are unreachable
// from any other: the instance is part of the key, and the plugin never names it.

enum {
    STORAGE_NAME = 512,
    STORAGE_VALUE = 256 * 1024,
    STORAGE_SCAN_PAIRS = 256, // in one answer to a scan
    STORAGE_SCAN_BYTES = 1024 * 1024
};

struct storage_request {
    const char *instance;
    const struct wire_kv *kv;
    uint64_t quota; // bytes that the instance may hold
    int64_t now_ms;
};

// Does it: WIRE_OK (a get's value, or a scan's piece in the form of medina/abi.h, is copied into
// the arena), WIRE_NOT_FOUND, WIRE_CONFLICT of a compare-and-set, WIRE_LIMITED over a size or the
// quota; or a negative code of the store.
int storage_serve(struct store *store, const struct storage_request *request, struct arena *arena,
                  struct str *value, struct err *err);

#endif
