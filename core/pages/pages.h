// SPDX-License-Identifier: Apache-2.0
#ifndef MEDINA_PAGES_PAGES_H
#define MEDINA_PAGES_PAGES_H

#include "base/buf.h"
#include "base/err.h"
#include "base/schema.h"
#include "base/str.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

// The citizen's HTML: a page's name and what it shows in, one page out. No sockets, no store, no
// sessions: whoever answers the request says what there is to show. See README.md for the pages and
// what each takes.
//
// Everything that is loaded never changes: any number of threads may render at once.

enum pages_language { PAGES_ENGLISH, PAGES_ARABIC, PAGES_LANGUAGES };

// The pair that the other language's button sends when it takes a half-filled form along.
#define PAGES_SWITCH "in-language"

enum { PAGES_BYTES = 4 * 1024 * 1024 }; // of one page

struct pages;

// directory is what web/build.js has written: templates/, strings/, manifest.json. Everything is
// compiled and checked here; NULL with the file and what is wrong with it.
struct pages *pages_load(const char *directory, struct err *err);
void pages_destroy(struct pages *pages);

// What lies under maps (base_map.h); without it they show places only. Before anything is rendered.
int pages_load_map(struct pages *pages, const char *path, struct err *err);

// "en" or "ar"; PAGES_LANGUAGES when it is neither.
enum pages_language pages_language_from(struct str code);
const char *pages_language_code(enum pages_language language);

// What a browser may keep of a page for a time without a connection (web/scripts/worker.js): a page
// that is the same for everybody; one's own, if the citizen has chosen so on this device; or
// nothing.
enum pages_keep { PAGES_KEEP_NOTHING, PAGES_KEEP_PUBLIC, PAGES_KEEP_PERSONAL };

// What every page needs to know of the request it answers. Borrowed for the call.
struct page_context {
    enum pages_language language;
    const char *path;  // of this page without its language, with its query: "/search?q=a"
    const char *csrf;  // the token for this page's forms, masked; "" when it has none to send
    const char *query; // what stands in the search box; NULL: nothing
    bool signed_in;
    bool demonstration;   // show that no money moves
    unsigned refresh;     // seconds after which the script asks again; 0: it does not
    enum pages_keep keep; // what may be kept carries the time it was made
    int64_t now;          // seconds since the epoch
};

// What a page shows, prepared in one language: slow to make, cheap to render from, and the same for
// everybody, so that the home page's catalogue is prepared once. NULL with ERR_NOT_FOUND when there
// is no such page. Yours (json_decref).
json_t *pages_prepare(const struct pages *pages, enum pages_language language, int64_t now,
                      const char *page, const json_t *model, struct err *err);

// Appends the page. Names are looked up in own, then in shared; either may be NULL.
int pages_render(const struct pages *pages, const struct page_context *context, const char *page,
                 const json_t *shared, const json_t *own, struct buf *out, struct err *err);

// Both in one, for pages that nobody else sees.
int pages_show(const struct pages *pages, const struct page_context *context, const char *page,
               const json_t *model, struct buf *out, struct err *err);

// The operation that a result is of. Borrowed; json_t may be NULL.
struct page_operation {
    const char *instance;
    const char *operation;
    const json_t *service; // texts: the service's title,
    const json_t *agency;  // its agency's name,
    const json_t *title;   // and the operation's title
    const json_t *summary; // and summary
    const json_t *schema;  // its input schema
    const json_t *input;   // what it was called with
    bool safe;             // it is asked with GET
};

// A typed result (sdk/docs/results.md) as a page. What is not as documented is left out; a type
// that is not known becomes a page that says so.
int pages_render_result(const struct pages *pages, const struct page_context *context,
                        const struct page_operation *operation, const json_t *result,
                        struct buf *out, struct err *err);

// A receipt result as a file to keep: an HTML document that is whole in itself.
int pages_render_receipt_file(const struct pages *pages, const struct page_context *context,
                              const struct page_operation *operation, const json_t *receipt,
                              struct buf *out, struct err *err);

// The form of an operation that was asked for without the input it needs, or with a wrong one:
// values fill it, errors are those of schema_faults_json; both may be NULL.
int pages_render_form(const struct pages *pages, const struct page_context *context,
                      const struct page_operation *operation, const json_t *values,
                      const json_t *errors, struct buf *out, struct err *err);

// A problem (RFC 9457) as a page.
struct page_problem {
    int status;
    const char *detail;    // in the reader's language; NULL: the page's own words are enough
    const char *reference; // to name to the help desk; NULL: none
    unsigned retry_after;  // seconds; 0: not known
};
int pages_render_problem(const struct pages *pages, const struct page_context *context,
                         const struct page_problem *problem, struct buf *out, struct err *err);

// A pair of a submitted form or a query string, decoded.
struct page_pair {
    struct str name;
    struct str value;
};

// The input that a submitted form stands for: empty fields are left out, numerals of either kind
// become ASCII digits where digits are expected, amounts become minor units, everything is of the
// type that the schema declares where it can be read as that. The pairs "csrf" and PAGES_SWITCH are
// left out. Yours.
json_t *pages_read_form(const struct schema *schema, const struct page_pair *pairs, size_t count);

// An amount as typed ("583.13", in either numerals) in minor units of the currency; false when it
// is none.
bool pages_read_money(struct str text, struct str currency, int64_t *amount);

#endif
