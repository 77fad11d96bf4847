// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PAGES_MUSTACHE_OP_H
#define MEDINA_PAGES_MUSTACHE_OP_H

#include "base/arena.h"
#include "pages/mustache.h"

#include <stdint.h>

// Inside of pages/mustache: a template is a run of ops. A section op is followed by its body; end
// is the op after it.

enum mustache_kind {
    MUSTACHE_TEXT,
    MUSTACHE_VALUE,
    MUSTACHE_RAW_VALUE,
    MUSTACHE_SECTION,
    MUSTACHE_INVERTED,
    MUSTACHE_PARTIAL,
};

// a.b.c; no parts is the implicit iterator, ".".
struct mustache_path {
    const struct str *parts;
    size_t count;
};

struct mustache_op {
    enum mustache_kind kind;
    uint32_t end; // of a section
    union {
        struct str text;
        struct mustache_path path;
        const struct mustache_template *partial;
    };
};

struct mustache_template {
    struct str name;
    struct str indentation; // put before every line, for a partial that stands alone on its line
    struct mustache_op *ops;
    size_t count;
    size_t capacity;
};

struct mustache {
    struct arena arena;
    struct mustache_template *templates[MUSTACHE_TEMPLATES];
    size_t count;
};

#endif
