// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PAGES_MUSTACHE_H
#define MEDINA_PAGES_MUSTACHE_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <jansson.h>

// Mustache templates (mustache.github.io, specification 1.4 without lambdas, inheritance and
// dynamic names, which are refused), compiled as a set in which they include each other by name.
//
// A tag's value is escaped for HTML text and quoted attributes: & < > " ' become references, and
// control characters other than tab and line ends are dropped. Only strings and numbers show;
// sections take null, false, "", [] and what is missing for false.
//
// A set never changes once compiled: any number of threads may render from it.

enum {
    MUSTACHE_DEPTH = 64,       // sections and partials inside each other while rendering
    MUSTACHE_TEMPLATES = 1024, // in a set; a partial at another indentation counts anew
};

enum mustache_flags {
    // {{{x}}} and {{&x}} do not escape. Only for the specification's cases: without it they are
    // refused, so that no template can print what a plugin or a citizen sent as markup.
    MUSTACHE_UNESCAPED = 1,
    // A partial that is not in the set prints nothing, as the specification says; without it the
    // template that names it is refused.
    MUSTACHE_MISSING_PARTIALS = 2,
    // Spaces at the start of lines and empty lines stay. Without it they are dropped, as HTML does
    // not need them.
    MUSTACHE_KEEP_SPACE = 4,
};

struct mustache_source {
    struct str name; // "list" for {{>list}}
    struct str text;
};

struct mustache;
struct mustache_template;

// constants (may be NULL; an object): tags whose first name is one of its members are replaced when
// the set is compiled and never looked up again; a name that is not there is a mistake that is
// refused. This is how {{text.home.title}} and {{asset.style}} get their values.
//
// ERR_INVALID with "name:line: …", or ERR_LIMIT. What is passed may go afterwards.
struct mustache *mustache_compile(const struct mustache_source *sources, size_t count,
                                  const json_t *constants, unsigned flags, struct err *err);
void mustache_destroy(struct mustache *set);

// Borrowed from the set; NULL when there is none of that name.
const struct mustache_template *mustache_find(const struct mustache *set, struct str name);

// Appends the rendering to *out. The contexts are looked through from the last to the first; they
// are only read, and may be shared between threads. ERR_LIMIT over MUSTACHE_DEPTH or when out would
// hold more than limit bytes; *out then holds a part.
int mustache_render(const struct mustache_template *template, const json_t *const *contexts,
                    size_t count, size_t limit, struct buf *out, struct err *err);

// The escaping of a tag's value, for the few who write attributes by hand.
void mustache_escape(struct buf *out, struct str text);

#endif
